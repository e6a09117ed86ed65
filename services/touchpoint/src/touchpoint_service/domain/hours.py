"""Hours of the week by a wall clock: the document's form, its compiled form, and the two questions the gate asks.

What always holds: an instant is inside when the wall clock, read at that instant, shows a time inside a period of the
day that it shows. So where clocks skip an hour, that hour is no time at all; where they repeat one, each passage is
judged by what the clock shows; and no day has more or less than its periods. The end of a period is outside. With
several zones an instant is inside when it is inside in all of them.

A public holiday is a day as usual, a closed day, or a Sunday, as the rule says. A make-up workday (a Saturday or Sunday
worked in exchange for a day off, as in China) counts as the nearest day of the working week. Where no calendar is known
(`public_holidays.calendar_known`), every day is the weekday that it is: nothing is closed for a holiday that may be.

Instants are whole microseconds since 1970.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import date, time
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from rapport.contracts.profile import Weekday
from touchpoint_service.domain.public_holidays import calendar_of
from touchpoint_service.domain.rule_base import Model
from touchpoint_service.domain.windows import DAY, HOUR, SECOND, WEEKDAYS
from touchpoint_service.domain.zones import first_change, utc_offset

HORIZON = 400 * DAY
"""How far ahead an opening is looked for: more than a year, so what has not opened by then never does."""

HolidayTreatment = Literal["as_usual", "closed", "as_sunday"]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1, two letters."""

Span = tuple[int, int]
"""Two times of a day, in microseconds since its midnight, or two instants; the second is outside."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = date(1970, 1, 1).weekday()
_FRIDAY, _SUNDAY = 4, 6


def _midnight_at_the_end(value: Any) -> Any:
    return "00:00" if value in ("24:00", "24:00:00") else value


class Period(Model):
    """From `start` to `end` on each of `days`, by the wall clock; `end` is outside."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    start: time
    end: Annotated[time, BeforeValidator(_midnight_at_the_end)]
    """00:00, or 24:00, is the midnight at the end of the day."""

    @field_validator("start", "end")
    @classmethod
    def local(cls, value: time) -> time:
        """A wall-clock time has no offset."""
        if value.tzinfo is not None:
            raise ValueError("give a local time without an offset")
        return value

    @model_validator(mode="after")
    def within_a_day(self) -> Period:
        """Allowed hours do not run over midnight, so that a day's hours are read from that day alone."""
        if self.end != time() and self.end <= self.start:
            raise ValueError("end is not later than start: a period over midnight is two, one to 00:00 and one from it")
        return self


class WeeklyHours(Model):
    """The periods of a week; overlapping ones are one."""

    periods: Annotated[tuple[Period, ...], Field(min_length=1, max_length=100)]
    holidays: HolidayTreatment = "as_usual"
    """What a public holiday is: a weekday like any other, a closed day, or a Sunday."""
    holiday_country: Country | None = None
    """Whose public holidays; None is those where the customer (or the place) is."""
    make_up_workdays: bool = True
    """Whether a Saturday worked in exchange for a day off counts as a Friday, and such a Sunday as a Monday."""


class Closure(NamedTuple):
    """Why it is closed."""

    because: Literal["hours", "holiday"]
    holiday: str | None = None
    """The name of the public holiday without which it would be open."""


@dataclass(slots=True, frozen=True, eq=False)
class Week:
    """Weekly hours made ready. Equal hours give the same object, so that its identity is a key."""

    days: tuple[tuple[Span, ...], ...]
    """The times of each weekday, Monday first; in order, apart from each other."""
    holidays: HolidayTreatment
    holiday_country: str | None
    make_up_workdays: bool

    @classmethod
    def of(cls, hours: WeeklyHours) -> Week:
        """From the document's hours."""
        return _week(hours)

    @property
    def by_calendar(self) -> bool:
        """Whether the place matters, and not only the weekday."""
        return self.make_up_workdays or self.holidays != "as_usual"


def opens_at(week: Week, now: int, zones: tuple[ZoneInfo, ...], country: str | None, region: str | None) -> int | None:
    """The earliest instant from `now` on that is inside the hours in all zones: `now` itself when open.

    `country` and `region` say whose public holidays count, unless the hours name a country. None when that does not
    happen within `HORIZON`, and for no zones at all: an unknown clock never shows an allowed time.
    """
    if not zones:
        return None
    chunk = now // DAY
    edges = _edges(week, zones, country, region, chunk)
    passed = bisect_right(edges, now)
    if passed & 1:
        return now
    opens = edges[passed] if passed < len(edges) else _next_opening(week, zones, country, region, chunk + 1)
    return None if opens is None or opens - now > HORIZON else opens


def closes_at(week: Week, now: int, zones: tuple[ZoneInfo, ...], country: str | None, region: str | None) -> int:
    """The instant up to which it certainly stays open, for a `now` at which it is.

    At the latest the end of the day of UTC; where it goes on after that, it opens again at the same instant.
    """
    edges = _edges(week, zones, country, region, now // DAY)
    return edges[bisect_right(edges, now)]


def closed_because(
    week: Week, now: int, zones: tuple[ZoneInfo, ...], country: str | None, region: str | None
) -> Closure | None:
    """Why `now` is outside the hours; None when it is inside.

    A public holiday is the reason only if it would be open without it; at night a holiday is a night.
    """
    if opens_at(week, now, zones, country, region) == now:
        return None
    if opens_at(_without_holidays(week), now, zones, country, region) == now:
        for zone in zones:
            name = _holiday(week, (now + utc_offset(zone, now)) // DAY, country, region)
            if name is not None and opens_at(week, now, (zone,), country, region) != now:
                return Closure("holiday", name)
    return Closure("hours")


@lru_cache(maxsize=1024)
def _week(hours: WeeklyHours) -> Week:
    days = tuple(
        _merged(sorted((_micros(p.start), _micros(p.end) or DAY) for p in hours.periods if weekday in p.days))
        for weekday in WEEKDAYS
    )
    return Week(days, hours.holidays, hours.holiday_country, hours.make_up_workdays)


@lru_cache(maxsize=1024)
def _without_holidays(week: Week) -> Week:
    return replace(week, holidays="as_usual")


@lru_cache(maxsize=32768)
def _edges(
    week: Week, zones: tuple[ZoneInfo, ...], country: str | None, region: str | None, chunk: int
) -> tuple[int, ...]:
    """The instants of one day of UTC at which it opens and closes in turn, beginning with an opening."""
    spans = _open_in(week, zones[0], country, region, chunk)
    for zone in zones[1:]:
        if not spans:
            break
        spans = _common(spans, _open_in(week, zone, country, region, chunk))
    return tuple(instant for span in _merged(spans) for instant in span)


@lru_cache(maxsize=4096)
def _next_opening(
    week: Week, zones: tuple[ZoneInfo, ...], country: str | None, region: str | None, chunk: int
) -> int | None:
    """The first opening in this day of UTC or after it; None when there is none within the horizon.

    Days on the way are not kept: a search would drive out what is asked for all the time.
    """
    for later in range(chunk, chunk + HORIZON // DAY + 1):
        edges = _edges.__wrapped__(week, zones, country, region, later)
        if edges:
            return int(edges[0])
    return None


def _open_in(week: Week, zone: ZoneInfo, country: str | None, region: str | None, chunk: int) -> list[Span]:
    """The spans of one day of UTC in which it is open by the clocks of `zone`: each day that these show in it, once for
    each offset at which they show it."""
    begin, end = chunk * DAY, (chunk + 1) * DAY
    change = first_change(zone, begin, end) if utc_offset(zone, begin) != utc_offset(zone, end) else end
    found = []
    for first, after in ((begin, change), (change, end)):
        if first == after:
            continue
        offset = utc_offset(zone, first)
        for day in range((first + offset) // DAY, (after - 1 + offset) // DAY + 1):
            midnight = day * DAY - offset
            for start, stop in _times(week, day, country, region):
                opens, closes = max(first, midnight + start), min(after, midnight + stop)
                if opens < closes:
                    found.append((opens, closes))
    return found


def _times(week: Week, day: int, country: str | None, region: str | None) -> tuple[Span, ...]:
    """The times at which it is open on a local day, counted from 1970-01-01."""
    weekday = (day + _EPOCH_WEEKDAY) % 7
    if not week.by_calendar:
        return week.days[weekday]
    when = date.fromordinal(day + _EPOCH_DAY)
    calendar = calendar_of(week.holiday_country or country, region, when.year)
    if calendar is None:
        return week.days[weekday]
    if week.holidays != "as_usual" and when in calendar.holidays:
        return () if week.holidays == "closed" else week.days[_SUNDAY]
    if week.make_up_workdays and when in calendar.make_up_workdays:
        weekday = 0 if weekday == _SUNDAY else min(weekday, _FRIDAY)
    return week.days[weekday]


def _holiday(week: Week, day: int, country: str | None, region: str | None) -> str | None:
    when = date.fromordinal(day + _EPOCH_DAY)
    calendar = calendar_of(week.holiday_country or country, region, when.year)
    return None if calendar is None else calendar.holidays.get(when)


def _micros(at: time) -> int:
    return at.hour * HOUR + (at.minute * 60 + at.second) * SECOND + at.microsecond


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    """Sorted spans, with those that touch or overlap made one."""
    found: list[Span] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return tuple(found)


def _common(one: list[Span], other: list[Span]) -> list[Span]:
    """What lies in both of two sorted lists of spans."""
    both = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return [(start, end) for start, end in both if start < end]
