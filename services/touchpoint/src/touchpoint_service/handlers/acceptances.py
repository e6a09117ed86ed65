"""Acceptances: what the ledger says of them, and the goals that they meet.

What always holds: an acceptance meets its goal in the same transaction in which every other contact for that goal is
recalled; a saying of the ledger counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapport.contracts.offers import AcceptanceRefused, AcceptanceRevoked, OfferAccepted
from rapport.contracts.touchpoint import AcceptanceSettled
from rapport.contracts.vocabulary import Reason
from rapport.telemetry import RECALL_SECONDS
from touchpoint_service.domain.standing import CLOSED, GoalMet
from touchpoint_service.handlers.contacts import HELD, count, held_by, recall, set_state
from touchpoint_service.handlers.gate import Gate
from touchpoint_service.handlers.work_orders import Cause, open_after_refusal
from touchpoint_service.repository.work import Contact, Work


async def settle_acceptances(
    work: Work, gate: Gate, events: Sequence[tuple[OfferAccepted | AcceptanceRefused | AcceptanceRevoked, str | None]]
) -> None:
    """Take over what the acceptance ledger says of the locked customers; each saying counts once.

    Accepted: the goal is met and every other contact for it is recalled. Refused or revoked: the goal is open again,
    unless another acceptance meets it; refused, a work order is opened, too.
    """
    contacts = await work.contacts(
        held_by(work, {e.customer_id for e, _ in events}) | {c for e, _ in events if (c := _contact_of(e)) is not None}
    )
    fresh = await work.new_reports([(e.customer_id, _settlement_id(e)) for e, _ in events])
    for event, trace in events:
        key = event.customer_id, _settlement_id(event)
        if key not in fresh:
            continue
        fresh.discard(key)
        standing = work.standings[event.customer_id]
        status = _STATUS[type(event)]
        closes: bool | None = None
        if isinstance(event, OfferAccepted):
            closes = _meet_goal(work, gate, event, contacts, trace)
        else:
            standing.unmeet(event.acceptance_id)
        facts = {
            "acceptance_id": event.acceptance_id,
            "status": status,
            "offer_id": event.offer_id,
            "goal": event.goal,
            "channel": event.channel.value,
            "contact_id": _contact_of(event),
            "reason": _reason(event),
            "closes_contact": closes,
        }
        work.record(AcceptanceSettled, event.customer_id, facts, traceparent=trace)
        if isinstance(event, AcceptanceRefused):
            await open_after_refusal(work, await gate.policy(work), _refusal(event, contacts, trace))
    await gate.decide(work)


def _refusal(event: AcceptanceRefused, contacts: dict[str, Contact], trace: str | None) -> Cause:
    own = contacts.get(event.contact_id or "")
    if own is not None and own.customer_id != event.customer_id:
        own = None
    told = event.customer_id, event.acceptance_id, own, event.channel.value
    return Cause(*told, offer_id=event.offer_id, traceparent=trace)


@dataclass(slots=True, frozen=True)
class Met:
    """An acceptance that meets a goal, and the contact in which it was said, if in one."""

    offer_id: str
    acceptance_id: str
    channel: str
    contact_id: str | None


def meet(
    work: Work,
    gate: Gate,
    customer_id: str,
    goal: str,
    met: Met,
    contacts: dict[str, Contact],
    trace: str | None,
) -> int:
    """The goal is met: no contact for it stays with any other channel; how many were held."""
    standing = work.standings[customer_id]
    standing.meet(goal, GoalMet(met.offer_id, met.acceptance_id, met.channel, work.now))
    held = [entry for entry in standing.held_for(goal) if entry.contact_id != met.contact_id]
    for entry in held:
        same = entry.offer_id == met.offer_id
        recall(
            work,
            contacts[entry.contact_id],
            Reason.ALREADY_ACCEPTED if same else Reason.GOAL_MET,
            caused_by=met.acceptance_id,
            accepted_in=met.channel,
            traceparent=trace,
            answer_within=gate.answer_within,
        )
    return len(held)


def _meet_goal(
    work: Work, gate: Gate, event: OfferAccepted, contacts: dict[str, Contact], trace: str | None
) -> bool | None:
    """Whether the contact in which it was accepted was still held, and is done with; None without such a contact."""
    own = contacts.get(event.contact_id or "")
    if own is not None and own.customer_id != event.customer_id:
        own = None
    closes = None if own is None else own.state in HELD
    if own is not None and closes:
        count(work, own, CLOSED)
        set_state(work, own, "closed")
    met = Met(event.offer_id, event.acceptance_id, event.channel.value, event.contact_id)
    if meet(work, gate, event.customer_id, event.goal, met, contacts, trace):
        RECALL_SECONDS.observe((work.at - event.at).total_seconds())
    return closes


_STATUS = {OfferAccepted: "accepted", AcceptanceRefused: "refused", AcceptanceRevoked: "revoked"}


def _contact_of(event: OfferAccepted | AcceptanceRefused | AcceptanceRevoked) -> str | None:
    return None if isinstance(event, AcceptanceRevoked) else event.contact_id


def _reason(event: OfferAccepted | AcceptanceRefused | AcceptanceRevoked) -> str | None:
    """Why it does not stand; None where the customer simply took it back."""
    if isinstance(event, AcceptanceRevoked):
        return None if event.reason == "withdrawn" else event.reason
    return event.reason if isinstance(event, AcceptanceRefused) else None


def _settlement_id(event: OfferAccepted | AcceptanceRefused | AcceptanceRevoked) -> str:
    return f"{event.acceptance_id}:{_STATUS[type(event)]}"
