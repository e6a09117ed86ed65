"""What goes in and out over HTTP."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from rapport.contracts.offers import OfferState, OfferText, Quota
from rapport.contracts.vocabulary import Channel, Id, Name
from rapport.ranking import Refusal

LANGUAGE = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
"""A BCP 47 tag, as far as texts need it."""

UNIT = "^/[A-Za-z0-9._~/-]*$"
"""The path of a unit, as tokens have it."""

Unit = Annotated[str, Field(max_length=200, pattern=UNIT)]

Instant = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]
"""Taken with any offset, kept in UTC."""

OFFER_EXAMPLE: dict[str, Any] = {
    "category": "savings",
    "goal": "term-deposit",
    "priority": 700,
    "value": "120.00",
    "currency": "EUR",
    "channels": ["call", "branch", "hotline", "web"],
    "valid_until": "2027-01-01T00:00:00+01:00",
    "stock": 500,
    "never_with": ["term-deposit-2025"],
    "image": "https://img.example/term-deposit.png",
    "texts": {
        "en": {"title": "Term deposit, 3.1 %", "body": "Twelve months, safe.", "script": "May I tell you about …"},
        "zh-CN": {"title": "定期存款 3.1%", "body": "十二个月，稳妥。", "script": "向您介绍一款……"},
    },
    "eligibility": {"combinator": "and", "rules": [{"field": "attributes.age", "operator": ">=", "value": 18}]},
}


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class OfferContent(_Body):
    """What planners write of an offer."""

    model_config = ConfigDict(json_schema_extra={"examples": [OFFER_EXAMPLE]})

    category: Name
    goal: Name
    """Accepting this offer meets the goal, and stops every contact for it."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 500
    """Larger goes first."""
    value: Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)] = Decimal(0)
    """Worth of one acceptance to the business."""
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
    image: Annotated[str, Field(max_length=500, pattern="^https?://")] | None = None
    texts: dict[Annotated[str, Field(pattern=LANGUAGE)], OfferText] = {}
    """By BCP 47 language. `en` and `zh-CN` are needed to publish."""
    eligibility: dict[str, Any] | None = None
    """A rule tree over the customer document; null is everybody."""

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


class Offer(OfferContent):
    """An offer as planners see it: the content as last edited, and what customers see of it."""

    offer_id: Id
    version: int
    """Rises with every change; also the `ETag`."""
    state: OfferState
    """`draft`: the content shown has not been published as it stands."""
    in_force: int | None
    """The version that customers see; null when they see none."""
    accepted: int
    """How many acceptances stand."""
    sold_out: bool
    changed_at: datetime


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


class EligibleOffer(BaseModel):
    """One offer for the customer, in the language that serves best."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    offer_id: Id
    title: str
    body: str
    script: str
    image: str | None
    goal: str
    valid_until: datetime | None
    contact_id: Id | None
    """The open web contact for this offer: report the customer's answer to it."""
    priority: int | None = None
    """What decides the rank, with `explain=true` only: a customer's page has no use for the worth of a customer."""
    value: Decimal | None = None
    currency: str | None = None


class PublicOffer(BaseModel):
    """One offer that is for everybody."""

    offer_id: Id
    title: str
    body: str
    image: str | None
    goal: str
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

    offer_id: Id
    reason: Refusal
    detail: str | None
    """The goal that is met, or the product or offer that excludes this one."""
    failed: list[FailedCondition]


class EligibleOffers(BaseModel):
    """Offers of open contacts first, then the others, each part best first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    customer_id: Id
    items: list[EligibleOffer]
    refused: list[RefusedOffer] | None = None
    """With `explain=true` only."""
