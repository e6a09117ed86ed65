"""Contacts as queues: what a channel may fetch or must be sent, what has lapsed, and what is due.

None of these queries locks a standing: they only touch contact rows, skip those that somebody else has locked, and so
never wait for the gate.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from rapport.db import Connection, Queryable

_ITEM = """c.contact_id, c.customer_id, c.request_id, c.channel, c.place, c.contact_class, c.score, c.category,
    c.purpose, c.campaign_id, c.offer_id, c.goal, c.released_at, c.expires_at, c.leased_until, c.tries"""


async def candidates(
    conn: Connection,
    channel: str,
    now: datetime,
    *,
    limit: int,
    place: str | None = None,
    campaign: str | None = None,
    without: Collection[str] = (),
) -> list[Any]:
    """The most important contacts that may be handed out now; with a place, only that place's and nobody's.

    They are not locked: somebody else may be taking them (`hand_out`).
    """
    return await conn.fetch(
        f"""
        select {_ITEM}, r.version, r.doc
        from contacts c left join replica_customers r on r.id = c.customer_id
        where c.channel = $1 and c.state = 'open' and c.expires_at > $2 and (c.next_try is null or c.next_try <= $2)
            and ($4::text is null or c.place is null or c.place = $4)
            and ($5::text is null or c.campaign_id = $5) and c.contact_id <> all($6::text[])
        order by c.contact_class, c.score desc, c.contact_id
        limit $3
        """,
        channel,
        now,
        limit,
        place,
        campaign,
        [*without],
    )


async def put_off(conn: Connection, until: dict[str, datetime]) -> None:
    """Do not hand out these open contacts before the instant given for each."""
    await conn.execute(
        """
        update contacts c set next_try = w.until from unnest($1::text[], $2::timestamptz[]) as w (contact_id, until)
        where c.contact_id = w.contact_id and c.state = 'open'
        """,
        list(until),
        list(until.values()),
    )


async def hand_out(conn: Connection, contact_ids: Sequence[str], owner: str, until: datetime, state: str) -> set[str]:
    """Give open contacts to `owner` until an instant; `state` is `leased` or `sending`. Those that nobody else has
    taken, or is taking just now."""
    rows = await conn.fetch(
        """
        with free as materialized (
            select contact_id from contacts where contact_id = any($1::text[]) and state = 'open'
            order by contact_id for update skip locked
        )
        update contacts c set state = $4, owner = $2, leased_until = $3, tries = c.tries + 1 from free
        where c.contact_id = free.contact_id returning c.contact_id
        """,
        contact_ids,
        owner,
        until,
        state,
    )
    return {row[0] for row in rows}


async def contact_row(conn: Queryable, contact_id: str) -> Any:
    """Everything about one contact, or None."""
    return await conn.fetchrow(f"select {_ITEM}, c.state, c.owner from contacts c where contact_id = $1", contact_id)


async def renew(conn: Queryable, contact_id: str, owner: str, until: datetime) -> bool:
    """Hold a lease longer; False when it is no longer this owner's."""
    done = await conn.fetchval(
        "update contacts set leased_until = $3 "
        "where contact_id = $1 and owner = $2 and state = 'leased' returning true",
        contact_id,
        owner,
        until,
    )
    return bool(done)


# Somebody may wait for the slot of what nobody has in hand any more: it can be taken from it now.
_WAKE = """
insert into wakes_due (customer_id)
select customer_id from standings where live > 0 and customer_id in (select customer_id from opened)
"""


async def put_back(conn: Queryable, contact_id: str, owner: str) -> bool:
    """End a lease: the task is open for others; False when it is no longer this owner's."""
    done = await conn.fetchval(
        f"""
        with opened as (
            update contacts set state = 'open', owner = null, leased_until = null
            where contact_id = $1 and owner = $2 and state = 'leased' returning customer_id
        ), woken as ({_WAKE})
        select exists (select from opened)
        """,
        contact_id,
        owner,
    )
    return bool(done)


async def finish_sending(conn: Queryable, contact_ids: Sequence[str]) -> set[str]:
    """The provider has these messages; those that were still ours to send. The rest were recalled meanwhile."""
    rows = await conn.fetch(
        """
        with ours as materialized (
            select contact_id from contacts where contact_id = any($1::text[]) and state = 'sending'
            order by contact_id for update
        )
        update contacts c set state = 'sent', leased_until = null from ours
        where c.contact_id = ours.contact_id returning c.contact_id
        """,
        contact_ids,
    )
    return {row[0] for row in rows}


async def retry_sending(conn: Queryable, contact_id: str, at: datetime, *, counted: bool = True) -> bool:
    """The provider did not take it: try again at `at`. Not `counted`, it was no try of this message.

    False when it was no longer ours to send.
    """
    done = await conn.fetchval(
        "update contacts set state = 'open', owner = null, leased_until = null, next_try = $2, tries = tries - $3 "
        "where contact_id = $1 and state = 'sending' returning true",
        contact_id,
        at,
        0 if counted else 1,
    )
    return bool(done)


async def lapse_leases(conn: Queryable, now: datetime) -> int:
    """Open again what somebody held for too long; how many."""
    count: int = await conn.fetchval(
        f"""
        with lapsed as materialized (
            select contact_id from contacts where state in ('leased', 'sending') and leased_until <= $1
            order by leased_until limit 1000 for update skip locked
        ), opened as (
            update contacts c set state = 'open', owner = null, leased_until = null from lapsed
            where c.contact_id = lapsed.contact_id returning c.customer_id
        ), woken as ({_WAKE})
        select count(*) from opened
        """,
        now,
    )
    return count


async def wake_waiting_for(conn: Connection, rules: Sequence[str]) -> None:
    """Customers with a request that waits for one of these rules are to be looked at now."""
    if rules:
        await conn.execute(
            """
            insert into wakes_due (customer_id)
            select distinct customer_id from requests where state = 'live' and because->>'rule' = any($1::text[])
            """,
            rules,
        )


async def look_again_at_open(conn: Connection, now: datetime) -> None:
    """Contacts that were put off are looked at now: what put them off may have changed."""
    await conn.execute("update contacts set next_try = $1 where state = 'open' and next_try > $1", now)


async def take_wakes(conn: Connection, limit: int) -> list[str]:
    """Customers to be looked at now; they are taken off the list when the transaction commits."""
    rows = await conn.fetch(
        """
        delete from wakes_due where id in (select id from wakes_due order by id limit $1 for update skip locked)
        returning customer_id
        """,
        limit,
    )
    return [row[0] for row in rows]


# The first of an order is compared, not "any that is due" asked for: without knowing the instant the planner takes a
# third of all rows for due, reads the table from its start in the hope to meet one soon, and reads all of it.
WHAT_IS_DUE = """
select
    exists (select from recalls_due) as recalls,
    exists (select from wakes_due) as wakes,
    coalesce((select min(first.next_look) from unnest($2::smallint[]) as owned (partition) cross join lateral (
        select r.next_look from requests r
        where r.state = 'live' and r.partition = owned.partition order by r.next_look limit 1
    ) as first) <= $1, false) as requests,
    coalesce((select leased_until from contacts
        where state in ('leased', 'sending') order by leased_until limit 1) <= $1, false) as leases,
    coalesce((select expires_at from contacts
        where state in ('open', 'shown') order by expires_at limit 1) <= $1, false) as expiries,
    coalesce((select since from policy_activations
        where not announced and cancelled_at is null order by since limit 1) <= $1, false) as activations,
    coalesce((select due_at from recalls_unanswered
        where due_at is not null order by due_at limit 1) <= $1, false) as unanswered,
    coalesce((select at from work_order_alarms order by at limit 1) <= $1, false) as alarms
"""

ANYTHING_TO_SEND = """
select coalesce((select next_try from contacts
    where state = 'open' and channel in ('sms', 'email') and channel = $1 order by next_try limit 1) <= $2, false)
    and not exists (select from capacities where channel = $1 and team = '' and frees_at > $2)
    and not exists (select from circuits where channel = $1 and retry_at > $2)
"""


async def what_is_due(conn: Queryable, now: datetime, partitions: Sequence[int]) -> Any:
    """Whether there are recalls, wakes, requests of these partitions, leases, expiries, activations,
    unanswered recalls, alarms of work orders: one look."""
    return await conn.fetchrow(WHAT_IS_DUE, now, partitions)


async def anything_to_send(conn: Queryable, channel: str, now: datetime) -> bool:
    """Whether a message of this channel may be handed out: one is due, there is capacity, and its provider is not
    resting."""
    return bool(await conn.fetchval(ANYTHING_TO_SEND, channel, now))


async def due_customers(conn: Queryable, now: datetime, partitions: Sequence[int], limit: int) -> list[str]:
    """Customers of these partitions with a waiting request whose moment has come, longest due first."""
    rows = await conn.fetch(
        """
        select customer_id from requests
        where state = 'live' and partition = any($2::smallint[]) and next_look <= $1 order by next_look limit $3
        """,
        now,
        partitions,
        limit,
    )
    return [row[0] for row in rows]


async def expiring_contacts(conn: Queryable, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(contact, customer) of contacts that no channel took up in time."""
    rows = await conn.fetch(
        "select contact_id, customer_id from contacts where state in ('open', 'shown') and expires_at <= $1 "
        "order by expires_at limit $2",
        now,
        limit,
    )
    return [(row[0], row[1]) for row in rows]


async def recalls_due(conn: Queryable, limit: int) -> list[Any]:
    """Contacts that a stopped plan left behind: contact_id, customer_id, reason, caused_by."""
    return await conn.fetch("select contact_id, customer_id, reason, caused_by from recalls_due limit $1", limit)


async def recalls_done(conn: Connection, contact_ids: Sequence[str]) -> None:
    """These recalls are recorded."""
    await conn.execute("delete from recalls_due where contact_id = any($1::text[])", contact_ids)


def later(now: datetime, seconds: float) -> datetime:
    """`now` and so many seconds."""
    return now + timedelta(seconds=seconds)
