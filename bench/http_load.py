"""A load of HTTP requests from a few connections, light enough to leave a core to the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spent:
    """What a load took."""

    per_second: float
    latencies: list[float]
    """Milliseconds, one for each request."""


def request(method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A request ready to be written."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def load(port: int, requests: list[bytes], *, connections: int = 32, rate: float | None = None) -> Spent:
    """Send them all, each once; fails on an answer that is no success.

    With fewer connections whoever waits for the disk leaves the server idle, and the wait is measured, not the work.

    With a `rate` the requests begin at even distances, whatever the answers do, and a latency counts from there.
    """
    begun = time.perf_counter()
    waiting = iter(enumerate(requests))
    latencies: list[float] = []
    await asyncio.gather(*(_connection(port, waiting, latencies, begun, rate) for _ in range(connections)))
    return Spent(len(requests) / (time.perf_counter() - begun), latencies)


async def _connection(
    port: int, waiting: Iterator[tuple[int, bytes]], latencies: list[float], begun: float, rate: float | None
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number, raw in waiting:
        due = begun + number / rate if rate else time.perf_counter()
        if due > time.perf_counter():
            await asyncio.sleep(due - time.perf_counter())
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        length = int(lower.partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        if head[9:10] != b"2":
            raise RuntimeError(f"answered {head[9:12].decode()}: {body[:300].decode()}")
        latencies.append((time.perf_counter() - due) * 1000)
    writer.close()
