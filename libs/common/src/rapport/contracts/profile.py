"""What the profile service says: the whole customer document, each time it changes."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from rapport.contracts.envelope import Event, register
from rapport.contracts.vocabulary import Channel, Id, Instant, Name

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Scalar = str | int | float | bool | None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Holding(_Part):
    """A product or contract that the customer has."""

    product: Annotated[str, Field(min_length=1, max_length=64)]
    since: date | None = None
    contract_end: date | None = None
    monthly_value: Decimal | None = None
    """In the currency of the customer's contract, per month."""


class Consent(_Part):
    """An opt-in or opt-out for one channel and purpose; the newest `at` counts."""

    channel: Channel
    purpose: Name
    granted: bool
    at: Instant
    source: Annotated[str, Field(max_length=64)] = "unknown"


class ContactWindow(_Part):
    """When the customer likes to be contacted, in their own time zone; `end` is outside."""

    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    start: time
    end: time


class Customer(_Part):
    """The customer document. Unknown is None, never a guess."""

    customer_id: Id
    version: Annotated[int, Field(ge=1)]
    """Rises by one with each change."""
    name: Annotated[str, Field(max_length=200)] | None = None
    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")] | None = None
    """E.164."""
    email: Annotated[str, Field(max_length=254)] | None = None
    account: Id | None = None
    household: Id | None = None
    """Members share contact budgets where the policy says so; holders of a joint account are a household, too."""
    external_ids: dict[Annotated[str, Field(max_length=64)], Id] = {}
    language: Annotated[str, Field(max_length=35)] | None = None
    """BCP 47."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    region: Annotated[str, Field(max_length=16)] | None = None
    """ISO 3166-2."""
    time_zone: Annotated[str, Field(max_length=64)] | None = None
    """IANA name."""
    grade: Annotated[str, Field(max_length=32)] | None = None
    birth_date: date | None = None
    tags: tuple[Annotated[str, Field(max_length=64)], ...] = ()
    attributes: dict[Annotated[str, Field(max_length=64)], Scalar] = {}
    holdings: tuple[Holding, ...] = ()
    preferred_channel: Channel | None = None
    contact_windows: tuple[ContactWindow, ...] = ()
    consents: tuple[Consent, ...] = ()
    do_not_call: bool = False
    """On a regulator's do-not-call list: no voice calls but the most critical."""
    do_not_disturb_until: Instant | None = None
    """No contact of any kind before this instant, at the customer's own wish."""


class CustomerUpserted(Customer, Event):
    """A customer was created or changed: the whole document. A tombstone erases.

    `phone` is not sent any more: in its place stand `phone_sealed` and `phone_index`.
    """

    event_type: ClassVar[str] = "profile.customer.upserted.v1"
    topic: ClassVar[str] = "profile.customers"

    phone_sealed: Annotated[str, Field(max_length=200)] | None = None
    """The phone in E.164, sealed for this customer; `rapport.phones` opens it with a sealing key."""
    phone_index: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    """Blind index of the phone: equal for equal phones, and of no other use."""


register(CustomerUpserted)
