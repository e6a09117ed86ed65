"""Work orders: handing over between channels, branches, teams and desks.

Who may see an order follows from where it is in the organisation, and the caller's place in it (`org` of the token): it
is worked by the people of its unit and those above, and of the unit that it was escalated to; whoever asked for it
reads it, too. Everybody else is told that there is none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id, UnitPath, WorkOrderKind
from rapport.db import Connection
from rapport.errors import Malformed, NotFound
from rapport.ids import new_id
from rapport.web import Now, Page, PagingQuery, Reading, Router, Writing, answers
from touchpoint_service.api.context import TheGate, working_on
from touchpoint_service.handlers.work_orders import (
    BranchClosed,
    Desk,
    ForeignWorkOrder,
    WorkOrderEnded,
    WorkOrderExists,
    WorkOrderTaken,
    appoint,
    comment,
    give_back,
    must_see,
    open_order,
    refer,
    resolve,
    shown,
    take,
)
from touchpoint_service.repository import reads, work_orders
from touchpoint_service.repository.work_orders import Filter
from touchpoint_service.schemas.work_orders import (
    WorkOrderAppointmentIn,
    WorkOrderCommentIn,
    WorkOrderIn,
    WorkOrderLeaseIn,
    WorkOrderReferralIn,
    WorkOrderResultIn,
)

router = Router(tags=["work orders"])

_OPEN: dict[str, Any] = {
    "work_order_id": "wo_019cbd6f0a117cde8a41b2c3d4e5f607",
    "customer_id": "c-1001",
    "kind": "referral",
    "priority": 3,
    "unit": "/north/branch-7",
    "owner": None,
    "subject": "Wants to see the savings plan on paper",
    "offer_id": "savings-plan",
    "campaign_id": None,
    "acceptance_id": None,
    "opened_at": "2026-03-05T09:12:44+00:00",
    "opened_by": "agent-212",
    "respond_by": "2026-03-05T13:12:44+00:00",
    "responded_at": None,
    "resolve_by": "2026-03-09T09:12:44+00:00",
    "leased_by": None,
    "leased_until": None,
    "appointment_at": None,
    "escalate_to": "/north",
    "escalated_to": None,
    "escalated_at": None,
    "result": None,
    "resolved_at": None,
    "resolved_by": None,
    "resolving_note": None,
    "state": "open",
    "overdue": False,
    "originator": {
        "channel": "call",
        "place": None,
        "unit": "/outbound/team-3",
        "agent": "agent-212",
        "contact_id": None,
    },
}
_COMMENT = {
    "comment_id": "cmt_019cbd8a11f57e0b9d2c3b4a59687766",
    "at": "2026-03-05T09:12:44+00:00",
    "by": "agent-212",
    "text": "Prefers the afternoon.",
}
_WHOLE = _OPEN | {"comments": [_COMMENT]}
_TAKEN = _WHOLE | {
    "leased_by": "agent-77",
    "leased_until": "2026-03-05T10:17:00+00:00",
    "responded_at": "2026-03-05T10:02:00+00:00",
    "state": "taken",
}
_RESOLVED = _WHOLE | {
    "responded_at": "2026-03-05T10:02:00+00:00",
    "result": "done",
    "resolved_at": "2026-03-06T15:05:00+00:00",
    "resolved_by": "agent-77",
    "resolving_note": "Signed the savings plan.",
    "state": "resolved",
}


@router.post(
    "/work-orders",
    status_code=201,
    summary="Hand something over",
    responses=answers(_WHOLE, NotFound, WorkOrderExists, BranchClosed, Malformed, status=201, what="Open."),
)
async def post_work_order(
    caller: Annotated[Principal, requires("touchpoint.work_order.open")],
    body: WorkOrderIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
    response: Response,
) -> dict[str, Any]:
    """To any unit, whoever asks: the policy says whose it is where the body does not, how important it is, and by when
    there has to be an answer and a result. The caller sees what comes of it. The same `work_order_id` again changes
    nothing."""
    if not await reads.customer_seen(conn, body.customer_id):
        raise NotFound(f"there is no customer {body.customer_id}")
    order = body.to_order(body.work_order_id or new_id("wo", now), caller)
    async with working_on(conn, now, body.customer_id) as work:
        await open_order(work, gate, caller, order)
    response.headers["Location"] = f"/v1/work-orders/{order.work_order_id}"
    return await _shown(conn, caller, order.work_order_id, now)


@router.get(
    "/work-orders", summary="Work orders", responses=answers({"items": [_OPEN], "next_cursor": None}, Malformed)
)
async def list_work_orders(
    caller: Annotated[Principal, requires("touchpoint.work_order.read")],
    conn: Reading,
    now: Now,
    paging: PagingQuery,
    state: Annotated[
        Literal["open", "taken", "resolved"] | None, Query(description="`taken`: somebody has it in hand.")
    ] = None,
    kind: WorkOrderKind | None = None,
    unit: Annotated[UnitPath | None, Query(description="Of this unit and those below.")] = None,
    owner: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Whose it is, or who has it in hand.")
    ] = None,
    customer_id: Id | None = None,
    overdue: Annotated[bool | None, Query(description="Whether something promised was not done in time.")] = None,
) -> Page[dict[str, Any]]:
    """Those of the caller's unit and below, or that came from there: most important first, then what is due first."""
    wanted = Filter(caller.org, state, None if kind is None else kind.value, unit, owner, customer_id, overdue)
    rows = await work_orders.page(conn, paging.after(tuple[int, datetime, str]), paging.fetch, now, wanted)
    page = paging.page(rows, lambda row: (row["priority"], row["due_at"], row["work_order_id"]))
    return Page(items=[shown(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/work-orders/{work_order_id}", summary="A work order", responses=answers(_WHOLE, NotFound))
async def get_work_order(
    caller: Annotated[Principal, requires("touchpoint.work_order.read")], work_order_id: Id, conn: Reading, now: Now
) -> dict[str, Any]:
    """Whose it is, who has it in hand, what was promised, what was said, and how it ended."""
    return await _shown(conn, caller, work_order_id, now)


@router.put(
    "/work-orders/{work_order_id}/lease",
    summary="Take a work order in hand",
    responses=answers(_TAKEN, NotFound, ForeignWorkOrder, WorkOrderTaken, WorkOrderEnded),
)
async def put_work_order_lease(
    caller: Annotated[Principal, requires("touchpoint.work_order.work")],
    work_order_id: Id,
    body: WorkOrderLeaseIn,
    conn: Writing,
    now: Now,
) -> dict[str, Any]:
    """From now on for `seconds`, or longer if it is yours already; then it is in the queue of its unit again. To take
    it the first time is the answer that was promised."""
    async with _at(conn, caller, work_order_id, now) as desk:
        await take(desk, body.seconds)
    return await _shown(conn, caller, work_order_id, now)


@router.delete(
    "/work-orders/{work_order_id}/lease",
    summary="Give a work order back",
    responses=answers(_WHOLE, NotFound, ForeignWorkOrder, WorkOrderTaken, WorkOrderEnded),
)
async def delete_work_order_lease(
    caller: Annotated[Principal, requires("touchpoint.work_order.work")], work_order_id: Id, conn: Writing, now: Now
) -> dict[str, Any]:
    """Somebody else of its unit may take it."""
    async with _at(conn, caller, work_order_id, now) as desk:
        await give_back(desk)
    return await _shown(conn, caller, work_order_id, now)


@router.post(
    "/work-orders/{work_order_id}/referrals",
    summary="Pass a work order on",
    responses=answers(_OPEN, NotFound, ForeignWorkOrder, WorkOrderTaken, WorkOrderEnded),
)
async def post_work_order_referral(
    caller: Annotated[Principal, requires("touchpoint.work_order.assign")],
    work_order_id: Id,
    body: WorkOrderReferralIn,
    conn: Writing,
    now: Now,
) -> dict[str, Any]:
    """To another team, branch or person. What was promised to the customer stays promised. The answer shows the order
    as it is now, also to who passed it on and does not see it any more."""
    async with _at(conn, caller, work_order_id, now) as desk:
        await refer(desk, body.unit, body.owner, body.note)
    return shown(await work_orders.find(conn, work_order_id, now))


@router.post(
    "/work-orders/{work_order_id}/comments",
    status_code=201,
    summary="Say something about a work order",
    responses=answers(_WHOLE, NotFound, WorkOrderExists, WorkOrderEnded, status=201, what="Kept."),
)
async def post_work_order_comment(
    caller: Annotated[Principal, requires("touchpoint.work_order.work")],
    work_order_id: Id,
    body: WorkOrderCommentIn,
    conn: Writing,
    now: Now,
) -> dict[str, Any]:
    """Its originator may, too. The same `comment_id` counts once."""
    async with _at(conn, caller, work_order_id, now) as desk:
        await comment(desk, body.comment_id or new_id("cmt", now), body.text)
    return await _shown(conn, caller, work_order_id, now)


@router.put(
    "/work-orders/{work_order_id}/appointment",
    summary="Agree when the customer comes",
    responses=answers(
        _WHOLE | {"appointment_at": "2026-03-06T14:30:00+00:00"}, NotFound, BranchClosed, WorkOrderEnded, Malformed
    ),
)
async def put_work_order_appointment(
    caller: Annotated[Principal, requires("touchpoint.work_order.work")],
    work_order_id: Id,
    body: WorkOrderAppointmentIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
) -> dict[str, Any]:
    """Within the opening hours of its unit, as the policy has them; another time takes the place of the one before. The
    result is promised from then on where that is later. Its originator may agree on one, too."""
    async with _at(conn, caller, work_order_id, now) as desk:
        await appoint(desk, await gate.policy(desk.work), body.at)
    return await _shown(conn, caller, work_order_id, now)


@router.post(
    "/work-orders/{work_order_id}/result",
    summary="Say how a work order ended",
    responses=answers(_RESOLVED, NotFound, ForeignWorkOrder, WorkOrderTaken, WorkOrderEnded),
)
async def post_work_order_result(
    caller: Annotated[Principal, requires("touchpoint.work_order.work")],
    work_order_id: Id,
    body: WorkOrderResultIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
) -> dict[str, Any]:
    """It is on the customer's timeline, for whoever asked; contacts that waited for it are decided at once. The same
    result again changes nothing. Who asked for it may call it off (`cancelled`)."""
    async with _at(conn, caller, work_order_id, now) as desk:
        await resolve(desk, gate, body.result, body.note)
    return await _shown(conn, caller, work_order_id, now)


@asynccontextmanager
async def _at(conn: Connection, caller: Principal, work_order_id: str, now: datetime) -> AsyncIterator[Desk]:
    """The order as it is once its customer is locked.

    Raises:
        NotFound: there is none, or none that the caller may know of.
    """
    known = await work_orders.find(conn, work_order_id, now)
    must_see(caller, known)
    async with working_on(conn, now, known["customer_id"]) as work:
        order = await work_orders.find(conn, work_order_id, work.at)
        must_see(caller, order)
        yield Desk(work, caller, order)


async def _shown(conn: Connection, caller: Principal, work_order_id: str, now: datetime) -> dict[str, Any]:
    row = await work_orders.find(conn, work_order_id, now)
    must_see(caller, row)
    return shown(row, await work_orders.comments(conn, work_order_id))
