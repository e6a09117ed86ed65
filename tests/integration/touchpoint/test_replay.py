"""Decisions of the real gate can be decided again from their stored facts, with the same answers and standings."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.integration.checker.walks import Walk, policies, steps
from tests.integration.touchpoint.conftest import CHANNELS, POLICY, Touchpoint, touchpoint_on
from tests.integration.touchpoint.replay import Taken, replay

from rapport.contracts.campaign import ContactRequested
from rapport.contracts.profile import CustomerUpserted
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.repository.facts import TOGETHER

TIGHT = POLICY | {
    "frequency_caps": [
        *POLICY["frequency_caps"],
        {
            "name": "one-call-a-day",
            "channels": ["call"],
            "limit": 1,
            "window": {"kind": "calendar", "unit": "day", "zone": "customer"},
        },
        {
            "name": "home",
            "per": "household",
            "limit": 4,
            "window": {"kind": "rolling", "hours": 72},
            "held": [{"for_class": "service"}],
            "look_ahead_hours": 24,
        },
    ],
    "minimum_gaps": [{"name": "texts-apart", "channels": ["sms"], "hours": 20}],
    "quiet_hours": [{"name": "night", "channels": ["call"], "start": "20:00", "end": "08:00"}],
    "cool_downs": [{"name": "after-no", "outcome": "refused", "days": 3}],
}


@pytest.fixture(scope="module")
async def service(infrastructure: Endpoints) -> AsyncIterator[Touchpoint]:
    async with touchpoint_on(infrastructure) as touchpoint:
        yield touchpoint


@settings(
    max_examples=10,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(policy=policies, walk=st.lists(steps, min_size=20, max_size=50))
async def test_whatever_people_do(service: Touchpoint, policy: dict[str, Any], walk: list[tuple[Any, ...]]):
    taken = Taken()
    with pytest.MonkeyPatch.context() as patch:
        taken.watch(patch)
        one = Walk(service)
        await one.begin(policy)
        for name, *arguments in walk:
            await getattr(one, name)(*arguments)
    await replay(service, taken)


class TestInBulk:
    """Thousands of decisions in batches of many customers, with documents, plans and policies that change between."""

    async def test_thousands(self, bare: Touchpoint, monkeypatch: pytest.MonkeyPatch):
        taken = Taken()
        taken.watch(monkeypatch)
        await bare.put_in_force(TIGHT)
        names = [f"c{n}" for n in range(TOGETHER * 5 + 7)]
        await bare.hear(*[self.someone(bare, name) for name in names], bare.offer(), bare.plan())
        dice = random.Random(20)
        for round_number in range(8):
            await self.a_round(bare, dice, names, round_number)
        assert await replay(bare, taken) > 3000
        await self.all_kinds_came_by(bare)
        await bare.check()

    async def a_round(self, bare: Touchpoint, dice: random.Random, names: list[str], number: int) -> None:
        await bare.hear(*[self.asked(bare, dice, f"r{number}.{n}.{name}", name) for name in names for n in range(2)])
        held = await bare.pool.fetch("select contact_id, customer_id from contacts where state = 'open'")
        outcomes = ["no_answer", "refused", "delivered"]
        await bare.hear(*[bare.said(c, dice.choice(outcomes), customer_id=o) for c, o in held if dice.random() < 0.4])
        changed = [self.someone(bare, c, number + 2, time_zone="Asia/Tokyo") for c in names if dice.random() < 0.2]
        await bare.hear(*changed, bare.offer(version=number + 2, state="published" if number % 3 else "withdrawn"))
        await bare.tick(hours=dice.choice([1, 9, 30]))
        if number % 3 == 0:
            await bare.put_in_force(TIGHT | {"name": f"round {number}"})

    def someone(self, bare: Touchpoint, name: str, version: int = 1, **changes: Any) -> CustomerUpserted:
        """Every third lives alone, the others in twos."""
        number = int(name[1:])
        return bare.customer(name, version, household=f"h{number // 3}" if number % 3 else None, **changes)

    def asked(self, bare: Touchpoint, dice: random.Random, request_id: str, customer_id: str) -> ContactRequested:
        return bare.request(
            request_id,
            customer_id,
            channels=dice.sample(CHANNELS, dice.choice([1, 1, 2])),
            contact_class=dice.choice(["service", "retention", "marketing", "marketing"]),
            offer_id=dice.choice(["o1", None]),
            score=round(dice.random(), 3),
            expires_at=bare.clock.now() + timedelta(hours=dice.choice([2, 100])),
        )

    async def all_kinds_came_by(self, bare: Touchpoint) -> None:
        kinds = Counter(row[0] for row in await bare.pool.fetch("select type from timeline"))
        for kind in ("released", "deferred", "suppressed", "expired", "recalled"):
            assert kinds[f"touchpoint.contact.{kind}.v1"], kind
        pages = await bare.pool.fetch("select facts_id, count(distinct customer_id) as n from timeline group by 1")
        assert max(row["n"] for row in pages if row["facts_id"] is not None) >= TOGETHER
