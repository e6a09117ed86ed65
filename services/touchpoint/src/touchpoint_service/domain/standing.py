"""A customer's standing: what counts against the budgets now, in the order of the timeline.

Derived from the timeline and nothing else, so it can be rebuilt from it. One row per customer; whoever changes it holds
its lock.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from touchpoint_service.domain.windows import DAY

RETENTION = 92 * DAY
"""How long a closed contact is remembered: no rule may have a longer window."""


OPEN = "o"
SHOWN = "s"
CLOSED = "c"

FREEZE = "freeze"
"""What stands in the place of the outcome of a pause that is a freeze."""
BY_HAND = "by-hand"
"""And in the place of its rule where no rule has opened it."""

STAYS_OPEN = frozenset(("web", "branch", "hotline"))
"""Channels that still hold a contact when it has been shown."""


class Entry(NamedTuple):
    """A contact that counts: released and not given back. As a plain tuple it is what is stored.

    `state` is OPEN until a channel reports that it reached the customer, SHOWN when it did and the channel still holds
    it (a banner, a to-do), CLOSED when the channel is done with it.
    """

    at: int
    contact_id: str
    request_id: str
    channel: str
    category: str
    purpose: str
    contact_class: int
    campaign_id: str | None
    offer_id: str | None
    goal: str | None
    state: str = OPEN
    outcome: str | None = None
    """What came of it, once that is reported."""


class CoolDown(NamedTuple):
    """A pause that an outcome caused, or a freeze. `key` is what `scope` names, None for all.

    `until` None: for good; of a freeze: until it is closed.
    """

    until: int | None
    scope: str
    key: str | None
    rule: str
    outcome: str
    freeze_id: str | None = None

    @classmethod
    def freeze(cls, freeze_id: str, rule: str | None, until: int | None) -> CoolDown:
        """A freeze that a rule of the policy asked for, or (None) a person."""
        return cls(until, "all", None, rule or BY_HAND, FREEZE, freeze_id)


class GoalMet(NamedTuple):
    """An acceptance that meets a goal: nothing more goes out for it while one of them stands."""

    offer_id: str
    acceptance_id: str
    channel: str
    at: int


class Said(NamedTuple):
    """The customer's newest word on an offer: `interested`, `refused` or `call_back`."""

    at: int
    outcome: str
    channel: str
    call_back_at: int | None = None


REMEMBERED = frozenset(("interested", "refused", "call_back"))
"""What somebody says of an offer that is to be known when they appear elsewhere."""


@dataclass(slots=True)
class Standing:
    """What counts for one customer. `seq` numbers the newest timeline entry, `live` counts the waiting requests."""

    customer_id: str
    seq: int = 0
    live: int = 0
    entries: list[Entry] = field(default_factory=list)
    cool_downs: list[CoolDown] = field(default_factory=list)
    goals: dict[str, tuple[GoalMet, ...]] = field(default_factory=dict)
    """Every acceptance that stands for a goal, oldest first; a goal that is open is not in it."""
    at: int = 0
    """When the newest timeline entry was made."""
    said: dict[str, Said] = field(default_factory=dict)
    """By offer, the newest word on it, until the offer is accepted."""

    @classmethod
    def load(cls, customer_id: str, seq: int, live: int, raw: Mapping[str, Any]) -> Standing:
        """From the stored row."""
        return cls(
            customer_id,
            seq,
            live,
            list(map(Entry._make, raw.get("e", ()))),
            [CoolDown(*row) for row in raw.get("c", ())],  # rows from before there were freezes end sooner
            {goal: tuple(map(GoalMet._make, rows)) for goal, rows in raw.get("g", {}).items()},
            raw.get("t", 0),
            {offer_id: Said._make(row) for offer_id, row in raw.get("s", {}).items()},
        )

    def dump(self) -> bytes:
        """The body of the stored row."""
        raw: dict[str, Any] = {}
        if self.entries:
            raw["e"] = list(map(tuple, self.entries))
        if self.cool_downs:
            raw["c"] = list(map(tuple, self.cool_downs))
        if self.goals:
            raw["g"] = {goal: list(map(tuple, met)) for goal, met in self.goals.items()}
        if self.at:
            raw["t"] = self.at
        if self.said:
            raw["s"] = {offer_id: tuple(said) for offer_id, said in self.said.items()}
        return orjson.dumps(raw)

    def copy(self) -> Standing:
        """A standing that can be changed without changing this one; entries are replaced, never edited in place."""
        return Standing(
            self.customer_id,
            self.seq,
            self.live,
            list(self.entries),
            list(self.cool_downs),
            dict(self.goals),
            self.at,
            dict(self.said),
        )

    def prune(self, now: int) -> None:
        """Forget closed contacts and pauses that no rule can see any more, and what was said as long ago."""
        if self.entries and (self.entries[0].at <= now - RETENTION):
            self.entries = [e for e in self.entries if e.state != CLOSED or e.at > now - RETENTION]
        if self.cool_downs:
            self.cool_downs = [c for c in self.cool_downs if c.until is None or c.until > now]
        if self.said:
            long_ago = now - RETENTION
            self.said = {o: s for o, s in self.said.items() if max(s.at, s.call_back_at or 0) > long_ago}

    def find(self, contact_id: str) -> Entry | None:
        """The entry of a contact, if it counts."""
        for entry in self.entries:
            if entry.contact_id == contact_id:
                return entry
        return None

    def give_back(self, contact_id: str) -> bool:
        """The contact no longer counts; whether it did."""
        before = len(self.entries)
        self.entries = [e for e in self.entries if e.contact_id != contact_id]
        return len(self.entries) < before

    def count_again(self, entry: Entry) -> None:
        """A contact that was given back did reach the customer after all: it counts from when it was released."""
        insort(self.entries, entry, key=lambda e: e.at)

    def mark(self, contact_id: str, state: str, outcome: str | None = None) -> None:
        """The contact has reached the customer (SHOWN) or is done with (CLOSED): it counts for good.

        The newest outcome is kept; a contact that is done with stays so.
        """
        for index, entry in enumerate(self.entries):
            if entry.contact_id == contact_id:
                state = CLOSED if entry.state == CLOSED else state
                self.entries[index] = entry._replace(state=state, outcome=outcome or entry.outcome)
                return

    @property
    def accepted_offers(self) -> list[str]:
        """The offers whose acceptance stands."""
        return [one.offer_id for met in self.goals.values() for one in met]

    def meet(self, goal: str, met: GoalMet) -> None:
        """An acceptance meets a goal. Told again, as when the ledger confirms it, it stands since the first time."""
        self.said.pop(met.offer_id, None)
        known = self.goals.get(goal, ())
        if all(one.acceptance_id != met.acceptance_id for one in known):
            self.goals[goal] = (*known, met)

    def unmeet(self, acceptance_id: str) -> None:
        """An acceptance does not stand: what it alone has met is open again."""
        left = {goal: tuple(m for m in met if m.acceptance_id != acceptance_id) for goal, met in self.goals.items()}
        self.goals = {goal: met for goal, met in left.items() if met}

    def answer(self, offer_id: str | None, said: Said) -> None:
        """The customer has said something of an offer; what is not to be known elsewhere is not kept."""
        if offer_id is not None and said.outcome in REMEMBERED:
            self.said[offer_id] = said

    def thaw(self, freeze_id: str) -> None:
        """A freeze is closed."""
        self.cool_downs = [c for c in self.cool_downs if c.freeze_id != freeze_id]

    def held_for(self, goal: str) -> list[Entry]:
        """Contacts for a goal that a channel still holds."""
        return [e for e in self.entries if e.state != CLOSED and e.goal == goal]
