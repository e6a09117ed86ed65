"""What touchpoint keeps of the other services' documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rapport.db import Connection, Pool
from touchpoint_service.repository import facts


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


async def add_standings(conn: Connection, customer_ids: Sequence[str]) -> None:
    """Customers begin with nothing that counts."""
    await conn.execute(
        "insert into standings (customer_id) select unnest($1::text[]) on conflict do nothing", customer_ids
    )


async def wake_customers(conn: Connection, customer_ids: Sequence[str]) -> None:
    """Waiting requests of these customers are to be looked at now: consent, zone or eligibility may have changed.

    Locks their standings: a decision that is being made about them either sees the change or is woken after it.
    """
    await conn.execute(
        """
        with locked as materialized (
            select customer_id, live from standings where customer_id = any($1::text[]) order by customer_id for update
        )
        insert into wakes_due (customer_id) select customer_id from locked where live > 0
        """,
        customer_ids,
    )


async def wake_campaign(conn: Connection, campaign_id: str) -> None:
    """Waiting requests of this plan are to be looked at now."""
    await conn.execute(
        "insert into wakes_due (customer_id) select distinct customer_id from requests "
        "where state = 'live' and campaign_id = $1",
        campaign_id,
    )


async def wake_offers(conn: Connection, offer_ids: Sequence[str]) -> None:
    """Requests that wait because an offer was not known or not open are to be looked at now."""
    await conn.execute(
        """
        insert into wakes_due (customer_id) select distinct customer_id from requests
        where state = 'live' and because->>'reason' = 'not_eligible' and offer_id = any($1::text[])
        """,
        offer_ids,
    )


async def offer_versions(conn: Connection, offer_ids: Sequence[str]) -> dict[str, int]:
    """The newest version of each of these offers, as far as they are known."""
    rows = await conn.fetch("select id, version from replica_offers where id = any($1::text[])", offer_ids)
    return {row[0]: row[1] for row in rows}


async def recall_campaign(conn: Connection, campaign_id: str, reason: str) -> None:
    """Put down every contact of a plan that a channel still holds, to be recalled."""
    await conn.execute(
        """
        insert into recalls_due (contact_id, customer_id, reason, caused_by)
        select contact_id, customer_id, $2, $1 from contacts
        where campaign_id = $1 and state in ('open', 'leased', 'sending', 'shown')
        on conflict do nothing
        """,
        campaign_id,
        reason,
    )


async def age(conn: Connection | Pool, group: str, topics: Sequence[str]) -> float:
    """Seconds since when everything of these topics is known, of the oldest of their partitions; maybe infinite."""
    found: float = await conn.fetchval(
        """
        select extract(epoch from clock_timestamp() - min(coalesce(p.fresh_at, '-infinity')))::float8
        from unnest($2::text[]) as t (topic)
        left join consumer_positions p on p.consumer_group = $1 and p.topic = t.topic
        """,
        group,
        topics,
    )
    return found


async def erase(conn: Connection, customer_ids: Sequence[str]) -> None:
    """Delete all that is stored about these customers."""
    await facts.erase(conn, customer_ids)
    for table in _OF_CUSTOMERS:
        await conn.execute(f"delete from {table} where customer_id = any($1::text[])", customer_ids)


_OF_CUSTOMERS = (
    "webhook_deliveries",
    "webhooks",
    "popups",
    "recalls_due",
    "recalls_unanswered",
    "freezes",
    "work_orders",
    "work_order_comments",
    "work_order_alarms",
    "wakes_due",
    "reports",
    "standing_rebuild_customers",
    "standing_differences",
    "timeline",
    "contacts",
    "requests",
    "standings",
)
