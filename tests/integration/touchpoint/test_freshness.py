"""Replicas that are too old: nothing is released on what may have changed since, and nothing is lost by that."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.touchpoint.conftest import POLICY, Touchpoint, say_fresh

from rapport.db import transaction
from touchpoint_service.freshness import REPLICAS_GROUP, Freshness
from touchpoint_service.handlers.leases import hand_out
from touchpoint_service.repository.policies import policy_in_force

STALE = {"reason": "unknown_customer", "rule": "stale-replica", "counter": 20, "limit": 15}


async def grow_old(touchpoint: Touchpoint, seconds: float | None) -> None:
    """The replicas are as of so many seconds ago, and the process has noticed; None: they are kept up again."""
    await say_fresh(touchpoint.app.state.settings.database_url, seconds)
    await touchpoint.app.state.gate._freshness.refresh()


async def test_nothing_is_released_and_nothing_is_lost(touchpoint: Touchpoint):
    await grow_old(touchpoint, 20 * 60 + 5)
    await touchpoint.hear(touchpoint.request())
    (entry,) = await touchpoint.timeline()
    assert (entry["kind"], entry["because"]) == ("contact.deferred", STALE)
    await touchpoint.tick(minutes=5)
    assert await touchpoint.kinds() == ["contact.deferred"], "it is looked at again and again, and told once"
    await grow_old(touchpoint, None)
    await touchpoint.tick(minutes=1)
    assert await touchpoint.kinds() == ["contact.deferred", "contact.released"]


@pytest.mark.parametrize(("seconds", "kind"), [(15 * 60 - 30, "contact.released"), (15 * 60 + 1, "contact.deferred")])
async def test_the_policy_says_how_old(touchpoint: Touchpoint, seconds: float, kind: str):
    await grow_old(touchpoint, seconds)
    await touchpoint.hear(touchpoint.request())
    assert await touchpoint.kinds() == [kind]
    await touchpoint.put_in_force(POLICY | {"max_replica_minutes": 60 if kind == "contact.deferred" else 1})
    await touchpoint.hear(touchpoint.request("r2", channels=["web"], goal="other"))
    assert (await touchpoint.kinds())[-1] == {"contact.released": "contact.deferred"}.get(kind, "contact.released")


async def test_an_answer_is_a_decision_with_its_reason_in_words(touchpoint: Touchpoint):
    await grow_old(touchpoint, 20 * 60 + 5)
    body = {
        "customer_id": "c1",
        "channels": ["web"],
        "purpose": "marketing",
        "category": "loans",
        "contact_class": "marketing",
    }
    answer = await touchpoint.call("POST", "/v1/decisions", body, role="channel_system")
    assert (answer.json()["state"], answer.json()["because"]) == ("deferred", STALE)
    for lang, words in (
        ("en", "20 minutes old, more than the 15 allowed"),
        ("zh-CN", "滞后 20 分钟，超过允许的 15 分钟"),
    ):
        path = f"/v1/customers/c1/timeline?lang={lang}&kind=contact.deferred"
        told = await touchpoint.call("GET", path, role="compliance")
        assert words in told.json()["items"][0]["text"]
        request_id = answer.json()["request_id"]
        path = f"/v1/contact-requests/{request_id}/explanation?lang={lang}"
        explained = await touchpoint.call("GET", path, role="compliance")
        assert words in explained.text


async def test_what_was_released_is_not_handed_over(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request("r1"), touchpoint.request("r2", channels=["sms"], goal="other"))
    await grow_old(touchpoint, 3600)

    async def leased() -> int:
        answer = await touchpoint.call("POST", "/v1/channels/call/leases", {"limit": 5}, role="outbound_agent")
        return len(answer.json()["items"])

    async def sent() -> int:
        gate = touchpoint.app.state.gate
        async with transaction(touchpoint.pool) as conn:
            policy = await policy_in_force(conn, None, touchpoint.clock.now())
            old = await gate.minutes_old(conn, policy)
            return len(
                await hand_out(
                    conn, policy, "sms", touchpoint.clock.now(), owner="s", seconds=60, limit=5, minutes_old=old
                )
            )

    assert (await leased(), await sent()) == (0, 0)
    await grow_old(touchpoint, None)
    assert (await leased(), await sent()) == (1, 1), "and it was not put off either"


async def test_many_who_look_again_at_once_do_not_wait_for_each_other(touchpoint: Touchpoint):
    """More than the pool has connections, each in its transaction."""
    await grow_old(touchpoint, 3600)
    bodies = [
        {
            "customer_id": "c1",
            "channels": ["web"],
            "purpose": "marketing",
            "category": "loans",
            "contact_class": "marketing",
            "request_id": f"r{number}",
        }
        for number in range(60)
    ]
    async with asyncio.timeout(20):
        answers = await asyncio.gather(
            *(touchpoint.call("POST", "/v1/decisions", body, role="channel_system") for body in bodies)
        )
    assert {answer.json()["state"] for answer in answers} == {"deferred"}


@pytest.mark.parametrize("channel", ["branch", "hotline"])
async def test_a_pop_up_offers_nothing(touchpoint: Touchpoint, channel: str):
    await touchpoint.hear(touchpoint.request("r1", channels=[channel]))

    async def offered() -> list[dict[str, Any]]:
        body = {"customer_id": "c1", "channel": channel}
        shown = await touchpoint.call("POST", "/v1/popups", body, role="branch_agent")
        found: list[dict[str, Any]] = shown.json()["offers"]
        return found

    await grow_old(touchpoint, 3600)
    assert await offered() == []
    await grow_old(touchpoint, None)
    await touchpoint.tick(minutes=2)
    assert [offer["offer_id"] for offer in await offered()] == ["o1"]


async def test_the_clock_of_the_service_makes_nothing_old(touchpoint: Touchpoint):
    await grow_old(touchpoint, 1)
    await touchpoint.tick(days=3)
    await touchpoint.hear(touchpoint.request())
    assert await touchpoint.kinds() == ["contact.released"]


class TestFreshness:
    async def test_knows_nothing_before_it_has_looked(self, touchpoint: Touchpoint):
        assert Freshness(touchpoint.pool).age == float("inf")

    async def test_is_that_of_the_oldest_partition(self, touchpoint: Touchpoint):
        await grow_old(touchpoint, 10)
        position = "insert into consumer_positions select $1, 'campaign.plans', 7, 0, clock_timestamp() - $2::interval"
        await touchpoint.pool.execute(position, REPLICAS_GROUP, timedelta(seconds=100))
        freshness = Freshness(touchpoint.pool)
        await freshness.refresh()
        assert 100 <= freshness.age < 130
        await touchpoint.pool.execute("update consumer_positions set fresh_at = null where partition = 7")
        await freshness.refresh()
        assert freshness.age == float("inf"), "of one partition nothing is known"

    async def test_grows_while_nobody_can_look(self, touchpoint: Touchpoint, monkeypatch: pytest.MonkeyPatch):
        await grow_old(touchpoint, 10)
        freshness = Freshness(touchpoint.pool)
        await freshness.refresh()
        later = time.monotonic() + 500
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert 510 <= freshness.age < 560
