"""The facts of decisions: written with them, erased with their customer, and gone after a year."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.integration.touchpoint.conftest import POLICY, Touchpoint, touchpoint_on
from tests.integration.touchpoint.test_one_budget import appear

from rapport.contracts.profile import CustomerUpserted
from rapport.db import transaction
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.domain.decided import unpack
from touchpoint_service.handlers.facts import keep_facts_for
from touchpoint_service.handlers.replicas import replica_handlers
from touchpoint_service.repository import facts
from touchpoint_service.repository.facts import TOGETHER


async def named_in_facts(touchpoint: Touchpoint) -> list[str]:
    """Every customer that a page still has facts of."""
    rows = await touchpoint.pool.fetch("select body from decision_facts")
    return sorted(c for row in rows for s in unpack(row["body"]) for c in s.standings)


async def erase(touchpoint: Touchpoint, *customer_ids: str) -> None:
    """The tombstones of these customers, in one batch."""
    topic = CustomerUpserted.topic
    handler = replica_handlers(touchpoint.pool, touchpoint.clock)[topic]
    async with transaction(touchpoint.pool) as conn:
        await handler(conn, [touchpoint.envelope(None, topic=topic, key=c) for c in customer_ids])


async def months(touchpoint: Touchpoint) -> list[str]:
    """The partitions there are, but the default one."""
    rows = await touchpoint.pool.fetch(
        "select relname from pg_inherits join pg_class on pg_class.oid = inhrelid "
        "where inhparent = 'decision_facts'::regclass order by 1"
    )
    return [row[0].removeprefix("decision_facts_") for row in rows if not row[0].endswith("default")]


async def keep_house(touchpoint: Touchpoint, days: int = 366, at: datetime | None = None) -> None:
    """All steps of the housekeeping, at an instant."""
    step = keep_facts_for(days)
    more = True
    while more:
        async with transaction(touchpoint.pool) as conn:
            more = await step(conn, at or touchpoint.clock.now())


@pytest.fixture
async def unchecked(bare: Touchpoint) -> Touchpoint:
    """A service that knows all it needs; what it publishes is not looked at, since the erased are not in its tables."""
    await bare.put_in_force(POLICY)
    await bare.hear(bare.customer(), bare.offer(), bare.plan())
    return bare


@pytest.fixture(autouse=True)
async def without_months(bare: Touchpoint) -> None:
    """The migration has made the months of today, whenever that is."""
    for month in await months(bare):
        await bare.pool.execute(f"drop table decision_facts_{month}")


class TestWriting:
    async def test_a_decision_names_its_facts_and_what_is_none_does_not(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "refused"))
        rows = await touchpoint.pool.fetch("select type, facts_id from timeline order by seq")
        assert [row["facts_id"] is None for row in rows] == [False, True]
        assert await named_in_facts(touchpoint) == ["c1"]

    async def test_a_pop_up_keeps_its_facts(self, touchpoint: Touchpoint):
        await appear(touchpoint, "branch")
        kinds = await touchpoint.pool.fetch("select type, facts_id is not null as kept from timeline order by seq")
        assert [row["kept"] for row in kinds] == [True, False]
        assert await named_in_facts(touchpoint) == ["c1"]

    async def test_what_is_not_told_keeps_nothing(self, touchpoint: Touchpoint):
        """A waiting request that is looked at again and deferred for the same reason."""
        await touchpoint.hear(touchpoint.plan("paused", version=2), touchpoint.request())
        before = await touchpoint.pool.fetchval("select count(*) from decision_facts")
        await touchpoint.hear(touchpoint.customer(version=2))
        await touchpoint.tick()
        assert await touchpoint.pool.fetchval("select count(*) from decision_facts") == before

    async def test_customers_share_a_page_but_not_too_many(self, touchpoint: Touchpoint):
        names = [f"m{n}" for n in range(TOGETHER + 1)]
        await touchpoint.hear(*map(touchpoint.customer, names))
        await touchpoint.hear(*[touchpoint.request(f"r.{name}", name) for name in names])
        pages = await touchpoint.pool.fetch("select body from decision_facts")
        assert sorted(len(unpack(row["body"])) for row in pages) == [1, TOGETHER]


class TestErasure:
    async def test_takes_one_customer_out_and_leaves_the_others(self, unchecked: Touchpoint):
        names = [f"e{n}" for n in range(5)]
        await unchecked.hear(*map(unchecked.customer, names))
        await unchecked.hear(*[unchecked.request(f"r.{name}", name) for name in names])
        await unchecked.hear(unchecked.customer("e2", version=2), unchecked.customer("e3", version=2))
        await erase(unchecked, "e2", "e4")
        assert await named_in_facts(unchecked) == ["e0", "e1", "e3"]
        kept = await unchecked.pool.fetch("select id from customer_documents")
        assert [row["id"] for row in kept] == ["e3"]
        answer = await unchecked.call("GET", "/v1/contact-requests/r.e3/explanation", role="compliance")
        assert answer.json()["decision"] == "released"

    async def test_a_page_without_anybody_goes(self, unchecked: Touchpoint):
        await unchecked.hear(unchecked.request())
        await erase(unchecked, "c1")
        assert await unchecked.pool.fetchval("select count(*) from decision_facts") == 0

    async def test_many_pages_and_many_erasures_at_once(self, unchecked: Touchpoint, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(facts, "_PAGES", 3)
        names = [f"e{n}" for n in range(24)]
        await unchecked.hear(*map(unchecked.customer, names))
        for round_number in range(8):
            asked = [unchecked.request(f"r{round_number}.{name}", name, contact_class="service") for name in names]
            await unchecked.hear(*asked)
        pages = await unchecked.pool.fetchval("select count(distinct facts_id) from timeline where customer_id = 'e1'")
        assert pages == 8
        await asyncio.gather(*[erase(unchecked, *names[n : n + 3]) for n in range(0, 18, 3)])
        assert set(await named_in_facts(unchecked)) == {f"e{n}" for n in range(18, 24)}


class TestDocuments:
    async def test_the_one_that_was_looked_at_is_found_again(self, touchpoint: Touchpoint):
        start = touchpoint.clock.now()
        await touchpoint.hear(touchpoint.customer(version=2, time_zone="Asia/Tokyo"), touchpoint.offer(version=2))
        await touchpoint.tick(hours=1)
        await touchpoint.hear(touchpoint.customer(version=4, time_zone="Asia/Shanghai"))
        zones: dict[int, Any] = {}
        async with transaction(touchpoint.pool) as conn:
            for version in (1, 2, 3, 4):
                found = await facts.customer_document(conn, "c1", version, start)
                zones[version] = None if found is None else found["time_zone"]
            assert (await facts.offer_document(conn, "o1", 1, start) or {})["version"] == 1
        assert zones == {1: "Europe/Berlin", 2: "Asia/Tokyo", 3: None, 4: "Asia/Shanghai"}

    async def test_of_two_lives_the_one_of_that_time(self, touchpoint: Touchpoint):
        """After a tombstone the numbers of an offer begin anew."""
        topic = "offers.catalogue"
        first = touchpoint.clock.now()
        await touchpoint.hear(touchpoint.offer(version=2, priority=1))
        await touchpoint.tick(hours=1)
        async with transaction(touchpoint.pool) as conn:
            await replica_handlers(touchpoint.pool, touchpoint.clock)[topic](
                conn, [touchpoint.envelope(None, topic=topic, key="o1")]
            )
        second = touchpoint.clock.now()
        await touchpoint.hear(touchpoint.offer(version=1, priority=7))
        async with transaction(touchpoint.pool) as conn:
            then = await facts.offer_document(conn, "o1", 1, first)
            now = await facts.offer_document(conn, "o1", 1, second)
        assert then is not None
        assert now is not None
        assert (then["priority"], now["priority"]) == (500, 7)


class TestKeeping:
    async def test_months_are_made_ahead_and_a_year_is_kept(self, bare: Touchpoint):
        bare.clock.move(datetime(2026, 3, 3, 12, tzinfo=UTC))
        await keep_house(bare)
        await keep_house(bare)
        assert await months(bare) == ["2026_04", "2026_05"]
        bare.clock.move(datetime(2026, 12, 31, 12, tzinfo=UTC))
        await keep_house(bare)
        assert await months(bare) == ["2026_04", "2026_05", "2027_02"]  # January is about to begin
        bare.clock.move(datetime(2027, 5, 1, 23, 59, tzinfo=UTC))  # 366 days ago it was still April
        await keep_house(bare)
        assert (await months(bare))[0] == "2026_04"
        bare.clock.move(datetime(2027, 5, 2, tzinfo=UTC))
        await keep_house(bare)
        assert (await months(bare))[0] == "2026_05"

    async def test_the_migration_has_made_the_months_of_today(self, infrastructure: Endpoints):
        async with touchpoint_on(infrastructure) as fresh:
            made = await months(fresh)
        assert len(made) == 3
        assert made == sorted(made)

    async def test_a_decision_is_explained_for_a_year_and_then_no_more(self, touchpoint: Touchpoint):
        await keep_house(touchpoint)
        touchpoint.clock.move(datetime(2026, 4, 3, 12, tzinfo=UTC))
        await touchpoint.hear(touchpoint.request())
        await touchpoint.hear(touchpoint.customer(version=2), touchpoint.offer(version=2))
        assert await touchpoint.pool.fetchval("select count(*) from decision_facts_2026_04") == 1
        path = "/v1/contact-requests/r1/explanation"
        for days, status in ((366, 200), (29, 410)):
            await self.later(touchpoint, days)
            await touchpoint.call("GET", path, role="compliance", expect=status)
        assert await touchpoint.pool.fetchval("select count(*) from customer_documents") == 0
        assert await touchpoint.pool.fetchval("select count(*) from offer_documents") == 0

    async def later(self, touchpoint: Touchpoint, days: int) -> None:
        touchpoint.clock.move(touchpoint.clock.now() + timedelta(days=days))
        await keep_house(touchpoint)

    async def test_a_month_that_nobody_made_is_kept_and_deleted_too(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        await keep_house(touchpoint)
        await touchpoint.hear(touchpoint.request("r2"))
        assert await touchpoint.pool.fetchval("select count(*) from decision_facts_default") == 2
        await touchpoint.call("GET", "/v1/contact-requests/r1/explanation", role="compliance")
        await self.later(touchpoint, 366)
        assert await touchpoint.pool.fetchval("select count(*) from decision_facts") == 2
        await self.later(touchpoint, 31)
        assert await touchpoint.pool.fetchval("select count(*) from decision_facts") == 0

    async def test_a_month_with_rows_in_the_default_partition_stays_there(self, touchpoint: Touchpoint):
        """A clock that is ahead of the worker's, or a worker that did not run."""
        now = touchpoint.clock.now()
        touchpoint.clock.move(now + timedelta(days=40))
        await touchpoint.hear(touchpoint.request())
        async with transaction(touchpoint.pool) as conn:
            await keep_facts_for(366)(conn, now)
        assert await months(touchpoint) == ["2026_05"]
        await touchpoint.call("GET", "/v1/contact-requests/r1/explanation", role="compliance")

    async def test_what_has_been_kept_for_less_can_be_asked_for(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        touchpoint.clock.move(touchpoint.clock.now() + timedelta(days=40))
        await keep_house(touchpoint, days=5)
        assert await touchpoint.pool.fetchval("select count(*) from decision_facts") == 0

    async def test_decisions_go_on_while_months_are_made_and_dropped(self, touchpoint: Touchpoint):
        async def decide() -> None:
            for n in range(40):
                await touchpoint.hear(touchpoint.request(f"r{n}"))

        async def keep() -> None:
            for n in range(12):
                await keep_house(touchpoint, at=touchpoint.clock.now() + timedelta(days=150 * n))
                await asyncio.sleep(0.02)

        await asyncio.gather(decide(), keep())
        assert await touchpoint.pool.fetchval("select count(*) from requests") == 40


async def test_an_erasure_reaches_what_was_decided_about_others_of_the_household(touchpoint: Touchpoint):
    home = [touchpoint.customer(c, 2, household="home") for c in ("c1", "c2")]
    await touchpoint.hear(*home)
    await touchpoint.hear(touchpoint.request("r1", "c1"))
    assert await named_in_facts(touchpoint) == ["c1", "c2"]
    await erase(touchpoint, "c2")
    assert await named_in_facts(touchpoint) == []
    path = "/v1/contact-requests/r1/explanation"
    await touchpoint.call("GET", path, role="compliance", expect=410)
