"""Deadlines in business time: minutes count only while it is open.

What always holds: a deadline lies inside the hours, or at the very end of a period; more minutes never give an earlier
one. Instants are whole microseconds since 1970.
"""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from touchpoint_service.domain.hours import Week, closes_at, opens_at
from touchpoint_service.domain.windows import HOUR

MINUTE = HOUR // 60


class BusinessHours(NamedTuple):
    """Weekly hours by the clock of a place, and whose public holidays count there."""

    week: Week
    zone: ZoneInfo
    country: str | None
    region: str | None


def due(since: int, minutes: int, hours: BusinessHours | None) -> int | None:
    """The instant at which it has been open for so many minutes (at least 1) since an instant.

    Without hours it is always open. None where that never comes: it does not open within `hours.HORIZON`.
    """
    left = minutes * MINUTE
    if hours is None:
        return since + left
    where = hours.week, (hours.zone,), hours.country, hours.region
    opens = _opens(since, where)
    while opens is not None:
        closes = closes_at(where[0], opens, *where[1:])
        if opens + left <= closes:
            return opens + left
        left -= closes - opens
        opens = _opens(closes, where)
    return None


def next_open(at: int, hours: BusinessHours) -> int | None:
    """The earliest instant from `at` on at which it is open: `at` itself when it is."""
    return _opens(at, (hours.week, (hours.zone,), hours.country, hours.region))


_Where = tuple[Week, tuple[ZoneInfo, ...], str | None, str | None]


def _opens(at: int, where: _Where) -> int | None:
    week, zones, country, region = where
    return opens_at(week, at, zones, country, region)
