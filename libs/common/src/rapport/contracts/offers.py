"""What the offers service says: the catalogue as state, and what became of each acceptance."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from rapport.contracts.envelope import Event, register
from rapport.contracts.vocabulary import Channel, Id, Instant, Name

OfferState = Literal["draft", "published", "withdrawn"]


class OfferText(BaseModel):
    """The wording of an offer in one language."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    title: Annotated[str, Field(min_length=1, max_length=120)]
    body: Annotated[str, Field(max_length=2000)] = ""
    script: Annotated[str, Field(max_length=4000)] = ""
    """What an agent says."""


class OfferChanged(Event):
    """The whole offer document, each time it changes. Drafts are not published."""

    event_type: ClassVar[str] = "offers.offer.changed.v1"
    topic: ClassVar[str] = "offers.catalogue"
    key_field: ClassVar[str] = "offer_id"

    offer_id: Id
    version: Annotated[int, Field(ge=1)]
    state: OfferState
    category: Name
    goal: Name
    """Accepting this offer meets the goal, and stops every contact for it."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 500
    """Larger goes first."""
    value: Decimal = Decimal(0)
    """Worth of one acceptance to the business, in `currency`."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    channels: tuple[Channel, ...] = tuple(Channel)
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    """The instant itself is outside."""
    stock: Annotated[int, Field(ge=0)] | None = None
    """How many may be accepted in all; None is without limit."""
    sold_out: bool = False
    never_with: tuple[Id, ...] = ()
    """Products held or offers accepted that exclude this one."""
    image: Annotated[str, Field(max_length=500)] | None = None
    texts: dict[str, OfferText] = Field(default_factory=dict)
    """By BCP 47 language; `en` and `zh-CN` are always there once published."""
    eligibility: dict[str, Any] | None = None
    """A rule tree over the customer document; None is everybody."""


class OfferAccepted(Event):
    """The ledger took an acceptance: stock is reserved, the customer has it."""

    event_type: ClassVar[str] = "offers.acceptance.accepted.v1"
    topic: ClassVar[str] = "offers.acceptances"

    acceptance_id: Id
    customer_id: Id
    offer_id: Id
    term: Id
    """Which term of the offer: one acceptance per customer, offer and term."""
    goal: Name
    category: Name
    channel: Channel
    at: Instant
    contact_id: Id | None = None
    """The contact in which it was accepted, if any."""


class AcceptanceRefused(Event):
    """An acceptance reported by a channel could not be honoured."""

    event_type: ClassVar[str] = "offers.acceptance.refused.v1"
    topic: ClassVar[str] = "offers.acceptances"

    acceptance_id: Id
    customer_id: Id
    offer_id: Id
    goal: Name
    channel: Channel
    at: Instant
    contact_id: Id | None = None
    reason: Literal["sold-out", "already-accepted", "offer-expired", "not-eligible", "unknown-offer"]


class AcceptanceRevoked(Event):
    """An acceptance was taken back: stock returns and the goal is open again."""

    event_type: ClassVar[str] = "offers.acceptance.revoked.v1"
    topic: ClassVar[str] = "offers.acceptances"

    acceptance_id: Id
    customer_id: Id
    offer_id: Id
    goal: Name
    channel: Channel
    at: Instant


register(OfferChanged, OfferAccepted, AcceptanceRefused, AcceptanceRevoked)
