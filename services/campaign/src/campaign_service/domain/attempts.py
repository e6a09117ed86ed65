"""What becomes of a contact that was asked for, and whether another attempt follows.

What always holds:
- entries of the customer's timeline are taken in by their rising number, each once: a repetition changes nothing;
- after an outcome that ends a line, no further attempt of it is planned, whatever is reported later;
- an attempt that could only go out after the campaign's end is not planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from campaign_service.domain.plan import Attempts
from rapport.contracts.touchpoint import (
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
from rapport.contracts.vocabulary import Outcome

NOT_REACHED = frozenset({Outcome.NO_ANSWER, Outcome.BUSY, Outcome.FAILED})
"""Another attempt may follow."""

ENDING = frozenset({Outcome.ACCEPTED, Outcome.REFUSED, Outcome.WRONG_NUMBER, Outcome.DO_NOT_CONTACT, Outcome.COMPLAINT})
"""The line is over for this customer."""

_STATUS: dict[type[TimelineEvent], str] = {
    ContactReleased: "released",
    ContactDeferred: "deferred",
    ContactSuppressed: "suppressed",
    ContactExpired: "expired",
    ContactWithdrawn: "withdrawn",
    ContactRecalled: "recalled",
}


@dataclass(slots=True)
class Attempt:
    """One request of a line. `seq` is the number of the newest timeline entry that was taken in."""

    customer_id: str
    request_id: str
    campaign_id: str
    line: int
    attempt: int
    counted: int
    status: str
    seq: int
    channel: str | None
    released: bool
    delivered: bool
    outcomes: list[str]


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """The attempt that follows: its number, how many of the line count with it, and its earliest moment."""

    attempt: int
    counted: int
    not_before: datetime


def take_in(attempt: Attempt, event: TimelineEvent) -> bool:
    """Bring the attempt to what the entry says; False when the entry, or a later one, was taken in before."""
    if event.seq <= attempt.seq:
        return False
    attempt.seq = event.seq
    attempt.status = _STATUS.get(type(event), attempt.status)
    if event.contact_id is not None and event.channel is not None:  # there is a contact: it was released
        attempt.channel = event.channel.value
        attempt.released = True
    if isinstance(event, ContactDelivered):
        attempt.delivered = True
    elif isinstance(event, ContactResponded):
        attempt.outcomes.append(event.outcome.value)
        attempt.delivered |= event.outcome not in NOT_REACHED and event.outcome is not Outcome.WRONG_NUMBER
    return True


def next_attempt(
    attempt: Attempt, response: ContactResponded, allowed: Attempts, ends_at: datetime
) -> NextAttempt | None:
    """The attempt that follows a response which `attempt` has taken in, if any.

    A call-back that the customer asked for comes at the time they named and does not count against `allowed.max`: they
    want it. A response to a recalled contact plans nothing: its request lives on, or ended for a reason that holds.
    """
    if response.after_recall or not ENDING.isdisjoint(attempt.outcomes):
        return None
    later = response.at + allowed.gap
    if response.outcome is Outcome.CALL_BACK:
        following = NextAttempt(attempt.attempt + 1, attempt.counted, response.call_back_at or later)
    elif response.outcome in NOT_REACHED and attempt.counted < allowed.max:
        following = NextAttempt(attempt.attempt + 1, attempt.counted + 1, later)
    else:
        return None
    return following if following.not_before < ends_at else None
