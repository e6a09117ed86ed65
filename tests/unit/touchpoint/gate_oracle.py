"""A slow gate, written from the words of the policy and not from its code: it looks at every contact ever released.

It knows no standing, no windows cache and no order of rules: it only answers whether a release is allowed, by brute
force over whole minutes of the customer's wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Past:
    """A contact that was released and still counts."""

    at: datetime
    channel: str
    category: str
    campaign_id: str | None


def may_release(document, past, request, channel, now, zone, consents) -> bool:
    """Whether the policy lets this contact go now. The customer's zone is known; what else is, is tested apart."""
    if channel in ("call", "sms", "email") and (channel, request["purpose"]) not in consents:
        return False
    return (
        not any(_quiet(rule, now, zone) for rule in document["quiet_hours"] if _binds(rule, channel))
        and not any(_too_close(rule, past, now) for rule in document["minimum_gaps"] if _binds(rule, channel))
        and not any(
            _full(rule, document, past, request, channel, now, zone)
            for rule in document["frequency_caps"]
            if _binds(rule, channel)
        )
    )


def _binds(rule, channel):
    return rule["channels"] is None or channel in rule["channels"]


def _quiet(rule, now, zone):
    """Is this instant inside a period that began at the latest start on a day of the rule?"""
    start, end = time.fromisoformat(rule["start"]), time.fromisoformat(rule["end"])
    today = now.astimezone(zone).date()
    for back in range(3):
        day = today - timedelta(days=back)
        if WEEKDAYS[day.weekday()] not in rule["days"]:
            continue
        begins = datetime.combine(day, start, tzinfo=zone).astimezone(UTC)
        last = day if end > start else day + timedelta(days=1)
        ends = datetime.combine(last, end, tzinfo=zone).astimezone(UTC)
        if begins <= now.astimezone(UTC) < ends:
            return True
    return False


def _too_close(rule, past, now):
    return any(now - p.at < timedelta(hours=rule["hours"]) for p in past if _binds(rule, p.channel))


def _full(rule, document, past, request, channel, now, zone):
    same = {
        "all": lambda p: True,
        "channel": lambda p: p.channel == channel,
        "category": lambda p: p.category == request["category"],
        "campaign": lambda p: p.campaign_id == request["campaign_id"],
    }[rule["scope"]]
    window = rule["window"]
    if window["kind"] == "rolling":
        inside = lambda p: p.at > now - timedelta(hours=window["hours"])  # noqa: E731
    else:
        where = ZoneInfo(document["business_zone"]) if window["zone"] == "business" else zone

        def label(at):
            day = at.astimezone(where).date()
            return {"day": day, "week": day.isocalendar()[:2], "month": (day.year, day.month)}[window["unit"]]

        inside = lambda p: label(p.at) == label(now)  # noqa: E731
    return sum(1 for p in past if _binds(rule, p.channel) and same(p) and inside(p)) >= rule["limit"]
