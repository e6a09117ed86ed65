"""A small world per test: a database with the common tables, topics of its own, an event type, and consumers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from rapport import db
from rapport.contracts.envelope import REGISTRY, Envelope, Event, headers, register
from rapport.messaging import outbox, topics
from rapport.messaging.consumer import Consumer, Timing
from rapport.messaging.partition import partition_for
from rapport.messaging.relay import Relay
from rapport.testing.infrastructure import Endpoints

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
PARTITIONS = 4
QUICK = Timing(session=1.5, heartbeat=0.2, rebalance_grace=0.5, doubt=0.6)


class Noted(Event):
    """What tests send; each world has a subclass with its own type and topic."""

    note_id: str
    customer_id: str
    number: int


@dataclass
class World:
    """One test's database, broker, topic and event type."""

    name: str
    url: str
    pool: db.Pool
    bootstrap: str
    noted: type[Noted]
    topic: str
    group: str
    producer: AIOKafkaProducer
    reader: AIOKafkaConsumer
    stack: AsyncExitStack
    quick: Timing = QUICK
    now: datetime = NOW

    def event(self, number: int, customer: str | None = None) -> Noted:
        return self.noted(note_id=f"n{number}", customer_id=customer or f"c{number % 10}", number=number)

    async def publish(self, numbers: Sequence[int]) -> None:
        """Write events into the outbox, one transaction."""
        async with db.transaction(self.pool) as conn:
            await outbox.publish(conn, [self.event(number) for number in numbers], source="test", now=NOW)

    async def send(self, numbers: Sequence[int]) -> None:
        """Put events on the topic, without outbox and relay."""
        for number in numbers:
            event = self.event(number)
            await self.send_raw(event.customer_id.encode(), event.model_dump_json().encode(), number)
        await self.producer.flush()

    async def send_raw(self, key: bytes | None, value: bytes | None, number: int = 0, topic: str = "") -> None:
        partition = 0 if key is None else partition_for(key, PARTITIONS)
        await self.producer.send(topic or self.topic, value, key, partition=partition, headers=self.headers(number))

    def headers(self, number: int) -> list[tuple[str, bytes]]:
        return headers(
            event_id=f"e{number}", event_type=self.noted.event_type, source="test", at="2026-03-01T09:00:00Z"
        )

    async def make_topic(self, suffix: str, *groups: str, partitions: int = PARTITIONS) -> str:
        topic = topics.Topic(
            name=f"{self.name}.{suffix}",
            owner=self.name,
            key="customer_id",
            partitions=partitions,
            retention_days=1,
            description="of a test",
            consumers=groups,
        )
        await topics.apply(self.bootstrap, [topic])
        return topic.name

    async def keep(self, conn: db.Connection, envelopes: Sequence[Envelope]) -> None:
        """A handler that shows a second effect of the same message: no natural key catches it."""
        await conn.copy_records_to_table(
            "effects",
            columns=("number", "partition", "log_offset"),
            records=[(envelope.event.number, envelope.partition, envelope.offset) for envelope in envelopes],
        )

    def consumer(self, handler: Any = None, **options: Any) -> Consumer:
        """A consumer of the topic that stops with the test."""
        pool = options.pop("pool", self.pool)
        options.setdefault("timing", QUICK)
        return Consumer(self.group, {self.topic: handler or self.keep}, pool, self.bootstrap, **options)

    def start(self, runner: Consumer | Relay) -> asyncio.Task[None]:
        """Run it until the test ends."""
        run = asyncio.create_task(runner.run())

        async def end() -> None:
            await runner.stop()
            await asyncio.wait({run})

        self.stack.push_async_callback(end)
        return run

    async def effects(self) -> list[int]:
        rows = await self.pool.fetch("select number from effects order by number")
        return [row["number"] for row in rows]

    async def outbox_empty(self) -> bool:
        return not await self.pool.fetchval("select exists (select from outbox)")

    async def has_records(self, count: int) -> bool:
        return len(await self.records()) == count

    async def kill_sessions(self) -> None:
        """Cut the connections to the database, except those of `pool`."""
        admin = await asyncpg.connect(self.url)
        await admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name not in ('test', '')"
        )
        await admin.close()

    async def has_effects(self, expected: Sequence[int]) -> bool:
        return await self.effects() == list(expected)

    async def processed(self, expected: Sequence[int], within: float = 20.0) -> None:
        """Wait until the group has reached the end of the topic; then the effects are `expected`, each once."""

        async def at_the_end() -> bool:
            return await self.positions() == await self.ends()

        await eventually(at_the_end, within)
        assert await self.effects() == list(expected)

    async def positions(self) -> dict[int, int]:
        rows = await self.pool.fetch(
            "select partition, next_offset from consumer_positions where consumer_group = $1 and topic = $2",
            self.group,
            self.topic,
        )
        return {row["partition"]: row["next_offset"] for row in rows}

    async def age(self) -> float:
        """Seconds since when all is processed, of the partition that is furthest behind."""
        found: float = await self.pool.fetchval(
            "select extract(epoch from clock_timestamp() - min(coalesce(fresh_at, '-infinity')))::float8 "
            "from consumer_positions where consumer_group = $1",
            self.group,
        )
        return float("inf") if found is None else found

    async def ends(self, topic: str = "") -> dict[int, int]:
        places = [TopicPartition(topic or self.topic, number) for number in range(PARTITIONS)]
        return {place.partition: end for place, end in (await self.reader.end_offsets(places)).items()}

    async def records(self, topic: str = "", partitions: int = PARTITIONS) -> list[ConsumerRecord[Any, Any]]:
        """All records of a topic, in order within each partition."""
        reader = self.reader
        places = [TopicPartition(topic or self.topic, number) for number in range(partitions)]
        ends = await reader.end_offsets(places)
        reader.assign(places)
        await reader.seek_to_beginning(*places)
        found: list[ConsumerRecord[Any, Any]] = []
        while any([await reader.position(place) < ends[place] for place in places]):
            for records in (await reader.getmany(timeout_ms=200)).values():
                found += records
        return found


async def eventually(check: Callable[[], Any], within: float = 20.0) -> None:
    """Wait until `check`, which may be a coroutine function, gives something true."""
    end = time.monotonic() + within
    while True:
        found = check()
        if not (await found if isinstance(found, Awaitable) else found):
            assert time.monotonic() < end, f"not within {within} s"
            await asyncio.sleep(0.02)
        else:
            return


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Awaitable[None]]:
    return eventually


@pytest.fixture
async def world(infrastructure: Endpoints, empty_database: str, unique: str) -> AsyncIterator[World]:
    async with make_world(infrastructure.kafka_bootstrap, empty_database, unique) as made:
        yield made


@pytest.fixture(name="make_world")
def make_world_fixture() -> Callable[..., Any]:
    return make_world


@asynccontextmanager
async def make_world(bootstrap: str, url: str, name: str) -> AsyncIterator[World]:
    pool = await db.connect_pool(url, application_name="test")
    await pool.execute(db.COMMON_TABLES)
    await pool.execute("create table effects (number bigint not null, partition int, log_offset bigint)")

    known = set(REGISTRY)

    class NotedHere(Noted):
        event_type: ClassVar[str] = f"{name}.note.noted.v1"
        topic: ClassVar[str] = f"{name}.notes"

    register(NotedHere)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await reader.start()
    async with AsyncExitStack() as stack:
        stack.callback(_forget_events_but, known)
        stack.push_async_callback(pool.close)
        stack.push_async_callback(producer.stop)
        stack.push_async_callback(reader.stop)
        group = f"{name}.keeps"
        world = World(name, url, pool, bootstrap, NotedHere, NotedHere.topic, group, producer, reader, stack)
        await world.make_topic("notes", group)
        yield world


def _forget_events_but(known: set[str]) -> None:
    for event_type in REGISTRY.keys() - known:
        del REGISTRY[event_type]


async def crash(run: asyncio.Task[None]) -> None:
    """End a run without letting it say goodbye: nothing of it commits, sends or leaves the group any more."""
    run.cancel()
    await asyncio.wait({run})


@pytest.fixture(name="crash")
def crash_fixture() -> Callable[[asyncio.Task[None]], Awaitable[None]]:
    return crash
