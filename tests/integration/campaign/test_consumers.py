"""The service's consumer on the real topics, which all tests share: ids and the group are the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from tests.integration.campaign.world import Timeline, World, accepted, offer, plan, revoked

from campaign_service.consumers import event_handlers
from rapport.contracts.envelope import Event, headers
from rapport.contracts.profile import CustomerUpserted
from rapport.contracts.vocabulary import Outcome
from rapport.db import transaction
from rapport.messaging import positions, topics
from rapport.messaging.consumer import Consumer, Timing
from rapport.messaging.partition import partition_for
from rapport.messaging.positions import Place

QUICK = Timing(session=1.5, heartbeat=0.2, rebalance_grace=0.5, doubt=0.6)
AT = "2026-11-02T08:00:00Z"


@dataclass
class Log:
    """The broker, for one test."""

    world: World
    name: str
    producer: AIOKafkaProducer
    reader: AIOKafkaConsumer

    def ids(self, count: int) -> list[str]:
        """Customers that no other test has."""
        return [f"{self.name}-{number:03}" for number in range(count)]

    async def send(self, *events: Event, times: int = 1) -> None:
        """Send events, each so many times, and wait until the broker has them."""
        for event in events:
            for _ in range(times):
                await self.send_raw(event.topic, event.key, event.model_dump_json().encode(), event.event_type)
        await self.producer.flush()

    async def send_raw(self, topic: str, key: str, value: bytes | None, kind: str) -> None:
        found = headers(event_id="e1", event_type=kind, source="test", at=AT)
        partition = partition_for(key.encode(), len(await self.producer.partitions_for(topic)))
        await self.producer.send(topic, value, key.encode(), partition=partition, headers=found)

    async def ends(self) -> dict[Place, int]:
        """Where the logs end now."""
        places = [
            TopicPartition(topic, partition)
            for topic in event_handlers(self.world.pool, self.world.clock)
            for partition in range(len(await self.producer.partitions_for(topic)))
        ]
        return {Place(*place): end for place, end in (await self.reader.end_offsets(places)).items()}

    def consumer(self) -> Consumer:
        """A member of the test's group."""
        handlers = event_handlers(self.world.pool, self.world.clock)
        return Consumer(self.name, handlers, self.world.pool, self.world.settings.kafka_bootstrap, timing=QUICK)

    async def consumed(self) -> None:
        """Wait until the group has read all that has been sent."""
        ends = await self.ends()
        async with asyncio.timeout(30):
            while any(at < ends[place] for place, at in (await self.positions()).items()):
                await asyncio.sleep(0.02)

    async def positions(self) -> dict[Place, int]:
        rows = await self.world.pool.fetch("select topic, partition, next_offset from consumer_positions")
        return {Place(row[0], row[1]): row[2] for row in rows}


@pytest.fixture
async def log(world: World, unique: str) -> AsyncIterator[Log]:
    bootstrap = world.settings.kafka_bootstrap
    await topics.apply(bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await producer.start()
    await reader.start()
    made = Log(world, unique, producer, reader)
    async with transaction(world.pool) as conn:
        await positions.begin(conn, unique, await made.ends())  # what other tests have sent is no concern
    yield made
    await reader.stop()
    await producer.stop()


@pytest.fixture
async def start() -> AsyncIterator[Callable[[Consumer], asyncio.Task[None]]]:
    started: list[tuple[Consumer, asyncio.Task[None]]] = []

    def begin(consumer: Consumer) -> asyncio.Task[None]:
        run = asyncio.create_task(consumer.run())
        started.append((consumer, run))
        return run

    yield begin
    for consumer, run in started:
        await consumer.stop()
        with suppress(asyncio.CancelledError):
            await run


Start = Callable[[Consumer], asyncio.Task[None]]


async def begun(log: Log, count: int) -> list[Timeline]:
    """A campaign of so many customers, known by events; the story of each request so far."""
    world = log.world
    name = f"offer-{log.name}"
    customers = [CustomerUpserted(customer_id=customer, version=1) for customer in log.ids(count)]
    await log.send(*customers, offer(name), times=2)
    await log.consumed()
    document = plan(
        offers=[name], audience={"list": log.ids(count)}, lines=[{"channels": ["call"], "attempts": {"max": 3}}]
    )
    await world.call("POST", "", {"campaign_id": "spring", **document})
    submitted = await world.call("POST", "/spring/submissions")
    assert submitted.is_success, submitted.text
    await world.approve("spring", submitted.headers["ETag"])
    await world.state("spring", "running")
    await world.work()
    return [Timeline(request, world.clock.now()) for request in await world.requests()]


class TestConsumer:
    async def test_counts_everything_once_that_comes_twice(self, log: Log, start: Start) -> None:
        start(log.consumer())
        timelines = await begun(log, 60)
        now = log.world.clock.now()
        for number, timeline in enumerate(timelines):
            outcome = (Outcome.NO_ANSWER, Outcome.REFUSED, Outcome.CALL_BACK)[number % 3]
            await log.send(timeline.released(), timeline.answered(outcome), times=2)
        taken = [accepted(timeline.request.customer_id, now) for timeline in timelines[1::3]]
        await log.send(*taken, times=2)
        await log.send(revoked(taken[0]), times=2)
        await log.consumed()
        await log.world.work()
        found = await log.world.results()
        assert found["responded"] == {"no_answer": 20, "refused": 20, "call_back": 20}
        assert (found["stages"]["requested"], found["stages"]["released"]) == (100, 60)
        assert found["audience"]["accepted"] == 19
        sent = [request.request_id for request in await log.world.requests()]
        assert len(set(sent)) == len(sent) == 100

    async def test_loses_and_repeats_nothing_when_workers_come_and_go(self, log: Log, start: Start) -> None:
        start(log.consumer())
        timelines = await begun(log, 150)
        dying = start(log.consumer())
        for number, timeline in enumerate(timelines):
            await log.send(timeline.released(), timeline.answered(Outcome.BUSY))
            if number == 50:
                dying.cancel()
            if number == 100:
                start(log.consumer())
        await log.consumed()
        await log.world.work()
        found = await log.world.results()
        assert found["responded"] == {"busy": 150}
        sent = [request.request_id for request in await log.world.requests()]
        assert len(set(sent)) == len(sent) == 300

    async def test_sets_a_broken_message_aside_on_each_topic_and_goes_on(self, log: Log, start: Start) -> None:
        start(log.consumer())
        timelines = await begun(log, 3)
        handled = event_handlers(log.world.pool, log.world.clock)
        for topic in handled:
            await log.send_raw(topic, log.ids(1)[0], b'{"customer_id": 7', "no.such.type.v1")
        await log.send(timelines[0].released(), timelines[0].answered(Outcome.BUSY))
        await log.consumed()
        rows = await log.world.pool.fetch(
            "select topic from outbox_events where key = $1 and type = 'dead-letter'", log.ids(1)[0]
        )
        assert sorted(row["topic"] for row in rows) == sorted(f"dlq.{log.name}.{topic}" for topic in handled)
        assert (await log.world.results())["responded"] == {"busy": 1}

    async def test_erases_on_a_tombstone(self, log: Log, start: Start) -> None:
        start(log.consumer())
        timelines = await begun(log, 2)
        gone = timelines[0].request.customer_id
        await log.send_raw(CustomerUpserted.topic, gone, None, CustomerUpserted.event_type)
        await log.producer.flush()
        await log.consumed()
        left = await log.world.pool.fetch("select customer_id from attempts")
        assert [row["customer_id"] for row in left] == [timelines[1].request.customer_id]
