"""The direct way through a route on which every microsecond counts.

FastAPI works out anew for each request what a route asks for; for a pop-up that costs more than its queries do
(docs/adr/0016). The direct way knows it from the start: who may, parameters, body, what is taken from the edge, and the
endpoint itself.

What always holds: it is only for the plain request that is allowed and fits. Any other, or one that asks for more (an
`Idempotency-Key`, another media type), goes FastAPI's way from the start, so one place says what is wrong.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, TypeVar

import orjson
from fastapi import Request, Response
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from pydantic import ValidationError

from rapport.auth import Permission
from rapport.errors import Forbidden, Unauthenticated

_MARK = "__rapport_direct__"
_NAMELESS = ""
"""What a dependency gives that the endpoint does not ask for by a name."""
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def direct(endpoint: Endpoint) -> Endpoint:
    """Let plain requests take the direct way to this endpoint, which returns a `Response`.

    It may ask for its caller's permission, its request, single values of path, query and headers, one body, and for
    what is taken from the request alone, of which one may be opened and closed again (`WritingAtOnce`). A router that
    it is put on raises TypeError when it asks for anything else.
    """
    setattr(endpoint, _MARK, True)
    return endpoint


def is_direct(endpoint: Callable[..., Any]) -> bool:
    """Whether plain requests take the direct way to it."""
    return hasattr(endpoint, _MARK)


class DirectWay:
    """How one route is served directly."""

    def __init__(self, dependant: Dependant) -> None:
        """Prepare it.

        Raises:
            TypeError: the endpoint asks for something that only FastAPI can give.
        """
        assert dependant.call is not None
        self._endpoint: Callable[..., Awaitable[Response]] = dependant.call
        self._request = dependant.request_param_name
        self._path = [(f.name, f.alias, f) for f in dependant.path_params]
        self._query = [(f.name, f.alias, f) for f in dependant.query_params]
        self._headers = [(f.name, _header(f), f) for f in dependant.header_params]
        self._body = next(iter(dependant.body_params), None)
        self._permissions: list[tuple[str, Callable[[Request], Awaitable[Any]]]] = []
        self._given: list[tuple[str, Callable[[Request], Awaitable[Any]]]] = []
        self._opened: tuple[str, Callable[[Request], AbstractAsyncContextManager[Any]]] | None = None
        self._unusual: set[bytes] = set()
        if len(dependant.body_params) > 1 or dependant.cookie_params:
            raise TypeError(f"{self._endpoint} asks for more than the direct way can give")
        for each in dependant.dependencies:
            self._take(each)

    def _take(self, dependency: Dependant) -> None:
        call: Any = dependency.call
        name = dependency.name or _NAMELESS
        if dependency.dependencies or dependency.path_params or dependency.query_params or dependency.body_params:
            raise TypeError(f"{self._endpoint} asks for {call}, which asks for more than a request")
        self._unusual |= {_header(field).encode() for field in dependency.header_params}
        if isinstance(call, Permission):
            self._permissions.append((name, call))
        elif iscoroutinefunction(call):
            self._given.append((name, call))
        elif isasyncgenfunction(call) and self._opened is None:
            self._opened = name, asynccontextmanager(call)
        else:
            raise TypeError(f"{self._endpoint} asks for {call}, which the direct way cannot give")

    async def __call__(self, request: Request) -> Response | None:
        """The endpoint's answer; None for a request that has to go FastAPI's way, of which nothing is done yet.

        Raises:
            HTTPException: the body is too long.
        """
        values: dict[str, Any] = {}
        if not await self._take_in(request, values):
            return None
        for name, give in self._given:
            values[name] = await give(request)
        if self._request is not None:
            values[self._request] = request
        if self._opened is None:
            values.pop(_NAMELESS, None)
            return await self._endpoint(**values)
        name, opened = self._opened
        async with opened(request) as values[name]:
            values.pop(_NAMELESS, None)
            return await self._endpoint(**values)

    async def _take_in(self, request: Request, values: dict[str, Any]) -> bool:
        """Who asks and what the request says, as the endpoint takes it; whether it is plain, allowed, and fits."""
        if self._unusual and any(name in self._unusual for name, _ in request.scope["headers"]):
            return False
        headers = request.headers
        try:
            for name, permission in self._permissions:
                values[name] = await permission(request)
            values.update(_read(self._path, request.path_params))
            if self._query:
                values.update(_read(self._query, request.query_params))
            values.update(_read(self._headers, headers))
            if self._body is not None:
                if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                    return False
                if not await request.body():
                    return False
                validated = self._body._type_adapter.validate_python(await request.json())  # noqa: SLF001 - see there
                values[self._body.name] = validated
        except (Unauthenticated, Forbidden, _Missing, ValidationError, orjson.JSONDecodeError):
            return False
        return True


class _Missing(Exception):
    """A required value is not there."""


def _read(fields: list[tuple[str, str, ModelField]], said: Any) -> Iterator[tuple[str, Any]]:
    for name, alias, field in fields:
        value = said.get(alias)
        if value is not None:
            value = field._type_adapter.validate_python(value)  # noqa: SLF001 - `validate` first makes errors to tell
        elif field.field_info.is_required():
            raise _Missing(alias)
        else:
            value = field.default
        yield name, value


def _header(field: ModelField) -> str:
    """The name of a header as it stands in a request."""
    alias = field.field_info.alias
    return (alias or field.name.replace("_", "-")).lower()
