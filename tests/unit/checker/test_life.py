"""What follows from a timeline: what counts, what is held, which goals are met."""

from __future__ import annotations

from typing import Any

import pytest

from rapport_cli.checker.life import CLOSED, KINDS, OPEN, SHOWN, Life


class Told:
    """A life, told entry by entry."""

    def __init__(self) -> None:
        self.notes: list[tuple[int, str]] = []
        self.life = Life(lambda invariant, what: self.notes.append((invariant, what)))
        self.seq = 0

    def __call__(self, kind: str, contact_id: str | None = "x", **facts: Any) -> Told:
        self.seq += 1
        plain = {"seq": self.seq, "at": "2026-03-03T12:00:00+00:00", "contact_id": contact_id, "channel": "call"}
        self.life.take(kind, plain | {"request_id": f"r_{contact_id}", "goal": "loan"} | facts)
        return self

    def state(self, contact_id: str = "x") -> str:
        """`o`, `s` or `c` of a contact that counts, else nothing; with a star while it is held."""
        contact = self.life.contacts[contact_id]
        return (contact.mark if contact.counts else "") + ("*" if contact.held else "")


def released(**facts: Any) -> Told:
    return Told()("contact.released", **facts)


def recalled(told: Told, **facts: Any) -> Told:
    return told("contact.recalled", reason="withdrawn", **facts)


class TestWhatCounts:
    def test_a_release_counts_and_is_held(self):
        assert released().state() == OPEN + "*"

    @pytest.mark.parametrize(("channel", "state"), [("web", SHOWN + "*"), ("call", CLOSED), ("email", CLOSED)])
    def test_delivered_counts_for_good_and_stays_where_it_can_be_answered(self, channel: str, state: str):
        told = released(channel=channel)("contact.delivered", outcome="shown", outcome_id="o")
        assert told.state() == state

    def test_recalled_before_anybody_was_reached_counts_no_more(self):
        assert recalled(released()).state() == ""

    def test_recalled_after_it_was_shown_counts(self):
        told = released(channel="branch")("contact.delivered", outcome="shown", outcome_id="o")
        assert recalled(told).state() == CLOSED

    def test_expired_is_like_recalled(self):
        assert released()("contact.expired").state() == ""

    def test_given_back_does_not_count(self):
        told = released()("contact.responded", outcome="no_answer", outcome_id="o", gives_back=True)
        assert told.state() == ""

    @pytest.mark.parametrize(
        ("kind", "facts"),
        [
            ("contact.delivered", {"outcome": "delivered", "outcome_id": "o"}),
            ("contact.responded", {"outcome": "refused", "outcome_id": "o"}),
            ("recall.answered", {"answer": "too_late"}),
        ],
    )
    def test_reached_after_all_counts_again(self, kind: str, facts: dict[str, str]):
        assert recalled(released())(kind, **facts).state() == CLOSED

    def test_withdrawn_in_time_stays_given_back(self):
        assert recalled(released())("recall.answered", answer="withdrawn").state() == ""

    def test_an_answer_that_is_missed_changes_nothing(self):
        told = recalled(released())("recall.unanswered", level=1)("recall.unanswered", level=2)
        assert (told.state(), told.notes) == ("", [])
        assert told("recall.answered", answer="too_late").state() == CLOSED

    @pytest.mark.parametrize(
        "told",
        [
            pytest.param(released(), id="not recalled"),
            pytest.param(recalled(released())("recall.answered", answer="withdrawn"), id="answered"),
            pytest.param(
                recalled(released())("contact.responded", outcome="busy", outcome_id="o", gives_back=True),
                id="told of",
            ),
            pytest.param(recalled(released())("recall.unanswered", level=1), id="missed on this level before"),
        ],
    )
    def test_an_answer_that_is_missed_without_being_owed_is_noted(self, told: Told):
        assert [invariant for invariant, _ in told("recall.unanswered", level=1).notes] == [6]

    def test_a_recall_of_what_nobody_holds_is_noted(self):
        told = recalled(recalled(released()))
        assert [invariant for invariant, _ in told.notes] == [6]

    def test_an_entry_about_an_unknown_contact_is_noted(self):
        told = Told()("contact.delivered", outcome="shown", outcome_id="o")
        assert [invariant for invariant, _ in told.notes] == [6]


class TestGoals:
    def accept(self, told: Told, acceptance_id: str = "a1", contact_id: str = "x") -> Told:
        return told(
            "contact.responded", contact_id, outcome="accepted", outcome_id=acceptance_id, acceptance_id=acceptance_id
        )

    def settle(self, told: Told, status: str, acceptance_id: str = "a1", contact_id: str | None = None) -> Told:
        return told("acceptance.settled", contact_id or "", acceptance_id=acceptance_id, status=status)

    def test_met_until_refused_or_revoked(self):
        for status in ("refused", "revoked"):
            told = self.accept(released())
            assert told.life.accepted("loan") is not None
            assert self.settle(told, status).life.accepted("loan") is None

    def test_one_of_two_that_goes_leaves_the_other(self):
        told = self.settle(self.settle(self.accept(released()), "accepted", "a2"), "refused", "a2")
        met = told.life.accepted("loan")
        assert met is not None
        assert met.acceptance_id == "a1"

    def test_the_others_must_be_recalled_before_anything_else(self):
        told = released()("contact.released", "y", channel="web")
        self.accept(told)("contact.recalled", "y", reason="already_accepted")("contact.released", "z", goal="card")
        assert told.notes == []
        told = released()("contact.released", "y", channel="web")
        self.accept(told)("contact.released", "z", goal="card")
        assert [invariant for invariant, _ in told.notes] == [2]

    def test_what_is_left_at_the_end_is_noted(self):
        told = self.accept(released()("contact.released", "y", channel="web"))
        told.life.pay("at all")
        assert [invariant for invariant, _ in told.notes] == [2]

    def test_a_message_may_have_left_the_house(self):
        told = self.accept(released()("contact.released", "y", channel="sms"))
        told.life.pay("at all")
        assert told.notes == []
        told = released(channel="sms")("acceptance.settled", acceptance_id="a1", status="accepted")
        assert told.life.contacts["x"].perhaps_sent

    def test_a_contact_for_another_goal_stays(self):
        told = self.accept(released()("contact.released", "y", channel="web", goal="card"))
        told.life.pay("at all")
        assert told.notes == []
        assert told.state("y") == OPEN + "*"


def test_requests_end_as_often_as_the_timeline_says():
    told = released()("contact.expired", None, request_id="r_x", because={"reason": "expired"})
    assert told.life.ends == {"r_x": ["released", "expired"]}


def test_do_not_contact_is_for_good():
    told = released()("contact.responded", outcome="do_not_contact", outcome_id="o")
    assert [(pause.until, pause.scope) for pause in told.life.pauses] == [(None, "all")]


def test_a_stop_shows_in_suppressions_and_recalls():
    told = Told()("contact.suppressed", campaign_id="c1", because={"reason": "campaign_stopped"})
    told("contact.suppressed", campaign_id="c2", because={"reason": "goal_met"})
    told("contact.released", "y", campaign_id="c3")(
        "contact.recalled", "y", campaign_id="c3", reason="campaign_stopped"
    )
    assert told.life.stopped == {"c1": 1, "c3": 4}


def test_all_kinds_of_the_contract_are_known():
    from rapport.contracts.touchpoint import TIMELINE_EVENTS

    assert {event.event_type for event in TIMELINE_EVENTS} == {f"touchpoint.{kind}.v1" for kind in KINDS}
