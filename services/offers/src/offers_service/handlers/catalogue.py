"""Editing, publishing and withdrawing offers.

One document per offer is edited, and one is in force: the newest announced. An edit makes a new version, a draft, and
changes nothing for customers until it is published; until then the earlier version stays in force. Withdrawal takes
the version in force away, at once; what was edited can be published later.

What always holds:
- the version rises by one with each change that anybody can see, also when the stock runs out or comes back; each
  announced document carries the version at which it was announced;
- what is above a limit is published only as another person has approved it: an edit takes the approval away;
- each step that somebody took is kept with the content as it was.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from offers_service import SOURCE
from offers_service.domain.approval import Limits, above, may_approve
from offers_service.domain.differences import Difference, differences
from offers_service.domain.errors import (
    ApprovalNeeded,
    NothingToApprove,
    NotSubmitted,
    OfferExpired,
    OfferIncomplete,
    OfferNotPublished,
    OwnChange,
    StockBelowAccepted,
    TextsNotFillable,
    UnknownOffer,
    UnknownVersion,
)
from offers_service.repository import acceptances, offers
from offers_service.repository.offers import OfferRow
from rapport.contracts.offers import OfferChanged, OfferState
from rapport.db import Connection
from rapport.messaging import outbox
from rapport.quotas import exhausted
from rapport.ranking import LAYERS
from rapport.rules import CUSTOMER
from rapport.scripts import faults
from rapport.web import check_if_match

LANGUAGES = ("en", "zh-CN")
"""An offer needs texts in each of them before anybody sees it."""


async def edit_offer(
    conn: Connection, offer_id: str, content: dict[str, Any], if_match: str | None, author: str, now: datetime
) -> tuple[OfferRow, bool]:
    """Store the content as a draft, and whether the offer is new. The content that is there already changes nothing.

    Raises:
        InvalidRule: a rule does not fit the field catalogue.
        PreconditionRequired, PreconditionFailed: the offer exists, and `if_match` does not name its version.
    """
    _check_rules(content)
    created = if_match is None and await offers.insert_draft(conn, offer_id, content, author, now)
    offer = await offers.locked(conn, offer_id)
    if not created:
        check_if_match(if_match, offer.version if offer else None, required=True)
    if offer is None:
        raise UnknownOffer
    if offer.content == content:
        return offer, created
    await offers.update_draft(conn, offer_id, content, author, now)
    return await offer_of(conn, offer_id), created


async def submit_offer(
    conn: Connection, offer_id: str, if_match: str | None, submitter: str, now: datetime
) -> OfferRow:
    """Ask another person to approve the content as it stands. One that is submitted stays so.

    Raises:
        UnknownOffer: there is none.
        PreconditionFailed: `if_match` names another version.
        NothingToApprove: it is in force, or approved.
        OfferIncomplete, TextsNotFillable, OfferExpired, StockBelowAccepted: it could not be published.
    """
    offer = await _locked(conn, offer_id, if_match)
    if offer.state == "submitted":
        return offer
    if offer.state in ("published", "approved"):
        raise NothingToApprove
    _check_publishable(offer, _announcement(offer, "published"), now)
    await offers.mark_submitted(conn, offer_id, submitter, now)
    return await offer_of(conn, offer_id)


async def approve_offer(
    conn: Connection, offer_id: str, if_match: str | None, approver: str, now: datetime
) -> OfferRow:
    """Let the submitted content be published. `if_match` names the version that the approver has seen.

    Raises:
        UnknownOffer: there is none.
        PreconditionRequired, PreconditionFailed: `if_match` does not name the present version.
        NotSubmitted: it does not wait for approval.
        OwnChange: the approver wrote or submitted it.
    """
    offer = await _locked(conn, offer_id, if_match, required=True)
    if offer.state != "submitted":
        raise NotSubmitted
    if not may_approve(approver, offer.authors, offer.submitted_by):
        raise OwnChange
    await offers.mark_approved(conn, offer_id, approver, now)
    return await offer_of(conn, offer_id)


async def publish_offer(
    conn: Connection, offer_id: str, if_match: str | None, limits: Limits, publisher: str, now: datetime
) -> OfferRow:
    """Put the content into force as it stands; if it is in force already, nothing changes.

    Raises:
        UnknownOffer: there is none.
        PreconditionFailed: `if_match` names another version.
        OfferIncomplete, TextsNotFillable, OfferExpired, StockBelowAccepted: it cannot be published.
        ApprovalNeeded: something is above a limit, and nobody else has approved the content as it stands.
    """
    offer = await _locked(conn, offer_id, if_match)
    if offer.state == "published":
        return offer
    event = _announcement(offer, "published")
    _check_publishable(offer, event, now)
    exceeding = above(event, limits)
    if exceeding and offer.state != "approved":
        raise ApprovalNeeded("it is above a limit", above=exceeding)
    if event.quotas:
        counts = await acceptances.counts(conn, [offer_id])
        event = event.model_copy(update={"exhausted_quotas": exhausted(event.quotas, counts[offer_id])})
    return await _announce(conn, event, publisher, now)


async def withdraw_offer(
    conn: Connection, offer_id: str, if_match: str | None, withdrawer: str, now: datetime
) -> OfferRow:
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
    return await _announce(conn, event, withdrawer, now)


async def offer_of(conn: Connection, offer_id: str) -> OfferRow:
    """One offer.

    Raises:
        UnknownOffer: there is none.
    """
    offer = await offers.find(conn, offer_id)
    if offer is None:
        raise UnknownOffer
    return offer


async def version_of(conn: Connection, offer_id: str, number: int) -> Any:
    """A step in the life of an offer, with the content as it was.

    Raises:
        UnknownOffer, UnknownVersion: there is none.
    """
    found = await offers.version(conn, offer_id, number)
    if found is None:
        await offer_of(conn, offer_id)
        raise UnknownVersion
    return found


async def compare(conn: Connection, offer_id: str, number: int, against: int | None) -> tuple[int, list[Difference]]:
    """What a version says differently than an earlier or later one; None is the step before it. Also which that is.

    Raises:
        UnknownOffer, UnknownVersion: there is none.
    """
    new = await version_of(conn, offer_id, number)
    other = await offers.version_before(conn, offer_id, number) if against is None else against
    if other is None:
        raise UnknownVersion
    old = await version_of(conn, offer_id, other)
    return other, differences(_complete(old["content"]), _complete(new["content"]))


def document_of(offer: OfferRow) -> OfferChanged:
    """The content as it stands, as the document that its publication would announce."""
    return _announcement(offer, "published")


def _complete(content: dict[str, Any]) -> dict[str, Any]:
    """With the defaults of today filled in, so that a field that is newer than the content is no difference."""
    kept = {"offer_id": "any", "version": 1, "state": "draft"}
    document = OfferChanged.model_validate(content | kept).model_dump(mode="json")
    return {name: value for name, value in document.items() if name not in (*kept, "sold_out")}


def _check_rules(content: dict[str, Any]) -> None:
    for layer in LAYERS:
        if content[layer] is not None:
            CUSTOMER.parse(content[layer], f"#/{layer}")
    for number, segment in enumerate(content["propensity"]["by_segment"]):
        CUSTOMER.parse(segment["rule"], f"#/propensity/by_segment/{number}/rule")


def _check_publishable(offer: OfferRow, event: OfferChanged, now: datetime) -> None:
    missing = [f"/texts/{language}" for language in LANGUAGES if language not in event.texts]
    if missing:
        raise OfferIncomplete("texts are missing", missing=missing)
    found = faults(event)
    if found:
        raise TextsNotFillable(faults=[fault._asdict() for fault in found])
    if event.valid_until is not None and event.valid_until <= now:
        raise OfferExpired
    if event.stock is not None and event.stock < offer.accepted:
        raise StockBelowAccepted(accepted=offer.accepted)


async def _locked(conn: Connection, offer_id: str, if_match: str | None, *, required: bool = False) -> OfferRow:
    offer = await offers.locked(conn, offer_id)
    if offer is None:
        raise UnknownOffer
    check_if_match(if_match, offer.version, required=required)
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


async def _announce(conn: Connection, event: OfferChanged, by: str, now: datetime) -> OfferRow:
    await offers.announce(conn, event, now)
    await offers.keep_version(conn, event.offer_id, by)
    await outbox.publish(conn, [event], source=SOURCE, now=now)
    return await offer_of(conn, event.offer_id)
