"""A planned campaign, as a what-if lays it on the past: one request for each of its customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from touchpoint_service.domain.facts import Request
from touchpoint_service.domain.windows import DAY

CAMPAIGN = "planned"
"""What it is called when it has no id yet."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Who is asked for, what for, and when: `per_day` customers a day from `begins_at` on, all at once when None."""

    places: Mapping[str, int]
    """The place of each customer in the order in which they are asked for."""
    channels: tuple[str, ...]
    purpose: str
    category: str
    contact_class: int
    score: float
    goal: str | None
    campaign_id: str
    offer_id: str | None
    begins_at: int
    lasts: int
    """How long a request is wanted, in microseconds."""
    per_day: int | None

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Planned | None:
        """From what is stored, once its customers are known."""
        if stored is None:
            return None
        facts = {name: value for name, value in stored.items() if name not in ("customers", "channels", "count")}
        places = {customer: place for place, customer in enumerate(stored["customers"])}
        return cls(places, tuple(stored["channels"]), **facts)

    def requests(self, customer_id: str) -> list[tuple[int, Request]]:
        """When this customer is asked for, and with which request; nothing for who is not one of its customers."""
        place = self.places.get(customer_id)
        if place is None:
            return []
        at = self.begins_at + (0 if self.per_day is None else place // self.per_day * DAY)
        request = Request(
            f"{self.campaign_id}~{customer_id}",
            customer_id,
            self.channels,
            self.purpose,
            self.category,
            self.contact_class,
            self.score,
            self.goal,
            self.campaign_id,
            self.offer_id,
            None,
            at,
            None,
            at + self.lasts,
        )
        return [(at, request)]
