"""An API process: the application that every service starts from, and the server that runs it.

What always holds: /health/live, /health/ready and /metrics answer without a token; readiness includes the database;
`app.state` has `settings`, `clock`, `verifier`, `leaving` and, while it runs, `pool`. Whoever serves requests that do
not end by themselves puts into `leaving` what ends them: it is called when the process is asked to stop.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response

from rapport import db, problems
from rapport.auth import TokenVerifier
from rapport.clock import open_clock
from rapport.garbage import collect_garbage_rarely
from rapport.settings import SealingSettings, ServiceSettings
from rapport.telemetry import Ready, configure_logging, exposition, readiness
from rapport.telemetry.metrics import EXPOSITION_TYPE
from rapport.web.documentation import complete
from rapport.web.edge import Edge
from rapport.web.idempotency import Replay
from rapport.web.routing import Shortcut, operation_id

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_ALIVE = 50_000  # some hundred requests at once, with caches that fill
_NOT_STARTED = 3  # as `uvicorn.run` has it
_DRAIN_SECONDS = 10  # for requests under way when the process is asked to stop

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open: longer than usual clients (5 s) and load balancers (60 s) keep one, so that
it is they who close it. Otherwise a request now and then meets a server that is just hanging up, and is lost."""


class Api(FastAPI):
    """FastAPI whose OpenAPI document also tells what all routes share."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made once."""
        schema = super().openapi()
        complete(self, schema)
        return schema


def create_api(
    settings: ServiceSettings,
    *,
    title: str,
    routers: Iterable[APIRouter],
    lifespan: Lifespan | None = None,
    ready: Ready | None = None,
    description: str = "",
) -> Api:
    """The API of one service.

    Args:
        settings: the service's.
        title: of the OpenAPI document.
        routers: the service's routes.
        lifespan: entered while the pool is open (as `app.state.pool`) and before the first request.
        ready: what the service needs besides its database.
        description: of the OpenAPI document, in Markdown.
    """
    app = Api(
        title=title,
        description=description,
        version="1",
        lifespan=_with_pool(settings, title, lifespan),
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # `Edge` traces and measures
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.settings = settings
    app.state.clock = open_clock(settings.clock)
    app.state.verifier = TokenVerifier(settings)
    app.state.keys = settings.keyring() if isinstance(settings, SealingSettings) else None
    app.state.leaving = []
    app.add_middleware(Edge)
    problems.install(app)
    app.add_exception_handler(Replay, _on_replay)
    for path, endpoint in (("/health/live", _live), ("/health/ready", _readiness(ready)), ("/metrics", _metrics)):
        app.add_route(path, endpoint, include_in_schema=False)
    for router in routers:
        app.include_router(router)
    app.router.middleware_stack = Shortcut(app)
    return app


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Run `app` until the process is told to stop."""
    collect_garbage_rarely(_ALIVE)
    configure_logging(app.title, level=settings.log_level, messages=settings.environment == "development")
    told = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # REQUEST_SECONDS counts requests; a line for each would cost more than many of them do
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    server = _Server(told)
    with suppress(KeyboardInterrupt):  # raised once more after an orderly end
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)


class _Server(uvicorn.Server):
    """Tells who serves requests without an end that they have to end, before it waits for them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app: Any = self.config.app
        for end in app.state.leaving:
            end()
        await super().shutdown(sockets)


def _with_pool(settings: ServiceSettings, title: str, lifespan: Lifespan | None) -> Lifespan:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        pool = await db.connect_pool(
            settings.database_url, max_size=settings.database_pool, application_name=f"{title} api"
        )
        app.state.pool = pool
        try:
            async with lifespan(app) if lifespan is not None else nullcontext():
                yield
        finally:
            await pool.close()

    return run


# Asynchronous because plain functions would be called in a thread.


async def _live(_request: Request) -> Response:
    return Response(b'{"status":"live"}', media_type="application/json")


async def _metrics(_request: Request) -> Response:
    return Response(exposition(), media_type=EXPOSITION_TYPE)


def _readiness(ready: Ready | None) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        async def checks() -> Mapping[str, str | None]:
            database = await db.missing(request.app.state.pool)
            return {"database": database, **(await ready() if ready is not None else {})}

        fine, body = await readiness(checks)
        return Response(body, 200 if fine else 503, media_type="application/json")

    return answer


async def _on_replay(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Replay)
    return error.response
