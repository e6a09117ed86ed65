"""What a replay reads: the timelines of a range of customers, and what their requests asked for.

Each page is one short statement after the other, by ranges of the primary keys, and nothing is locked. A cursor over
all customers would be one transaction of minutes, in which no row of the busy tables could be cleaned up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rapport.contracts.offers import OfferChanged
from rapport.db import Connection
from touchpoint_service.domain.facts import Request
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.policy_document import PolicyDocument


def _range(after: str | None, upto: str | None, column: str) -> tuple[str, list[str]]:
    """The condition of a range, without what would keep the planner from the index."""
    bounds = [(f"{column} > ", after), (f"{column} <= ", upto)]
    told = [(condition, bound) for condition, bound in bounds if bound is not None]
    text = " and ".join(f"{condition}${number}" for number, (condition, _) in enumerate(told, 1))
    return text or "true", [bound for _, bound in told]


async def timelines(
    conn: Connection,
    after: str | None,
    upto: str | None,
    *,
    remembered: datetime,
    until: datetime,
    lasting: Sequence[str],
) -> list[Any]:
    """customer_id, seq, at, type, request_id, contact_id, channel, body: by customer, in order, before `until`.

    Of what happened before `remembered` only the types `lasting`.
    """
    where, bounds = _range(after, upto, "customer_id")
    first = len(bounds) + 1
    return await conn.fetch(
        f"""
        select customer_id, seq, at, type, request_id, contact_id, channel, body from timeline
        where {where} and at < ${first} and (at >= ${first + 1} or type = any(${first + 2}::text[]))
        order by customer_id, seq
        """,
        *bounds,
        until,
        remembered,
        lasting,
    )


async def requests(conn: Connection, after: str | None, upto: str | None, ids: Sequence[str]) -> list[Request]:
    """These requests, and those of the range that wait."""
    where, bounds = _range(after, upto, "customer_id")
    rows = await conn.fetch("select body from requests where request_id = any($1::text[])", ids)
    rows += await conn.fetch(f"select body from requests where {where} and state = 'live'", *bounds)
    return [Request.from_row(row[0]) for row in rows]


async def popups(conn: Connection, ids: Sequence[str]) -> set[str]:
    """Which of these requests were made by a pop-up."""
    rows = await conn.fetch("select popup_id from popups where popup_id = any($1::text[])", ids)
    return {row[0] for row in rows}


async def documents(conn: Connection, after: str | None, upto: str | None) -> list[dict[str, Any]]:
    """The customers of a range as profile describes them."""
    where, bounds = _range(after, upto, "id")
    return [row[0] for row in await conn.fetch(f"select doc from replica_customers where {where}", *bounds)]


async def offers(conn: Connection) -> list[OfferChanged]:
    """All offers."""
    return [OfferChanged.model_validate(row[0]) for row in await conn.fetch("select doc from replica_offers")]


async def plans(conn: Connection) -> dict[str, str]:
    """The state of every plan."""
    return {row[0]: row[1] for row in await conn.fetch("select id, doc->>'state' from replica_plans")}


async def activations(conn: Connection, until: datetime) -> list[tuple[datetime, Policy]]:
    """The policies that have been in force, and since when, oldest first."""
    rows = await conn.fetch(
        """
        select a.since, a.policy_id, a.version, v.document
        from policy_activations a join policy_versions v using (policy_id, version)
        where a.cancelled_at is null and a.since < $1 order by a.since, a.number
        """,
        until,
    )
    return [
        (row["since"], Policy(row["policy_id"], row["version"], PolicyDocument.model_validate(row["document"])))
        for row in rows
    ]


async def ranges(conn: Connection, since: int, size: int, planned: Sequence[str]) -> list[tuple[str, int]]:
    """Last customer and number of customers of each range, in order: those that a replay from `since` on may touch."""
    rows = await conn.fetch(
        """
        with touched as (
            select customer_id from standings where live > 0 or (body->>'t')::bigint >= $1
            union
            select unnest($3::text[])
        ), numbered as (
            select customer_id, (row_number() over (order by customer_id) - 1) / $2 as part from touched
        )
        select max(customer_id), count(*)::integer from numbered group by part order by part
        """,
        since,
        size,
        list(planned),
    )
    return [(row[0], row[1]) for row in rows]


async def some_customers(conn: Connection, count: int) -> list[str]:
    """So many of the known customers, spread evenly and always the same."""
    rows = await conn.fetch("select id from replica_customers order by md5(id), id limit $1", count)
    return [row[0] for row in rows]
