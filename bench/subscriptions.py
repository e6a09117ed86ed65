"""A thousand streams on one process, and five hundred webhook deliveries a second beside an endpoint that hangs."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import orjson
import psutil

from bench import gate, kafka
from bench.http import begin_api
from bench.results import Result, percentile, result
from rapport import db
from rapport.auth import mint_token
from rapport.contracts.envelope import headers
from rapport.messaging import topics
from rapport.settings import DEVELOPMENT_KEY
from rapport.testing.infrastructure import Endpoints
from rapport.testing.processes import free_port
from touchpoint_service.handlers.webhooks import create_webhook, sealing_key
from touchpoint_service.repository.webhooks import WebhookRow
from touchpoint_service.settings import DEVELOPMENT_WEBHOOK_KEY

TOPIC = "touchpoint.contacts"
KIND = "touchpoint.contact.released.v1"
STREAMS = 1000
EVENTS = 60
QUICK = 5
"""Endpoints that answer at once."""
DELIVERIES = 6000
"""To the quick ones together, and as many to the slow one as to one of them."""
RUNS = 3
SLOW_SECONDS = 20.0


def _record(customer: str, seq: int) -> kafka.Record:
    at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    body = {"customer_id": customer, "seq": seq, "at": at, "channel": "call", "contact_id": f"ctc_{customer}_{seq}"}
    head = headers(event_id=f"{customer}.{seq}", event_type=KIND, source="touchpoint", at=at)
    return customer.encode(), orjson.dumps(body | {"request_id": f"r{seq}", "sent": time.time()}), head


async def measure_streams(endpoints: Endpoints, _state: Path) -> list[Result]:
    """sse_1000 (memory of the process), and how long an event takes to each of the thousand."""
    url = await db.create_database(endpoints.postgres_url, "bench_streams")
    await db.migrate("touchpoint", url)
    await topics.apply(endpoints.kafka_bootstrap)
    port = free_port()
    environment = gate.touchpoint_environment(endpoints, url) | {"TOUCHPOINT_PORT": str(port)}
    with ExitStack() as ending:
        process = begin_api(ending, port, partial(gate.start, "touchpoint_service.main", environment=environment))
        before = psutil.Process(process.pid).memory_info().rss / 1e6
        took: list[float] = []
        lines = [await _connect(port) for _ in range(STREAMS)]
        reading = [asyncio.create_task(_read(reader, took)) for reader, _ in lines]
        await asyncio.sleep(1)
        for number in range(EVENTS):
            await kafka.fill(endpoints.kafka_bootstrap, TOPIC, [_record(f"s{number % 12}", 1 + number // 12)])
            await asyncio.sleep(0.2)
        await _until(lambda: len(took) >= STREAMS * EVENTS, 60)
        after = psutil.Process(process.pid).memory_info().rss / 1e6
        for task in reading:
            task.cancel()
        for _, writer in lines:
            writer.close()
    print(f"  {STREAMS} streams: {before:,.0f} MB before, {after:,.0f} MB with them")
    return [
        result("sse_1000", "mb", [after]),
        result("sse_1000_per_stream", "mb", [(after - before) / STREAMS]),
        result("sse_1000_latency", "ms", took, p99=percentile(took, 0.99)),
    ]


async def _until(reached: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError("the events have not all come")
        await asyncio.sleep(0.02)


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    token = mint_token(DEVELOPMENT_KEY, roles=["channel_system"], subject="bench", lifetime=timedelta(hours=1))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /v1/events HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head:
        raise RuntimeError(head.decode())
    await reader.readuntil(b"\n\n")
    return reader, writer


async def _read(reader: asyncio.StreamReader, took: list[float]) -> None:
    with suppress(asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
        while True:
            line = await reader.readline()
            if line.startswith(b"data: "):
                sent = float(line.partition(b'"sent":')[2].partition(b"}")[0])
                took.append((time.time() - sent) * 1000)


async def measure_webhooks(endpoints: Endpoints, _state: Path) -> list[Result]:
    """webhook_per_s: to endpoints that answer at once, while another one takes twenty seconds for each."""
    await topics.apply(endpoints.kafka_bootstrap)
    speeds: list[float] = []
    longest: list[float] = []
    for run in range(RUNS):
        url = await db.create_database(endpoints.postgres_url, f"bench_webhooks_{run}")
        await db.migrate("touchpoint", url)
        pool = await db.connect_pool(url, max_size=2)
        sink = _Sink()
        quick = await asyncio.start_server(partial(sink.serve, seconds=0.0), "127.0.0.1", 0)
        slow = await asyncio.start_server(partial(sink.serve, seconds=SLOW_SECONDS), "127.0.0.1", 0)
        await _fill(pool, _port(quick), _port(slow))
        environment = gate.touchpoint_environment(endpoints, url) | {
            "TOUCHPOINT_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "TOUCHPOINT_WEBHOOK_TIMEOUT_SECONDS": "30",
        }
        with ExitStack() as ending:
            worker = gate.start("touchpoint_service.worker", "--only", "webhooks", environment=environment)
            ending.callback(gate.end, worker)
            await _until(partial(sink.has, DELIVERIES), 120)
            for connection in sink.open:
                connection.close()
        took = sink.arrived[DELIVERIES - 1] - sink.arrived[0]
        speeds.append(DELIVERIES / took)
        longest.append(max(b - a for a, b in zip(sink.arrived, sink.arrived[1:], strict=False)) * 1000)
        for server in (quick, slow):
            server.close()
        await pool.close()
        print(f"  run {run + 1}: {speeds[-1]:,.0f} deliveries/s, {sink.slow} under way to the slow endpoint")
    return [result("webhook_per_s", "per_s", speeds, at_least=500), result("webhook_longest_gap", "ms", longest)]


def _port(server: asyncio.Server) -> int:
    found: socket.socket = server.sockets[0]
    port: int = found.getsockname()[1]
    return port


class _Sink:
    """Endpoints that take everything; when each post to a quick one came."""

    def __init__(self) -> None:
        self.arrived: list[float] = []
        self.slow = 0
        self.open: list[asyncio.StreamWriter] = []

    def has(self, count: int) -> bool:
        """Whether so many posts came to the quick endpoints."""
        return len(self.arrived) >= count

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, seconds: float) -> None:
        self.open.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
                if seconds:
                    self.slow += 1
                    await asyncio.sleep(seconds)
                    if writer.is_closing():
                        return
                else:
                    self.arrived.append(time.perf_counter())
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


async def _fill(pool: db.Pool, quick: int, slow: int) -> None:
    """Timelines, webhooks, and everything due at once: what is measured is the way from the table to the endpoints."""
    now = datetime.now(UTC)
    key = sealing_key(DEVELOPMENT_WEBHOOK_KEY)
    each = DELIVERIES // QUICK
    async with db.transaction(pool) as conn:
        for number in range(QUICK + 1):
            port = slow if number == QUICK else quick
            row = WebhookRow(
                f"http://127.0.0.1:{port}/in", f"{number}", None, None, None, ordered=False, state="active"
            )
            await create_webhook(conn, row, key, "bench", now - timedelta(days=1))
        await conn.execute(
            """
            insert into timeline (customer_id, seq, at, type, body)
            select 'b' || n, 1, $2, $3, json_build_object('customer_id', 'b' || n, 'seq', 1, 'channel', 'call',
                'request_id', 'r' || n, 'contact_id', 'ctc_' || n, 'purpose', 'marketing', 'category', 'loans',
                'contact_class', 'marketing', 'policy_id', 'house', 'policy_version', 3, 'at', $2::timestamptz)
            from generate_series(1, $1::int) as n
            """,
            each,
            now,
            KIND,
        )
        await conn.execute(
            """
            insert into webhook_deliveries (webhook_id, event_id, customer_id, seq, type, queued_at, next_try)
            select w.webhook_id, t.customer_id || '.' || t.seq, t.customer_id, t.seq, t.type, $1, $1
            from timeline t cross join webhooks w order by t.customer_id, w.webhook_id
            """,
            now,
        )
    await pool.execute("vacuum analyze webhook_deliveries")
