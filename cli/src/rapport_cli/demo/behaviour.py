"""How the simulated customers behave: when they turn up, and what they say. Pure: it follows from the seed alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from rapport.contracts.vocabulary import Outcome
from rapport_cli.demo.chance import Chance
from rapport_cli.demo.world import Inhabitant

T = TypeVar("T")
Door = Literal["web", "branch", "hotline"]

VISITS: dict[Door, float] = {"web": 0.009, "branch": 0.003, "hotline": 0.004}
"""Share of customers who turn up there on a day."""

OPEN_HOURS: dict[Door, tuple[int, int]] = {"web": (7, 23), "branch": (9, 18), "hotline": (8, 20)}

FOLLOWS_A_MESSAGE = 0.09
"""Share of those reached by SMS or e-mail who look at the web shop soon after."""

MEETS_A_TASK = 0.08
"""Share of those whom an agent is about to ring up who are in the web shop just then."""

TOO_LATE = 0.35
"""Share of the tasks recalled while an agent has them that cannot be stopped any more."""

_CALLS: dict[Outcome, float] = {
    Outcome.NO_ANSWER: 0.30,
    Outcome.BUSY: 0.06,
    Outcome.REFUSED: 0.29,
    Outcome.CALL_BACK: 0.08,
    Outcome.INTERESTED: 0.06,
    Outcome.ACCEPTED: 0.18,
    Outcome.WRONG_NUMBER: 0.012,
    Outcome.DO_NOT_CONTACT: 0.012,
    Outcome.COMPLAINT: 0.006,
}
_TASKS: dict[Outcome, float] = {
    Outcome.NO_ANSWER: 0.35,
    Outcome.REFUSED: 0.30,
    Outcome.INTERESTED: 0.17,
    Outcome.ACCEPTED: 0.18,
}
"""A branch adviser who works through to-dos and rings up customers whom they know."""

_ANSWERS = {"accepted": 0.17, "interested": 0.18, "refused": 0.30, "later": 0.08, "": 0.27}
"""What is said to an offer on a pop-up; empty: it did not come up."""

WebAnswer = Literal["accepted", "dismissed", "looked"]
_CLICKS: dict[WebAnswer, float] = {"accepted": 0.12, "dismissed": 0.13, "looked": 0.75}


@dataclass(frozen=True, slots=True)
class Visit:
    """A customer turns up somewhere."""

    customer: Inhabitant
    door: Door
    occasion: str
    """Names the visit, so that what is said there follows from it."""


class Behaviour:
    """The customers of one run."""

    def __init__(self, chance: Chance, people: Iterable[Inhabitant]) -> None:
        self._chance = chance
        self.people = {one.customer_id: one for one in people}

    def visits(self, day: int, instants: Sequence[datetime]) -> list[list[Visit]]:
        """Who turns up at each of the instants of a day; at most once each per instant, in business hours where they
        live."""
        found: list[dict[str, Visit]] = [{} for _ in instants]
        for customer_id, one in self.people.items():
            for door, share in VISITS.items():
                if not self._chance.happens(share, "visit", door, customer_id, day):
                    continue
                first, last = OPEN_HOURS[door]
                fitting = [n for n, at in enumerate(instants) if first <= at.astimezone(one.zone).hour < last]
                if fitting:
                    place = self._chance.pick(fitting, "when", door, customer_id, day)
                    found[place].setdefault(customer_id, Visit(one, door, f"{door}.{day}"))
        return [list(visits.values()) for visits in found]

    def follows(self, request_id: str) -> bool:
        """Whether a message of this request brings its customer to the web shop."""
        return self._chance.happens(FOLLOWS_A_MESSAGE, "follows", request_id)

    def meets(self, request_id: str) -> bool:
        """Whether the customer of a task is in the web shop while an agent has it."""
        return self._chance.happens(MEETS_A_TASK, "meets", request_id)

    def on_the_phone(self, customer_id: str, request_id: str) -> Outcome:
        """What comes of a call."""
        return self._chance.weighted(self._open(_CALLS, customer_id), "call", request_id)

    def at_a_task(self, customer_id: str, request_id: str) -> Outcome:
        """What comes of a branch to-do."""
        return self._chance.weighted(self._open(_TASKS, customer_id), "task", request_id)

    def to_an_offer(self, visit: Visit, offer_id: str) -> str:
        """What a customer says to an offer on a pop-up; empty when it did not come up."""
        customer_id = visit.customer.customer_id
        return self._chance.weighted(self._open(_ANSWERS, customer_id), visit.occasion, customer_id, offer_id)

    def to_a_banner(self, visit: Visit, offer_id: str) -> WebAnswer:
        """What a customer does with an offer on the web."""
        customer_id = visit.customer.customer_id
        return self._chance.weighted(self._open(_CLICKS, customer_id), visit.occasion, customer_id, offer_id)

    def too_late(self, request_id: str) -> bool:
        """Whether a recalled call was already under way."""
        return self._chance.happens(TOO_LATE, "too late", request_id)

    def call_back(self, customer_id: str, occasion: str, now: datetime) -> datetime:
        """When a customer would rather talk: on one of the next days, in the morning or the afternoon."""
        one = self.people[customer_id]
        days = self._chance.whole(1, 4, "days", customer_id, occasion)
        hour = self._chance.pick((10, 11, 15, 17), "hour", customer_id, occasion)
        local = now.astimezone(one.zone) + timedelta(days=days)
        return local.replace(hour=hour, minute=0, second=0, microsecond=0)

    def _open(self, weights: dict[T, float], customer_id: str) -> dict[T, float]:
        """The weights for this customer: whoever is more open to offers accepts more often."""
        openness = self.people[customer_id].openness
        return {what: weight * openness if what == "accepted" else weight for what, weight in weights.items()}
