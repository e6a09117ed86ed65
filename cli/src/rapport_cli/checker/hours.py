"""What a policy document says of the hour of a release: blackouts, legal hours, opening hours.

Read from the wall clock, one release at a time. Public holidays and make-up workdays are not known here: where a rule
treats them apart, only what is outside the hours of every day that it could have been is complained about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from rapport_cli.checker.cases import Case, Complaint, Person

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def blackouts(case: Case, person: Person) -> Iterable[Complaint]:
    """Released where nothing was to go out."""
    for rule in case.document.get("blackouts", ()):
        begins, ends = (datetime.fromisoformat(rule[name]) for name in ("begins", "ends"))
        if case.binds(rule) and begins <= case.release.at < ends and _certainly_there(rule, person):
            yield Complaint("blackout", f"{rule['name']}: nothing goes out before {ends}")


def legal_hours(case: Case, person: Person) -> Iterable[Complaint]:
    """Released when the law of the place allows no contact."""
    zone = _zone(person.zone)
    if zone is None or not (person.country or person.region):
        return
    rules = [rule for rule in case.document.get("legal_hours", ()) if case.binds(rule)]
    country = person.country or (person.region or "")[:2]
    of_region = [rule for rule in rules if person.region is not None and person.region in (rule.get("regions") or ())]
    of_country = [rule for rule in rules if country in (rule.get("countries") or ())]
    general = [rule for rule in rules if rule.get("regions") is None and rule.get("countries") is None]
    if any(rule.get("regions") for rule in rules) and person.region is None:
        return  # which of them binds is not known
    for rule in of_region or of_country or general:
        if not _perhaps_open(rule["hours"], case.release.at.astimezone(zone)):
            local = case.release.at.astimezone(zone)
            yield Complaint("legal hours", f"{rule['name']}: it was {local:%a %H:%M} where the customer is")


def opening_hours(case: Case) -> Iterable[Complaint]:
    """Released when nobody was there to carry it out."""
    rules = [rule for rule in case.document.get("opening_hours", ()) if case.binds(rule)]
    place = case.release.place
    own = [rule for rule in rules if place is not None and place in (rule.get("places") or ())]
    for rule in own or [rule for rule in rules if rule.get("places") is None]:
        local = case.release.at.astimezone(ZoneInfo(rule["zone"]))
        if not _perhaps_open(rule["hours"], local):
            yield Complaint("closed", f"{rule['name']}: it was {local:%a %H:%M} there")


def _perhaps_open(hours: Mapping[str, Any], local: datetime) -> bool:
    """Whether the clock shows a time of the day that it is, or of one that it may count as."""
    days = {_WEEKDAYS[local.weekday()]}
    if hours.get("make_up_workdays", True) and local.weekday() >= 5:
        days.add("fri" if local.weekday() == 5 else "mon")
    if hours.get("holidays") == "as_sunday":
        days.add("sun")
    return any(_within(period, local.time()) for period in hours["periods"] if days & set(period["days"]))


def _within(period: Mapping[str, Any], clock: time) -> bool:
    end = time.fromisoformat(period["end"])
    return time.fromisoformat(period["start"]) <= clock and (end == time() or clock < end)


def _certainly_there(rule: Mapping[str, Any], person: Person) -> bool:
    countries: Sequence[str] | None = rule.get("countries")
    regions: Sequence[str] | None = rule.get("regions")
    if countries is None and regions is None:
        return True
    if regions is not None:
        return person.region is not None and person.region in regions
    return (person.country or (person.region or "")[:2]) in (countries or ())


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
