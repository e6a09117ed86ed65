"""What a storefront shows a customer: one read, then rules and ranking over the catalogue in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from offers_service import repository
from offers_service.domain.errors import UnknownCustomer
from rapport.contracts.offers import OfferChanged
from rapport.contracts.vocabulary import Channel
from rapport.db import Pool
from rapport.ranking import Offer, Refused, rank

DEFAULT_LANGUAGE = "en"
MARKETING = "marketing"
"""What a storefront's offers are for, as consents name it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An offer of the catalogue, and what is shown of it in each language that somebody has asked for."""

    offer: Offer
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def parse(cls, document: Any) -> Listed:
        """Make an announced document ready."""
        return cls(Offer.parse(document))

    def card(self, language: str) -> dict[str, Any]:
        """What a customer of this language sees."""
        document = self.offer.document
        spoken = _spoken(document, language)
        if spoken not in self.cards:
            self.cards[spoken] = _card(document, spoken)
        return self.cards[spoken]


async def eligible_offers(
    pool: Pool,
    catalogue: Mapping[str, Listed],
    customer_id: str,
    *,
    channel: Channel,
    limit: int,
    language: str | None,
    explain: bool,
    now: datetime,
    unit: str | None = None,
) -> dict[str, Any]:
    """The offers for the customer, those of open web contacts first, each part by rank.

    Args:
        pool: for the one read.
        catalogue: the announced offers by id.
        customer_id: who asks.
        channel: where it is shown; contacts count on the web only.
        limit: how many at most.
        language: BCP 47; None is the customer's own.
        explain: also say which offers are kept back and why.
        now: the instant.
        unit: who asks, for quotas of units.

    Who has said no to marketing in this channel is offered nothing there.

    Raises:
        UnknownCustomer: not known here, or erased.
    """
    visitor = await repository.visitor(pool, customer_id, now)
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
        explain=explain,
        language="zh-CN" if spoken.startswith("zh") else "en",
        unit=unit,
    )
    contacts = visitor.contacts if channel is Channel.WEB else {}
    shown = sorted(ranking.offers, key=lambda offer: offer.offer_id not in contacts) if contacts else ranking.offers
    items = [
        {**catalogue[offer.offer_id].card(spoken), "contact_id": contacts.get(offer.offer_id)}
        for offer in shown[:limit]
    ]
    if not explain:
        return {"customer_id": customer_id, "items": items}
    return {
        "customer_id": customer_id,
        "items": [{**item, **_factors(offer)} for item, offer in zip(items, shown, strict=False)],
        "refused": [_refused(refused) for refused in ranking.refused],
    }


@dataclass(frozen=True, slots=True)
class Window:
    """What anybody may see, and until when at the latest it stays so by the clock alone."""

    items: list[dict[str, Any]]
    until: datetime | None


def public_offers(
    catalogue: Mapping[str, Listed], *, channel: Channel, limit: int, language: str, now: datetime
) -> Window:
    """The offers of a channel for somebody of whom nothing is known, by rank.

    Those that ask for something of the customer are left out, also where a stranger would pass, and those that a
    product held would exclude are shown: the ledger looks once it is known who accepts. What an agent says is for
    agents.
    """
    open_to_all = [listed.offer for listed in catalogue.values() if needs_nobody_known(listed.offer)]
    ranking = rank({}, open_to_all, channel=channel, now=now)
    items = [_public(catalogue[offer.offer_id].card(language)) for offer in ranking.offers[:limit]]
    turns = (turn for o in open_to_all for turn in (o.document.valid_from, o.document.valid_until))
    return Window(items, min((turn for turn in turns if turn is not None and turn > now), default=None))


def needs_nobody_known(offer: Offer) -> bool:
    """Whether the offer has no rule, so that it is for everybody."""
    return offer.document.eligibility is None


def _public(card: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in card.items() if name != "script"}


def _opted_out(document: Mapping[str, Any], channel: Channel) -> bool:
    """Whether the newest word about marketing in this channel is no; without a word whoever visits may be shown."""
    said = [
        (datetime.fromisoformat(consent["at"]), bool(consent["granted"]))
        for consent in document.get("consents") or ()
        if consent["channel"] == channel and consent["purpose"] == MARKETING
    ]
    return bool(said) and not max(said)[1]


def _spoken(document: OfferChanged, language: str) -> str:
    """The language of the offer's texts that serves best: the one asked for, another of the same family, English."""
    if language in document.texts:
        return language
    family = language.partition("-")[0]
    return next((each for each in document.texts if each.partition("-")[0] == family), DEFAULT_LANGUAGE)


def _card(document: OfferChanged, language: str) -> dict[str, Any]:
    text = document.texts[language]
    return {
        "offer_id": document.offer_id,
        "title": text.title,
        "body": text.body,
        "script": text.script,
        "image": document.image,
        "goal": document.goal,
        "valid_until": document.valid_until,
    }


def _factors(offer: OfferChanged) -> dict[str, Any]:
    """What decided the rank."""
    return {"priority": offer.priority, "value": str(offer.value), "currency": offer.currency}


def _refused(refused: Refused) -> dict[str, Any]:
    leaves = [{"pointer": leaf.pointer, "text": leaf.text} for leaf in refused.failed]
    return {
        "offer_id": refused.offer.offer_id,
        "reason": refused.reason,
        "detail": refused.detail or None,
        "failed": leaves,
    }
