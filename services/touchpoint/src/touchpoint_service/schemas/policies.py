"""Contact policies, blackouts and capacities."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator

from rapport.contracts.vocabulary import (
    Id,
    SensibleInstant,
)
from touchpoint_service.domain.capacity import CapacityDocument
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.time_rules import Blackout
from touchpoint_service.schemas.body import Body, example

POLICY_EXAMPLE: dict[str, Any] = {
    "name": "House rules",
    "business_zone": "Europe/Berlin",
    "frequency_caps": [{"name": "three-a-week", "limit": 3, "window": {"kind": "rolling", "hours": 168}}],
    "quiet_hours": [{"name": "night", "channels": ["call", "sms"], "start": "20:00", "end": "08:00"}],
}


class PolicyIn(Body):
    """The first draft of a policy."""

    model_config = example({"policy_id": "house", "document": POLICY_EXAMPLE})

    policy_id: Id
    document: PolicyDocument

    @field_validator("policy_id")
    @classmethod
    def no_path_of_ours(cls, value: str) -> str:
        """`/v1/policies/in-force` and the like are paths of their own."""
        if value in ("in-force", "schema"):
            raise ValueError("this id stands for something else")
        return value


class DraftIn(Body):
    """A new draft."""

    model_config = example({"document": POLICY_EXAMPLE})

    document: PolicyDocument


class BlackoutIn(Blackout):
    """A blackout of the policy in force."""

    model_config = example(
        {
            "name": "flood-2026-03",
            "channels": ["call", "sms"],
            "exempt_classes": ["service_critical"],
            "regions": ["DE-BY"],
            "begins": "2026-03-03T12:00:00+00:00",
            "ends": "2026-03-05T12:00:00+00:00",
        }
    )


class CapacityIn(CapacityDocument):
    """How much a channel or team can take."""

    model_config = example(
        {
            "rate": 60,
            "per": "hour",
            "burst": 5,
            "zone": "Asia/Shanghai",
            "hours": [{"days": ["mon", "tue"], "start": "09:00", "end": "12:00", "rate": 120}],
        }
    )


class SubmissionIn(Body):
    """What to submit."""

    model_config = example({"from_version": 3})

    from_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """Go back to this approved version: its document is submitted anew. Left out, the draft is submitted."""


class ApprovalIn(Body):
    """From when on."""

    model_config = example({"activate_at": "2026-12-01T00:00:00+01:00"})

    activate_at: SensibleInstant | None = None
    """In force from this instant on, at least a second and at most two years ahead. Left out, at once."""
