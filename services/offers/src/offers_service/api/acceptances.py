"""The ledger: accept, revoke and fulfil."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Request, Response, status

from offers_service import schemas
from offers_service.domain.errors import (
    AcceptanceIdTaken,
    AcceptanceNotStanding,
    AlreadyAccepted,
    AlreadyFulfilled,
    CoolingOffOver,
    NotEligible,
    OfferExpired,
    QuotaExhausted,
    SoldOut,
    UnknownAcceptance,
    UnknownCustomer,
    UnknownOffer,
)
from offers_service.domain.ledger import Acceptance, Claim
from offers_service.handlers import ledger
from rapport.auth import Principal, requires
from rapport.errors import Forbidden
from rapport.ids import ID_PATTERN, new_id
from rapport.web import Now, Reading, Router, Writing, answers

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
    claim = Claim(
        acceptance_id=body.acceptance_id or new_id("acc", now),
        customer_id=body.customer_id,
        offer_id=body.offer_id,
        channel=body.channel,
        at=now,
        term=body.term,
        contact_id=body.contact_id,
        unit=body.unit or caller.org,
    )
    acceptance, created = await ledger.accept(conn, request.app.state.parsed_offers, claim, now)
    if not created:
        response.status_code = status.HTTP_200_OK
    return _shown(acceptance)


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
