"""The relay on a real broker and a real database."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from rapport import db
from rapport.contracts.envelope import decode
from rapport.messaging import clients, outbox
from rapport.messaging import relay as relay_module
from rapport.messaging.outbox import MAX_VALUE_BYTES, EventTooLarge, Tombstone
from rapport.messaging.partition import partition_for
from rapport.messaging.relay import Relay
from rapport.telemetry import new_traceparent, tracing


@pytest.fixture
def relay(world: Any) -> Relay:
    return Relay(world.url, world.bootstrap, world.name)


async def numbers_by_key(world: Any) -> dict[str, list[int]]:
    found = defaultdict(list)
    for record in await world.records():
        event = decoded(record).event
        found[event.customer_id].append(event.number)
    return found


def decoded(record: Any) -> Any:
    return decode(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        record_headers=record.headers,
    )


class TestSending:
    async def test_sends_each_event_once_in_order_per_key_and_empties_the_outbox(
        self, world: Any, relay: Relay, eventually: Any
    ) -> None:
        for start in range(0, 1000, 100):
            await world.publish(range(start, start + 100))
        world.start(relay)
        await eventually(world.outbox_empty)
        assert await numbers_by_key(world) == {f"c{key}": list(range(key, 1000, 10)) for key in range(10)}

    async def test_a_page_larger_than_its_limits_is_split(
        self, world: Any, relay: Relay, eventually: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "_PAGE", 7)
        monkeypatch.setattr(relay_module, "_BATCH_BYTES", 400)
        for start in range(0, 300, 5):
            await world.publish(range(start, start + 5))
        world.start(relay)
        await eventually(world.outbox_empty)
        assert await numbers_by_key(world) == {f"c{key}": list(range(key, 300, 10)) for key in range(10)}

    async def test_a_record_says_what_the_row_says(self, world: Any, relay: Relay, eventually: Any) -> None:
        trace = new_traceparent()
        with tracing(trace):
            await world.publish([3])
        (row,) = await world.pool.fetch("select event_id, at from outbox_events")
        world.start(relay)
        await eventually(world.outbox_empty)
        (record,) = await world.records()
        envelope = decoded(record)
        assert (envelope.id, envelope.time, envelope.source) == (row["event_id"], row["at"], world.name)
        assert (envelope.event, envelope.key, envelope.traceparent) == (world.event(3), "c3", trace)
        assert record.partition == partition_for(b"c3", 4)

    async def test_a_tombstone_has_no_value(self, world: Any, relay: Relay, eventually: Any) -> None:
        async with db.transaction(world.pool) as conn:
            tombstone = Tombstone(world.topic, "c1", world.noted.event_type)
            await outbox.publish(conn, [tombstone], source="test", now=world.now)
        world.start(relay)
        await eventually(world.outbox_empty)
        (record,) = await world.records()
        assert (record.key, record.value, decoded(record).event) == (b"c1", None, None)

    async def test_a_mixed_parcel_comes_as_it_was_written(self, world: Any, relay: Relay, eventually: Any) -> None:
        """Events of different transactions' traces, tombstones between them, and texts with line feeds: one parcel."""
        trace, kind = new_traceparent(), world.noted.event_type
        events = [
            world.event(n, "c1").model_copy(update={"note_id": text}) for n, text in enumerate(("a\nb", "", "ü\\n"))
        ]
        written = [outbox.row(event, source="test", now=world.now) for event in events]
        gone = outbox.row(Tombstone(world.topic, "c1", kind), source="test", now=world.now)
        rows = [gone, written[0], (*written[1][:5], trace, written[1][6]), gone, written[2], gone]
        async with db.transaction(world.pool) as conn:
            await outbox.insert(conn, rows)
        shown = await world.pool.fetch("select * from outbox_events order by id, n")
        assert len({row["id"] for row in shown}) == 1
        names = ("topic", "key", "type", "event_id", "at", "traceparent", "value")
        assert [tuple(row[name] for name in names) for row in shown] == rows
        world.start(relay)
        await eventually(world.outbox_empty)
        found = [decoded(record) for record in await world.records()]
        assert [envelope.event for envelope in found] == [None, events[0], events[1], None, events[2], None]
        assert [envelope.traceparent for envelope in found] == [None, None, trace, None, None, None]

    async def test_sends_what_commits_after_a_larger_id(self, world: Any, relay: Relay, eventually: Any) -> None:
        world.start(relay)
        async with world.pool.acquire() as slow, slow.transaction():
            await outbox.publish(slow, [world.event(1)], source="test", now=world.now)
            await world.publish([2])
            await eventually(lambda: world.has_records(1))
        await eventually(lambda: world.has_records(2))
        await eventually(world.outbox_empty)
        assert [decoded(record).event.number for record in sorted(await world.records(), key=_time)] == [2, 1]

    async def test_sends_at_once_when_nudged_or_soon_after(self, world: Any, relay: Relay, eventually: Any) -> None:
        world.start(relay)
        await world.publish([1])
        relay.nudge()
        await eventually(world.outbox_empty, within=2)


class TestWriting:
    @pytest.mark.parametrize("count", [1, 3, 200])
    async def test_keeps_the_order_of_the_events(self, world: Any, count: int) -> None:
        await world.publish(range(count))
        rows = await world.pool.fetch("select value from outbox_events order by id, n")
        assert [json.loads(row["value"])["number"] for row in rows] == list(range(count))

    async def test_writes_nothing_when_the_transaction_fails(self, world: Any) -> None:
        async def fail() -> None:
            async with db.transaction(world.pool) as conn:
                await outbox.publish(conn, [world.event(1)], source="test", now=world.now)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fail()
        assert await world.outbox_empty()

    async def test_refuses_what_does_not_fit_into_one_message(self, world: Any) -> None:
        event = world.event(1).model_copy(update={"note_id": "x" * MAX_VALUE_BYTES})
        async with db.transaction(world.pool) as conn:
            with pytest.raises(EventTooLarge):
                await outbox.publish(conn, [event], source="test", now=world.now)

    async def test_refuses_what_would_be_read_as_two(self, world: Any) -> None:
        written = outbox.row(world.event(1), source="test", now=world.now)
        for place, broken in ((1, "c1\nc2"), (3, "e1\ne2"), (5, "0\n0"), (6, b'{\n"a": 1}')):
            row: Any = (*written[:place], broken, *written[place + 1 :])
            async with db.transaction(world.pool) as conn:
                with pytest.raises(outbox.NotOneLine):
                    await outbox.insert(conn, [written, row])
        assert await world.outbox_empty()

    async def test_the_largest_event_reaches_the_topic(self, world: Any, relay: Relay, eventually: Any) -> None:
        event = world.event(1).model_copy(update={"note_id": "x" * (MAX_VALUE_BYTES - 100)})
        async with db.transaction(world.pool) as conn:
            await outbox.publish(conn, [event], source="test", now=world.now)
        world.start(relay)
        await eventually(world.outbox_empty)
        assert await world.has_records(1)


class TestFailures:
    async def test_dying_between_send_and_delete_sends_again_and_loses_nothing(
        self, world: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Dying(Relay):
            async def _delete_acknowledged(self, *_: Any) -> None:
                await asyncio.sleep(0.3)  # the broker has it all by now
                raise RuntimeError("dies here")

        await world.publish(range(100))
        with pytest.raises(RuntimeError):
            await Dying(world.url, world.bootstrap, world.name).run()
        assert await world.has_records(100)
        world.start(Relay(world.url, world.bootstrap, world.name))
        await eventually(world.outbox_empty)
        twice = {f"c{key}": [*range(key, 100, 10), *range(key, 100, 10)] for key in range(10)}
        assert await numbers_by_key(world) == twice

    async def test_a_consumer_with_a_natural_key_makes_one_effect_of_it(self, world: Any, eventually: Any) -> None:
        await world.pool.execute("alter table effects add primary key (number)")

        async def by_natural_key(conn: db.Connection, envelopes: Any) -> None:
            numbers = [envelope.event.number for envelope in envelopes]
            await conn.execute("insert into effects select unnest($1::bigint[]) on conflict do nothing", numbers)

        await world.send(range(50))
        await world.send(range(50))
        world.start(world.consumer(by_natural_key, max_batch=30))
        await world.processed(range(50))

    async def test_a_failed_send_leaves_all_of_its_page_and_repeats_it_in_order(
        self, world: Any, relay: Relay, eventually: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "_PAGE", 40)
        original, failures = clients.start_producer, [0, 2, 5]

        async def unreliable(bootstrap: str, *, max_batch_bytes: int) -> Any:
            producer = await original(bootstrap, max_batch_bytes=max_batch_bytes)
            send, countdown = producer.send_batch, failures.pop() if failures else 10**9

            async def send_batch(*arguments: Any, **options: Any) -> Any:
                nonlocal countdown
                countdown -= 1
                if countdown < 0:
                    failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
                    failed.set_exception(KafkaError("out of order sequence"))
                    return failed
                return await send(*arguments, **options)

            producer.send_batch = send_batch
            return producer

        monkeypatch.setattr(relay_module, "start_producer", unreliable)
        for start in range(0, 200, 20):
            await world.publish(range(start, start + 20))
        world.start(relay)
        await eventually(world.outbox_empty)
        assert not failures
        for key, numbers in (await numbers_by_key(world)).items():
            assert list(dict.fromkeys(numbers)) == list(range(int(key[1:]), 200, 10)), "first arrivals are in order"
            assert numbers[-1] == 190 + int(key[1:]), "the newest comes last, so a compacted topic ends right"

    async def test_the_loss_of_its_database_session_is_survived(
        self, world: Any, relay: Relay, eventually: Any
    ) -> None:
        world.start(relay)
        for start in range(0, 300, 20):
            await world.publish(range(start, start + 20))
            await world.kill_sessions()
        await eventually(world.outbox_empty)
        arrived = {key: set(numbers) for key, numbers in (await numbers_by_key(world)).items()}
        assert arrived == {f"c{key}": set(range(key, 300, 10)) for key in range(10)}

    async def test_an_event_for_a_missing_topic_waits_for_it(
        self, world: Any, relay: Relay, eventually: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
    ) -> None:
        monkeypatch.setattr("rapport.messaging.clients._REQUEST_TIMEOUT_MS", 300)
        monkeypatch.setattr(world.noted, "topic", f"{world.name}.later")
        await world.publish([1])
        world.start(relay)
        await asyncio.sleep(1)
        assert not await world.outbox_empty()
        assert "outbox_blocked" in capsys.readouterr().out
        await world.make_topic("later")
        await eventually(world.outbox_empty)


class TestOneAtATime:
    async def test_a_second_relay_waits_and_takes_over(self, world: Any, eventually: Any, crash: Any) -> None:
        first = world.start(Relay(world.url, world.bootstrap, world.name))
        await world.publish([1])
        await eventually(world.outbox_empty)
        world.start(Relay(world.url, world.bootstrap, world.name))
        await asyncio.sleep(0.3)
        await world.publish(range(2, 50))
        await eventually(world.outbox_empty)
        await crash(first)
        await world.publish(range(50, 100))
        await eventually(world.outbox_empty)
        assert sum(map(len, (await numbers_by_key(world)).values())) == 99

    async def test_a_waiting_relay_does_not_keep_the_database_from_vacuuming(self, world: Any, eventually: Any) -> None:
        for _ in range(2):
            world.start(Relay(world.url, world.bootstrap, world.name))
        await asyncio.sleep(1)
        held = await world.pool.fetchval(
            "select count(*) from pg_stat_activity where application_name like '%relay' and backend_xmin is not null"
        )
        assert held == 0

    async def test_stops_in_time_when_the_broker_does_not_answer(self, world: Any, eventually: Any) -> None:
        relay = Relay(world.url, "127.0.0.1:1", world.name)
        world.start(relay)
        await world.publish([1])
        await asyncio.sleep(0.5)
        await asyncio.wait_for(relay.stop(), 10)


def _time(record: Any) -> int:
    return int(record.timestamp)
