"""Settling: never before the last echo has died away, and then at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from rapport import db
from rapport.contracts.envelope import Envelope, Event, register
from rapport.messaging import outbox
from rapport.messaging.consumer import Consumer
from rapport.messaging.relay import Relay
from rapport.testing.settle import NotQuiet, Settler


@dataclass
class Side:
    """A service that answers each ball of the other side until it has no bounces left."""

    name: str
    url: str
    pool: db.Pool
    hits: type[Event]
    serves: Any


@pytest.fixture
async def sides(world: Any) -> tuple[Side, Side]:
    """Two services, `left` and `right`, that play balls to each other through Kafka."""
    return await _side(world, "left"), await _side(world, "right")


async def _side(world: Any, name: str) -> Side:
    url = await db.create_database(world.url, f"{world.name}_{name}")
    pool = await db.connect_pool(url)
    world.stack.push_async_callback(_drop, world, f"{world.name}_{name}")
    world.stack.push_async_callback(pool.close)
    await pool.execute(db.COMMON_TABLES)
    await pool.execute("create table done (bounces int)")
    await pool.execute("create table timers (at timestamptz)")
    await pool.execute("create view due_work as select 'timer' as kind, at as due_at from timers")

    class Hit(Event):
        event_type: ClassVar[str] = f"{world.name}.{name}.hit.v1"
        topic: ClassVar[str] = f"{world.name}.{name}"
        customer_id: str
        bounces: int

    register(Hit)
    await world.make_topic(name)
    return Side(name, url, pool, Hit, lambda count, bounces: _serve(world, pool, Hit, count, bounces))


async def _drop(world: Any, name: str) -> None:
    await world.pool.execute(f"drop database if exists {name} with (force)")


async def _serve(world: Any, pool: db.Pool, hit: Any, count: int, bounces: int) -> None:
    async with db.transaction(pool) as conn:
        balls = [hit(customer_id=f"c{number}", bounces=bounces) for number in range(count)]
        await outbox.publish(conn, balls, source="test", now=world.now)


def _play(world: Any, side: Side, other: Side) -> Consumer:
    async def strike_back(conn: db.Connection, envelopes: Sequence[Envelope]) -> None:
        await asyncio.sleep(0.01)
        flying = [envelope.event for envelope in envelopes if envelope.event.bounces]
        landed = [(envelope.event.bounces,) for envelope in envelopes if not envelope.event.bounces]
        await conn.copy_records_to_table("done", records=landed)
        back = [side.hits(customer_id=ball.customer_id, bounces=ball.bounces - 1) for ball in flying]
        await outbox.publish(conn, back, source=side.name, now=world.now)

    world.start(Relay(side.url, world.bootstrap, side.name))
    consumer = Consumer(
        f"{side.name}.plays", {other.hits.topic: strike_back}, side.pool, world.bootstrap, timing=world.quick
    )
    world.start(consumer)
    return consumer


def _settler(world: Any, left: Side, right: Side, **options: Any) -> Settler:
    groups = {"left.plays": [right.hits.topic], "right.plays": [left.hits.topic]}
    return Settler({"left": left.url, "right": right.url}, world.bootstrap, groups=groups, **options)


class TestSettle:
    async def test_returns_only_after_the_last_of_a_long_chain(self, world: Any, sides: tuple[Side, Side]) -> None:
        left, right = sides
        _play(world, left, right)
        _play(world, right, left)
        async with _settler(world, left, right) as settler:
            await settler.settle(world.now)
            for games in range(1, 6):
                await left.serves(5, 9)  # an odd number of bounces ends on the left
                await settler.settle(world.now)
                assert await left.pool.fetchval("select count(*) from done") == 5 * games

    async def test_a_quiet_system_settles_with_two_looks(self, world: Any, sides: tuple[Side, Side]) -> None:
        """Counted rather than timed: a look takes a few milliseconds on a machine with nothing else to do."""
        left, right = sides
        _play(world, left, right)
        _play(world, right, left)
        async with _settler(world, left, right) as settler:
            await settler.settle(world.now)
            looks = 0
            look = settler._look

            async def counted(now: Any) -> Any:
                nonlocal looks
                looks += 1
                return await look(now)

            settler._look = counted  # type: ignore[method-assign]
            await settler.settle(world.now)
        assert looks == 2

    async def test_waits_for_what_is_due_and_not_for_what_is_due_later(
        self, world: Any, sides: tuple[Side, Side]
    ) -> None:
        left, right = sides
        _play(world, left, right)
        _play(world, right, left)
        await right.pool.execute("insert into timers values ($1)", world.now + timedelta(microseconds=1))
        async with _settler(world, left, right, timeout=10) as settler:
            await settler.settle(world.now)
            await right.pool.execute("insert into timers values ($1)", world.now)
            settling = asyncio.create_task(settler.settle(world.now))
            await asyncio.sleep(0.3)
            assert not settling.done()
            await right.pool.execute("delete from timers")
            await settling

    async def test_waits_for_a_transaction_that_has_not_committed(self, world: Any, sides: tuple[Side, Side]) -> None:
        """A handler at work: its message counts as not processed until its effects are there."""
        left, right = sides
        _play(world, left, right)
        _play(world, right, left)
        async with _settler(world, left, right, timeout=10) as settler:
            await settler.settle(world.now)
            async with left.pool.acquire() as blocker, blocker.transaction():
                await blocker.execute("lock table done")
                await left.serves(1, 3)
                settling = asyncio.create_task(settler.settle(world.now))
                await asyncio.sleep(0.5)
                assert not settling.done()
            await settling
            assert await left.pool.fetchval("select count(*) from done") == 1

    async def test_waits_for_a_further_check(self, world: Any, sides: tuple[Side, Side]) -> None:
        left, right = sides
        _play(world, left, right)
        _play(world, right, left)
        busy = ["provider: 3 receipts to come"]

        async def provider() -> str | None:
            return busy[0] if busy else None

        async with _settler(world, left, right, extra=[provider], timeout=3) as settler:
            with pytest.raises(NotQuiet, match="3 receipts to come"):
                await settler.settle(world.now)
            busy.clear()
            await settler.settle(world.now)

    async def test_outlives_a_cut_connection(self, world: Any, sides: tuple[Side, Side]) -> None:
        left, right = sides
        _play(world, left, right)
        _play(world, right, left)
        async with _settler(world, left, right) as settler:
            await settler.settle(world.now)
            await left.pool.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'settle'"
            )
            await settler.settle(world.now)


class TestNextDue:
    async def test_is_the_first_instant_to_come_in_any_service(self, world: Any, sides: tuple[Side, Side]) -> None:
        left, right = sides
        moment = timedelta(microseconds=1)
        async with _settler(world, left, right) as settler:
            assert await settler.next_due(world.now) is None
            await left.pool.execute("insert into timers values ($1), ('-infinity')", world.now)
            assert await settler.next_due(world.now) is None
            await left.pool.execute("insert into timers values ($1)", world.now + 2 * moment)
            await right.pool.execute("insert into timers values ($1)", world.now + moment)
            assert await settler.next_due(world.now) == world.now + moment
            assert await settler.next_due(world.now + moment) == world.now + 2 * moment


class TestNotQuiet:
    async def test_names_what_was_not(self, world: Any, sides: tuple[Side, Side]) -> None:
        left, right = sides
        await left.serves(4, 1)  # nobody sends it
        await right.pool.execute("insert into timers values ($1), ($1)", world.now)
        async with _settler(world, left, right, timeout=3) as settler:
            with pytest.raises(NotQuiet) as told:
                await settler.settle(world.now)
        message = str(told.value)
        assert f"left: outbox holds 4 for {left.hits.topic}" in message
        assert "right: 2 × timer due, the first at 2026-03-01T09:00:00" in message
        assert f"left.plays has not begun {right.hits.topic}[0, 1, 2, 3]" in message

    async def test_names_a_group_that_is_behind(self, world: Any, sides: tuple[Side, Side]) -> None:
        left, right = sides
        consumer = _play(world, left, right)
        while not consumer.owned(right.hits.topic):
            await asyncio.sleep(0.02)
        await consumer.stop()
        world.start(Relay(right.url, world.bootstrap, "right"))
        await right.serves(1, 0)
        groups = {"left.plays": [right.hits.topic]}
        dsns = {"left": left.url, "right": right.url}
        async with Settler(dsns, world.bootstrap, groups=groups, timeout=3) as settler:
            with pytest.raises(NotQuiet, match=rf"left\.plays is 1 behind on {right.hits.topic}\["):
                await settler.settle(world.now)

    async def test_names_a_topic_that_does_not_exist(self, world: Any, sides: tuple[Side, Side]) -> None:
        left, _ = sides
        groups = {"left.plays": [f"{world.name}.nothing"]}
        async with Settler({"left": left.url}, world.bootstrap, groups=groups, timeout=3) as settler:
            with pytest.raises(NotQuiet, match=r"left\.plays reads .*nothing, which does not exist"):
                await settler.settle(world.now)
