"""The ranking as planners write and see it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from offers_service.domain.approval import EditState
from offers_service.schemas.body import Body
from offers_service.schemas.offers import OfferVersion
from rapport.contracts import offers as contract

RANKING_EXAMPLE: dict[str, Any] = {
    "propensity": {"on": True, "weight": 1.0},
    "context": {"on": True, "weight": 0.5},
    "value": {"on": True, "weight": 1.0},
    "lever": {"on": False, "weight": 1.0},
    "refused_days": 30,
    "promised_days": 30,
}


class Factor(contract.Factor):
    """One factor of a rank: whether it counts, and the exponent with which it does."""

    model_config = ConfigDict(extra="forbid")


class RankingContent(Body):
    """How offers are weighed: within a priority by the product of the factors that are on, each to its weight."""

    model_config = ConfigDict(json_schema_extra={"examples": [RANKING_EXAMPLE]})

    propensity: Factor = Factor(on=False)
    """How likely the customer accepts."""
    context: Factor = Factor(on=False)
    """How well the offer goes with the channel."""
    value: Factor = Factor()
    """Worth to the business, less the cost."""
    lever: Factor = Factor(on=False)
    """How much the business pushes the offer."""
    refused_days: Annotated[int, Field(ge=0, le=92)] = 30
    """For how long an offer that the customer has refused is not shown; 0 switches it off."""
    promised_days: Annotated[int, Field(ge=0, le=92)] = 30
    """For how long an offer that the customer was interested in, or wants to be called about, goes before all others,
    from then or from the time of the call on; 0 switches it off."""


class Ranking(BaseModel):
    """The ranking as planners see it: the content as last edited, and what is in force."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    version: int
    """Rises with every change; also the `ETag`. 0 until somebody writes one."""
    state: EditState
    content: RankingContent
    in_force: dict[str, Any] | None = None
    """The document by which every channel ranks; null while the defaults are in force."""
    authors: list[str] = []
    submitted_by: str | None = None
    approved_by: str | None = None
    changed_at: datetime | None = None


class RankingVersion(OfferVersion):
    """A step in the life of the ranking, with the weights as they were."""

    content: RankingContent
