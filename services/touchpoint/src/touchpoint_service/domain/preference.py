"""Whether now is a good time for a customer: by what they said, else by what the policy says of people like them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from enum import IntEnum
from typing import Any
from zoneinfo import ZoneInfo

from touchpoint_service.domain.facts import Facts
from touchpoint_service.domain.hours import opens_at
from touchpoint_service.domain.windows import WEEKDAYS, inside_daily


class Moment(IntEnum):
    """How good a time it is; a smaller one goes first."""

    GOOD = 0
    UNKNOWN = 1
    POOR = 2


def moment(facts: Facts) -> Moment:
    """By the customer's contact windows, else by the preferred hours that describe them; both by their own clock."""
    zone = facts.customer.zone
    if zone is None:
        return Moment.UNKNOWN
    windows = facts.customer.document.get("contact_windows")
    rules = facts.applying.preferred_hours
    if windows:
        good = any(_within(window, facts.now, zone) for window in windows)
    elif rules:
        country, region = facts.customer.country, facts.customer.region
        good = any(opens_at(rule.week, facts.now, (zone,), country, region) == facts.now for rule in rules)
    else:
        return Moment.UNKNOWN
    return Moment.GOOD if good else Moment.POOR


def _within(window: Mapping[str, Any], now: int, zone: ZoneInfo) -> bool:
    start, end = (time.fromisoformat(window[name]) for name in ("start", "end"))
    return inside_daily(now, start, end, tuple(window.get("days") or WEEKDAYS), zone) is not None
