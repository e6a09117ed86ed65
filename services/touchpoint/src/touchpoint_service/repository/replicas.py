"""What touchpoint keeps of the other services' documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rapport.db import Connection


async def customers(conn: Connection, ids: Sequence[str]) -> list[tuple[str, int, dict[str, Any]]]:
    """(id, version, document) of these customers, as far as they are known."""
    rows = await conn.fetch("select id, version, doc from replica_customers where id = any($1::text[])", ids)
    return [tuple(row) for row in rows]


async def plan_states(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """State of each known plan, held as it is until the transaction ends: a stop waits, and then binds everybody."""
    rows = await conn.fetch(
        "select id, doc->>'state' from replica_plans where id = any($1::text[]) order by id for share", ids
    )
    return {row[0]: row[1] for row in rows}
