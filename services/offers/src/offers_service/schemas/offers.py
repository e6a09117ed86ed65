"""Offers as planners write and see them, and their steps."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from offers_service.domain.approval import EditState
from offers_service.schemas.body import LANGUAGE, UNIT, Body, Instant
from rapport.contracts import offers as contract
from rapport.contracts.offers import OfferText, Quota
from rapport.contracts.vocabulary import Channel, Id, Name

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

MOST = 2**31
"""Counts stay below it."""

Amount = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)]


class SegmentPropensity(contract.SegmentPropensity):
    """How likely customers of a segment accept."""

    model_config = ConfigDict(extra="forbid")


class Propensity(contract.Propensity):
    """How likely a customer accepts: a constant per segment, the first that holds, else `default`."""

    model_config = ConfigDict(extra="forbid")

    by_segment: Annotated[tuple[SegmentPropensity, ...], Field(max_length=20)] = ()


class OfferContent(Body):
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
    texts: dict[Annotated[str, Field(pattern=LANGUAGE)], OfferText] = Field({})
    """By BCP 47 language. `en` and `zh-CN` are needed to publish."""
    eligibility: dict[str, Any] | None = None
    """May the customer have it? A rule tree over the customer document; null is everybody."""
    applicability: dict[str, Any] | None = None
    """Does it make sense now? It binds whoever proposes, not an acceptance."""
    suitability: dict[str, Any] | None = None
    """Is it good for the customer?"""
    propensity: Propensity = Propensity()
    """How likely a customer accepts: the first segment that holds, else `default`."""
    context: dict[Channel, Annotated[float, Field(ge=0, le=10)]] = Field({})
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
            if quota.limit >= MOST:
                raise ValueError(f"a quota is at most {MOST - 1}")
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
