"""Which offers a customer may have in a channel, best first. Storefront and pop-up both ask here, so they agree.

What always holds:
- it is pure: the customer, the offers, what was accepted and `now` are handed in;
- the order is total: priority, then value to the business, both larger first, then offer id;
- whatever cannot be read keeps an offer back: a rule that the catalogue does not know lets nobody through;
- each candidate that is kept back has one reason, the first in the order of `Refusal`.

An offer's rule is compiled once per version.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rapport.contracts.offers import OfferChanged
from rapport.contracts.vocabulary import Channel
from rapport.quotas import in_the_way
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

CACHED_OFFERS = 10_000


class Refusal(StrEnum):
    """Why an offer is kept back, in the order in which it is looked at."""

    NOT_PUBLISHED = "not_published"
    NOT_YET_VALID = "not_yet_valid"
    NO_LONGER_VALID = "no_longer_valid"
    OTHER_CHANNEL = "other_channel"
    SOLD_OUT = "sold_out"
    QUOTA_EXHAUSTED = "quota_exhausted"
    ALREADY_ACCEPTED = "already_accepted"
    GOAL_MET = "goal_met"
    EXCLUDED = "excluded"
    UNREADABLE_RULE = "unreadable_rule"
    NOT_ELIGIBLE = "not_eligible"


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """An offer made ready: its document, its rule (None if it has none), and the rule as a predicate.

    `predicate` is None when the rule cannot be read.
    """

    document: OfferChanged
    catalogue: Catalogue
    rule: Group | None
    predicate: Predicate | None
    order: tuple[int, Decimal, str]

    @classmethod
    def of(cls, document: OfferChanged, catalogue: Catalogue = CUSTOMER) -> Offer:
        """Make a document ready. A rule that does not fit the catalogue makes an offer that nobody is eligible for."""
        rule: Group | None = None
        predicate: Predicate | None = _everybody
        if document.eligibility is not None:
            try:
                rule = catalogue.parse(document.eligibility, "/eligibility")
                predicate = compile_predicate(rule, catalogue)
            except InvalidRule:
                predicate = None
        return cls(document, catalogue, rule, predicate, (-document.priority, -document.value, document.offer_id))

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
        return _standing(self.document, now) is None


@dataclass(frozen=True, slots=True)
class Refused:
    """An offer that is kept back and why.

    Attributes:
        offer: its document.
        reason: the first obstacle.
        detail: what exactly, as an id: the goal that is met, the product or offer that excludes it,
            the exhausted quota; otherwise empty.
        failed: the leaves of its rule that are to blame; only when an explanation was asked for.
    """

    offer: OfferChanged
    reason: Refusal
    detail: str = ""
    failed: tuple[FailedLeaf, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The offers for a customer, best first, as many as asked for; and each candidate that is kept back."""

    offers: tuple[OfferChanged, ...]
    refused: tuple[Refused, ...]


def rank(
    customer: Mapping[str, Any],
    offers: Iterable[OfferChanged | Offer],
    *,
    channel: Channel | str,
    now: datetime,
    accepted_goals: Collection[str] = (),
    accepted_offers: Collection[str] = (),
    limit: int | None = None,
    explain: bool = False,
    language: Language = "en",
    catalogue: Catalogue = CUSTOMER,
    unit: str | None = None,
) -> Ranking:
    """The offers that the customer may have in the channel, best first.

    Args:
        customer: the customer document, as a JSON parser gives it.
        offers: the candidates, each once.
        channel: where it would be offered.
        now: the instant.
        accepted_goals: goals that the customer's standing acceptances meet.
        accepted_offers: offers that stand accepted.
        limit: how many to give at most; None for all.
        explain: name the leaves to blame for each refusal by rule.
        language: of these explanations.
        catalogue: the fields that rules may ask about, for offers that are not made ready yet.
        unit: who would offer it, for quotas of units.
    """
    accepted = frozenset(accepted_offers)
    asked = _Asked(
        customer, channel, now, frozenset(accepted_goals), accepted, accepted | products_held(customer), unit
    )
    eligible: list[Offer] = []
    refused: list[Refused] = []
    for candidate in offers:
        offer = candidate if isinstance(candidate, Offer) else prepared(candidate, catalogue)
        found = asked.obstacle(offer)
        if found is None:
            eligible.append(offer)
        else:
            failed = _blame(offer, customer, now, language) if explain and found[0] is Refusal.NOT_ELIGIBLE else ()
            refused.append(Refused(offer.document, found[0], found[1], failed))
    eligible.sort(key=lambda offer: offer.order)
    return Ranking(tuple(offer.document for offer in eligible[:limit]), tuple(refused))


def is_eligible(offer: Offer, customer: Mapping[str, Any], accepted_offers: Collection[str], now: datetime) -> bool:
    """Whether nothing the customer has excludes the offer and its rule holds. State and stock do not matter."""
    taken = products_held(customer).union(accepted_offers) if offer.document.never_with else ()
    return _excluding(offer, taken) is None and offer.predicate is not None and offer.predicate(customer, now)


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


@dataclass(frozen=True, slots=True)
class _Asked:
    customer: Mapping[str, Any]
    channel: str
    now: datetime
    accepted_goals: frozenset[str]
    accepted_offers: frozenset[str]
    taken: frozenset[str]
    """Products held and offers accepted."""
    unit: str | None

    def obstacle(self, offer: Offer) -> tuple[Refusal, str] | None:
        """The first reason to keep the offer back, and its detail. The rule comes last, because it costs most."""
        document = offer.document
        standing = _standing(document, self.now)
        if standing is not None:
            return standing, ""
        if self.channel not in document.channels:
            return Refusal.OTHER_CHANNEL, ""
        if document.sold_out:
            return Refusal.SOLD_OUT, ""
        quota = in_the_way(document.exhausted_quotas, self.channel, self.unit) if document.exhausted_quotas else None
        if quota is not None:
            return Refusal.QUOTA_EXHAUSTED, quota.name
        if document.offer_id in self.accepted_offers:
            return Refusal.ALREADY_ACCEPTED, ""
        if document.goal in self.accepted_goals:
            return Refusal.GOAL_MET, document.goal
        excluding = _excluding(offer, self.taken)
        if excluding is not None:
            return Refusal.EXCLUDED, excluding
        if offer.predicate is None:
            return Refusal.UNREADABLE_RULE, ""
        return None if offer.predicate(self.customer, self.now) else (Refusal.NOT_ELIGIBLE, "")


def _standing(document: OfferChanged, now: datetime) -> Refusal | None:
    if document.state != "published":
        return Refusal.NOT_PUBLISHED
    if document.valid_from is not None and now < document.valid_from:
        return Refusal.NOT_YET_VALID
    if document.valid_until is not None and now >= document.valid_until:
        return Refusal.NO_LONGER_VALID
    return None


def _excluding(offer: Offer, taken: Collection[str]) -> str | None:
    return next((name for name in offer.document.never_with if name in taken), None)


def _blame(offer: Offer, customer: Mapping[str, Any], now: datetime, language: Language) -> tuple[FailedLeaf, ...]:
    if offer.rule is None:
        return ()
    return tuple(explain(offer.rule, customer, now, catalogue=offer.catalogue, language=language))


def _everybody(_customer: Mapping[str, Any], _now: datetime) -> bool:
    return True
