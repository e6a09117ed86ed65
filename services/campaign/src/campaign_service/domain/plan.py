"""The plan document: whom to contact, for what, in which channels, when, and how it will be judged.

A document that validates is complete in itself; what it needs of the catalogue (published offers of its goal) is looked
at when it is submitted. Success is the acceptance of any offer of the plan's goal, in any channel.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rapport.contracts.vocabulary import Channel, ContactClass, Id, Name, SensibleInstant
from rapport.rules import Group

MAX_LIST = 50_000
"""Customers that fit into one body with room to spare; larger audiences are what rules are for."""

EXAMPLE: dict[str, Any] = {
    "name": "Keep those whose contract ends",
    "goal": "retention-2026",
    "contact_class": "retention",
    "purpose": "marketing",
    "category": "retention",
    "audience": {
        "rule": {
            "combinator": "and",
            "rules": [
                {"field": "contract_end", "operator": "withinNextDays", "value": 60},
                {"field": "attributes.churn_risk", "operator": ">=", "value": 0.4},
            ],
        }
    },
    "offers": ["stay-12", "stay-24"],
    "lines": [
        {
            "channels": ["call"],
            "offer_id": "stay-24",
            "role": "lead",
            "attempts": {"max": 3, "gap_hours": 24},
            "score": 0.5,
            "score_attribute": "churn_risk",
        },
        {"channels": ["sms", "email"], "offer_id": "stay-12"},
        {"channels": ["branch"], "offer_id": "stay-24"},
        {"channels": ["hotline"], "offer_id": "stay-24"},
        {"channels": ["web"], "offer_id": "stay-12", "score": 0.3},
    ],
    "schedule": {
        "start": "2026-11-02T08:00:00+01:00",
        "end": "2026-12-01T00:00:00+01:00",
        "wave_size": 1000,
        "wave_every_minutes": 60,
    },
    "control_share": 0.1,
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Audience(_Part):
    """Whom the campaign is for: those who fulfil a rule, or a list. Taken once, when the campaign starts."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    rule: Group | None = None
    """A rule tree over the customer document."""
    customers: Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)] | None = Field(None, alias="list")
    """Customer ids; those that are not known when the campaign starts are left out."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.rule is None) == (self.customers is None):
            raise ValueError("either `rule` or `list`")
        return self


class Attempts(_Part):
    """How often a line tries to reach a customer. A call-back that the customer asked for does not count."""

    max: Annotated[int, Field(ge=1, le=20)] = 1
    gap_hours: Annotated[float, Field(gt=0, le=2160)] = 24.0
    """From an attempt that did not reach the customer to the next."""

    @property
    def gap(self) -> timedelta:
        """`gap_hours` as a duration."""
        return timedelta(hours=self.gap_hours)


class Line(_Part):
    """One request per customer: a call with its attempts, a to-do at the branch, a message, a banner."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=len(Channel))]
    """In order of preference: the first that may go."""
    offer_id: Id | None = None
    place: Annotated[str, Field(max_length=64)] | None = None
    """Branch or team that should do it; null is any."""
    role: Literal["lead", "cooperate"] = "cooperate"
    attempts: Attempts = Attempts()
    score: Annotated[float, Field(ge=0, le=1)] | None = None
    """Larger goes first within the class. Null: 0.75 for a leading line, 0.5 for the others."""
    score_attribute: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """The customer's attribute to take the score from, cut to 0–1; without a number there, `score` counts."""

    @model_validator(mode="after")
    def _each_channel_once(self) -> Self:
        if len(set(self.channels)) < len(self.channels):
            raise ValueError("a channel is named twice")
        return self


class Schedule(_Part):
    """When requests go out, and when they are no longer wanted."""

    start: SensibleInstant
    end: SensibleInstant
    """Requests expire and the campaign is over; the instant itself is outside."""
    wave_size: Annotated[int, Field(ge=1)] | None = None
    """Customers per wave; null: all at once."""
    wave_every_minutes: Annotated[int, Field(ge=1, le=10_080)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.start >= self.end:
            raise ValueError("start must lie before end")
        if (self.wave_size is None) != (self.wave_every_minutes is None):
            raise ValueError("wave_size and wave_every_minutes go together")
        return self

    @property
    def wave_every(self) -> timedelta:
        """From the beginning of one wave to that of the next."""
        return timedelta(minutes=self.wave_every_minutes or 0)


class Plan(_Part):
    """What a planner writes and somebody else approves."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: Annotated[str, Field(min_length=1, max_length=120)]
    goal: Name
    """What is to be accepted: an acceptance of it, in any channel, ends all lines for that customer."""
    contact_class: ContactClass
    purpose: Name
    """What consent is asked for."""
    category: Name
    audience: Audience
    offers: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    """Each must be published and of the plan's goal when the plan is submitted."""
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=20)]
    """Every customer of the audience who is not in the control group gets one request per line."""
    schedule: Schedule
    control_share: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    """Share of the audience that is not contacted, for comparison."""

    @model_validator(mode="after")
    def _lines_offer_what_the_plan_offers(self) -> Self:
        for number, line in enumerate(self.lines):
            if line.offer_id is not None and line.offer_id not in self.offers:
                raise ValueError(f"lines/{number}: {line.offer_id} is not among the plan's offers")
        return self

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All channels of the plan, each once, in the order of the lines."""
        return tuple(dict.fromkeys(channel for line in self.lines for channel in line.channels))
