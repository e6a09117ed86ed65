"""The pop-up of branch counters and hotlines."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import orjson
from fastapi import Request, Response

from rapport import personal
from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.db import Connection
from rapport.errors import NotFound
from rapport.messaging.partition import partition_for
from rapport.web import AfterCommit, Keys, Now, Router, Writing, WritingAtOnce, answers, direct
from touchpoint_service.api.context import RequestPartitions, TheGate, json_answer, working_on
from touchpoint_service.api.requests import decided
from touchpoint_service.domain.words import because as in_words
from touchpoint_service.domain.words import tongue_of
from touchpoint_service.handlers.popup_answers import answer_popup, sales, unsettled
from touchpoint_service.handlers.popup_messages import message_request
from touchpoint_service.handlers.popups import customer_with_account, customer_with_phone, pop_up
from touchpoint_service.repository import reads
from touchpoint_service.schemas.popups import PopupAnswersIn, PopupIn, PopupMessageIn

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
            "why": {"kind": "ranked", "text": "Number 1 of what suits this customer."},
        }
    ],
    "not_now": [{"offer_id": "loan", "because": {"reason": "cool_down"}, "text": "…", "until": None}],
    "greeting": {"name": "Ada Meyer", "phone": "+4930123456", "language": "en", "grade": "gold"},
    "warnings": [{"kind": "complained", "text": "Complained on the hotline on Mon 02 Mar 10:12."}],
    "promises": [
        {
            "offer_id": "loan",
            "channel": "call",
            "promised_at": "2026-03-02T09:00:00+00:00",
            "due_at": "2026-03-05T09:00:00+00:00",
            "overdue": False,
            "text": "Asked in a call on Mon 02 Mar 10:00 to be called back about Home loan, on Thu 05 Mar 10:00.",
        }
    ],
    "history": [
        {"at": "2026-03-02T09:00:00+00:00", "channel": "call", "text": "Call: asked to be called back (Home loan)."}
    ],
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
_SENT = {
    "request_id": "req_0000000000007c4d8e5f60718293a4b5",
    "customer_id": "c-1001",
    "state": "released",
    "channel": "sms",
    "contact_id": "ctc_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "retry_at": None,
    "because": None,
    "text": None,
}
_SAID = {
    "popup_id": _POPUP["popup_id"],
    "answers": [
        {
            "offer_id": "fibre-500",
            "answer": "accepted",
            "contact_id": "ctc_019a5b7c2f3e7c4d8e5f60718293a4b5",
            "sale": {
                "acceptance_id": "acc_019a5b7c2f3e7c4d8e5f60718293a4b5",
                "state": "refused",
                "reason": "sold-out",
                "text": "Sold out: none is left for this customer.",
            },
        }
    ],
}


@router.post(
    "/popups", status_code=201, summary="A customer has appeared", responses=answers(_POPUP, NotFound, status=201)
)
@direct
async def open_popup(
    caller: Annotated[Principal, requires("touchpoint.popup")],
    body: PopupIn,
    where: WritingAtOnce,
    keys: Keys,
    request: Request,
) -> Response:
    """Offers with script and why each, best first; what not to mention now and why; what was said before, in every
    channel; promises, warnings and open work orders. Personal data is masked unless the caller may see it.

    Answers from local data alone, also when every other service is down. Showing something new is a contact and counts;
    the same customer within a minute gets the same pop-up.
    """
    state = request.app.state
    customer_id = body.customer_id
    if body.phone is not None:
        customer_id = await customer_with_phone(where, keys, body.phone, body.country)
    elif body.account is not None:
        customer_id = await customer_with_account(where, body.account)
    assert customer_id is not None  # the body has exactly one of them
    partition = partition_for(customer_id.encode(), state.request_partitions)
    ask = body.to_appearance(caller, keys)
    shown = await pop_up(where, state.gate, state.together, ask, customer_id, state.clock.now(), partition)
    if ask.keys is not None:
        personal.log_read(caller, [customer_id], where="open_popup")
    return json_answer(orjson.dumps(shown), 201)


@router.post(
    "/popups/{popup_id}/messages",
    status_code=202,
    summary="Send an offer to the customer",
    responses=answers(_SENT, NotFound, status=202, what="Decided, or waiting until it may be."),
)
async def send_popup_offer(
    caller: Annotated[Principal, requires("touchpoint.popup")],
    popup_id: Id,
    body: PopupMessageIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
    partitions: RequestPartitions,
) -> dict[str, Any]:
    """An SMS or e-mail about an offer of the pop-up, with a short link to it: what comes of it is credited to this
    agent, and events tell when it was opened and accepted.

    A contact of class `service` and purpose `marketing`, decided at once. What may not go now waits for a day at most.
    The same again changes nothing and gives the state as it is.
    """
    popup = await _popup(conn, popup_id)
    async with working_on(conn, now, popup["customer_id"]) as work:
        request = message_request(popup, body.offer_id, body.channel, caller.subject, caller.org, work.at)
        state = await decided(work, gate, request, partitions)
    because = state["because"]
    return state | {"text": None if because is None else in_words(because, tongue_of(body.lang or "en"))}


@router.post("/popups/{popup_id}/answers", summary="What the customer said", responses=answers(_SAID, NotFound))
async def answer_popup_offers(
    caller: Annotated[Principal, requires("touchpoint.popup")],
    popup_id: Id,
    body: PopupAnswersIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
    request: Request,
) -> Response:
    """The answer to each offer shown. `accepted` recalls every other contact for its goal in the same step.

    To a yes the ledger answers. Where it might say no, because the offer has limited stock, this answer waits for it:
    `sale.state` is then `accepted`, or `refused` with a reason. It is `pending` where the ledger has not answered yet;
    the timeline and the events will tell.
    """
    popup = await _popup(conn, popup_id)
    async with working_on(conn, now, popup["customer_id"]) as work:
        said = await answer_popup(work, gate, popup, [a.to_answer() for a in body.answers], caller.subject, caller.org)
    state = request.app.state
    patience = timedelta(seconds=state.settings.sale_answer_seconds)

    async def told() -> bytes:
        found = await sales(state.pool, popup["customer_id"], said, body.lang or "en", patience)
        return orjson.dumps({"popup_id": popup_id, "answers": found})

    return AfterCommit(orjson.dumps({"popup_id": popup_id, "answers": unsettled(said)}), told)


async def _popup(conn: Connection, popup_id: str) -> Any:
    popup = await reads.popup(conn, popup_id)
    if popup is None:
        raise NotFound(f"there is no pop-up {popup_id}")
    return popup
