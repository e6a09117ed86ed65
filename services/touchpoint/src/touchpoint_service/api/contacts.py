"""What a channel tells about a contact: its results, and its answer to a recall."""

from __future__ import annotations

from typing import Annotated, Any

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.errors import Conflict, NotFound
from rapport.ids import new_id
from rapport.telemetry import current_traceparent
from rapport.web import Now, Reading, Router, Writing, answers
from touchpoint_service.api.context import TheGate, working_on
from touchpoint_service.domain.policy import CLASS_NAMES
from touchpoint_service.handlers.outcomes import NothingAccepted, Report, report_outcomes
from touchpoint_service.handlers.recalls import take_answers
from touchpoint_service.repository import queues, reads
from touchpoint_service.schemas.contacts import OutcomesIn, RecallAnswerIn

router = Router(tags=["contacts"])

_CONTACT = {
    "contact_id": "ctc_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "customer_id": "c-1001",
    "request_id": "req_0198c0de",
    "channel": "call",
    "state": "leased",
    "contact_class": "retention",
    "offer_id": "fibre-500",
    "goal": "renewal",
    "campaign_id": "cmp_spring",
}


class NotRecalled(Conflict):
    """The contact was not recalled, so there is no recall to answer."""


@router.get("/contacts/{contact_id}", summary="State of a contact", responses=answers(_CONTACT, NotFound))
async def get_contact(
    _caller: Annotated[Principal, requires("touchpoint.outcome")], contact_id: Id, conn: Reading
) -> dict[str, Any]:
    """`open`, `leased`, `sending`, `sent`, `shown`, `closed`, `recalled` or `expired`."""
    return await _shown(conn, contact_id)


@router.post(
    "/contacts/{contact_id}/outcomes",
    summary="Report results of a contact",
    responses=answers(
        _CONTACT | {"state": "closed"}, NotFound, NothingAccepted, what="Recorded; the contact as it is now."
    ),
)
async def report_contact_outcomes(
    caller: Annotated[Principal, requires("touchpoint.outcome")],
    contact_id: Id,
    body: OutcomesIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
) -> dict[str, Any]:
    """One or several results, in their order. `accepted` recalls every other contact for the goal in the same step.

    A result whose `outcome_id` is known changes nothing. A result that comes after a recall is recorded and counts.
    """
    customer_id = await _customer(conn, contact_id)
    reports = [
        Report(
            said.to_event(
                customer_id, contact_id, said.outcome_id or new_id("out", now), now, caller.subject, caller.org
            ),
            current_traceparent(),
        )
        for said in body.outcomes
    ]
    async with working_on(conn, now, customer_id) as work:
        await report_outcomes(work, gate, reports)
    return await _shown(conn, contact_id)


@router.post(
    "/contacts/{contact_id}/recall-answer",
    summary="Answer a recall",
    responses=answers(_CONTACT | {"state": "recalled"}, NotFound, NotRecalled),
)
async def answer_contact_recall(
    caller: Annotated[Principal, requires("touchpoint.outcome")],
    contact_id: Id,
    body: RecallAnswerIn,
    conn: Writing,
    now: Now,
) -> dict[str, Any]:
    """`withdrawn`: it did not happen. `too_late`: it did, so it counts against the budget.

    However late it comes, it counts; of several the first.
    """
    customer_id = await _customer(conn, contact_id)
    async with working_on(conn, now, customer_id) as work:
        contact = (await work.contacts([contact_id]))[contact_id]
        if contact.state != "recalled":
            raise NotRecalled(f"contact {contact_id} is {contact.state}", contact_id=contact_id)
        await take_answers(work, [contact], body.answer, caller.subject)
    return await _shown(conn, contact_id)


async def _customer(conn: Reading, contact_id: str) -> str:
    customer_id = await reads.contact_owner(conn, contact_id)
    if customer_id is None:
        raise NotFound(f"there is no contact {contact_id}")
    return customer_id


async def _shown(conn: Reading, contact_id: str) -> dict[str, Any]:
    row = await queues.contact_row(conn, contact_id)
    if row is None:
        raise NotFound(f"there is no contact {contact_id}")
    return dict(row) | {"contact_class": CLASS_NAMES[row["contact_class"]]}
