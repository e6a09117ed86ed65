"""Whether this process lives and is ready, and its metrics, for processes that serve no other HTTP: the workers.

A few lines on asyncio, because a web framework would cost a worker more memory than its work. What always holds: it
answers GET on three paths and nothing else, one request per connection, and a slow or broken client harms nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Self

import orjson

from rapport.telemetry.metrics import EXPOSITION_TYPE, exposition

Ready = Callable[[], Awaitable[Mapping[str, str | None]]]
"""Names each thing the process needs; None when it is there, else what is missing, in a few words."""

_PATIENCE = 5.0  # seconds for one request or one check; probes come every few seconds
_JSON = "application/json"


async def readiness(ready: Ready) -> tuple[bool, bytes]:
    """Ask `ready`; whether nothing is missing, and the answer as JSON. A check that fails or hangs is missing."""
    try:
        found: Mapping[str, str | None] = await asyncio.wait_for(ready(), _PATIENCE)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong while looking means: not ready
        found = {"checks": type(error).__name__}
    missing = {name: reason for name, reason in found.items() if reason is not None}
    checks = {name: reason or "ok" for name, reason in found.items()}
    return not missing, orjson.dumps({"status": "not-ready" if missing else "ready", "checks": checks})


class StatusServer:
    """Serves /health/live, /health/ready and /metrics while it is entered: `async with StatusServer(...)`."""

    def __init__(self, *, host: str, port: int, ready: Ready) -> None:
        """Prepare to listen on `host`; port 0 takes a free one, which `port` then tells."""
        self.port = port
        self._host = host
        self._ready = ready
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
            writer.write(await self._answer(request))
            await asyncio.wait_for(writer.drain(), _PATIENCE)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # the client went away, is too slow, or speaks something else
        finally:
            writer.close()

    async def _answer(self, request: bytes) -> bytes:
        method, _, rest = request.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method not in {b"GET", b"HEAD"}:
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, b"")
        if path == b"/health/live":
            return _response(HTTPStatus.OK, b'{"status":"live"}')
        if path == b"/health/ready":
            fine, body = await readiness(self._ready)
            return _response(HTTPStatus.OK if fine else HTTPStatus.SERVICE_UNAVAILABLE, body)
        if path == b"/metrics":
            return _response(HTTPStatus.OK, exposition(), EXPOSITION_TYPE)
        return _response(HTTPStatus.NOT_FOUND, b"")


def _response(status: HTTPStatus, body: bytes, media_type: str = _JSON) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {media_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
