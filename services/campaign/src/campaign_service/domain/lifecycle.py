"""The life of a plan: written, submitted, approved by somebody else, run, and ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from rapport.contracts.campaign import PlanState

_FROM: Mapping[PlanState, frozenset[PlanState]] = MappingProxyType(
    {
        "draft": frozenset({"draft", "submitted", "approved"}),  # every edit takes a submission and an approval back
        "submitted": frozenset({"draft"}),
        "approved": frozenset({"submitted"}),
        "running": frozenset({"approved", "paused"}),
        "paused": frozenset({"running"}),
        "stopped": frozenset({"approved", "running", "paused"}),
        "finished": frozenset({"running", "paused"}),
    }
)


def may_become(present: PlanState, wanted: PlanState) -> bool:
    """Whether a plan in state `present` may go to state `wanted`."""
    return present in _FROM[wanted]


def may_approve(subject: str, authors: Collection[str]) -> bool:
    """Nobody approves their own change: an approver has neither written nor submitted any of the plan."""
    return subject not in authors
