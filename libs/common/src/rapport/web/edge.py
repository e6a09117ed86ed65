"""The one middleware: each request's trace and measurement, and the last resort for errors nobody foresaw.

Plain ASGI and a few microseconds, because every request passes it. What always holds: an unforeseen error is logged
once, with the trace of its request, and the caller learns nothing of it but that trace.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rapport.problems import InternalError, render
from rapport.telemetry import continued, get_logger, tracing
from rapport.telemetry.metrics import REQUEST_SECONDS

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Edge:
    """Wraps the application, inside the server's error handling and around everything else."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app
        self._templates: dict[Any, str] | None = None
        self._observers: dict[tuple[str, str, int], Callable[[float], None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        traceparent = continued(_traceparent(scope))
        with tracing(traceparent):
            try:
                await self._app(scope, receive, watched)
            except Exception:  # noqa: BLE001 - the edge: what nobody foresaw ends here
                get_logger().exception("request_failed", method=scope["method"], route=self._template(scope))
                if status == 0:
                    problem = InternalError("an internal error; the log has it", trace_id=traceparent[3:35])
                    await render(problem, scope["path"])(scope, receive, watched)
            finally:
                self._observe(scope, status, perf_counter() - began)

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        found = method, self._template(scope), status
        observe = self._observers.get(found)
        if observe is None:
            observe = self._observers[found] = REQUEST_SECONDS.labels(*map(str, found)).observe
        observe(seconds)

    def _template(self, scope: Scope) -> str:
        """The route's path with its parameters' names, so that there are as many labels as routes."""
        if self._templates is None:
            routes = iter_route_contexts(scope["app"].routes)
            self._templates = {route.endpoint: route.path or "" for route in routes}
        return self._templates.get(scope.get("endpoint"), "unmatched")


def _traceparent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return bytes(value).decode("latin-1")
    return None
