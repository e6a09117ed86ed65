"""An offer made ready: its rules compiled, its texts and its places found when they are first asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from rapport.contracts.offers import OfferChanged
from rapport.ranking.weights import Place, Score, Segment, Weights, explained
from rapport.rules import (
    CUSTOMER,
    Catalogue,
    FailedLeaf,
    Group,
    InvalidRule,
    Language,
    Predicate,
    compile_predicate,
    explain,
)
from rapport.rules.predicate import members
from rapport.scripts import Scripts

CACHED_OFFERS = 10_000

LAYERS: Final = ("eligibility", "applicability", "suitability")
"""May the customer have it, does it make sense now, is it good for the customer: asked in this order."""
PROPOSAL: Final = "applicability"
"""The layer that binds who proposes; a customer who says yes of their own is not held to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One rule of an offer. `predicate` is None when it cannot be read, and `rule` too, if even its form is broken."""

    name: str
    rule: Group | None
    predicate: Predicate | None
    catalogue: Catalogue

    def holds(self, customer: Mapping[str, Any], now: datetime) -> bool:
        """Whether the customer passes; nobody does when it cannot be read."""
        return self.predicate is not None and self.predicate(customer, now)

    def failed(self, customer: Mapping[str, Any], now: datetime, language: Language) -> tuple[FailedLeaf, ...]:
        """The leaves to blame; none of a rule that cannot be read."""
        if self.rule is None or self.predicate is None:
            return ()
        return tuple(explain(self.rule, customer, now, catalogue=self.catalogue, language=language))


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """An offer made ready: its document, and those of its layers that have a rule."""

    document: OfferChanged
    layers: tuple[Layer, ...]
    segments: tuple[Segment, ...]
    scripts: Scripts
    depends: bool
    """Whether what the customer or the household has, or had, may keep it back."""
    places: dict[str, Place] = field(default_factory=dict)

    @classmethod
    def of(cls, document: OfferChanged, catalogue: Catalogue = CUSTOMER) -> Offer:
        """Make a document ready. A rule that does not fit the catalogue makes an offer that nobody is eligible for."""
        layers = tuple(_layer(n, raw, catalogue) for n in LAYERS if (raw := getattr(document, n)) is not None)
        segments = tuple(
            (each.name, _layer("propensity", each.rule, catalogue).predicate, each.value)
            for each in document.propensity.by_segment
        )
        depends = bool(document.never_with or document.never_after or document.only_after or document.per_household)
        return cls(document, layers, segments, Scripts(document, catalogue), depends)

    @classmethod
    def parse(cls, raw: Any, catalogue: Catalogue = CUSTOMER) -> Offer:
        """Make a document in JSON form ready.

        Raises:
            pydantic.ValidationError: it is no offer document.
        """
        return cls.of(OfferChanged.model_validate(raw), catalogue)

    @property
    def offer_id(self) -> str:
        """Its id."""
        return self.document.offer_id

    @property
    def goal(self) -> str:
        """What accepting it meets."""
        return self.document.goal

    @property
    def category(self) -> str:
        """What budgets count it under."""
        return self.document.category

    def in_force(self, now: datetime) -> bool:
        """Whether it is published and `now` lies in its validity; the end itself is outside."""
        document = self.document
        return (
            document.state == "published"
            and (document.valid_from is None or document.valid_from <= now)
            and (document.valid_until is None or now < document.valid_until)
        )

    def place(self, channel: str, weights: Weights) -> Place:
        """Where it stands in a channel by these weights; remembered for the weights that were asked about last."""
        known = self.places.get(channel)
        if known is None or known.weights is not weights:
            known = self.places[channel] = Place(self.document, self.segments, channel, weights)
        return known

    def score(
        self, channel: str, weights: Weights, customer: Mapping[str, Any], now: datetime, *, promised: bool = False
    ) -> Score:
        """Every factor of its place for a customer."""
        return explained(self.document, self.segments, channel, weights, customer=customer, now=now, promised=promised)


def is_eligible(
    offer: Offer,
    customer: Mapping[str, Any],
    accepted_offers: Collection[str],
    now: datetime,
    *,
    once_accepted: Collection[str] = (),
    proposing: bool = True,
) -> bool:
    """Whether nothing the customer has, or had, speaks against the offer and its rules hold.

    State, stock and goal do not matter. `proposing=False` leaves out whether it makes sense now: so an acceptance is
    judged.
    """
    found = first_hindrance(offer, customer, accepted_offers, now, once_accepted=once_accepted, proposing=proposing)
    return found is None


def first_hindrance(
    offer: Offer,
    customer: Mapping[str, Any],
    accepted_offers: Collection[str],
    now: datetime,
    *,
    once_accepted: Collection[str] = (),
    proposing: bool = True,
) -> str | None:
    """What keeps the customer from being eligible: `never-with`, `never-after`, `only-after`, or a layer; else None."""
    if offer.depends:
        document, taken = offer.document, products_held(customer).union(accepted_offers)
        if excluding(document, taken) is not None:
            return "never-with"
        if ended(document, {*accepted_offers, *once_accepted}) is not None:
            return "never-after"
        if missing(document, taken) is not None:
            return "only-after"
    for layer in offer.layers:
        if (proposing or layer.name != PROPOSAL) and not layer.holds(customer, now):
            return layer.name
    return None


def excluding(document: OfferChanged, taken: Collection[str]) -> str | None:
    """The first product or offer at hand that excludes the offer."""
    return next((name for name in document.never_with if name in taken), None)


def ended(document: OfferChanged, once_accepted: Collection[str]) -> str | None:
    """The first offer accepted at some time after which this one is not had any more."""
    return next((name for name in document.never_after if name in once_accepted), None)


def missing(document: OfferChanged, taken: Collection[str]) -> str | None:
    """The first product or offer that this one needs and that is not at hand."""
    return next((name for name in document.only_after if name not in taken), None)


def products_held(customer: Mapping[str, Any]) -> frozenset[str]:
    """The names of the products in a customer document."""
    holdings = customer.get("holdings")
    return frozenset(members(holdings, "product")) if isinstance(holdings, list) else frozenset()


_cache: dict[tuple[Catalogue, str, int], Offer] = {}


def prepared(document: OfferChanged, catalogue: Catalogue = CUSTOMER) -> Offer:
    """The document made ready, from the cache of this process if that version has been."""
    key = (catalogue, document.offer_id, document.version)
    known = _cache.get(key)
    if known is None or (known.document is not document and known.document != document):
        if len(_cache) >= CACHED_OFFERS:
            _cache.clear()
        known = _cache[key] = Offer.of(document, catalogue)
    return known


def _layer(name: str, raw: Any, catalogue: Catalogue) -> Layer:
    try:
        rule = catalogue.parse(raw, f"/{name}")
        return Layer(name, rule, compile_predicate(rule, catalogue), catalogue)
    except InvalidRule:
        return Layer(name, None, None, catalogue)
