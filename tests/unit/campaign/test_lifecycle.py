"""Which way a plan may go, and who may approve it."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from campaign_service.domain.lifecycle import may_approve, may_become
from rapport.contracts.campaign import PlanState

LEGAL = {
    ("draft", "draft"),
    ("submitted", "draft"),
    ("approved", "draft"),
    ("draft", "submitted"),
    ("submitted", "approved"),
    ("approved", "running"),
    ("paused", "running"),
    ("running", "paused"),
    ("approved", "stopped"),
    ("running", "stopped"),
    ("paused", "stopped"),
    ("running", "finished"),
    ("paused", "finished"),
}


class TestLifecycle:
    @pytest.mark.parametrize(("present", "wanted"), [*product(get_args(PlanState), repeat=2)])
    def test_knows_the_legal_ways_and_no_others(self, present: PlanState, wanted: PlanState) -> None:
        assert may_become(present, wanted) == ((present, wanted) in LEGAL)


class TestApproval:
    def test_is_by_somebody_who_has_no_part_in_the_plan(self) -> None:
        assert may_approve("carol", ["alice", "bob"])

    @pytest.mark.parametrize("subject", ["alice", "bob"])
    def test_is_never_ones_own(self, subject: str) -> None:
        assert not may_approve(subject, ["alice", "bob"])
