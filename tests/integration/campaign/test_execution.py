"""A running campaign: who belongs to it, what goes out when, and what pause, stop and the end do to it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.campaign.world import CALL_LINE, World, accepted, plan

from campaign_service.domain.control import in_control
from campaign_service.handlers.execution import LEADER
from campaign_service.handlers.plans import get_campaign, set_state
from rapport.contracts.campaign import PlanState
from rapport.contracts.profile import CustomerUpserted, Holding
from rapport.contracts.vocabulary import Channel
from rapport.db import lock, transaction
from rapport.rules import CUSTOMER, compile_predicate
from rapport.rules.tree import read_tree

FIVE_LINES = [CALL_LINE, *({"channels": [channel]} for channel in ("sms", "branch", "hotline", "web"))]

WAITING = """
select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
"""


def ids(count: int) -> list[str]:
    return [f"c-{number:05}" for number in range(count)]


def waves(size: int, every: int) -> dict[str, Any]:
    return {**plan()["schedule"], "wave_size": size, "wave_every_minutes": every}


class TestAudience:
    async def test_of_a_rule_is_whom_the_predicate_means(self, world: World) -> None:
        rule = {
            "combinator": "or",
            "rules": [
                {"field": "attributes.churn_risk", "operator": ">=", "value": 0.5},
                {"combinator": "and", "not": True, "rules": [{"field": "grade", "operator": "=", "value": "general"}]},
                {"field": "contract_end", "operator": "withinNextDays", "value": 30},
            ],
        }
        dice = random.Random(7)
        known = [some_customer(customer, dice, world) for customer in ids(400)]
        await world.consume_batch(*known)
        await world.running(audience={"rule": rule})
        fulfils = compile_predicate(read_tree(rule), CUSTOMER)
        meant = {c.customer_id for c in known if fulfils(c.model_dump(mode="json"), world.clock.now())}
        assert 50 < len(meant) < 350
        assert {r.customer_id for r in await world.requests()} == meant

    async def test_of_a_list_is_those_of_it_who_are_known(self, world: World) -> None:
        await world.customers(ids(5))
        await world.running(audience={"list": ["c-00003", "c-00001", "nobody", "c-00003"]})
        assert sorted(r.customer_id for r in await world.requests()) == ["c-00001", "c-00003"]

    async def test_is_taken_once(self, world: World) -> None:
        await world.customers(ids(3))
        await world.running()
        await world.customers(ids(9))
        await world.later(days=1)
        assert len(await world.requests()) == 3

    async def test_may_be_empty(self, world: World) -> None:
        await world.running()
        found = (await world.call("GET", "/spring")).json()
        assert (found["state"], found["targets"], found["next_wave_at"]) == ("running", 0, None)

    async def test_leaves_the_control_group_alone(self, world: World) -> None:
        await world.customers(ids(2000))
        await world.running(control_share=0.3)
        asked = {r.customer_id for r in await world.requests()}
        assert asked == {customer for customer in ids(2000) if not in_control("spring", customer, 0.3)}
        assert abs(len(asked) - 1400) < 85
        found = await world.results()
        assert (found["control"]["members"], found["targeted"]["members"]) == (2000 - len(asked), len(asked))


class TestRequests:
    async def test_say_all_that_the_gate_needs(self, world: World) -> None:
        await world.customers(["c-1"], {"churn_risk": 0.9})
        line = {**CALL_LINE, "channels": ["call", "sms"], "place": "team-7", "score_attribute": "churn_risk"}
        await world.running(lines=[line])
        (request,) = await world.requests()
        assert request.request_id == "spring.0.c-1.1"
        assert request.channels == (Channel.CALL, Channel.SMS)
        assert (request.purpose, request.category, request.contact_class) == ("marketing", "retention", "retention")
        assert (request.goal, request.campaign_id, request.offer_id) == ("stay", "spring", "stay-12")
        assert (request.score, request.place) == (0.9, "team-7")
        assert (request.at, request.not_before) == (world.clock.now(), None)
        assert request.expires_at == world.clock.now() + timedelta(days=10)

    async def test_are_one_per_line_and_customer(self, world: World) -> None:
        await world.customers(ids(7))
        await world.running(lines=FIVE_LINES)
        sent = await world.requests()
        assert Counter(r.request_id for r in sent) == Counter(
            f"spring.{line}.{customer}.1" for line in range(5) for customer in ids(7)
        )
        assert {r.channels[0]: r.score for r in sent} == {
            Channel.CALL: 0.75,
            **dict.fromkeys((Channel.SMS, Channel.BRANCH, Channel.HOTLINE, Channel.WEB), 0.5),
        }

    async def test_of_one_campaign_do_not_depend_on_another(self, world: World) -> None:
        await world.customers(ids(3))
        await world.running("spring")
        await world.running("autumn")
        assert Counter(r.campaign_id for r in await world.requests()) == {"spring": 3, "autumn": 3}


class TestWaves:
    async def test_wait_for_the_start(self, world: World) -> None:
        await world.customers(ids(3))
        schedule = {**plan()["schedule"], "start": "2026-11-03T08:00:00Z"}
        await world.running(schedule=schedule)
        assert await world.requests() == []
        await world.later(hours=23, minutes=59)
        assert await world.requests() == []
        await world.later(minutes=1)
        assert len(await world.requests()) == 3

    async def test_follow_each_other_at_their_distance(self, world: World) -> None:
        await world.customers(ids(25))
        await world.running(schedule=waves(10, 60))
        counts = [len(await world.requests())]
        for _ in range(4):
            await world.later(minutes=30)
            counts.append(len(await world.requests()))
        assert counts == [10, 10, 20, 20, 25]

    async def test_are_caught_up_after_an_outage(self, world: World) -> None:
        await world.customers(ids(25))
        await world.running(schedule=waves(10, 60))
        await world.later(hours=5)
        assert len(await world.requests()) == 25

    async def test_go_out_in_pages_without_gap_or_duplicate(self, world: World) -> None:
        await world.customers(ids(100))
        await world.approved(lines=FIVE_LINES, schedule=waves(60, 60))
        await world.state("spring", "running")
        assert await world.work(page=50) == 1 + 6
        world.clock.move_to(world.clock.now() + timedelta(hours=1))
        assert await world.work(page=50) == 4
        sent = Counter(r.request_id for r in await world.requests())
        assert len(sent) == 500
        assert set(sent.values()) == {1}

    async def test_leave_out_who_has_accepted_meanwhile(self, world: World) -> None:
        await world.customers(ids(20))
        await world.running(schedule=waves(10, 60))
        first = {r.customer_id for r in await world.requests()}
        late = sorted(set(ids(20)) - first)
        await world.consume(*(accepted(customer, world.clock.now()) for customer in late[:4]))
        await world.later(hours=1)
        assert {r.customer_id for r in await world.requests()} - first == set(late[4:])

    async def test_come_in_an_order_that_does_not_follow_the_ids(self, world: World) -> None:
        await world.customers(ids(1000))
        await world.running(schedule=waves(100, 60))
        first = sorted(r.customer_id for r in await world.requests())
        assert first != ids(100)
        assert 20 < sum(customer < "c-00500" for customer in first) < 80


class TestPause:
    async def test_holds_back_waves_and_lets_one_go_on_resuming(self, world: World) -> None:
        await world.customers(ids(30))
        await world.running(schedule=waves(10, 60))
        await world.state("spring", "paused")
        await world.later(hours=9)
        assert len(await world.requests()) == 10
        await world.state("spring", "running")
        await world.work()
        assert len(await world.requests()) == 20
        await world.later(hours=1)
        assert len(await world.requests()) == 30

    async def test_is_no_reason_not_to_end(self, world: World) -> None:
        await world.customers(ids(3))
        await world.running()
        await world.state("spring", "paused")
        await world.later(days=10)
        assert (await world.call("GET", "/spring")).json()["state"] == "finished"


class TestStop:
    async def test_lets_nothing_further_go_out(self, world: World) -> None:
        await world.customers(ids(30))
        await world.running(schedule=waves(10, 60))
        await world.state("spring", "stopped")
        await world.later(hours=9)
        assert len(await world.requests()) == 10
        assert (await world.plans())[-1].state == "stopped"
        assert (await world.call("GET", "/spring")).json()["next_wave_at"] is None


class TestRace:
    @pytest.mark.parametrize("state", ["paused", "stopped"])
    async def test_of_a_page_with_a_change_of_state_is_decided_by_the_plans_lock(
        self, world: World, state: PlanState
    ) -> None:
        """The worker has seen that a wave is due and waits for the plan, which is just being paused or stopped."""
        await world.customers(ids(3))
        await world.running(schedule=waves(1, 60))
        world.clock.move_to(world.clock.now() + timedelta(hours=1))
        async with transaction(world.pool) as conn:
            campaign = await get_campaign(conn, "spring", lock=True)
            page = asyncio.create_task(world.work())
            async with asyncio.timeout(10):
                while not await world.pool.fetchval(WAITING):
                    await asyncio.sleep(0.01)
            await set_state(conn, campaign, state, world.clock.now())
        await page
        assert len(await world.requests()) == 1


class TestEnd:
    async def test_comes_with_the_schedule(self, world: World) -> None:
        await world.customers(ids(30))
        await world.running(schedule=waves(10, 24 * 60 * 7))
        await world.later(days=7)
        await world.later(days=3)
        assert (await world.plans())[-1].state == "finished"
        assert len(await world.requests()) == 20, "the wave of day seven was due, that of day fourteen never is"

    async def test_lets_no_wave_go_that_was_missed(self, world: World) -> None:
        """Its requests would have expired before they are sent."""
        await world.customers(ids(3))
        await world.approved()
        await world.state("spring", "running")
        await world.later(days=10)
        assert await world.requests() == []
        assert (await world.call("GET", "/spring")).json()["state"] == "finished"


class TestDueWork:
    async def test_tells_what_is_next_and_is_empty_in_the_end(self, world: World) -> None:
        async def due() -> list[tuple[str, timedelta]]:
            rows = await world.pool.fetch("select kind, due_at from due_work order by due_at")
            return [(row["kind"], row["due_at"] - began) for row in rows]

        began = world.clock.now()
        await world.customers(ids(20))
        await world.approved(schedule=waves(10, 60))
        assert await due() == []
        end = ("end of campaign", timedelta(days=10))
        await world.state("spring", "running")
        assert await due() == [("audience", timedelta(0)), end]
        await world.work()
        assert await due() == [("wave", timedelta(hours=1)), end]
        await world.later(hours=1)
        assert await due() == [end]
        await world.state("spring", "stopped")
        assert await due() == []

    async def test_is_done_by_one_worker_at_a_time(self, world: World) -> None:
        await world.customers(ids(10))
        await world.approved()
        await world.state("spring", "running")
        async with world.pool.acquire() as other, other.transaction():
            await lock(other, LEADER)
            assert await world.work() == 0
        assert await world.work() == 2


def some_customer(customer_id: str, dice: random.Random, world: World) -> CustomerUpserted:
    """A customer with some fields unknown."""
    end = world.clock.now().date() + timedelta(days=dice.randrange(-30, 400))
    return CustomerUpserted(
        customer_id=customer_id,
        version=1,
        grade=dice.choice(["general", "general", "general", "key", None]),
        attributes={"churn_risk": round(dice.random(), 2)} if dice.random() < 0.8 else {},
        holdings=(Holding(product="mobile", contract_end=end),) if dice.random() < 0.5 else (),
    )
