"""How counts become the figures of a campaign."""

from __future__ import annotations

import pytest

from campaign_service.domain.results import Figures, Side, add_up
from campaign_service.schemas import Results
from rapport.contracts.vocabulary import Channel


def figures() -> Figures:
    return add_up(
        Figures("spring", "running"),
        [
            (None, {"requested": 5, "released": 0, "deferred": 5}),
            ("call", {"requested": 4, "released": 4}),
            ("web", {"requested": 2, "released": 2}),
        ],
        [("call", "no_answer", 3), ("call", "accepted", 1), ("web", "accepted", 1)],
        [
            (False, True, None, 6),
            (False, True, "call", 1),
            (False, False, "branch", 1),
            (True, False, "web", 1),
            (True, False, None, 3),
        ],
    )


class TestFigures:
    def test_add_up_over_the_channels(self) -> None:
        found = figures()
        assert found.stages == {"requested": 11, "released": 6, "deferred": 5}
        assert found.responded == {"no_answer": 3, "accepted": 2}

    def test_tell_where_people_accepted_also_where_nobody_was_contacted(self) -> None:
        assert {name: channel.accepted for name, channel in figures().channels.items()} == {
            "call": 1,
            "web": 1,
            "branch": 1,
        }

    def test_compare_everybody_outside_the_control_group_with_it(self) -> None:
        found = figures()
        assert (found.audience, found.control) == (Side(12, 3), Side(4, 1))
        assert (found.targeted, found.contacted) == (Side(8, 2), Side(7, 1))
        assert found.lift == pytest.approx(2 / 8 - 1 / 4)

    def test_know_no_rate_of_nobody(self) -> None:
        empty = add_up(Figures("spring", "draft"), [], [], [])
        assert (empty.targeted.rate, empty.lift) == (None, None)

    def test_fit_the_document_that_the_api_gives(self) -> None:
        shown = Results.model_validate(figures())
        assert shown.channels[Channel.CALL].stages.released == 4
        assert shown.targeted.rate == 0.25
