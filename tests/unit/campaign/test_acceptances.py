"""When an acceptance is the success of a campaign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaign_service.domain.acceptances import Member, settle
from rapport.contracts.offers import AcceptanceRevoked, OfferAccepted
from rapport.contracts.vocabulary import Channel

FROM = datetime(2026, 11, 2, 8, tzinfo=UTC)
TO = FROM + timedelta(days=10)


def member() -> Member:
    return Member("c-1", "spring", "stay", FROM, TO, None, None, None, revoked=False)


def accepted(acceptance_id: str = "acc_1", **parts: Any) -> OfferAccepted:
    facts = {"customer_id": "c-1", "offer_id": "o-1", "term": "1", "goal": "stay", "category": "x", "at": FROM}
    return OfferAccepted.model_validate({"acceptance_id": acceptance_id, "channel": Channel.WEB, **facts, **parts})


def revoked(acceptance_id: str = "acc_1") -> AcceptanceRevoked:
    return AcceptanceRevoked(
        acceptance_id=acceptance_id, customer_id="c-1", offer_id="o-1", goal="stay", channel=Channel.WEB, at=FROM
    )


class TestSettle:
    def test_notes_the_acceptance_and_its_channel(self) -> None:
        found = member()
        assert settle(found, accepted())
        assert (found.acceptance_id, found.accepted_at, found.accepted_in) == ("acc_1", FROM, "web")

    @pytest.mark.parametrize(
        ("at", "counts"),
        [
            (FROM - timedelta(microseconds=1), False),
            (FROM, True),
            (TO - timedelta(microseconds=1), True),
            (TO, False),
        ],
    )
    def test_counts_from_the_taking_of_the_audience_to_the_end(self, at: datetime, counts: bool) -> None:
        assert settle(member(), accepted(at=at)) == counts

    def test_takes_no_other_goal(self) -> None:
        assert not settle(member(), accepted(goal="leave"))

    def test_keeps_the_first_of_several(self) -> None:
        found = member()
        settle(found, accepted("acc_1"))
        assert not settle(found, accepted("acc_2"))
        assert found.acceptance_id == "acc_1"

    def test_does_not_count_what_was_revoked_and_forgets_no_line(self) -> None:
        found = member()
        settle(found, accepted())
        assert settle(found, revoked())
        assert (found.revoked, found.acceptance_id) == (True, "acc_1")

    def test_counts_another_acceptance_after_a_revocation(self) -> None:
        found = member()
        assert settle(found, accepted("acc_1"))
        assert settle(found, revoked("acc_1"))
        assert settle(found, accepted("acc_2", channel=Channel.CALL))
        assert (found.revoked, found.acceptance_id, found.accepted_in) == (False, "acc_2", "call")

    def test_changes_nothing_when_told_everything_again(self) -> None:
        found = member()
        story: list[OfferAccepted | AcceptanceRevoked] = [accepted("acc_1"), revoked("acc_1")]
        for event in story:
            settle(found, event)
        assert not any(settle(found, event) for event in story)
        assert found.revoked

    def test_ignores_the_revocation_of_something_else(self) -> None:
        found = member()
        settle(found, accepted("acc_1"))
        assert not settle(found, revoked("acc_0"))
