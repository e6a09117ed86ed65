"""What happens to a contact after its release: it is taken back, it runs out, it counts or gives its slot back.

What always holds: a contact that did not reach the customer gives its slot back; one that did counts, even when told
late. Outcomes are in `outcomes.py`, acceptances in `acceptances.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from rapport.clock import to_micros
from rapport.contracts.touchpoint import ContactExpired, ContactRecalled, RecallAnswered
from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.standing import CLOSED, OPEN, Entry
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


async def expire_contacts(work: Work, gate: Gate, contact_ids: Iterable[str]) -> None:
    """End contacts whose time is up and that no agent holds: the slot of an undelivered one is free again.

    Where the channel's capacity is spent at that moment, that is the reason.
    """
    exhausted = await capacities.exhausted(work.conn, work.at)
    for contact in (await work.contacts(contact_ids)).values():
        if contact.state in HELD and contact.expires_at <= work.at:
            no_room = contact.state == "open" and contact.channel in exhausted
            because = {"reason": Reason.NO_CAPACITY.value} if no_room else None
            end_entry(work, contact)
            set_state(work, contact, "expired")
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
    end_entry(work, contact)
    set_state(work, contact, "recalled")
    work.record(ContactRecalled, contact.customer_id, facts, traceparent=traceparent)


def answer_recall(work: Work, contact: Contact, answer: str, agent: str | None) -> None:
    """Record a channel's answer to a recall. `too_late`: the contact did happen, so it counts again."""
    work.answer_came(contact.contact_id)
    if answer == "too_late":
        count(work, contact, CLOSED)
    work.record(RecallAnswered, contact.customer_id, facts_of(contact) | {"answer": answer, "agent": agent})


def count(work: Work, contact: Contact, state: str, outcome: str | None = None) -> None:
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


def end_entry(work: Work, contact: Contact) -> None:
    """The channel no longer holds it: what never reached the customer does not count."""
    standing = work.standings[contact.customer_id]
    entry = standing.find(contact.contact_id)
    if entry is None:
        return
    if entry.state == OPEN:
        standing.give_back(contact.contact_id)
    else:
        standing.mark(contact.contact_id, CLOSED)


def set_state(work: Work, contact: Contact, state: str) -> None:
    """How far its channel has got with it."""
    contact.state = work.contact_states[contact.contact_id] = state


def held_by(work: Work, customer_ids: Iterable[str]) -> set[str]:
    """The contacts of these locked customers that channels still hold."""
    return {e.contact_id for c in customer_ids for e in work.standings[c].entries if e.state != CLOSED}
