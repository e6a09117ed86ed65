"""The closed lists that every service and every channel system shares: one place, so that a word means one thing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,64}$")]
"""An identifier: 1–64 characters that need no escaping in a URL."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
"""A term that planners choose (category, purpose, goal): lower case, so that two spellings are not two budgets."""

Instant = AwareDatetime


def sensible_instant(at: datetime) -> datetime:
    """`at`, if it can be converted to any time zone, and may have been meant.

    Raises:
        ValueError: it lies before 1970 or after 9998.
    """
    if not 1970 <= at.year <= 9998:
        raise ValueError("must lie in the years 1970 to 9998")
    return at


SensibleInstant = Annotated[Instant, AfterValidator(sensible_instant)]
"""Of a request: beyond these years an instant that is well-formed may have none in UTC."""

UnitPath = Annotated[
    str, StringConstraints(pattern=r"^(/|(/[A-Za-z0-9][A-Za-z0-9._~-]*)+)$", min_length=1, max_length=200)
]
"""A branch, a team or a desk by its place in the organisation, such as `/north/branch-7`: as in a token's `org`."""


class Channel(StrEnum):
    """Where a contact happens."""

    CALL = "call"
    BRANCH = "branch"
    HOTLINE = "hotline"
    WEB = "web"
    SMS = "sms"
    EMAIL = "email"


class Outcome(StrEnum):
    """What came of a contact."""

    DELIVERED = "delivered"
    OPENED = "opened"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"
    INTERESTED = "interested"
    REFUSED = "refused"
    CALL_BACK = "call_back"
    ACCEPTED = "accepted"
    COMPLAINT = "complaint"
    DO_NOT_CONTACT = "do_not_contact"
    FAILED = "failed"
    SHOWN = "shown"
    DISMISSED = "dismissed"


class Reason(StrEnum):
    """Why a contact was not released as asked. The order is the order in which the gate looks."""

    NO_POLICY = "no_policy"
    UNKNOWN_CUSTOMER = "unknown_customer"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CAMPAIGN_STOPPED = "campaign_stopped"
    ALREADY_ACCEPTED = "already_accepted"
    GOAL_MET = "goal_met"
    NO_REACHABLE_CHANNEL = "no_reachable_channel"
    DO_NOT_DISTURB = "do_not_disturb"
    COMPLAINT_FREEZE = "complaint_freeze"
    NO_CONSENT = "no_consent"
    NOT_ELIGIBLE = "not_eligible"
    BLACKOUT = "blackout"
    COOL_DOWN = "cool_down"
    UNKNOWN_TIME_ZONE = "unknown_time_zone"
    LEGAL_HOURS = "legal_hours"
    QUIET_HOURS = "quiet_hours"
    HOLIDAY = "holiday"
    CHANNEL_CLOSED = "channel_closed"
    MINIMUM_GAP = "minimum_gap"
    FREQUENCY_CAP = "frequency_cap"
    SLOT_HELD = "slot_held"
    OUTRANKED = "outranked"
    PRE_EMPTED = "pre_empted"
    NO_CAPACITY = "no_capacity"


class ContactClass(StrEnum):
    """How important a contact is, most important first. `rank` orders them: a smaller one goes first."""

    SERVICE_CRITICAL = "service_critical"
    SERVICE = "service"
    RETENTION = "retention"
    MARKETING = "marketing"

    rank: int
    """0 for the most important class."""

    def __init__(self, _value: str) -> None:
        self.rank = len(type(self).__members__)


class WorkOrderKind(StrEnum):
    """What a work order is about."""

    REFERRAL = "referral"
    """Somebody in another channel goes on: after a call a branch."""
    ACCOUNT_MANAGER = "account_manager"
    CALL_BACK = "call_back"
    COMPLAINT = "complaint"
    ACCEPTANCE_REFUSED = "acceptance_refused"
    """What the customer accepted cannot be had: somebody tells them."""
    PROBLEM = "problem"


class WorkOrderResult(StrEnum):
    """How a work order ended."""

    DONE = "done"
    DECLINED = "declined"
    """The customer does not want it."""
    NOT_REACHED = "not_reached"
    NOT_POSSIBLE = "not_possible"
    CANCELLED = "cancelled"
    """It is not needed any more."""
