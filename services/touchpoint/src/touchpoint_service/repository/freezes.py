"""The register of freezes: who opened each, who closed it, and why. What they stop stands in the standings.

A row is written and closed in the transaction that changes the customer's standing, which is locked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from rapport.db import Connection, Queryable
from touchpoint_service.repository.writes import Table


class FreezeRow(NamedTuple):
    """A freeze that is opened."""

    freeze_id: str
    customer_id: str
    rule: str | None
    contact_id: str | None
    opened_at: datetime
    opened_by: str | None
    until: datetime | None
    note: str | None


FREEZES = Table(
    "freezes",
    {
        "freeze_id": "text",
        "customer_id": "text",
        "rule": "text",
        "contact_id": "text",
        "opened_at": "timestamptz",
        "opened_by": "text",
        "until": "timestamptz",
        "note": "text",
    },
)
_STATE = "case when closed_at is not null then 'closed' when until <= $1 then 'over' else 'open' end"
_SHOWN = f"{', '.join(FREEZES.columns)}, closed_at, closed_by, closing_note, {_STATE} as state"


async def find(conn: Queryable, freeze_id: str, now: datetime) -> Any:
    """A freeze with its state at `now` (`open`, `over` or `closed`), or None."""
    return await conn.fetchrow(f"select {_SHOWN} from freezes where freeze_id = $2", now, freeze_id)


async def close(conn: Connection, freeze_id: str, now: datetime, by: str, note: str | None) -> bool:
    """Note that it is closed, unless it is not open any more; whether it was."""
    return bool(
        await conn.fetchval(
            f"""
            update freezes set closed_at = $1, closed_by = $3, closing_note = $4
            where freeze_id = $2 and {_STATE} = 'open' returning true
            """,
            now,
            freeze_id,
            by,
            note,
        )
    )


async def page(
    conn: Queryable,
    after: tuple[datetime, str] | None,
    limit: int,
    now: datetime,
    *,
    customer_id: str | None = None,
    state: str | None = None,
) -> list[Any]:
    """Freezes, oldest first, from those after (opened_at, freeze) on."""
    since, freeze_id = after or (None, None)
    unclosed = "closed_at is null and" if state in ("open", "over") else ""  # what an index helps to find
    return await conn.fetch(
        f"""
        select {_SHOWN} from freezes
        where {unclosed} ($2::text is null or customer_id = $2)
            and ($3::text is null or {_STATE} = $3)
            and ($4::timestamptz is null or (opened_at, freeze_id) > ($4, $5::text))
        order by opened_at, freeze_id limit $6
        """,
        now,
        customer_id,
        state,
        since,
        freeze_id,
        limit,
    )
