"""What a policy document says of one release, read word by word.

Written from the document, not from the gate: no standing, no cache, no order of rules. Every contact that counts is
looked at for every rule. `complaints` answers for one reading of the customer document; what is not said there is not
judged. Left out: whether the customer was eligible for the offer, which is a rule of the offer, not of the policy;
rules that ask for more of the customer than is remembered here (`when`, occasions); public holidays; and the zones that
may be the customer's where none is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from rapport_cli.checker import hours
from rapport_cli.checker.cases import Case, Complaint, Person, named
from rapport_cli.checker.life import Contact

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLASSES = ("service_critical", "service", "retention", "marketing")
_NEED_CONSENT = ("call", "sms", "email")
"""Where a document does not name the channels that need consent."""
SCOPES = {
    "channel": "channel",
    "category": "category",
    "purpose": "purpose",
    "campaign": "campaign_id",
    "offer": "offer_id",
    "goal": "goal",
}


def complaints(case: Case, person: Person | None) -> list[Complaint]:
    """All rules that the release breaks; without a person, those that ask nothing of the customer document."""
    found = [*_gaps(case), *_caps(case, person), *_pauses(case), *_orders(case)]
    if person is not None:
        found += [*_peace(case, person), *_consent(case, person), *_quiet_hours(case, person)]
        found += [*hours.blackouts(case, person), *hours.legal_hours(case, person), *hours.opening_hours(case)]
    return found


def _gaps(case: Case) -> Iterable[Complaint]:
    for rule in case.document.get("minimum_gaps", ()):
        gap = timedelta(hours=rule["hours"])
        if case.binds(rule):
            for earlier in case.past:
                if named(rule, earlier.channel) and case.release.at - earlier.at < gap:
                    yield Complaint(
                        "gap", f"{rule['name']}: only {case.release.at - earlier.at} after the last contact"
                    )
                    break


def _caps(case: Case, person: Person | None) -> Iterable[Complaint]:
    for rule in case.document.get("frequency_caps", ()):
        if not case.binds(rule):
            continue
        attribute = SCOPES.get(rule.get("scope", "all"))
        if attribute is not None and getattr(case.release, attribute) is None:
            continue  # a cap per campaign says nothing of a contact that belongs to none
        alike = [
            earlier
            for earlier in case.past
            if named(rule, earlier.channel)
            and earlier.outcome not in rule.get("ignores", ())
            and (attribute is None or getattr(earlier, attribute) == getattr(case.release, attribute))
        ]
        try:
            inside = _inside(rule["window"], case, alike, person)
        except _UnknownZone:
            yield Complaint("zone", f"{rule['name']}: the customer's time zone is not known")
            continue
        if inside is None:
            continue
        used, own = slots(rule, inside), slots(rule, [case.release])
        if used + own > rule["limit"]:
            yield Complaint("cap", f"{rule['name']}: {used} slots of {rule['limit']} were used already")
        elif used + own + _held(rule, case.release, inside) > rule["limit"]:
            yield Complaint("held", f"{rule['name']}: the slots that were left are held for others")


def slots(rule: Mapping[str, Any], contacts: Iterable[Contact]) -> int:
    """How many slots of a cap these contacts take."""
    return sum(int(rule.get("weights", {}).get(contact.channel, 1)) for contact in contacts)


def _held(rule: Mapping[str, Any], release: Contact, inside: Sequence[Contact]) -> int:
    """How many slots are held for more important contacts than this one, less those that such contacts have used."""
    unspent, kept = list(inside), 0
    held = [each for each in rule.get("held", ()) if each.get("occasion") is None]
    for each in sorted(held, key=lambda h: CLASSES.index(h["for_class"])):
        rank = CLASSES.index(each["for_class"])
        if rank >= _rank(release):
            continue
        left = each["slots"]
        while left > 0 and (user := next((e for e in unspent if _rank(e) <= rank), None)) is not None:
            unspent.remove(user)
            left -= slots(rule, [user])
        kept += max(0, left)
    return kept


def _rank(contact: Contact) -> int:
    return CLASSES.index(contact.contact_class) if contact.contact_class in CLASSES else len(CLASSES)


class _UnknownZone(Exception):
    """A rule needs a zone that the customer document does not have."""


def _inside(
    window: Mapping[str, Any], case: Case, alike: Sequence[Contact], person: Person | None
) -> list[Contact] | None:
    """The contacts that lie in the window that the release lies in; None when that cannot be said."""
    now = case.release.at
    if window.get("kind", "rolling") == "rolling":
        edge = now - timedelta(hours=window["hours"])
        return [earlier for earlier in alike if earlier.at > edge]
    if window.get("zone", "business") == "business":
        zone = case.document.get("business_zone", "UTC")
    elif person is None or _somewhere(person):
        return None
    else:
        zone = _known(person.zone)
    this = period(now, window["unit"], zone)
    return [earlier for earlier in alike if period(earlier.at, window["unit"], zone) == this]


def _pauses(case: Case) -> Iterable[Complaint]:
    for pause in case.pauses:
        if pause.until is not None and pause.until <= case.release.at:
            continue
        if pause.scope != "all" and getattr(case.release, SCOPES[pause.scope]) != pause.key:
            continue
        if pause.outcome not in ("do_not_contact", "freeze") or not _may_disturb(case):
            yield Complaint(
                "cool-down", f"{pause.rule}: no contact until {pause.until or 'ever'} after {pause.outcome}"
            )


def _orders(case: Case) -> Iterable[Complaint]:
    for rule in case.document.get("work_order_holds", ()):
        kinds = rule.get("kinds")
        held = [kind for kind in case.orders if kinds is None or kind in kinds]
        if held and case.binds(rule):
            yield Complaint("work order", f"{rule['name']}: a work order is open ({', '.join(held)})")


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
    asked = case.release.channel, case.release.purpose or ""
    if asked not in person.asked and _presumed(rule, *asked, person):
        return
    if asked not in person.granted:
        yield Complaint("consent", f"no consent for {case.release.purpose} by {case.release.channel}")


def _presumed(rule: Mapping[str, Any], channel: str, purpose: str, person: Person) -> bool:
    """What the law of the customer's place says where the customer has said nothing."""
    country = person.country or (person.region or "")[:2]
    for where, here in (("regions", person.region), ("countries", country)):
        for default in rule.get("defaults", ()):
            fits = default.get("purposes") is None or purpose in default["purposes"]
            if here and here in (default.get(where) or ()) and fits and named(default, channel):
                return bool(default["granted"])
    return False


def _quiet_hours(case: Case, person: Person) -> Iterable[Complaint]:
    for rule in case.document.get("quiet_hours", ()):
        if not case.binds(rule) or _somewhere(person):
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


def _somewhere(person: Person) -> bool:
    """Whether the zone is not known, but where the customer may be is."""
    return (person.zone is None or _zone(person.zone) is None) and bool(person.country or person.region)


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
def period(at: datetime, unit: str, zone: str) -> tuple[int, ...]:
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
