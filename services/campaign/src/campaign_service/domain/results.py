"""The figures of a campaign: contacts are counted by attempt, people by customer.

The fair comparison with the control group is everybody outside it (`targeted`), contacted or not: whom the gate let
through, or who could be reached, differs from the average before any contact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rapport.contracts.campaign import PlanState

STAGES = (
    "planned",
    "requested",
    "released",
    "delivered",
    "deferred",
    "suppressed",
    "expired",
    "withdrawn",
    "recalled",
)


@dataclass(slots=True)
class Side:
    """A group of customers, and how many of them have accepted."""

    members: int = 0
    accepted: int = 0

    @property
    def rate(self) -> float | None:
        """The share that has accepted; None for an empty group."""
        return self.accepted / self.members if self.members else None


@dataclass(slots=True)
class ChannelFigures:
    """What came of the contacts in one channel; `accepted` counts acceptances made in it."""

    stages: Counter[str] = field(default_factory=Counter)
    responded: Counter[str] = field(default_factory=Counter)
    accepted: int = 0


@dataclass(slots=True)
class Figures:
    """All figures of one campaign."""

    campaign_id: str
    state: PlanState
    stages: Counter[str] = field(default_factory=Counter)
    responded: Counter[str] = field(default_factory=Counter)
    channels: dict[str, ChannelFigures] = field(default_factory=dict)
    targeted: Side = field(default_factory=Side)
    contacted: Side = field(default_factory=Side)
    control: Side = field(default_factory=Side)

    @property
    def audience(self) -> Side:
        """Everybody."""
        return Side(self.targeted.members + self.control.members, self.targeted.accepted + self.control.accepted)

    @property
    def lift(self) -> float | None:
        """How much more often those outside the control group accepted; None without members on both sides."""
        targeted, control = self.targeted.rate, self.control.rate
        return None if targeted is None or control is None else targeted - control

    def channel(self, name: str) -> ChannelFigures:
        """The figures of one channel."""
        return self.channels.setdefault(name, ChannelFigures())


def add_up(
    figures: Figures,
    attempts: Iterable[tuple[str | None, Mapping[str, int]]],
    outcomes: Iterable[tuple[str, str, int]],
    members: Iterable[tuple[bool, bool, str | None, int]],
) -> Figures:
    """Add what was counted to fresh figures; those.

    Args:
        figures: all zero.
        attempts: (channel of the newest release, number per stage).
        outcomes: (channel, outcome, number).
        members: (in the control group, contacted, channel of the acceptance that stands, number).
    """
    for channel, stages in attempts:
        figures.stages.update(stages)
        if channel is not None:
            figures.channel(channel).stages.update(stages)
    for channel, outcome, number in outcomes:
        figures.responded[outcome] += number
        figures.channel(channel).responded[outcome] += number
    for control, contacted, accepted_in, number in members:
        groups = [figures.control if control else figures.targeted] + [figures.contacted] * contacted
        for group in groups:
            group.members += number
            group.accepted += number * (accepted_in is not None)
        if accepted_in is not None:
            figures.channel(accepted_in).accepted += number
    return figures
