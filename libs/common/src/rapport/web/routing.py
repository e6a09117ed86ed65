"""Routes: how a request's body is read, and what every route documents without saying so.

What always holds:
- a body is strict JSON (UTF-8, no NaN, no lone surrogates) and no longer than the route's limit: a longer one is
  refused before it is parsed, whether or not its length was announced;
- a route's operation id is its function's name;
- the problems that routes share (401, 403, 413, 415, 422) are documented by themselves; a route lists its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import orjson
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rapport.auth import route_permissions
from rapport.errors import (
    BodyTooLarge,
    DomainError,
    Forbidden,
    Malformed,
    Unauthenticated,
    UnsupportedMediaType,
)
from rapport.problems import problem_responses
from rapport.web.direct import DirectWay, is_direct
from rapport.web.idempotency import IDEMPOTENCY_KEY, PENDING

_LIMIT = "__rapport_body_limit__"
_BEGUN = "rapport.request"
"""In a scope: the request, when the direct way has been tried and somebody may have begun to read it."""

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def body_limit(size: int) -> Callable[[Endpoint], Endpoint]:
    """Let this route's body be up to `size` bytes, in place of the settings' limit for all routes."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _LIMIT, size)
        return endpoint

    return mark


def operation_id(route: APIRoute) -> str:
    """The name a generated client gives the call."""
    return route.name


class _Body:
    """Where a request's body comes from: no more of it than the limit, whether or not its length was announced.

    It does not know its request, so that nobody has to look for a cycle of garbage after each.
    """

    __slots__ = ("_announced", "_left", "_receive", "digest")

    def __init__(self, receive: Receive, limit: int, headers: Headers) -> None:
        self._receive = receive
        self._left = limit
        self._announced = headers.get("content-length", "0")
        self.digest = hashlib.sha256() if IDEMPOTENCY_KEY in headers else None

    async def __call__(self) -> Message:
        if self._announced.isdecimal() and int(self._announced) > self._left:
            raise HTTPException(413)
        self._announced = ""
        message = await self._receive()
        chunk = message.get("body", b"")
        self._left -= len(chunk)
        if self._left < 0:
            raise HTTPException(413)
        if self.digest is not None:
            self.digest.update(chunk)
        return message


class _StrictRequest(Request):
    """A request that reads no more than it should, and JSON as the standard has it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int | None) -> None:
        super().__init__(scope, receive, send)
        self._receive = body = _Body(receive, limit or scope["app"].state.settings.max_body_bytes, self.headers)
        self._digest = body.digest

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = orjson.loads(await self.body())
        return self._json

    async def body_digest(self) -> bytes:
        """SHA-256 of the body of a request with an `Idempotency-Key`; it is read if nobody has read it yet."""
        assert self._digest is not None
        if not self._stream_consumed:
            await self.body()
        return self._digest.digest()


class AfterCommit(Response):
    """An answer that is completed when the transaction of its request is committed, just before it is sent."""

    media_type = "application/json"

    def __init__(self, at_once: bytes, complete: Callable[[], Awaitable[bytes]]) -> None:
        """`at_once` is kept with an `Idempotency-Key` until `complete` has told more."""
        super().__init__(at_once)
        self._complete = complete

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Complete the answer and send it."""
        body = await self._complete()
        if body != self.body:
            kept = scope.get(PENDING)
            if kept is not None:
                await kept.amend(scope["app"].state.pool, body)
            self.body = body
            self.headers["content-length"] = str(len(body))
        await super().__call__(scope, receive, send)


class ApiRoute(APIRoute):
    """A route of a `Router`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """See `fastapi.routing.APIRoute`; adds the problems that all routes of this kind share."""
        super().__init__(path, endpoint, **options)
        shared: list[type[DomainError]] = []
        if any(route_permissions(self.dependant)):
            shared += [Unauthenticated, Forbidden]
        if self.body_field is not None:
            shared += [BodyTooLarge, UnsupportedMediaType]
        if self.body_field is not None or _is_asked_something(self.dependant):
            shared += [Malformed]
        self.responses = _merged(self.responses, problem_responses(*shared))

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, reading strictly, or the direct way; it keeps an answer while its transaction is open."""
        handle = super().get_route_handler()
        directly = DirectWay(self.dependant) if is_direct(self.endpoint) else None
        limit: int | None = getattr(self.endpoint, _LIMIT, None)

        async def handler(plain: Request) -> Response:
            request = plain.scope.pop(_BEGUN, None)
            if request is None:
                request = _StrictRequest(plain.scope, plain.receive, plain._send, limit)  # noqa: SLF001 - no other way
                answered = None if directly is None else await directly(request)
                if answered is not None:
                    return answered
            response = await handle(request)
            pending = request.scope.get(PENDING)
            if pending is not None:
                await pending.keep(response)
            return response

        return handler


class Shortcut:
    """Serves the direct routes of fixed paths before the router looks at any: looking costs as much as a small query.

    What always holds: a request that cannot go the direct way comes to its route as if it had never been here.
    """

    def __init__(self, app: FastAPI) -> None:
        """For the routes that `app` has now."""
        self._router: ASGIApp = app.router.middleware_stack
        self._ways: dict[tuple[str, str], tuple[DirectWay, Callable[..., Any], int | None]] = {}
        for route in iter_route_contexts(app.routes):
            endpoint, path = route.endpoint, route.path
            if endpoint is not None and is_direct(endpoint) and path is not None and "{" not in path:
                limit: int | None = getattr(endpoint, _LIMIT, None)
                found = DirectWay(route.dependant), endpoint, limit
                self._ways |= {(method, path): found for method in route.methods or ()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or let the router do it."""
        found = self._ways.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if found is not None:
            way, scope["endpoint"], limit = found
            request = _StrictRequest(scope, receive, send, limit)
            answer = await way(request)
            if answer is not None:
                await answer(scope, receive, send)
                return
            scope[_BEGUN] = request
        await self._router(scope, receive, send)


class Router(APIRouter):
    """Collects the routes of one resource under `/v1`."""

    def __init__(self, prefix: str = "/v1", **options: Any) -> None:
        """See `fastapi.APIRouter`."""
        super().__init__(
            prefix=prefix,
            route_class=ApiRoute,
            generate_unique_id_function=operation_id,
            redirect_slashes=False,
            **options,
        )


def _is_asked_something(dependant: Dependant) -> bool:
    """Whether path, query or headers are read, by the route or by what it depends on."""
    asked = dependant.path_params or dependant.query_params or dependant.header_params
    return bool(asked) or any(_is_asked_something(inner) for inner in dependant.dependencies)


def _merged(own: dict[int | str, dict[str, Any]], shared: dict[int | str, dict[str, Any]]) -> dict[int | str, Any]:
    """Both, where a status that both have lists the examples of both."""
    merged = {int(status) if str(status).isdecimal() else status: found for status, found in own.items()}
    for status, found in shared.items():
        mine = merged.get(status)
        if mine is None:
            merged[status] = found
            continue
        content = {kind: dict(body) for kind, body in {**found["content"], **mine.get("content", {})}.items()}
        for kind, body in content.items():
            examples = {**found["content"].get(kind, {}).get("examples", {}), **body.get("examples", {})}
            if examples:
                body["examples"] = examples
        merged[status] = {**mine, "description": f"{found['description']} {mine['description']}", "content": content}
    return merged
