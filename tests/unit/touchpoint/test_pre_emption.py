"""A more important request takes the slot of a less important contact that nobody has in hand yet."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.touchpoint.test_decide import NOON, RUNNING, cap, customer, entry, policy, request

from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.decide import DEFERRED, RELEASED, decide
from touchpoint_service.domain.standing import CLOSED, OPEN, SHOWN, Standing
from touchpoint_service.domain.windows import DAY, HOUR

SERVICE, RETENTION, MARKETING = 1, 2, 3


def held(number, contact_class=MARKETING, hours=1, state=OPEN, **changes):
    """A contact released some hours ago, and the request that it was released for."""
    asked = request(f"r{number}", contact_class=contact_class)
    contact = entry(NOON - hours * HOUR, contact_id=f"ctc{number}", request_id=f"r{number}", state=state)
    return contact._replace(contact_class=contact_class, **changes), asked


def outcome(rules, contacts, *asked, recallable=None):
    entries = sorted((contact for contact, _ in contacts), key=lambda e: e.at)
    standing = Standing("c1", entries=entries)
    idle = {c.contact_id: r for c, r in contacts} if recallable is None else recallable
    return decide(standing, customer(), asked, policy(**rules), NOON, RUNNING, idle)


def kinds(decisions):
    return [(d.request.request_id, d.kind) for d in decisions]


FULL = {"frequency_caps": [cap(1)]}


class TestPreEmption:
    def test_takes_the_slot_and_the_other_request_competes_again(self):
        decisions, after = outcome(FULL, [held(1)], request("care", contact_class=SERVICE))
        assert kinds(decisions) == [("care", RELEASED), ("r1", DEFERRED)]
        assert [e.contact_id for e in decisions[0].pre_empted] == ["ctc1"]
        assert [e.request_id for e in after.entries] == ["care"]
        assert decisions[1].because.reason is Reason.FREQUENCY_CAP

    def test_not_from_one_of_the_same_class(self):
        decisions, after = outcome(FULL, [held(1)], request("care", contact_class=MARKETING, score=1.0))
        assert kinds(decisions) == [("care", DEFERRED)]
        assert [e.contact_id for e in after.entries] == ["ctc1"]

    def test_not_from_one_that_somebody_may_have_in_hand(self):
        decisions, _ = outcome(FULL, [held(1)], request("care", contact_class=SERVICE), recallable={})
        assert kinds(decisions) == [("care", DEFERRED)]

    def test_not_from_one_that_has_reached_the_customer(self):
        for state in (SHOWN, CLOSED):
            decisions, _ = outcome(FULL, [held(1, state=state)], request("care", contact_class=SERVICE))
            assert kinds(decisions) == [("care", DEFERRED)]

    def test_takes_the_least_important_and_of_equal_ones_the_newest(self):
        contacts = [held(1, hours=3), held(2, hours=2), held(3, RETENTION, hours=1)]
        decisions, _ = outcome({"frequency_caps": [cap(3)]}, contacts, request("care", contact_class=SERVICE))
        assert [e.contact_id for e in decisions[0].pre_empted] == ["ctc2"]

    def test_takes_nothing_in_vain(self):
        """Two would have to yield, and one of them has reached the customer."""
        rules = {"frequency_caps": [cap(2), cap(1, hours=2) | {"name": "near"}]}
        contacts = [held(1, hours=5), held(2, hours=1, state=CLOSED)]
        decisions, after = outcome(rules, contacts, request("care", contact_class=SERVICE))
        assert kinds(decisions) == [("care", DEFERRED)]
        assert [e.contact_id for e in after.entries] == ["ctc1", "ctc2"]

    def test_makes_room_in_a_minimum_gap_too(self):
        rules = {"minimum_gaps": [{"name": "gap", "hours": 4}]}
        decisions, _ = outcome(rules, [held(1, hours=1), held(2, hours=2)], request("care", contact_class=SERVICE))
        assert decisions[0].kind == RELEASED
        assert {e.contact_id for e in decisions[0].pre_empted} == {"ctc1", "ctc2"}

    def test_a_rule_that_no_slot_cures_stands(self):
        rules = FULL | {"quiet_hours": [{"name": "night", "start": "11:00", "end": "15:00"}]}
        decisions, after = outcome(rules, [held(1)], request("care", contact_class=SERVICE))
        assert kinds(decisions) == [("care", DEFERRED)]
        assert [e.contact_id for e in after.entries] == ["ctc1"]

    def test_the_request_that_yields_may_go_in_another_channel(self):
        rules = {"frequency_caps": [cap(1, channels=["call"])]}
        contact, asked = held(1)
        asked = replace(asked, channels=("call", "branch"))
        decisions, after = outcome(rules, [(contact, asked)], request("care", contact_class=SERVICE))
        assert kinds(decisions) == [("care", RELEASED), ("r1", RELEASED)]
        assert [e.channel for e in after.entries] == ["call", "branch"]


contacts = st.lists(
    st.tuples(st.sampled_from((SERVICE, RETENTION, MARKETING)), st.integers(1, 30), st.sampled_from((OPEN, CLOSED))),
    max_size=6,
)
asked = st.lists(st.tuples(st.integers(0, 3), st.sampled_from((0.1, 0.9))), min_size=1, max_size=4)


@settings(max_examples=400, deadline=None)
@given(contacts, asked, st.integers(0, 4), st.integers(0, 3), st.sets(st.integers(0, 5)))
def test_whatever_yields_no_cap_is_exceeded_and_only_the_more_important_gain(known, wanted, day, near, in_hand):
    """Slots counted by hand; each that yields less important than who takes it; each request decided once."""
    pairs = [held(n, c, hours=h, state=s) for n, (c, h, s) in enumerate(known)]
    entries = sorted((c for c, _ in pairs), key=lambda e: e.at)
    idle = {c.contact_id: r for n, (c, r) in enumerate(pairs) if n not in in_hand}
    rules = policy(frequency_caps=[cap(day + 1), cap(near + 1, hours=6) | {"name": "near"}])
    requests = [request(f"a{n}", contact_class=c, score=s) for n, (c, s) in enumerate(wanted)]
    standing = Standing("c1", entries=list(entries))
    decisions, after = decide(standing, customer(), requests, rules, NOON, RUNNING, idle)
    plain, _ = decide(standing, customer(), requests, rules, NOON, RUNNING)
    assert standing.entries == entries
    taken = [e for d in decisions for e in d.pre_empted]
    assert len({e.contact_id for e in taken}) == len(taken)
    for decision in decisions:
        for gone in decision.pre_empted:
            assert gone.state == OPEN
            assert gone.contact_id in idle
            assert gone.contact_class > decision.request.contact_class
    decided_ids = [d.request.request_id for d in decisions]
    assert sorted(decided_ids) == sorted([r.request_id for r in requests] + [e.request_id for e in taken])
    kept = [e for e in entries if e not in taken]
    released = [d.request.request_id for d in decisions if d.kind == RELEASED]
    assert [e.contact_id for e in after.entries[: len(kept)]] == [e.contact_id for e in kept]
    assert sorted(e.request_id for e in after.entries[len(kept) :]) == sorted(released)
    for limit, window in ((day + 1, DAY), (near + 1, 6 * HOUR)):
        before = sum(1 for e in entries if e.at > NOON - window)
        assert sum(1 for e in after.entries if e.at > NOON - window) <= max(limit, before)
    if not taken:
        assert kinds(decisions) == kinds(plain)
    first = decisions[0].request
    assert (decisions[0].kind == RELEASED) == some_room(entries, idle, first.contact_class, day + 1, near + 1)


def some_room(entries, idle, contact_class, limit, near):
    """By trying all: whether the caps hold for one more when some of those that may yield are gone."""
    may_yield = [e for e in entries if e.contact_id in idle and e.state == OPEN and e.contact_class > contact_class]
    for count in range(len(may_yield) + 1):
        for gone in combinations(may_yield, count):
            left = [e.at for e in entries if e not in gone]
            if sum(at > NOON - DAY for at in left) < limit and sum(at > NOON - 6 * HOUR for at in left) < near:
                return True
    return False
