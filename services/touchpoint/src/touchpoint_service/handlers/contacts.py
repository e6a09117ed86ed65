"""What happens to a contact after its release: outcomes, acceptances, recalls, expiry.

What always holds:
- an outcome is recorded once, whatever the number of times it is reported, and also when it comes after a recall;
- an acceptance meets its goal in the same transaction in which every other contact for that goal is recalled;
- a contact that did not reach the customer gives its slot back; one that did counts, even when told late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rapport.clock import from_micros, to_micros
from rapport.contracts.channel import OutcomeReported
from rapport.contracts.offers import AcceptanceRefused, AcceptanceRevoked, OfferAccepted
from rapport.contracts.touchpoint import (
    AcceptanceSettled,
    ContactDelivered,
    ContactExpired,
    ContactRecalled,
    ContactResponded,
    RecallAnswered,
)
from rapport.contracts.vocabulary import Outcome, Reason
from rapport.errors import DomainError
from rapport.telemetry import RECALL_SECONDS
from touchpoint_service.domain.facts import Customer
from touchpoint_service.domain.naming import natural_id
from touchpoint_service.domain.policy import Policy, contact_facts
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.standing import CLOSED, OPEN, SHOWN, STAYS_OPEN, CoolDown, Entry, GoalMet
from touchpoint_service.domain.windows import DAY
from touchpoint_service.handlers.gate import Gate, facts_of
from touchpoint_service.repository import capacities
from touchpoint_service.repository.recalls import Unanswered
from touchpoint_service.repository.work import Contact, Work

HELD = frozenset(("open", "leased", "sending", "shown"))
"""States in which a channel can still take a contact back."""
IN_HAND = HELD - {"open"}
"""States in which somebody may be carrying it out, and is to say whether a recall came in time."""
ESCALATES_AFTER = 5
"""So many times as long as until the reminder: long enough for the channel to have looked, short enough to step in."""
_REACHED = frozenset((Outcome.DELIVERED, Outcome.OPENED, Outcome.SHOWN))
_DEFAULT_GIVES_BACK = frozenset(o.value for o in PolicyDocument(name="default").gives_back)


@dataclass(slots=True, frozen=True)
class Report:
    """An outcome as a channel tells it, and the trace that it belongs to."""

    outcome: OutcomeReported
    traceparent: str | None = None


class UnfitReport(DomainError):
    """A report that cannot be recorded; `report` is the one."""

    def __init__(self, detail: str, report: Report) -> None:
        super().__init__(detail, outcome_id=report.outcome.outcome_id)
        self.report = report


class UnknownContact(UnfitReport):
    """No contact of this id was ever released to this customer."""

    status = 404


class NothingAccepted(UnfitReport):
    """Accepted, but neither the report nor the contact names an offer."""

    status = 422


async def report_outcomes(work: Work, gate: Gate, reports: Sequence[Report]) -> None:
    """Record outcomes of contacts of the locked customers, in the order given.

    Recalls, cool-downs and freed slots follow at once; waiting requests of the customers are decided anew.

    Raises:
        UnfitReport: one of them cannot be recorded; nothing has been.
    """
    contacts = await work.contacts(
        {r.outcome.contact_id for r in reports}
        | _held_by(work, {r.outcome.customer_id for r in reports if r.outcome.outcome is Outcome.ACCEPTED})
    )
    for report in reports:
        _check(report, contacts.get(report.outcome.contact_id))
    fresh = await work.new_reports([(r.outcome.customer_id, r.outcome.outcome_id) for r in reports])
    policy = await gate.policy(work)
    customers = await gate.customers(work)
    for report in reports:
        key = report.outcome.customer_id, report.outcome.outcome_id
        if key in fresh:
            fresh.discard(key)
            _apply_outcome(work, gate, policy, report, contacts, customers.get(report.outcome.customer_id))
    await gate.decide(work)


def _check(report: Report, contact: Contact | None) -> None:
    said = report.outcome
    if contact is None or contact.customer_id != said.customer_id:
        raise UnknownContact("the contact is not known for this customer", report)
    if said.outcome is Outcome.ACCEPTED and said.offer_id is None and contact.offer_id is None:
        raise NothingAccepted("accepted, but neither the report nor the contact names an offer", report)


async def settle_acceptances(
    work: Work, gate: Gate, events: Sequence[tuple[OfferAccepted | AcceptanceRefused | AcceptanceRevoked, str | None]]
) -> None:
    """Take over what the acceptance ledger says of the locked customers; each saying counts once.

    Accepted: the goal is met and every other contact for it is recalled. Refused or revoked: the goal is open again,
    unless another acceptance meets it.
    """
    contacts = await work.contacts(
        _held_by(work, {e.customer_id for e, _ in events}) | {c for e, _ in events if (c := _contact_of(e)) is not None}
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
            "reason": event.reason if isinstance(event, AcceptanceRefused) else None,
            "closes_contact": closes,
        }
        work.record(AcceptanceSettled, event.customer_id, facts, traceparent=trace)
    await gate.decide(work)


async def expire_contacts(work: Work, gate: Gate, contact_ids: Iterable[str]) -> None:
    """End contacts whose time is up and that no agent holds: the slot of an undelivered one is free again.

    Where the channel's capacity is spent at that moment, that is the reason.
    """
    exhausted = await capacities.exhausted(work.conn, work.at)
    for contact in (await work.contacts(contact_ids)).values():
        if contact.state in HELD and contact.expires_at <= work.at:
            no_room = contact.state == "open" and contact.channel in exhausted
            because = {"reason": Reason.NO_CAPACITY.value} if no_room else None
            _release_entry(work, contact)
            _set_state(work, contact, "expired")
            work.record(ContactExpired, contact.customer_id, facts_of(contact) | {"because": because})
    await gate.decide(work)


def recall(
    work: Work,
    contact: Contact,
    reason: Reason,
    *,
    caused_by: str,
    accepted_in: str | None = None,
    traceparent: str | None = None,
    answer_within: timedelta | None = None,
) -> None:
    """Take a contact back from its channel; one that is already done with is left alone.

    Whoever had it in hand is to answer within `answer_within`; without that, nobody waits for an answer.
    """
    if contact.state not in HELD:
        return
    if contact.state in IN_HAND and answer_within is not None:
        work.unanswered[contact.contact_id] = Unanswered(
            contact.contact_id,
            contact.state,
            reason.value,
            work.at,
            work.at + answer_within,
            work.at + ESCALATES_AFTER * answer_within,
        )
    facts = facts_of(contact) | {
        "reason": reason.value,
        "caused_by": caused_by,
        "accepted_in": accepted_in,
        "state": contact.state,
    }
    _release_entry(work, contact)
    _set_state(work, contact, "recalled")
    work.record(ContactRecalled, contact.customer_id, facts, traceparent=traceparent)


def answer_recall(work: Work, contact: Contact, answer: str, agent: str | None) -> None:
    """Record a channel's answer to a recall. `too_late`: the contact did happen, so it counts again."""
    work.answer_came(contact.contact_id)
    if answer == "too_late":
        _count(work, contact, CLOSED)
    work.record(RecallAnswered, contact.customer_id, facts_of(contact) | {"answer": answer, "agent": agent})


def _apply_outcome(
    work: Work,
    gate: Gate,
    policy: Policy | None,
    report: Report,
    contacts: dict[str, Contact],
    customer: Customer | None,
) -> None:
    said = report.outcome
    contact = contacts[said.contact_id]
    outcome = said.outcome
    recalled = contact.state == "recalled"
    if recalled:
        work.answer_came(contact.contact_id)  # what came of it says all that an answer would
    facts = facts_of(contact) | {"outcome": outcome.value, "outcome_id": said.outcome_id}
    if outcome in _REACHED:
        stays = contact.channel in STAYS_OPEN and contact.state in HELD
        _count(work, contact, SHOWN if stays else CLOSED, outcome.value)
        if contact.state in HELD or contact.state == "sent":
            _set_state(work, contact, "shown" if stays else "closed")
        work.record(ContactDelivered, contact.customer_id, facts, traceparent=report.traceparent)
        return
    gives_back = outcome.value in (_DEFAULT_GIVES_BACK if policy is None else policy.gives_back)
    if gives_back:
        work.standings[contact.customer_id].give_back(contact.contact_id)
    else:
        _count(work, contact, CLOSED, outcome.value)
    if not recalled:
        _set_state(work, contact, "closed")
    about = _about(contact, said, gate)
    offer_id = about.offer_id
    facts |= {
        "offer_id": offer_id,
        "goal": about.goal,
        "call_back_at": None if said.call_back_at is None else said.call_back_at.isoformat(),
        "agent": said.agent,
        "note": said.note,
        "after_recall": recalled or None,
        "gives_back": gives_back or None,
    }
    pauses = _pauses(work, policy, contact, about, outcome, customer)
    facts["pauses"] = [_told(pause) for pause in pauses]
    accepts = outcome is Outcome.ACCEPTED and offer_id is not None
    if accepts:
        assert offer_id is not None
        facts["acceptance_id"] = natural_id("acc", work.now, contact.customer_id, offer_id, said.outcome_id)
    work.record(ContactResponded, contact.customer_id, facts, traceparent=report.traceparent)
    if accepts and about.goal is not None:
        met = _Met(offer_id or "", facts["acceptance_id"], contact.channel, contact.contact_id)
        _meet(work, gate, contact.customer_id, about.goal, met, contacts, report.traceparent)
    work.standings[contact.customer_id].cool_downs += pauses


@dataclass(slots=True, frozen=True)
class _About:
    """What an outcome is about: the contact's own offer, or another one shown in it."""

    offer_id: str | None
    goal: str | None
    category: str


def _about(contact: Contact, said: OutcomeReported, gate: Gate) -> _About:
    offer_id = said.offer_id or contact.offer_id
    other = None if offer_id is None or offer_id == contact.offer_id else gate.offer(offer_id)
    if other is not None:
        return _About(offer_id, other.goal, other.category)
    return _About(offer_id, contact.goal, contact.category)


@dataclass(slots=True, frozen=True)
class _Met:
    offer_id: str
    acceptance_id: str
    channel: str
    contact_id: str | None


def _meet_goal(
    work: Work, gate: Gate, event: OfferAccepted, contacts: dict[str, Contact], trace: str | None
) -> bool | None:
    """Whether the contact in which it was accepted was still held, and is done with; None without such a contact."""
    own = contacts.get(event.contact_id or "")
    if own is not None and own.customer_id != event.customer_id:
        own = None
    closes = None if own is None else own.state in HELD
    if own is not None and closes:
        _count(work, own, CLOSED)
        _set_state(work, own, "closed")
    met = _Met(event.offer_id, event.acceptance_id, event.channel.value, event.contact_id)
    if _meet(work, gate, event.customer_id, event.goal, met, contacts, trace):
        RECALL_SECONDS.observe((work.at - event.at).total_seconds())
    return closes


def _meet(
    work: Work,
    gate: Gate,
    customer_id: str,
    goal: str,
    met: _Met,
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


def _pauses(
    work: Work, policy: Policy | None, contact: Contact, about: _About, outcome: Outcome, customer: Customer | None
) -> list[CoolDown]:
    """The cool-downs that an outcome starts."""
    pauses = []
    if outcome is Outcome.DO_NOT_CONTACT:
        pauses.append(CoolDown(None, "all", None, "do-not-contact", outcome.value))
    if policy is None:
        return pauses
    asked = contact_facts(
        {} if customer is None else customer.document,
        contact_class=contact.contact_class,
        purpose=contact.purpose,
        category=about.category,
        campaign=contact.campaign_id,
        offer=about.offer_id,
        goal=about.goal,
    )
    local = work.at.astimezone((customer.zone if customer is not None else None) or policy.zone)
    said = outcome.value, contact.channel, contact.contact_class, contact.purpose
    for rule in policy.cool_downs_after(*said, asked, local):
        key = {
            "all": None,
            "channel": contact.channel,
            "category": about.category,
            "campaign": contact.campaign_id,
            "offer": about.offer_id,
            "goal": about.goal,
        }[rule.scope]
        if key is not None or rule.scope == "all":
            pauses.append(CoolDown(work.now + rule.days * DAY, rule.scope, key, rule.name, outcome.value))
    return pauses


def _told(pause: CoolDown) -> dict[str, Any]:
    """The JSON form of a cool-down, as the contract `Pause` has it."""
    until = None if pause.until is None else from_micros(pause.until).isoformat()
    return {"rule": pause.rule, "scope": pause.scope, "key": pause.key, "until": until}


def _count(work: Work, contact: Contact, state: str, outcome: str | None = None) -> None:
    """The contact reached the customer: it counts, and for good."""
    standing = work.standings[contact.customer_id]
    if standing.find(contact.contact_id) is not None:
        standing.mark(contact.contact_id, state, outcome)
        return
    standing.count_again(
        Entry(
            to_micros(contact.released_at),
            contact.contact_id,
            contact.request_id,
            contact.channel,
            contact.category,
            contact.purpose,
            contact.contact_class,
            contact.campaign_id,
            contact.offer_id,
            contact.goal,
            state,
            outcome,
        )
    )


def _release_entry(work: Work, contact: Contact) -> None:
    """The channel no longer holds it: what never reached the customer does not count."""
    standing = work.standings[contact.customer_id]
    entry = standing.find(contact.contact_id)
    if entry is None:
        return
    if entry.state == OPEN:
        standing.give_back(contact.contact_id)
    else:
        standing.mark(contact.contact_id, CLOSED)


def _set_state(work: Work, contact: Contact, state: str) -> None:
    contact.state = work.contact_states[contact.contact_id] = state


def _held_by(work: Work, customer_ids: Iterable[str]) -> set[str]:
    return {e.contact_id for c in customer_ids for e in work.standings[c].entries if e.state != CLOSED}


_STATUS = {OfferAccepted: "accepted", AcceptanceRefused: "refused", AcceptanceRevoked: "revoked"}


def _contact_of(event: OfferAccepted | AcceptanceRefused | AcceptanceRevoked) -> str | None:
    return None if isinstance(event, AcceptanceRevoked) else event.contact_id


def _settlement_id(event: OfferAccepted | AcceptanceRefused | AcceptanceRevoked) -> str:
    return f"{event.acceptance_id}:{_STATUS[type(event)]}"
