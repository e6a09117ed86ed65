"""The pop-up of branch counters and hotlines."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import Request, Response

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.errors import NotFound
from rapport.messaging.partition import partition_for
from rapport.web import Now, Router, Writing, WritingAtOnce, answers
from touchpoint_service.api.context import TheGate, json_answer, working_on
from touchpoint_service.handlers.popups import answer_popup, find_customer, pop_up
from touchpoint_service.repository import reads
from touchpoint_service.schemas import PopupAnswersIn, PopupIn

router = Router(tags=["pop-ups"])

_POPUP = {
    "popup_id": "pop_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "customer_id": "c-1001",
    "at": "2026-03-03T12:00:00+00:00",
    "offers": [
        {
            "offer_id": "fibre-500",
            "contact_id": "ctc_019a5b7c2f3e7c4d8e5f60718293a4b5",
            "goal": "renewal",
            "category": "retention",
            "image": None,
            "title": "Fibre 500",
            "body": "Twice as fast for the same price.",
            "script": "Since you are here …",
        }
    ],
    "not_now": [{"offer_id": "loan", "because": {"reason": "cool_down"}, "text": "…", "until": None}],
    "history": [{"at": "2026-03-02T09:00:00+00:00", "text": "Call: asked to be called back."}],
    "work_orders": [
        {
            "work_order_id": "wo_019cbd6f0a117cde8a41b2c3d4e5f607",
            "kind": "referral",
            "priority": 3,
            "unit": "/north/branch-7",
            "owner": None,
            "subject": "Wants to see the savings plan on paper",
            "opened_at": "2026-03-02T09:05:00+00:00",
            "resolve_by": "2026-03-04T09:05:00+00:00",
            "appointment_at": None,
            "escalated_to": None,
            "text": "referral",
        }
    ],
}
_SAID = {
    "popup_id": _POPUP["popup_id"],
    "answers": [{"offer_id": "fibre-500", "answer": "accepted", "contact_id": "ctc_1"}],
}


@router.post(
    "/popups", status_code=201, summary="A customer has appeared", responses=answers(_POPUP, NotFound, status=201)
)
async def open_popup(
    caller: Annotated[Principal, requires("touchpoint.popup")],
    body: PopupIn,
    conn: WritingAtOnce,
    request: Request,
) -> Response:
    """Offers with script, best first; what not to mention now and why; what was said before, in every channel.

    Answers from local data alone. Showing something new is a contact and counts; the same customer within a minute
    gets the same pop-up.
    """
    state = request.app.state
    customer_id = body.customer_id
    if customer_id is None:
        attribute, value = ("phone", body.phone) if body.phone is not None else ("account", body.account)
        customer_id = await find_customer(conn, attribute, value or "")
    partition = partition_for(customer_id.encode(), state.request_partitions)
    ask = body.to_appearance(caller.subject)
    return json_answer(
        orjson.dumps(await pop_up(conn, state.gate, ask, customer_id, state.clock.now(), partition)), 201
    )


@router.post("/popups/{popup_id}/answers", summary="What the customer said", responses=answers(_SAID, NotFound))
async def answer_popup_offers(
    caller: Annotated[Principal, requires("touchpoint.popup")],
    popup_id: Id,
    body: PopupAnswersIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
) -> dict[str, Any]:
    """The answer to each offer shown. `accepted` recalls every other contact for its goal in the same step."""
    popup = await reads.popup(conn, popup_id)
    if popup is None:
        raise NotFound(f"there is no pop-up {popup_id}")
    async with working_on(conn, now, popup["customer_id"]) as work:
        said = await answer_popup(work, gate, popup, [a.to_answer() for a in body.answers], caller.subject)
    return {"popup_id": popup_id, "answers": said}
