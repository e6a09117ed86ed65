"""Facts are counted from the entries of timelines alone, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rapport_cli.replay.facts import Cap, Facts
from rapport_cli.replay.wire import Said

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CAP = Cap(2, timedelta(hours=48))


class _Timeline:
    """Entries of one customer, told to `facts` in order."""

    def __init__(self, facts: Facts, customer_id: str = "c-1") -> None:
        self.facts = facts
        self.customer_id = customer_id
        self.seq = 0

    def add(self, kind: str, hour: float = 0, **body: Any) -> Said:
        """Tell an entry `hour` hours after the start."""
        self.seq += 1
        at = (START + timedelta(hours=hour)).isoformat()
        said = Said(f"touchpoint.{kind}.v1", {"customer_id": self.customer_id, "seq": self.seq, "at": at} | body)
        assert self.facts.take(said)
        return said

    def released(self, contact_id: str, hour: float = 0, *, channel: str = "call", goal: str = "deposit") -> Said:
        """A contact goes out."""
        return self.add("contact.released", hour, contact_id=contact_id, channel=channel, goal=goal)

    def responded(self, contact_id: str, outcome: str, hour: float = 0, **body: Any) -> Said:
        """The customer answers in a call."""
        about = {"contact_id": contact_id, "channel": "call", "outcome": outcome, "goal": "deposit"}
        return self.add("contact.responded", hour, **about | body)


class TestCounting:
    def test_decisions_and_their_reasons(self) -> None:
        facts = Facts("call")
        one = _Timeline(facts)
        one.released("k-1")
        one.add("contact.deferred", because={"reason": "quiet_hours"})
        one.add("contact.suppressed", because={"reason": "frequency_cap"})
        one.add("contact.expired", because={"reason": "expired"})
        one.add("contact.withdrawn", because={"reason": "withdrawn"})
        _Timeline(facts, "c-2").released("k-2", channel="web")
        assert dict(facts.decisions) == {"released": 2, "deferred": 1, "suppressed": 1, "expired": 1, "withdrawn": 1}
        assert dict(facts.reasons) == dict.fromkeys(("quiet_hours", "frequency_cap", "expired", "withdrawn"), 1)
        assert dict(facts.released) == {"call": 1, "web": 1}
        assert (facts.requests, facts.customers, facts.stopped_by_cap) == (5, 2, {"c-1"})

    def test_the_end_of_a_released_contact_is_no_decision(self) -> None:
        facts = Facts("call")
        one = _Timeline(facts)
        one.released("k-1")
        one.add("contact.expired", contact_id="k-1", channel="call")
        assert dict(facts.decisions) == {"released": 1}

    def test_an_entry_told_again_changes_nothing(self) -> None:
        facts = Facts("call")
        one = _Timeline(facts)
        entries = [one.released("k-1"), one.responded("k-1", "accepted")]
        assert [facts.take(entry) for entry in entries] == [False, False]
        assert (facts.entries, facts.decisions["released"], facts.accepted["call"]) == (2, 1, 1)

    def test_contacts_of_the_channel_are_numbered_per_customer(self) -> None:
        facts = Facts("call")
        one, other = _Timeline(facts), _Timeline(facts, "c-2")
        one.released("w", channel="web")
        for contact in ("k-1", "k-2"):
            one.released(contact)
        one.responded("k-2", "accepted")
        other.released("k-3")
        other.responded("k-3", "refused")
        assert dict(facts.nth_released) == {1: 2, 2: 1}
        assert dict(+facts.nth_accepted) == {2: 1}


class TestCap:
    @pytest.mark.parametrize(("third", "over"), [(47.9, 1), (48.0, 0), (49.0, 0)])
    def test_the_edge_of_the_window_is_outside(self, third: float, over: int) -> None:
        facts = Facts("call", CAP)
        one = _Timeline(facts)
        for contact, hour in (("k-1", 0.0), ("k-2", 24.0), ("k-3", third)):
            one.released(contact, hour)
        assert facts.over_cap == over

    def test_counts_one_channel_of_one_customer(self) -> None:
        facts = Facts("call", CAP)
        for customer in ("c-1", "c-2"):
            for number in range(2):
                one = _Timeline(facts, f"{customer}-{number}")
                one.released("a")
                one.released("b")
                one.released("c", channel="web")
        assert facts.over_cap == 0

    @pytest.mark.parametrize(
        ("kind", "body", "over"),
        [
            ("contact.responded", {"outcome": "no_answer", "gives_back": True}, 0),
            ("contact.responded", {"outcome": "refused"}, 1),
            ("contact.recalled", {"state": "leased"}, 0),
            ("contact.recalled", {"state": "sent"}, 1),
            ("contact.expired", {}, 0),
        ],
    )
    def test_what_did_not_reach_the_customer_does_not_count(self, kind: str, body: dict[str, Any], over: int) -> None:
        facts = Facts("call", CAP)
        one = _Timeline(facts)
        one.released("k-1")
        one.released("k-2")
        one.add(kind, contact_id="k-1", channel="call", **body)
        one.released("k-3", 1)
        assert facts.over_cap == over

    def test_without_a_cap_nothing_is_over_it(self) -> None:
        facts = Facts("call")
        one = _Timeline(facts)
        for number in range(50):
            one.released(f"k-{number}")
        assert facts.over_cap == 0


class TestAcceptance:
    def test_a_release_for_the_same_goal_afterwards_is_found(self) -> None:
        facts = Facts("call")
        one = _Timeline(facts)
        one.released("k-1")
        one.responded("k-1", "accepted")
        one.released("k-2", goal="card")
        assert facts.released_after_acceptance == 0
        one.released("k-3")
        assert facts.released_after_acceptance == 1

    def test_contacts_left_open_are_found_until_they_are_recalled(self) -> None:
        facts = Facts("call")
        one = _Timeline(facts)
        for channel in ("branch", "web", "call"):
            one.released(channel, channel=channel)
        assert facts.open_after_acceptance() == 0
        one.responded("call", "accepted")
        assert facts.open_after_acceptance() == 2
        for channel in ("branch", "web"):
            one.add("contact.recalled", contact_id=channel, channel=channel, state="open")
        assert facts.open_after_acceptance() == 0
        assert dict(facts.recalled) == {"branch": 1, "web": 1}

    def test_a_shown_banner_is_still_open(self) -> None:
        facts = Facts("call")
        one = _Timeline(facts)
        one.released("w", channel="web")
        one.add("contact.delivered", contact_id="w", channel="web", outcome="shown")
        one.add("acceptance.settled", status="accepted", goal="deposit")
        assert facts.open_after_acceptance() == 1

    @pytest.mark.parametrize("status", ["refused", "revoked"])
    def test_the_goal_is_open_again_when_the_ledger_says_so(self, status: str) -> None:
        facts = Facts("call")
        one = _Timeline(facts)
        one.released("k-1")
        one.responded("k-1", "accepted")
        one.add("acceptance.settled", status=status, goal="deposit")
        one.released("k-2")
        assert facts.released_after_acceptance == 0
        assert facts.settled[status] == 1
