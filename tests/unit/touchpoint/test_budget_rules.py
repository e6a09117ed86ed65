"""Weights, outcomes that do not count, held slots, look-ahead, households: at their edges, and by an oracle."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.touchpoint.test_decide import NOON, RUNNING, cap, customer, decided, entry, one, policy, request

from rapport.clock import to_micros
from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.decide import DEFERRED, RELEASED, SUPPRESSED, decide, decide_together
from touchpoint_service.domain.standing import OPEN, Standing
from touchpoint_service.domain.windows import DAY, HOUR

SERVICE, RETENTION, MARKETING = 1, 2, 3


class TestWeights:
    def test_a_call_takes_more_slots_than_a_message(self):
        rules = policy(frequency_caps=[cap(4, weights={"call": 3})], consent={"channels": []})
        sms = request(channels=("sms",))
        assert decided(rules, entry(NOON - HOUR), asked=sms).kind == RELEASED
        found = decided(rules, entry(NOON - HOUR))
        assert (found.because.counter, found.because.limit) == (3, 4)
        assert found.retry_at == NOON + 23 * HOUR

    def test_it_waits_until_enough_slots_are_free(self):
        rules = policy(frequency_caps=[cap(3, weights={"call": 3})])
        past = [entry(NOON - n * HOUR, channel="sms", contact_id=f"s{n}") for n in (3, 2, 1)]
        assert decided(rules, *past).retry_at == NOON + 23 * HOUR

    def test_one_that_takes_more_than_there_are_never_goes(self):
        assert decided(policy(frequency_caps=[cap(2, weights={"call": 3})])).kind == SUPPRESSED

    def test_one_that_takes_none_passes_a_full_cap(self):
        rules = policy(frequency_caps=[cap(1, weights={"sms": 0})])
        assert decided(rules, entry(NOON - HOUR), asked=request(channels=("sms",))).kind == RELEASED


class TestIgnoredOutcomes:
    def test_do_not_count_for_this_cap_alone(self):
        rules = policy(frequency_caps=[cap(1, ignores=["no_answer"])])
        assert decided(rules, entry(NOON - HOUR, outcome="no_answer")).kind == RELEASED
        assert decided(rules, entry(NOON - HOUR, outcome="refused")).kind == DEFERRED
        both = policy(frequency_caps=[cap(2, ignores=["no_answer"]), cap(1, name="tries")])
        assert decided(both, entry(NOON - HOUR, outcome="no_answer")).because.rule == "tries"

    def test_what_is_still_under_way_counts(self):
        assert decided(policy(frequency_caps=[cap(1, ignores=["no_answer"])]), entry(NOON, state=OPEN)).kind == DEFERRED


class TestHeldSlots:
    HELD = cap(3, held=[{"for_class": "retention"}])

    def test_are_not_for_less_important_ones(self):
        past = [entry(NOON - 2 * HOUR), entry(NOON - HOUR)]
        found = decided(policy(frequency_caps=[self.HELD]), *past)
        assert (found.kind, found.because.reason) == (DEFERRED, Reason.SLOT_HELD)
        assert (found.because.counter, found.because.limit) == (2, 2)
        assert found.retry_at == NOON + 22 * HOUR
        asked = request(contact_class=RETENTION)
        assert decided(policy(frequency_caps=[self.HELD]), *past, asked=asked).kind == RELEASED

    def test_are_used_up_by_those_that_they_are_for(self):
        past = [entry(NOON - 2 * HOUR, contact_class=SERVICE), entry(NOON - HOUR)]
        assert decided(policy(frequency_caps=[self.HELD]), *past).kind == RELEASED

    def test_a_full_cap_is_a_full_cap(self):
        past = [entry(NOON - n * HOUR, contact_id=f"c{n}") for n in (3, 2, 1)]
        assert decided(policy(frequency_caps=[self.HELD]), *past).because.reason is Reason.FREQUENCY_CAP

    def test_all_held_is_never(self):
        rules = policy(frequency_caps=[cap(1, held=[{"for_class": "retention"}])])
        assert decided(rules).because.reason is Reason.SLOT_HELD
        assert decided(rules).because.until is None

    def test_one_contact_uses_up_one_of_two_holds(self):
        held = [{"for_class": "service"}, {"for_class": "retention"}]
        rules = policy(frequency_caps=[cap(3, held=held)])
        assert decided(rules, entry(NOON - HOUR, contact_class=SERVICE)).kind == RELEASED
        found = decided(rules, entry(NOON - HOUR, contact_class=SERVICE), entry(NOON - HOUR, contact_id="m"))
        assert found.because.reason is Reason.SLOT_HELD

    def test_a_more_important_contact_takes_the_place_of_a_less_important_one(self):
        rules = policy(frequency_caps=[cap(2, held=[{"for_class": "service"}])])
        idle = entry(NOON - HOUR, state=OPEN)
        asked = [request("r1", contact_class=RETENTION, expires_at=NOON + DAY)]
        was = {idle.contact_id: request("r0")}
        found, _ = decide(Standing("c1", entries=[idle]), customer(), asked, rules, NOON, RUNNING, was)
        assert [(d.request.request_id, d.kind) for d in found] == [("r1", RELEASED), ("r0", DEFERRED)]


class TestOccasions:
    RULES = policy(
        business_zone="Asia/Shanghai",
        frequency_caps=[cap(1, held=[{"for_class": "service", "occasion": "birthday", "lead_days": 3}])],
    )
    ZONE = ZoneInfo("Europe/Berlin")

    def at(self, year, month, day, hour=0, minute=0):
        return to_micros(datetime(year, month, day, hour, minute, tzinfo=self.ZONE))

    @pytest.mark.parametrize(
        ("when", "kept"),
        [
            ((2026, 3, 6, 23, 59), False),
            ((2026, 3, 7), True),
            ((2026, 3, 10, 23, 59), True),
            ((2026, 3, 11), False),
        ],
    )
    def test_keep_a_slot_from_so_many_days_before_to_the_end_of_the_day(self, when, kept):
        at = self.at(*when)
        asked = request(expires_at=at + 30 * DAY)
        found = decided(self.RULES, at=at, asked=asked, who=customer(birth_date="1990-03-10"))
        assert (found.kind == DEFERRED) is kept
        if kept:
            assert (found.because.reason, found.retry_at) == (Reason.SLOT_HELD, self.at(2026, 3, 11))

    def test_nobody_knows_the_day(self):
        assert decided(self.RULES).kind == RELEASED

    def test_born_on_a_leap_day(self):
        who = customer(birth_date="1992-02-29")
        asked = request(expires_at=NOON + 99 * DAY)
        assert decided(self.RULES, at=self.at(2027, 3, 1, 12), who=who, asked=asked).kind != RELEASED
        assert decided(self.RULES, at=self.at(2028, 2, 28, 12), who=who, asked=asked).kind != RELEASED
        assert (
            decided(self.RULES, at=self.at(2027, 3, 2), who=who, asked=request(expires_at=NOON + 999 * DAY)).kind
            == RELEASED
        )

    def test_the_end_of_any_contract(self):
        rules = policy(
            frequency_caps=[cap(1, held=[{"for_class": "service", "occasion": "contract_end", "lead_days": 5}])]
        )
        who = customer(
            holdings=[{"product": "a", "contract_end": "2026-02-01"}, {"product": "b", "contract_end": "2026-03-06"}]
        )
        assert decided(rules, who=who).because.reason is Reason.SLOT_HELD
        assert decided(rules, who=who, asked=request(contact_class=SERVICE)).kind == RELEASED

    def test_the_contact_that_was_expected_ends_it(self):
        rules = policy(frequency_caps=[cap(2, held=[{"for_class": "service", "occasion": "birthday", "lead_days": 3}])])
        who = customer(birth_date="1990-03-05")
        assert decided(rules, entry(NOON - HOUR), who=who).kind == DEFERRED
        assert decided(rules, entry(NOON - HOUR, contact_class=SERVICE), who=who).kind == RELEASED


class TestLookAhead:
    def both(self, *, hours=48, limit=1, due=NOON + DAY, **important):
        rules = policy(frequency_caps=[cap(limit, hours=72, look_ahead_hours=hours)])
        asked = [request("low"), request("high", **{"contact_class": RETENTION, "not_before": due} | important)]
        found, _ = decide(Standing("c1"), customer(), asked, rules, NOON, RUNNING)
        return one(found)

    def test_a_more_important_one_that_is_due_soon_keeps_a_slot(self):
        found = self.both()
        assert (found.kind, found.because.reason) == (DEFERRED, Reason.SLOT_HELD)
        assert found.retry_at == NOON + DAY

    def test_not_one_beyond_the_horizon(self):
        assert self.both(due=NOON + 2 * DAY).kind == RELEASED
        assert self.both(due=NOON + 2 * DAY - 1).kind == DEFERRED

    def test_not_one_of_the_same_class(self):
        assert self.both(contact_class=MARKETING, score=0.9).kind == RELEASED

    def test_not_where_there_is_room_for_both(self):
        assert self.both(limit=2).kind == RELEASED

    def test_one_that_waits_for_its_hour_keeps_a_slot(self):
        quiet = [{"name": "night", "channels": ["call"], "start": "10:00", "end": "18:00"}]
        rules = policy(frequency_caps=[cap(1, look_ahead_hours=24)], quiet_hours=quiet)
        asked = [request("low", channels=("sms",)), request("high", contact_class=RETENTION)]
        found, _ = decide(Standing("c1"), customer(), asked, rules, NOON, RUNNING)
        reasons = [d.because and d.because.reason for d in found]
        assert reasons == [Reason.QUIET_HOURS, Reason.SLOT_HELD]
        assert found[0].retry_at == found[1].retry_at

    def test_not_one_that_the_cap_does_not_bind(self):
        rules = policy(frequency_caps=[cap(1, look_ahead_hours=48, exempt_classes=["retention"])])
        asked = [request("low"), request("high", contact_class=RETENTION, not_before=NOON + HOUR)]
        found, _ = decide(Standing("c1"), customer(), asked, rules, NOON, RUNNING)
        assert one(found).kind == RELEASED


class TestHousehold:
    RULES = policy(frequency_caps=[cap(2, per="household")])

    def together(self, standings, asked, rules=RULES):
        who = {c: customer(customer_id=c) for c in standings}
        return decide_together(standings, who, asked, rules, NOON, RUNNING)

    def test_members_share_the_budget_and_the_more_important_goes(self):
        standings = {"c1": Standing("c1", entries=[entry(NOON - HOUR)]), "c2": Standing("c2")}
        asked = [request("a"), request("b", customer_id="c2", contact_class=RETENTION)]
        found, after = self.together(standings, asked)
        assert [(d.request.request_id, d.kind) for d in found] == [("b", RELEASED), ("a", DEFERRED)]
        assert found[1].because is not None
        assert found[1].because.counter == 2
        assert [len(after[c].entries) for c in ("c1", "c2")] == [1, 1]

    def test_a_cap_of_the_customer_counts_the_customer_alone(self):
        standings = {"c1": Standing("c1"), "c2": Standing("c2", entries=[entry(NOON), entry(NOON)])}
        assert one(self.together(standings, [request()], policy(frequency_caps=[cap(1)]))[0]).kind == RELEASED

    def test_frees_when_the_contact_of_another_member_leaves(self):
        standings = {"c1": Standing("c1", entries=[entry(NOON)]), "c2": Standing("c2", entries=[entry(NOON - HOUR)])}
        assert one(self.together(standings, [request()])[0]).retry_at == NOON + 23 * HOUR


contacts = st.builds(
    lambda at, channel, rank, outcome: entry(
        NOON - at * HOUR, channel=channel, contact_class=rank, outcome=outcome, contact_id=f"c{at}-{channel}-{rank}"
    ),
    st.integers(0, 80),
    st.sampled_from(["call", "sms"]),
    st.integers(0, 3),
    st.sampled_from([None, "no_answer", "refused"]),
)
caps = st.fixed_dictionaries(
    {
        "name": st.just("cap"),
        "limit": st.integers(0, 6),
        "window": st.fixed_dictionaries({"kind": st.just("rolling"), "hours": st.sampled_from([24, 72])})
        | st.just({"kind": "calendar", "unit": "day", "zone": "customer"}),
        "per": st.sampled_from(["customer", "household"]),
        "weights": st.sampled_from([{}, {"call": 3}, {"call": 2, "sms": 0}]),
        "ignores": st.sampled_from([[], ["no_answer"]]),
        "held": st.lists(
            st.fixed_dictionaries({"for_class": st.sampled_from(["service", "retention"]), "slots": st.integers(1, 2)}),
            max_size=2,
        ),
        "look_ahead_hours": st.sampled_from([0, 30, 96]),
    }
)


def may_go(rule, own, others, asked, waiting, at, zone):
    """Whether the cap lets the request go at an instant, if nothing happens until then. Written from the words."""
    weight = lambda channel: rule["weights"].get(channel, 1)  # noqa: E731
    local = lambda micros: datetime.fromtimestamp(micros / 1e6, UTC).astimezone(zone)  # noqa: E731
    rolling = rule["window"].get("hours")
    past = [*own, *others] if rule["per"] == "household" else own
    inside = [
        e
        for e in past
        if (at - e.at < rolling * HOUR if rolling else local(e.at).date() == local(at).date())
        and e.outcome not in rule["ignores"]
    ]
    ranks = {"service": 1, "retention": 2}
    unspent = sorted(inside, key=lambda e: e.at)
    kept = 0
    for held in sorted(rule["held"], key=lambda h: ranks[h["for_class"]]):
        if ranks[held["for_class"]] >= asked.contact_class:
            continue
        slots = held["slots"]
        while slots > 0 and (fit := [e for e in unspent if e.contact_class <= ranks[held["for_class"]]]):
            unspent.remove(fit[0])
            slots -= weight(fit[0].channel)
        kept += max(0, slots)
    for other in waiting:
        reach = min(rule["look_ahead_hours"], rolling or 10**6) * HOUR
        if other.contact_class < asked.contact_class and 0 < other.not_before - at < reach:
            kept += weight(other.channels[0])
    return sum(weight(e.channel) for e in inside) + weight(asked.channels[0]) + kept <= rule["limit"]


@settings(max_examples=400, deadline=None)
@given(
    rule=caps,
    own=st.lists(contacts, max_size=6, unique_by=lambda e: e.contact_id),
    others=st.lists(contacts, max_size=4, unique_by=lambda e: e.contact_id),
    channel=st.sampled_from(["call", "sms"]),
    rank=st.integers(1, 3),
    due=st.lists(st.tuples(st.integers(1, 100), st.integers(0, 2)), max_size=2),
)
def test_a_cap_says_what_the_oracle_says_and_frees_at_the_first_instant(rule, own, others, channel, rank, due):
    zone = ZoneInfo("Europe/Berlin")
    own, others = (sorted(entries, key=lambda e: e.at) for entries in (own, others))
    others = [e._replace(contact_id=f"o-{e.contact_id}") for e in others]
    asked = request(channels=(channel,), contact_class=rank, expires_at=NOON + 90 * DAY)
    waiting = [request(f"w{n}", contact_class=r, not_before=NOON + h * HOUR) for n, (h, r) in enumerate(due)]
    rules = policy(frequency_caps=[rule])

    def decision(at, expecting):
        standings = {"c1": Standing("c1", entries=own), "c2": Standing("c2", entries=others)}
        who = {c: customer(customer_id=c) for c in standings}
        found, _ = decide_together(standings, who, [asked, *expecting], rules, at, RUNNING)
        return next(d for d in found if d.request is asked)

    found = decision(NOON, waiting)
    assert (found.kind == RELEASED) is may_go(rule, own, others, asked, waiting, NOON, zone)
    until = None if found.because is None else found.because.until
    if found.kind == RELEASED:
        return
    edges = sorted({NOON + n * HOUR for n in range(1, 110)} | ({until} if until else set()))
    first = next((e for e in edges if may_go(rule, own, others, asked, waiting, e, zone)), None)
    assert until == first
    if until is not None:
        assert not may_go(rule, own, others, asked, waiting, until - 1, zone)


def test_a_calendar_day_somewhere_in_a_country_is_full_while_it_is_full_in_any_zone_of_it():
    """05:00 UTC is midnight in New York and 19:00 of the day before in Honolulu."""
    daily = {"window": {"kind": "calendar", "unit": "day", "zone": "customer"}}
    rules = policy(frequency_caps=[cap(1) | daily])
    who = customer(time_zone=None, country="US")
    at = to_micros(datetime(2026, 1, 20, 6, tzinfo=UTC))
    asked = request(expires_at=at + 9 * DAY)
    early = entry(at - 3 * HOUR)
    found = decided(rules, early, at=at, who=who, asked=asked)
    assert found.kind == DEFERRED
    honolulu = datetime(2026, 1, 20, tzinfo=ZoneInfo("Pacific/Honolulu"))
    assert found.retry_at == to_micros(honolulu)
    assert decided(rules, early, at=to_micros(honolulu), who=who, asked=asked).kind == RELEASED
