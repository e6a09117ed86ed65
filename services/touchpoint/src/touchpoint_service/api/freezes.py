"""Freezes: customers to whom nothing goes until somebody says so."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Response

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.errors import Malformed, NotFound
from rapport.ids import new_id
from rapport.web import Now, Page, PagingQuery, Reading, Router, Writing, answers
from touchpoint_service.api.context import TheGate, working_on
from touchpoint_service.handlers.freezes import FreezeExists, close_freeze, open_freeze
from touchpoint_service.repository import freezes, reads
from touchpoint_service.schemas.freezes import FreezeClosureIn, FreezeIn

router = Router(tags=["freezes"])

_FREEZE = {
    "freeze_id": "frz_019cb1a1ba4a7f3c8d2b6e1f90a4c5d7",
    "customer_id": "c-1001",
    "rule": None,
    "contact_id": None,
    "opened_at": "2026-03-05T09:12:44+00:00",
    "opened_by": "sam",
    "until": None,
    "note": "Complained by letter, case 4711.",
    "closed_at": None,
    "closed_by": None,
    "closing_note": None,
    "state": "open",
}
_CLOSED = _FREEZE | {
    "closed_at": "2026-03-09T15:40:02+00:00",
    "closed_by": "kim",
    "closing_note": "Apologised by letter; case 4711 is closed.",
    "state": "closed",
}


@router.post(
    "/freezes",
    status_code=201,
    summary="Leave a customer alone",
    responses=answers(_FREEZE, NotFound, FreezeExists, Malformed, status=201, what="Open; what waits, waits on."),
)
async def post_freeze(
    caller: Annotated[Principal, requires("touchpoint.freeze.open")],
    body: FreezeIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
    response: Response,
) -> dict[str, Any]:
    """From now on nothing is released to the customer, and what channels still hold is recalled; but for the classes
    that the policy exempts from do-not-disturb. Requests wait. The same `freeze_id` again changes nothing."""
    if not await reads.customer_seen(conn, body.customer_id):
        raise NotFound(f"there is no customer {body.customer_id}")
    freeze = body.to_row(body.freeze_id or new_id("frz", now), now, caller.subject)
    async with working_on(conn, now, body.customer_id) as work:
        await open_freeze(work, gate, freeze)
    response.headers["Location"] = f"/v1/freezes/{freeze.freeze_id}"
    return await _shown(conn, freeze.freeze_id, now)


@router.get("/freezes", summary="Freezes", responses=answers({"items": [_FREEZE], "next_cursor": None}, Malformed))
async def list_freezes(
    _caller: Annotated[Principal, requires("touchpoint.freeze.read")],
    conn: Reading,
    now: Now,
    paging: PagingQuery,
    customer_id: Id | None = None,
    state: Literal["open", "over", "closed"] | None = None,
) -> Page[dict[str, Any]]:
    """Oldest first. `over`: its end has come before anybody closed it."""
    rows = await freezes.page(
        conn, paging.after(tuple[datetime, str]), paging.fetch, now, customer_id=customer_id, state=state
    )
    return paging.page([dict(row) for row in rows], lambda item: (item["opened_at"], item["freeze_id"]))


@router.get("/freezes/{freeze_id}", summary="A freeze", responses=answers(_FREEZE, NotFound))
async def get_freeze(
    _caller: Annotated[Principal, requires("touchpoint.freeze.read")], freeze_id: Id, conn: Reading, now: Now
) -> dict[str, Any]:
    """Who opened it and why, and how it ended."""
    return await _shown(conn, freeze_id, now)


@router.post("/freezes/{freeze_id}/closure", summary="Close a freeze", responses=answers(_CLOSED, NotFound))
async def post_freeze_closure(
    caller: Annotated[Principal, requires("touchpoint.freeze.close")],
    freeze_id: Id,
    body: FreezeClosureIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
) -> dict[str, Any]:
    """What waits is decided at once, unless another freeze of the customer is open. Doing it twice changes nothing."""
    known = await freezes.find(conn, freeze_id, now)
    if known is None:
        raise NotFound(f"there is no freeze {freeze_id}")
    async with working_on(conn, now, known["customer_id"]) as work:
        await close_freeze(work, gate, known["customer_id"], freeze_id, caller.subject, body.note)
    return await _shown(conn, freeze_id, now)


async def _shown(conn: Reading, freeze_id: str, now: datetime) -> dict[str, Any]:
    row = await freezes.find(conn, freeze_id, now)
    if row is None:
        raise NotFound(f"there is no freeze {freeze_id}")
    return dict(row)
