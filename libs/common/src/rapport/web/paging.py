"""Lists in pages: `?limit=` and an opaque `?cursor=`, which tells where the next page begins.

What always holds: a cursor holds the sort position of the last item given, so pages neither skip nor repeat items when
others are added meanwhile; one that was altered or belongs to another list is refused as malformed (422).

    @router.get("/contacts", ...)
    async def list_contacts(paging: PagingQuery, connection: Reading, ...) -> Page[Contact]:
        rows = await repository.contacts(connection, after=paging.after(tuple[datetime, str]), limit=paging.fetch)
        return paging.page([to_contact(row) for row in rows], lambda contact: (contact.at, contact.id))
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar, cast

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from rapport.errors import FieldError, Malformed

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

_MAX_CURSOR = 512
_CHECK_BYTES = 6

Item = TypeVar("Item")
Position = TypeVar("Position")


class Page(BaseModel, Generic[Item]):
    """Some items of a list, and how to get the next ones."""

    items: list[Item]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is wanted."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than is shown, to know whether there is a next page."""
        return self.limit + 1

    def after(self, shape: type[Position]) -> Position | None:
        """The sort position after which the page begins; None for the first page.

        Raises:
            Malformed: the cursor is none that `page` gave out for positions of this shape.
        """
        return None if self.cursor is None else _decode(self.cursor, shape)

    def page(self, items: Sequence[Item], position: Callable[[Item], Sequence[Any]]) -> Page[Item]:
        """The page made of what was read with `fetch`; `position` gives an item's sort position."""
        shown = list(items[: self.limit])
        more = len(items) > self.limit
        return Page(items=shown, next_cursor=encode_cursor(position(shown[-1])) if more else None)


async def _paging(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items per page.")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=_MAX_CURSOR, description="`next_cursor` of the page before.")
    ] = None,
) -> Paging:
    return Paging(limit, cursor)


PagingQuery = Annotated[Paging, Depends(_paging)]


def encode_cursor(position: Sequence[Any]) -> str:
    """A cursor that stands after `position`, whose parts are JSON values or instants."""
    body = orjson.dumps(list(position))
    return urlsafe_b64encode(_check(body) + body).rstrip(b"=").decode()


def _decode(cursor: str, shape: type[Position]) -> Position:
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        body = raw[_CHECK_BYTES:]
        genuine = raw[:_CHECK_BYTES] == _check(body) and encode_cursor(orjson.loads(body)) == cursor
        position: Position | None = _adapter(cast("Any", shape)).validate_json(body) if genuine else None
    except (Base64Error, ValidationError, ValueError):
        position = None
    if position is None:
        found = FieldError("query/cursor", "must be a next_cursor of this list")
        raise Malformed("the cursor is not one of this list", errors=[found])
    return position


def _check(body: bytes) -> bytes:
    """Finds alterations by mistake. It is no secret: whoever forges a cursor gets a page they may read anyway."""
    return hashlib.blake2b(body, digest_size=_CHECK_BYTES).digest()


@lru_cache(maxsize=100)
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)
