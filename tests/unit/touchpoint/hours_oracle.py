"""Whether one instant is inside the hours, as slowly and as plainly as can be; shares no code with the service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@lru_cache
def year_book(country: str, subdivision: str | None) -> holidays.HolidayBase:
    """All holidays of a place in the years that the tests are about."""
    return holidays.country_holidays(
        country, subdiv=subdivision, years=range(2009, 2030), expand=False, language="en_US"
    )


def inside(hours: dict[str, Any], at: datetime, zones: list[str], place: str | None) -> bool:
    """`hours` as in the document, every time as `HH:MM` or `HH:MM:SS`; `place` is `DE`, `DE-BY` or nothing."""
    return all(shows_an_allowed_time(hours, at.astimezone(ZoneInfo(zone)), place) for zone in zones)


def shows_an_allowed_time(hours: dict[str, Any], wall: datetime, place: str | None) -> bool:
    weekday = NAMES[wall.weekday()]
    where = hours.get("holiday_country") or place
    if where:
        book = year_book(*(where.split("-") if "-" in where else (where, None)))
        is_holiday = wall.date() in book
        if is_holiday and hours["holidays"] == "closed":
            return False
        if is_holiday and hours["holidays"] == "as_sunday":
            weekday = "sun"
        elif hours["make_up_workdays"] and wall.date() in book.weekend_workdays:
            weekday = {"sat": "fri", "sun": "mon"}.get(weekday, weekday)
    shown = wall.strftime("%H:%M:%S.%f")
    return any(
        weekday in period["days"] and period["start"] <= shown and (shown < period["end"] or period["end"] == "24:00")
        for period in hours["periods"]
    )


def first_inside(
    hours: dict[str, Any], now: datetime, until: datetime, step: timedelta, zones: list[str], place: str | None
) -> datetime | None:
    """The first instant from `now` on, before `until`, that is inside: looked for at `now` and at each whole step."""
    return next((at for at in _instants(now, until, step) if inside(hours, at, zones, place)), None)


def _instants(now: datetime, until: datetime, step: timedelta) -> Iterator[datetime]:
    yield now
    at = now.replace(microsecond=0) if step < timedelta(minutes=1) else now.replace(second=0, microsecond=0)
    while (at := at + step) < until:
        yield at
