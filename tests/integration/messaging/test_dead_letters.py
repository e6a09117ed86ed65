"""Messages that cannot be processed: set aside exactly once with their reason, while the rest goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from rapport.contracts.envelope import Envelope
from rapport.db import Connection
from rapport.errors import Conflict
from rapport.messaging import dlq
from rapport.messaging.consumer import PoisonMessage, StopConsumer
from rapport.messaging.relay import Relay
from rapport.messaging.topics import dead_letter_topic


class Refused(Conflict):
    """A rule of the domain says no."""


@pytest.fixture
def relay(world: Any) -> Relay:
    return Relay(world.url, world.bootstrap, world.name)


async def letters(world: Any, eventually: Any, count: int) -> list[dlq.DeadLetter]:
    """Wait for the relay to send them."""
    await eventually(lambda: world.outbox_empty())
    found = await dlq.pending(world.bootstrap, world.group, world.topic)
    assert len(found) == count
    return found


class TestContract:
    @pytest.mark.parametrize(
        ("key", "value", "reason"),
        [
            (b"c1", b"{not json", "Invalid JSON"),
            (b"c1", b'{"note_id": "n", "customer_id": "c1", "number": "many"}', "/number"),
            (b"c1", b'{"note_id": "n", "customer_id": "c2", "number": 1}', "is not the body's customer_id"),
            (b"\xff\xfe", b'{"note_id": "n", "customer_id": "c1", "number": 1}', "malformed header or key"),
            (None, b'{"note_id": "n", "customer_id": "c1", "number": 1}', "record has no key"),
        ],
    )
    async def test_a_broken_message_is_set_aside_as_it_came(
        self, world: Any, relay: Relay, eventually: Any, key: bytes | None, value: bytes, reason: str
    ) -> None:
        await world.send([1, 2])
        await world.send_raw(key, value, 99)
        await world.send([3])
        world.start(relay)
        world.start(world.consumer())
        await world.processed([1, 2, 3])
        (letter,) = await letters(world, eventually, 1)
        assert reason in letter.reason
        assert (letter.key, letter.value, list(letter.headers)) == (key, value, world.headers(99))
        assert (letter.group, letter.topic, letter.handler) == (world.group, world.topic, "World.keep")
        record = await world.records(letter.topic)
        original = next(r for r in record if (r.partition, r.offset) == (letter.partition, letter.original_offset))
        assert (original.key, original.value) == (key, value)

    async def test_a_message_without_any_header_is_set_aside(self, world: Any, relay: Relay, eventually: Any) -> None:
        await world.producer.send_and_wait(world.topic, b"{}", b"c1", partition=0)
        world.start(relay)
        world.start(world.consumer())
        await world.processed([])
        (letter,) = await letters(world, eventually, 1)
        assert "ce_id is missing" in letter.reason

    async def test_the_largest_message_that_a_topic_takes_can_be_set_aside(
        self, world: Any, relay: Relay, eventually: Any
    ) -> None:
        value = b"x" * 1_040_000
        await world.send_raw(b"c1", value)
        world.start(relay)
        world.start(world.consumer())
        await world.processed([])
        (letter,) = await letters(world, eventually, 1)
        assert letter.value == value


class TestHandler:
    async def test_messages_that_the_handler_refuses_are_found_and_the_others_processed(
        self, world: Any, relay: Relay, eventually: Any
    ) -> None:
        async def handler(conn: Connection, envelopes: Sequence[Envelope]) -> None:
            await world.keep(conn, envelopes)
            for envelope in envelopes:
                if envelope.event.number == 17:
                    raise Refused("seventeen")
                if envelope.event.number == 41:
                    raise KeyError(41)

        await world.send(range(60))
        world.start(relay)
        world.start(world.consumer(handler))
        await world.processed([number for number in range(60) if number not in (17, 41)])
        found = {json.loads(letter.value or b"")["number"]: letter for letter in await letters(world, eventually, 2)}
        assert found[17].reason == "Refused: seventeen"
        assert found[41].reason == "KeyError: 41"

    async def test_a_message_that_the_handler_names_is_not_searched_for(
        self, world: Any, relay: Relay, eventually: Any
    ) -> None:
        calls: list[int] = []

        async def handler(conn: Connection, envelopes: Sequence[Envelope]) -> None:
            calls.append(len(envelopes))
            for envelope in envelopes:
                if envelope.event.number == 5:
                    raise PoisonMessage("five", envelope)
            await world.keep(conn, envelopes)

        await world.send(range(40))
        world.start(relay)
        world.start(world.consumer(handler))
        await world.processed([number for number in range(40) if number != 5])
        assert (await letters(world, eventually, 1))[0].reason == "PoisonMessage: five"
        assert len(calls) < 8, calls

    async def test_a_message_that_breaks_a_constraint_is_set_aside(
        self, world: Any, relay: Relay, eventually: Any
    ) -> None:
        await world.pool.execute("alter table effects add check (number <> 3)")
        await world.send(range(6))
        world.start(relay)
        world.start(world.consumer())
        await world.processed([0, 1, 2, 4, 5])
        (letter,) = await letters(world, eventually, 1)
        assert "CheckViolationError" in letter.reason


class TestLimit:
    async def test_stops_when_too_many_in_a_row_cannot_be_processed(self, world: Any) -> None:
        await world.send(range(30))
        for number in range(30):
            await world.send_raw(b"c1", b"broken", number)
        await world.producer.flush()
        run = world.start(world.consumer(poison_limit=10))
        with pytest.raises(StopConsumer, match=r"more than 10 messages .* in a row .*`rapport dlq list"):
            await asyncio.wait_for(run, 20)
        assert await world.pool.fetchval("select count(*) from outbox_events") == 0

    async def test_counts_over_batches(self, world: Any) -> None:
        for number in range(30):
            await world.send_raw(b"c1", b"broken", number)
        await world.producer.flush()
        run = world.start(world.consumer(poison_limit=10, max_batch=3))
        with pytest.raises(StopConsumer):
            await asyncio.wait_for(run, 20)
        assert await world.pool.fetchval("select count(*) from outbox_events") == 9

    async def test_a_good_message_in_between_begins_the_count_anew(self, world: Any) -> None:
        for number in range(40):
            good = world.event(number, "c0").model_dump_json().encode()
            await world.send_raw(b"c0", b"broken" if number % 8 else good, number)
        await world.producer.flush()
        world.start(world.consumer(poison_limit=10, max_batch=3))
        await world.processed(range(0, 40, 8))


class TestDeciding:
    async def test_a_replay_processes_what_the_handler_has_learnt(
        self, world: Any, relay: Relay, eventually: Any
    ) -> None:
        knows = asyncio.Event()

        async def handler(conn: Connection, envelopes: Sequence[Envelope]) -> None:
            if not knows.is_set() and any(envelope.event.number in (2, 3) for envelope in envelopes):
                raise Refused
            await world.keep(conn, envelopes)

        await world.send(range(5))
        world.start(relay)
        world.start(world.consumer(handler))
        await world.processed([0, 1, 4])
        await letters(world, eventually, 2)
        knows.set()
        assert await dlq.replay(world.bootstrap, world.group, world.topic) == 2
        await world.processed([0, 1, 2, 3, 4])
        assert await dlq.pending(world.bootstrap, world.group, world.topic) == []
        assert await dlq.replay(world.bootstrap, world.group, world.topic) == 0

    async def test_what_is_replayed_in_vain_comes_back_with_one_reason(
        self, world: Any, relay: Relay, eventually: Any
    ) -> None:
        await world.send_raw(b"c1", b"broken")
        world.start(relay)
        world.start(world.consumer())
        await world.processed([])
        await letters(world, eventually, 1)
        assert await dlq.replay(world.bootstrap, world.group, world.topic) == 1
        await world.processed([])
        (again,) = await letters(world, eventually, 1)
        assert (again.value, list(again.headers)) == (b"broken", world.headers(0))
        assert again.offset == 1

    async def test_the_oldest_may_be_discarded_and_the_rest_replayed(
        self, world: Any, relay: Relay, eventually: Any
    ) -> None:
        for number in range(3):
            await world.send_raw(b"c1", f"broken {number}".encode(), number)
        world.start(relay)
        consumer = world.consumer()
        world.start(consumer)
        await world.processed([])
        first = await letters(world, eventually, 3)
        assert [letter.value for letter in first] == [b"broken 0", b"broken 1", b"broken 2"]
        assert await dlq.discard(world.bootstrap, world.group, world.topic, limit=2) == 2
        await consumer.stop()
        assert await dlq.replay(world.bootstrap, world.group, world.topic) == 1
        assert [record.value for record in await world.records()][-1] == b"broken 2"

    async def test_letters_lie_in_a_topic_of_the_group(self, world: Any) -> None:
        assert dead_letter_topic(world.group, world.topic) == f"dlq.{world.name}.keeps.{world.name}.notes"
        assert await dlq.pending(world.bootstrap, world.group, world.topic) == []
