"""What the demo counts from the system's own events."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rapport.contracts.touchpoint import (
    AcceptanceSettled,
    ContactDeferred,
    ContactDelivered,
    ContactExpired,
    ContactRecalled,
    ContactReleased,
    ContactResponded,
    RecallAnswered,
    TimelineEvent,
)
from rapport_cli.demo.tally import Life, Tally
from rapport_cli.replay.wire import Said

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Told:
    """A tally that events are handed to."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.seq = 0

    def hear(self, event: type[TimelineEvent], *, at: datetime = START, announced: float = 0.0, **body: Any) -> None:
        self.seq += 1
        known = {"customer_id": "c1", "seq": self.seq, "at": at.isoformat(), "request_id": "r1"}
        self.tally.take(Said(event.event_type, known | body), announced)

    def released(self, contact_id: str = "k1", channel: str = "call", *, at: datetime = START) -> None:
        self.hear(ContactReleased, contact_id=contact_id, channel=channel, goal="g", at=at)

    @property
    def life(self) -> Life:
        return self.tally.lives["c1"]


@pytest.fixture
def told() -> Told:
    return Told()


class TestBudget:
    @pytest.mark.parametrize(
        ("days", "most"), [([], 0), ([0], 1), ([0, 1, 2], 3), ([0, 6.99], 2), ([0, 7], 1), ([0, 5, 8, 11], 3)]
    )
    def test_is_counted_within_seven_days(self, told: Told, days: list[float], most: int) -> None:
        for day in days:
            told.released(f"k{day}", at=START + timedelta(days=day))
        assert told.life.most == most

    def test_is_given_back_by_what_did_not_reach_the_customer(self, told: Told) -> None:
        for number in range(3):
            told.released(f"k{number}")
        told.hear(ContactResponded, contact_id="k0", channel="call", outcome="no_answer", gives_back=True)
        told.hear(ContactRecalled, contact_id="k1", channel="call", reason="goal_met", state="open")
        told.hear(ContactExpired, contact_id="k2", channel="call")
        told.released("k3")
        assert told.life.counted.keys() == {"k3"}
        assert told.life.most == 3

    def test_is_spent_by_what_was_shown_before_its_recall(self, told: Told) -> None:
        told.released(channel="web")
        told.hear(ContactDelivered, contact_id="k1", channel="web", outcome="shown", outcome_id="o1")
        told.hear(ContactRecalled, contact_id="k1", channel="web", reason="goal_met", state="shown")
        assert told.life.counted.keys() == {"k1"}


class TestTake:
    def test_counts_an_entry_once(self, told: Told) -> None:
        told.released()
        told.seq -= 1
        told.released()
        assert told.tally.decisions == {"released": 1}

    def test_counts_reached_contacts_once_however_often_they_answer(self, told: Told) -> None:
        told.released(channel="web")
        told.hear(ContactDelivered, contact_id="k1", channel="web", outcome="shown", outcome_id="o1")
        told.hear(ContactResponded, contact_id="k1", channel="web", outcome="dismissed", outcome_id="o2")
        assert told.tally.reached == {"web": 1}

    def test_tells_of_messages_that_reached_somebody_once(self, told: Told) -> None:
        told.released(channel="sms")
        told.hear(ContactDelivered, contact_id="k1", channel="sms", outcome="delivered", outcome_id="o1")
        assert told.tally.messages_reached() == [("c1", "r1")]
        assert told.tally.messages_reached() == []

    def test_keeps_reasons_apart_by_kind_of_decision(self, told: Told) -> None:
        told.hear(ContactDeferred, because={"reason": "quiet_hours"}, channel="call")
        assert told.tally.because == {"deferred": {"quiet_hours": 1}}
        assert told.life.deferred == {"quiet_hours": 1}

    def test_measures_each_recall_from_the_yes(self, told: Told) -> None:
        told.released()
        before = time.time()
        told.tally.expect_recalls("c1", "g")
        told.hear(
            ContactRecalled,
            contact_id="k1",
            channel="call",
            goal="g",
            reason="already_accepted",
            accepted_in="web",
            announced=before + 0.5,
        )
        (seconds,) = told.tally.recall_seconds
        assert 0.4 < seconds <= 0.5
        assert told.life.recalled == {"call": 1}
        assert told.tally.taken_back == {"k1"}

    def test_remembers_where_a_goal_was_met_first(self, told: Told) -> None:
        for channel in ("web", "call"):
            told.hear(AcceptanceSettled, acceptance_id=channel, status="accepted", channel=channel, goal="g")
        assert told.life.accepted == {"g": "web"}
        assert told.tally.accepted == {"web": 1, "call": 1}

    def test_counts_answers_that_came_too_late(self, told: Told) -> None:
        told.hear(RecallAnswered, contact_id="k1", channel="call", answer="too_late")
        told.hear(RecallAnswered, contact_id="k2", channel="call", answer="withdrawn")
        assert told.tally.too_late == 1

    def test_sorts_releases_by_day(self, told: Told) -> None:
        told.released("k1")
        told.released("k2", at=START + timedelta(days=1))
        assert told.tally.days == {"2026-03-02": {"call": 1}, "2026-03-03": {"call": 1}}
