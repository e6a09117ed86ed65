"""What a check found: which invariants were looked at, and where each one is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

INVARIANTS = {
    1: "No released contact breaks the policy version stamped on it",
    2: "After an acceptance nothing for its goal is released or stays open",
    3: "Every request ends exactly once, or is live with a next look",
    4: "Every reported outcome is on the timeline once; the timeline has no gap",
    5: "Nothing is oversold; one acceptance per customer, offer and term",
    6: "Standings say what the timeline says",
    7: "Every event reached its topic in order; replicas equal their sources",
    8: "Nothing of a stopped campaign is released or stays open",
    9: "An erased customer is nowhere",
    10: "Nobody approved their own change",
}

KEPT = 50
"""Violations of one invariant that are kept; further ones are only counted: a wreck does not fill the memory."""

Progress = Callable[[str, int, int], None]
"""Called now and then with the step, how far it is, and how far it goes (0: unknown)."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where an invariant does not hold. `key` is the customer, or whatever else it is about."""

    invariant: int
    key: str
    what: str

    def __str__(self) -> str:
        return f"invariant {self.invariant}, {self.key}: {self.what}"


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over the whole timeline."""

    customers: int
    entries: int
    released: int
    over_cap: int
    """Contacts released although a frequency cap was full."""
    released_after_acceptance: int


@dataclass(slots=True)
class Findings:
    """The result of a check; filled while it runs."""

    checked: list[int] = field(default_factory=list)
    broken: list[Violation] = field(default_factory=list)
    counts: Counter[int] = field(default_factory=Counter)
    """How many violations of each invariant there are, also those that are not kept."""
    tally: Counter[str] = field(default_factory=Counter)

    @property
    def ok(self) -> bool:
        """Whether all that was checked holds."""
        return not self.counts

    @property
    def figures(self) -> Figures:
        """What was counted on the way."""
        return Figures(**{name: self.tally[name] for name in Figures.__slots__})

    def add(self, invariant: int, key: str, what: str) -> None:
        """Note a violation."""
        self.counts[invariant] += 1
        if self.counts[invariant] <= KEPT:
            self.broken.append(Violation(invariant, key, what))

    def as_json(self) -> dict[str, Any]:
        """The members of `rapport check --json`."""
        return {
            "ok": self.ok,
            "checked": self.checked,
            "broken": self.broken,
            "counts": {str(number): count for number, count in sorted(self.counts.items())},
            "figures": self.figures,
        }
