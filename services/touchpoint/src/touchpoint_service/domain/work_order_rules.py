"""The parts of a policy document that speak of work orders: whose each is, what is promised, what waits meanwhile."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from rapport.contracts.vocabulary import Outcome, UnitPath, WorkOrderKind
from touchpoint_service.domain.rule_base import Model, Rule, RuleName

Minutes = Annotated[int, Field(ge=1, le=100_000)]


class Unit(Model):
    """A branch or team: by what name contacts and opening hours call it, and where in the organisation it is."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    """As in `place` of a contact and `places` of opening hours."""
    path: UnitPath
    """As in the `org` of its people's tokens."""


class WorkOrderRule(Model):
    """How work orders of a kind are handled. Minutes count while the unit is open."""

    name: RuleName
    kind: WorkOrderKind
    unit: UnitPath | None = None
    """Whose it is where nobody says; None is the unit in which it came up. An acceptance that was refused goes there
    first."""
    opened_by: tuple[Outcome, ...] = ()
    """Outcomes of contacts that open one by themselves."""
    priority: Annotated[int, Field(ge=1, le=9)] = 5
    """1 goes first."""
    opening_hours: RuleName | None = None
    """The opening-hours rule by which minutes count where no rule names the unit; None is round the clock."""
    respond_minutes: Minutes | None = None
    """Until somebody has taken it in hand."""
    resolve_minutes: Minutes | None = None
    """Until there is a result."""
    remind_minutes: Minutes | None = None
    """So long before each deadline whoever has it is reminded."""
    escalate_after_minutes: Annotated[int, Field(ge=0, le=100_000)] = 0
    """So long after a deadline that was missed it is escalated."""
    escalate_to: UnitPath | None = None
    """Who sees and works it from then on, too."""

    @model_validator(mode="after")
    def reminds_in_time(self) -> WorkOrderRule:
        """A reminder at once would be none."""
        limits = [m for m in (self.respond_minutes, self.resolve_minutes) if m is not None]
        if self.remind_minutes is not None and any(self.remind_minutes >= limit for limit in limits):
            raise ValueError("remind_minutes is not shorter than what is promised")
        return self


class WorkOrderHold(Rule):
    """While a work order of these kinds is open, contacts that the rule binds wait."""

    kinds: Annotated[tuple[WorkOrderKind, ...], Field(min_length=1)] | None = None
    """None is all."""
