"""What the offers service says: catalogue and ranking as state, what became of each acceptance, and short links."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from rapport.contracts.envelope import Event, register
from rapport.contracts.vocabulary import Channel, Id, Instant, Name

OfferState = Literal["draft", "published", "withdrawn"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class ObjectionAnswer(_Part):
    """What a customer may hold against the offer, and what an agent answers."""

    objection: Annotated[str, Field(min_length=1, max_length=300)]
    answer: Annotated[str, Field(min_length=1, max_length=2000)]


class OfferText(_Part):
    """The wording of an offer in one language. Each text is a template (`rapport.scripts`)."""

    title: Annotated[str, Field(min_length=1, max_length=120)]
    body: Annotated[str, Field(max_length=2000)] = ""
    script: Annotated[str, Field(max_length=4000)] = ""
    """What an agent says, where the channel has no script of its own."""
    scripts: dict[Channel, Annotated[str, Field(max_length=4000)]] = {}
    """What is said in a channel instead of `script`."""
    objections: Annotated[tuple[ObjectionAnswer, ...], Field(max_length=20)] = ()


class Quota(_Part):
    """How much of the stock a channel, or a unit with all below it, may give away."""

    scope: Literal["channel", "unit"]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    """The channel, or the path of the unit such as `/north`."""
    limit: Annotated[int, Field(ge=0)]


class SegmentPropensity(_Part):
    """How likely customers of a segment accept."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    rule: dict[str, Any]
    """A rule tree over the customer document."""
    value: Annotated[float, Field(ge=0, le=1)]


class Propensity(_Part):
    """How likely a customer accepts: a constant per segment, the first that holds, else `default`."""

    default: Annotated[float, Field(ge=0, le=1)] = 1.0
    by_segment: Annotated[tuple[SegmentPropensity, ...], Field(max_length=20)] = ()


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
    cost: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    """What one acceptance costs the business, in `currency`; a ranking counts `value` less `cost`."""
    price: Annotated[Decimal, Field(ge=0)] | None = None
    """What the customer pays, in `currency`; None where there is no one price."""
    price_period: Literal["once", "month", "year"] = "once"
    customer_value: Annotated[Decimal, Field(ge=0)] | None = None
    """Worth of the offer to the customer, in `currency`."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    channels: tuple[Channel, ...] = tuple(Channel)
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    """The instant itself is outside."""
    stock: Annotated[int, Field(ge=0)] | None = None
    """How many may be accepted in all; None is without limit."""
    sold_out: bool = False
    quotas: tuple[Quota, ...] = ()
    """Parts of the stock that a channel or unit may take at most; who has none is bound by the stock only."""
    exhausted_quotas: tuple[Quota, ...] = ()
    """Those of which nothing is left."""
    cooling_off_days: Annotated[int, Field(ge=0, le=366)] | None = None
    """For so long an acceptance may be revoked; None: until it is fulfilled."""
    never_with: tuple[Id, ...] = ()
    """Products held or offers accepted that exclude this one."""
    never_after: tuple[Id, ...] = ()
    """Offers that exclude this one once they were accepted, also when the acceptance was taken back."""
    only_after: tuple[Id, ...] = ()
    """Products held or offers accepted that this one needs, each of them."""
    per_household: bool = False
    """What one member of a household has accepted is not offered to the others."""
    image: Annotated[str, Field(max_length=500)] | None = None
    texts: dict[str, OfferText] = Field(default_factory=dict)
    """By BCP 47 language; `en` and `zh-CN` are always there once published."""
    eligibility: dict[str, Any] | None = None
    """May the customer have it? A rule tree over the customer document; None is everybody."""
    applicability: dict[str, Any] | None = None
    """Does it make sense now? A rule tree like `eligibility`; it binds whoever proposes, not an acceptance."""
    suitability: dict[str, Any] | None = None
    """Is it good for the customer? A rule tree like `eligibility`."""
    propensity: Propensity = Propensity()
    context: dict[Channel, Annotated[float, Field(ge=0, le=10)]] = Field(default_factory=dict)
    """How well it goes with a channel; 1 where nothing is said."""
    lever: Annotated[float, Field(ge=0, le=10)] = 1.0
    """What the business does to push it (above 1) or to hold it back."""


class Factor(_Part):
    """One factor of a rank: whether it counts, and the exponent with which it does."""

    on: bool = True
    weight: Annotated[float, Field(ge=0, le=10)] = 1.0


class RankingChanged(Event):
    """How offers are ranked: the whole document, each time it changes. Without one, the defaults here are in force.

    Within a priority an offer's score is the product of the factors that are on, each to the power of its weight.
    """

    event_type: ClassVar[str] = "offers.ranking.changed.v1"
    topic: ClassVar[str] = "offers.ranking"
    key_field: ClassVar[str] = "ranking_id"

    ranking_id: Id
    version: Annotated[int, Field(ge=1)]
    propensity: Factor = Factor(on=False)
    context: Factor = Factor(on=False)
    value: Factor = Factor()
    lever: Factor = Factor(on=False)
    refused_days: Annotated[int, Field(ge=0, le=92)] = 30
    """For how long an offer that the customer has refused is not shown; 0 switches it off."""
    promised_days: Annotated[int, Field(ge=0, le=92)] = 30
    """For how long an offer that the customer was interested in, or wants to be called about, goes before all others,
    from then or from the time of the call on; 0 switches it off."""
    approved_by: Annotated[str, Field(max_length=128)] | None = None


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
    """Who sent it, or asked for the message that carries it; empty: a campaign did."""
    at: Instant


class LinkSent(_Link):
    """Somebody has made a short link to an offer for one customer. Of links that messages carry their contacts tell."""

    event_type: ClassVar[str] = "offers.link.sent.v1"

    expires_at: Instant


class LinkOpened(_Link):
    """The customer opened the link for the first time."""

    event_type: ClassVar[str] = "offers.link.opened.v1"


register(
    OfferChanged,
    RankingChanged,
    OfferAccepted,
    AcceptanceRefused,
    AcceptanceRevoked,
    AcceptanceFulfilled,
    LinkSent,
    LinkOpened,
)
