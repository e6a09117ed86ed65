"""The gate on random walks against the fold: after every step each standing is what its timeline tells.

RAPPORT_WALKS says how many walks there are.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.integration.checker.walks import Walk, policies, steps
from tests.integration.touchpoint.conftest import Touchpoint, touchpoint_on

from rapport.contracts.offers import OfferAccepted
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.domain.fold import fold
from touchpoint_service.handlers.rebuild import look_at
from touchpoint_service.repository.rebuild import kept

SEEN: Counter[str] = Counter()
"""What the compared standings had in them, so that a test which compares nothing is noticed."""
MANY = 25
RARE = ("told closes_contact", "told gives_back", "told after_recall", "forgotten", "touchpoint.recall.answered.v1")

moves = st.integers(0, 9).flatmap(lambda n: steps if n else st.just(("tick", 24 * 40)))
"""A walk's step, or weeks without any: long enough that contacts are forgotten."""


@pytest.fixture(scope="module")
async def service(infrastructure: Endpoints) -> AsyncIterator[Touchpoint]:
    async with touchpoint_on(infrastructure) as touchpoint:
        yield touchpoint


async def assert_equal(service: Touchpoint) -> None:
    ids = [row[0] for row in await service.pool.fetch("select customer_id from standings")]
    async with service.pool.acquire() as conn:
        for one in await kept(conn, ids):
            standing, differences = look_at(one, service.clock.now())
            assert differences == [], one
            assert standing is not None
            SEEN["contacts"] += len(standing.entries)
            SEEN["forgotten"] += len(fold(one.customer_id, one.entries).standing.entries) - len(standing.entries)
            SEEN["pauses"] += len(standing.cool_downs)
            SEEN["goals"] += len(standing.goals)


@settings(
    max_examples=int(os.environ.get("RAPPORT_WALKS", "25")),
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(policy=policies, walk=st.lists(moves, min_size=20, max_size=50))
async def test_the_fold_of_a_timeline_is_the_standing(
    service: Touchpoint, policy: dict[str, Any], walk: list[tuple[Any, ...]]
):
    one = Walk(service)
    await one.begin(policy)
    for name, *arguments in walk:
        await getattr(one, name)(*arguments)
        await assert_equal(service)
    SEEN["walks"] += 1
    for row in await service.pool.fetch("select type, count(*) from timeline group by type"):
        SEEN[row[0]] += row[1]
    for word in ("pauses", "closes_contact", "gives_back", "after_recall"):
        SEEN[f"told {word}"] += await service.pool.fetchval(
            "select count(*) from timeline where body::jsonb ? $1", word
        )


def test_the_walks_came_by_everything_that_a_standing_keeps():
    if SEEN["walks"] < MANY:
        pytest.skip("too few walks were made here")
    assert min(SEEN[word] for word in ("contacts", "pauses", "goals")) > 0
    assert SEEN["told pauses"] > 0
    assert sum(SEEN[word] > 0 for word in RARE) > len(RARE) / 2, "chance leaves out some of these, not most"


async def test_a_message_that_was_sent_is_not_closed_by_the_acceptance_made_in_it(touchpoint: Touchpoint):
    """It has left the house: the timeline tells, as it does not tell that the message was sent."""
    await touchpoint.hear(touchpoint.request("r1", channels=["sms"]), touchpoint.request("r2", channels=["email"]))
    sms, email = await touchpoint.contact("sms"), await touchpoint.contact("email")
    await touchpoint.pool.execute("update contacts set state = 'sent' where contact_id = $1", sms)
    for contact_id, acceptance_id in ((sms, "acc_1"), (email, "acc_2")):
        accepted = {"acceptance_id": acceptance_id, "customer_id": "c1", "offer_id": "o1", "term": "1", "goal": "loan"}
        more = {"category": "loans", "channel": "web", "at": touchpoint.clock.now(), "contact_id": contact_id}
        await touchpoint.hear(OfferAccepted.model_validate(accepted | more))
    settled = [e for e in await touchpoint.timeline() if e["kind"] == "acceptance.settled"]
    assert [e.get("closes_contact") for e in settled] == [False, False]  # the e-mail was recalled by the first
    await assert_equal(touchpoint)
    (entry,) = (await touchpoint.pool.fetchval("select body from standings"))["e"]
    assert (entry[1], entry[10]) == (sms, "o")
