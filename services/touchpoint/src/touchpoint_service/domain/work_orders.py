"""What the policy in force says of a work order: whose it is, and by when somebody has to have done something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rapport.contracts.vocabulary import Channel, WorkOrderKind
from touchpoint_service.domain.business_time import BusinessHours, due
from touchpoint_service.domain.hours import Week
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.time_rules import OpeningHours
from touchpoint_service.domain.work_order_rules import WorkOrderRule

RESPONSE, RESOLUTION = "response", "resolution"
REMIND, ESCALATE = "remind", "escalate"
TOP = "/"
"""Whose it is when nothing is known: that of whoever is responsible for everything."""
_PLAIN = {kind: WorkOrderRule(name=kind.value.replace("_", "-"), kind=kind) for kind in WorkOrderKind}


class Alarm(NamedTuple):
    """When somebody is to be told that a promise is due soon (`remind`), or was not kept (`escalate`)."""

    about: str
    step: str
    at: int
    due: int


@dataclass(frozen=True, slots=True)
class Promise:
    """A deadline and its alarms."""

    due: int
    alarms: tuple[Alarm, ...]


def rule_for(document: PolicyDocument | None, kind: WorkOrderKind) -> WorkOrderRule:
    """How a kind is handled: without a rule of the policy's it promises nothing."""
    rules = () if document is None else document.work_orders
    return next((rule for rule in rules if rule.kind is kind), _PLAIN[kind])


def unit_of(document: PolicyDocument | None, place: str | None) -> str | None:
    """The path of a branch or team; None where the policy does not know it."""
    units = () if document is None else document.units
    return next((unit.path for unit in units if unit.name == place), None)


def home_of(document: PolicyDocument | None, rule: WorkOrderRule, place: str | None) -> str:
    """Whose a new order is where nobody says."""
    came_up = unit_of(document, place)
    if rule.kind is WorkOrderKind.ACCEPTANCE_REFUSED:
        return came_up or rule.unit or TOP
    return rule.unit or came_up or TOP


def hours_of(document: PolicyDocument | None, rule: WorkOrderRule, unit: str) -> BusinessHours | None:
    """By which hours the minutes of an order in `unit` count; None: round the clock."""
    rules = () if document is None else document.opening_hours
    place = _place(document, unit)
    own = next((r for r in rules if r.places is not None and place in r.places), None)
    named = own or next((r for r in rules if r.name == rule.opening_hours), None)
    return None if named is None else _hours(named)


def branch_hours(document: PolicyDocument | None, unit: str) -> BusinessHours | None:
    """When customers may come to a unit; None: nothing is known of it."""
    rules = [] if document is None else [r for r in document.opening_hours if Channel.BRANCH in r.channels]
    place = _place(document, unit)
    own = next((r for r in rules if r.places is not None and place in r.places), None)
    found = own or next((r for r in rules if r.places is None), None)
    return None if found is None else _hours(found)


def promise(rule: WorkOrderRule, about: str, since: int, hours: BusinessHours | None) -> Promise | None:
    """What is promised from `since` on; None where nothing is, or it never opens."""
    minutes = rule.respond_minutes if about == RESPONSE else rule.resolve_minutes
    deadline = None if minutes is None else due(since, minutes, hours)
    if minutes is None or deadline is None:
        return None
    return Promise(deadline, tuple(_alarms(rule, about, since, minutes, deadline, hours)))


def _alarms(
    rule: WorkOrderRule, about: str, since: int, minutes: int, deadline: int, hours: BusinessHours | None
) -> Iterator[Alarm]:
    if rule.remind_minutes is not None:
        remind = due(since, minutes - rule.remind_minutes, hours)
        if remind is not None:
            yield Alarm(about, REMIND, remind, deadline)
    late = deadline if rule.escalate_after_minutes == 0 else due(since, minutes + rule.escalate_after_minutes, hours)
    if late is not None:
        yield Alarm(about, ESCALATE, late, deadline)


def _place(document: PolicyDocument | None, unit: str) -> str:
    """By what name opening hours know a unit: the policy's, else the last part of its path."""
    units = () if document is None else document.units
    return next((known.name for known in units if known.path == unit), unit.rpartition("/")[2])


def _hours(rule: OpeningHours) -> BusinessHours:
    return BusinessHours(Week.of(rule.hours), ZoneInfo(rule.zone), rule.country, rule.region)
