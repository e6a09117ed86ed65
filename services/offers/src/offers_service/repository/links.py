"""Short links, as far as they were used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

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
    """Who asked for it; empty: nobody, a campaign did."""
    unit: str
    channel: str
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    opens: int


class MessageLink(NamedTuple):
    """The link of a message, as it is stored."""

    link_id: str
    customer_id: str
    offer_id: str
    contact_id: str
    agent: str
    unit: str
    channel: str
    created_at: datetime
    expires_at: datetime


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


async def insert_of_messages(conn: Connection, links: Sequence[MessageLink]) -> None:
    """Store the links that messages carry, each to its offer's end at most. What is stored already stays as it is.

    Of customers or offers that are not known nothing is stored.
    """
    await conn.execute(
        """
        insert into links (link_id, customer_id, offer_id, contact_id, agent, unit, channel, created_at, expires_at)
        select new.link_id, c.id, o.id, new.contact_id, new.agent, new.unit, new.channel, new.created_at,
            least(new.expires_at, (o.announced ->> 'valid_until')::timestamptz)
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::timestamptz[], $9::timestamptz[])
            as new (link_id, customer_id, offer_id, contact_id, agent, unit, channel, created_at, expires_at)
        join replica_customers c on c.id = new.customer_id
        join offers o on o.id = new.offer_id and o.announced is not null
        order by new.link_id
        for key share of c
        on conflict (link_id) do nothing
        """,
        *map(list, zip(*links, strict=True)),
    )


async def find(conn: Connection, link: int | str) -> Link | None:
    """One link, by its number or by the id under which events tell of it."""
    row = await conn.fetchrow(f"select {_COLUMNS} from links where {_name(link)} = $1", link)
    return Link(**row) if row else None


async def open_link(conn: Connection, link: int | str, now: datetime) -> Link | None:
    """Count that a link was opened before its end; None when there is none, or it is over."""
    row = await conn.fetchrow(
        f"""
        update links set opens = opens + 1, opened_at = coalesce(opened_at, $2)
        where {_name(link)} = $1 and expires_at > $2
        returning {_COLUMNS}
        """,
        link,
        now,
    )
    return Link(**row) if row else None


def _name(link: int | str) -> str:
    return "number" if isinstance(link, int) else "link_id"


async def purge(conn: Connection, before: datetime) -> None:
    """Delete links that were over before that instant."""
    await conn.execute("delete from links where expires_at < $1", before)
