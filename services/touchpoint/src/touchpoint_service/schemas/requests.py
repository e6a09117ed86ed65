"""Wishes to contact a customer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from rapport.clock import to_micros
from rapport.contracts.vocabulary import (
    Channel,
    ContactClass,
    Id,
    Name,
    SensibleInstant,
)
from touchpoint_service.domain.facts import Request
from touchpoint_service.schemas.body import Body, Place, example


class ContactRequestIn(Body):
    """A wish to contact a customer."""

    model_config = example(
        {
            "request_id": "req-2026-11-0042",
            "customer_id": "c-1001",
            "channels": ["call", "sms"],
            "purpose": "marketing",
            "category": "savings",
            "contact_class": "marketing",
            "score": 0.7,
            "goal": "term-deposit",
            "campaign_id": "cmp-autumn",
            "offer_id": "term-deposit-2026",
            "expires_at": "2026-12-01T00:00:00+00:00",
        }
    )

    request_id: Id | None = None
    """Natural key: the same id twice is one request. Made up when left out."""
    customer_id: Id
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=6)]
    """In order of preference: the first that may go."""
    purpose: Name
    category: Name
    contact_class: ContactClass
    score: Annotated[float, Field(ge=0, le=1)] = 0.5
    goal: Name | None = None
    campaign_id: Id | None = None
    offer_id: Id | None = None
    place: Place | None = None
    not_before: SensibleInstant | None = None
    expires_at: SensibleInstant | None = None
    """From this instant on it is no longer wanted. Needed for a request that may wait."""
    agent: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """The person who asks for it: what comes of a link in the message is credited to them and to the caller's unit."""

    @model_validator(mode="after")
    def in_order(self) -> ContactRequestIn:
        """It may be wanted for some time."""
        if self.not_before and self.expires_at and self.not_before >= self.expires_at:
            raise ValueError("not_before is not before expires_at")
        return self

    def to_request(self, request_id: str, now: datetime, expires_at: datetime, unit: str) -> Request:
        """As the gate sees it; `unit` is the caller's."""
        return Request(
            request_id,
            self.customer_id,
            tuple(c.value for c in self.channels),
            self.purpose,
            self.category,
            self.contact_class.rank,
            self.score,
            self.goal,
            self.campaign_id,
            self.offer_id,
            self.place,
            to_micros(now),
            None if self.not_before is None else to_micros(self.not_before),
            to_micros(expires_at),
            self.agent,
            None if self.agent is None else unit,
        )


class BannerIn(Body):
    """An offer that a storefront would like to show a customer."""

    model_config = example({"banner_id": "page-7f3a", "customer_id": "c-1001", "offer_id": "fibre-500"})

    banner_id: Id | None = None
    """Natural key: the same id twice is one banner. Made up when left out."""
    customer_id: Id
    offer_id: Id
