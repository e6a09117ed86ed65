"""A slow what-if: walks through the time hour by hour and asks `gate_oracle` whether a request may go.

Good for cases in which everything falls on whole hours, for one customer, one channel and one class. What was said in
the hour in which somebody asks comes before that if it really did: by the number of its request, as the tests number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.touchpoint.gate_oracle import Past, may_release

HOUR = timedelta(hours=1)
UTC = ZoneInfo("UTC")


@dataclass
class Asked:
    """A request, and what really came of it: released `really` hours after the start, `outcome` so much later."""

    name: str
    at: int
    lasts: int
    score: float
    category: str
    really: int | None = None
    outcome: str = "interested"
    after: int = 0

    @property
    def ends(self) -> int:
        return self.at + self.lasts


@dataclass
class Sent:
    asked: Asked
    at: int
    counts: bool = True
    known: bool = False


def walk(document: dict[str, Any], requests: list[Asked], start: datetime, hours: int) -> list[tuple[str, int]]:
    """Which requests go, and in which hour, in that order."""
    waiting: list[Asked] = []
    sent: list[Sent] = []

    def decide(hour: int) -> None:
        for one in sorted(waiting, key=lambda one: (-one.score, one.at, one.name)):
            if hour >= one.ends:
                waiting.remove(one)
                continue
            past = [
                Past(start + s.at * HOUR, "web", s.asked.category, None)
                for s in sorted(sent, key=lambda s: s.at)
                if s.counts
            ]
            asked = {"purpose": "marketing", "category": one.category, "campaign_id": None}
            if may_release(document, past, asked, "web", start + hour * HOUR, UTC, set()):
                waiting.remove(one)
                sent.append(Sent(one, hour))

    def hear(told: list[Sent], hour: int) -> None:
        for one in told:
            one.known, one.counts = True, one.asked.outcome == "interested"
        if told:
            decide(hour)

    for hour in range(hours):
        told = [s for s in sent if s.asked.really is not None and s.at + s.asked.after == hour]
        coming = [number for number, one in enumerate(requests) if one.at == hour]
        before = [s for s in told if not coming or requests.index(s.asked) < coming[0]]
        hear(before, hour)
        waiting += [requests[number] for number in coming]
        decide(hour)
        hear([s for s in told if s not in before], hour)
        for one in sent:
            real = one.asked.really
            if real is not None and one.asked.ends == hour and not one.known and real + one.asked.after <= hour:
                one.counts = False
                decide(hour)
    return [(s.asked.name, s.at) for s in sent]
