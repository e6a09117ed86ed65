"""How much an offer is worth showing: propensity × context × value × lever, each to the power of its weight.

What always holds:
- a factor that is off, or has the weight 0, changes nothing;
- the score of a place is at most the score of its `best`, for every customer.

With the defaults (value only) the order is that of priority, worth and id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from rapport.contracts.offers import Factor, OfferChanged, RankingChanged
from rapport.rules import Predicate

Order: TypeAlias = tuple[int, float, Decimal, str]
"""Sorts best first."""

Segment: TypeAlias = tuple[str, Predicate | None, float]
"""Its name, its rule (None: unreadable, and so nobody's), and the propensity of who is in it."""


_LARGEST = 1e15
"""A figure beyond it counts as this much, so that no product of powers leaves the range of a float."""


class Share(NamedTuple):
    """What one factor has to do with a score: its figure, its weight (0 when off), and what it multiplies by."""

    factor: str
    figure: float
    weight: float
    share: float


class Score(NamedTuple):
    """Where a candidate stands, and why."""

    offer_id: str
    priority: int
    score: float
    shares: tuple[Share, ...]
    segment: str | None
    """Whose propensity it is; None is everybody's."""
    promised: bool


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A ranking document made ready: the exponent of each factor, 0 for one that is off."""

    document: RankingChanged
    propensity: float
    context: float
    value: float
    lever: float
    refused_for: timedelta
    promised_for: timedelta

    @classmethod
    def of(cls, document: RankingChanged) -> Weights:
        """Make a document ready."""
        return cls(
            document,
            _exponent(document.propensity),
            _exponent(document.context),
            _exponent(document.value),
            _exponent(document.lever),
            timedelta(days=document.refused_days),
            timedelta(days=document.promised_days),
        )

    @classmethod
    def parse(cls, raw: Any) -> Weights:
        """Make a document in JSON form ready.

        Raises:
            pydantic.ValidationError: it is no ranking document.
        """
        return cls.of(RankingChanged.model_validate(raw))


class Place:
    """An offer among the others of a channel, as far as that does not depend on the customer."""

    __slots__ = ("_document", "_everybody", "_segments", "_static", "_worth", "best", "fixed", "weights")

    def __init__(self, document: OfferChanged, segments: tuple[Segment, ...], channel: str, weights: Weights) -> None:
        """Reckon what is the same for all customers."""
        self.weights = weights
        self._document = document
        self._worth = worth(document)
        self._static = (
            _power(_context(document, channel), weights.context)
            * _power(float(self._worth), weights.value)
            * _power(document.lever, weights.lever)
        )
        self._everybody = _power(document.propensity.default, weights.propensity)
        self._segments = tuple((p, _power(v, weights.propensity)) for _, p, v in segments if p is not None)
        self.fixed = not self._segments or not weights.propensity
        """Whether it is the same for every customer."""
        highest = self._everybody if self.fixed else max(self._everybody, *(share for _, share in self._segments))
        self.best: Order = self._order(highest)
        """No customer puts it before this."""

    def order(self, customer: Mapping[str, Any], now: datetime) -> Order:
        """Where it stands for this customer."""
        if self.fixed:
            return self.best
        return self._order(next((s for holds, s in self._segments if holds(customer, now)), self._everybody))

    def _order(self, propensity: float) -> Order:
        return -self._document.priority, -(propensity * self._static), -self._worth, self._document.offer_id


def explained(
    document: OfferChanged,
    segments: tuple[Segment, ...],
    channel: str,
    weights: Weights,
    *,
    customer: Mapping[str, Any],
    now: datetime,
    promised: bool,
) -> Score:
    """Every factor of a candidate, also of those that are off."""
    found = next(((name, v) for name, p, v in segments if p is not None and p(customer, now)), None)
    name, propensity = found or (None, document.propensity.default)
    figures = {
        "propensity": (propensity, weights.propensity),
        "context": (_context(document, channel), weights.context),
        "value": (float(worth(document)), weights.value),
        "lever": (document.lever, weights.lever),
    }
    shares = tuple(Share(each, f, weight, _power(f, weight)) for each, (f, weight) in figures.items())
    static = shares[1].share * shares[2].share * shares[3].share
    return Score(document.offer_id, document.priority, shares[0].share * static, shares, name, promised)


def worth(document: OfferChanged) -> Decimal:
    """Value of one acceptance to the business less its cost; never below nothing."""
    return max(document.value - document.cost, Decimal(0))


def _context(document: OfferChanged, channel: str) -> float:
    found: Mapping[Any, float] = document.context
    return found.get(channel, 1.0)


def _exponent(factor: Factor) -> float:
    return factor.weight if factor.on else 0.0


def _power(figure: float, weight: float) -> float:
    """Of a figure and a weight that are not negative: always a number, 1 for the weight 0."""
    return float(min(figure, _LARGEST) ** weight)


HOUSE = "house"
"""The id of the one ranking that counts."""
DEFAULT = Weights.of(RankingChanged(ranking_id=HOUSE, version=1))
"""In force until somebody has published others."""
