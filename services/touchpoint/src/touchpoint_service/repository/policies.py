"""Contact policies: drafts, submitted versions, and when each comes into force.

In force at an instant is the version of the newest activation whose moment has come. So a scheduled version binds
decisions from its instant on, whether or not anybody has noticed yet.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rapport.db import Connection, lock
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.policy_document import PolicyDocument

IN_FORCE = """
select policy_id, version from policy_activations where since <= $1 and cancelled_at is null
order by since desc, number desc limit 1
"""

_NUMBER_IN_FORCE = IN_FORCE.replace("policy_id, version", "number")
_VERSION = f"""
select v.policy_id, v.version, {{document}} v.author, v.submitted_by, v.submitted_at, v.from_version, v.approved_by,
    v.approved_at, a.since,
    case when a.number is null then 'submitted' when a.since > $1 then 'scheduled'
        when a.number = ({_NUMBER_IN_FORCE}) then 'in_force' else 'superseded' end as state
from policy_versions v left join policy_activations a
    on a.policy_id = v.policy_id and a.version = v.version and a.cancelled_at is null
"""
_WHOLE = _VERSION.format(document="v.document,")
_WITHOUT_DOCUMENT = _VERSION.format(document="")


async def policy_in_force(conn: Connection, known: Policy | None, now: datetime) -> Policy | None:
    """The policy in force at `now` as this transaction sees it; `known` itself when that is still the one."""
    row = await conn.fetchrow(IN_FORCE, now)
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


async def amend_draft(conn: Connection, policy_id: str, document: dict[str, Any]) -> None:
    """Change the draft and not its author: whoever wrote the rest may still not approve it."""
    await conn.execute(
        "update policies set draft = $2, revision = revision + 1 where policy_id = $1", policy_id, document
    )


async def add_version(
    conn: Connection,
    policy_id: str,
    document: dict[str, Any],
    *,
    author: str,
    submitter: str,
    at: datetime,
    from_version: int | None = None,
) -> int:
    """Freeze a document as the policy's next version; its number. The policy's row is locked by the caller."""
    number: int = await conn.fetchval(
        """
        insert into policy_versions (policy_id, version, document, author, submitted_by, submitted_at, from_version)
        values ($1, 1 + coalesce((select max(version) from policy_versions where policy_id = $1), 0),
            $2, $3, $4, $5, $6)
        returning version
        """,
        policy_id,
        document,
        author,
        submitter,
        at,
        from_version,
    )
    return number


async def version(conn: Connection, policy_id: str, number: int, now: datetime) -> Any:
    """One submitted version with its state at `now`, or None."""
    return await conn.fetchrow(f"{_WHOLE} where v.policy_id = $2 and v.version = $3", now, policy_id, number)


async def versions(conn: Connection, policy_id: str, now: datetime, before: int | None, limit: int) -> list[Any]:
    """Versions newest first, without their documents, each with its state at `now`; those before a number."""
    return await conn.fetch(
        f"{_WITHOUT_DOCUMENT} where v.policy_id = $2 and ($3::integer is null or v.version < $3) "
        "order by v.version desc limit $4",
        now,
        policy_id,
        before,
        limit,
    )


async def in_force(conn: Connection, now: datetime) -> Any:
    """The version in force at `now` with its document and since when, or None."""
    return await conn.fetchrow(f"{_WHOLE} where a.number = ({_NUMBER_IN_FORCE})", now)


async def lock_activations(conn: Connection) -> None:
    """Let changes of what is in force come one after the other. Who only reads waits for nobody."""
    await lock(conn, "touchpoint.policy_activations")


async def approve(
    conn: Connection, policy_id: str, number: int, approver: str, at: datetime, since: datetime | None
) -> None:
    """Approve a version and let it come into force at `since`; None is at once.

    At once is never behind what is announced already, even if that was by a clock that is ahead of ours.
    """
    await conn.execute(
        "update policy_versions set approved_by = $3, approved_at = $4 where policy_id = $1 and version = $2",
        policy_id,
        number,
        approver,
        at,
    )
    await conn.execute(
        """
        insert into policy_activations (policy_id, version, approved_by, since)
        values ($1, $2, $3, coalesce($5, greatest($4, (select max(since) from policy_activations where announced))))
        """,
        policy_id,
        number,
        approver,
        at,
        since,
    )


async def cancel_activation(conn: Connection, policy_id: str, number: int, canceller: str, at: datetime) -> None:
    """Take back what `approve` did for a version that has not come into force."""
    await conn.execute(
        "update policy_activations set cancelled_by = $3, cancelled_at = $4 "
        "where policy_id = $1 and version = $2 and cancelled_at is null and not announced",
        policy_id,
        number,
        canceller,
        at,
    )
    await conn.execute(
        "update policy_versions set approved_by = null, approved_at = null where policy_id = $1 and version = $2",
        policy_id,
        number,
    )


async def take_due_activations(conn: Connection, now: datetime) -> list[Any]:
    """Those whose moment has come and that nobody has announced yet, oldest first; they count as announced now.

    `before` is the document that each takes the place of, or None.
    """
    return await conn.fetch(
        """
        with due as (
            update policy_activations set announced = true
            where not announced and cancelled_at is null and since <= $1
            returning number, policy_id, version, since, approved_by
        )
        select due.policy_id, due.version, due.since, due.approved_by, v.document, (
            select earlier.document from policy_activations a join policy_versions earlier using (policy_id, version)
            where (a.since, a.number) < (due.since, due.number) and a.cancelled_at is null
            order by a.since desc, a.number desc limit 1
        ) as before
        from due join policy_versions v using (policy_id, version) order by due.since, due.number
        """,
        now,
    )
