"""The floor of the outbox: rises past what is gone, never past what may still appear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from rapport import db
from rapport.messaging import floor as floor_module
from rapport.messaging import outbox
from rapport.messaging.floor import Floor


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floor_module, "_INTERVAL", 0)


@pytest.fixture
async def relays(world: Any) -> AsyncIterator[Any]:
    """The relay's connection."""
    connection = await db.connect(world.url)
    yield connection
    await connection.close()


async def publish_each(world: Any, numbers: range) -> None:
    """A transaction, and so a row, for each."""
    for number in numbers:
        await world.publish([number])


async def risen(floor: Floor, conn: asyncpg.Connection[asyncpg.Record]) -> int:
    """The floor after some rounds of what the relay does."""
    for _ in range(4):
        floor.stir()
        await floor.look(conn)
        floor.found(await conn.fetchval("select min(id) from outbox where id > $1", floor.value))
    return floor.value


class TestFloor:
    async def test_rises_to_the_last_id_of_an_empty_outbox(self, world: Any, relays: Any) -> None:
        floor = Floor()
        assert await risen(floor, relays) == 0
        await publish_each(world, range(20))
        await relays.execute("delete from outbox")
        assert await risen(floor, relays) == 20

    async def test_stays_below_the_smallest_row_that_is_there(self, world: Any, relays: Any) -> None:
        floor = Floor()
        await publish_each(world, range(20))
        await relays.execute("delete from outbox where id < 8 or id = 9")
        assert await risen(floor, relays) == 7

    async def test_does_not_pass_an_id_whose_transaction_is_open(self, world: Any, relays: Any) -> None:
        floor = Floor()
        async with world.pool.acquire() as slow:
            begun = slow.transaction()
            await begun.start()
            await outbox.publish(slow, [world.event(1)], source="test", now=world.now)
            await publish_each(world, range(2, 30))
            await relays.execute("delete from outbox")
            assert await risen(floor, relays) == 0
            await begun.commit()
        assert await risen(floor, relays) == 0, "the row is there now, and has not been sent"
        await relays.execute("delete from outbox")
        assert await risen(floor, relays) == 29

    async def test_does_not_wait_for_a_transaction_that_began_to_write_later(self, world: Any, relays: Any) -> None:
        floor = Floor()
        await publish_each(world, range(10))
        await relays.execute("delete from outbox")
        async with world.pool.acquire() as early, world.pool.acquire() as late:
            async with early.transaction():
                await outbox.publish(early, [world.event(1)], source="test", now=world.now)
                await floor.look(relays)  # notes the early one
                begun = late.transaction()
                await begun.start()
                await outbox.publish(late, [world.event(2)], source="test", now=world.now)
            await floor.look(relays)
            floor.found(11)
            assert floor.value == 10
            await begun.rollback()

    async def test_is_not_held_down_by_a_long_reader(self, world: Any, relays: Any) -> None:
        floor = Floor()
        async with world.pool.acquire() as reader, reader.transaction(isolation="repeatable_read"):
            await reader.fetchval("select count(*) from outbox")
            await publish_each(world, range(10))
            await relays.execute("delete from outbox")
            assert await risen(floor, relays) == 10

    async def test_starts_again_when_the_sequence_was_set_back(self, world: Any, relays: Any) -> None:
        floor = Floor()
        await publish_each(world, range(10))
        await relays.execute("delete from outbox")
        assert await risen(floor, relays) == 10
        await relays.execute("alter sequence outbox_id_seq restart with 1")
        await world.publish([1])
        assert await risen(floor, relays) == 0
