"""Webhooks, and what is sent to them again."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from rapport.contracts.vocabulary import (
    Id,
)
from touchpoint_service.domain.addresses import fault_of
from touchpoint_service.handlers.webhooks import Again
from touchpoint_service.repository.webhooks import WebhookRow
from touchpoint_service.schemas.body import Body, example


class WebhookIn(Body):
    """Who is to be told what."""

    model_config = example(
        {
            "url": "https://crm.example.com/rapport",
            "description": "CRM of the northern region",
            "types": ["touchpoint.contact.recalled.v1", "touchpoint.acceptance.settled.v1"],
            "org": "/north",
            "ordered": True,
        }
    )

    url: Annotated[str, Field(min_length=8, max_length=1000)]
    """https; plain http only into networks that the settings open."""
    description: Annotated[str, Field(max_length=200)] = ""
    types: Annotated[tuple[str, ...], Field(min_length=1, max_length=50)] | None = None
    """Left out: every type."""
    customer_id: Id | None = None
    org: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """A unit: events that bear a place elsewhere are left out."""
    ordered: bool = False
    """A customer's next event waits until the one before it is delivered or dead."""
    state: Literal["active", "paused"] = "active"
    """`paused`: events wait, for three days at most."""

    @model_validator(mode="after")
    def leads_somewhere(self) -> WebhookIn:
        """Its URL has a form that we can post to."""
        if (fault := fault_of(self.url)) is not None:
            raise ValueError(f"the URL {fault}")
        return self

    def to_row(self) -> WebhookRow:
        """As it is stored."""
        types = None if self.types is None else sorted(set(self.types))
        return WebhookRow(self.url, self.description, types, self.customer_id, self.org, self.ordered, self.state)


class RotationIn(Body):
    """How a secret is replaced."""

    model_config = example({"overlap_hours": 24})

    overlap_hours: Annotated[float, Field(ge=0, le=168)] = 24
    """For so long every event bears both signatures. 0: the old secret has leaked."""


class ReplayIn(Body):
    """What is to be sent again: a time, or named events, or all dead letters."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"since": "2026-03-03T00:00:00+00:00", "until": "2026-03-04T00:00:00+00:00"},
                {"event_ids": ["c-1001.17", "c-1001.18"]},
                {"dead_letters": True},
            ]
        }
    )

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    """The instant itself is outside; left out, or ahead: until now."""
    event_ids: (
        Annotated[tuple[Annotated[str, Field(max_length=90)], ...], Field(min_length=1, max_length=1000)] | None
    ) = None
    dead_letters: bool = False

    @model_validator(mode="after")
    def is_one_thing(self) -> ReplayIn:
        """Exactly one of the three, and a time that is one."""
        if (self.since is not None) + (self.event_ids is not None) + self.dead_letters != 1:
            raise ValueError("say one of: since, event_ids, dead_letters")
        if self.until is not None and (self.since is None or self.until <= self.since):
            raise ValueError("until must be later than since")
        return self

    def to_again(self) -> Again:
        """As the use case takes it."""
        return Again(self.since, self.until, self.event_ids)
