"""What the offers service says: the catalogue as state, what became of each acceptance, and short links."""

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


class Quota(BaseModel):
    """How much of the stock a channel, or a unit with all below it, may give away."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    scope: Literal["channel", "unit"]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    """The channel, or the path of the unit such as `/north`."""
    limit: Annotated[int, Field(ge=0)]


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
    quotas: tuple[Quota, ...] = ()
    exhausted_quotas: tuple[Quota, ...] = ()
    """Those of which nothing is left."""
    cooling_off_days: Annotated[int, Field(ge=0, le=366)] | None = None
    """For so long an acceptance may be revoked; None: until it is fulfilled."""
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
    unit: Annotated[str, Field(max_length=200)] | None = None
    """Of whoever took it, such as `/north/branch-7`."""
    agent: Annotated[str, Field(max_length=200)] | None = None
    """Who is credited with it."""
    link_id: Id | None = None
    """The short link through which it came; `contact_id` and `agent` are of whoever sent the link."""
    revocable_until: Instant | None = None
    """The end of its cooling-off period; None: until it is fulfilled."""


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
    quota: Quota | None = None
    """For `sold-out`: the quota of which nothing was left, where the stock itself was not at its end."""


class AcceptanceRevoked(Event):
    """An acceptance does not stand any more: stock and quota return and the goal is open again."""

    event_type: ClassVar[str] = "offers.acceptance.revoked.v1"
    topic: ClassVar[str] = "offers.acceptances"

    acceptance_id: Id
    customer_id: Id
    offer_id: Id
    goal: Name
    channel: Channel
    at: Instant
    reason: Literal["withdrawn", "not-delivered"] = "withdrawn"
    """The customer took it back, or what was accepted could not be delivered."""
    note: Annotated[str, Field(max_length=500)] | None = None
    """Why it could not be delivered."""


class AcceptanceFulfilled(Event):
    """What was accepted has been delivered."""

    event_type: ClassVar[str] = "offers.acceptance.fulfilled.v1"
    topic: ClassVar[str] = "offers.acceptances"

    acceptance_id: Id
    customer_id: Id
    offer_id: Id
    goal: Name
    channel: Channel
    at: Instant
    contact_id: Id | None = None
    reference: Id | None = None
    """Of the order or contract, in the system that fulfilled it."""


class _Link(Event):
    """What both sayings about a short link have in common. The link's token is told to nobody but the customer."""

    topic: ClassVar[str] = "offers.links"

    link_id: Id
    customer_id: Id
    offer_id: Id
    channel: Channel
    """By which it was sent."""
    contact_id: Id | None = None
    """The contact that sent it."""
    agent: Annotated[str, Field(max_length=200)]
    at: Instant


class LinkSent(_Link):
    """A short link to an offer was made for one customer."""

    event_type: ClassVar[str] = "offers.link.sent.v1"

    expires_at: Instant


class LinkOpened(_Link):
    """The customer opened the link for the first time."""

    event_type: ClassVar[str] = "offers.link.opened.v1"


register(OfferChanged, OfferAccepted, AcceptanceRefused, AcceptanceRevoked, AcceptanceFulfilled, LinkSent, LinkOpened)
