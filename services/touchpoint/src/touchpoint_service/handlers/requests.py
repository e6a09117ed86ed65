"""Requests for contacts: they arrive, wait their turn, or are taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rapport.contracts.campaign import ContactRequestWithdrawn
from rapport.contracts.touchpoint import ContactWithdrawn
from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.decide import Decision
from touchpoint_service.domain.policy import CLASS_NAMES
from touchpoint_service.handlers.contacts import recall
from touchpoint_service.handlers.gate import Arrival, Gate
from touchpoint_service.repository.work import RequestRow, Work


async def take_in(
    work: Work, gate: Gate, arrivals: Sequence[Arrival], withdrawals: Sequence[ContactRequestWithdrawn] = ()
) -> list[Decision]:
    """Withdraw and decide for the locked customers; the decisions that were recorded.

    A request and its withdrawal may come together: then the withdrawal comes after the decision.
    """
    arriving = {(a.request.customer_id, a.request.request_id) for a in arrivals}
    early = [w for w in withdrawals if (w.customer_id, w.request_id) not in arriving]
    await _withdraw(work, early)
    decisions = await gate.decide(work, arrivals)
    await _withdraw(work, [w for w in withdrawals if (w.customer_id, w.request_id) in arriving])
    return decisions


async def _withdraw(work: Work, withdrawals: Sequence[ContactRequestWithdrawn]) -> None:
    if not withdrawals:
        return
    stored = await work.request_rows([(w.customer_id, w.request_id) for w in withdrawals])
    pending = {row.request.request_id: row for row in work.new_requests}
    fresh_contacts = {c.contact_id: c for c in work.new_contacts}
    rows = [pending.get(w.request_id) or stored.get(w.request_id) for w in withdrawals]
    held = await work.contacts({r.contact_id for r in rows if r is not None and r.contact_id})
    for row in rows:
        if row is None:
            continue
        if row.state == "live":
            _end(work, row, is_new=row.request.request_id in pending)
        elif row.contact_id is not None:
            contact = held.get(row.contact_id) or fresh_contacts[row.contact_id]
            recall(work, contact, Reason.WITHDRAWN, caused_by=row.request.request_id)


def _end(work: Work, row: RequestRow, *, is_new: bool) -> None:
    request = row.request
    row.state, row.next_look, row.because = "withdrawn", None, {"reason": Reason.WITHDRAWN.value}
    work.standings[request.customer_id].live -= 1
    if not is_new:
        work.changed_requests.append(row)
    facts: dict[str, Any] = {
        "request_id": request.request_id,
        "campaign_id": request.campaign_id,
        "offer_id": request.offer_id,
        "goal": request.goal,
        "purpose": request.purpose,
        "category": request.category,
        "contact_class": CLASS_NAMES[request.contact_class],
        "because": row.because,
    }
    work.record(ContactWithdrawn, request.customer_id, facts)
