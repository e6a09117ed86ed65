"""The offers worker on a broker of its own: from a contact that somebody accepted to the event that confirms it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord
from tests.integration.offers.world import World, customer

from offers_service.consumers import CONTACTS_GROUP
from offers_service.settings import Settings
from offers_service.worker import create_worker
from rapport.contracts.envelope import Event, headers
from rapport.contracts.offers import AcceptanceRefused, OfferAccepted, OfferChanged
from rapport.contracts.profile import CustomerUpserted
from rapport.messaging import topics
from rapport.messaging.partition import partition_for
from rapport.messaging.topics import dead_letter_topic
from rapport.process import run_parts
from rapport.testing.infrastructure.kafka import Kafka

pytestmark = pytest.mark.slow


class Broker:
    """What other services do with the topics."""

    def __init__(self, producer: AIOKafkaProducer, reader: AIOKafkaConsumer) -> None:
        self._producer = producer
        self._reader = reader

    async def send(self, event: Event, times: int = 1) -> None:
        for _ in range(times):
            await self.send_raw(event.topic, event.key, event.event_type, event.model_dump_json().encode())

    async def send_raw(self, topic: str, key: str, event_type: str, body: bytes | None) -> None:
        named = headers(event_id=f"e-{key}", event_type=event_type, source="test", at="2026-03-02T09:00:00Z")
        partitions = await self._producer.partitions_for(topic)
        partition = partition_for(key.encode(), len(partitions))
        await self._producer.send_and_wait(topic, body, key.encode(), partition=partition, headers=named)

    async def bodies(self, topic: str, key: str) -> list[dict[str, object]]:
        """The records of a key as JSON, each with its type."""
        found = await self.records(topic, key)
        return [orjson.loads(record.value) | {"type": dict(record.headers)["ce_type"].decode()} for record in found]

    async def records(self, topic: str, key: str) -> list[ConsumerRecord[bytes, bytes]]:
        """The records of a key."""
        listed = topics.with_dead_letters(topics.all_topics())
        count = next(each.partitions for each in listed if each.name == topic)
        places = [TopicPartition(topic, number) for number in range(count)]
        ends = await self._reader.end_offsets(places)
        self._reader.assign(places)
        await self._reader.seek_to_beginning(*places)
        found = []
        while any([await self._reader.position(place) < ends[place] for place in places]):
            for records in (await self._reader.getmany(timeout_ms=200)).values():
                found += [record for record in records if record.key == key.encode()]
        return found


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of its own: on a shared one this worker would answer the acceptances of other tests."""
    server = Kafka(tmp_path_factory.mktemp("broker"))
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
async def broker(kafka: str) -> AsyncIterator[Broker]:
    await topics.apply(kafka)
    async with AsyncExitStack() as stack:
        producer = AIOKafkaProducer(bootstrap_servers=kafka)
        reader = AIOKafkaConsumer(bootstrap_servers=kafka)
        for client in (producer, reader):
            await client.start()
            stack.push_async_callback(client.stop)
        yield Broker(producer, reader)


async def eventually(check: Callable[[], Awaitable[object]], within: float = 60.0) -> None:
    """Wait until the check gives something true."""
    end = time.monotonic() + within
    while not await check():
        assert time.monotonic() < end, f"not within {within} s"
        await asyncio.sleep(0.05)


@pytest.fixture
async def running(settings: Settings, kafka: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Starts the worker and waits until it is ready."""
    stopping = asyncio.Event()
    async with AsyncExitStack() as stack:

        async def start() -> None:
            own = settings.model_copy(update={"kafka_bootstrap": kafka})
            created = await stack.enter_async_context(create_worker(own))
            run = asyncio.create_task(run_parts(created.parts, stopping))

            async def end() -> None:
                stopping.set()
                await run

            stack.push_async_callback(end)

            async def ready() -> bool:
                assert not run.done()
                return not any((await created.ready()).values())

            await eventually(ready)

        yield start


async def test_confirms_and_refuses_what_channels_report(
    world: World, broker: Broker, running: Callable[[], Awaitable[None]], unique: str
) -> None:
    ann, bob = f"ann-{unique}", f"bob-{unique}"
    offer_id = f"o-{unique}"
    await world.published(offer_id, stock=1)
    # All of it is there before the worker: the acceptances must not overtake their customers.
    for one in (ann, bob):
        accepted = world.responded(customer_id=one, contact_id=f"ctc-{one}", channel="call", offer_id=offer_id)
        await broker.send(accepted, times=2)
    broken = b'{"customer_id": 1}'
    await broker.send_raw(accepted.topic, ann, accepted.event_type, broken)
    for one in (ann, bob):
        await broker.send(customer(one), times=2)

    await running()

    async def told() -> bool:
        return len(await broker.bodies(OfferAccepted.topic, ann) + await broker.bodies(OfferAccepted.topic, bob)) == 2

    await eventually(told)
    found = await broker.bodies(OfferAccepted.topic, ann) + await broker.bodies(OfferAccepted.topic, bob)
    assert {body["type"]: body.get("reason") for body in found} == {
        OfferAccepted.event_type: None,
        AcceptanceRefused.event_type: "sold-out",
    }
    states = [(body["state"], body["sold_out"]) for body in await broker.bodies(OfferChanged.topic, offer_id)]
    assert states == [("published", False), ("published", True)]
    assert len(await broker.records(dead_letter_topic(CONTACTS_GROUP, accepted.topic), ann)) == 1


async def test_is_ready_only_when_the_customers_are_there(
    world: World, broker: Broker, running: Callable[[], Awaitable[None]], unique: str
) -> None:
    answer = await world.http.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["customers"]) == (503, "catching up")
    await broker.send(customer(f"c-{unique}"))
    await running()
    assert (await world.http.get("/health/ready")).status_code == 200
    assert await world.pool.fetchval("select count(*) from replica_customers where id = $1", f"c-{unique}") == 1


async def test_erases_whom_the_profile_erased(
    world: World, broker: Broker, running: Callable[[], Awaitable[None]], unique: str
) -> None:
    one = f"c-{unique}"
    await broker.send(customer(one))
    await broker.send(world.released(one, f"ctc-{unique}"))
    await running()

    async def contacts(count: int) -> bool:
        query = "select count(*) from web_contacts where customer_id = $1"
        return bool(await world.pool.fetchval(query, one) == count)

    await eventually(lambda: contacts(1))
    await broker.send_raw(CustomerUpserted.topic, one, CustomerUpserted.event_type, None)
    await eventually(lambda: contacts(0))
