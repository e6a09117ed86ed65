"""Short links, as far as they were used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rapport.db import Connection

_COLUMNS = (
    "number, link_id, customer_id, offer_id, contact_id, agent, unit, channel, created_at, expires_at, opened_at, opens"
)


@dataclass(frozen=True, slots=True)
class Link:
    """A short link, as far as it was used."""

    number: int
    link_id: str
    customer_id: str
    offer_id: str
    contact_id: str | None
    agent: str
    unit: str
    channel: str
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    opens: int


async def insert(
    conn: Connection,
    link_id: str,
    customer_id: str,
    offer_id: str,
    contact_id: str | None,
    agent: str,
    unit: str,
    channel: str,
    now: datetime,
    expires_at: datetime,
) -> Link | None:
    """Store a new link; None when the customer is not known."""
    row = await conn.fetchrow(
        f"""
        insert into links (link_id, customer_id, offer_id, contact_id, agent, unit, channel, created_at, expires_at)
        select $1, id, $3, $4, $5, $6, $7, $8, $9 from replica_customers where id = $2 for key share
        returning {_COLUMNS}
        """,
        link_id,
        customer_id,
        offer_id,
        contact_id,
        agent,
        unit,
        channel,
        now,
        expires_at,
    )
    return Link(**row) if row else None


async def by_number(conn: Connection, number: int) -> Link | None:
    """One link."""
    row = await conn.fetchrow(f"select {_COLUMNS} from links where number = $1", number)
    return Link(**row) if row else None


async def by_id(conn: Connection, link_id: str) -> Link | None:
    """One link, by the id under which events tell of it."""
    row = await conn.fetchrow(f"select {_COLUMNS} from links where link_id = $1", link_id)
    return Link(**row) if row else None


async def open_link(conn: Connection, number: int, now: datetime) -> Link | None:
    """Count that a link was opened before its end; None when there is none, or it is over."""
    row = await conn.fetchrow(
        f"""
        update links set opens = opens + 1, opened_at = coalesce(opened_at, $2)
        where number = $1 and expires_at > $2
        returning {_COLUMNS}
        """,
        number,
        now,
    )
    return Link(**row) if row else None


async def purge(conn: Connection, before: datetime) -> None:
    """Delete links that were over before that instant."""
    await conn.execute("delete from links where expires_at < $1", before)
