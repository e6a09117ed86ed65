"""Windows of time that rules look at, in whole microseconds since the epoch.

What always holds: a rolling window excludes its far edge (a contact exactly one window ago no longer counts); a
calendar window includes its first instant; local times are read in the zone that the rule names, so a day of
daylight-saving change is as long as it is there.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rapport.clock import from_micros, to_micros

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=256)
def zone_named(name: str | None) -> ZoneInfo | None:
    """The zone, or None when the name is unknown: the caller must then take the strictest reading."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


@lru_cache(maxsize=4096)
def calendar_window(now: int, unit: str, zone: ZoneInfo) -> tuple[int, int]:
    """First instant of the current day, ISO week or month in `zone`, and the first instant after it."""
    today = from_micros(now).astimezone(zone).date()
    if unit == "day":
        first, after = today, today + timedelta(days=1)
    elif unit == "week":
        first = today - timedelta(days=today.weekday())
        after = first + timedelta(days=7)
    elif unit == "month":
        first = today.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
    else:
        raise ValueError(f"unknown calendar unit {unit!r}")
    return tuple(to_micros(datetime.combine(d, time(), tzinfo=zone)) for d in (first, after))  # type: ignore[return-value]


@lru_cache(maxsize=4096)
def inside_daily(now: int, start: time, end: time, days: tuple[str, ...], zone: ZoneInfo) -> int | None:
    """When the daily period that `now` lies in ends; None outside.

    The period starts at `start` on each of `days` and lasts until the next `end` (the day after, when `end` is not
    later than `start`); `end` itself is outside. Where clocks skip or repeat an hour, the local wall clock counts.
    """
    local = from_micros(now).astimezone(zone)
    overnight = end <= start
    for back in (0, 1) if overnight else (0,):
        day = local.date() - timedelta(days=back)
        if WEEKDAYS[day.weekday()] not in days:
            continue
        begins = to_micros(datetime.combine(day, start, tzinfo=zone))
        ends = to_micros(datetime.combine(day + timedelta(days=1 if overnight else 0), end, tzinfo=zone))
        if begins <= now < ends:
            return ends
    return None
