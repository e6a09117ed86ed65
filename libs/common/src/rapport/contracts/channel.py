"""What channel and source systems say to Rapport: outcomes and receipts of contacts, and customer data."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from rapport.contracts.envelope import Event, register
from rapport.contracts.profile import Consent, ContactWindow, Holding, Scalar
from rapport.contracts.vocabulary import Channel, Id, Instant, Outcome


class OutcomeReported(Event):
    """A channel tells what came of a contact. Retries are safe: `outcome_id` counts once."""

    event_type: ClassVar[str] = "channel.outcome.reported.v1"
    topic: ClassVar[str] = "channel.events"

    outcome_id: Id
    customer_id: Id
    contact_id: Id
    outcome: Outcome
    at: Instant
    offer_id: Id | None = None
    """The offer accepted, refused or shown; needed for `accepted` when the contact itself named none."""
    call_back_at: Instant | None = None
    """For `call_back`: when the customer wants the next call."""
    agent: Annotated[str, Field(max_length=64)] | None = None
    note: Annotated[str, Field(max_length=500)] | None = None
    unit: Annotated[str, Field(max_length=200)] | None = None
    """Of whoever reports it, such as `/north/branch-7`: an acceptance counts in the quotas of this unit."""


class CustomerReported(Event):
    """A source system tells of a customer. Fields left out (None) keep what is known."""

    event_type: ClassVar[str] = "channel.customer.reported.v1"
    topic: ClassVar[str] = "channel.customers"

    customer_id: Id
    report_id: Id
    """Natural key of this report: the same one counts once."""
    at: Instant
    name: Annotated[str, Field(max_length=200)] | None = None
    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    account: Id | None = None
    household: Id | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    region: Annotated[str, Field(max_length=16)] | None = None
    time_zone: Annotated[str, Field(max_length=64)] | None = None
    grade: Annotated[str, Field(max_length=32)] | None = None
    birth_date: date | None = None
    tags: tuple[Annotated[str, Field(max_length=64)], ...] | None = None
    attributes: dict[Annotated[str, Field(max_length=64)], Scalar] | None = None
    """Merged into the known attributes; a None value removes one."""
    holdings: tuple[Holding, ...] | None = None
    preferred_channel: Channel | None = None
    contact_windows: tuple[ContactWindow, ...] | None = None
    consents: tuple[Consent, ...] | None = None
    do_not_call: bool | None = None


register(OutcomeReported, CustomerReported)
