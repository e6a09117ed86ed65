"""How many contacts a channel or team can take: a rate, other rates at hours of the week, and how many at once.

Spent by the generic cell rate algorithm (`rapport.rates`): one number, the theoretical arrival of the next contact,
says all. What always holds: in any span of W microseconds in which one rate holds, at most
`burst + W / interval` contacts are handed over, and while contacts wait they go evenly, one each interval.

Instants are whole microseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from rapport import rates
from touchpoint_service.domain.hours import Period, Week, WeeklyHours, opens_at
from touchpoint_service.domain.rule_base import Model
from touchpoint_service.domain.windows import HOUR, SECOND
from touchpoint_service.domain.zones import known_zone

PERIODS = {"second": SECOND, "minute": 60 * SECOND, "hour": HOUR}
MAX_RATE = 1_000_000


class Hours(Period):
    """A rate at hours of the week, by the wall clock of the capacity's zone."""

    rate: Annotated[int, Field(ge=0, le=MAX_RATE)]


class CapacityDocument(Model):
    """At most `rate` contacts per second, minute or hour, evenly."""

    rate: Annotated[int, Field(ge=0, le=MAX_RATE)]
    """Outside of the hours below; 0 is none."""
    per: Literal["second", "minute", "hour"] = "hour"
    burst: Annotated[int, Field(ge=1, le=100_000)] = 1
    """How many may go at once after a rest."""
    zone: str = "UTC"
    """IANA name: the clock by which the hours are told."""
    hours: Annotated[tuple[Hours, ...], Field(max_length=100)] = ()
    """Other rates at hours of the week; the first that fits counts."""

    @field_validator("zone")
    @classmethod
    def is_a_zone(cls, value: str) -> str:
        """Only zones of the time zone database."""
        if known_zone(value) is None:
            raise ValueError(f"{value!r} is not a time zone")
        return value


@dataclass(slots=True, frozen=True)
class Capacity:
    """A document made ready."""

    interval: int | None
    """Microseconds between two contacts outside of all hours; None is no contact."""
    burst: int
    zones: tuple[ZoneInfo, ...]
    hours: tuple[tuple[Week, int | None], ...]

    @classmethod
    def of(cls, document: CapacityDocument) -> Capacity:
        """From the document."""
        period = PERIODS[document.per]
        hours = tuple(
            (Week.of(WeeklyHours(periods=(_plain(h),), make_up_workdays=False)), _interval(period, h.rate))
            for h in document.hours
        )
        return cls(_interval(period, document.rate), document.burst, (ZoneInfo(document.zone),), hours)

    def interval_at(self, now: int) -> int | None:
        """Microseconds between two contacts now; None: none may go."""
        for week, interval in self.hours:
            if opens_at(week, now, self.zones, None, None) == now:
                return interval
        return self.interval

    def left(self, arrival: int, now: int) -> int:
        """How many contacts may be handed over now, when the next one is theoretically due at `arrival`."""
        interval = self.interval_at(now)
        if interval is None:
            return 0
        return rates.left(arrival, now, interval, self.burst)

    def spend(self, arrival: int, now: int, count: int) -> int:
        """The next theoretical arrival once `count` contacts, no more than are left, were handed over."""
        interval = self.interval_at(now)
        return arrival if interval is None or not count else rates.spent(arrival, now, interval, count)

    def frees_at(self, arrival: int, now: int) -> int | None:
        """From when on a contact may be handed over, should none be until then; None: not within a year.

        Where the rate changes on the way it may be told too early, never too late.
        """
        at = now
        for _ in range(_CHANGES):
            if self.left(arrival, at) > 0:
                return at
            interval = self.interval_at(at)
            opens = [o for week, _ in self.hours if (o := opens_at(week, at, self.zones, None, None)) and o > at]
            if interval is not None:
                opens.append(max(at + 1, rates.frees_at(arrival, interval, self.burst)))
            elif self.interval is not None:
                opens.append(at + _STEP - at % _STEP)  # hours without contacts end at some full minute
            if not opens:
                return None
            at = min(opens)
        return at


_CHANGES = 5000
_STEP = 60 * SECOND


def _interval(period: int, rate: int) -> int | None:
    """Rounded up, so that the rate is never exceeded."""
    return None if rate == 0 else -(-period // rate)


def _plain(hours: Hours) -> Period:
    return Period(days=hours.days, start=hours.start, end=hours.end)
