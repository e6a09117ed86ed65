"""What follows from what other services say. Everything is told at least twice somewhere: that changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.campaign.world import CALL_LINE, Timeline, World, accepted, revoked

from rapport.contracts.offers import AcceptanceRefused
from rapport.contracts.touchpoint import (
    Because,
    ContactDeferred,
    ContactDelivered,
    ContactExpired,
    ContactRecalled,
    ContactSuppressed,
    ContactWithdrawn,
    TimelineEvent,
)
from rapport.contracts.vocabulary import Channel, Outcome, Reason

TWO_LINES = [CALL_LINE, {"channels": ["sms"]}]


async def called(world: World, **parts: Any) -> Timeline:
    """A campaign of one customer whose call went out."""
    await world.customers(["c-1"])
    await world.running(**parts)
    timeline = Timeline((await world.requests())[0], world.clock.now())
    await world.consume(timeline.released())
    return timeline


async def requested(world: World) -> list[tuple[str, Any]]:
    """(request, not before) of all requests after the first ones, once due work is done."""
    await world.work()
    return [(r.request_id, r.not_before) for r in await world.requests() if not r.request_id.endswith(".1")]


class TestNextAttempt:
    @pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.FAILED])
    async def test_is_requested_at_once_for_after_the_gap(self, world: World, outcome: Outcome) -> None:
        timeline = await called(world)
        await world.consume(timeline.answered(outcome))
        assert await requested(world) == [("spring.0.c-1.2", world.clock.now() + timedelta(hours=24))]

    async def test_is_planned_once_however_often_it_is_told(self, world: World) -> None:
        timeline = await called(world)
        story = [timeline.answered(Outcome.NO_ANSWER), timeline.answered(Outcome.BUSY)]
        await world.consume(*story)
        await world.work()
        before = await world.dump()
        await world.consume(*story, *story)
        await world.consume_batch(*story, *story)
        await world.work()
        assert await world.dump() == before
        assert len(await requested(world)) == 1

    async def test_ends_with_the_allowed_number(self, world: World) -> None:
        timeline = await called(world)
        for number in (2, 3, 4):
            await world.consume(timeline.answered(Outcome.NO_ANSWER))
            assert len(await requested(world)) == min(number, 3) - 1
            timeline = Timeline((await world.requests())[-1], world.clock.now())

    async def test_comes_when_the_customer_wants_to_be_called_back(self, world: World) -> None:
        timeline = await called(world, lines=[{**CALL_LINE, "attempts": {"max": 1}}])
        at = world.clock.now() + timedelta(days=2)
        await world.consume(timeline.answered(Outcome.CALL_BACK, call_back_at=at))
        assert await requested(world) == [("spring.0.c-1.2", at)]

    async def test_waits_while_the_campaign_is_paused(self, world: World) -> None:
        timeline = await called(world)
        await world.state("spring", "paused")
        await world.consume(timeline.answered(Outcome.NO_ANSWER))
        assert await requested(world) == []
        await world.state("spring", "running")
        assert len(await requested(world)) == 1

    @pytest.mark.parametrize("first", ["stop", "outcome"])
    async def test_never_comes_of_a_stopped_campaign(self, world: World, first: str) -> None:
        timeline = await called(world)
        if first == "outcome":
            await world.consume(timeline.answered(Outcome.NO_ANSWER))
        await world.state("spring", "stopped")
        await world.consume(timeline.answered(Outcome.NO_ANSWER))
        assert await requested(world) == []
        assert (await world.results())["stages"]["planned"] == 0

    async def test_is_not_planned_for_who_has_accepted(self, world: World) -> None:
        timeline = await called(world)
        await world.consume(accepted("c-1", world.clock.now()), timeline.answered(Outcome.NO_ANSWER))
        assert await requested(world) == []

    async def test_that_is_planned_is_dropped_when_the_customer_accepts(self, world: World) -> None:
        timeline = await called(world)
        await world.consume(timeline.answered(Outcome.NO_ANSWER), accepted("c-1", world.clock.now()))
        assert await requested(world) == []

    async def test_goes_out_in_pages(self, world: World) -> None:
        customers = [f"c-{number}" for number in range(25)]
        await world.customers(customers)
        await world.running()
        timelines = [Timeline(request, world.clock.now()) for request in await world.requests()]
        await world.consume_batch(*(timeline.answered(Outcome.BUSY) for timeline in timelines))
        assert await world.work(page=10) == 3
        assert {request for request, _ in await requested(world)} == {f"spring.0.{c}.2" for c in customers}


class TestEndOfLine:
    async def test_withdraws_what_had_been_requested_before(self, world: World) -> None:
        timeline = await called(world)
        await world.consume(timeline.answered(Outcome.NO_ANSWER))
        await world.work()
        refusal = timeline.answered(Outcome.REFUSED)
        await world.consume(refusal, refusal)
        assert [(w.request_id, w.customer_id) for w in await world.withdrawals()] == [("spring.0.c-1.2", "c-1")]

    async def test_drops_what_was_planned_and_not_requested(self, world: World) -> None:
        timeline = await called(world)
        await world.consume_batch(timeline.answered(Outcome.NO_ANSWER), timeline.answered(Outcome.REFUSED))
        assert await requested(world) == []
        assert await world.withdrawals() == []

    async def test_leaves_other_lines_and_other_customers_alone(self, world: World) -> None:
        await world.customers(["c-1", "c-2"])
        await world.running(lines=[CALL_LINE, {**CALL_LINE, "channels": ["sms"]}])
        timelines = {r.request_id: Timeline(r, world.clock.now()) for r in await world.requests()}
        for number, timeline in enumerate(timelines.values()):
            timeline.seq = 10 * number
            await world.consume(timeline.answered(Outcome.NO_ANSWER))
        await world.work()
        await world.consume(timelines["spring.0.c-1.1"].answered(Outcome.COMPLAINT))
        assert [w.request_id for w in await world.withdrawals()] == ["spring.0.c-1.2"]


class TestStatus:
    async def test_follows_the_timeline(self, world: World) -> None:
        await world.customers(["c-1"])
        await world.running()
        timeline = Timeline((await world.requests())[0], world.clock.now())
        because = Because(reason=Reason.QUIET_HOURS)
        contact = {"contact_id": "ctc_1", "channel": Channel.CALL}
        steps: list[tuple[TimelineEvent, str]] = [
            (timeline.tell(ContactDeferred, because=because, retry_at=timeline.at), "deferred"),
            (timeline.released(), "released"),
            (timeline.tell(ContactRecalled, **contact, reason=Reason.PRE_EMPTED), "recalled"),
            (timeline.tell(ContactDeferred, because=because, retry_at=timeline.at), "deferred"),
            (timeline.tell(ContactSuppressed, because=because), "suppressed"),
            (timeline.tell(ContactExpired), "expired"),
            (timeline.tell(ContactWithdrawn), "withdrawn"),
        ]
        for event, status in steps:
            await world.consume(event)
            assert await world.pool.fetchval("select status from attempts") == status
        before = await world.dump()
        await world.consume_batch(*(event for event, _ in steps))
        assert await world.dump() == before

    async def test_of_other_peoples_requests_is_no_concern(self, world: World) -> None:
        timeline = await called(world)
        before = await world.dump()
        foreign = timeline.request.model_copy(update={"request_id": "req_1", "campaign_id": "elsewhere"})
        other = Timeline(foreign, timeline.at, seq=7)
        none = Timeline(foreign.model_copy(update={"campaign_id": None}), timeline.at, seq=8)
        await world.consume(other.answered(Outcome.NO_ANSWER), none.answered(Outcome.NO_ANSWER))
        await world.work()
        assert await world.dump() == before


class TestAcceptance:
    async def test_counts_for_both_sides_and_only_while_it_stands(self, world: World) -> None:
        customers = [f"c-{number:03}" for number in range(100)]
        await world.customers(customers)
        await world.running(control_share=0.4)
        asked = {r.customer_id for r in await world.requests()}
        control = sorted(set(customers) - asked)
        contacted = sorted(asked)[:10]
        now = world.clock.now()
        for request in await world.requests():
            if request.customer_id in contacted:
                await world.consume(Timeline(request, now).released())
        taken = [accepted(customer, now) for customer in (*contacted[:4], sorted(asked)[20], *control[:2])]
        await world.consume(*taken, revoked(taken[0]), *taken)
        found = await world.results()
        assert found["targeted"] == {"members": len(asked), "accepted": 4, "rate": pytest.approx(4 / len(asked))}
        assert found["contacted"] == {"members": 10, "accepted": 3, "rate": pytest.approx(0.3)}
        assert found["control"]["accepted"] == 2
        assert found["audience"]["accepted"] == 6
        assert found["channels"]["web"]["accepted"] == 6
        assert found["lift"] == pytest.approx(4 / len(asked) - 2 / len(control))

    async def test_of_another_goal_or_time_is_not_the_campaigns(self, world: World) -> None:
        await called(world, lines=TWO_LINES)
        now = world.clock.now()
        await world.consume(accepted("c-1", now, "acc_1", goal="leave"))
        await world.consume(accepted("c-1", now - timedelta(seconds=1), "acc_2"))
        await world.consume(accepted("c-1", now + timedelta(days=10), "acc_3"))
        assert (await world.results())["audience"]["accepted"] == 0

    async def test_that_was_refused_changes_nothing(self, world: World) -> None:
        await called(world)
        before = await world.dump()
        facts = accepted("c-1", world.clock.now()).model_dump() | {"reason": "sold-out"}
        await world.consume(AcceptanceRefused.model_validate(facts))
        assert await world.dump() == before

    async def test_and_its_revocation_may_come_in_one_batch(self, world: World) -> None:
        await called(world)
        first, second = (accepted("c-1", world.clock.now(), f"acc_{number}") for number in (1, 2))
        await world.consume_batch(first, revoked(first), second)
        stands = await world.pool.fetchval("select acceptance_id from audience where not revoked")
        assert stands == "acc_2"


class TestResults:
    async def test_tell_how_far_contacts_have_come(self, world: World) -> None:
        await world.customers([f"c-{number}" for number in range(4)])
        await world.running(lines=TWO_LINES)
        calls = [Timeline(r, world.clock.now()) for r in await world.requests() if r.channels[0] is Channel.CALL]
        await world.consume(*(timeline.released() for timeline in calls[:3]))
        reached = {"contact_id": "ctc_1", "channel": "call", "outcome": "delivered", "outcome_id": "o-1"}
        await world.consume(calls[0].tell(ContactDelivered, **reached))
        await world.consume(calls[0].answered(Outcome.CALL_BACK), calls[0].answered(Outcome.REFUSED))
        await world.consume(calls[1].answered(Outcome.BUSY))
        await world.consume(calls[3].tell(ContactSuppressed, because=Because(reason=Reason.NO_CONSENT)))
        found = await world.results()
        stages = {name: count for name, count in found["stages"].items() if count}
        assert stages == {"planned": 1, "requested": 8, "released": 3, "delivered": 1, "suppressed": 1}
        assert found["responded"] == {"busy": 1, "call_back": 1, "refused": 1}
        assert found["channels"]["call"]["stages"]["released"] == 3
        assert found["channels"]["call"]["responded"] == found["responded"]

    async def test_are_zero_before_the_start(self, world: World) -> None:
        await world.approved()
        found = await world.results()
        assert (found["state"], found["audience"]["members"], found["lift"]) == ("approved", 0, None)
        assert not any(found["stages"].values())


class TestErasure:
    async def test_leaves_no_trace_of_the_customer(self, world: World) -> None:
        await world.customers(["c-1", "c-2"])
        await world.running(audience={"list": ["c-1", "c-2"]})
        timeline = Timeline((await world.requests())[0], world.clock.now())
        erased = timeline.request.customer_id
        kept = {"c-1": "c-2", "c-2": "c-1"}[erased]
        await world.consume(timeline.answered(Outcome.NO_ANSWER), accepted(erased, world.clock.now(), "acc_1"))
        for _ in range(2):
            await world.consume(None, key=erased, topic="profile.customers")
        late = [timeline.answered(Outcome.BUSY), accepted(erased, world.clock.now(), "acc_2")]
        await world.consume(*late)
        await world.work()
        for table in ("campaigns", "audience", "attempts", "replica_customers"):
            rows = await world.pool.fetch(f"select {table}::text from {table}")
            assert not any(erased in row[0] for row in rows), table
            assert any(kept in row[0] for row in rows), table
        assert (await world.call("GET", "/spring")).json()["plan"]["audience"]["list"] == [kept]

    async def test_before_the_start_takes_the_customer_off_the_list(self, world: World) -> None:
        await world.customers(["c-1"])
        await world.approved(audience={"list": ["c-1"]})
        await world.consume(None, key="c-1", topic="profile.customers")
        await world.state("spring", "running")
        await world.work()
        assert await world.requests() == []
