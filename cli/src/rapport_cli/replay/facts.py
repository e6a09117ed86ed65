"""What the system says it did, counted from `touchpoint.contacts`. Nothing here knows the log that is replayed.

What always holds: an entry of a customer's timeline counts once, however often it is delivered (`seq` rises); whether a
contact was over the cap, or came after an acceptance, is judged from the entries before it alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rapport.contracts.touchpoint import (
    AcceptanceSettled,
    ContactDeferred,
    ContactDelivered,
    ContactExpired,
    ContactRecalled,
    ContactReleased,
    ContactResponded,
    ContactSuppressed,
    ContactWithdrawn,
)
from rapport_cli.replay.wire import Said

_ENDS = {
    ContactReleased.event_type: "released",
    ContactSuppressed.event_type: "suppressed",
    ContactExpired.event_type: "expired",
    ContactWithdrawn.event_type: "withdrawn",
}
_DECISIONS = _ENDS | {ContactDeferred.event_type: "deferred"}
_ANSWERS = (ContactDelivered.event_type, ContactResponded.event_type)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` contacts of the campaign in the log's channel inside the window that ends now."""

    limit: int
    window: timedelta


@dataclass(slots=True)
class _Customer:
    seq: int = 0
    times: int = 0
    """How often the customer was contacted in the log's channel."""
    counted: dict[str, str] = field(default_factory=dict)
    """Contacts that the cap counts, by id: when they were released."""
    open: dict[str, str] = field(default_factory=dict)
    """Contacts that a channel holds, by id: their goal."""
    goals: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Facts:
    """Counts of one run."""

    channel: str
    """The channel that the log tells of."""
    cap: Cap | None = None
    entries: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    released: Counter[str] = field(default_factory=Counter)
    """By channel; so are the next two."""
    accepted: Counter[str] = field(default_factory=Counter)
    recalled: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    """What the ledger said of acceptances."""
    nth_released: Counter[int] = field(default_factory=Counter)
    """How many customers were contacted in the log's channel a first, a second, … time."""
    nth_accepted: Counter[int] = field(default_factory=Counter)
    """How many of them accepted then."""
    stopped_by_cap: set[str] = field(default_factory=set)
    """Customers of whom a contact was suppressed by a frequency cap."""
    over_cap: int = 0
    released_after_acceptance: int = 0
    _customers: dict[str, _Customer] = field(default_factory=dict)

    @property
    def customers(self) -> int:
        """How many customers something was decided or reported about."""
        return len(self._customers)

    @property
    def requests(self) -> int:
        """How many requests came to an end."""
        return sum(self.decisions[end] for end in _ENDS.values())

    def open_after_acceptance(self) -> int:
        """Contacts that a channel still holds although their goal is met."""
        return sum(goal in one.goals for one in self._customers.values() for goal in one.open.values())

    def take(self, said: Said) -> bool:
        """Count an entry; False for one that was counted before."""
        kind, body = said
        one = self._customers.setdefault(body["customer_id"], _Customer())
        if body["seq"] <= one.seq:
            return False
        one.seq = body["seq"]
        self.entries += 1
        if kind in _DECISIONS:
            self._decided(kind, one, body)
        elif kind in _ANSWERS:
            self._answered(one, body)
        elif kind == ContactRecalled.event_type:
            self.recalled[body["channel"]] += 1
            one.open.pop(body["contact_id"], None)
            if body.get("state") in ("open", "leased", "sending"):
                one.counted.pop(body["contact_id"], None)
        elif kind == AcceptanceSettled.event_type:
            self._settled(one, body)
        return True

    def _decided(self, kind: str, one: _Customer, body: Mapping[str, Any]) -> None:
        contact_id = body.get("contact_id")
        if kind == ContactReleased.event_type:
            self._released(one, body)
        elif contact_id is not None:  # a released contact that nobody took up: its request had ended before
            one.open.pop(contact_id, None)
            one.counted.pop(contact_id, None)
            return
        self.decisions[_DECISIONS[kind]] += 1
        because = body.get("because")
        if because is not None:
            self.reasons[because["reason"]] += 1
            if kind == ContactSuppressed.event_type and because["reason"] == "frequency_cap":
                self.stopped_by_cap.add(body["customer_id"])

    def _released(self, one: _Customer, body: Mapping[str, Any]) -> None:
        channel, contact_id, goal = body["channel"], body["contact_id"], body.get("goal")
        self.released[channel] += 1
        self.released_after_acceptance += goal in one.goals
        one.open[contact_id] = goal or ""
        if channel != self.channel:
            return
        one.times += 1
        self.nth_released[one.times] += 1
        if self.cap is not None:
            begins = datetime.fromisoformat(body["at"]) - self.cap.window
            counted = sum(datetime.fromisoformat(at) > begins for at in one.counted.values())
            self.over_cap += counted >= self.cap.limit
            one.counted[contact_id] = body["at"]

    def _answered(self, one: _Customer, body: Mapping[str, Any]) -> None:
        outcome, contact_id = body["outcome"], body["contact_id"]
        self.outcomes[outcome] += 1
        if outcome not in ("shown", "opened", "delivered") or body["channel"] == "call":
            one.open.pop(contact_id, None)
        if body.get("gives_back"):
            one.counted.pop(contact_id, None)
        if outcome == "accepted":
            self.accepted[body["channel"]] += 1
            self.nth_accepted[one.times] += body["channel"] == self.channel
            if body.get("goal"):
                one.goals.add(body["goal"])

    def _settled(self, one: _Customer, body: Mapping[str, Any]) -> None:
        self.settled[body["status"]] += 1
        if body["status"] == "accepted":
            one.goals.add(body["goal"])
        else:
            one.goals.discard(body["goal"])
