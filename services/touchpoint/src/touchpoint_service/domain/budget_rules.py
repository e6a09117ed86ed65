"""The contact rules that count: minimum gaps and frequency caps.

A contact takes as many slots of a cap as the weight of its channel says. A cap objects when the slots that are used,
and those that are kept for more important contacts, leave too few for this one. Rolling windows exclude their far edge.

Where the zone of a calendar window is not known, the window of every zone that may be the customer's binds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rapport.clock import from_micros, to_micros
from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.facts import Facts, Request
from touchpoint_service.domain.objection import Objection
from touchpoint_service.domain.policy import SCOPE_ATTRIBUTES, Cap, Held
from touchpoint_service.domain.standing import OPEN, Entry
from touchpoint_service.domain.windows import calendar_window


def minimum_gap(facts: Facts) -> Objection | None:
    """A contact exactly one gap ago is far enough."""
    for rule in facts.applying.minimum_gaps:
        channels = rule.channels
        latest = next((e for e in reversed(facts.standing.entries) if channels is None or e.channel in channels), None)
        if latest is not None and latest.at + rule.micros > facts.now:
            return Objection(
                Reason.MINIMUM_GAP,
                rule=rule.name,
                until=latest.at + rule.micros,
                may_free=latest.state == OPEN,
                counter=1,
                limit=1,
            )
    return None


def frequency_cap(facts: Facts) -> Objection | None:
    """Object where the slots left in the window are too few; a cap per campaign, offer or goal binds only what has one.

    Where it is only the slots kept for more important contacts that are in the way, the reason says so.
    """
    for cap in facts.applying.frequency_caps:
        if cap.attribute is not None and scope_key(facts, cap.scope) is None:
            continue
        if cap.plain and len(facts.standing.entries) < cap.limit and (cap.business or facts.customer.zones):
            continue
        objection = _full(facts, cap)
        if objection is not None:
            return objection
    return None


def in_the_way(facts: Facts, objection: Objection) -> list[Entry]:
    """The customer's own contacts that make a cap or a gap object, in the channel at hand."""
    for gap in facts.applying.minimum_gaps:
        if gap.name == objection.rule:
            near = [e for e in facts.standing.entries if e.at + gap.micros > facts.now]
            return [e for e in near if gap.channels is None or e.channel in gap.channels]
    cap = next(cap for cap in facts.applying.frequency_caps if cap.name == objection.rule)
    own = {e.contact_id for e in facts.standing.entries}
    return [e for e in counted_for(facts, cap, windows_of(facts, cap)) if e.contact_id in own]


class Window(NamedTuple):
    """The first instant that counts, and when a calendar window ends."""

    first: int
    ends: int | None


def windows_of(facts: Facts, cap: Cap) -> tuple[Window, ...]:
    """The windows that a cap looks at now, one for each zone that may be the right one; () where none is known.

    The far edge of a rolling window is outside: it begins a microsecond later.
    """
    if cap.micros is not None:
        return (Window(facts.now - cap.micros + 1, None),)
    zones = (facts.policy.zone,) if cap.business else facts.customer.zones
    return tuple(Window(*calendar_window(facts.now, cap.unit, zone)) for zone in zones)


def counted_for(facts: Facts, cap: Cap, windows: tuple[Window, ...]) -> list[Entry]:
    """The contacts in any of the windows that a cap counts for this request, oldest first."""
    first, channels, attribute = min(w.first for w in windows), cap.channels, cap.attribute
    entries = facts.standing.entries
    if cap.household and facts.others:
        entries = sorted([*entries, *(e for other in facts.others for e in other.entries)], key=lambda e: e.at)
    found = [e for e in entries if e.at >= first]
    if channels is not None:
        found = [e for e in found if e.channel in channels]
    if attribute is not None:
        key = scope_key(facts, cap.scope)
        found = [e for e in found if getattr(e, attribute) == key]
    if cap.ignores:
        found = [e for e in found if e.outcome not in cap.ignores]
    return found


def slots(cap: Cap, entries: Iterable[Entry]) -> int:
    """How many slots these contacts take."""
    return sum(cap.weights.get(e.channel, 1) for e in entries)


def scope_key(facts: Facts, scope: str) -> str | None:
    """What a scope means for this request: its category, its campaign, … None for `all`, and where it has none."""
    if scope == "channel":
        return facts.channel
    attribute = SCOPE_ATTRIBUTES.get(scope)
    return None if attribute is None else getattr(facts.request, attribute)


def _full(facts: Facts, cap: Cap) -> Objection | None:
    windows = windows_of(facts, cap)
    if not windows:
        return Objection(Reason.UNKNOWN_TIME_ZONE, rule=cap.name)
    counted = counted_for(facts, cap, windows)
    used, own = slots(cap, counted), cap.weights.get(facts.channel, 1)
    kept = () if cap.plain else _keepers(facts, cap)
    kept_now = sum(_kept(facts.now, kept, cap, counted)) if kept else 0
    if used + own + kept_now <= cap.limit:
        return None
    full = used + own > cap.limit
    return Objection(
        Reason.FREQUENCY_CAP if full else Reason.SLOT_HELD,
        rule=cap.name,
        until=frees_at(facts, cap, windows, counted),
        may_free=any(e.state == OPEN for e in counted) or not full,
        counter=used,
        limit=cap.limit if full else cap.limit - kept_now,
        window_start=min(w.first for w in windows),
    )


def frees_at(facts: Facts, cap: Cap, windows: tuple[Window, ...], counted: list[Entry]) -> int | None:
    """The earliest instant at which this request would find room, should nothing else happen; None: never.

    Only then can it change: a contact leaves the window, the window ends, something kept is given up or comes due.
    """
    own = cap.weights.get(facts.channel, 1)
    keepers = () if cap.plain else _keepers(facts, cap)
    changes = {at for keeper in keepers for at in (keeper.begins, keeper.ends) if at is not None}
    if cap.micros is not None:
        changes |= {e.at + cap.micros for e in counted}
    else:
        changes |= {w.ends for w in windows if w.ends is not None}
    for at in sorted(changes):
        if at <= facts.now:
            continue
        left = _still_counted(at, cap, windows, counted)
        if slots(cap, left) + own + sum(_kept(at, keepers, cap, left)) <= cap.limit:
            return at
    return None


def _still_counted(at: int, cap: Cap, windows: tuple[Window, ...], counted: list[Entry]) -> list[Entry]:
    if cap.micros is not None:
        return [e for e in counted if e.at + cap.micros > at]
    first = min((w.first for w in windows if w.ends is not None and w.ends > at), default=None)
    return [] if first is None else [e for e in counted if e.at >= first]


class _Keeper(NamedTuple):
    """Slots kept for contacts of a class, from `begins` on and before `ends`; `spent_since`: by such contacts."""

    rank: int
    slots: int
    begins: int | None
    ends: int | None
    spent_since: int | None
    """Contacts of the class from then on use the slots up; None where it is one certain contact that is waited for."""


def _keepers(facts: Facts, cap: Cap) -> tuple[_Keeper, ...]:
    """Who keeps slots of a cap from this request, the most important first."""
    held = [each for held in cap.held if held.rank < facts.request.contact_class for each in _held(facts, held)]
    return tuple(sorted([*held, *_expected(facts, cap)], key=lambda k: (k.rank, k.spent_since is None)))


def _held(facts: Facts, held: Held) -> list[_Keeper]:
    if held.occasion is None:
        return [_Keeper(held.rank, held.slots, None, None, 0)]
    zone = facts.customer.zones[0] if facts.customer.zones else facts.policy.zone
    today = from_micros(facts.now).astimezone(zone).date()
    days = _days_of(facts, held.occasion, today)
    found = []
    for day in days:
        begins = _midnight(day - timedelta(days=held.lead_days), zone)
        found.append(_Keeper(held.rank, held.slots, begins, _midnight(day + timedelta(days=1), zone), begins))
    return found


def _expected(facts: Facts, cap: Cap) -> list[_Keeper]:
    """More important contacts that wait and are due so soon that this one would still count then."""
    if not cap.look_ahead:
        return []
    reach = cap.look_ahead if cap.micros is None else min(cap.look_ahead, cap.micros)
    return [
        _Keeper(request.contact_class, cap.weights.get(channel, 1), due - reach + 1, due, None)
        for due, request in facts.ahead
        if request.contact_class < facts.request.contact_class
        and (channel := _counts_it(facts, cap, request)) is not None
    ]


def _counts_it(facts: Facts, cap: Cap, request: Request) -> str | None:
    """The first channel in which another request would take slots of the cap that the one at hand looks for."""
    for channel in request.channels:
        same = cap.attribute is None or (
            channel == facts.channel
            if cap.scope == "channel"
            else getattr(request, cap.attribute) == scope_key(facts, cap.scope)
        )
        bound = facts.policy.applying(channel, request.contact_class, request.purpose).frequency_caps
        if same and any(each.name == cap.name for each in bound):
            return channel
    return None


def _kept(at: int, keepers: tuple[_Keeper, ...], cap: Cap, counted: list[Entry]) -> Iterable[int]:
    """How many slots each keeper keeps at an instant: a contact uses up what is kept for its class, once."""
    spent: set[str] = set()
    for keeper in keepers:
        if (keeper.begins is not None and at < keeper.begins) or (keeper.ends is not None and at >= keeper.ends):
            continue
        left = keeper.slots
        for entry in counted if keeper.spent_since is not None else ():
            fits = entry.contact_class <= keeper.rank and entry.at >= (keeper.spent_since or 0)
            if left > 0 and fits and entry.contact_id not in spent:
                spent.add(entry.contact_id)
                left -= cap.weights.get(entry.channel, 1)
        yield max(0, left)


def _days_of(facts: Facts, occasion: str, today: date) -> list[date]:
    """The days of the customer from today on, within a year."""
    document = facts.customer.document
    if occasion == "birthday":
        born = document.get("birth_date")
        if not born:
            return []
        birth = date.fromisoformat(born)
        years = (_anniversary(birth, year) for year in (today.year, today.year + 1))
        return [next(day for day in years if day >= today)]
    ends = (holding.get("contract_end") for holding in document.get("holdings") or ())
    return sorted({day for end in ends if end and (day := date.fromisoformat(end)) >= today})


def _anniversary(birth: date, year: int) -> date:
    """Who was born on 29 February has a birthday on 1 March of other years."""
    try:
        return birth.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return to_micros(datetime.combine(day, time(), tzinfo=zone))
