"""Outcomes: what channels report of contacts, and what follows from it at once.

What always holds: an outcome is recorded once, whatever the number of times it is reported, and also when it comes
after a recall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapport.clock import from_micros, to_micros
from rapport.contracts.channel import OutcomeReported
from rapport.contracts.offers import LinkOpened
from rapport.contracts.touchpoint import ContactDelivered, ContactResponded
from rapport.contracts.vocabulary import Outcome
from rapport.errors import DomainError
from touchpoint_service.domain.facts import Customer
from touchpoint_service.domain.naming import natural_id
from touchpoint_service.domain.policy import Policy, contact_facts
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.standing import CLOSED, SHOWN, STAYS_OPEN, CoolDown, Said
from touchpoint_service.domain.windows import DAY
from touchpoint_service.handlers.acceptances import Met, meet
from touchpoint_service.handlers.contacts import HELD, count, held_by, set_state
from touchpoint_service.handlers.freezes import begin as begin_freeze
from touchpoint_service.handlers.gate import Gate, facts_of
from touchpoint_service.handlers.work_orders import Cause, open_after_outcomes
from touchpoint_service.repository.freezes import FreezeRow
from touchpoint_service.repository.work import Contact, Work

_REACHED = frozenset((Outcome.DELIVERED, Outcome.OPENED, Outcome.SHOWN))
_TAKES_BACK = frozenset((Outcome.ACCEPTED, Outcome.COMPLAINT))
"""After these other contacts may be recalled."""
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
        | held_by(work, {r.outcome.customer_id for r in reports if r.outcome.outcome in _TAKES_BACK})
    )
    for report in reports:
        _check(report, contacts.get(report.outcome.contact_id))
    fresh = await work.new_reports([(r.outcome.customer_id, r.outcome.outcome_id) for r in reports])
    policy = await gate.policy(work)
    customers = await gate.customers(work)
    causes = []
    for report in reports:
        key = report.outcome.customer_id, report.outcome.outcome_id
        if key in fresh:
            fresh.discard(key)
            _apply_outcome(work, gate, policy, report, contacts, customers.get(report.outcome.customer_id))
            causes.append(_cause(report, contacts[report.outcome.contact_id]))
    await open_after_outcomes(work, policy, causes)
    await gate.decide(work)


async def note_openings(work: Work, gate: Gate, events: Sequence[tuple[LinkOpened, str | None]]) -> None:
    """Record that links were opened which contacts of the locked customers have sent, as outcomes of those contacts.

    Each link counts once. Whoever made the link named the contact: one that is not known for the customer has nothing
    to tell of, and the link is good all the same.
    """
    contacts = await work.contacts({event.contact_id for event, _ in events if event.contact_id is not None})
    reports = []
    for event, trace in events:
        contact = contacts.get(event.contact_id or "")
        if contact is None or contact.customer_id != event.customer_id:
            continue
        said = OutcomeReported(
            outcome_id=f"{event.link_id}.opened"[-64:],
            customer_id=event.customer_id,
            contact_id=contact.contact_id,
            outcome=Outcome.OPENED,
            at=event.at,
            offer_id=event.offer_id,
            agent=event.agent[:64] or None,
        )
        reports.append(Report(said, trace))
    if reports:
        await report_outcomes(work, gate, reports)


def _check(report: Report, contact: Contact | None) -> None:
    said = report.outcome
    if contact is None or contact.customer_id != said.customer_id:
        raise UnknownContact("the contact is not known for this customer", report)
    if said.outcome is Outcome.ACCEPTED and said.offer_id is None and contact.offer_id is None:
        raise NothingAccepted("accepted, but neither the report nor the contact names an offer", report)


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
        count(work, contact, SHOWN if stays else CLOSED, outcome.value)
        if contact.state in HELD or contact.state == "sent":
            set_state(work, contact, "shown" if stays else "closed")
        work.record(ContactDelivered, contact.customer_id, facts, traceparent=report.traceparent)
        return
    gives_back = outcome.value in (_DEFAULT_GIVES_BACK if policy is None else policy.gives_back)
    if gives_back:
        work.standings[contact.customer_id].give_back(contact.contact_id)
    else:
        count(work, contact, CLOSED, outcome.value)
    if not recalled:
        set_state(work, contact, "closed")
    about = _about(contact, said, gate)
    offer_id = about.offer_id
    facts |= {
        "offer_id": offer_id,
        "goal": about.goal,
        "call_back_at": None if said.call_back_at is None else said.call_back_at.isoformat(),
        "agent": said.agent,
        "unit": said.unit if outcome is Outcome.ACCEPTED else None,
        "note": said.note,
        "after_recall": recalled or None,
        "gives_back": gives_back or None,
    }
    pauses = _pauses(work, policy, contact, about, said, customer)
    facts["pauses"] = [_told(pause) for pause in pauses if pause.freeze_id is None]
    accepts = outcome is Outcome.ACCEPTED and offer_id is not None
    if accepts:
        assert offer_id is not None
        facts["acceptance_id"] = natural_id("acc", work.now, contact.customer_id, offer_id, said.outcome_id)
    work.record(ContactResponded, contact.customer_id, facts, traceparent=report.traceparent)
    back = None if said.call_back_at is None else to_micros(said.call_back_at)
    work.standings[contact.customer_id].answer(offer_id, Said(work.now, outcome.value, contact.channel, back))
    if accepts and about.goal is not None:
        met = Met(offer_id or "", facts["acceptance_id"], contact.channel, contact.contact_id)
        meet(work, gate, contact.customer_id, about.goal, met, contacts, report.traceparent)
    work.standings[contact.customer_id].cool_downs += [pause for pause in pauses if pause.freeze_id is None]
    for pause in pauses:
        if pause.freeze_id is not None:
            freeze = FreezeRow(
                pause.freeze_id,
                contact.customer_id,
                pause.rule,
                contact.contact_id,
                work.at,
                said.agent,
                None,
                said.note,
            )
            begin_freeze(work, gate, policy, freeze, contacts, facts_of(contact), report.traceparent)


def _cause(report: Report, contact: Contact) -> Cause:
    said = report.outcome
    offer_id = said.offer_id or contact.offer_id
    told = said.customer_id, said.outcome_id, contact, contact.channel
    return Cause(*told, said.agent, offer_id, said.outcome, report.traceparent)


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


def _pauses(
    work: Work, policy: Policy | None, contact: Contact, about: _About, told: OutcomeReported, customer: Customer | None
) -> list[CoolDown]:
    """The cool-downs and freezes that an outcome starts."""
    pauses, outcome = [], told.outcome
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
        if rule.days is None:
            freeze_id = natural_id("frz", work.now, contact.customer_id, told.outcome_id, rule.name)
            pauses.append(CoolDown.freeze(freeze_id, rule.name, None))
            continue
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
