"""What an attempt takes in from the timeline, and what follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaign_service.domain.attempts import Attempt, NextAttempt, next_attempt, take_in
from campaign_service.domain.plan import Attempts
from rapport.contracts.touchpoint import (
    Because,
    ContactDeferred,
    ContactDelivered,
    ContactExpired,
    ContactRecalled,
    ContactReleased,
    ContactResponded,
    ContactSuppressed,
    ContactWithdrawn,
    TimelineEvent,
)
from rapport.contracts.vocabulary import Channel, Outcome, Reason

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
END = NOW + timedelta(days=10)
THREE = Attempts(max=3, gap_hours=24)


def attempt(**parts: Any) -> Attempt:
    fresh: dict[str, Any] = {
        "customer_id": "c-1",
        "request_id": "spring.0.c-1.1",
        "campaign_id": "spring",
        "line": 0,
        "attempt": 1,
        "counted": 1,
        "status": "requested",
        "seq": 0,
        "channel": None,
        "released": False,
        "delivered": False,
        "outcomes": [],
    }
    return Attempt(**(fresh | parts))


def entry(kind: type[TimelineEvent], seq: int = 1, **parts: Any) -> Any:
    facts: dict[str, Any] = {"customer_id": "c-1", "seq": seq, "at": NOW, "request_id": "spring.0.c-1.1"}
    if kind not in (ContactDeferred, ContactSuppressed, ContactWithdrawn):
        facts |= {"contact_id": "ctc_1", "channel": Channel.CALL, "outcome_id": "o-1", "reason": Reason.GOAL_MET}
    facts |= {"because": Because(reason=Reason.FREQUENCY_CAP), "retry_at": NOW}
    return kind.model_validate(facts | parts)


def response(outcome: Outcome, seq: int = 1, **parts: Any) -> ContactResponded:
    found: ContactResponded = entry(ContactResponded, seq, outcome=outcome, **parts)
    return found


def follow(found: Attempt, said: ContactResponded, allowed: Attempts = THREE) -> NextAttempt | None:
    assert take_in(found, said)
    return next_attempt(found, said, allowed, END)


class TestTakeIn:
    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            (ContactReleased, "released"),
            (ContactDeferred, "deferred"),
            (ContactSuppressed, "suppressed"),
            (ContactExpired, "expired"),
            (ContactWithdrawn, "withdrawn"),
            (ContactRecalled, "recalled"),
        ],
    )
    def test_keeps_the_newest_decision(self, kind: type[TimelineEvent], status: str) -> None:
        found = attempt()
        assert take_in(found, entry(kind))
        assert found.status == status

    def test_remembers_that_and_where_it_was_released(self) -> None:
        found = attempt()
        take_in(found, entry(ContactReleased, 1, channel=Channel.SMS))
        take_in(found, entry(ContactRecalled, 2, channel=Channel.SMS))
        assert (found.status, found.released, found.channel) == ("recalled", True, "sms")

    def test_takes_a_request_that_was_never_released_for_that(self) -> None:
        found = attempt()
        take_in(found, entry(ContactDeferred, 1))
        take_in(found, entry(ContactSuppressed, 2))
        assert (found.status, found.released, found.channel) == ("suppressed", False, None)

    @pytest.mark.parametrize(
        ("outcome", "delivered"),
        [(Outcome.REFUSED, True), (Outcome.NO_ANSWER, False), (Outcome.WRONG_NUMBER, False), (Outcome.FAILED, False)],
    )
    def test_counts_a_response_of_the_customer_as_delivered(self, outcome: Outcome, delivered: bool) -> None:
        found = attempt()
        take_in(found, response(outcome))
        assert (found.delivered, found.outcomes) == (delivered, [outcome])

    def test_counts_a_receipt_as_delivered(self) -> None:
        found = attempt()
        take_in(found, entry(ContactDelivered, outcome=Outcome.SHOWN))
        assert found.delivered

    @pytest.mark.parametrize("seq", [4, 5])
    def test_changes_nothing_when_told_again_or_too_late(self, seq: int) -> None:
        found = attempt(seq=5, status="released", outcomes=["no_answer"])
        assert not take_in(found, response(Outcome.REFUSED, seq))
        assert found == attempt(seq=5, status="released", outcomes=["no_answer"])


class TestNextAttempt:
    @pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.FAILED])
    def test_follows_after_the_gap_when_nobody_was_reached(self, outcome: Outcome) -> None:
        assert follow(attempt(), response(outcome)) == NextAttempt(2, 2, NOW + timedelta(hours=24))

    def test_follows_until_the_line_has_used_up_its_attempts(self) -> None:
        assert follow(attempt(attempt=2, counted=2), response(Outcome.BUSY)) is not None
        assert follow(attempt(attempt=3, counted=3), response(Outcome.BUSY)) is None

    def test_comes_when_the_customer_asked_for_it_and_does_not_count(self) -> None:
        at = NOW + timedelta(days=3)
        said = response(Outcome.CALL_BACK, call_back_at=at)
        assert follow(attempt(attempt=3, counted=3), said) == NextAttempt(4, 3, at)

    def test_comes_after_the_gap_when_a_call_back_names_no_time(self) -> None:
        assert follow(attempt(), response(Outcome.CALL_BACK)) == NextAttempt(2, 1, NOW + timedelta(hours=24))

    @pytest.mark.parametrize(
        "outcome",
        [
            Outcome.ACCEPTED,
            Outcome.REFUSED,
            Outcome.WRONG_NUMBER,
            Outcome.DO_NOT_CONTACT,
            Outcome.COMPLAINT,
            Outcome.INTERESTED,
            Outcome.DISMISSED,
        ],
    )
    def test_does_not_follow_an_answer(self, outcome: Outcome) -> None:
        assert follow(attempt(), response(outcome)) is None

    def test_does_not_follow_once_the_line_has_ended(self) -> None:
        found = attempt()
        follow(found, response(Outcome.REFUSED, 1))
        assert follow(found, response(Outcome.NO_ANSWER, 2)) is None

    def test_does_not_follow_a_contact_that_had_been_recalled(self) -> None:
        assert follow(attempt(), response(Outcome.NO_ANSWER, after_recall=True)) is None

    def test_does_not_come_when_the_campaign_is_over(self) -> None:
        almost = END - timedelta(microseconds=1)
        assert follow(attempt(), response(Outcome.CALL_BACK, call_back_at=almost)) is not None
        assert follow(attempt(), response(Outcome.CALL_BACK, call_back_at=END)) is None
