"""What goes in and out over HTTP."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from offers_service.domain.approval import EditState
from rapport.contracts import offers as contract
from rapport.contracts.offers import OfferText, Quota
from rapport.contracts.vocabulary import Channel, Id, Name, SensibleInstant
from rapport.ranking import Refusal

LANGUAGE = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
"""A BCP 47 tag, as far as texts need it."""

UNIT = "^/[A-Za-z0-9._~/-]*$"
"""The path of a unit, as tokens have it."""

Unit = Annotated[str, Field(max_length=200, pattern=UNIT)]

Instant = Annotated[SensibleInstant, AfterValidator(lambda at: at.astimezone(UTC))]
"""Taken with any offset, kept in UTC."""

OFFER_EXAMPLE: dict[str, Any] = {
    "category": "savings",
    "goal": "term-deposit",
    "priority": 700,
    "value": "120.00",
    "cost": "15.00",
    "price": None,
    "price_period": "once",
    "customer_value": "310.00",
    "currency": "EUR",
    "channels": ["call", "branch", "hotline", "web"],
    "valid_until": "2027-01-01T00:00:00+01:00",
    "stock": 500,
    "quotas": [{"scope": "channel", "name": "hotline", "limit": 100}],
    "cooling_off_days": 14,
    "never_with": ["term-deposit-2025"],
    "never_after": [],
    "only_after": ["savings-account"],
    "per_household": False,
    "image": "https://img.example/term-deposit.png",
    "texts": {
        "en": {
            "title": "Term deposit, 3.1 %",
            "body": "Twelve months, safe.",
            "script": 'May I tell you about our term deposit, {{ customer.name | default: "dear customer" }}?',
            "scripts": {"sms": "3.1 % for twelve months, until {{ offer.valid_until }}."},
            "objections": [{"objection": "I may need the money.", "answer": "Half of it is yours at any time."}],
        },
        "zh-CN": {
            "title": "定期存款 3.1%",
            "body": "十二个月，稳妥。",
            "script": '{{ customer.name | default: "尊敬的客户" }}，向您介绍一款定期存款……',
            "scripts": {},
            "objections": [],
        },
    },
    "eligibility": {"combinator": "and", "rules": [{"field": "attributes.age", "operator": ">=", "value": 18}]},
    "applicability": {"combinator": "and", "rules": [{"field": "attributes.balance", "operator": ">", "value": 5000}]},
    "suitability": {"combinator": "and", "rules": [{"field": "attributes.default", "operator": "!=", "value": "yes"}]},
    "propensity": {
        "default": 0.08,
        "by_segment": [
            {
                "name": "savers",
                "rule": {"combinator": "and", "rules": [{"field": "tags", "operator": "contains", "value": "saver"}]},
                "value": 0.2,
            }
        ],
    },
    "context": {"branch": 1.5},
    "lever": 1.0,
}

RANKING_EXAMPLE: dict[str, Any] = {
    "propensity": {"on": True, "weight": 1.0},
    "context": {"on": True, "weight": 0.5},
    "value": {"on": True, "weight": 1.0},
    "lever": {"on": False, "weight": 1.0},
    "refused_days": 30,
    "promised_days": 30,
}

MOST = 2**31
"""Counts stay below it."""

Amount = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class SegmentPropensity(contract.SegmentPropensity):
    """How likely customers of a segment accept."""

    model_config = ConfigDict(extra="forbid")


class Propensity(contract.Propensity):
    """How likely a customer accepts: a constant per segment, the first that holds, else `default`."""

    model_config = ConfigDict(extra="forbid")

    by_segment: Annotated[tuple[SegmentPropensity, ...], Field(max_length=20)] = ()


class Factor(contract.Factor):
    """One factor of a rank: whether it counts, and the exponent with which it does."""

    model_config = ConfigDict(extra="forbid")


class OfferContent(_Body):
    """What planners write of an offer."""

    model_config = ConfigDict(json_schema_extra={"examples": [OFFER_EXAMPLE]})

    category: Name
    goal: Name
    """Accepting this offer meets the goal, and stops every contact for it."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 500
    """Larger goes first."""
    value: Amount = Decimal(0)
    """Worth of one acceptance to the business."""
    cost: Amount = Decimal(0)
    """What one acceptance costs the business; a ranking counts `value` less `cost`."""
    price: Amount | None = None
    """What the customer pays; null where there is no one price."""
    price_period: Literal["once", "month", "year"] = "once"
    customer_value: Amount | None = None
    """Worth of the offer to the customer."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=len(Channel))] = tuple(Channel)
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    """The instant itself is outside."""
    stock: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    """How many may be accepted in all; null is without limit."""
    quotas: Annotated[tuple[Quota, ...], Field(max_length=500)] = ()
    """Shares of it for channels or units, each counted on its own; whatever runs out first ends it there."""
    cooling_off_days: Annotated[int, Field(ge=0, le=366)] | None = None
    """For so long after an acceptance it may be revoked; null: until it is fulfilled."""
    never_with: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    """Products held or offers accepted that exclude this one."""
    never_after: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    """Offers that exclude this one once they were accepted, also when the acceptance was taken back."""
    only_after: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    """Products held or offers accepted that this one needs, each of them."""
    per_household: bool = False
    """What one member of a household has accepted is not offered to the others."""
    image: Annotated[str, Field(max_length=500, pattern="^https?://")] | None = None
    texts: dict[Annotated[str, Field(pattern=LANGUAGE)], OfferText] = {}
    """By BCP 47 language. `en` and `zh-CN` are needed to publish."""
    eligibility: dict[str, Any] | None = None
    """May the customer have it? A rule tree over the customer document; null is everybody."""
    applicability: dict[str, Any] | None = None
    """Does it make sense now? It binds whoever proposes, not an acceptance."""
    suitability: dict[str, Any] | None = None
    """Is it good for the customer?"""
    propensity: Propensity = Propensity()
    """How likely a customer accepts: the first segment that holds, else `default`."""
    context: dict[Channel, Annotated[float, Field(ge=0, le=10)]] = {}
    """How well it goes with a channel; 1 where nothing is said."""
    lever: Annotated[float, Field(ge=0, le=10)] = 1.0
    """What the business does to push it (above 1) or to hold it back."""

    @field_validator("quotas")
    @classmethod
    def _quotas_of_somebody(cls, quotas: tuple[Quota, ...]) -> tuple[Quota, ...]:
        if len({(quota.scope, quota.name) for quota in quotas}) < len(quotas):
            raise ValueError("one quota per channel or unit")
        for quota in quotas:
            known = quota.name in set(Channel) if quota.scope == "channel" else re.match(UNIT, quota.name)
            if not known:
                raise ValueError("a quota is for a channel, or for a unit such as /north")
        return quotas

    @model_validator(mode="after")
    def _some_time_to_accept(self) -> Self:
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise ValueError("valid_from must lie before valid_until")
        return self

    @model_validator(mode="after")
    def _distinct_quotas(self) -> Self:
        places = [(quota.scope, quota.name) for quota in self.quotas]
        if len(set(places)) < len(places):
            raise ValueError("two quotas are for the same place")
        if any(scope == "channel" and name not in tuple(Channel) for scope, name in places):
            raise ValueError("a quota names no channel")
        if any(quota.limit >= MOST for quota in self.quotas):
            raise ValueError(f"a quota is at most {MOST - 1}")
        return self


class Offer(OfferContent):
    """An offer as planners see it: the content as last edited, and what customers see of it."""

    offer_id: Id
    version: int
    """Rises with every change; also the `ETag`."""
    state: EditState
    """`draft`, `submitted`, `approved`: the content shown has not been published as it stands."""
    in_force: int | None
    """The version that customers see; null when they see none."""
    accepted: int
    """How many acceptances stand."""
    sold_out: bool
    above: list[str]
    """What of the content is above a limit, so that another person must approve it, by JSON pointers."""
    authors: list[str]
    """Who has edited the content since it was last published."""
    submitted_by: str | None
    approved_by: str | None
    changed_at: datetime


class OfferVersion(BaseModel):
    """One step in an offer's or a ranking's life."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    version: int
    state: EditState
    by: str | None
    """Who did it."""
    at: datetime


class WholeOfferVersion(OfferVersion):
    """A version with its content, as it was then."""

    content: OfferContent


class OfferDifference(BaseModel):
    """One thing that a version says differently."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    pointer: str
    """JSON pointer (RFC 6901) into the content."""
    old: Any
    new: Any


class OfferDifferences(BaseModel):
    """What a version says differently than another one."""

    offer_id: Id
    version: int
    against: int
    differences: list[OfferDifference]


class RankingContent(_Body):
    """How offers are weighed: within a priority by the product of the factors that are on, each to its weight."""

    model_config = ConfigDict(json_schema_extra={"examples": [RANKING_EXAMPLE]})

    propensity: Factor = Factor(on=False)
    """How likely the customer accepts."""
    context: Factor = Factor(on=False)
    """How well the offer goes with the channel."""
    value: Factor = Factor()
    """Worth to the business, less the cost."""
    lever: Factor = Factor(on=False)
    """How much the business pushes the offer."""
    refused_days: Annotated[int, Field(ge=0, le=92)] = 30
    """For how long an offer that the customer has refused is not shown; 0 switches it off."""
    promised_days: Annotated[int, Field(ge=0, le=92)] = 30
    """For how long an offer that the customer was interested in, or wants to be called about, goes before all others,
    from then or from the time of the call on; 0 switches it off."""


class Ranking(BaseModel):
    """The ranking as planners see it: the content as last edited, and what is in force."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    version: int
    """Rises with every change; also the `ETag`. 0 until somebody writes one."""
    state: EditState
    content: RankingContent
    in_force: dict[str, Any] | None = None
    """The document by which every channel ranks; null while the defaults are in force."""
    authors: list[str] = []
    submitted_by: str | None = None
    approved_by: str | None = None
    changed_at: datetime | None = None


class RankingVersion(OfferVersion):
    """A step in the life of the ranking, with the weights as they were."""

    content: RankingContent


class AcceptanceRequest(_Body):
    """A customer says yes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"customer_id": "c-1001", "offer_id": "term-deposit-2026", "channel": "web"}]}
    )

    customer_id: Id
    offer_id: Id
    channel: Channel
    contact_id: Id | None = None
    """The contact in which it happened, if any; a storefront passes on the one it was given."""
    term: Id = "1"
    """Which term of the offer: one acceptance per customer, offer and term."""
    acceptance_id: Id | None = None
    """Chosen by the caller, it makes a retry safe without an `Idempotency-Key`."""
    unit: Unit | None = None
    """Which unit takes it, for quotas: the caller's own, which it is when left out, or one below it."""
    link: Annotated[str, Field(max_length=100)] | None = None
    """The token of the short link through which the customer came: its contact and agent are credited."""


class FulfilmentRequest(_Body):
    """What became of what was accepted: delivered, or it could not be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"reference": "contract-4711"},
                {"result": "failed", "reason": "the line does not reach the house"},
            ]
        }
    )

    result: Literal["delivered", "failed"] = "delivered"
    """`failed`: the acceptance stands no more, and its stock returns."""
    reference: Id | None = None
    """Of the order or contract, in the system that fulfilled it."""
    reason: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """Why it could not be delivered; no personal data."""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if (self.result == "failed") != (self.reason is not None):
            raise ValueError("`failed` needs a reason, and nothing else has one")
        return self


class Acceptance(BaseModel):
    """A row of the ledger."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    acceptance_id: Id
    customer_id: Id
    offer_id: Id
    term: Id
    goal: str
    category: str | None
    channel: Channel
    contact_id: Id | None
    at: datetime
    """When the customer said yes."""
    state: Literal["accepted", "refused", "revoked"]
    reason: str | None
    """Why it was refused: one that a channel reported and that could not be honoured."""
    revoked_at: datetime | None
    fulfilled_at: datetime | None
    reference: str | None
    unit: str | None = None
    """Of whoever took it, for quotas."""
    agent: str | None = None
    """Who is credited with it."""
    link_id: Id | None = None
    """The short link through which it came."""
    revocable_until: datetime | None = None
    """The end of its cooling-off period, as the offer had it then; null: until it is fulfilled."""
    revoked_because: Literal["withdrawn", "not-delivered"] | None = None
    note: str | None = None
    """Why it could not be delivered."""


class LinkRequest(_Body):
    """To whom, for what and by which channel a link is sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "c-1001",
                    "offer_id": "term-deposit-2026",
                    "contact_id": "ctc_0192f0c1a2b37c4d8e5f60718293a4b5",
                    "channel": "sms",
                    "expires_in": 604800,
                }
            ]
        }
    )

    customer_id: Id
    offer_id: Id
    contact_id: Id | None = None
    """The contact in which it is sent, such as the hotline's: what comes of the link is told of it."""
    channel: Channel = Channel.SMS
    """By which it is sent."""
    expires_in: Annotated[int, Field(ge=60, le=90 * 86_400)] = 7 * 86_400
    """Seconds."""


class Link(BaseModel):
    """A short link, without its token."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    link_id: Id
    customer_id: Id
    offer_id: Id
    channel: Channel
    contact_id: Id | None
    agent: str
    """Who sent it."""
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    """The first time."""
    opens: int


class NewLink(Link):
    """A link that was just made."""

    token: str
    url: str


class OpenedLink(BaseModel):
    """Where a link leads."""

    offer_id: Id
    url: str
    expires_at: datetime


class FactorShare(BaseModel):
    """What one factor has to do with an offer's score."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    factor: Literal["propensity", "context", "value", "lever"]
    figure: float
    weight: float
    """0 when the factor is off."""
    share: float
    """What it multiplies the score by: the figure to the power of the weight."""


class SaidObjection(BaseModel):
    """What a customer may hold against the offer, and the answer."""

    objection: str
    answer: str


class EligibleOffer(BaseModel):
    """One offer for the customer, in the language that serves best."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    offer_id: Id
    title: str
    body: str
    script: str
    """What is said in this channel."""
    objections: list[SaidObjection]
    """What the customer may hold against it and the answers, where an agent speaks."""
    image: str | None
    goal: str
    price: Decimal | None
    """What the customer pays, in `currency`; null where there is no one price."""
    price_period: Literal["once", "month", "year"]
    currency: str
    valid_until: datetime | None
    contact_id: Id | None
    """The open web contact for this offer: report the customer's answer to it."""
    priority: int | None = None
    """What decides the rank, with `explain=true` only: a customer's page has no use for the worth of a customer."""
    value: Decimal | None = None
    score: float | None = None
    """Decides within a priority; the product of the shares of its factors."""
    factors: list[FactorShare] | None = None
    segment: str | None = None
    """Whose propensity it is; null is everybody's."""
    promised: bool | None = None
    """The customer, or somebody of the household, was interested: it goes first."""


class PublicOffer(BaseModel):
    """One offer that is for everybody."""

    offer_id: Id
    title: str
    body: str
    image: str | None
    goal: str
    price: Decimal | None
    price_period: str
    currency: str
    valid_until: datetime | None


class PublicOffers(BaseModel):
    """Offers for a visitor of whom nothing is known, best first."""

    items: list[PublicOffer]


class FailedCondition(BaseModel):
    """A leaf of the offer's rule that this customer does not meet: where in the rule, and what it asks for."""

    pointer: str
    text: str


class RefusedOffer(BaseModel):
    """An offer that this customer is not shown, and the first reason why."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    offer_id: Id
    reason: Refusal
    detail: str | None
    """The goal that is met, the product or offer that excludes this one or that it needs, or until when it rests."""
    layer: Literal["eligibility", "applicability", "suitability"] | None
    """Which of its rules does not let the customer pass."""
    failed: list[FailedCondition]
    score: float
    factors: list[FactorShare]
    segment: str | None
    promised: bool


class SaidTexts(BaseModel):
    """What is said of an offer, filled in."""

    language: str
    title: str
    body: str
    script: str
    objections: list[SaidObjection]


class TextFault(BaseModel):
    """A place in a text that cannot be filled in."""

    pointer: str
    message: str


class LayerFit(BaseModel):
    """One layer of the offer's rules: whether the customer passes, and else the leaves to blame."""

    layer: Literal["eligibility", "applicability", "suitability"]
    fits: bool
    failed: list[FailedCondition]


class TextVariable(BaseModel):
    """What a text may be filled in with."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """As texts write it: `{{ name }}`."""
    label: dict[str, str]
    """By language: `en`, `zh-CN`."""
    needs_default: bool
    """Whether it may be unknown, of any customer or of this kind of offer."""
    personal: bool
    """Filled in only for who may see personal data."""


class TextVariables(BaseModel):
    """All that texts may use, in the order in which an editor lists them."""

    items: list[TextVariable]


class Preview(BaseModel):
    """An offer as it was last edited, as one customer would meet it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    offer_id: Id
    version: int
    customer_id: Id
    channel: Channel
    texts: SaidTexts | None
    """Null while there are none."""
    faults: list[TextFault]
    """What keeps the texts from being published."""
    layers: list[LayerFit]
    """Those that have a rule."""
    reason: Refusal | None
    """The first reason why this customer would not be shown it; null when they would."""
    detail: str | None
    place: int | None
    """Where it would stand among the offers for this customer, from 1."""
    of: int
    """How many offers there would be."""
    score: float
    factors: list[FactorShare]
    segment: str | None
    promised: bool


class EligibleOffers(BaseModel):
    """Offers of open contacts first, then the others, each part best first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    customer_id: Id
    items: list[EligibleOffer]
    refused: list[RefusedOffer] | None = None
    """With `explain=true` only."""
