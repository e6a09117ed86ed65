"""What a replay under a draft is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, model_validator

from rapport.clock import to_micros
from rapport.contracts.vocabulary import (
    Channel,
    ContactClass,
    Id,
    Name,
    SensibleInstant,
)
from rapport.errors import FieldError, Malformed
from touchpoint_service.domain.planned import CAMPAIGN
from touchpoint_service.domain.windows import HOUR
from touchpoint_service.handlers.what_ifs import LONGEST, Question
from touchpoint_service.schemas.body import Body, example


class PlannedIn(Body):
    """A campaign that has not run: one request for each of its customers, on top of what really was asked for."""

    customers: Annotated[tuple[Id, ...], Field(min_length=1, max_length=100_000)] | None = None
    count: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """So many of the known customers, always the same, in place of a list."""
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=6)]
    purpose: Name
    category: Name
    contact_class: ContactClass
    score: Annotated[float, Field(ge=0, le=1)] = 0.5
    goal: Name | None = None
    campaign_id: Id = CAMPAIGN
    """It counts as running."""
    offer_id: Id | None = None
    begins_at: SensibleInstant | None = None
    """When the first are asked for; at the start of the what-if when left out."""
    hours: Annotated[int, Field(ge=1, le=92 * 24)] = 7 * 24
    """How long each request is wanted."""
    per_day: Annotated[int, Field(ge=1)] | None = None
    """So many customers a day; all at once when left out."""

    @model_validator(mode="after")
    def one_audience(self) -> PlannedIn:
        """A list and a number could differ."""
        if (self.customers is None) == (self.count is None):
            raise ValueError("give either customers or count")
        return self

    def to_stored(self, since: datetime) -> dict[str, Any]:
        """As the job keeps it; who is asked for by number is looked up later."""
        facts = self.model_dump(include={"purpose", "category", "score", "goal", "campaign_id", "offer_id", "per_day"})
        asked = None if self.customers is None else list(dict.fromkeys(self.customers))
        return facts | {
            "customers": asked,
            "count": self.count if asked is None else len(asked),
            "channels": [channel.value for channel in self.channels],
            "contact_class": self.contact_class.rank,
            "begins_at": to_micros(self.begins_at or since),
            "lasts": self.hours * HOUR,
        }


class WhatIfIn(Body):
    """Over which time a policy is tried, and with which campaign on top."""

    model_config = example(
        {
            "days": 30,
            "campaign": {
                "count": 5000,
                "channels": ["sms"],
                "purpose": "marketing",
                "category": "savings",
                "contact_class": "marketing",
            },
        }
    )

    days: Annotated[int, Field(ge=1, le=92)] | None = None
    """Up to now, or to `until`. 30 when neither this nor `from` is given."""
    since: Annotated[SensibleInstant | None, Field(alias="from")] = None
    until: SensibleInstant | None = None
    """Excluded; never later than now."""
    campaign: PlannedIn | None = None

    @model_validator(mode="after")
    def one_beginning(self) -> WhatIfIn:
        """Two beginnings could differ."""
        if self.days is not None and self.since is not None:
            raise ValueError("give either days or from")
        return self

    def to_question(self, now: datetime) -> Question:
        """As the use case takes it.

        Raises:
            Malformed: the time is empty or longer than 92 days.
        """
        until = min(self.until or now, now)
        since = until - timedelta(days=self.days or 30) if self.since is None else self.since
        if not timedelta(0) < until - since <= LONGEST:
            raise Malformed("which time?", errors=[FieldError("#/from", "must lie 92 days or less before `until`")])
        return Question(since, until, None if self.campaign is None else self.campaign.to_stored(since))
