"""What the touchpoint service says: every decision and everything that happened to a contact, and the policy in force.

The body of a `touchpoint.contacts` event is also the entry on the customer's timeline: `seq` is its place there, counts
up from 1 without a gap, and is the commit order.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from rapport.contracts.envelope import Event, register
from rapport.contracts.vocabulary import (
    Channel,
    ContactClass,
    Id,
    Instant,
    Name,
    Outcome,
    Reason,
    UnitPath,
    WorkOrderKind,
    WorkOrderResult,
)


class TimelineEvent(Event):
    """What all entries of a timeline have in common."""

    topic: ClassVar[str] = "touchpoint.contacts"

    customer_id: Id
    seq: Annotated[int, Field(ge=1)]
    at: Instant
    """When it was decided or committed, by the clock of the touchpoint service."""
    request_id: Id | None = None
    contact_id: Id | None = None
    channel: Channel | None = None
    campaign_id: Id | None = None
    offer_id: Id | None = None
    goal: Name | None = None


class Because(BaseModel):
    """The rule that decided, with the figures that caused it."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    reason: Reason
    rule: Annotated[str, Field(max_length=64)] | None = None
    counter: int | None = None
    limit: int | None = None
    window_start: Instant | None = None
    until: Instant | None = None
    """When the rule frees; None: not before it expires."""


class _Decision(TimelineEvent):
    purpose: Name | None = None
    category: Name | None = None
    contact_class: ContactClass | None = None
    policy_id: Id | None = None
    policy_version: int | None = None


class ContactReleased(_Decision):
    """The contact may happen: a slot is reserved and the channel has it."""

    event_type: ClassVar[str] = "touchpoint.contact.released.v1"

    request_id: Id
    contact_id: Id
    channel: Channel
    place: str | None = None
    expires_at: Instant | None = None
    agent: Annotated[str, Field(max_length=200)] | None = None
    """The person who asked for it, to be credited with what comes of it."""
    unit: UnitPath | None = None
    """Whose unit that is."""


class ContactDeferred(_Decision):
    """Not now: the request competes again at `retry_at`."""

    event_type: ClassVar[str] = "touchpoint.contact.deferred.v1"

    request_id: Id
    because: Because
    retry_at: Instant


class ContactSuppressed(_Decision):
    """Never: the request has ended."""

    event_type: ClassVar[str] = "touchpoint.contact.suppressed.v1"

    request_id: Id
    because: Because


class ContactExpired(_Decision):
    """The request, or the released contact that no channel took up, came to its end."""

    event_type: ClassVar[str] = "touchpoint.contact.expired.v1"

    because: Because | None = None


class ContactWithdrawn(_Decision):
    """Whoever asked for the contact no longer wants it; it had not been released."""

    event_type: ClassVar[str] = "touchpoint.contact.withdrawn.v1"

    request_id: Id
    because: Because | None = None


class ContactRecalled(TimelineEvent):
    """A released contact is taken back from its channel."""

    event_type: ClassVar[str] = "touchpoint.contact.recalled.v1"

    contact_id: Id
    channel: Channel
    reason: Reason
    caused_by: Id | None = None
    """The acceptance, request or plan that caused it."""
    accepted_in: Channel | None = None
    state: Literal["open", "leased", "sending", "sent", "shown"] = "open"
    """How far the contact had got when it was recalled."""


class RecallAnswered(TimelineEvent):
    """The channel's answer to a recall: withdrawn in time, or too late."""

    event_type: ClassVar[str] = "touchpoint.recall.answered.v1"

    contact_id: Id
    channel: Channel
    answer: Literal["withdrawn", "too_late"]
    agent: str | None = None


class RecallUnanswered(TimelineEvent):
    """A channel that had the contact in hand has not said whether the recall came in time. Answered late, it counts."""

    event_type: ClassVar[str] = "touchpoint.recall.unanswered.v1"

    contact_id: Id
    channel: Channel
    level: Annotated[int, Field(ge=1, le=2)]
    """1 reminds the channel; 2 is for who answers for the channel."""
    recalled_at: Instant
    reason: Reason
    """Why it was recalled."""
    place: str | None = None
    owner: str | None = None
    """Who had it in hand, where it was somebody."""


class ContactDelivered(TimelineEvent):
    """The contact reached the customer, or was sent on its way (`sent`)."""

    event_type: ClassVar[str] = "touchpoint.contact.delivered.v1"

    contact_id: Id
    channel: Channel
    outcome: Outcome
    outcome_id: Id


class Pause(BaseModel):
    """A cool-down that an answer started: no contact of its scope until it is over."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    rule: Annotated[str, Field(max_length=64)]
    scope: Annotated[str, Field(max_length=64)]
    key: str | None = None
    """What the scope names: the channel, the category, … None: every contact."""
    until: Instant | None = None
    """None: for good."""


class ContactResponded(TimelineEvent):
    """The customer, or the line, answered."""

    event_type: ClassVar[str] = "touchpoint.contact.responded.v1"

    contact_id: Id
    channel: Channel
    outcome: Outcome
    outcome_id: Id
    acceptance_id: Id | None = None
    """For `accepted`: what the ledger will confirm or refuse."""
    call_back_at: Instant | None = None
    agent: str | None = None
    unit: str | None = None
    """Of whoever reported it, for quotas of acceptances."""
    note: str | None = None
    after_recall: bool = False
    """Reported after the contact had been recalled."""
    gives_back: bool = False
    """The contact did not reach the customer: its slot is free again."""
    pauses: tuple[Pause, ...] | None = None
    """The cool-downs that it started. None: not told, as in entries from before this was recorded."""


class AcceptanceSettled(TimelineEvent):
    """What the acceptance ledger said: accepted (in any channel), refused, or revoked."""

    event_type: ClassVar[str] = "touchpoint.acceptance.settled.v1"

    acceptance_id: Id
    status: Literal["accepted", "refused", "revoked"]
    reason: str | None = None
    closes_contact: bool | None = None
    """For `accepted` in a contact: whether its channel still held it, and no longer does. None: not told."""


class FreezeOpened(TimelineEvent):
    """No contact goes to the customer, but of classes that reach them always, until this freeze is closed or over."""

    event_type: ClassVar[str] = "touchpoint.freeze.opened.v1"

    freeze_id: Id
    rule: Annotated[str, Field(max_length=64)] | None = None
    """The cool-down of the policy that asked for it after a complaint. None: a person did."""
    until: Instant | None = None
    """When it is over by itself. None: not before somebody closes it."""
    by: Annotated[str, Field(max_length=128)] | None = None
    note: str | None = None


class FreezeClosed(TimelineEvent):
    """Somebody has closed a freeze; others of the customer may be open still."""

    event_type: ClassVar[str] = "touchpoint.freeze.closed.v1"

    freeze_id: Id
    by: Annotated[str, Field(max_length=128)] | None = None
    note: str | None = None


class Originator(BaseModel):
    """Who asked for a work order, and is told what came of it."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    channel: Channel | None = None
    place: str | None = None
    """The branch or team of the contact in which it came up."""
    unit: UnitPath | None = None
    agent: Annotated[str, Field(max_length=200)] | None = None
    contact_id: Id | None = None


class _WorkOrder(TimelineEvent):
    """What is said at a desk stays there: texts are read by who may see the order, and are in no event."""

    work_order_id: Id
    order_kind: WorkOrderKind
    unit: UnitPath
    """Whose it is."""
    owner: Annotated[str, Field(max_length=200)] | None = None
    """The person whose it is; None: anybody's of the unit."""
    by: Annotated[str, Field(max_length=200)] | None = None
    """Who did it. None: it followed from something else."""


class WorkOrderOpened(_WorkOrder):
    """Somebody is to do something for the customer, in another channel or at a desk."""

    event_type: ClassVar[str] = "touchpoint.work_order.opened.v1"

    priority: Annotated[int, Field(ge=1, le=9)]
    """1 goes first."""
    respond_by: Instant | None = None
    resolve_by: Instant | None = None
    originator: Originator
    caused_by: Id | None = None
    """The outcome, or the acceptance that could not be honoured, that it follows from. None: a person asked."""


class WorkOrderAssigned(_WorkOrder):
    """It has gone to another unit or person, or somebody has taken it in hand."""

    event_type: ClassVar[str] = "touchpoint.work_order.assigned.v1"

    how: Literal["referred", "taken"]
    comment_id: Id | None = None


class WorkOrderCommented(_WorkOrder):
    """Somebody has added a word."""

    event_type: ClassVar[str] = "touchpoint.work_order.commented.v1"

    comment_id: Id


class WorkOrderAppointed(_WorkOrder):
    """The customer has an appointment in the unit; one of before does not stand any more."""

    event_type: ClassVar[str] = "touchpoint.work_order.appointed.v1"

    appointment_at: Instant
    resolve_by: Instant | None = None


class WorkOrderReminded(_WorkOrder):
    """Whoever has it is to be reminded: a promise is to be kept soon."""

    event_type: ClassVar[str] = "touchpoint.work_order.reminded.v1"

    about: Literal["response", "resolution"]
    due_at: Instant


class WorkOrderEscalated(_WorkOrder):
    """A promise was not kept: another unit sees to it, too."""

    event_type: ClassVar[str] = "touchpoint.work_order.escalated.v1"

    about: Literal["response", "resolution"]
    due_at: Instant
    to: UnitPath | None = None
    """None: the policy names nobody."""


class WorkOrderResolved(_WorkOrder):
    """It has ended; its originator is told."""

    event_type: ClassVar[str] = "touchpoint.work_order.resolved.v1"

    result: WorkOrderResult
    originator: Originator


class PolicyActivated(Event):
    """A contact policy came into force: the whole document."""

    event_type: ClassVar[str] = "touchpoint.policy.activated.v1"
    topic: ClassVar[str] = "touchpoint.policies"
    key_field: ClassVar[str] = "policy_id"

    policy_id: Id
    version: Annotated[int, Field(ge=1)]
    document: dict[str, Any]
    approved_by: str
    at: Instant


class WebhookDisabled(Event):
    """A webhook gets nothing any more until a person makes it active again."""

    event_type: ClassVar[str] = "touchpoint.webhook.disabled.v1"
    topic: ClassVar[str] = "touchpoint.webhooks"
    key_field: ClassVar[str] = "webhook_id"

    webhook_id: Id
    at: Instant
    reason: Literal["failing", "gone"]
    """`failing`: for days nothing came through. `gone`: the endpoint said so (410)."""
    failures: Annotated[int, Field(ge=1)]
    """In a row."""
    failing_since: Instant
    description: Annotated[str, Field(max_length=200)] = ""


TIMELINE_EVENTS: tuple[type[TimelineEvent], ...] = (
    ContactReleased,
    ContactDeferred,
    ContactSuppressed,
    ContactExpired,
    ContactWithdrawn,
    ContactRecalled,
    RecallAnswered,
    RecallUnanswered,
    ContactDelivered,
    ContactResponded,
    AcceptanceSettled,
    FreezeOpened,
    FreezeClosed,
    WorkOrderOpened,
    WorkOrderAssigned,
    WorkOrderCommented,
    WorkOrderAppointed,
    WorkOrderReminded,
    WorkOrderEscalated,
    WorkOrderResolved,
)

register(*TIMELINE_EVENTS, PolicyActivated, WebhookDisabled)
