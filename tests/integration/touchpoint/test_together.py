"""Pop-ups of different customers at the same moment are written together, and none of them suffers from another."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.integration.touchpoint.conftest import Touchpoint
from tests.integration.touchpoint.test_one_budget import appear, ask, capped, counted

from rapport.db import transaction
from touchpoint_service.handlers import popups
from touchpoint_service.repository.work import Work

CUSTOMERS = [f"c{n}" for n in range(1, 31)]


@pytest.fixture
async def crowd(touchpoint: Touchpoint) -> Touchpoint:
    """Customers whom the gate has met before, so that nothing is to be locked."""
    await touchpoint.put_in_force(capped(1))
    await touchpoint.hear(*(touchpoint.customer(c, 2) for c in CUSTOMERS))
    await touchpoint.pool.execute(
        "insert into standings (customer_id) select unnest($1::text[]) on conflict do nothing", CUSTOMERS
    )
    return touchpoint


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Of whom each statement wrote."""
    real, found = Work.write_unless_changed, []

    async def watched(work: Work, *others: Work, **options: Any) -> set[str]:
        found.append(await real(work, *others, **options))
        return found[-1]

    monkeypatch.setattr(Work, "write_unless_changed", watched)
    return found


async def test_a_full_house_is_written_in_few_statements(crowd: Touchpoint, written: list[set[str]]):
    shown = await asyncio.gather(*(appear(crowd, "branch", c) for c in CUSTOMERS))
    assert len(set(shown)) == len(CUSTOMERS)
    assert [await counted(crowd, c) for c in CUSTOMERS] == [1] * len(CUSTOMERS)
    assert sorted(c for some in written for c in some) == sorted(CUSTOMERS)
    assert len(written) < len(CUSTOMERS) * 3 / 4
    rows = await crowd.pool.fetch("select customer_id, popup_id from popups")
    assert {row["customer_id"]: row["popup_id"] for row in rows} == dict(zip(CUSTOMERS, shown, strict=True))
    assert await crowd.pool.fetchval("select count(*) from outbox_events where topic = 'touchpoint.contacts'") == 60
    await crowd.check()


async def test_whoever_is_alone_is_written_at_once(crowd: Touchpoint, written: list[set[str]]):
    await appear(crowd, "branch", "c1")
    assert written == [{"c1"}]


async def test_one_whom_somebody_holds_keeps_nobody_waiting(crowd: Touchpoint):
    async with transaction(crowd.pool) as conn:
        await conn.fetch("select from standings where customer_id = 'c1' for update")
        everybody = {c: asyncio.create_task(appear(crowd, "branch", c)) for c in CUSTOMERS[:7]}
        await asyncio.wait_for(asyncio.gather(*(everybody[c] for c in CUSTOMERS[1:7])), 20)
        assert not everybody["c1"].done()
    await everybody["c1"]
    assert [await counted(crowd, c) for c in CUSTOMERS[:7]] == [1] * 7
    await crowd.check()


async def test_one_who_has_changed_is_looked_at_again(crowd: Touchpoint, monkeypatch: pytest.MonkeyPatch):
    real = popups._compose

    async def disturbed(work: Work, *rest: Any) -> Any:
        found = await real(work, *rest)
        if "c3" in work.standings and work._row is not None:
            await ask(crowd, 1, "c3")
        return found

    monkeypatch.setattr(popups, "_compose", disturbed)
    await asyncio.gather(*(appear(crowd, "branch", c) for c in CUSTOMERS[:8]))
    assert [await counted(crowd, c) for c in CUSTOMERS[:8]] == [1] * 8
    assert await crowd.states("c3") == {"call": "open"}
    await crowd.check()


async def test_when_the_statement_fails_each_tries_again_alone(crowd: Touchpoint, monkeypatch: pytest.MonkeyPatch):
    real = Work.write_unless_changed
    failed: list[int] = []

    async def broken(work: Work, *others: Work, **options: Any) -> set[str]:
        if others and not failed:
            failed.append(len(others) + 1)
            raise ConnectionResetError("the server has gone")
        return await real(work, *others, **options)

    monkeypatch.setattr(Work, "write_unless_changed", broken)

    async def insist(customer_id: str) -> None:
        body = {"customer_id": customer_id, "channel": "branch"}
        headers = crowd.headers("branch_agent")
        answers.append((await crowd.client.post("/v1/popups", json=body, headers=headers)).status_code)

    answers: list[int] = []
    await asyncio.gather(*map(insist, CUSTOMERS))
    assert failed
    assert sorted(set(answers)) == [201, 503]
    assert answers.count(503) == 1  # who wrote for them all; the others were not written, or would have seen it
    assert sum([await counted(crowd, c) for c in CUSTOMERS]) == len(CUSTOMERS) - 1
    await crowd.check()


async def test_who_goes_away_leaves_the_others_their_turn(crowd: Touchpoint):
    for _ in range(5):
        asked = [asyncio.create_task(appear(crowd, "branch", c)) for c in CUSTOMERS]
        await asyncio.sleep(0.02)
        for task in asked[::3]:
            task.cancel()
        stayed = [task for n, task in enumerate(asked) if n % 3]
        await asyncio.wait_for(asyncio.gather(*stayed), 30)
        await asyncio.gather(*asked, return_exceptions=True)
    assert all([await counted(crowd, c) <= 1 for c in CUSTOMERS])
    await crowd.check()
