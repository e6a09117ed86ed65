"""The one place where errors become RFC 9457 problem documents, and where a route's documented problems come from.

What always holds:
- every error answer is `application/problem+json` with `type`, `title`, `status`, `detail` and `instance`;
- no problem repeats a value that the caller sent, nor the text of an internal error: either may be personal data.
  What it tells is where the value stands, and what was expected there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from rapport.db import DRIVER_ERRORS, is_transient, is_unstorable
from rapport.errors import (
    BodyTooLarge,
    DomainError,
    FieldError,
    Malformed,
    NotFound,
    Unavailable,
    UnsupportedMediaType,
)
from rapport.telemetry import get_logger

MEDIA_TYPE = "application/problem+json"

_MOST_ERRORS = 20  # told in one answer; a client fixes the first ones first
_LONGEST_POINTER = 200


class MethodNotAllowed(DomainError):
    """The path exists, but not with this method."""

    status = 405


class InternalError(DomainError):
    """Something went wrong on our side; the log has it under the trace of the request."""

    status = 500


class FieldProblem(BaseModel):
    """One thing wrong with a request."""

    pointer: str
    """Where: a JSON pointer into the body as `#/a/0/b`, or `query/limit`, `path/id`, `header/If-Match`."""
    message: str


class Problem(BaseModel):
    """A problem document, RFC 9457."""

    model_config = ConfigDict(
        extra="allow",
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "not-found",
                    "title": "Not found",
                    "status": 404,
                    "detail": "",
                    "instance": "/v1/contacts/ctc_1",
                }
            ]
        },
    )

    type: str
    """One per kind of problem, relative to the documentation."""
    title: str
    status: int
    detail: str
    instance: str
    """The path of the request, without its query."""
    errors: list[FieldProblem] | None = None


def render(error: DomainError, instance: str) -> Response:
    """The response that tells the caller about `error`."""
    document: dict[str, Any] = {
        **error.extra,
        "type": error.type,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": instance,
    }
    if isinstance(error, Malformed) and error.errors:
        document["errors"] = [each._asdict() for each in error.errors[:_MOST_ERRORS]]
    body = orjson.dumps(document, default=str)
    return Response(body, error.status, headers=dict(error.headers), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make `app` answer every error with a problem document, except the unforeseen, which the middleware answers."""
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for kind in DRIVER_ERRORS:
        app.add_exception_handler(kind, _on_driver_error)


# Handlers are asynchronous because plain functions would be called in a thread.


async def _on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return render(error, request.url.path)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return render(from_validation(error), request.url.path)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return render(from_status(error.status_code, dict(error.headers or {})), request.url.path)


async def _on_driver_error(request: Request, error: Exception) -> Response:
    if is_unstorable(error):
        detail = "a text contains a character that cannot be stored, such as NUL"
        return render(Malformed(detail), request.url.path)
    if not is_transient(error):
        raise error
    get_logger().warning("dependency_unavailable", exc_info=error)
    return render(Unavailable("something this needs did not answer; try again"), request.url.path)


def from_validation(error: RequestValidationError) -> DomainError:
    """The problem of a request that breaks its schema."""
    found = error.errors()
    if isinstance(error.body, bytes) and any(each["loc"][:1] == ("body",) for each in found):
        return UnsupportedMediaType("send the body as application/json")  # FastAPI leaves other types unparsed
    errors = [FieldError(_place(each, error.body), _message(each)) for each in found]
    return Malformed("the request does not fit its schema", errors=errors)


def from_status(status: int, headers: Mapping[str, str]) -> DomainError:
    """The problem that an HTTP error of the framework stands for."""
    match status:
        case 404:
            return NotFound("there is nothing at this path")
        case 405:
            return MethodNotAllowed("the path exists, but not with this method", allow=headers.get("Allow", ""))
        case 413:
            return BodyTooLarge("the body exceeds the limit of this route")
        case 400 | 422:
            return Malformed("the body cannot be read")
    return _unforeseen(status)()


@lru_cache
def _unforeseen(status: int) -> type[DomainError]:
    """A class for a status that only the framework uses, named by the standard's phrase for it."""
    phrase = HTTPStatus(status).phrase
    slug = re.sub("[^a-z]+", "-", phrase.lower().replace("'", ""))
    return type("Unforeseen", (DomainError,), {"status": status, "type": slug, "title": phrase})


def pointer(location: Sequence[str | int]) -> str:
    """Where in the request: `#/a/0/b` in the body (RFC 6901, section 6), else `query/limit` and the like."""
    kind, *steps = location or ("body",)
    escaped = [str(step).replace("~", "~0").replace("/", "~1") for step in steps]
    text = "/".join(["#" if kind == "body" else str(kind), *escaped])
    return text[:_LONGEST_POINTER]


def _place(found: Mapping[str, Any], body: Any) -> str:
    if found["type"] == "json_invalid":
        return "#"  # FastAPI puts the position in the text where the location would stand
    location = found["loc"]
    if location[:1] != ("body",):
        return pointer(location)
    return pointer(("body", *_steps_in(body, location[1:], lacks_last=found["type"] == "missing")))


def _steps_in(body: Any, steps: Sequence[str | int], *, lacks_last: bool) -> Iterator[str | int]:
    """The steps that lead through the body as it was sent.

    pydantic also names which member of a union it tried; a client knows no such step. What is `missing` is not in the
    body either, and still is where the fault lies.
    """
    here = body
    for number, step in enumerate(steps, 1):
        is_item = isinstance(here, list) and isinstance(step, int) and step < len(here)
        if is_item or (isinstance(here, dict) and step in here):
            here = here[step]
        elif not (lacks_last and number == len(steps)):
            continue
        yield step


def _message(found: Mapping[str, Any]) -> str:
    """What was expected. The few messages of pydantic that quote the input are replaced."""
    match found["type"]:
        case "json_invalid":
            return "not valid JSON"
        case "union_tag_invalid":
            return f"must be one of {found['ctx']['expected_tags']}"
        case "uuid_parsing":
            return "must be a UUID"
        case "value_error":
            return str(found["ctx"]["error"])
    return str(found["msg"])


def problem_responses(*kinds: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems; every route adds those that all routes share."""
    by_status: defaultdict[int, list[type[DomainError]]] = defaultdict(list)
    for kind in dict.fromkeys(kinds):
        by_status[kind.status].append(kind)
    return {status: _documented(status, kinds) for status, kinds in sorted(by_status.items())}


def _documented(status: int, kinds: Iterable[type[DomainError]]) -> dict[str, Any]:
    examples = {
        kind.type: {
            "summary": kind.title,
            "value": {"type": kind.type, "title": kind.title, "status": status, "detail": "…", "instance": "/v1/…"},
        }
        for kind in kinds
    }
    return {
        "description": " ".join(_first_sentence(kind) for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    }


def _first_sentence(kind: type[DomainError]) -> str:
    text = " ".join((kind.__doc__ or kind.title).split("\n\n")[0].split())
    return f"`{kind.type}`: {text}"
