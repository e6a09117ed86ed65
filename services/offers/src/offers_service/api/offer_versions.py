"""The history of an offer: each step that somebody took, and what one says differently than another."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

from offers_service.api.offers import READ, OfferId
from offers_service.domain.errors import UnknownOffer, UnknownVersion
from offers_service.handlers import catalogue
from offers_service.repository import offers
from offers_service.schemas import offers as schemas
from rapport.web import Page, PagingQuery, Reading, Router, answers

router = Router(tags=["offers"])

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]

_STEP = {"version": 3, "state": "published", "by": "olivia", "at": "2026-11-02T09:30:00Z"}


@router.get(
    "/offers/{offer_id}/versions",
    summary="The history of an offer",
    dependencies=[READ],
    responses=answers({"items": [_STEP], "next_cursor": None}, UnknownOffer, what="Newest first."),
)
async def list_offer_versions(offer_id: OfferId, conn: Reading, paging: PagingQuery) -> Page[schemas.OfferVersion]:
    """Who did what, newest first. Selling out is nobody's step and has a version number of its own."""
    after = paging.after(tuple[int])
    rows = await offers.versions_before(conn, offer_id, after[0] if after else None, paging.fetch)
    if not rows:
        await catalogue.offer_of(conn, offer_id)
    return paging.page([schemas.OfferVersion(**row) for row in rows], lambda step: [step.version])


@router.get(
    "/offers/{offer_id}/versions/{version}",
    summary="An offer as it was",
    dependencies=[READ],
    responses=answers({**_STEP, "content": schemas.OFFER_EXAMPLE}, UnknownOffer, UnknownVersion),
)
async def get_offer_version(offer_id: OfferId, version: Number, conn: Reading) -> schemas.WholeOfferVersion:
    """One step with the content as it was then."""
    return schemas.WholeOfferVersion(**await catalogue.version_of(conn, offer_id, version))


@router.get(
    "/offers/{offer_id}/versions/{version}/differences",
    summary="What a version of an offer says differently",
    dependencies=[READ],
    responses=answers(
        {
            "offer_id": "term-deposit-2026",
            "version": 3,
            "against": 1,
            "differences": [{"pointer": "/value", "old": "100.00", "new": "120.00"}],
        },
        UnknownOffer,
        UnknownVersion,
    ),
)
async def get_offer_differences(
    offer_id: OfferId,
    version: Number,
    conn: Reading,
    against: Annotated[
        int | None, Query(ge=1, le=2**63 - 1, description="The other version; the step before it if none is named.")
    ] = None,
) -> dict[str, Any]:
    """Value by value, in the order of the document. Of an approval it is nothing: it changes no content."""
    other, found = await catalogue.compare(conn, offer_id, version, against)
    return {
        "offer_id": offer_id,
        "version": version,
        "against": other,
        "differences": [each._asdict() for each in found],
    }
