"""Contact policies: drafted by one person, approved by another, in force from the next decision on or from an instant.

What always holds:
- a version is frozen when it is submitted, and versions only follow each other: going back to an older one submits its
  document anew;
- nobody approves what they wrote or submitted;
- in force at an instant is the version that the newest activation up to it names: every decision reads that for its
  own `now`, so a scheduled version binds from its instant on, without anybody having to act then;
- each coming into force is published once, in the order in which it happened; who waits for a rule that it changes, or
  does not have any more, is then looked at anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from rapport.contracts.touchpoint import PolicyActivated
from rapport.db import Connection
from rapport.errors import Conflict, NotFound
from rapport.messaging import outbox
from touchpoint_service.domain.differences import Difference, differences
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.repository import policies, queues

SOURCE = "touchpoint"

_OF_TIME = frozenset(("blackouts", "legal_hours", "quiet_hours", "opening_hours"))
"""Rules that put off what is ready to be handed over."""

NOTICE = timedelta(seconds=1)
"""A schedule is set, and cancelled, at least this long before its instant. Its transaction takes a small part of that,
so it has committed before any decision at the instant or later begins."""

HORIZON = timedelta(days=731)
"""Nobody means a later instant than in two years."""


class PolicyExists(Conflict):
    """There is already a policy of this id."""


class NeverApproved(Conflict):
    """Only a version that was approved can be returned to; this one may still be."""


class OwnChange(Conflict):
    """Nobody approves what they wrote or submitted themselves."""


class AlreadyApproved(Conflict):
    """The version has been approved before."""


class NotSchedulable(Conflict):
    """A version may come into force from one second to two years ahead, or at once."""


class NotScheduled(Conflict):
    """The version does not wait for its instant, or has less than a second to wait."""


async def create_policy(conn: Connection, policy_id: str, document: PolicyDocument, author: str) -> None:
    """Store a first draft. It binds nobody.

    Raises:
        PolicyExists: the id is taken.
    """
    if not await policies.add_policy(conn, policy_id, document.model_dump(mode="json"), author):
        raise PolicyExists(f"there is a policy {policy_id} already")


async def submit_version(
    conn: Connection, policy_id: str, submitter: str, now: datetime, from_version: int | None = None
) -> Any:
    """Freeze the draft, or an earlier version's document, as the next version and ask for approval; the version.

    Raises:
        NotFound: no such policy or earlier version.
        NeverApproved: the earlier version is not approved: then only its authors have seen it.
    """
    row = await policies.draft(conn, policy_id, lock=True)
    if row is None:
        raise NotFound(f"there is no policy {policy_id}")
    document, author = row["draft"], row["author"]
    if from_version is not None:
        earlier = await get_version(conn, policy_id, from_version, now)
        if earlier["approved_by"] is None:
            raise NeverApproved(f"version {from_version} of policy {policy_id} is not approved")
        document, author = earlier["document"], submitter
    number = await policies.add_version(
        conn, policy_id, document, author=author, submitter=submitter, at=now, from_version=from_version
    )
    return await policies.version(conn, policy_id, number, now)


async def get_version(conn: Connection, policy_id: str, number: int, now: datetime) -> Any:
    """A version with its state at `now`.

    Raises:
        NotFound: no such version.
    """
    row = await policies.version(conn, policy_id, number, now)
    if row is None:
        raise NotFound(f"policy {policy_id} has no version {number}")
    return row


async def approve_version(
    conn: Connection, policy_id: str, number: int, approver: str, now: datetime, activate_at: datetime | None = None
) -> Any:
    """Put a submitted version in force, at once or at an instant ahead; the version.

    Of two versions for the same instant the one that was approved later is in force.

    Raises:
        NotFound: no such version.
        OwnChange: the approver drafted or submitted it.
        AlreadyApproved: it has been approved; submit it anew to return to it.
        NotSchedulable: the instant is too near or too far.
    """
    await policies.lock_activations(conn)
    row = await get_version(conn, policy_id, number, now)
    if row["approved_by"] is not None:
        raise AlreadyApproved(f"version {number} of policy {policy_id} was approved by {row['approved_by']}")
    if approver in (row["submitted_by"], row["author"]):
        raise OwnChange("the author or submitter of a version cannot approve it")
    if activate_at is not None and not now + NOTICE <= activate_at <= now + HORIZON:
        raise NotSchedulable("name an instant from one second to two years ahead, or none to activate at once")
    await policies.approve(conn, policy_id, number, approver, now, activate_at)
    await _announce(conn, now)
    return await policies.version(conn, policy_id, number, now)


async def cancel_schedule(conn: Connection, policy_id: str, number: int, canceller: str, now: datetime) -> None:
    """Let a version that waits for its instant not come into force: it is submitted, and not approved any more.

    Raises:
        NotFound: no such version.
        NotScheduled: nothing waits, or the instant is too near.
    """
    await policies.lock_activations(conn)
    row = await get_version(conn, policy_id, number, now)
    if row["state"] != "scheduled" or row["since"] < now + NOTICE:
        raise NotScheduled(f"version {number} of policy {policy_id} does not wait any more, or never did")
    await policies.cancel_activation(conn, policy_id, number, canceller, now)


class Comparison(NamedTuple):
    """What a version says differently than another document."""

    policy_id: str
    version: int | None
    """The other document: a version of this policy, or its draft."""
    differences: list[Difference]


async def compare(conn: Connection, policy_id: str, number: int, against: str, now: datetime) -> Comparison:
    """What a version says differently than `against`: the number of another, `draft`, or `in-force`.

    Raises:
        NotFound: there is nothing of the kind.
    """
    new = await get_version(conn, policy_id, number, now)
    old: Any
    if against == "draft":
        old = await policies.draft(conn, policy_id)
        document, version = old["draft"], None
    else:
        in_force = against == "in-force"
        old = await policies.in_force(conn, now) if in_force else await get_version(conn, policy_id, int(against), now)
        if old is None:
            raise NotFound("no policy is in force")
        document, version = old["document"], old["version"]
    found = differences(_complete(document), _complete(new["document"]))
    return Comparison(old["policy_id"], version, found)


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    """With the defaults of today filled in, so that a field that is newer than the document is no difference."""
    return PolicyDocument.model_validate(document).model_dump(mode="json")


async def announce_activations(conn: Connection, now: datetime) -> int:
    """Publish what has come into force by `now` and is not published yet; how many versions."""
    await policies.lock_activations(conn)
    return await _announce(conn, now)


async def _announce(conn: Connection, now: datetime) -> int:
    rows = await policies.take_due_activations(conn, now)
    for row in rows:
        if row["before"] is not None:
            changed = differences(_complete(row["before"]), _complete(row["document"]))
            await queues.wake_waiting_for(conn, sorted({each.rule for each in changed if each.rule is not None}))
            if any(each.section in _OF_TIME for each in changed):
                await queues.look_again_at_open(conn, now)
    events = [
        PolicyActivated(
            policy_id=row["policy_id"],
            version=row["version"],
            document=row["document"],
            approved_by=row["approved_by"],
            at=row["since"],
        )
        for row in rows
    ]
    await outbox.publish(conn, events, source=SOURCE, now=now)
    return len(rows)
