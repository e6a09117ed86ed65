"""Freezes: after a complaint, or because a person says so, nothing goes to a customer until the freeze is closed.

What always holds:
- from the transaction that opens a freeze on nothing is released to the customer, and what channels still held is
  recalled in it; but for the classes that the policy lets through to whoever asked for peace;
- requests wait meanwhile; the transaction that closes the last freeze decides them;
- a freeze is opened once and closed once, whatever the number of times that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapport.clock import to_micros
from rapport.contracts.touchpoint import FreezeClosed, FreezeOpened
from rapport.contracts.vocabulary import Reason
from rapport.db import lock
from rapport.errors import Conflict
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.standing import CLOSED, CoolDown
from touchpoint_service.handlers.contacts import held_by, recall
from touchpoint_service.handlers.gate import Gate
from touchpoint_service.repository import freezes
from touchpoint_service.repository.freezes import FreezeRow
from touchpoint_service.repository.work import Contact, Work


class FreezeExists(Conflict):
    """The freeze id is taken by a freeze of another customer."""


async def open_freeze(work: Work, gate: Gate, freeze: FreezeRow) -> None:
    """A person opens a freeze of the locked customer. One of this id that the customer has already stays as it is.

    Raises:
        FreezeExists: the id is another customer's.
    """
    await lock(work.conn, f"touchpoint.freeze.{freeze.freeze_id}")  # for another customer somebody may open it just now
    known = await freezes.find(work.conn, freeze.freeze_id, work.at)
    if known is not None:
        if known["customer_id"] != freeze.customer_id:
            raise FreezeExists(f"freeze {freeze.freeze_id} is another customer's", freeze_id=freeze.freeze_id)
        return
    policy = await gate.policy(work)
    contacts = await work.contacts(held_by(work, [freeze.customer_id]))
    begin(work, gate, policy, freeze, contacts)
    await gate.decide(work)


def begin(
    work: Work,
    gate: Gate,
    policy: Policy | None,
    freeze: FreezeRow,
    contacts: Mapping[str, Contact],
    about: Mapping[str, Any] | None = None,
    traceparent: str | None = None,
) -> None:
    """Open a freeze.

    Args:
        contacts: at least those of the customer that channels hold, locked.
        about: what the timeline says of the contact in which the complaint was made.
    """
    standing = work.standings[freeze.customer_id]
    until = None if freeze.until is None else freeze.until.isoformat()
    facts = {"freeze_id": freeze.freeze_id, "rule": freeze.rule, "until": until}
    facts |= {"by": freeze.opened_by, "note": freeze.note}
    work.record(FreezeOpened, freeze.customer_id, {**(about or {}), **facts}, traceparent=traceparent)
    standing.cool_downs.append(
        CoolDown.freeze(freeze.freeze_id, freeze.rule, None if freeze.until is None else to_micros(freeze.until))
    )
    work.new_freezes.append(freeze)
    for entry in [e for e in standing.entries if e.state != CLOSED]:
        if policy is None or not policy.may_disturb(entry.contact_class):
            recall(
                work,
                contacts[entry.contact_id],
                Reason.COMPLAINT_FREEZE,
                caused_by=freeze.freeze_id,
                traceparent=traceparent,
                answer_within=gate.answer_within,
            )


async def close_freeze(work: Work, gate: Gate, customer_id: str, freeze_id: str, by: str, note: str | None) -> None:
    """Close a freeze of the locked customer, and decide what waits. One that is not open any more stays as it is."""
    if not await freezes.close(work.conn, freeze_id, work.at, by, note):
        return
    work.standings[customer_id].thaw(freeze_id)
    work.record(FreezeClosed, customer_id, {"freeze_id": freeze_id, "by": by, "note": note})
    await gate.decide(work)
