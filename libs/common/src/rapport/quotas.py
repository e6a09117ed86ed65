"""Quotas: how much of an offer's stock a channel or a unit may give away.

What always holds: a unit's quota covers the unit and all below it, by whole segments of the path: `/north` covers
`/north/branch-7` and not `/northwest`. An acceptance of which no unit is told counts in its channel's quota only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rapport.contracts.offers import Quota

Counts = Mapping[tuple[str, str | None], int]
"""How many stand accepted, by channel and unit."""


def covers(quota: Quota, channel: str, unit: str | None) -> bool:
    """Whether an acceptance in this channel, taken by this unit, counts in the quota."""
    if quota.scope == "channel":
        return quota.name == channel
    if not unit:
        return False
    own = quota.name.rstrip("/")
    return unit == own or unit.startswith(f"{own}/")


def used(quota: Quota, counts: Counts) -> int:
    """How many count in the quota."""
    return sum(number for (channel, unit), number in counts.items() if covers(quota, channel, unit))


def exhausted(quotas: Iterable[Quota], counts: Counts) -> tuple[Quota, ...]:
    """Those of the quotas of which nothing is left."""
    return tuple(quota for quota in quotas if used(quota, counts) >= quota.limit)


def in_the_way(quotas: Iterable[Quota], channel: str, unit: str | None) -> Quota | None:
    """The first of these exhausted quotas that keeps an offer from this channel and unit."""
    return next((quota for quota in quotas if covers(quota, channel, unit)), None)
