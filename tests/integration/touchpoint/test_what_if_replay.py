"""Replaying the past under the policy that was in force gives the contacts that really happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.integration.touchpoint.conftest import START, Touchpoint
from tests.integration.touchpoint.random_life import POLICY, RandomLife

from rapport.clock import to_micros
from touchpoint_service.domain.what_if import Run
from touchpoint_service.domain.what_if_tally import IN_FORCE, TRIED
from touchpoint_service.handlers.what_ifs import Replayer

SEEDS = range(6)


async def replayed(service: Touchpoint, since: datetime, document: dict[str, Any]) -> dict[str, dict[str, Run]]:
    """Both runs of each customer, from `since` until now."""
    job = {
        "policy_id": "house",
        "version": None,
        "document": document,
        "baseline_id": "house",
        "baseline_version": 1,
        "since": since,
        "until": service.clock.now(),
        "planned": None,
    }
    async with service.pool.acquire() as conn:
        replayer = await Replayer.of(conn, job)
        return {past.customer_id: replayer.runs(past) for past in await replayer.pasts(conn, None, None)}


async def really_released(service: Touchpoint, since: datetime) -> list[tuple[Any, ...]]:
    """customer, instant, request, channel, contact of everything that was released from `since` on."""
    rows = await service.pool.fetch(
        "select customer_id, at, request_id, channel, contact_id from timeline "
        "where type = 'touchpoint.contact.released.v1' and at >= $1 order by customer_id, seq",
        since,
    )
    return [(r[0], to_micros(r[1]), *r[2:]) for r in rows]


def released(runs: dict[str, dict[str, Run]], name: str) -> list[tuple[Any, ...]]:
    """The same of a run."""
    return [
        (customer, r.at, r.request.request_id, r.channel, r.contact_id)
        for customer in sorted(runs)
        for r in runs[customer][name].releases
    ]


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_policy_that_was_in_force_gives_the_contacts_that_were(bare: Touchpoint, seed: int):
    life = RandomLife(bare, seed)
    await life.begin()
    middle = START + timedelta(days=5)
    await life.live(120)
    await life.advance(timedelta(seconds=1))
    for since in (START, middle):
        runs = await replayed(bare, since, POLICY)
        real = await really_released(bare, since)
        assert len(real) > 12 or since == middle
        assert released(runs, IN_FORCE) == real
        assert released(runs, TRIED) == real
    rows = await bare.pool.fetch("select request_id, state from requests")
    states = {r["request_id"]: r["state"] for r in rows}
    runs = await replayed(bare, START, POLICY)
    assert {i: fate.state for each in runs.values() for i, fate in each[IN_FORCE].fates.items()} == states
    await bare.check()


async def test_a_recall_that_nobody_answers_is_part_of_the_past(bare: Touchpoint):
    """The numbers of the timeline go on, and with them the ids of contacts."""
    await bare.put_in_force(POLICY | {"minimum_gaps": [], "quiet_hours": [], "cool_downs": []})
    await bare.hear(bare.customer(), bare.offer(), bare.plan())
    await bare.hear(bare.request("web", channels=["web"]), bare.request("call"))
    await bare.hear(bare.said(await bare.contact("web"), "shown"))
    await bare.hear(bare.said(await bare.contact("call"), "accepted"))
    await bare.tick(minutes=10)
    assert (await bare.kinds()).count("recall.unanswered") == 2
    await bare.tick(hours=200)
    await bare.hear(bare.request("later", channels=["branch"], offer_id=None, goal=None))
    await bare.tick(hours=1)
    real = await really_released(bare, START)
    assert real[-1][2] == "later"
    document = await bare.pool.fetchval("select document from policy_versions")
    assert released(await replayed(bare, START, document), IN_FORCE) == real
