"""The ledger: accept, revoke and fulfil."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import Path, Query, Request, Response, status
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from offers_service.domain.errors import (
    AcceptanceIdTaken,
    AcceptanceNotStanding,
    AlreadyAccepted,
    AlreadyFulfilled,
    CoolingOffOver,
    LinkExpired,
    LinkNotForThis,
    NotEligible,
    OfferExpired,
    QuotaExhausted,
    SoldOut,
    UnknownAcceptance,
    UnknownCustomer,
    UnknownLink,
    UnknownOffer,
)
from offers_service.domain.ledger import Acceptance, Claim
from offers_service.handlers import exports, ledger, links
from offers_service.repository import acceptances
from offers_service.schemas import acceptances as schemas
from offers_service.schemas.body import Instant
from rapport.auth import Principal, requires
from rapport.errors import Forbidden
from rapport.ids import ID_PATTERN, new_id
from rapport.problems import problem_responses
from rapport.web import Now, Page, PagingQuery, Reading, Router, Writing, answers

router = Router(tags=["acceptances"])

AcceptanceId = Annotated[str, Path(pattern=ID_PATTERN)]

ACCEPT = requires("offers.accept")

_ACCEPTANCE = {
    "acceptance_id": "acc_0192f0c1a2b37c4d8e5f60718293a4b5",
    "customer_id": "c-1001",
    "offer_id": "term-deposit-2026",
    "term": "1",
    "goal": "term-deposit",
    "category": "savings",
    "channel": "web",
    "contact_id": None,
    "at": "2026-11-02T09:30:00Z",
    "state": "accepted",
    "reason": None,
    "revoked_at": None,
    "fulfilled_at": None,
    "reference": None,
    "unit": "/web",
    "agent": None,
    "link_id": None,
    "revocable_until": "2026-11-16T09:30:00Z",
    "revoked_because": None,
    "note": None,
}


@router.post(
    "/acceptances",
    status_code=status.HTTP_201_CREATED,
    summary="Accept an offer",
    responses=answers(
        _ACCEPTANCE,
        UnknownOffer,
        UnknownCustomer,
        AlreadyAccepted,
        OfferExpired,
        NotEligible,
        SoldOut,
        QuotaExhausted,
        AcceptanceIdTaken,
        UnknownLink,
        LinkExpired,
        LinkNotForThis,
        status=201,
        what="The customer has it. 200 when this `acceptance_id` had it already.",
    ),
)
async def accept_offer(
    caller: Annotated[Principal, ACCEPT],
    body: schemas.AcceptanceRequest,
    conn: Writing,
    now: Now,
    request: Request,
    response: Response,
) -> schemas.Acceptance:
    """Reserve one piece for the customer, or say why not. An `acceptance_id` counts once, however often it is sent."""
    if body.unit is not None and not caller.covers(body.unit):
        raise Forbidden("the unit is neither the caller's nor below it")
    state = request.app.state
    link = None
    if body.link is not None:
        keys = state.settings.link_keys
        link = await links.credited(conn, body.link, body.customer_id, body.offer_id, keys, now)
    claim = Claim(
        acceptance_id=body.acceptance_id or new_id("acc", now),
        customer_id=body.customer_id,
        offer_id=body.offer_id,
        channel=body.channel,
        at=now,
        term=body.term,
        contact_id=body.contact_id if link is None else link.contact_id,
        unit=body.unit or caller.org,
        agent=None if link is None else link.agent or None,
        link_id=None if link is None else link.link_id,
    )
    acceptance, created = await ledger.accept(conn, state.parsed_offers, claim, now)
    if not created:
        response.status_code = status.HTTP_200_OK
    return _shown(acceptance)


@router.get(
    "/acceptances",
    summary="List acceptances",
    dependencies=[requires("offers.read")],
    responses=answers({"items": [_ACCEPTANCE], "next_cursor": None}, what="Newest first."),
)
async def list_acceptances(
    conn: Reading,
    paging: PagingQuery,
    customer_id: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    offer_id: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    state: Literal["accepted", "refused", "revoked"] | None = None,
) -> Page[schemas.Acceptance]:
    """The rows of the ledger, or those of one customer, offer or state."""
    rows = await acceptances.page(
        conn,
        paging.after(tuple[AwareDatetime, str]),
        paging.fetch,
        customer_id=customer_id,
        offer_id=offer_id,
        state=state,
    )
    return paging.page([_shown(row) for row in rows], lambda row: [row.at, row.acceptance_id])


@router.get(
    "/acceptances/export",
    summary="Export acceptances",
    dependencies=[requires("offers.export")],
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Oldest first. The stream breaks off without an end where something goes wrong.",
            "content": {
                "text/csv": {"example": "acceptance_id,customer_id,offer_id,…"},
                "application/x-ndjson": {"example": '{"acceptance_id": "acc_0192f0c1", "customer_id": "c-1001"}'},
            },
        },
        **problem_responses(UnknownAcceptance),
    },
)
async def export_acceptances(
    request: Request,
    now: Now,
    since: Instant,
    until: Instant | None = None,
    state: exports.What = "accepted",
    form: Annotated[exports.Format, Query(alias="format")] = "csv",
    after: Annotated[
        str | None, Query(pattern=ID_PATTERN, description="Go on after this row: the last one that came whole.")
    ] = None,
) -> StreamingResponse:
    """For billing: what was accepted (also what was revoked later), refused, revoked or fulfilled in [since, until).

    In the order in which it happened; the same question gives the same rows again. A channel may report an acceptance
    late, with the instant at which it was said: a month is complete once all reports of it are in.
    """
    end = min(until or now, now)
    pool = request.app.state.pool
    place = (since, "") if after is None else await exports.place_of(pool, after, state, since)
    rows = exports.export(pool, state, place, end, form, header=after is None)
    media_type = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    name = f"acceptances-{state}-{since:%Y%m%dT%H%M%SZ}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(rows, media_type=media_type, headers=headers)


@router.get(
    "/acceptances/{acceptance_id}",
    summary="Read an acceptance",
    dependencies=[requires("offers.read")],
    responses=answers(_ACCEPTANCE, UnknownAcceptance),
)
async def get_acceptance(acceptance_id: AcceptanceId, conn: Reading) -> schemas.Acceptance:
    """What the ledger holds under this id, refusals of what channels reported included."""
    return _shown(await ledger.acceptance_of(conn, acceptance_id))


@router.post(
    "/acceptances/{acceptance_id}/revocation",
    summary="Revoke an acceptance",
    dependencies=[requires("offers.revoke")],
    responses=answers(
        {**_ACCEPTANCE, "state": "revoked", "revoked_at": "2026-11-09T10:00:00Z", "revoked_because": "withdrawn"},
        UnknownAcceptance,
        AcceptanceNotStanding,
        CoolingOffOver,
        AlreadyFulfilled,
        what="Taken back.",
    ),
)
async def revoke_acceptance(
    acceptance_id: AcceptanceId, conn: Writing, now: Now, request: Request
) -> schemas.Acceptance:
    """Take it back for the customer: stock and quota return and the goal is open again.

    Until `revocable_until`; where there is none, until it is fulfilled. Revoking again changes nothing.
    """
    return _shown(await ledger.revoke(conn, request.app.state.parsed_offers, acceptance_id, now))


@router.post(
    "/acceptances/{acceptance_id}/fulfilment",
    summary="Record a fulfilment",
    dependencies=[ACCEPT],
    responses=answers(
        {**_ACCEPTANCE, "fulfilled_at": "2026-11-05T16:20:00Z", "reference": "order-77"},
        UnknownAcceptance,
        AcceptanceNotStanding,
        AlreadyFulfilled,
        what="Recorded.",
    ),
)
async def fulfil_acceptance(
    acceptance_id: AcceptanceId, body: schemas.FulfilmentRequest, conn: Writing, now: Now, request: Request
) -> schemas.Acceptance:
    """Note that what was accepted has been delivered, or that it cannot be: then stock and quota return.

    The first note counts.
    """
    if body.result == "failed":
        parsed = request.app.state.parsed_offers
        return _shown(await ledger.fail(conn, parsed, acceptance_id, body.reason, body.reference, now))
    return _shown(await ledger.fulfil(conn, acceptance_id, body.reference, now))


def _shown(acceptance: Acceptance) -> schemas.Acceptance:
    return schemas.Acceptance(**asdict(acceptance))
