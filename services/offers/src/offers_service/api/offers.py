"""The catalogue: write, publish and withdraw offers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response, status

from offers_service import repository, schemas
from offers_service.domain.errors import (
    OfferExpired,
    OfferIncomplete,
    OfferNotPublished,
    StockBelowAccepted,
    UnknownOffer,
)
from offers_service.handlers import catalogue
from offers_service.repository import OfferRow
from rapport.auth import requires
from rapport.contracts.offers import OfferState
from rapport.errors import PreconditionFailed, PreconditionRequired
from rapport.ids import ID_PATTERN
from rapport.web import IfMatch, Now, Page, PagingQuery, Reading, Router, Writing, answers, body_limit, etag

router = Router(tags=["offers"])

OfferId = Annotated[str, Path(pattern=ID_PATTERN)]

MANAGE = requires("offers.manage")
READ = requires("offers.read")

_OFFER = {
    "offer_id": "term-deposit-2026",
    "version": 3,
    "state": "published",
    "in_force": 3,
    "accepted": 17,
    "sold_out": False,
    "changed_at": "2026-11-02T09:30:00Z",
    **schemas.OFFER_EXAMPLE,
}


@router.put(
    "/offers/{offer_id}",
    summary="Write an offer",
    dependencies=[MANAGE],
    responses={
        **answers(_OFFER, PreconditionFailed, PreconditionRequired, what="The offer."),
        201: {"model": schemas.Offer, "description": "The offer is new."},
    },
)
@body_limit(1 << 19)  # with what is added it must fit into one event
async def put_offer(
    offer_id: OfferId,
    body: schemas.OfferContent,
    conn: Writing,
    now: Now,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Offer:
    """Store the content as a draft. What is in force stays in force until the draft is published.

    An offer that exists needs `If-Match`.
    """
    row, created = await catalogue.edit_offer(conn, offer_id, body.model_dump(mode="json"), if_match, now)
    if created:
        response.status_code = status.HTTP_201_CREATED
    return _tagged(response, row)


@router.get(
    "/offers",
    summary="List offers",
    dependencies=[READ],
    responses=answers({"items": [_OFFER], "next_cursor": None}, what="Offers by id."),
)
async def list_offers(conn: Reading, paging: PagingQuery, state: OfferState | None = None) -> Page[schemas.Offer]:
    """All offers by id, or those in one state."""
    after = paging.after(tuple[str])
    rows = await repository.offers_after(conn, after[0] if after else "", state, paging.fetch)
    return paging.page([_offer(row) for row in rows], lambda offer: [offer.offer_id])


@router.get("/offers/{offer_id}", summary="Read an offer", dependencies=[READ], responses=answers(_OFFER, UnknownOffer))
async def get_offer(offer_id: OfferId, conn: Reading, response: Response) -> schemas.Offer:
    """The offer as last edited, and which version of it is in force."""
    return _tagged(response, await catalogue.offer_of(conn, offer_id))


@router.post(
    "/offers/{offer_id}/publication",
    summary="Publish an offer",
    dependencies=[MANAGE],
    responses=answers(
        _OFFER, UnknownOffer, PreconditionFailed, OfferIncomplete, OfferExpired, StockBelowAccepted, what="In force."
    ),
)
async def publish_offer(
    offer_id: OfferId, conn: Writing, now: Now, response: Response, if_match: IfMatch = None
) -> schemas.Offer:
    """Put the offer into force as it was last edited. Texts in `en` and `zh-CN` are needed."""
    return _tagged(response, await catalogue.publish_offer(conn, offer_id, if_match, now))


@router.post(
    "/offers/{offer_id}/withdrawal",
    summary="Withdraw an offer",
    dependencies=[MANAGE],
    responses=answers(
        {**_OFFER, "state": "withdrawn", "in_force": None},
        UnknownOffer,
        PreconditionFailed,
        OfferNotPublished,
        what="No longer in force.",
    ),
)
async def withdraw_offer(
    offer_id: OfferId, conn: Writing, now: Now, response: Response, if_match: IfMatch = None
) -> schemas.Offer:
    """Take the offer away from customers at once. What is accepted stays accepted."""
    return _tagged(response, await catalogue.withdraw_offer(conn, offer_id, if_match, now))


def _offer(row: OfferRow) -> schemas.Offer:
    return schemas.Offer(
        offer_id=row.offer_id,
        version=row.version,
        state=row.state,
        in_force=row.in_force,
        accepted=row.accepted,
        sold_out=row.sold_out,
        changed_at=row.changed_at,
        **row.content,
    )


def _tagged(response: Response, row: OfferRow) -> schemas.Offer:
    response.headers["ETag"] = etag(row.version)
    return _offer(row)
