"""Contact policies: drafts, submitted versions, and the one in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rapport.db import Connection
from touchpoint_service.domain.policy import Policy, PolicyDocument

IN_FORCE = "select policy_id, version from policy_in_force"


async def policy_in_force(conn: Connection, known: Policy | None) -> Policy | None:
    """The policy in force as this transaction sees it; `known` itself when that is still the one."""
    row = await conn.fetchrow(IN_FORCE)
    return None if row is None else await policy_version(conn, row["policy_id"], row["version"], known)


async def policy_version(conn: Connection, policy_id: str, number: int, known: Policy | None) -> Policy:
    """A submitted version made ready; `known` itself when it is that one."""
    if known is not None and (known.policy_id, known.version) == (policy_id, number):
        return known
    document = await conn.fetchval(
        "select document from policy_versions where policy_id = $1 and version = $2", policy_id, number
    )
    return Policy(policy_id, number, PolicyDocument.model_validate(document))


async def add_policy(conn: Connection, policy_id: str, document: dict[str, Any], author: str) -> bool:
    """Store the first draft of a policy; False when the id is taken."""
    done = await conn.fetchval(
        "insert into policies (policy_id, draft, author) values ($1, $2, $3) on conflict do nothing returning true",
        policy_id,
        document,
        author,
    )
    return bool(done)


async def draft(conn: Connection, policy_id: str, *, lock: bool = False) -> Any:
    """policy_id, draft, author and revision of one policy, or None."""
    return await conn.fetchrow(
        f"select policy_id, draft, author, revision from policies where policy_id = $1 {'for update' if lock else ''}",
        policy_id,
    )


async def drafts(conn: Connection, after: str, limit: int) -> list[Any]:
    """Policies whose id comes after `after`."""
    return await conn.fetch(
        "select policy_id, draft, author, revision from policies where policy_id > $1 order by policy_id limit $2",
        after,
        limit,
    )


async def replace_draft(conn: Connection, policy_id: str, document: dict[str, Any], author: str) -> int:
    """Change the draft; its new revision."""
    revision: int = await conn.fetchval(
        "update policies set draft = $2, author = $3, revision = revision + 1 where policy_id = $1 returning revision",
        policy_id,
        document,
        author,
    )
    return revision


async def add_version(conn: Connection, policy_id: str, submitter: str, at: datetime) -> int:
    """Submit the draft as the policy's next version; its number. The policy's row is locked by the caller."""
    version: int = await conn.fetchval(
        """
        insert into policy_versions (policy_id, version, document, author, submitted_by, submitted_at)
        select policy_id, 1 + coalesce((select max(version) from policy_versions where policy_id = $1), 0),
            draft, author, $2, $3
        from policies where policy_id = $1
        returning version
        """,
        policy_id,
        submitter,
        at,
    )
    return version


async def version(conn: Connection, policy_id: str, number: int, *, lock: bool = False) -> Any:
    """One submitted version, or None."""
    return await conn.fetchrow(
        f"select * from policy_versions where policy_id = $1 and version = $2 {'for update' if lock else ''}",
        policy_id,
        number,
    )


async def put_in_force(conn: Connection, policy_id: str, number: int, approver: str, at: datetime) -> None:
    """Approve a version and let it bind every decision from the next one on."""
    await conn.execute(
        "update policy_versions set approved_by = $3, approved_at = $4 where policy_id = $1 and version = $2",
        policy_id,
        number,
        approver,
        at,
    )
    await conn.execute(
        """
        insert into policy_in_force (policy_id, version, since) values ($1, $2, $3)
        on conflict (only_one) do update set policy_id = $1, version = $2, since = $3
        """,
        policy_id,
        number,
        at,
    )


async def in_force(conn: Connection) -> Any:
    """The version in force with its document and since when, or None."""
    return await conn.fetchrow(
        "select v.*, f.since from policy_in_force f join policy_versions v using (policy_id, version)"
    )
