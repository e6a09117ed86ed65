"""Recalls that a channel has to answer: was the contact stopped in time, or did it happen?

What always holds:
- a recall is answered once; what is reported of the contact is an answer, too;
- a recall without an answer gives no slot back and counts nothing: that the recall and the answer have done, or will;
- who has not answered is reminded once, and after that it is escalated once; a later answer counts all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

from rapport.contracts.touchpoint import RecallUnanswered
from touchpoint_service.handlers.contacts import answer_recall
from touchpoint_service.handlers.gate import facts_of
from touchpoint_service.repository import recalls
from touchpoint_service.repository.work import Contact, Work

STATES = ("waiting", "reminded", "escalated")
"""Of a recall without an answer; the place of each is the level of the event that tells of it."""


async def take_answers(work: Work, contacts: Iterable[Contact], answer: str, agent: str | None) -> None:
    """Record the same answer to the recalls of these contacts of locked customers; those answered before stay so."""
    recalled = [contact for contact in contacts if contact.state == "recalled"]
    fresh = await work.new_reports([_answer_id(contact) for contact in recalled])
    for contact in recalled:
        if _answer_id(contact) in fresh:
            answer_recall(work, contact, answer, agent)


async def miss_answers(work: Work, contact_ids: Sequence[str]) -> None:
    """Tell of recalls that are still without an answer, and overdue, by the locked customers' time."""
    contacts = await work.contacts(contact_ids)
    for row in sorted(await recalls.go_further(work.conn, contact_ids, work.at), key=itemgetter("contact_id")):
        contact = contacts[row["contact_id"]]
        facts = facts_of(contact) | {
            "level": STATES.index(row["state"]),
            "recalled_at": row["recalled_at"].isoformat(),
            "reason": row["reason"],
            "place": row["place"],
            "owner": row["owner"],
        }
        work.record(RecallUnanswered, contact.customer_id, facts)


def _answer_id(contact: Contact) -> tuple[str, str]:
    return contact.customer_id, f"{contact.contact_id}:recall"
