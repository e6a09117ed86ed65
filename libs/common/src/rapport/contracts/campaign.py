"""What the campaign service says: the header of each plan as state, and the contacts that it asks for."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from rapport.contracts.envelope import Event, register
from rapport.contracts.vocabulary import Channel, ContactClass, Id, Instant, Name

PlanState = Literal["draft", "submitted", "approved", "running", "paused", "stopped", "finished"]


class PlanChanged(Event):
    """The header of a plan. `stopped` stops everything of it that is not yet sent."""

    event_type: ClassVar[str] = "campaign.plan.changed.v1"
    topic: ClassVar[str] = "campaign.plans"
    key_field: ClassVar[str] = "campaign_id"

    campaign_id: Id
    version: Annotated[int, Field(ge=1)]
    state: PlanState
    name: Annotated[str, Field(max_length=120)]
    contact_class: ContactClass
    goal: Name
    channels: tuple[Channel, ...]
    offers: tuple[Id, ...] = ()
    control_share: Annotated[float, Field(ge=0, le=0.9)] = 0.0


class ContactRequested(Event):
    """Somebody would like a customer to be contacted. Retries are safe: `request_id` counts once per customer."""

    event_type: ClassVar[str] = "campaign.contact.requested.v1"
    topic: ClassVar[str] = "campaign.requests"

    request_id: Id
    customer_id: Id
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=6)]
    """In order of preference: the first that may go."""
    purpose: Name
    """What consent is asked for, e.g. `marketing`, `service`."""
    category: Name
    contact_class: ContactClass
    score: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Larger goes first within a class."""
    goal: Name | None = None
    campaign_id: Id | None = None
    offer_id: Id | None = None
    place: Annotated[str, Field(max_length=64)] | None = None
    """Branch or team that should do it; None is any."""
    at: Instant
    """When it was asked for: the age of the request."""
    not_before: Instant | None = None
    expires_at: Instant
    """From this instant on it is no longer wanted."""


class ContactRequestWithdrawn(Event):
    """A request is no longer wanted; a contact already released for it is recalled."""

    event_type: ClassVar[str] = "campaign.contact.withdrawn.v1"
    topic: ClassVar[str] = "campaign.requests"

    request_id: Id
    customer_id: Id
    at: Instant


register(PlanChanged, ContactRequested, ContactRequestWithdrawn)
