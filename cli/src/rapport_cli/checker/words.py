"""What a policy document says of one release, read word by word.

Written from the document, not from the gate: no standing, no cache, no order of rules. Every contact that counts is
looked at for every rule. `complaints` answers for one reading of the customer document; what is not said there is not
judged. Left out: whether the customer was eligible for the offer, which is a rule of the offer, not of the policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rapport_cli.checker.life import Contact, Pause

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NEED_CONSENT = ("call", "sms", "email")
"""Where a document does not name the channels that need consent."""
_SCOPES = {
    "channel": "channel",
    "category": "category",
    "purpose": "purpose",
    "campaign": "campaign_id",
    "offer": "offer_id",
    "goal": "goal",
}


class Person(NamedTuple):
    """What a policy may ask of a customer document."""

    zone: str | None
    granted: frozenset[tuple[str, str]]
    """(channel, purpose) whose newest consent is an opt-in."""
    do_not_call: bool
    do_not_disturb_until: datetime | None


class Complaint(NamedTuple):
    """A rule that a release breaks."""

    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Case:
    """A release, and what lay before it."""

    document: Mapping[str, Any]
    release: Contact
    past: Sequence[Contact]
    """The customer's contacts that counted just before."""
    pauses: Sequence[Pause]

    def binds(self, rule: Mapping[str, Any]) -> bool:
        """Whether a rule applies to this contact."""
        return _named(rule, self.release.channel) and self.release.contact_class not in rule.get("exempt_classes", ())


def complaints(case: Case, person: Person | None) -> list[Complaint]:
    """All rules that the release breaks; without a person, those that ask nothing of the customer document."""
    found = [*_gaps(case), *_caps(case, person), *_pauses(case)]
    if person is not None:
        found += [*_peace(case, person), *_consent(case, person), *_quiet_hours(case, person)]
    return found


def _named(rule: Mapping[str, Any], channel: str) -> bool:
    return rule.get("channels") is None or channel in rule["channels"]


def _gaps(case: Case) -> Iterable[Complaint]:
    for rule in case.document.get("minimum_gaps", ()):
        gap = timedelta(hours=rule["hours"])
        if case.binds(rule):
            for earlier in case.past:
                if _named(rule, earlier.channel) and case.release.at - earlier.at < gap:
                    yield Complaint(
                        "gap", f"{rule['name']}: only {case.release.at - earlier.at} after the last contact"
                    )
                    break


def _caps(case: Case, person: Person | None) -> Iterable[Complaint]:
    for rule in case.document.get("frequency_caps", ()):
        if not case.binds(rule):
            continue
        attribute = _SCOPES.get(rule.get("scope", "all"))
        if attribute is not None and getattr(case.release, attribute) is None:
            continue  # a cap per campaign says nothing of a contact that belongs to none
        alike = [
            earlier
            for earlier in case.past
            if _named(rule, earlier.channel)
            and (attribute is None or getattr(earlier, attribute) == getattr(case.release, attribute))
        ]
        try:
            inside = _inside(rule["window"], case, alike, person)
        except _UnknownZone:
            yield Complaint("zone", f"{rule['name']}: the customer's time zone is not known")
            continue
        if inside is not None and inside >= rule["limit"]:
            yield Complaint("cap", f"{rule['name']}: {inside} contacts of {rule['limit']} were used already")


class _UnknownZone(Exception):
    """A rule needs a zone that the customer document does not have."""


def _inside(window: Mapping[str, Any], case: Case, alike: Sequence[Contact], person: Person | None) -> int | None:
    """How many of these contacts lie in the window that the release lies in; None when that cannot be said."""
    now = case.release.at
    if window.get("kind", "rolling") == "rolling":
        edge = now - timedelta(hours=window["hours"])
        return sum(1 for earlier in alike if earlier.at > edge)
    if window.get("zone", "business") == "business":
        zone = case.document.get("business_zone", "UTC")
    elif person is None:
        return None
    else:
        zone = _known(person.zone)
    this = _period(now, window["unit"], zone)
    return sum(1 for earlier in alike if _period(earlier.at, window["unit"], zone) == this)


def _pauses(case: Case) -> Iterable[Complaint]:
    for pause in case.pauses:
        if pause.until is not None and pause.until <= case.release.at:
            continue
        if pause.scope != "all" and getattr(case.release, _SCOPES[pause.scope]) != pause.key:
            continue
        if pause.outcome != "do_not_contact" or not _may_disturb(case):
            yield Complaint(
                "cool-down", f"{pause.rule}: no contact until {pause.until or 'ever'} after {pause.outcome}"
            )


def _peace(case: Case, person: Person) -> Iterable[Complaint]:
    if _may_disturb(case):
        return
    if person.do_not_call and case.release.channel == "call":
        yield Complaint("do-not-call", "the customer is on a do-not-call list")
    until = person.do_not_disturb_until
    if until is not None and until > case.release.at:
        yield Complaint("do-not-disturb", f"the customer is not to be disturbed before {until}")


def _consent(case: Case, person: Person) -> Iterable[Complaint]:
    rule = case.document.get("consent", {})
    if case.release.channel not in rule.get("channels", _NEED_CONSENT):
        return
    if case.release.purpose in rule.get("exempt_purposes", ()):
        return
    if (case.release.channel, case.release.purpose or "") not in person.granted:
        yield Complaint("consent", f"no consent for {case.release.purpose} by {case.release.channel}")


def _quiet_hours(case: Case, person: Person) -> Iterable[Complaint]:
    for rule in case.document.get("quiet_hours", ()):
        if not case.binds(rule):
            continue
        try:
            zone = _known(person.zone)
        except _UnknownZone:
            yield Complaint("zone", f"{rule['name']}: the customer's time zone is not known")
            continue
        if _is_quiet(rule, case.release.at, zone):
            local = case.release.at.astimezone(_zone(zone))
            yield Complaint("quiet hours", f"{rule['name']}: it was {local:%a %H:%M} where the customer is")


def _may_disturb(case: Case) -> bool:
    return case.release.contact_class in case.document.get("do_not_disturb_exempt", ())


def _known(name: str | None) -> str:
    if name is None or _zone(name) is None:
        raise _UnknownZone
    return name


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


@lru_cache(maxsize=65536)
def _period(at: datetime, unit: str, zone: str) -> tuple[int, ...]:
    """The name of the local day, ISO week or month that an instant lies in."""
    day = at.astimezone(_zone(zone)).date()
    if unit == "week":
        return tuple(day.isocalendar())[:2]
    return (day.year, day.month, day.day) if unit == "day" else (day.year, day.month)


def _is_quiet(rule: Mapping[str, Any], at: datetime, zone: str) -> bool:
    """Whether a period that began on the customer's today or yesterday, on a day of the rule, is not over yet."""
    start, end = _clock(rule["start"]), _clock(rule["end"])
    today = at.astimezone(_zone(zone)).date()
    for day in (today, today - timedelta(days=1)):
        if _WEEKDAYS[day.weekday()] in rule.get("days", _WEEKDAYS):
            over = day if end > start else day + timedelta(days=1)
            if _instant(day, start, zone) <= at < _instant(over, end, zone):
                return True
    return False


@lru_cache(maxsize=256)
def _clock(text: str) -> time:
    return time.fromisoformat(text)


@lru_cache(maxsize=65536)
def _instant(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, tzinfo=_zone(zone)).astimezone(UTC)
