"""Offers as a storefront shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from rapport.contracts.vocabulary import Id
from rapport.ranking import Refusal


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


class EligibleOffers(BaseModel):
    """Offers of open contacts first, then the others, each part best first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    customer_id: Id
    items: list[EligibleOffer]
    refused: list[RefusedOffer] | None = None
    """With `explain=true` only."""
