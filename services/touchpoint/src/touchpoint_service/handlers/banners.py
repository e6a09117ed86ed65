"""Banners that a storefront shows of its own accord: each is asked for, and counts, as every other contact.

What always holds: nothing is shown that the policy keeps back; an offer whose banner is still open for the customer is
one contact, however many pages it is on; one that may not be shown now does not wait.
"""

from __future__ import annotations

from typing import Any

from rapport.clock import from_micros
from rapport.contracts.campaign import ContactRequestWithdrawn
from rapport.contracts.touchpoint import ContactDelivered
from rapport.contracts.vocabulary import Channel, ContactClass, Outcome
from rapport.errors import NotFound
from rapport.telemetry import current_traceparent
from touchpoint_service.domain.facts import Request
from touchpoint_service.domain.standing import CLOSED, SHOWN, Entry
from touchpoint_service.domain.windows import HOUR
from touchpoint_service.handlers.gate import Arrival, Gate, facts_of
from touchpoint_service.handlers.requests import take_in
from touchpoint_service.repository.work import Work

PURPOSE = "marketing"


async def show_banner(
    work: Work, gate: Gate, customer_id: str, offer_id: str, banner_id: str, partition: int
) -> dict[str, Any]:
    """Whether the locked customer may be shown the offer on the web now; if so it counts as shown.

    Raises:
        NotFound: there is no such offer.
    """
    offer = (await gate.offers(work, {offer_id})).get(offer_id)
    if offer is None:
        raise NotFound(f"there is no offer {offer_id}")
    held = _held(work, customer_id, offer_id)
    if held is not None:
        if held.state != SHOWN:
            _mark_shown(work, customer_id, held, banner_id)
        return _answer(customer_id, offer_id, banner_id, "released", held.contact_id)
    request = Request(
        banner_id,
        customer_id,
        (Channel.WEB.value,),
        PURPOSE,
        offer.category,
        ContactClass.MARKETING.rank,
        1.0,
        offer.goal,
        None,
        offer_id,
        None,
        work.now,
        None,
        work.now + HOUR,
    )
    await take_in(work, gate, [Arrival(request, partition, current_traceparent())])
    row = next((r for r in work.new_requests if r.request.request_id == banner_id), None)
    if row is None:  # asked before
        row = (await work.request_rows([(customer_id, banner_id)]))[banner_id]
        state = "suppressed" if row.state == "withdrawn" else row.state
        return _answer(customer_id, offer_id, banner_id, state, row.contact_id, row.because)
    if row.state == "live":
        retry_at = None if row.next_look is None else from_micros(row.next_look).isoformat()
        answer = _answer(customer_id, offer_id, banner_id, "deferred", None, row.because, retry_at)
        gone = ContactRequestWithdrawn(request_id=banner_id, customer_id=customer_id, at=work.at)
        await take_in(work, gate, [], [gone])
        return answer
    entry = work.standings[customer_id].find(row.contact_id or "")
    if entry is not None:
        _mark_shown(work, customer_id, entry, banner_id)
    return _answer(customer_id, offer_id, banner_id, row.state, row.contact_id, row.because)


def _held(work: Work, customer_id: str, offer_id: str) -> Entry | None:
    """The open contact of the web for this offer, whoever asked for it."""
    entries = work.standings[customer_id].entries
    return next(
        (e for e in entries if e.state != CLOSED and e.channel == Channel.WEB.value and e.offer_id == offer_id), None
    )


def _mark_shown(work: Work, customer_id: str, entry: Entry, banner_id: str) -> None:
    work.standings[customer_id].mark(entry.contact_id, SHOWN, Outcome.SHOWN.value)
    work.contact_states[entry.contact_id] = "shown"
    facts = facts_of(entry) | {"outcome": Outcome.SHOWN.value, "outcome_id": banner_id}
    work.record(ContactDelivered, customer_id, facts, traceparent=current_traceparent())


def _answer(
    customer_id: str,
    offer_id: str,
    banner_id: str,
    state: str,
    contact_id: str | None,
    because: dict[str, Any] | None = None,
    retry_at: str | None = None,
) -> dict[str, Any]:
    shown = state == "released"
    return {
        "banner_id": banner_id,
        "customer_id": customer_id,
        "offer_id": offer_id,
        "state": state,
        "contact_id": contact_id if shown else None,
        "retry_at": retry_at,
        "because": None if shown else because,
    }
