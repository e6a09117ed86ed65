"""Where a customer may be, and which clocks may hang on their wall.

What always holds: nothing is guessed. A zone that is named and known is the zone; else every zone of the region is
plausible, else every zone of the country, and with none of them nothing is known. What is misspelt counts as not given,
which can only add zones. So whoever obeys all plausible clocks at once obeys the customer's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rapport.clock import from_micros, to_micros
from touchpoint_service.domain.regions import OWN_COUNTRY, REGIONS
from touchpoint_service.domain.windows import DAY, SECOND, zone_named

REGION = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}")
NO_PLACE = frozenset({"Factory", "localtime"})
"""Names that the zone database has and that stand for no place: its makers' placeholder, and this machine's own."""

PRESENT = (to_micros(datetime(2025, 1, 1, tzinfo=UTC)), to_micros(datetime(2038, 1, 1, tzinfo=UTC)))
"""Zones whose clocks agree in this span count as one. After it the database only repeats its newest rules."""

_Changes = tuple[tuple[int, int], ...]


class Place(NamedTuple):
    """Where a customer may be, in the words of ISO 3166."""

    countries: frozenset[str]
    """None of them when nothing is known; two where a region belongs to another country than the one named."""
    region: str | None
    """With its country, such as US-CA."""


@lru_cache(maxsize=8192)
def place_of(country: str | None, region: str | None) -> Place:
    """The place that a country code and a region code name; a region names its country, too."""
    match = REGION.fullmatch(region) if region else None
    named = {country, match[1] if match else None}
    return Place(frozenset(code for code in named if code), region if match else None)


def country_of(country: str | None, region: str | None) -> str | None:
    """The country that is named, else the one that the region lies in."""
    if country:
        return country
    return next(iter(place_of(None, region).countries), None)


def known_zone(name: str | None) -> ZoneInfo | None:
    """The zone of this name, if there is one and it stands for a place."""
    return None if name in NO_PLACE else zone_named(name)


@lru_cache(maxsize=8192)
def plausible_zones(time_zone: str | None, country: str | None, region: str | None) -> tuple[ZoneInfo, ...]:
    """The zones that the customer may be in, each with clocks of its own; () when nothing is known.

    A region of another country than the one named makes the zones of both plausible.
    """
    zone = known_zone(time_zone)
    if zone is not None:
        return (zone,)
    place = place_of(country, region)
    names: list[str] = []
    for code in sorted(place.countries):
        of_region = _zones_of_region(place.region) if place.region and place.region.startswith(code) else ()
        names += of_region or _zones_by_country().get(code, ())
    return _different(names)


def utc_offset(zone: ZoneInfo, at: int) -> int:
    """How far the clocks of `zone` are ahead of UTC at the instant `at`, in microseconds."""
    offset = from_micros(at).astimezone(zone).utcoffset()
    assert offset is not None
    return (offset.days * 86400 + offset.seconds) * SECOND


def first_change(zone: ZoneInfo, begin: int, end: int) -> int:
    """The instant in (begin, end] from which the offset is no longer that of `begin`; `begin` is on a whole second.

    Meant for spans with one change: offsets change on whole seconds and, since 1970, never twice within six days.
    """
    before = utc_offset(zone, begin)
    seconds = range((end - begin) // SECOND + 1)
    return begin + SECOND * bisect_left(seconds, True, key=lambda s: utc_offset(zone, begin + s * SECOND) != before)


def _zones_of_region(region: str) -> tuple[str, ...]:
    own = OWN_COUNTRY.get(region)
    if own is not None:
        return _zones_by_country().get(own, ())
    country, _, code = region.partition("-")
    return tuple(name for name, codes in REGIONS.get(country, {}).items() if code in codes.split())


@lru_cache(maxsize=1)
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    """The zone table of the time zone database: each country's zones, the largest first where it says so."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found[country] = (*found.get(country, ()), name)
    return found


def _different(names: Iterable[str]) -> tuple[ZoneInfo, ...]:
    """The first zone of each kind of clock."""
    by_clock: dict[_Changes, ZoneInfo] = {}
    for name in names:
        by_clock.setdefault(_clock(name), ZoneInfo(name))
    return tuple(by_clock.values())


@lru_cache(maxsize=1024)
def _clock(name: str) -> _Changes:
    """The present's offsets of a zone, each with the instant from which it holds."""
    zone = ZoneInfo(name)
    at, end = PRESENT
    changes = [(at, utc_offset(zone, at))]
    while at < end:
        after = at + 6 * DAY
        if utc_offset(zone, after) != changes[-1][1]:
            changed = first_change(zone, at, after)
            changes.append((changed, utc_offset(zone, changed)))
        at = after
    return tuple(changes)
