"""A draft as one customer would meet it, and what texts may be filled in with."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from offers_service.schemas.storefront import FactorShare, FailedCondition, SaidObjection
from rapport.contracts.vocabulary import Channel, Id
from rapport.ranking import Refusal


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
    only_in: list[Channel]
    """The channels in whose scripts it may stand; empty: everywhere."""


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
