"""One budget under fire: pop-ups, questions and requests from Kafka at once never spend more than there is."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from tests.integration.touchpoint.conftest import POLICY, Touchpoint

from rapport.db import transaction
from touchpoint_service.consumers import request_handlers
from touchpoint_service.handlers import popups
from touchpoint_service.handlers.gate import Gate
from touchpoint_service.repository.work import Work


def capped(limit: int):
    cap = {"name": "three-a-week", "limit": limit, "window": {"kind": "rolling", "hours": 168}}
    return POLICY | {"frequency_caps": [cap]}


async def ask(touchpoint: Touchpoint, number: int, customer_id: str = "c1") -> str:
    """May I contact now? The state that is answered."""
    body = {
        "request_id": f"ask{number}",
        "customer_id": customer_id,
        "channels": ["call"],
        "purpose": "marketing",
        "category": "loans",
        "contact_class": "marketing",
    }
    answer = await touchpoint.call("POST", "/v1/decisions", body, role="channel_system")
    return str(answer.json()["state"])


async def appear(touchpoint: Touchpoint, channel: str, customer_id: str = "c1", **headers: str) -> str:
    """The customer is at the counter or on the phone; the pop-up's id."""
    body = {"customer_id": customer_id, "channel": channel, "place": "b7"}
    answer = await touchpoint.call("POST", "/v1/popups", body, role="branch_agent", headers=headers)
    return str(answer.json()["popup_id"])


async def hear_apart(touchpoint: Touchpoint, number: int, customer_id: str = "c1") -> None:
    """A batch of requests in a worker of its own."""
    handler = request_handlers(Gate(touchpoint.app.state.catalogue), touchpoint.clock)["campaign.requests"]
    events = [touchpoint.request(f"k{number}.{n}", customer_id, offer_id=None) for n in range(3)]
    async with transaction(touchpoint.pool) as conn:
        await handler(conn, [touchpoint.envelope(event) for event in events])


async def counted(touchpoint: Touchpoint, customer_id: str = "c1") -> int:
    kinds = Counter(await touchpoint.kinds(customer_id))
    return kinds["contact.released"] - kinds["contact.recalled"]


class TestOneCustomer:
    @pytest.mark.parametrize("limit", [1, 3, 7])
    async def test_a_thousand_attempts_at_once_release_exactly_the_cap(self, touchpoint: Touchpoint, limit: int):
        await touchpoint.put_in_force(capped(limit))
        attempts = []
        for number in range(250):
            attempts += [ask(touchpoint, number), hear_apart(touchpoint, number)]
            attempts += [appear(touchpoint, "branch"), appear(touchpoint, "hotline")]
        for begin in range(0, len(attempts), 100):
            await asyncio.gather(*attempts[begin : begin + 100])
        assert await counted(touchpoint) == limit
        await touchpoint.check()

    async def test_appearing_many_times_at_once_is_one_pop_up_and_one_contact(self, touchpoint: Touchpoint):
        shown = await asyncio.gather(*(appear(touchpoint, "branch") for _ in range(40)))
        assert len(set(shown)) == 1
        assert await counted(touchpoint) == 1

    async def test_appearing_many_times_when_nothing_may_be_shown_is_one_pop_up(self, touchpoint: Touchpoint):
        await touchpoint.put_in_force(capped(0))
        shown = await asyncio.gather(*(appear(touchpoint, "branch") for _ in range(40)))
        assert len(set(shown)) == 1
        assert await touchpoint.kinds() == []

    async def test_with_a_key_the_same_answer_comes_again(self, touchpoint: Touchpoint):
        first = await appear(touchpoint, "branch", **{"Idempotency-Key": "k1"})
        touchpoint.clock.move(touchpoint.clock.now() + timedelta(hours=1))
        assert await appear(touchpoint, "branch", **{"Idempotency-Key": "k1"}) == first
        assert await counted(touchpoint) == 1


class TestTheWriteWithoutALock:
    async def test_has_no_effect_when_something_came_between(
        self, touchpoint: Touchpoint, monkeypatch: pytest.MonkeyPatch
    ):
        """After each read of the pop-up a call is released, until it takes the lock: then it counts them all."""
        await touchpoint.put_in_force(capped(9))
        real, numbers = popups._compose, iter(range(100))

        async def disturbed(work: Work, *rest):
            if work._row is not None:
                await ask(touchpoint, next(numbers))
            return await real(work, *rest)

        monkeypatch.setattr(popups, "_compose", disturbed)
        await appear(touchpoint, "branch")
        released = [e for e in await touchpoint.timeline() if e["kind"] == "contact.released"]
        assert [e["channel"] for e in released] == ["call"] * popups._TRIES + ["branch"]
        assert [e["seq"] for e in await touchpoint.timeline()] == list(range(1, popups._TRIES + 3))
        assert await touchpoint.pool.fetchval("select count(*) from popups") == 1
        await touchpoint.check()

    async def test_sees_a_stop_of_the_budget_that_came_between(
        self, touchpoint: Touchpoint, monkeypatch: pytest.MonkeyPatch
    ):
        await touchpoint.put_in_force(capped(1))
        real = popups._compose

        async def disturbed(work: Work, *rest):
            found = await real(work, *rest)
            if work._row is not None:
                await ask(touchpoint, 1)
            return found

        monkeypatch.setattr(popups, "_compose", disturbed)
        await appear(touchpoint, "branch")
        assert await counted(touchpoint) == 1
        assert await touchpoint.states() == {"call": "open"}

    async def test_is_not_tried_while_a_request_waits_whose_plan_may_be_stopped(
        self, touchpoint: Touchpoint, monkeypatch: pytest.MonkeyPatch
    ):
        await touchpoint.put_in_force(capped(0))
        await touchpoint.hear(touchpoint.request())
        await touchpoint.put_in_force(capped(3))
        real, locked = popups._compose, []

        async def watched(work: Work, *rest):
            locked.append(work.locked)
            return await real(work, *rest)

        monkeypatch.setattr(popups, "_compose", watched)
        await touchpoint.pool.execute("update standings set live = 1 where live = 0")
        await appear(touchpoint, "branch")
        await touchpoint.pool.execute(
            "update standings set live = (select count(*) from requests where state = 'live')"
        )
        assert locked == [True]

    async def test_sees_a_consent_that_was_taken_back_in_between(
        self, touchpoint: Touchpoint, monkeypatch: pytest.MonkeyPatch
    ):
        real, until = popups._compose, touchpoint.clock.now() + timedelta(days=1)

        async def disturbed(work: Work, *rest):
            found = await real(work, *rest)
            if work._row is not None:
                await touchpoint.hear(touchpoint.customer(version=2, do_not_disturb_until=until))
            return found

        monkeypatch.setattr(popups, "_compose", disturbed)
        await appear(touchpoint, "branch")
        assert await touchpoint.kinds() == []
