"""Contact policies: drafts, versions, and the one in force."""

from __future__ import annotations

from rapport.db import Connection
from touchpoint_service.domain.policy import Policy, PolicyDocument


async def policy_in_force(conn: Connection, known: Policy | None) -> Policy | None:
    """The policy in force as this transaction sees it; `known` itself when that is still the one."""
    row = await conn.fetchrow("select policy_id, version from policy_in_force")
    if row is None:
        return None
    if known is not None and (known.policy_id, known.version) == (row["policy_id"], row["version"]):
        return known
    document = await conn.fetchval(
        "select document from policy_versions where policy_id = $1 and version = $2", row["policy_id"], row["version"]
    )
    return Policy(row["policy_id"], row["version"], PolicyDocument.model_validate(document))
