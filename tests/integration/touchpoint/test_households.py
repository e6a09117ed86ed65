"""A budget that a household shares: exact whatever comes at once, without deadlock, and freed for every member."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.integration.touchpoint.conftest import POLICY, Touchpoint
from tests.integration.touchpoint.test_one_budget import appear, ask, counted, hear_apart

from rapport.db import transaction
from rapport.replica import Replica
from touchpoint_service.handlers.replicas import customers_changed

MEMBERS = ("c1", "c2", "c3")


def shared(limit: int):
    cap = {"name": "home", "per": "household", "limit": limit, "window": {"kind": "rolling", "hours": 168}}
    return POLICY | {"frequency_caps": [cap]}


@pytest.fixture
async def home(touchpoint: Touchpoint) -> Touchpoint:
    """Three members of one household, and a neighbour."""
    members = [touchpoint.customer(c, 2, household="home") for c in MEMBERS]
    await touchpoint.hear(*members, touchpoint.customer("n1", household="next-door"), touchpoint.customer("n2"))
    return touchpoint


@pytest.mark.parametrize("limit", [1, 3, 7])
async def test_attempts_on_all_members_at_once_release_exactly_the_cap(home: Touchpoint, limit: int):
    await home.put_in_force(shared(limit))
    attempts = []
    for number in range(60):
        for member in MEMBERS:
            attempts += [ask(home, number, member), hear_apart(home, number, member)]
            attempts += [appear(home, "branch", member)]
    for begin in range(0, len(attempts), 90):
        await asyncio.gather(*attempts[begin : begin + 90])
    assert sum([await counted(home, member) for member in MEMBERS]) == limit


async def test_who_lives_elsewhere_or_alone_has_a_budget_of_their_own(home: Touchpoint):
    await home.put_in_force(shared(1))
    for number, customer_id in enumerate((*MEMBERS, "n1", "n2")):
        await ask(home, number, customer_id)
    assert [await counted(home, c) for c in (*MEMBERS, "n1", "n2")] == [1, 0, 0, 1, 1]


async def test_a_slot_that_one_member_gives_back_goes_to_the_most_important_request_of_all(home: Touchpoint):
    await home.put_in_force(shared(1))
    await home.hear(home.request("first", "c1", offer_id=None))
    await home.hear(
        home.request("low", "c2", offer_id=None), home.request("high", "c3", offer_id=None, contact_class="retention")
    )
    await home.hear(home.said(await home.contact("call", "c1"), "no_answer", "c1"))
    assert [await counted(home, c) for c in ("c2", "c3")] == [0, 1]


async def test_a_deferral_returns_when_the_contact_of_another_member_leaves_the_window(home: Touchpoint):
    await home.put_in_force(shared(1))
    await home.hear(home.request("first", "c1", offer_id=None))
    await home.hear(home.said(await home.contact("call", "c1"), "interested", "c1"))
    await home.hear(home.request("second", "c2", offer_id=None))
    await home.tick(hours=167)
    assert await counted(home, "c2") == 0
    await home.tick(hours=1)
    assert await counted(home, "c2") == 1


async def test_of_a_member_about_whom_nothing_was_said_nothing_is_written(home: Touchpoint):
    await home.put_in_force(shared(1))
    before = await home.pool.fetch("select customer_id, xmin::text from standings where customer_id <> 'c1' order by 1")
    await ask(home, 1, "c1")
    after = await home.pool.fetch("select customer_id, xmin::text from standings where customer_id <> 'c1' order by 1")
    assert before == after


async def test_a_consent_taken_back_while_the_lock_is_waited_for_is_seen(home: Touchpoint):
    """The change holds the lock when the question arrives; once it is committed, the answer is no."""
    await home.put_in_force(shared(5))
    handler = Replica("replica_customers", home.pool, on_changes=customers_changed(home.clock))
    gone = home.envelope(home.customer("c1", 3, household="home", consents=[]))
    async with transaction(home.pool) as conn:
        await handler.handler("profile.customers")(conn, [gone])
        asked = asyncio.create_task(ask(home, 1, "c1"))
        await asyncio.sleep(0.3)
        assert not asked.done()
    assert await asked == "suppressed"
    assert await counted(home, "c1") == 0


async def test_leaving_the_household_ends_the_sharing(home: Touchpoint):
    await home.put_in_force(shared(1))
    await ask(home, 1, "c1")
    await home.hear(home.customer("c2", 3))
    home.clock.move(home.clock.now() + timedelta(minutes=1))
    await ask(home, 2, "c2")
    assert await counted(home, "c2") == 1
