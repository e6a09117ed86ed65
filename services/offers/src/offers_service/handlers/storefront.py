"""What a storefront shows a customer: one read, two for a household, then rules and ranking in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from offers_service.domain.errors import UnknownCustomer
from offers_service.repository import customers
from rapport.contracts.offers import OfferChanged
from rapport.contracts.vocabulary import Channel
from rapport.db import Pool
from rapport.ranking import Offer, Refused, Score, Weights, rank
from rapport.scripts import Said

DEFAULT_LANGUAGE = "en"
MARKETING = "marketing"
"""What a storefront's offers are for, as consents name it."""


_NOBODY: Mapping[str, Any] = {}
_WITH_AGENTS = frozenset((Channel.CALL, Channel.BRANCH, Channel.HOTLINE))
"""Where somebody of the house speaks: answers to objections are for them."""
_MOST_CARDS = 64


@dataclass(frozen=True, slots=True)
class Listed:
    """An offer of the catalogue, and what is shown of it where that does not depend on the customer."""

    offer: Offer
    cards: dict[tuple[str, Channel], dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def parse(cls, document: Any) -> Listed:
        """Make an announced document ready."""
        return cls(Offer.parse(document))

    def card(
        self,
        language: str,
        customer: Mapping[str, Any] = _NOBODY,
        channel: Channel = Channel.WEB,
        *,
        personal: bool = False,
    ) -> dict[str, Any]:
        """What is shown in this channel in the language that serves best, filled in for the customer."""
        known = self.cards.get((language, channel))
        if known is not None:
            return known
        wording = self.offer.scripts.wording(language)
        assert wording is not None  # nothing is published without texts
        said = wording.said(channel, customer, personal=personal)
        card = _card(self.offer.document, said, channel)
        if channel in wording.constants and len(self.cards) < _MOST_CARDS:
            self.cards[language, channel] = card
        return card


async def eligible_offers(
    pool: Pool,
    catalogue: Mapping[str, Listed],
    weights: Weights,
    customer_id: str,
    *,
    channel: Channel,
    limit: int,
    language: str | None,
    explain: bool,
    now: datetime,
    personal: bool = False,
    unit: str | None = None,
) -> dict[str, Any]:
    """The offers for the customer, those of open web contacts first, each part by rank.

    Args:
        pool: for the one read.
        catalogue: the announced offers by id.
        weights: the ranking in force.
        customer_id: who asks.
        channel: where it is shown; contacts count on the web only.
        limit: how many at most.
        language: BCP 47; None is the customer's own.
        explain: also say which offers are kept back and why.
        now: the instant.
        personal: whether the caller may see personal data in the texts.
        unit: who asks, for quotas of units.

    Who has said no to marketing in this channel is offered nothing there.

    Raises:
        UnknownCustomer: not known here, or erased.
    """
    visitor = await customers.visitor(pool, customer_id, now)
    if visitor is None:
        raise UnknownCustomer
    spoken = language or visitor.document.get("language") or DEFAULT_LANGUAGE
    ranking = rank(
        visitor.document,
        [] if _opted_out(visitor.document, channel) else [listed.offer for listed in catalogue.values()],
        channel=channel,
        now=now,
        accepted_goals=visitor.accepted.values(),
        accepted_offers=visitor.accepted,
        once_accepted=visitor.once_accepted,
        household_accepted=visitor.household_accepted,
        refused=visitor.refused,
        promised=visitor.promised,
        weights=weights,
        explain=explain,
        language="zh-CN" if spoken.startswith("zh") else "en",
        unit=unit,
    )
    contacts = visitor.contacts if channel is Channel.WEB else {}
    shown = sorted(ranking.offers, key=lambda offer: offer.offer_id not in contacts) if contacts else ranking.offers
    items = [
        {
            **catalogue[offer.offer_id].card(spoken, visitor.document, channel, personal=personal),
            "contact_id": contacts.get(offer.offer_id),
        }
        for offer in shown[:limit]
    ]
    if not explain:
        return {"customer_id": customer_id, "items": items}
    return {
        "customer_id": customer_id,
        "items": [
            {**item, **_factors(offer), **_scored(ranking.scores[offer.offer_id])}
            for item, offer in zip(items, shown, strict=False)
        ],
        "refused": [
            {**_refused(refused), **_scored(ranking.scores[refused.offer.offer_id])} for refused in ranking.refused
        ],
    }


@dataclass(frozen=True, slots=True)
class Window:
    """What anybody may see, and until when at the latest it stays so by the clock alone."""

    items: list[dict[str, Any]]
    until: datetime | None


def public_offers(
    catalogue: Mapping[str, Listed],
    weights: Weights,
    *,
    channel: Channel,
    limit: int,
    language: str,
    now: datetime,
) -> Window:
    """The offers of a channel for somebody of whom nothing is known, by rank.

    Those that ask for something of the customer are left out, also where a stranger would pass, and those that a
    product held would exclude are shown: the ledger looks once it is known who accepts. What an agent says is for
    agents.
    """
    open_to_all = [listed.offer for listed in catalogue.values() if needs_nobody_known(listed.offer)]
    ranking = rank({}, open_to_all, channel=channel, now=now, weights=weights)
    items = [_public(catalogue[offer.offer_id].card(language)) for offer in ranking.offers[:limit]]
    turns = (turn for o in open_to_all for turn in (o.document.valid_from, o.document.valid_until))
    return Window(items, min((turn for turn in turns if turn is not None and turn > now), default=None))


def needs_nobody_known(offer: Offer) -> bool:
    """Whether the offer has no rule, so that it is for everybody."""
    return not offer.layers


_FOR_AGENTS = frozenset(("script", "objections"))


def _public(card: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in card.items() if name not in _FOR_AGENTS}


def _opted_out(document: Mapping[str, Any], channel: Channel) -> bool:
    """Whether the newest word about marketing in this channel is no; without a word whoever visits may be shown."""
    said = [
        (datetime.fromisoformat(consent["at"]), bool(consent["granted"]))
        for consent in document.get("consents") or ()
        if consent["channel"] == channel and consent["purpose"] == MARKETING
    ]
    return bool(said) and not max(said)[1]


def _card(document: OfferChanged, said: Said, channel: Channel) -> dict[str, Any]:
    objections = [each._asdict() for each in said.objections] if channel in _WITH_AGENTS else []
    return {
        "offer_id": document.offer_id,
        "title": said.title,
        "body": said.body,
        "script": said.script,
        "objections": objections,
        "image": document.image,
        "goal": document.goal,
        "price": None if document.price is None else str(document.price),
        "price_period": document.price_period,
        "currency": document.currency,
        "valid_until": document.valid_until,
    }


def _factors(offer: OfferChanged) -> dict[str, Any]:
    """What decided the rank."""
    return {"priority": offer.priority, "value": str(offer.value)}


def _scored(score: Score) -> dict[str, Any]:
    """Every factor of a candidate."""
    return {
        "score": score.score,
        "factors": [share._asdict() for share in score.shares],
        "segment": score.segment,
        "promised": score.promised,
    }


def _refused(refused: Refused) -> dict[str, Any]:
    leaves = [{"pointer": leaf.pointer, "text": leaf.text} for leaf in refused.failed]
    return {
        "offer_id": refused.offer.offer_id,
        "reason": refused.reason,
        "layer": refused.layer or None,
        "detail": refused.detail or None,
        "failed": leaves,
    }
