"""The consumer on a real broker and a real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete

from rapport.contracts.envelope import Envelope
from rapport.db import Connection, connect_pool
from rapport.messaging import positions, session
from rapport.messaging.consumer import Consumer, Fenced, StopConsumer
from rapport.messaging.positions import Move, Place, advance


class TestFreshness:
    @pytest.fixture(autouse=True)
    def _often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(session, "_FRESHNESS_SECONDS", 0.0)

    async def test_what_is_read_to_its_end_stays_fresh(self, world: Any, eventually: Any) -> None:
        """Also where nothing ever comes."""
        consumer = world.consumer(tells_freshness=True)
        run = world.start(consumer)

        async def is_fresh() -> bool:
            return bool(await world.age() < 3)

        await eventually(is_fresh)
        await asyncio.sleep(4)
        assert await is_fresh()
        await consumer.stop()
        await run
        first = await world.age()
        await asyncio.sleep(1.5)
        assert await world.age() >= first + 1.5, "nobody reads any more"

    async def test_what_lies_unread_makes_it_as_old_as_what_was_read_last(self, world: Any, eventually: Any) -> None:
        stuck = asyncio.Event()

        async def handler(conn: Connection, envelopes: Sequence[Envelope]) -> None:
            if any(envelope.event.number >= 100 for envelope in envelopes):
                await stuck.wait()
            await world.keep(conn, envelopes)

        world.start(world.consumer(handler, tells_freshness=True))
        await world.send(range(100))
        await world.processed(range(100))

        async def is_fresh() -> bool:
            return bool(await world.age() < 3)

        async def is_old() -> bool:
            return bool(await world.age() > 4)

        await eventually(is_fresh)
        await world.send(range(100, 120))
        await eventually(is_old)
        stuck.set()
        await eventually(is_fresh)

    async def test_nobody_leaves_the_group_because_it_could_not_be_told(
        self, world: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, failures = positions.tell_fresh, iter([asyncpg.ConnectionDoesNotExistError()] * 2)

        async def failing(*told: Any) -> None:
            for failure in failures:
                raise failure
            await real(*told)

        monkeypatch.setattr(positions, "tell_fresh", failing)
        consumer = world.consumer(tells_freshness=True)
        world.start(consumer)
        await world.send(range(10))
        await world.processed(range(10))
        joined = consumer._session

        async def is_fresh() -> bool:
            return bool(await world.age() < 3)

        await eventually(is_fresh)
        assert next(failures, None) is None
        assert consumer._session is joined

    async def test_is_told_only_if_somebody_asks(self, world: Any, eventually: Any) -> None:
        world.start(world.consumer())
        await world.send(range(10))
        await world.processed(range(10))
        await asyncio.sleep(2.5)
        assert await world.age() == float("inf")


class TestProcessing:
    async def test_processes_each_message_once_and_stores_how_far_it_got(self, world: Any, eventually: Any) -> None:
        await world.send(range(500))
        consumer = world.consumer(max_batch=64, lanes=2)
        world.start(consumer)
        await world.processed(range(500))
        assert await world.positions() == await world.ends()

    async def test_gives_a_handler_one_partition_after_the_other_and_each_in_order(
        self, world: Any, eventually: Any
    ) -> None:
        batches: list[list[tuple[int, int]]] = []

        async def handler(conn: Connection, envelopes: Sequence[Envelope]) -> None:
            batches.append([(envelope.partition, envelope.offset) for envelope in envelopes])
            await world.keep(conn, envelopes)

        await world.send(range(300))
        world.start(world.consumer(handler))
        await world.processed(range(300))
        assert all(batch == sorted(batch) for batch in batches)
        assert sorted(place for batch in batches for place in batch) == sorted(
            (record.partition, record.offset) for record in await world.records()
        )

    async def test_goes_on_where_it_stopped(self, world: Any, eventually: Any) -> None:
        await world.send(range(50))
        first = world.consumer()
        run = world.start(first)
        await world.processed(range(50))
        await first.stop()
        await run
        await world.send(range(50, 80))
        world.start(world.consumer())
        await world.processed(range(80))

    async def test_begins_at_the_start_of_the_log(self, world: Any, eventually: Any) -> None:
        await world.send(range(40))
        await _delete_before(world, {0: 3, 1: 1, 2: 0, 3: 2})
        kept = [json.loads(record.value)["number"] for record in await world.records()]
        assert len(kept) == 34
        world.start(world.consumer())
        await world.processed(sorted(kept))

    async def test_a_position_passes_where_the_log_has_no_record(self, world: Any, eventually: Any) -> None:
        """The end of a transaction takes an offset of the log, as a record that compaction removed does."""
        producer = AIOKafkaProducer(bootstrap_servers=world.bootstrap, transactional_id=world.name)
        await producer.start()
        async with producer.transaction():
            event = world.event(7)
            await producer.send(world.topic, event.model_dump_json().encode(), b"c7", headers=world.headers(7))
        await producer.stop()
        consumer = world.consumer()
        world.start(consumer)
        await world.processed([7])
        await eventually(lambda: consumer.caught_up)

    async def test_is_caught_up_only_after_what_was_there_at_the_start(self, world: Any, eventually: Any) -> None:
        gate = asyncio.Event()

        async def handler(conn: Connection, envelopes: Sequence[Envelope]) -> None:
            await gate.wait()
            await world.keep(conn, envelopes)

        await world.send(range(20))
        consumer = world.consumer(handler)
        world.start(consumer)
        while not consumer.owned(world.topic):  # at no moment before either
            assert not consumer.caught_up
            await asyncio.sleep(0)
        assert not consumer.caught_up
        gate.set()
        await eventually(lambda: consumer.caught_up)
        assert await world.effects() == list(range(20))


class TestFailures:
    async def test_repeats_a_batch_until_the_database_takes_it(self, world: Any, eventually: Any) -> None:
        failures = [asyncpg.ConnectionDoesNotExistError("gone"), TimeoutError(), asyncpg.DeadlockDetectedError("x")]

        async def handler(conn: Connection, envelopes: Sequence[Envelope]) -> None:
            await world.keep(conn, envelopes)
            if failures:
                raise failures.pop()

        await world.send(range(10))
        world.start(world.consumer(handler))
        await world.processed(range(10))
        assert not failures

    async def test_survives_the_loss_of_its_connections_at_any_moment(self, world: Any, eventually: Any) -> None:
        pool = await connect_pool(world.url)
        world.stack.push_async_callback(pool.close)
        world.start(world.consumer(max_batch=7, lanes=2, pool=pool))
        for number in range(0, 400, 20):
            await world.send(range(number, number + 20))
            await world.producer.flush()
            await world.kill_sessions()
        await world.processed(range(400))

    async def test_a_handler_whose_sql_is_wrong_stops_it_and_blames_no_message(self, world: Any) -> None:
        async def handler(conn: Connection, _envelopes: Sequence[Envelope]) -> None:
            await conn.execute("insert into no_such_table values (1)")

        await world.send([1])
        run = world.start(world.consumer(handler))
        with pytest.raises(asyncpg.UndefinedTableError):
            await asyncio.wait_for(run, 20)
        assert await world.pool.fetchval("select count(*) from outbox_events") == 0


class TestFencing:
    async def test_a_position_moves_only_from_the_expected_value(self, world: Any) -> None:
        place = Place(world.topic, 0)
        await world.pool.execute("insert into consumer_positions values ($1, $2, 0, 5)", world.group, world.topic)
        async with world.pool.acquire() as conn:
            with pytest.raises(Fenced) as fenced:
                await advance(conn, world.group, [Move(place, 4, 9)])
            assert fenced.value.places == {place}
            await advance(conn, world.group, [Move(place, 5, 9)])
        assert await world.positions() == {0: 9}

    async def test_a_zombie_commits_nothing(self, world: Any, eventually: Any) -> None:
        """It fetched its messages, lost its partitions while it waited for a connection, and goes on afterwards."""
        pool = await connect_pool(world.url, max_size=1)
        world.stack.push_async_callback(pool.close)
        zombie = world.consumer(pool=pool)
        world.start(zombie)
        await eventually(lambda: zombie.owned(world.topic) == {0, 1, 2, 3})
        async with pool.acquire():  # from here on the zombie hangs
            await world.send(range(200))
            await asyncio.sleep(0.7)  # it has fetched
            other = world.consumer()
            world.start(other)

            async def other_has_done_its_part() -> bool:
                positions, ends = await world.positions(), await world.ends()
                return bool(other.owned(world.topic) and all(positions[p] == ends[p] for p in other.owned(world.topic)))

            await eventually(other_has_done_its_part)
        await world.processed(range(200))
        await world.send(range(200, 300))
        await world.processed(range(300))

    async def test_a_batch_under_way_during_a_rebalance_counts_once(self, world: Any, eventually: Any) -> None:
        holding, release = asyncio.Event(), asyncio.Event()

        async def slow(conn: Connection, envelopes: Sequence[Envelope]) -> None:
            holding.set()
            await release.wait()
            await world.keep(conn, envelopes)

        await world.send(range(100))
        world.start(world.consumer(slow))
        await holding.wait()
        other = world.consumer()
        world.start(other)
        await eventually(lambda: other.owned(world.topic))  # the grace is over, and the batch still open
        await asyncio.sleep(0.3)
        release.set()
        await world.processed(range(100))


class TestGroups:
    async def test_two_workers_share_the_partitions_and_each_message_counts_once(
        self, world: Any, eventually: Any
    ) -> None:
        first, second = world.consumer(), world.consumer()
        world.start(first)
        world.start(second)
        for number in range(0, 300, 30):
            await world.send(range(number, number + 30))
            await asyncio.sleep(0.05)
        await world.processed(range(300))
        await eventually(lambda: first.owned(world.topic) and second.owned(world.topic))
        assert first.owned(world.topic) | second.owned(world.topic) == {0, 1, 2, 3}
        assert not first.owned(world.topic) & second.owned(world.topic)

    async def test_the_partitions_of_a_dead_worker_go_to_the_other(
        self, world: Any, eventually: Any, crash: Any
    ) -> None:
        survivor, victim = world.consumer(), world.consumer()
        world.start(survivor)
        run = world.start(victim)
        await eventually(lambda: victim.owned(world.topic) and survivor.owned(world.topic))
        await crash(run)
        await world.send(range(100))
        await world.processed(range(100))
        assert survivor.owned(world.topic) == {0, 1, 2, 3}

    async def test_equal_partitions_of_different_topics_lie_with_one_worker(self, world: Any, eventually: Any) -> None:
        other_topic = await world.make_topic("others", world.group)
        handlers = {world.topic: world.keep, other_topic: world.keep}
        workers = [Consumer(world.group, handlers, world.pool, world.bootstrap, timing=world.quick) for _ in range(3)]
        for worker in workers:
            world.start(worker)

        async def all_assigned() -> bool:
            owned = [worker.owned(world.topic) for worker in workers]
            return all(owned) and sum(map(len, owned)) == 4

        await eventually(all_assigned)
        assert [worker.owned(world.topic) for worker in workers] == [worker.owned(other_topic) for worker in workers]

    async def test_two_groups_both_get_every_message(self, world: Any, eventually: Any) -> None:
        await world.send(range(10))
        world.start(Consumer(f"{world.name}.others", {world.topic: world.keep}, world.pool, world.bootstrap))
        await eventually(lambda: world.has_effects(range(10)))
        world.start(world.consumer())
        await world.processed(sorted([*range(10), *range(10)]))

    async def test_kafka_is_told_how_far_the_group_got(self, world: Any, eventually: Any) -> None:
        await world.send(range(40))
        world.start(world.consumer())
        admin = AIOKafkaAdminClient(bootstrap_servers=world.bootstrap)
        await admin.start()

        async def told() -> dict[int, int]:
            offsets = await admin.list_consumer_group_offsets(world.group)
            return {place.partition: found.offset for place, found in offsets.items()}

        async def up_to_date() -> bool:
            ends: dict[int, int] = await world.ends()
            return await told() == ends

        await eventually(up_to_date)
        await admin.close()


class TestStopsLoudly:
    async def test_when_messages_were_deleted_unprocessed(self, world: Any) -> None:
        await world.send(range(40))
        await _store(world, 2, 0)
        await _delete_before(world, {2: 4})
        error = await _stops(world)
        assert "stands at offset 0" in error
        assert "4 messages were deleted unprocessed" in error
        assert "set next_offset to 4" in error

    async def test_when_the_log_is_another_one(self, world: Any) -> None:
        await _store(world, 1, 1000)
        error = await _stops(world)
        assert "stands at offset 1000" in error
        assert "the log ends at 0" in error
        assert "set next_offset to 0" in error

    async def test_when_the_log_is_cut_away_under_a_running_consumer(self, world: Any, eventually: Any) -> None:
        await world.send(range(40))
        run = world.start(world.consumer())
        await world.processed(range(40))
        admin = AIOKafkaAdminClient(bootstrap_servers=world.bootstrap)
        await admin.start()
        await admin.delete_topics([world.topic])
        await admin.close()
        await asyncio.sleep(0.3)
        await world.make_topic("notes", world.group)
        with pytest.raises(StopConsumer, match="created anew"):
            await asyncio.wait_for(run, 30)

    async def test_when_a_topic_is_missing(self, world: Any) -> None:
        handlers = {world.topic: world.keep, f"{world.name}.nothing": world.keep}
        consumer = Consumer(world.group, handlers, world.pool, world.bootstrap, timing=world.quick)
        with pytest.raises(StopConsumer, match=rf"reads {world.name}\.nothing, which .* `rapport topics apply`"):
            await asyncio.wait_for(world.start(consumer), 20)

    async def test_when_a_topic_is_deleted_under_a_running_consumer(self, world: Any, eventually: Any) -> None:
        consumer = world.consumer()
        run = world.start(consumer)
        await eventually(lambda: consumer.owned(world.topic))
        admin = AIOKafkaAdminClient(bootstrap_servers=world.bootstrap)
        await admin.start()
        await admin.delete_topics([world.topic])
        await admin.close()
        with pytest.raises(StopConsumer, match="does not have"):
            await asyncio.wait_for(run, 30)

    async def test_but_not_for_a_topic_that_appears_in_time(self, world: Any, eventually: Any) -> None:
        handlers = {f"{world.name}.late": world.keep}
        consumer = Consumer(world.group, handlers, world.pool, world.bootstrap, timing=replace(world.quick, doubt=5.0))
        world.start(consumer)
        await asyncio.sleep(0.5)
        await world.make_topic("late", world.group)
        await eventually(lambda: consumer.owned(f"{world.name}.late") == {0, 1, 2, 3})


async def _stops(world: Any) -> str:
    with pytest.raises(StopConsumer) as stopped:
        await asyncio.wait_for(world.start(world.consumer()), 20)
    return str(stopped.value)


async def _store(world: Any, partition: int, offset: int) -> None:
    await world.pool.execute(
        "insert into consumer_positions values ($1, $2, $3, $4)", world.group, world.topic, partition, offset
    )


async def _delete_before(world: Any, offsets: dict[int, int]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=world.bootstrap)
    await admin.start()
    await admin.delete_records(
        {TopicPartition(world.topic, partition): RecordsToDelete(offset) for partition, offset in offsets.items()}
    )
    await admin.close()
