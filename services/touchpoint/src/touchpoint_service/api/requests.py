"""Asking for contacts, and asking whether one may happen now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Response

from rapport.auth import Principal, requires
from rapport.clock import from_micros
from rapport.contracts.campaign import ContactRequestWithdrawn
from rapport.contracts.vocabulary import Id
from rapport.errors import FieldError, Malformed, NotFound
from rapport.ids import new_id
from rapport.messaging.partition import partition_for
from rapport.telemetry import current_traceparent
from rapport.web import Now, Reading, Router, Writing, answers
from touchpoint_service.api.context import RequestPartitions, TheGate, working_on
from touchpoint_service.domain.facts import Request
from touchpoint_service.handlers.gate import Arrival, Gate
from touchpoint_service.handlers.requests import take_in
from touchpoint_service.repository import reads
from touchpoint_service.repository.work import Work
from touchpoint_service.schemas.requests import ContactRequestIn

router = Router(tags=["requests"])

_REQUEST = {
    "request_id": "req_0198c0de",
    "customer_id": "c-1001",
    "state": "released",
    "channel": "call",
    "contact_id": "ctc_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "retry_at": None,
    "because": None,
}
_HORIZON = timedelta(days=30)
"""How far ahead a decision about now tells when to ask again."""

_DEFERRED = _REQUEST | {
    "state": "deferred",
    "contact_id": None,
    "retry_at": "2026-03-04T08:00:00+00:00",
    "because": {"reason": "frequency_cap", "rule": "three-a-week", "counter": 3, "limit": 3},
}


@router.post(
    "/contact-requests",
    status_code=202,
    summary="Ask for a contact",
    responses=answers(_REQUEST, status=202, what="Decided, or waiting until it may be."),
)
async def request_contact(
    caller: Annotated[Principal, requires("touchpoint.request")],
    body: ContactRequestIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
    partitions: RequestPartitions,
    response: Response,
) -> dict[str, Any]:
    """Decides at once together with all waiting requests of the customer. What may not go now waits and competes again.

    The same `request_id` again changes nothing and gives the state as it is.
    """
    if body.expires_at is None:
        raise Malformed("say how long it is wanted", errors=[FieldError("#/expires_at", "required")])
    request = body.to_request(body.request_id or new_id("req", now), now, body.expires_at, caller.org)
    async with working_on(conn, now, request.customer_id) as work:
        answer = await decided(work, gate, request, partitions)
    response.headers["Location"] = f"/v1/contact-requests/{request.request_id}"
    return answer


@router.post(
    "/decisions",
    summary="May I contact now?",
    responses=answers(_DEFERRED, what="The decision; `released` reserves the slot."),
)
async def decide_now(
    caller: Annotated[Principal, requires("touchpoint.decide")],
    body: ContactRequestIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
    partitions: RequestPartitions,
) -> dict[str, Any]:
    """Decides and reserves in one step: `released` with a contact, `deferred` with the time to ask again, `suppressed`.

    Without `expires_at` the question is about now only: a deferral is told and nothing waits.
    """
    waits = body.expires_at is not None
    expires_at = body.expires_at or now + _HORIZON
    request = body.to_request(body.request_id or new_id("req", now), now, expires_at, caller.org)
    async with working_on(conn, now, request.customer_id) as work:
        answer = await decided(work, gate, request, partitions)
        if not waits and answer["state"] == "deferred":
            await take_in(work, gate, [], [_withdrawal(request, now)])
            if answer["retry_at"] == expires_at:
                answer["retry_at"] = None  # nobody can say when
    return answer


@router.get(
    "/contact-requests/{request_id}",
    summary="State of a request",
    responses=answers(
        _REQUEST | {"history": [{"at": "2026-03-03T12:00:00+00:00", "kind": "contact.released"}]}, NotFound
    ),
)
async def get_contact_request(
    _caller: Annotated[Principal, requires("touchpoint.timeline")], request_id: Id, conn: Reading
) -> dict[str, Any]:
    """The request as it stands, and every decision about it, oldest first."""
    row = await reads.find_request(conn, request_id)
    if row is None:
        raise NotFound(f"there is no request {request_id}")
    history = await reads.request_history(conn, row["customer_id"], request_id)
    return _shown(
        row["customer_id"],
        request_id,
        row["state"],
        row["channel"],
        row["contact_id"],
        row["because"],
        row["next_look"],
    ) | {"history": [{"at": h["at"], "kind": kind_of(h["type"]), **h["body"]} for h in history]}


@router.post(
    "/contact-requests/{request_id}/withdrawal",
    summary="Withdraw a request",
    responses=answers(_REQUEST | {"state": "withdrawn", "contact_id": None}, NotFound),
)
async def withdraw_contact_request(
    _caller: Annotated[Principal, requires("touchpoint.request")],
    request_id: Id,
    conn: Writing,
    now: Now,
    gate: TheGate,
) -> dict[str, Any]:
    """A waiting request ends; a contact that a channel still holds is recalled. Doing it twice changes nothing."""
    row = await reads.find_request(conn, request_id)
    if row is None:
        raise NotFound(f"there is no request {request_id}")
    request = Request.from_row(row["body"])
    async with working_on(conn, now, request.customer_id) as work:
        await take_in(work, gate, [], [_withdrawal(request, now)])
    row = await reads.find_request(conn, request_id)
    return _shown(
        row["customer_id"],
        request_id,
        row["state"],
        row["channel"],
        row["contact_id"],
        row["because"],
        row["next_look"],
    )


def kind_of(event_type: str) -> str:
    """`touchpoint.contact.released.v1` → `contact.released`."""
    return event_type.partition(".")[2].rpartition(".")[0]


def _withdrawal(request: Request, now: datetime) -> ContactRequestWithdrawn:
    return ContactRequestWithdrawn(request_id=request.request_id, customer_id=request.customer_id, at=now)


async def decided(work: Work, gate: Gate, request: Request, partitions: int) -> dict[str, Any]:
    """The request once it is decided, or as it was found when it was known already."""
    partition = partition_for(request.customer_id.encode(), partitions)
    await take_in(work, gate, [Arrival(request, partition, current_traceparent())])
    row = next((r for r in work.new_requests if r.request.request_id == request.request_id), None)
    if row is None:
        row = (await work.request_rows([(request.customer_id, request.request_id)]))[request.request_id]
    next_look = None if row.next_look is None else from_micros(row.next_look)
    return _shown(
        request.customer_id, request.request_id, row.state, row.channel, row.contact_id, row.because, next_look
    )


def _shown(
    customer_id: str,
    request_id: str,
    state: str,
    channel: str | None,
    contact_id: str | None,
    because: dict[str, Any] | None,
    next_look: datetime | None,
) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "customer_id": customer_id,
        "state": "deferred" if state == "live" else state,
        "channel": channel,
        "contact_id": contact_id,
        "retry_at": next_look,
        "because": because,
    }
