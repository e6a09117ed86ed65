"""What goes in and out over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from campaign_service.domain.plan import EXAMPLE, Plan
from rapport.contracts.campaign import PlanState
from rapport.contracts.vocabulary import Channel, Id, Outcome

SUMMARY_EXAMPLE: dict[str, Any] = {
    "campaign_id": "retention-autumn",
    "version": 4,
    "state": "running",
    "name": EXAMPLE["name"],
    "goal": EXAMPLE["goal"],
    "ends_at": "2026-11-30T23:00:00Z",
    "authors": ["alice"],
    "approved_by": "bob",
    "created_at": "2026-10-28T09:12:00Z",
    "changed_at": "2026-11-02T06:58:00Z",
    "started_at": "2026-11-02T06:58:00Z",
    "resolved_at": "2026-11-02T07:00:00Z",
    "targets": 4512,
    "asked": 1000,
    "next_wave_at": "2026-11-02T08:00:00Z",
}

_STAGES = {
    "planned": 0,
    "requested": 22560,
    "released": 9120,
    "delivered": 7011,
    "deferred": 8120,
    "suppressed": 3005,
    "expired": 0,
    "withdrawn": 0,
    "recalled": 940,
}
RESULTS_EXAMPLE: dict[str, Any] = {
    "campaign_id": "retention-autumn",
    "state": "running",
    "stages": _STAGES,
    "responded": {"refused": 890, "no_answer": 1460, "accepted": 310},
    "channels": {"call": {"stages": _STAGES, "responded": {"accepted": 310}, "accepted": 310}},
    "audience": {"members": 5000, "accepted": 651, "rate": 0.1302},
    "targeted": {"members": 4512, "accepted": 640, "rate": 0.1418},
    "contacted": {"members": 4100, "accepted": 612, "rate": 0.1493},
    "control": {"members": 488, "accepted": 11, "rate": 0.0225},
    "lift": 0.1193,
}


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class NewCampaign(Plan):
    """A plan, and the id to file it under."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"campaign_id": "retention-autumn", **EXAMPLE}]})

    campaign_id: Id | None = None
    """Chosen by the caller, or null for a new one."""

    def plan(self) -> Plan:
        """The plan without the id."""
        return Plan.model_construct(**{name: getattr(self, name) for name in Plan.model_fields})


class StateChange(_Body):
    """Where a campaign should go."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "running"}]})

    state: Literal["running", "paused", "stopped"]


class CampaignSummary(BaseModel):
    """A campaign without its plan."""

    model_config = ConfigDict(
        from_attributes=True, use_attribute_docstrings=True, json_schema_extra={"examples": [SUMMARY_EXAMPLE]}
    )

    campaign_id: Id
    version: int
    """Rises with every edit and every change of state; also the `ETag`."""
    state: PlanState
    name: str
    goal: str
    ends_at: datetime
    authors: list[str]
    """Who wrote or submitted the plan; none of them may approve it."""
    approved_by: str | None
    created_at: datetime
    changed_at: datetime
    started_at: datetime | None
    resolved_at: datetime | None
    """When the audience was taken."""
    targets: int
    """Members of the audience outside the control group."""
    asked: int
    """How many of them have had their turn."""
    next_wave_at: datetime | None


class CampaignDocument(CampaignSummary):
    """A campaign with its plan."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**SUMMARY_EXAMPLE, "plan": EXAMPLE}]})

    plan: Plan


class _Figures(BaseModel):
    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class Side(_Figures):
    """How many customers, and how many of them have accepted the goal."""

    members: int
    accepted: int
    rate: float | None


class Stages(_Figures):
    """How far contacts have come, by attempt."""

    planned: int = 0
    """Further attempts that go out with the next page."""
    requested: int = 0
    released: int = 0
    """Released at least once, also when recalled later."""
    delivered: int = 0
    """Reached the customer: shown, delivered, or answered by them."""
    deferred: int = 0
    suppressed: int = 0
    expired: int = 0
    withdrawn: int = 0
    recalled: int = 0


class ChannelResults(_Figures):
    """What came of the contacts in one channel."""

    stages: Stages
    """Only what was released there; what never was has no channel."""
    responded: dict[Outcome, int]
    accepted: int
    """Acceptances made in this channel, whichever contact led to them."""


class Results(_Figures):
    """Where a campaign stands. Contacts are counted by attempt, people by customer."""

    model_config = ConfigDict(json_schema_extra={"examples": [RESULTS_EXAMPLE]})

    campaign_id: Id
    state: PlanState
    stages: Stages
    responded: dict[Outcome, int]
    channels: dict[Channel, ChannelResults]
    audience: Side
    targeted: Side
    """Everybody outside the control group, contacted or not: the fair comparison with it."""
    contacted: Side
    """Those of them to whom at least one contact was released."""
    control: Side
    lift: float | None
    """The rate of `targeted` less that of `control`; null without members on both sides."""
