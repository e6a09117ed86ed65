"""The one family of errors that a caller may see; `rapport.problems` turns it into RFC 9457 documents.

What always holds:
- a class is one kind of problem: its `type` is a slug unique to it, its `status` the HTTP status;
- a subclass needs a name and a docstring: `class SoldOut(Conflict)` has the type `sold-out` and the title `Sold out`;
- `detail` and `extra` go to the caller, so they never carry personal data or the text of an internal error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


class DomainError(Exception):
    """A rule of the domain says no. Raised by handlers, rendered at the edge."""

    status: ClassVar[int] = 409
    type: ClassVar[str] = "domain-error"
    title: ClassVar[str] = "Domain error"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        """Say why in a sentence.

        Args:
            detail: what happened this time, fit for the caller.
            extra: further members of the problem document, such as `retry_at`; values must be JSON.
        """
        super().__init__(detail or self.title)
        self.detail = detail
        self.extra = extra

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = vars(cls)
        if "type" not in own:
            cls.type = _WORD_START.sub("-", cls.__name__).lower()
        if "title" not in own:
            cls.title = cls.type.replace("-", " ").capitalize()

    @property
    def headers(self) -> Mapping[str, str]:
        """Response headers that belong to the problem."""
        return {}


class Unauthenticated(DomainError):
    """The caller has not proved who it is: no token, or one that is expired, altered or meant for another audience."""

    status = 401

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge that RFC 6750 asks for."""
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(DomainError):
    """The caller is known and lacks the permission."""

    status = 403


class NotFound(DomainError):
    """There is no such thing, or none that this caller may know of."""

    status = 404


class Conflict(DomainError):
    """The request contradicts the present state."""

    status = 409


class PreconditionFailed(DomainError):
    """`If-Match` names a version that is no longer the present one."""

    status = 412


class PreconditionRequired(DomainError):
    """The route changes a document only when `If-Match` says which version is meant."""

    status = 428


class BodyTooLarge(DomainError):
    """The body exceeds the route's limit."""

    status = 413


class UnsupportedMediaType(DomainError):
    """The body is of a media type that the route does not take."""

    status = 415


class FieldError(NamedTuple):
    """One thing wrong with a request: where (`#/a/0` in the body, or `query/limit`) and what."""

    pointer: str
    message: str


class Malformed(DomainError):
    """The request breaks its schema. Messages never repeat the offending value: it may be personal data."""

    status = 422
    type = "validation"
    title = "Request is malformed"

    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = (), **extra: Any) -> None:
        """Say what is wrong, field by field where that is known."""
        super().__init__(detail, **extra)
        self.errors = tuple(errors)


class TooManyRequests(DomainError):
    """The caller exceeds its rate; it may come back after `retry_after` seconds."""

    status = 429

    def __init__(self, detail: str = "", *, retry_after: int, **extra: Any) -> None:
        """Say when to come back."""
        super().__init__(detail, **extra)
        self.retry_after = retry_after

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After`, in whole seconds."""
        return {"Retry-After": str(self.retry_after)}


class Unavailable(DomainError):
    """Something this service needs is away for the moment; the same request may succeed later."""

    status = 503
