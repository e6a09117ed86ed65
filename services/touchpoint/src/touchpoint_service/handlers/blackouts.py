"""Blackouts in a hurry: the policy in force with one blackout more, or less, as a version for somebody else to approve.

What always holds:
- a blackout binds as any other rule of the policy does, because it is one; nothing else of the policy in force changes;
- the draft gets it, too, so that the next version that somebody submits does not lose it unseen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from rapport.db import Connection
from rapport.errors import Conflict, NotFound
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.time_rules import Blackout
from touchpoint_service.repository import policies


class NothingInForce(Conflict):
    """No policy is in force, so nothing goes out anyway."""


class RuleExists(Conflict):
    """The policy in force, or its draft, has a rule of this name already."""


async def add_blackout(conn: Connection, blackout: Blackout, author: str, now: datetime) -> Any:
    """Submit the policy in force with a further blackout; the version.

    Raises:
        NothingInForce, RuleExists: as their names say.
    """
    policy_id, document = await _in_force(conn, now)
    if any(rule.name == blackout.name for rule in document.rules):
        raise RuleExists(f"policy {policy_id} has a rule {blackout.name}", policy_id=policy_id)
    return await _submit(conn, policy_id, document, (*document.blackouts, blackout), author, now)


async def lift_blackout(conn: Connection, name: str, author: str, now: datetime) -> Any:
    """Submit the policy in force without a blackout; the version.

    Raises:
        NothingInForce: as its name says.
        NotFound: the policy in force has no such blackout.
    """
    policy_id, document = await _in_force(conn, now)
    left = tuple(each for each in document.blackouts if each.name != name)
    if len(left) == len(document.blackouts):
        raise NotFound(f"policy {policy_id} has no blackout {name}")
    return await _submit(conn, policy_id, document, left, author, now)


async def blackouts(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """Those of the policy in force, the first to begin first, each with its `state`: `ahead`, `now` or `over`."""
    row = await policies.in_force(conn, now)
    found = () if row is None else PolicyDocument.model_validate(row["document"]).blackouts
    return [
        {
            **each.model_dump(mode="json"),
            "state": "over" if each.ends <= now else "now" if each.begins <= now else "ahead",
        }
        for each in sorted(found, key=lambda each: (each.begins, each.name))
    ]


async def _in_force(conn: Connection, now: datetime) -> tuple[str, PolicyDocument]:
    row = await policies.in_force(conn, now)
    if row is None:
        raise NothingInForce("no policy is in force, so nothing goes out")
    return row["policy_id"], PolicyDocument.model_validate(row["document"])


async def _submit(
    conn: Connection, policy_id: str, document: PolicyDocument, wanted: tuple[Blackout, ...], author: str, now: datetime
) -> Any:
    draft = (await policies.draft(conn, policy_id, lock=True))["draft"]
    changed = {each.name for each in wanted} ^ {each.name for each in document.blackouts}
    kept = [each for each in draft.get("blackouts", ()) if each["name"] not in changed]
    added = [each.model_dump(mode="json") for each in wanted if each.name in changed]
    amended = draft | {"blackouts": [*kept, *added]}
    try:
        PolicyDocument.model_validate(amended)
    except ValidationError:
        raise RuleExists(f"the draft of policy {policy_id} has a rule of this name", policy_id=policy_id) from None
    await policies.amend_draft(conn, policy_id, amended)
    new = document.model_copy(update={"blackouts": wanted})
    number = await policies.add_version(
        conn, policy_id, new.model_dump(mode="json"), author=author, submitter=author, at=now
    )
    return await policies.version(conn, policy_id, number, now)
