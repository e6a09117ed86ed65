"""The contact rules that look at the clock: blackouts, legal hours, quiet hours, opening hours.

Each is a pure function that objects or stays silent (`touchpoint_service.domain.rules`). Where the customer's zone is
not known, all zones that may be theirs are obeyed at once; where none is known, there is no contact under such a rule.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.facts import Facts
from touchpoint_service.domain.hours import closed_because, opens_at
from touchpoint_service.domain.objection import Objection
from touchpoint_service.domain.policy_document import QuietHours
from touchpoint_service.domain.time_rules import Legal, Opening, legal_hours_for, opening_hours_at, pause_at
from touchpoint_service.domain.windows import inside_daily


def blackout(facts: Facts) -> Objection | None:
    """Nothing goes out before the period ends."""
    if not facts.applying.blackouts:
        return None
    found = pause_at(facts.applying.blackouts, facts.now, facts.customer.country, facts.customer.region)
    return None if found is None else Objection(Reason.BLACKOUT, rule=found.name, until=found.ends)


def legal_hours(facts: Facts) -> Objection | None:
    """Only within the hours that the law of the customer's place allows, by every clock that may be theirs."""
    rules = facts.applying.legal_hours
    if not rules:
        return None
    customer = facts.customer
    for rule in legal_hours_for(rules, customer.country, customer.region):
        if not customer.zones:
            return Objection(Reason.UNKNOWN_TIME_ZONE, rule=rule.name)
        objection = _closed(rule, facts.now, customer.zones, customer.country, customer.region, Reason.LEGAL_HOURS)
        if objection is not None:
            return objection
    return None


def opening_hours(facts: Facts) -> Objection | None:
    """Only while the branch or team that is to carry it out works."""
    rules = facts.applying.opening_hours
    if not rules:
        return None
    for rule in opening_hours_at(rules, facts.request.place):
        objection = _closed(rule, facts.now, rule.zones, rule.country, rule.region, Reason.CHANNEL_CLOSED)
        if objection is not None:
            return objection
    return None


def quiet_hours(facts: Facts) -> Objection | None:
    """Not while it is quiet by a clock that may be the customer's."""
    for rule in facts.applying.quiet_hours:
        zones = facts.customer.zones
        if not zones:
            return Objection(Reason.UNKNOWN_TIME_ZONE, rule=rule.name)
        ends = _quiet_until(rule, facts.now, zones)
        if ends is not None:
            return Objection(Reason.QUIET_HOURS, rule=rule.name, until=ends)
    return None


def _closed(
    rule: Legal | Opening,
    now: int,
    zones: tuple[ZoneInfo, ...],
    country: str | None,
    region: str | None,
    reason: Reason,
) -> Objection | None:
    opens = opens_at(rule.week, now, zones, country, region)
    if opens == now:
        return None
    closure = closed_because(rule.week, now, zones, country, region)
    on_holiday = closure is not None and closure.because == "holiday"
    return Objection(Reason.HOLIDAY if on_holiday else reason, rule=rule.name, until=opens)


_PERIODS = 100
"""Quiet periods of several zones that may follow on each other before one looks again: more than a fortnight's."""


def _quiet_until(rule: QuietHours, now: int, zones: tuple[ZoneInfo, ...]) -> int | None:
    """The first instant that is quiet in none of the zones; None when that is now."""
    at = now
    for _ in range(_PERIODS):
        ends = [end for zone in zones if (end := inside_daily(at, rule.start, rule.end, rule.days, zone)) is not None]
        if not ends:
            break
        at = max(ends)
    return None if at == now else at
