"""Editing, publishing and withdrawing offers.

One document per offer is edited, and one is in force: the newest announced. An edit makes a new version, a draft, and
changes nothing for customers until it is published; until then the earlier version stays in force. Withdrawal takes
the version in force away, at once; what was edited can be published later.

What always holds: the version rises by one with each change that anybody can see, also when the stock runs out or comes
back; each announced document carries the version at which it was announced.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from offers_service import SOURCE, repository
from offers_service.domain.errors import (
    OfferExpired,
    OfferIncomplete,
    OfferNotPublished,
    StockBelowAccepted,
    UnknownOffer,
)
from offers_service.repository import OfferRow
from rapport.contracts.offers import OfferChanged, OfferState
from rapport.db import Connection
from rapport.messaging import outbox
from rapport.quotas import exhausted
from rapport.rules import CUSTOMER
from rapport.web import check_if_match

LANGUAGES = ("en", "zh-CN")
"""An offer needs texts in each of them before anybody sees it."""


async def edit_offer(
    conn: Connection, offer_id: str, content: dict[str, Any], if_match: str | None, now: datetime
) -> tuple[OfferRow, bool]:
    """Store the content as a draft, and whether the offer is new. The content that is there already changes nothing.

    Raises:
        InvalidRule: the eligibility rule does not fit the field catalogue.
        PreconditionRequired, PreconditionFailed: the offer exists, and `if_match` does not name its version.
    """
    if content["eligibility"] is not None:
        CUSTOMER.parse(content["eligibility"], "#/eligibility")
    created = if_match is None and await repository.insert_draft(conn, offer_id, content, now)
    offer = await repository.locked_offer(conn, offer_id)
    if not created:
        check_if_match(if_match, offer.version if offer else None, required=True)
    if offer is None:
        raise UnknownOffer
    if offer.content == content:
        return offer, created
    await repository.update_draft(conn, offer_id, content, now)
    return await offer_of(conn, offer_id), created


async def publish_offer(conn: Connection, offer_id: str, if_match: str | None, now: datetime) -> OfferRow:
    """Put the content into force as it stands; if it is in force already, nothing changes.

    Raises:
        UnknownOffer: there is none.
        PreconditionFailed: `if_match` names another version.
        OfferIncomplete, OfferExpired, StockBelowAccepted: it cannot be published.
    """
    offer = await _locked(conn, offer_id, if_match)
    if offer.state == "published":
        return offer
    event = _announcement(offer, "published")
    missing = [f"/texts/{language}" for language in LANGUAGES if language not in event.texts]
    if missing:
        raise OfferIncomplete("texts are missing", missing=missing)
    if event.valid_until is not None and event.valid_until <= now:
        raise OfferExpired
    if event.stock is not None and event.stock < offer.accepted:
        raise StockBelowAccepted(accepted=offer.accepted)
    if event.quotas:
        counts = await repository.counts(conn, [offer_id])
        event = event.model_copy(update={"exhausted_quotas": exhausted(event.quotas, counts[offer_id])})
    return await _announce(conn, event, now)


async def withdraw_offer(conn: Connection, offer_id: str, if_match: str | None, now: datetime) -> OfferRow:
    """Take the offer away from customers; what is accepted stays accepted. A withdrawn one stays as it is.

    Raises:
        UnknownOffer: there is none.
        PreconditionFailed: `if_match` names another version.
        OfferNotPublished: customers do not see any version of it.
    """
    offer = await _locked(conn, offer_id, if_match)
    if offer.state == "withdrawn":
        return offer
    if offer.in_force is None:
        raise OfferNotPublished
    event = OfferChanged.model_validate({**(offer.announced or {}), "version": offer.version + 1, "state": "withdrawn"})
    return await _announce(conn, event, now)


async def offer_of(conn: Connection, offer_id: str) -> OfferRow:
    """One offer.

    Raises:
        UnknownOffer: there is none.
    """
    offer = await repository.offer(conn, offer_id)
    if offer is None:
        raise UnknownOffer
    return offer


async def _locked(conn: Connection, offer_id: str, if_match: str | None) -> OfferRow:
    offer = await repository.locked_offer(conn, offer_id)
    if offer is None:
        raise UnknownOffer
    check_if_match(if_match, offer.version)
    return offer


def _announcement(offer: OfferRow, state: OfferState) -> OfferChanged:
    stock = offer.content["stock"]
    return OfferChanged.model_validate(
        {
            **offer.content,
            "offer_id": offer.offer_id,
            "version": offer.version + 1,
            "state": state,
            "sold_out": stock is not None and offer.accepted >= stock,
        }
    )


async def _announce(conn: Connection, event: OfferChanged, now: datetime) -> OfferRow:
    await repository.announce(conn, event, now)
    await outbox.publish(conn, [event], source=SOURCE, now=now)
    return await offer_of(conn, event.offer_id)
