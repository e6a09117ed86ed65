"""One way after the other to break the small world, each with the invariants that exactly it breaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.checker.world import START, World

Plant = Callable[[World], None]
PLANTS: list[Any] = []
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def breaks(*invariants: int) -> Callable[[Plant], Plant]:
    """Collect a function that plants a violation of exactly these invariants."""

    def collect(plant: Plant) -> Plant:
        name = plant.__name__.replace("_", " ")
        PLANTS.append(pytest.param(plant, set(invariants), id=f"{'+'.join(map(str, invariants))} {name}"))
        return plant

    return collect


@breaks(1)
def over_the_cap(world: World) -> None:
    for number in (7, 8):
        world.release("c2", f"r{number}", "web", offer_id=None)


def demand(world: World, kind: str, rule: dict[str, Any]) -> None:
    """One more rule in the policy in force."""
    version = world.row("touchpoint", "policy_versions", version=1)
    document = version["document"]
    version["document"] = document | {kind: [*document.get(kind, ()), rule]}


@breaks(1)
def over_the_cap_of_a_household(world: World) -> None:
    window = {"kind": "rolling", "hours": 240}
    demand(world, "frequency_caps", {"name": "home", "per": "household", "limit": 2, "window": window})
    world.release("c2", "r7", "web", offer_id=None)


@breaks(1)
def over_a_cap_by_weight(world: World) -> None:
    window = {"kind": "rolling", "hours": 240}
    demand(world, "frequency_caps", {"name": "heavy", "limit": 3, "weights": {"branch": 3}, "window": window})
    world.release("c2", "r7", "web", offer_id=None)


@breaks(1)
def into_a_slot_that_is_held(world: World) -> None:
    window, held = {"kind": "rolling", "hours": 240}, [{"for_class": "service", "slots": 1}]
    demand(world, "frequency_caps", {"name": "kept", "limit": 2, "held": held, "window": window})
    world.release("c2", "r7", "web", offer_id=None)


@breaks(1)
def outside_the_legal_hours(world: World) -> None:
    periods = [{"days": EVERY_DAY, "start": "00:00:00", "end": "00:01:00"}]
    demand(
        world, "legal_hours", {"name": "law", "channels": ["web"], "countries": ["DE"], "hours": {"periods": periods}}
    )
    world.release("c2", "r7", "web", offer_id=None)


@breaks(1)
def in_a_blackout(world: World) -> None:
    begins, ends = (world.now + timedelta(hours=hours) for hours in (-1, 1))
    rule = {"name": "quiet-day", "begins": begins.isoformat(), "ends": ends.isoformat(), "countries": ["DE"]}
    demand(world, "blackouts", rule | {"channels": ["web"]})
    world.release("c2", "r7", "web", offer_id=None)


@breaks(1)
def to_a_branch_that_is_closed(world: World) -> None:
    periods = [{"days": EVERY_DAY, "start": "00:00:00", "end": "00:01:00"}]
    rule = {"name": "open", "channels": ["web"], "zone": "Europe/Berlin", "hours": {"periods": periods}}
    demand(world, "opening_hours", rule)
    world.release("c2", "r7", "web", offer_id=None)


@breaks(1)
def under_a_policy_nobody_approved(world: World) -> None:
    world.release("c2", "r7", "web", policy_version=2, offer_id=None)


@breaks(1)
def under_a_policy_whose_instant_has_not_come(world: World) -> None:
    world.activate(2, world.now + timedelta(hours=1))
    world.release("c2", "r7", "web", policy_version=2, offer_id=None)
    world.now += timedelta(hours=2)


@breaks(1)
def under_a_policy_that_another_one_has_replaced(world: World) -> None:
    world.activate(2, world.now - timedelta(hours=1))
    world.release("c2", "r7", "web", policy_version=1, offer_id=None)


def take_slot(world: World, winner: str) -> None:
    """The slot of an undelivered contact is taken for another one; its request waits again."""
    world.release("c2", "r7", "web", offer_id=None)
    world.recall("c2", "ctc_r7", "pre_empted", winner)
    world.end("r7", "live", contact_id=None, next_look=world.now + timedelta(days=1))
    world.row("touchpoint", "standings", customer_id="c2")["live"] += 1


@breaks(1)
def a_slot_taken_for_one_that_is_not_more_important(world: World) -> None:
    take_slot(world, "ctc_r8")
    world.release("c2", "r8", "web", offer_id=None)


@breaks(1)
def a_slot_taken_for_one_that_is_not_released(world: World) -> None:
    take_slot(world, "ctc_r9")
    world.release("c2", "r8", "web", offer_id=None, contact_class="service")


@breaks(1)
def without_consent(world: World) -> None:
    world.customer("c2", 2, consents=[])
    world.now += timedelta(days=10)
    world.release("c2", "r7", "call", offer_id=None)


@breaks(1)
def in_quiet_hours(world: World) -> None:
    world.now = START.replace(hour=20, minute=30)  # half past nine in Berlin
    world.release("c2", "r7", "web", offer_id=None)


@breaks(1)
def within_the_gap(world: World) -> None:
    world.now += timedelta(days=8, hours=-4)
    for number in (7, 8):
        world.release("c2", f"r{number}", "sms", offer_id=None)
        world.now += timedelta(hours=4, microseconds=-1)


@breaks(1)
def during_a_pause(world: World) -> None:
    world.now += timedelta(days=1)
    world.release("c2", "r7", "web")


@breaks(1)
def to_somebody_on_a_do_not_call_list(world: World) -> None:
    world.customer("c2", 2, do_not_call=True)
    world.now += timedelta(days=10)
    world.release("c2", "r7", "call", offer_id=None)


@breaks(2)
def released_after_acceptance(world: World) -> None:
    world.release("c1", "r9", "web")
    world.recall("c1", "ctc_r9", "goal_met", "acc_1")


@breaks(2)
def still_open_after_acceptance(world: World) -> None:
    world.release("c2", "r7", "web", offer_id=None)
    world.accept("c2", "acc_2")
    world.settle("c2", "acc_2")


@breaks(2)
def recalled_too_late_after_acceptance(world: World) -> None:
    world.release("c2", "r7", "web", offer_id=None)
    world.accept("c2", "acc_2")
    world.settle("c2", "acc_2")
    world.enter("c2", "contact.deferred", request_id="r6", because={"reason": "goal_met"})
    world.recall("c2", "ctc_r7", "goal_met", "acc_2")


@breaks(3)
def a_request_that_ended_twice(world: World) -> None:
    world.enter("c2", "contact.expired", request_id="r5", because={"reason": "expired"})


@breaks(3)
def a_live_request_that_is_never_looked_at(world: World) -> None:
    world.row("touchpoint", "requests", request_id="r6")["next_look"] = None


@breaks(3)
def a_request_that_ended_without_a_word(world: World) -> None:
    world.row("touchpoint", "requests", request_id="r6").update(state="expired", next_look=None)
    world.row("touchpoint", "standings", customer_id="c2")["live"] = 0


@breaks(3)
def a_request_that_was_passed_over(world: World) -> None:
    world.ask("c2", "r7")
    world.rows("touchpoint", "requests").pop()


@breaks(3)
def a_request_from_the_topic_that_is_nobodys(world: World) -> None:
    world.ask("c3", "r7")
    world.rows("touchpoint", "requests").pop()


@breaks(4)
def an_outcome_that_was_passed_over(world: World) -> None:
    world.report("c2", "ctc_r5", "out_lost")


@breaks(4)
def an_outcome_that_counts_twice(world: World) -> None:
    facts = {"contact_id": "ctc_r5", "channel": "branch", "outcome_id": "out_ctc_r5", "request_id": "r5"}
    world.enter("c2", "contact.responded", outcome="refused", **facts)


@breaks(4, 6, 7)
def a_gap_in_the_timeline(world: World) -> None:
    world.rows("touchpoint", "timeline").remove(world.row("touchpoint", "timeline", customer_id="c1", seq=5))


@breaks(4)
def time_that_runs_backwards(world: World) -> None:
    world.now -= timedelta(hours=1)
    world.enter("c2", "contact.deferred", request_id="r6", because={"reason": "cool_down"})


@breaks(4, 7)
def a_broken_record_that_nobody_set_aside(world: World) -> None:
    world.log.append("channel.events", "c2", "channel.outcome.reported.v1", b"{", START)
    world.log.append("offers.acceptances", "c2", "offers.acceptance.accepted.v1", b"[]", START)


@breaks(5)
def an_offer_oversold(world: World) -> None:
    world.row("offers", "stock", offer_id="o1")["total"] = 0


@breaks(5)
def a_stock_miscounted(world: World) -> None:
    world.row("offers", "stock", offer_id="o1")["accepted"] = 2


@breaks(5)
def two_acceptances_of_one_term(world: World) -> None:
    world.accept("c1", "acc_2")
    world.settle("c1", "acc_2")


@breaks(6)
def a_contact_counted_that_was_recalled(world: World) -> None:
    entry = list(world.entries("c1")[0])
    world.entries("c1").append([entry[0], "ctc_r2", "r2", "web", *entry[4:-1], "o"])


@breaks(6)
def an_answer_missed_that_was_never_owed(world: World) -> None:
    about = {"contact_id": "ctc_r5", "channel": "branch", "request_id": "r5"}
    world.enter("c2", "recall.unanswered", level=1, reason="goal_met", recalled_at=START.isoformat(), **about)


@breaks(6)
def a_contact_not_counted(world: World) -> None:
    world.entries("c2").clear()


@breaks(6)
def a_contact_in_another_state(world: World) -> None:
    world.entries("c2")[0][-1] = "s"


@breaks(6)
def a_goal_forgotten(world: World) -> None:
    del world.row("touchpoint", "standings", customer_id="c1")["body"]["g"]


@breaks(6)
def a_refusal_forgotten(world: World) -> None:
    del world.row("touchpoint", "standings", customer_id="c2")["body"]["s"]


@breaks(6)
def a_word_that_nobody_said(world: World) -> None:
    world.row("touchpoint", "standings", customer_id="c1")["body"]["s"] = {"o1": [1, "interested", "web", None]}


@breaks(6)
def a_pause_forgotten(world: World) -> None:
    del world.row("touchpoint", "standings", customer_id="c2")["body"]["c"]


@breaks(6)
def a_pause_from_nowhere(world: World) -> None:
    world.row("touchpoint", "standings", customer_id="c1")["body"]["c"] = [[None, "all", None, "x", "complaint"]]


@breaks(6)
def live_requests_miscounted(world: World) -> None:
    world.row("touchpoint", "standings", customer_id="c2")["live"] = 0


@breaks(6)
def a_contact_stored_as_open_that_was_answered(world: World) -> None:
    world.row("touchpoint", "contacts", contact_id="ctc_r5")["state"] = "open"


@breaks(7)
def an_entry_that_never_reached_the_topic(world: World) -> None:
    world.log.remove("touchpoint.contacts", len(world.log.topics["touchpoint.contacts"]) - 1)


@breaks(7)
def an_entry_that_says_something_else_on_the_topic(world: World) -> None:
    world.log.replace("touchpoint.contacts", 3, reason="goal_met")


@breaks(7)
def entries_out_of_order_on_the_topic(world: World) -> None:
    records = world.log.topics["touchpoint.contacts"]
    records[1], records[2] = records[2], records[1]


@breaks(7)
def an_entry_on_the_topic_that_was_never_committed(world: World) -> None:
    world.enter("c2", "contact.deferred", request_id="r6", because={"reason": "cool_down"})
    world.rows("touchpoint", "timeline").pop()
    world.row("touchpoint", "standings", customer_id="c2")["seq"] -= 1


@breaks(7)
def a_replica_behind(world: World) -> None:
    world.row("touchpoint", "replica_customers", id="c1")["version"] = 0


@breaks(7)
def a_replica_that_says_something_else(world: World) -> None:
    world.rows("offers", "replica_customers")[0]["doc"] = {"customer_id": "c1", "version": 1}


@breaks(7)
def a_replica_without_a_plan(world: World) -> None:
    world.rows("touchpoint", "replica_plans").pop(0)


@breaks(7)
def an_event_left_in_an_outbox(world: World) -> None:
    parcel = {"topic": "offers.catalogue", "at": START, "events": 1, "keys": "o1", "types": "x"}
    world.rows("offers", "outbox").append(parcel | {"event_ids": "e1", "bodies": b"{}"})


@breaks(7)
def a_request_that_campaign_never_sent(world: World) -> None:
    world.ask("c2", "r7")
    world.rows("touchpoint", "requests").pop()
    world.log.topics["campaign.requests"].pop()


@breaks(7)
def an_acceptance_that_touchpoint_never_heard(world: World) -> None:
    world.accept("c2", "acc_2")
    del world.row("touchpoint", "standings", customer_id="c2")["body"]["g"]


@breaks(8)
def released_after_the_stop_showed(world: World) -> None:
    world.release("c2", "r7", "web", campaign_id="spring", offer_id=None)
    world.recall("c2", "ctc_r7", "campaign_stopped", "spring")


@breaks(8)
def released_long_after_the_stop(world: World) -> None:
    world.now = START + timedelta(hours=3)
    world.release("c1", "r7", "web", campaign_id="spring", offer_id=None, goal="card")
    world.recall("c1", "ctc_r7", "campaign_stopped", "spring")


@breaks(8)
def still_open_though_stopped(world: World) -> None:
    world.now = START + timedelta(hours=2)
    world.release("c1", "r7", "web", campaign_id="spring", offer_id=None, goal="card")


@breaks(8)
def still_live_though_stopped(world: World) -> None:
    world.row("touchpoint", "requests", request_id="r6")["campaign_id"] = "spring"


@breaks(9)
def a_row_of_an_erased_customer(world: World) -> None:
    world.rows("touchpoint", "popups").append(
        {"popup_id": "p", "customer_id": "c9", "at": START, "channel": "branch", "body": {}}
    )


@breaks(9)
def an_erased_customer_in_the_list_of_a_plan(world: World) -> None:
    plan = world.row("campaign", "campaigns", campaign_id="cmp")["plan"]
    world.row("campaign", "campaigns", campaign_id="cmp")["plan"] = plan | {"audience": {"list": ["c1", "c9"]}}


@breaks(9)
def a_row_of_a_customer_whose_tombstone_is_all_that_is_left(world: World) -> None:
    world.rows("profile", "erasures").clear()
    world.rows("profile", "consents").append(
        {
            "customer_id": "c9",
            "channel": "call",
            "purpose": "marketing",
            "at": START,
            "granted": True,
            "source": "x",
            "recorded_at": START,
            "recorded_by": "x",
        }
    )


@breaks(10)
def a_policy_approved_by_its_submitter(world: World) -> None:
    world.row("touchpoint", "policy_versions", version=1)["approved_by"] = "mia"


@breaks(10)
def a_policy_approved_by_its_author(world: World) -> None:
    world.row("touchpoint", "policy_versions", version=1)["approved_by"] = "erin"


@breaks(10)
def a_policy_in_force_by_its_author_and_approved_by_somebody_else_since(world: World) -> None:
    world.row("touchpoint", "policy_activations", version=1)["approved_by"] = "erin"


@breaks(10)
def a_policy_in_force_without_approval(world: World) -> None:
    world.row("touchpoint", "policy_versions", version=1)["approved_by"] = None


@breaks(7)
def a_policy_in_force_that_nobody_was_told_of(world: World) -> None:
    world.activate(2, world.now, told=False)


@breaks(10)
def a_campaign_approved_by_its_author(world: World) -> None:
    world.row("campaign", "campaigns", campaign_id="cmp")["approved_by"] = "ada"


@breaks(10)
def a_campaign_that_runs_without_approval(world: World) -> None:
    world.row("campaign", "campaigns", campaign_id="cmp")["approved_by"] = None
