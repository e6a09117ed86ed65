"""Replicas: the newest state of another service, whatever the order and number of deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport import db
from rapport.contracts.envelope import Envelope, Event, register
from rapport.messaging import outbox
from rapport.messaging.consumer import Consumer, PoisonMessage
from rapport.messaging.outbox import Tombstone
from rapport.messaging.relay import Relay
from rapport.replica import Changes, MemoryReplica, Replica

TABLE = "replica_things"


class Thing(Event):
    event_type: ClassVar[str] = "test.thing.changed.v1"
    topic: ClassVar[str] = "test.things"
    key_field: ClassVar[str] = "thing_id"
    thing_id: str
    version: int
    text: str = ""


class Unversioned(Event):
    event_type: ClassVar[str] = "test.unversioned.happened.v1"
    topic: ClassVar[str] = "test.things"
    customer_id: str


def envelope(key: str, event: Event | None, offset: int = 0) -> Envelope:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Envelope("test.things", 0, offset, key, f"e{offset}", Thing.event_type, "test", at, event)


def changed(key: str, version: int, text: str = "") -> Envelope:
    return envelope(key, Thing(thing_id=key, version=version, text=text))


def gone(key: str) -> Envelope:
    return envelope(key, None)


@pytest.fixture
async def pool(world: Any) -> db.Pool:
    await world.pool.execute(f"create table {TABLE} (id text primary key, version bigint not null, doc jsonb not null)")
    found: db.Pool = world.pool
    return found


async def apply(pool: db.Pool, *batches: Sequence[Envelope], on_changes: Any = None) -> dict[str, tuple[int, str]]:
    """Apply batches, one transaction each; the table."""
    replica = Replica(TABLE, pool, on_changes=on_changes) if on_changes else Replica(TABLE, pool)
    handler = replica.handler("test.things")
    for batch in batches:
        async with db.transaction(pool) as conn:
            await handler(conn, batch)
    rows = await pool.fetch(f"select id, version, doc from {TABLE}")
    return {row["id"]: (row["version"], row["doc"]["text"]) for row in rows}


class TestReplica:
    async def test_keeps_the_newest_version(self, pool: db.Pool) -> None:
        found = await apply(pool, [changed("a", 1, "old"), changed("b", 1)], [changed("a", 3, "new")])
        assert found == {"a": (3, "new"), "b": (1, "")}

    async def test_ignores_an_older_or_equal_version(self, pool: db.Pool) -> None:
        assert await apply(pool, [changed("a", 3, "new")], [changed("a", 2)], [changed("a", 3)]) == {"a": (3, "new")}

    async def test_the_newest_of_one_batch_counts(self, pool: db.Pool) -> None:
        assert await apply(pool, [changed("a", 2, "new"), changed("a", 1), changed("a", 2)]) == {"a": (2, "new")}

    async def test_a_tombstone_erases(self, pool: db.Pool) -> None:
        assert await apply(pool, [changed("a", 2)], [gone("a")]) == {}
        assert await apply(pool, [changed("b", 2), gone("b")]) == {}

    async def test_a_new_life_begins_with_any_version(self, pool: db.Pool) -> None:
        assert await apply(pool, [changed("a", 7)], [gone("a")], [changed("a", 1, "new")]) == {"a": (1, "new")}
        assert await apply(pool, [changed("b", 7)], [gone("b"), changed("b", 1, "new")]) == {
            "a": (1, "new"),
            "b": (1, "new"),
        }

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        history=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4)), max_size=12),
        cuts=st.sets(st.integers(1, 11)),
        resent=st.integers(0, 12),
    )
    async def test_equals_its_source_however_it_is_cut_and_resent(
        self, pool: db.Pool, history: list[tuple[str, int]], cuts: set[int], resent: int
    ) -> None:
        """The source counts versions up within a life (0 ends it); a relay may send the end of it again, in order."""
        await pool.execute(f"delete from {TABLE}")
        state: dict[str, int] = {}
        sent: list[Envelope] = []
        for key, move in history:
            if move == 0:
                state.pop(key, None)
                sent.append(gone(key))
            else:
                state[key] = state.get(key, 0) + move
                sent.append(changed(key, state[key]))
        sent += sent[len(sent) - min(resent, len(sent)) :]
        edges = [0, *sorted(cut for cut in cuts if cut < len(sent)), len(sent)]
        batches = [sent[a:b] for a, b in pairwise(edges)]
        assert {key: version for key, (version, _) in (await apply(pool, *batches)).items()} == state

    async def test_tells_what_has_changed_in_the_same_transaction(self, pool: db.Pool) -> None:
        seen: list[Changes] = []

        async def on_changes(conn: db.Connection, changes: Changes) -> None:
            seen.append(changes)
            assert await conn.fetchval(f"select count(*) from {TABLE}") == len(changes.written)

        await apply(pool, [changed("a", 1), changed("a", 2, "x"), changed("b", 1)], on_changes=on_changes)
        assert [event.text for event in seen[0].written] == ["x", ""]  # type: ignore[attr-defined]
        assert (seen[0].created, seen[0].erased) == (frozenset({"a", "b"}), ())
        seen.clear()
        await pool.execute(f"delete from {TABLE} where id = 'b'")
        await apply(pool, [changed("a", 3)], [changed("a", 3)], on_changes=on_changes)
        assert [changes.created for changes in seen] == [frozenset()]
        seen.clear()
        await apply(pool, [gone("a"), gone("c")], on_changes=on_changes)
        assert [changes.erased for changes in seen] == [("a", "c")]

    async def test_an_event_without_a_version_is_poison(self, pool: db.Pool) -> None:
        with pytest.raises(PoisonMessage, match="has no version"):
            await apply(pool, [envelope("c1", Unversioned(customer_id="c1"))])

    async def test_is_built_from_the_start_of_its_topic(self, world: Any, pool: db.Pool, eventually: Any) -> None:
        class ThingHere(Thing):
            event_type: ClassVar[str] = f"{world.name}.thing.changed.v1"
            topic: ClassVar[str] = world.topic

        register(ThingHere)
        async with db.transaction(pool) as conn:
            things = [ThingHere(thing_id=f"t{number % 20}", version=number) for number in range(100)]
            tombstone = Tombstone(world.topic, "t5", ThingHere.event_type)
            await outbox.publish(conn, [*things, tombstone], source="test", now=world.now)
        world.start(Relay(world.url, world.bootstrap, world.name))
        await eventually(world.outbox_empty)
        replica = Replica(TABLE, pool)
        handlers = {world.topic: replica.handler(world.topic)}
        consumer = Consumer(world.group, handlers, pool, world.bootstrap, timing=world.quick)
        world.start(consumer)
        await eventually(lambda: consumer.caught_up)
        assert await pool.fetchval(f"select count(*) from {TABLE}") == 19
        assert await replica.get("t5") is None
        found = await replica.get("t6")
        assert found is not None
        assert found["version"] == 86


class TestMemoryReplica:
    @pytest.fixture
    def memory(self, pool: db.Pool) -> MemoryReplica[str]:
        return MemoryReplica(pool, TABLE, lambda doc: str(doc["text"]))

    async def test_holds_the_table(self, pool: db.Pool, memory: MemoryReplica[str]) -> None:
        await apply(pool, [changed("a", 1, "x"), changed("b", 1, "y")])
        assert not memory.loaded
        assert await memory.refresh()
        assert memory.loaded
        assert (memory.all(), memory.get("a"), memory.get("c")) == ({"a": "x", "b": "y"}, "x", None)

    async def test_is_loaded_when_the_table_is_empty(self, memory: MemoryReplica[str]) -> None:
        await memory.refresh()
        assert memory.loaded
        assert memory.all() == {}

    async def test_sees_every_kind_of_change(self, pool: db.Pool, memory: MemoryReplica[str]) -> None:
        await apply(pool, [changed("a", 1, "x"), changed("b", 1, "y")])
        await memory.refresh()
        assert not await memory.refresh()
        await apply(pool, [changed("a", 2, "z")])
        assert await memory.refresh()
        assert memory.get("a") == "z"
        await apply(pool, [gone("b")])
        assert await memory.refresh()
        assert memory.get("b") is None
        await apply(pool, [gone("a"), changed("a", 2, "another life, same version")])
        assert await memory.refresh()
        assert memory.get("a") == "another life, same version"

    async def test_sees_a_change_that_commits_after_a_later_one(
        self, pool: db.Pool, memory: MemoryReplica[str]
    ) -> None:
        async with pool.acquire() as slow, slow.transaction():
            await slow.execute(f"insert into {TABLE} values ('early', 1, '{{\"text\": \"x\"}}')")
            await apply(pool, [changed("late", 1, "y")])
            await memory.refresh()
            assert set(memory.all()) == {"late"}
        await memory.refresh()
        assert set(memory.all()) == {"early", "late"}

    async def test_parses_only_what_has_changed(self, pool: db.Pool) -> None:
        parsed: list[str] = []
        memory = MemoryReplica(pool, TABLE, lambda doc: parsed.append(doc["text"]))
        await apply(pool, [changed("a", 1, "x"), changed("b", 1, "y")])
        await memory.refresh()
        parsed.clear()
        await apply(pool, [changed("b", 2, "z")])
        await memory.refresh()
        assert parsed == ["z"]

    async def test_follows_by_itself_and_outlives_a_cut_connection(
        self, world: Any, pool: db.Pool, eventually: Any
    ) -> None:
        own = await db.connect_pool(world.url)
        memory = MemoryReplica(own, TABLE, lambda doc: str(doc["text"]), poll=0.01)
        run = asyncio.create_task(memory.run())
        await eventually(lambda: memory.loaded)
        await apply(pool, [changed("a", 1, "x")])
        await eventually(lambda: memory.get("a") == "x")
        await world.kill_sessions()
        await apply(pool, [changed("a", 2, "y")])
        await eventually(lambda: memory.get("a") == "y")
        run.cancel()
        await asyncio.wait({run})
        await own.close()
