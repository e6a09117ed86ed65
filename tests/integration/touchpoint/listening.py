"""An API process, somebody who listens to its stream of events, and records as the relay writes them."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from aiokafka import AIOKafkaProducer

from rapport.auth import mint_token
from rapport.contracts.envelope import headers
from rapport.messaging.partition import partition_for
from rapport.settings import DEVELOPMENT_KEY
from rapport.testing.infrastructure import Endpoints

TOPIC = "touchpoint.contacts"
AT = "2026-03-03T12:00:00.000000Z"
RELEASED = "touchpoint.contact.released.v1"


class Sent(NamedTuple):
    """One server-sent event; `event` is empty for those that only move the id."""

    event: str
    id: str
    data: Any


@contextmanager
def api(infrastructure: Endpoints, database: str, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A touchpoint API process that answers."""
    told = {
        "TOUCHPOINT_ENVIRONMENT": "test",
        "TOUCHPOINT_DATABASE_URL": database,
        "TOUCHPOINT_KAFKA_BOOTSTRAP": infrastructure.kafka_bootstrap,
        "TOUCHPOINT_REDIS_URL": infrastructure.redis_url,
        "TOUCHPOINT_PORT": str(port),
        "TOUCHPOINT_LOG_LEVEL": "error",
    } | {f"TOUCHPOINT_{name.upper()}": value for name, value in settings.items()}
    with subprocess.Popen([sys.executable, "-m", "touchpoint_service.main"], env=os.environ | told) as process:
        try:
            _wait(process, port)
            yield process
        finally:
            process.terminate()
            process.wait(20)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the API ended"
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise TimeoutError("the API was not ready")


def token(role: str = "channel_system") -> str:
    return mint_token(DEVELOPMENT_KEY, roles=[role], subject="listener", lifetime=timedelta(hours=1))


class Listener:
    """One connection to the stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.status = 0
        self.last = ""
        self._text = b""

    @classmethod
    async def connect(
        cls,
        port: int,
        query: Mapping[str, str],
        last: str = "",
        *,
        role: str = "channel_system",
        buffer: int | None = None,
    ) -> Listener:
        """Ask for the stream. `buffer`: what the kernel may keep for a reader who does not read."""
        line = socket.socket()
        if buffer is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=line, limit=1 << 16)
        head = [f"GET /v1/events?{urlencode(query)} HTTP/1.1", "Host: here", f"Authorization: Bearer {token(role)}"]
        head += [f"Last-Event-ID: {last}"] if last else []
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n")
        found = cls(reader, writer)
        answer = await reader.readuntil(b"\r\n\r\n")
        found.status = int(answer[9:12])
        found.last = last
        return found

    async def next(self) -> Sent | None:
        """The next event or heart-beat; None at the end of the connection."""
        while b"\n\n" not in self._text:
            try:
                size = int(await self.reader.readline() or b"0", 16)
                chunk = await self.reader.readexactly(size + 2)
            except (ConnectionError, asyncio.IncompleteReadError, ValueError):
                return None
            if not size:
                return None
            self._text += chunk[:-2]
        block, _, self._text = self._text.partition(b"\n\n")
        told = {}
        for line in block.decode().split("\n"):
            name, _, value = line.partition(": ")
            told[name] = value
        self.last = told.get("id", self.last)
        return Sent(told.get("event", ""), self.last, orjson.loads(told["data"]) if "data" in told else None)

    async def events(self, count: int, seconds: float = 20) -> list[Sent]:
        """The next so many events proper, or fewer at the end of the connection."""
        found: list[Sent] = []
        async with asyncio.timeout(seconds):
            while len(found) < count and (sent := await self.next()) is not None:
                if sent.event:
                    found.append(sent)
        return found

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@asynccontextmanager
async def listening(port: int, last: str = "", **query: str) -> AsyncIterator[Listener]:
    """A listener that has its first id, so what is sent from now on reaches it."""
    found = await Listener.connect(port, query, last)
    assert found.status == 200
    try:
        assert (await found.next()) is not None
        yield found
    finally:
        await found.close()


class Writer:
    """Writes entries of timelines to the log as the relay does."""

    def __init__(self, producer: AIOKafkaProducer, topic: str = TOPIC, partitions: int = 12) -> None:
        self._producer = producer
        self._topic = topic
        self._partitions = partitions
        self._numbers: dict[str, int] = {}

    async def write(
        self, customers: Sequence[str], kind: str = RELEASED, seq: int | None = None, at: str = AT, **body: Any
    ) -> list[str]:
        """One entry for each of these customers; their ids."""
        ids = []
        for customer in customers:
            number = self._numbers[customer] = self._numbers.get(customer, 0) + 1 if seq is None else seq
            contact = {"request_id": f"r{number}", "contact_id": f"ctc{number}", "channel": "call"}
            told = {"customer_id": customer, "seq": number, "at": at, **contact, **body}
            ids.append(f"{customer}.{number}")
            await self._producer.send(
                self._topic,
                orjson.dumps(told),
                customer.encode(),
                partition=partition_for(customer.encode(), self._partitions),
                headers=headers(event_id=ids[-1], event_type=kind, source="touchpoint", at=at),
            )
        await self._producer.flush()
        return ids


@asynccontextmanager
async def writing(bootstrap: str, topic: str = TOPIC, partitions: int = 12) -> AsyncIterator[Writer]:
    """A writer to the log."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        yield Writer(producer, topic, partitions)
    finally:
        await producer.stop()
