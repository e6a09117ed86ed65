"""The real gate on random walks, looked at by the checker: whatever happens, the invariants hold.

The gate and the checker share nothing, so what one of them gets wrong the other one tells. RAPPORT_WALKS says how many
walks there are.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.integration.checker.walks import PROMISE, Walk, policies, steps
from tests.integration.touchpoint.conftest import Touchpoint, touchpoint_on

from rapport.testing.infrastructure import Endpoints


@pytest.fixture(scope="module")
async def service(infrastructure: Endpoints) -> AsyncIterator[Touchpoint]:
    async with touchpoint_on(infrastructure) as touchpoint:
        yield touchpoint


SEEN: Counter[str] = Counter()
"""What the walks have come by, so that a walk that never gets anywhere is noticed."""


MANY = 25

OF_ORDERS = {"name": "walk", "work_orders": [{"name": "complaints", "kind": "complaint"} | PROMISE]}
NOBODY_ANSWERS = [
    *[("order", customer_id, "complaint", "comment") for customer_id in ("c1", "c2")],
    ("work", 0, "take"),
    ("work", 1, "appoint"),
    ("tick", 100),
    ("work", 0, "resolve"),
]
"""What chance alone comes by too seldom: orders that are reminded of and escalated."""


@settings(
    max_examples=int(os.environ.get("RAPPORT_WALKS", "25")),
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(policy=policies, walk=st.lists(steps, min_size=20, max_size=50))
@example(policy=OF_ORDERS, walk=NOBODY_ANSWERS)
async def test_the_invariants_hold_whatever_happens(
    service: Touchpoint, policy: dict[str, Any], walk: list[tuple[Any, ...]]
):
    one = Walk(service)
    await one.begin(policy)
    for name, *arguments in walk:
        await getattr(one, name)(*arguments)
    findings = await one.check(service.app.state.settings.database_url)
    assert not findings.broken
    SEEN["walks"] += 1
    for row in await service.pool.fetch("select type, count(*) from timeline group by type"):
        SEEN[row[0]] += row[1]


def test_the_walks_came_by_everything():
    if SEEN["walks"] < MANY:
        pytest.skip("too few walks were made here")
    kinds = {"released", "deferred", "suppressed", "expired", "withdrawn", "recalled", "delivered", "responded"}
    wanted = {f"touchpoint.contact.{kind}.v1" for kind in kinds}
    others = {"recall.answered", "recall.unanswered", "acceptance.settled", "freeze.opened", "freeze.closed"}
    others |= {f"work_order.{said}" for said in ("opened", "assigned", "commented", "appointed", "resolved")}
    others |= {"work_order.reminded", "work_order.escalated"}
    assert wanted | {f"touchpoint.{kind}.v1" for kind in others} <= SEEN.keys()
