"""A running campaign: its audience, the pages that go out, and what is due."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import column
from sqlalchemy.dialects.postgresql import JSONB

from campaign_service.domain.plan import Audience
from rapport.db import Connection, Pool
from rapport.rules import CUSTOMER
from rapport.rules.sql import compile_sql, to_asyncpg

_FETCH = 10_000


class Ask(NamedTuple):
    """A request that goes out now: the attempt and what its score needs of the customer."""

    customer_id: str
    request_id: str
    line: int
    not_before: datetime | None
    attributes: dict[str, Any]


async def due_campaign(conn: Connection | Pool, now: datetime) -> str | None:
    """The campaign that has been due for longest, if any is."""
    found: str | None = await conn.fetchval(
        "select campaign_id from due_work where due_at <= $1 order by due_at, campaign_id limit 1", now
    )
    return found


async def audience_of(
    conn: Connection, campaign_id: str, audience: Audience, now: datetime
) -> AsyncIterator[Sequence[str]]:
    """The customers that the audience means now, page by page, shuffled the same way every time.

    Shuffled, because each wave should look like the whole audience; ids often follow age or region.
    """
    if audience.rule is None:
        condition, arguments = "id = any($2::text[])", [list(audience.customers or ())]
    else:
        condition, arguments = to_asyncpg(compile_sql(audience.rule, CUSTOMER, column("doc", JSONB), now=now), first=2)
    cursor = await conn.cursor(
        f"select id from replica_customers where {condition} order by md5($1::text || id), id", campaign_id, *arguments
    )
    while rows := await cursor.fetch(_FETCH):
        yield [row[0] for row in rows]


async def add_members(conn: Connection, campaign_id: str, found: Iterable[tuple[str, bool, int | None]]) -> None:
    """Copy members: customer, whether in the control group, place in the queue."""
    await conn.copy_records_to_table(
        "audience",
        columns=("campaign_id", "customer_id", "control", "ordinal"),
        records=[(campaign_id, *member) for member in found],
    )


async def targets(conn: Connection, campaign_id: str, ordinals: range) -> list[tuple[str, dict[str, Any]]]:
    """(customer, attributes) of these places in the queue, without those who have accepted meanwhile."""
    rows = await conn.fetch(
        """
        select a.customer_id, c.doc -> 'attributes'
        from audience a left join replica_customers c on c.id = a.customer_id
        where a.campaign_id = $1 and a.ordinal >= $2 and a.ordinal < $3 and a.acceptance_id is null
        order by a.ordinal
        """,
        campaign_id,
        ordinals.start,
        ordinals.stop,
    )
    return [(row[0], row[1] or {}) for row in rows]


async def add_first_attempts(conn: Connection, campaign_id: str, asks: Iterable[Ask], now: datetime) -> None:
    """Copy the first attempts of a page."""
    await conn.copy_records_to_table(
        "attempts",
        columns=("customer_id", "request_id", "campaign_id", "line", "attempt", "counted", "requested_at"),
        records=[(ask.customer_id, ask.request_id, campaign_id, ask.line, 1, 1, now) for ask in asks],
    )


async def take_planned(conn: Connection, campaign_id: str, limit: int, now: datetime) -> list[Ask]:
    """Mark at most `limit` planned attempts as requested; those."""
    rows = await conn.fetch(
        """
        with page as materialized (
            select customer_id, request_id from attempts
            where campaign_id = $1 and requested_at is null order by request_id limit $2 for update
        )
        update attempts a set requested_at = $3
        from page left join replica_customers c on c.id = page.customer_id
        where a.customer_id = page.customer_id and a.request_id = page.request_id
        returning a.customer_id, a.request_id, a.line, a.not_before, c.doc -> 'attributes'
        """,
        campaign_id,
        limit,
        now,
    )
    return [Ask(row[0], row[1], row[2], row[3], row[4] or {}) for row in rows]


async def drop_planned(conn: Connection, campaign_id: str) -> None:
    """Forget the attempts that have not gone out: the campaign is over."""
    await conn.execute("delete from attempts where campaign_id = $1 and requested_at is null", campaign_id)
