"""The checker on a world in which everything is right, and on the same world with one thing broken in it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import asyncpg
import orjson
import pytest
from tests.integration.checker.plants import PLANTS, Plant, over_the_cap, released_after_acceptance, take_slot
from tests.integration.checker.world import START, World

from rapport import db
from rapport.db import Connection
from rapport.testing.database import fresh_database
from rapport.testing.infrastructure import Endpoints

SERVICES = ("profile", "offers", "touchpoint", "campaign")


@pytest.fixture(scope="module")
async def databases(infrastructure: Endpoints) -> AsyncIterator[dict[str, asyncpg.Connection[asyncpg.Record]]]:
    """A connection to an empty database of each service."""
    async with AsyncExitStack() as stack:
        found = {}
        for service in SERVICES:
            url = await stack.enter_async_context(fresh_database(infrastructure.postgres_url, service))
            found[service] = await db.connect(url)
            stack.push_async_callback(found[service].close)
        yield found


@pytest.fixture
async def connections(
    databases: dict[str, asyncpg.Connection[asyncpg.Record]],
) -> AsyncIterator[dict[str, Connection]]:
    """The same, in transactions that are rolled back, and without the constraints that forbid to break the ledger."""
    transactions = [connection.transaction() for connection in databases.values()]
    for transaction in transactions:
        await transaction.start()
    await databases["offers"].execute("drop index acceptances_once; alter table stock drop constraint never_oversold")
    yield dict(databases)
    for transaction in transactions:
        await transaction.rollback()


async def test_a_world_that_is_right_passes(connections: dict[str, Connection]):
    findings = await World().check(connections)
    assert findings.ok
    assert not findings.broken
    assert findings.checked == list(range(1, 11))
    assert (findings.figures.customers, findings.figures.entries, findings.figures.released) == (2, 11, 4)


@pytest.mark.parametrize(("plant", "invariants"), PLANTS)
async def test_a_planted_violation_is_found(connections: dict[str, Connection], plant: Plant, invariants: set[int]):
    world = World()
    plant(world)
    findings = await world.check(connections)
    assert set(findings.counts) == invariants, [str(violation) for violation in findings.broken]
    assert not findings.ok


def test_every_invariant_is_broken_by_some_plant():
    assert set().union(*(plant.values[1] for plant in PLANTS)) == set(range(1, 11))


class TestFigures:
    async def test_count_what_is_over_a_cap_or_after_an_acceptance(self, connections: dict[str, Connection]):
        world = World()
        over_the_cap(world)
        released_after_acceptance(world)
        figures = (await world.check(connections)).figures
        assert (figures.over_cap, figures.released_after_acceptance) == (1, 1)


class TestWhatMustNotBeTaken:
    """Things that look odd and are allowed."""

    async def test_records_that_came_twice(self, connections: dict[str, Connection]):
        world = World()
        for topic in ("touchpoint.contacts", "campaign.requests", "channel.events", "offers.acceptances"):
            for record in list(world.log.topics[topic]):
                kind = record.header("ce_type")
                world.log.append(topic, (record.key or b"").decode(), kind, record.value, START)
        assert (await world.check(connections)).broken == []

    async def test_broken_records_that_were_set_aside(self, connections: dict[str, Connection]):
        world = World()
        broken = world.log.append("channel.events", "c2", "channel.outcome.reported.v1", b"{", START)
        unfit = world.report("c2", "ctc_unknown", "out_unfit")
        for offset in (broken, unfit):
            world.log.set_aside("touchpoint.outcomes", "channel.events", offset, START)
        assert (await world.check(connections)).broken == []

    async def test_topics_that_have_lost_their_beginning(self, connections: dict[str, Connection]):
        world = World()
        for topic, count in (("touchpoint.contacts", 8), ("campaign.requests", 3), ("channel.events", 1)):
            del world.log.topics[topic][:count]
            world.log.shortened.add(topic)
        assert (await world.check(connections)).broken == []

    async def test_a_customer_who_was_erased_and_came_back(self, connections: dict[str, Connection]):
        world = World()
        digest = hashlib.sha256(b"c2").digest()
        world.rows("profile", "erasures").append({"digest": digest, "version": 1, "erased_at": START})
        earlier = [
            orjson.dumps({"customer_id": "c2", "seq": seq, "at": START.isoformat(), "life": "first"})
            for seq in range(1, 20)
        ]
        kept = list(world.log.topics["touchpoint.contacts"])
        world.log.topics["touchpoint.contacts"].clear()
        for body in earlier:
            world.log.append("touchpoint.contacts", "c2", "touchpoint.contact.deferred.v1", body, START)
        for record in kept:
            world.log.append(
                "touchpoint.contacts", (record.key or b"").decode(), record.header("ce_type"), record.value, START
            )
        world.ask("c2", "r_before")
        world.rows("touchpoint", "requests").pop()
        assert (await world.check(connections)).broken == []

    async def test_a_consent_withdrawn_a_moment_before_the_release(self, connections: dict[str, Connection]):
        world = World()
        world.customer("c2", 2, consents=[])
        changed = world.log.topics["profile.customers"][-1]
        at = [(name, world.now.isoformat().encode() if name == "ce_time" else value) for name, value in changed.headers]
        world.log.topics["profile.customers"][-1] = changed._replace(headers=at)
        world.now += timedelta(minutes=10)
        world.release("c2", "r7", "call", offer_id=None)
        assert (await world.check(connections)).broken == []

    async def test_messages_that_had_left_the_house(self, connections: dict[str, Connection]):
        world = World()
        world.release("c2", "r7", "sms", offer_id=None)
        world.row("touchpoint", "contacts", contact_id="ctc_r7")["state"] = "sent"
        world.accept("c2", "acc_2")
        world.settle("c2", "acc_2", "ctc_r7")
        assert (await world.check(connections)).broken == []


async def test_a_slot_taken_for_a_more_important_contact_is_none(connections: dict[str, Connection]):
    world = World()
    take_slot(world, "ctc_r8")
    world.release("c2", "r8", "web", offer_id=None, contact_class="service")
    assert (await world.check(connections)).ok
