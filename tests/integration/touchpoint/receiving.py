"""An endpoint of a webhook: real HTTP, answers as a test wants, verifies each signature with the published package."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from standardwebhooks import Webhook


@dataclass
class Receiver:
    """What came, and what is answered."""

    port: int = 0
    secrets: list[str] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], int] = lambda _event: 204
    delay: float = 0.0
    events: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of all posts, in order; each with what its headers said."""
    hosts: list[str] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    headers: str = ""
    """Further lines of each answer's head."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in?from=rapport"

    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]

    async def until(self, count: int, seconds: float = 20) -> None:
        """Wait until so many posts came."""
        async with asyncio.timeout(seconds):
            while len(self.events) < count:
                await asyncio.sleep(0.01)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                told = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                raw = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                body = await reader.readexactly(int(told["content-length"]))
                await self._one({name.lower(): value for name, value in raw.items()}, body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, told: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        event = orjson.loads(body)
        self.hosts.append(told["host"])
        assert told["webhook-id"] == event["id"]
        verified = 0
        for secret in self.secrets:
            Webhook(secret).verify(body, told)  # raises for a signature that is none
            verified += 1
        self.events.append(event | {"_verified": verified, "_signatures": told["webhook-signature"].count("v1,")})
        await asyncio.sleep(self.delay)
        status = self.answer(event)
        self.under_way -= 1
        rest = "" if status == 204 else "Content-Length: 2\r\n\r\nok"
        writer.write(f"HTTP/1.1 {status} x\r\n{self.headers}{rest or chr(13) + chr(10)}".encode())
        await writer.drain()


@asynccontextmanager
async def receiving(**options: Any) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(**options)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, limit=1 << 20)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
