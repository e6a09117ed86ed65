"""Serves the reference pages, with the services behind them at `/api/<service>`: one origin, as a gateway gives it.

`rapport up` and tests run it; for production the pages are files for any web server.

What always holds: an answer is passed on as it comes, so that events arrive at once; when the browser goes, what it
asked for is let go; nothing outside the folder is served.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from rapport.web.app import KEEP_ALIVE_SECONDS

_PREFIX = "/api/"
_OF_THE_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer", b"host", b"content-length"}
)
"""Headers that belong to one of the two connections and not to what passes over both."""

_NOT_BUILT = "The pages are not built: run `make pages`.\n"


class Proxy:
    """Passes requests on to the services."""

    def __init__(self, services: dict[str, str], client: httpx2.AsyncClient) -> None:
        """`services` has the base address of each."""
        self._services = services
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request below `/api/`."""
        service, _, path = str(scope["path"]).removeprefix(_PREFIX).partition("/")
        address = self._services.get(service)
        if address is None:
            await PlainTextResponse(f"There is no service {service!r}.\n", 404)(scope, receive, send)
            return
        body = await _read(receive)
        passing = asyncio.create_task(self._pass(scope, f"{address}/{path}", body, send))
        leaving = asyncio.create_task(_gone(receive))
        await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (passing, leaving):
            task.cancel()
            with suppress(asyncio.CancelledError, httpx2.TransportError):
                await task

    async def _pass(self, scope: Scope, address: str, body: bytes, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        headers = [pair for pair in scope["headers"] if pair[0].lower() not in _OF_THE_CONNECTION]
        request = self._client.build_request(
            scope["method"], f"{address}?{query}" if query else address, headers=headers, content=body or None
        )
        try:
            answer = await self._client.send(request, stream=True)
        except httpx2.TransportError:
            await Response(status_code=502, headers={"Retry-After": "1"})(scope, _nothing, send)
            return
        try:
            kept = [pair for pair in answer.headers.raw if pair[0].lower() not in _OF_THE_CONNECTION]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
            async for chunk in answer.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await answer.aclose()


def application(folder: Path, services: dict[str, str], client: httpx2.AsyncClient) -> ASGIApp:
    """The pages in the folder, and the services behind them."""

    async def live(_request: object) -> Response:
        return PlainTextResponse("live")

    async def not_built(_request: object) -> Response:
        return PlainTextResponse(_NOT_BUILT, 503)

    pages = (
        Mount("/", StaticFiles(directory=folder, html=True)) if folder.is_dir() else Route("/{path:path}", not_built)
    )
    site = Starlette(routes=[Route("/health/ready", live), pages])
    proxy = Proxy(services, client)

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = proxy if scope["type"] == "http" and str(scope["path"]).startswith(_PREFIX) else site
        await chosen(scope, receive, send)

    return choose


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nothing() -> dict[str, str]:
    return {"type": "http.disconnect"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m rapport.testing.pages", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--service", action="append", default=[], help="name=address")
    told = parser.parse_args(arguments)
    services = dict(each.split("=", 1) for each in told.service)
    limits = httpx2.Limits(max_connections=None)  # each open page holds one for its events
    # A proxy in the environment is not for the loopback; a stream of events may be silent for long.
    client = httpx2.AsyncClient(limits=limits, timeout=httpx2.Timeout(60, connect=3, read=None), trust_env=False)
    uvicorn.run(
        application(told.folder, services, client),
        host=told.host,
        port=told.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
