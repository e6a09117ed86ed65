"""A standing as a fold of the timeline: built entry by entry, by the changes that the gate made when it wrote them.

What always holds: folding all entries of a timeline gives the stored standing, except for what one of the two has
forgotten by now (`Standing.prune`). Requests are not on the timeline before they are decided, so `live` is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from rapport.clock import to_micros
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
    FreezeClosed,
    FreezeOpened,
    RecallAnswered,
    RecallUnanswered,
)
from rapport.contracts.vocabulary import ContactClass, Outcome
from touchpoint_service.domain.standing import (
    CLOSED,
    OPEN,
    SHOWN,
    STAYS_OPEN,
    CoolDown,
    Entry,
    GoalMet,
    Said,
    Standing,
)


class TimelineEntry(NamedTuple):
    """An entry as it is stored: number, instant (µs), event type, and the event. `QUIET` ones need no body."""

    seq: int
    at: int
    type: str
    body: Mapping[str, Any]


class UnreadableTimeline(Exception):
    """An entry says nothing that this version understands, so nothing follows from the timeline."""

    def __init__(self, entry: TimelineEntry) -> None:
        super().__init__(f"entry {entry.seq}, a {entry.type}")
        self.seq = entry.seq
        self.type = entry.type


@dataclass(slots=True)
class Fold:
    """What follows from the entries so far."""

    standing: Standing
    all_told: bool = True
    """Whether each answer told the pauses that it started; those of before this was recorded did not."""
    released: dict[str, Entry] = field(default_factory=dict)
    """Every contact as it was when it was released, whether it still counts or not."""

    def take(self, entry: TimelineEntry) -> None:
        """Go on by one entry.

        Raises:
            UnreadableTimeline: its type is unknown, or it lacks what its type must have.
        """
        if entry.type not in QUIET:
            try:
                _CHANGES[entry.type](self, entry.at, entry.body)
            except (KeyError, TypeError, ValueError, AttributeError):
                raise UnreadableTimeline(entry) from None
        self.standing.seq, self.standing.at = entry.seq, entry.at

    def count(self, contact_id: str, state: str, outcome: str | None = None) -> None:
        """The contact reached the customer: it counts, and for good."""
        if self.standing.find(contact_id) is None:
            self.standing.count_again(self.released[contact_id]._replace(state=state, outcome=outcome))
        else:
            self.standing.mark(contact_id, state, outcome)

    def end(self, contact_id: str) -> None:
        """The channel no longer holds the contact: what never reached the customer does not count."""
        entry = self.standing.find(contact_id)
        if entry is None:
            return
        if entry.state == OPEN:
            self.standing.give_back(contact_id)
        else:
            self.standing.mark(contact_id, CLOSED)


def fold(customer_id: str, entries: Iterable[TimelineEntry], live: int = 0) -> Fold:
    """The standing that follows from a whole timeline, oldest entry first. Nothing is forgotten yet.

    Raises:
        UnreadableTimeline: some entry is not understood.
    """
    found = Fold(Standing(customer_id, live=live))
    for entry in entries:
        found.take(entry)
    return found


def _released(found: Fold, at: int, body: Mapping[str, Any]) -> None:
    say = body.get
    entry = Entry(
        at,
        body["contact_id"],
        body["request_id"],
        body["channel"],
        body["category"],
        body["purpose"],
        _RANKS[body["contact_class"]],
        say("campaign_id"),
        say("offer_id"),
        say("goal"),
    )
    found.released[entry.contact_id] = entry
    found.standing.entries.append(entry)


def _ended(found: Fold, _at: int, body: Mapping[str, Any]) -> None:
    """Recalled or expired; an expiry without a contact is that of a request, which never counted."""
    contact_id = body.get("contact_id")
    if contact_id is not None:
        found.end(contact_id)


def _recall_answered(found: Fold, _at: int, body: Mapping[str, Any]) -> None:
    if body["answer"] == "too_late":
        found.count(body["contact_id"], CLOSED)


def _delivered(found: Fold, _at: int, body: Mapping[str, Any]) -> None:
    contact_id = body["contact_id"]
    entry = found.standing.find(contact_id)
    held = entry is not None and entry.state != CLOSED
    state = SHOWN if held and body["channel"] in STAYS_OPEN else CLOSED
    found.count(contact_id, state, body["outcome"])


def _responded(found: Fold, at: int, body: Mapping[str, Any]) -> None:
    contact_id, outcome = body["contact_id"], body["outcome"]
    if body.get("gives_back"):
        found.standing.give_back(contact_id)
    else:
        found.count(contact_id, CLOSED, outcome)
    found.standing.answer(body.get("offer_id"), Said(at, outcome, body["channel"], _micros(body.get("call_back_at"))))
    acceptance_id, goal = body.get("acceptance_id"), body.get("goal")
    if acceptance_id is not None and goal is not None:
        found.standing.meet(goal, GoalMet(body["offer_id"], acceptance_id, body["channel"], at))
    pauses = body.get("pauses")
    if pauses is None:
        found.all_told = False
        pauses = _NEVER_AGAIN if outcome == Outcome.DO_NOT_CONTACT else ()
    for pause in pauses:
        ends = _micros(pause.get("until"))
        found.standing.cool_downs.append(CoolDown(ends, pause["scope"], pause.get("key"), pause["rule"], outcome))


def _settled(found: Fold, at: int, body: Mapping[str, Any]) -> None:
    if body["status"] != "accepted":
        found.standing.unmeet(body["acceptance_id"])
        return
    contact_id = body.get("contact_id")
    released = None if contact_id is None else found.released.get(contact_id)
    if released is not None and body.get("closes_contact", released.channel not in _LEAVE_THE_HOUSE):
        found.standing.mark(released.contact_id, CLOSED)
    found.standing.meet(body["goal"], GoalMet(body["offer_id"], body["acceptance_id"], body["channel"], at))


def _frozen(found: Fold, _at: int, body: Mapping[str, Any]) -> None:
    found.standing.cool_downs.append(CoolDown.freeze(body["freeze_id"], body.get("rule"), _micros(body.get("until"))))


def _thawed(found: Fold, _at: int, body: Mapping[str, Any]) -> None:
    found.standing.thaw(body["freeze_id"])


def _micros(text: str | None) -> int | None:
    return None if text is None else to_micros(datetime.fromisoformat(text))


_RANKS = {contact_class.value: contact_class.rank for contact_class in ContactClass}
_NEVER_AGAIN = ({"rule": "do-not-contact", "scope": "all"},)
_LEAVE_THE_HOUSE = frozenset(("sms", "email"))
"""Where it is not told whether a channel still held the contact: these had most likely sent it."""

_CHANGES: Mapping[str, Callable[[Fold, int, Mapping[str, Any]], None]] = {
    ContactReleased.event_type: _released,
    ContactExpired.event_type: _ended,
    ContactRecalled.event_type: _ended,
    RecallAnswered.event_type: _recall_answered,
    ContactDelivered.event_type: _delivered,
    ContactResponded.event_type: _responded,
    AcceptanceSettled.event_type: _settled,
    FreezeOpened.event_type: _frozen,
    FreezeClosed.event_type: _thawed,
}
QUIET = frozenset(
    event.event_type for event in (ContactDeferred, ContactSuppressed, ContactWithdrawn, RecallUnanswered)
)
"""Entries that change nothing but number and instant: nothing came of a request, or of a recall, so far."""
