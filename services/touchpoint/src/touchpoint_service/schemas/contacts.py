"""What is reported of contacts, and who takes them in hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rapport.contracts.channel import OutcomeReported
from rapport.contracts.vocabulary import (
    Id,
    Outcome,
    SensibleInstant,
)
from touchpoint_service.schemas.body import Body, Place, example


class OutcomeIn(Body):
    """One result of a contact."""

    outcome: Outcome
    outcome_id: Id | None = None
    """Natural key: the same id twice is one result. Made up when left out; then a retry needs an `Idempotency-Key`."""
    at: SensibleInstant | None = None
    offer_id: Id | None = None
    call_back_at: SensibleInstant | None = None
    agent: Annotated[str, Field(max_length=64)] | None = None
    note: Annotated[str, Field(max_length=500)] | None = None

    @model_validator(mode="after")
    def complete(self) -> OutcomeIn:
        """A call-back has a time."""
        if self.outcome is Outcome.CALL_BACK and self.call_back_at is None:
            raise ValueError("call_back needs call_back_at")
        return self

    def to_event(
        self, customer_id: str, contact_id: str, outcome_id: str, now: datetime, agent: str, unit: str
    ) -> OutcomeReported:
        """As a channel system would have sent it."""
        return OutcomeReported(
            outcome_id=outcome_id,
            customer_id=customer_id,
            contact_id=contact_id,
            outcome=self.outcome,
            at=self.at or now,
            offer_id=self.offer_id,
            call_back_at=self.call_back_at,
            agent=self.agent or agent,
            note=self.note,
            unit=unit,
        )


class OutcomesIn(Body):
    """What came of a contact; a call may have several results."""

    model_config = example(
        {"outcomes": [{"outcome_id": "out-77", "outcome": "call_back", "call_back_at": "2026-11-24T15:00:00+01:00"}]}
    )

    outcomes: Annotated[tuple[OutcomeIn, ...], Field(min_length=1, max_length=20)]


class RecallAnswerIn(Body):
    """The channel's answer to a recall."""

    model_config = example({"answer": "withdrawn"})

    answer: Literal["withdrawn", "too_late"]


class LeasesIn(Body):
    """How many contacts an agent or dialer wants, and for how long."""

    model_config = example({"limit": 10, "seconds": 300, "place": "branch-7"})

    limit: Annotated[int, Field(ge=1, le=500)] = 1
    seconds: Annotated[int, Field(ge=10, le=3600)] = 300
    place: Place | None = None
    """Only contacts for this branch or team, and those for any."""
    campaign_id: Id | None = None


class RenewalIn(Body):
    """How much longer a lease is held, from now."""

    model_config = example({"seconds": 300})

    seconds: Annotated[int, Field(ge=10, le=3600)] = 300
