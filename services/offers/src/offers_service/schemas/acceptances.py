"""What comes into the ledger, and its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from offers_service.schemas.body import Body, Unit
from rapport.contracts.vocabulary import Channel, Id


class AcceptanceRequest(Body):
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


class FulfilmentRequest(Body):
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
