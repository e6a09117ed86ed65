"""The ranking itself: who may have what, in which order, and why not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any

from rapport.contracts.offers import OfferChanged
from rapport.contracts.vocabulary import Channel
from rapport.quotas import in_the_way
from rapport.ranking.offer import PROPOSAL, Layer, Offer, ended, excluding, missing, prepared, products_held
from rapport.ranking.weights import DEFAULT, Order, Score, Weights
from rapport.rules import CUSTOMER, Catalogue, FailedLeaf, Language


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
    HOUSEHOLD_HAS_IT = "household_has_it"
    EXCLUDED = "excluded"
    ACCEPTED_BEFORE = "accepted_before"
    NEEDS_ANOTHER = "needs_another"
    RECENTLY_REFUSED = "recently_refused"
    UNREADABLE_RULE = "unreadable_rule"
    NOT_ELIGIBLE = "not_eligible"
    NOT_APPLICABLE = "not_applicable"
    NOT_SUITABLE = "not_suitable"


_OF_LAYER = {
    "eligibility": Refusal.NOT_ELIGIBLE,
    "applicability": Refusal.NOT_APPLICABLE,
    "suitability": Refusal.NOT_SUITABLE,
}
_NEVER: Mapping[str, datetime] = {}


@dataclass(slots=True)
class Refused:
    """An offer that is kept back and why. Never changed; not frozen only because frozen ones take far longer to make.

    Attributes:
        offer: its document.
        reason: the first obstacle.
        detail: what exactly: the goal that is met, the product or offer that excludes it or that it needs, the quota
            that is used up, when it may be shown again; otherwise empty.
        layer: which of its rules; empty when none is to blame.
        failed: the leaves of that rule that are to blame; only when an explanation was asked for.
    """

    offer: OfferChanged
    reason: Refusal
    detail: str = ""
    layer: str = ""
    failed: tuple[FailedLeaf, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The offers for a customer, best first, as many as asked for; and each candidate that is kept back.

    `scores` has every factor of every candidate by its id, when an explanation was asked for.
    """

    offers: tuple[OfferChanged, ...]
    refused: tuple[Refused, ...]
    scores: Mapping[str, Score]


def rank(
    customer: Mapping[str, Any],
    offers: Iterable[OfferChanged | Offer],
    *,
    channel: Channel | str,
    now: datetime,
    accepted_goals: Collection[str] = (),
    accepted_offers: Collection[str] = (),
    once_accepted: Collection[str] = (),
    household_accepted: Collection[str] = (),
    refused: Mapping[str, datetime] = _NEVER,
    promised: Mapping[str, datetime] = _NEVER,
    weights: Weights = DEFAULT,
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
        once_accepted: offers accepted at any time, also those that were taken back.
        household_accepted: offers that stand accepted by other members of the household.
        refused: offers that the customer refused, and when last.
        promised: offers that the customer, or somebody of the household, was interested in, and when last. What is
            newer counts, refusal or promise.
        weights: of the factors; those in force.
        limit: how many to give at most; None for all.
        explain: name the leaves to blame for each refusal by rule, and every factor of every candidate.
        language: of these explanations.
        catalogue: the fields that rules may ask about, for offers that are not made ready yet.
        unit: who would offer it, for quotas of units.
    """
    place = str(channel)
    accepted = frozenset(accepted_offers)
    wanted = {o: at for o, at in promised.items() if now < at + weights.promised_for} if promised else _NEVER
    asked = _Asked(
        customer,
        place,
        now,
        frozenset(accepted_goals),
        accepted,
        accepted.union(once_accepted),
        frozenset(household_accepted),
        accepted | products_held(customer),
        refused,
        wanted,
        weights,
        unit,
    )
    eligible: list[tuple[Order, Offer]] = []
    kept_back: list[Refused] = []
    scores: dict[str, Score] = {}
    for candidate in offers:
        offer = candidate if isinstance(candidate, Offer) else prepared(candidate, catalogue)
        found = asked.obstacle(offer)
        if found is None:
            eligible.append((offer.place(place, weights).order(customer, now), offer))
        else:
            kept_back.append(found.told(offer, customer, now, language if explain else None))
        if explain:
            scores[offer.offer_id] = offer.score(place, weights, customer, now, promised=offer.offer_id in wanted)
    eligible.sort(key=itemgetter(0))
    if wanted:
        eligible.sort(key=lambda each: each[1].offer_id not in wanted)
    return Ranking(tuple(offer.document for _, offer in eligible[:limit]), tuple(kept_back), scores)


@dataclass(slots=True)
class _Obstacle:
    reason: Refusal
    detail: str = ""
    layer: Layer | None = None

    def told(self, offer: Offer, customer: Mapping[str, Any], now: datetime, language: Language | None) -> Refused:
        """The refusal, with the leaves to blame in this language."""
        if self.layer is None:
            return Refused(offer.document, self.reason, self.detail)
        failed = () if language is None else self.layer.failed(customer, now, language)
        return Refused(offer.document, self.reason, self.detail, self.layer.name, failed)


@dataclass(slots=True)
class _Asked:
    customer: Mapping[str, Any]
    channel: str
    now: datetime
    accepted_goals: frozenset[str]
    accepted_offers: frozenset[str]
    once_accepted: frozenset[str]
    household_accepted: frozenset[str]
    taken: frozenset[str]
    """Products held and offers accepted."""
    refused: Mapping[str, datetime]
    promised: Mapping[str, datetime]
    """Those that are not too long ago."""
    weights: Weights
    unit: str | None

    def obstacle(self, offer: Offer) -> _Obstacle | None:
        """The first reason to keep the offer back. The rules come last, because they cost most."""
        document = offer.document
        if not offer.in_force(self.now):
            return _Obstacle(self._standing(document))
        if self.channel not in document.channels:
            return _Obstacle(Refusal.OTHER_CHANNEL)
        if document.sold_out:
            return _Obstacle(Refusal.SOLD_OUT)
        quota = in_the_way(document.exhausted_quotas, self.channel, self.unit) if document.exhausted_quotas else None
        if quota is not None:
            return _Obstacle(Refusal.QUOTA_EXHAUSTED, quota.name)
        if document.offer_id in self.accepted_offers:
            return _Obstacle(Refusal.ALREADY_ACCEPTED)
        if document.goal in self.accepted_goals:
            return _Obstacle(Refusal.GOAL_MET, document.goal)
        if offer.depends and (found := self._of_others(document)) is not None:
            return found
        if document.offer_id in self.refused and (found := self._refusal(document.offer_id)) is not None:
            return found
        for layer in offer.layers:
            if layer.predicate is None:
                return _Obstacle(Refusal.UNREADABLE_RULE, "", layer)
            if not layer.predicate(self.customer, self.now) and not self._needs_no_moment(layer, document):
                return _Obstacle(_OF_LAYER[layer.name], "", layer)
        return None

    def _needs_no_moment(self, layer: Layer, document: OfferChanged) -> bool:
        """What was promised need not make sense now any more."""
        return layer.name == PROPOSAL and document.offer_id in self.promised

    def _standing(self, document: OfferChanged) -> Refusal:
        if document.state != "published":
            return Refusal.NOT_PUBLISHED
        early = document.valid_from is not None and self.now < document.valid_from
        return Refusal.NOT_YET_VALID if early else Refusal.NO_LONGER_VALID

    def _of_others(self, document: OfferChanged) -> _Obstacle | None:
        """What the household has, or the customer has, had or lacks."""
        if document.per_household and document.offer_id in self.household_accepted:
            return _Obstacle(Refusal.HOUSEHOLD_HAS_IT)
        if document.never_with and (name := excluding(document, self.taken)) is not None:
            return _Obstacle(Refusal.EXCLUDED, name)
        if document.never_after and (name := ended(document, self.once_accepted)) is not None:
            return _Obstacle(Refusal.ACCEPTED_BEFORE, name)
        if document.only_after and (name := missing(document, self.taken)) is not None:
            return _Obstacle(Refusal.NEEDS_ANOTHER, name)
        return None

    def _refusal(self, offer_id: str) -> _Obstacle | None:
        at = self.refused[offer_id]
        until = at + self.weights.refused_for
        if self.now >= until or ((since := self.promised.get(offer_id)) is not None and since > at):
            return None
        return _Obstacle(Refusal.RECENTLY_REFUSED, until.isoformat())
