"""The catalogue: write, submit, approve, publish and withdraw offers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request, Response, status

from offers_service.domain.approval import EditState, Limits, above
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
)
from offers_service.handlers import catalogue
from offers_service.repository import offers
from offers_service.repository.offers import OfferRow
from offers_service.schemas import offers as schemas
from rapport.auth import Principal, requires
from rapport.errors import DomainError, PreconditionFailed, PreconditionRequired
from rapport.ids import ID_PATTERN
from rapport.web import IfMatch, Now, Page, PagingQuery, Reading, Router, Writing, answers, body_limit, etag

router = Router(tags=["offers"])

OfferId = Annotated[str, Path(pattern=ID_PATTERN)]

READ = requires("offers.read")
Manager = Annotated[Principal, requires("offers.manage")]

_UNPUBLISHABLE = (OfferIncomplete, TextsNotFillable, OfferExpired, StockBelowAccepted)

_OFFER = {
    "offer_id": "term-deposit-2026",
    "version": 3,
    "state": "published",
    "in_force": 3,
    "accepted": 17,
    "sold_out": False,
    "above": [],
    "authors": ["olivia"],
    "submitted_by": None,
    "approved_by": None,
    "changed_at": "2026-11-02T09:30:00Z",
    **schemas.OFFER_EXAMPLE,
}


def _changed(*problems: type[DomainError], what: str, **shown: Any) -> dict[int | str, dict[str, Any]]:
    """What every change of an offer's state answers: the offer, with what is `shown` of it; or one of the problems."""
    return answers(_OFFER | shown, UnknownOffer, PreconditionFailed, *problems, what=what)


@router.put(
    "/offers/{offer_id}",
    summary="Write an offer",
    responses={
        **answers(_OFFER, PreconditionFailed, PreconditionRequired, what="The offer."),
        201: {"model": schemas.Offer, "description": "The offer is new."},
    },
)
@body_limit(1 << 19)  # with what is added it must fit into one event
async def put_offer(
    caller: Manager,
    offer_id: OfferId,
    body: schemas.OfferContent,
    conn: Writing,
    now: Now,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Offer:
    """Store the content as a draft. What is in force stays in force until the draft is published.

    An offer that exists needs `If-Match`. An approval of what was there before is gone.
    """
    content = body.model_dump(mode="json")
    row, created = await catalogue.edit_offer(conn, offer_id, content, if_match, caller.subject, now)
    if created:
        response.status_code = status.HTTP_201_CREATED
    return _tagged(request, response, row)


@router.get(
    "/offers",
    summary="List offers",
    dependencies=[READ],
    responses=answers({"items": [_OFFER], "next_cursor": None}, what="Offers by id."),
)
async def list_offers(
    conn: Reading, paging: PagingQuery, request: Request, state: EditState | None = None
) -> Page[schemas.Offer]:
    """All offers by id, or those in one state."""
    after = paging.after(tuple[str])
    rows = await offers.page(conn, after[0] if after else "", state, paging.fetch)
    limits = _limits(request)
    return paging.page([_offer(row, limits) for row in rows], lambda offer: [offer.offer_id])


@router.get("/offers/{offer_id}", summary="Read an offer", dependencies=[READ], responses=answers(_OFFER, UnknownOffer))
async def get_offer(offer_id: OfferId, conn: Reading, request: Request, response: Response) -> schemas.Offer:
    """The offer as last edited, and which version of it is in force."""
    return _tagged(request, response, await catalogue.offer_of(conn, offer_id))


@router.post(
    "/offers/{offer_id}/submissions",
    summary="Ask for approval of an offer",
    responses=_changed(
        NothingToApprove,
        *_UNPUBLISHABLE,
        what="It waits for another person.",
        state="submitted",
        above=["/value"],
        submitted_by="olivia",
    ),
)
async def submit_offer(
    caller: Manager,
    offer_id: OfferId,
    conn: Writing,
    now: Now,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Offer:
    """Submit the content as it stands. What could not be published is refused now, not after somebody has read it."""
    row = await catalogue.submit_offer(conn, offer_id, if_match, caller.subject, now)
    return _tagged(request, response, row)


@router.post(
    "/offers/{offer_id}/approvals",
    summary="Approve an offer",
    responses=_changed(
        PreconditionRequired,
        NotSubmitted,
        OwnChange,
        what="It may be published as it stands.",
        state="approved",
        above=["/value"],
        submitted_by="olivia",
        approved_by="oscar",
    ),
)
async def approve_offer(
    caller: Annotated[Principal, requires("offers.approve")],
    offer_id: OfferId,
    conn: Writing,
    now: Now,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Offer:
    """Approve the version that `If-Match` names. Nobody approves what they wrote or submitted."""
    row = await catalogue.approve_offer(conn, offer_id, if_match, caller.subject, now)
    return _tagged(request, response, row)


@router.post(
    "/offers/{offer_id}/publication",
    summary="Publish an offer",
    responses=_changed(ApprovalNeeded, *_UNPUBLISHABLE, what="In force."),
)
async def publish_offer(
    caller: Manager,
    offer_id: OfferId,
    conn: Writing,
    now: Now,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Offer:
    """Put the offer into force as it was last edited. Texts in `en` and `zh-CN` are needed.

    What is above a limit needs the approval of another person first.
    """
    row = await catalogue.publish_offer(conn, offer_id, if_match, _limits(request), caller.subject, now)
    return _tagged(request, response, row)


@router.post(
    "/offers/{offer_id}/withdrawal",
    summary="Withdraw an offer",
    responses=_changed(OfferNotPublished, what="No longer in force.", state="withdrawn", in_force=None),
)
async def withdraw_offer(
    caller: Manager,
    offer_id: OfferId,
    conn: Writing,
    now: Now,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Offer:
    """Take the offer away from customers at once. What is accepted stays accepted."""
    row = await catalogue.withdraw_offer(conn, offer_id, if_match, caller.subject, now)
    return _tagged(request, response, row)


def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.settings.limits
    return limits


def _offer(row: OfferRow, limits: Limits) -> schemas.Offer:
    return schemas.Offer(
        offer_id=row.offer_id,
        version=row.version,
        state=row.state,
        in_force=row.in_force,
        accepted=row.accepted,
        sold_out=row.sold_out,
        above=above(catalogue.document_of(row), limits),
        authors=row.authors,
        submitted_by=row.submitted_by,
        approved_by=row.approved_by,
        changed_at=row.changed_at,
        **row.content,
    )


def _tagged(request: Request, response: Response, row: OfferRow) -> schemas.Offer:
    response.headers["ETag"] = etag(row.version)
    return _offer(row, _limits(request))
