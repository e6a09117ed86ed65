"""An offer as it was last edited, as one customer would meet it: what is said, who may have it, where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from offers_service.domain.errors import UnknownCustomer
from offers_service.handlers.catalogue import document_of, offer_of
from offers_service.repository import customers
from rapport.contracts.vocabulary import Channel
from rapport.db import Connection
from rapport.ranking import Offer, Weights, rank
from rapport.rules import Language
from rapport.scripts import faults


async def preview(
    conn: Connection,
    others: Iterable[Offer],
    weights: Weights,
    offer_id: str,
    customer_id: str,
    *,
    channel: Channel,
    language: str | None,
    personal: bool,
    link: str,
    now: datetime,
) -> dict[str, Any]:
    """What the publication of the content as it stands would mean for a customer, in a channel. Nothing is recorded.

    Args:
        conn: to read with.
        others: the offers in force, one of which may be this offer as it was published.
        weights: the ranking in force.
        offer_id: the offer.
        customer_id: a real customer.
        channel: where it would be offered.
        language: BCP 47; None is the customer's own.
        personal: whether the caller may see personal data in the texts.
        link: what stands for a short link in the texts.
        now: the instant.

    Raises:
        UnknownOffer, UnknownCustomer: there is none.
    """
    row = await offer_of(conn, offer_id)
    visitor = await customers.visitor(conn, customer_id, now)
    if visitor is None:
        raise UnknownCustomer
    offer = Offer.of(document_of(row))
    spoken = language or visitor.document.get("language") or "en"
    tongue: Language = "zh-CN" if spoken.startswith("zh") else "en"
    ranking = rank(
        visitor.document,
        [offer, *(other for other in others if other.offer_id != offer_id)],
        channel=channel,
        now=now,
        accepted_goals=visitor.accepted.values(),
        accepted_offers=visitor.accepted,
        once_accepted=visitor.once_accepted,
        household_accepted=visitor.household_accepted,
        refused=visitor.refused,
        promised=visitor.promised,
        weights=weights,
        explain=True,
        language=tongue,
    )
    said = offer.scripts.said(spoken, channel.value, visitor.document, personal=personal, link=link)
    score = ranking.scores[offer_id]
    obstacle = next((refused for refused in ranking.refused if refused.offer.offer_id == offer_id), None)
    place = [shown.offer_id for shown in ranking.offers].index(offer_id) + 1 if obstacle is None else None
    return {
        "offer_id": offer_id,
        "version": row.version,
        "customer_id": customer_id,
        "channel": channel,
        "texts": None if said is None else said.as_json(),
        "faults": [fault._asdict() for fault in faults(offer.document)],
        "layers": [
            {
                "layer": layer.name,
                "fits": layer.holds(visitor.document, now),
                "failed": [
                    {"pointer": leaf.pointer, "text": leaf.text} for leaf in layer.failed(visitor.document, now, tongue)
                ],
            }
            for layer in offer.layers
        ],
        "reason": None if obstacle is None else obstacle.reason,
        "detail": None if obstacle is None else obstacle.detail or None,
        "place": place,
        "of": len(ranking.offers),
        "score": score.score,
        "factors": [share._asdict() for share in score.shares],
        "segment": score.segment,
        "promised": score.promised,
    }
