"""Entity tags: a document's version as HTTP knows it, so that nobody overwrites what they have not seen.

What always holds: a tag is the version number in quotes, strong, and changes with every change of the document.

Source: RFC 9110, sections 8.8.3 (format), 13.1.1 (If-Match compares strongly), 13.1.2 (If-None-Match weakly).
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from rapport.errors import FieldError, Malformed, PreconditionFailed, PreconditionRequired

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="The ETag of the version that is meant.", max_length=1000)
]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag of the copy at hand.", max_length=1000)
]

_TAG = re.compile(r'\s*(?P<weak>W/)?(?P<tag>"[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')


def etag(version: int | str) -> str:
    """The entity tag of this version of a document."""
    return f'"{version}"'


def check_if_match(if_match: str | None, version: int | str | None, *, required: bool = False) -> None:
    """Let the change pass when the caller means the present version; None is a document that does not exist yet.

    Raises:
        PreconditionRequired: `required`, the document exists, and there is no `If-Match`.
        PreconditionFailed: `If-Match` names only other versions, or any version of a document that does not exist.
        Malformed: `If-Match` is not a list of entity tags.
    """
    if if_match is None:
        if required and version is not None:
            raise PreconditionRequired("send the ETag of the version you change as If-Match")
        return
    if if_match.strip() == "*":
        matches = version is not None
    else:
        matches = version is not None and (False, etag(version)) in _parse(if_match, "If-Match")
    if not matches:
        raise PreconditionFailed("the document has changed since; read it again")


def is_current(if_none_match: str | None, tag: str) -> bool:
    """Whether the caller's copy is the present one, so that 304 is the answer."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(found == tag for _weak, found in _parse(if_none_match, "If-None-Match"))


def _parse(header: str, name: str) -> list[tuple[bool, str]]:
    found, position = [], 0
    while position < len(header):
        match = _TAG.match(header, position)
        if match is None:
            raise Malformed(f"{name} is no list of entity tags", errors=[FieldError(f"header/{name}", 'as in "3"')])
        found.append((match["weak"] is not None, match["tag"]))
        position = match.end()
    return found
