"""Public holidays and make-up workdays of a place, as the package `holidays` knows them.

What always holds: the same place and year give the same calendar, whatever the language of the machine. What the
package does not know has no calendar: no holiday is made up. Holidays of a region come on top of those of its country;
for a region that the package does not tell apart, the country's count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import holidays

from touchpoint_service.domain.zones import country_of, place_of


class Calendar(NamedTuple):
    """One year of one place."""

    holidays: Mapping[date, str]
    """Each public holiday, observed ones and exchanged days off included, with its English name where there is one."""
    make_up_workdays: frozenset[date]
    """Days of a weekend that are worked in exchange for a day off."""


@lru_cache(maxsize=2048)
def calendar_of(country: str | None, region: str | None, year: int) -> Calendar | None:
    """The calendar of a country (or the one that the region lies in); None when it is not known for this year."""
    code = country_of(country, region)
    if code is None:
        return None
    known = _load(code, None, year)
    if known is None or not known.start_year <= year <= known.end_year:
        return None
    subdivision = _subdivision(code, region)
    if subdivision is not None:
        known = _load(code, subdivision, year) or known
    return Calendar(
        {day: name for day, name in known.items() if day.year == year},
        frozenset(day for day in known.weekend_workdays if day.year == year),
    )


def calendar_known(country: str | None, region: str | None, year: int) -> bool:
    """Whether the public holidays of the country in this year are known.

    A year that is known may still lack what is only announced for it: China's State Council names the make-up workdays
    of a year in the autumn before.
    """
    return calendar_of(country, region, year) is not None


def _subdivision(country: str, region: str | None) -> str | None:
    """The region without its country; None for a region of another country, whose letters may mean something here."""
    place = place_of(None, region)
    return place.region[len("XX-") :] if place.region and country in place.countries else None


def _load(country: str, subdivision: str | None, year: int) -> holidays.HolidayBase | None:
    """None where the package does not have the country, or does not tell the subdivision apart."""
    try:
        return holidays.country_holidays(country, subdivision, years=year, expand=False, language="en_US")
    except NotImplementedError:
        return None
