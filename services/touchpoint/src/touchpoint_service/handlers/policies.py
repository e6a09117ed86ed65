"""Contact policies: drafted by one person, approved by another, in force from the next decision on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rapport.contracts.touchpoint import PolicyActivated
from rapport.db import Connection
from rapport.errors import Conflict, NotFound
from rapport.messaging import outbox
from touchpoint_service.domain.policy import PolicyDocument
from touchpoint_service.repository import policies

SOURCE = "touchpoint"


class PolicyExists(Conflict):
    """There is already a policy of this id."""


class OwnChange(Conflict):
    """Nobody approves what they wrote or submitted themselves."""


class AlreadyApproved(Conflict):
    """The version has been approved before."""


async def create_policy(conn: Connection, policy_id: str, document: PolicyDocument, author: str) -> None:
    """Store a first draft. It binds nobody.

    Raises:
        PolicyExists: the id is taken.
    """
    if not await policies.add_policy(conn, policy_id, document.model_dump(mode="json"), author):
        raise PolicyExists(f"there is a policy {policy_id} already")


async def submit_version(conn: Connection, policy_id: str, submitter: str, now: datetime) -> Any:
    """Freeze the draft as the next version and ask for approval; the version.

    Raises:
        NotFound: no such policy.
    """
    row = await policies.draft(conn, policy_id, lock=True)
    if row is None:
        raise NotFound(f"there is no policy {policy_id}")
    number = await policies.add_version(conn, policy_id, submitter, now)
    return await policies.version(conn, policy_id, number)


async def approve_version(conn: Connection, policy_id: str, number: int, approver: str, now: datetime) -> Any:
    """Put a submitted version in force; the version.

    Raises:
        NotFound: no such version.
        OwnChange: the approver drafted or submitted it.
        AlreadyApproved: it has been approved; submit the draft again to return to an older wording.
    """
    row = await policies.version(conn, policy_id, number, lock=True)
    if row is None:
        raise NotFound(f"policy {policy_id} has no version {number}")
    if row["approved_by"] is not None:
        raise AlreadyApproved(f"version {number} of policy {policy_id} was approved by {row['approved_by']}")
    if approver in (row["submitted_by"], row["author"]):
        raise OwnChange("the author or submitter of a version cannot approve it")
    await policies.put_in_force(conn, policy_id, number, approver, now)
    event = PolicyActivated(policy_id=policy_id, version=number, document=row["document"], approved_by=approver, at=now)
    await outbox.publish(conn, [event], source=SOURCE, now=now)
    return await policies.version(conn, policy_id, number)
