"""Events on their way to webhooks: queued, handed to whoever sends them, and what became of each.

What always holds: an event is queued once for a webhook, and once more for each replay that names it; whoever sends one
holds it for a time, under a lease of its own, and settles it only while that lease is the newest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from rapport.db import Connection, Queryable

_SHOWN = (
    """number, event_id, type, replay_id, state, queued_at, attempts, next_try, last_status, last_error, finished_at"""
)

_TAKES = """
    ($2::text[] is null or t.type = any($2)) and ($3::text is null or t.customer_id = $3)
    and ($4::text is null or t.body->>'place' is null or trim(both '/' from $4) = ''
        or starts_with(trim(both '/' from t.body->>'place') || '/', trim(both '/' from $4) || '/'))
"""
"""`domain.subscriptions.Wanted.takes`, in SQL."""


class Queued(NamedTuple):
    """An event for a webhook."""

    webhook_id: str
    event_id: str
    customer_id: str
    seq: int
    type: str


class Settled(NamedTuple):
    """What became of an attempt. `next_try` None: it has ended."""

    number: int
    lease: UUID
    state: str
    status: int | None
    error: str | None
    next_try: datetime | None


async def queue(conn: Connection, events: Sequence[Queued], now: datetime) -> None:
    """Put events on their way, unless they are or have been."""
    await conn.execute(
        """
        insert into webhook_deliveries (webhook_id, event_id, customer_id, seq, type, queued_at, next_try)
        select webhook_id, event_id, customer_id, seq, type, $6, $6
        from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[]) with ordinality
            as e (webhook_id, event_id, customer_id, seq, type, n)
        order by n
        on conflict do nothing
        """,
        *map(list, zip(*events, strict=True)),
        now,
    )


async def queue_ping(conn: Connection, webhook_id: str, event_id: str, body: str, now: datetime) -> int:
    """Put a ping on its way; its number."""
    number: int = await conn.fetchval(
        """
        insert into webhook_deliveries (webhook_id, event_id, type, body, queued_at, next_try)
        values ($1, $2, 'ping', $3, $4, $4) returning number
        """,
        webhook_id,
        event_id,
        body,
        now,
    )
    return number


async def waiting(conn: Queryable, webhook_id: str, most: int) -> int:
    """How many are on their way, counted up to `most`."""
    found: int = await conn.fetchval(
        "select count(*) from (select from webhook_deliveries where webhook_id = $1 and state = 'due' limit $2) as d",
        webhook_id,
        most,
    )
    return found


async def lease(
    conn: Connection, room: Sequence[tuple[str, int]], lease: UUID, now: datetime, until: datetime
) -> list[Any]:
    """Hand over what is due, for each webhook at most as many as it has room for, with the body of each.

    Of a webhook that wants order, of each customer only the oldest. Pings go to webhooks in any state.
    """
    return await conn.fetch(
        """
        with wanted as (
            select * from unnest($1::text[], $2::int[]) as w (webhook_id, room) where room > 0
        ), picked as (
            select d.number from wanted w join webhooks k using (webhook_id) cross join lateral (
                select number from webhook_deliveries d
                where d.webhook_id = w.webhook_id and d.state = 'due' and d.next_try <= $3
                    and not (k.ordered and d.customer_id is not null and exists (
                        select from webhook_deliveries e
                        where e.webhook_id = d.webhook_id and e.customer_id = d.customer_id and e.state = 'due'
                            and e.number < d.number))
                order by d.next_try, d.number limit w.room for update of d skip locked
            ) d
            where k.state = 'active'
        ), pings as (
            select d.number from webhook_deliveries d
            where d.state = 'due' and d.customer_id is null and d.next_try <= $3
            limit 100 for update of d skip locked
        ), held as (
            update webhook_deliveries d set lease = $4, next_try = $5, attempts = d.attempts + 1
            where d.number in (select number from picked union select number from pings)
            returning d.number, d.webhook_id, d.event_id, d.customer_id, d.seq, d.type, d.attempts, d.queued_at, d.body
        )
        select h.*, t.at, t.body::text as data
        from held h left join timeline t on t.customer_id = h.customer_id and t.seq = h.seq
        order by h.number
        """,
        [webhook_id for webhook_id, _ in room],
        [free for _, free in room],
        now,
        lease,
        until,
    )


async def settle(conn: Connection, settled: Sequence[Settled], now: datetime) -> None:
    """Note what became of attempts, as far as nobody else has taken them up since."""
    await conn.execute(
        """
        update webhook_deliveries d
        set state = s.state, last_status = s.status, last_error = s.error, lease = null,
            next_try = coalesce(s.next_try, d.next_try),
            finished_at = case when s.state = 'due' then null else $7::timestamptz end,
            body = case when s.state = 'due' then body end
        from unnest($1::bigint[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::timestamptz[])
            as s (number, lease, state, status, error, next_try)
        where d.number = s.number and d.lease = s.lease
        """,
        *map(list, zip(*settled, strict=True)),
        now,
    )


async def give_back(conn: Queryable, lease: UUID, numbers: Sequence[int], now: datetime) -> None:
    """What was handed over and is not going to be tried, is due for somebody else at once."""
    await conn.execute(
        """
        update webhook_deliveries set next_try = $3, lease = null, attempts = attempts - 1
        where number = any($2::bigint[]) and lease = $1 and state = 'due'
        """,
        lease,
        numbers,
        now,
    )


async def page(
    conn: Queryable,
    webhook_id: str,
    before: int | None,
    limit: int,
    *,
    state: str | None,
    event_id: str | None,
    replay_id: str | None,
) -> list[Any]:
    """Deliveries of a webhook, newest first."""
    return await conn.fetch(
        f"""
        select {_SHOWN} from webhook_deliveries
        where webhook_id = $1 and ($2::bigint is null or number < $2) and ($4::text is null or state = $4)
            and ($5::text is null or event_id = $5) and ($6::text is null or replay_id = $6)
        order by number desc limit $3
        """,
        webhook_id,
        before,
        limit,
        state,
        event_id,
        replay_id,
    )


async def find(conn: Queryable, webhook_id: str, number: int) -> Any:
    """A delivery, or None."""
    return await conn.fetchrow(
        f"select {_SHOWN} from webhook_deliveries where webhook_id = $1 and number = $2", webhook_id, number
    )


async def count_entries(conn: Connection, webhook: Any, since: datetime, until: datetime, most: int) -> int:
    """How many entries of timelines in this time a webhook takes, counted up to `most`."""
    found: int = await conn.fetchval(
        f"""
        select count(*) from (
            select from timeline t where {_TAKES} and t.at >= $1 and t.at < $5 limit $6
        ) as found
        """,
        since,
        webhook["types"],
        webhook["customer_id"],
        webhook["org"],
        until,
        most,
    )
    return found


async def queue_entries(
    conn: Connection, webhook: Any, replay_id: str, since: datetime, until: datetime, now: datetime
) -> int:
    """Queue the entries of timelines in this time that a webhook takes, in their order; how many."""
    status = await conn.execute(
        f"""
        insert into webhook_deliveries (webhook_id, event_id, customer_id, seq, type, replay_id, queued_at, next_try)
        select $6, t.customer_id || '.' || t.seq, t.customer_id, t.seq, t.type, $7, $8, $8
        from timeline t where {_TAKES} and t.at >= $1 and t.at < $5 order by t.at, t.customer_id, t.seq
        on conflict do nothing
        """,
        since,
        webhook["types"],
        webhook["customer_id"],
        webhook["org"],
        until,
        webhook["webhook_id"],
        replay_id,
        now,
    )
    return int(status.split()[-1])


async def queue_named(
    conn: Connection, webhook_id: str, replay_id: str, named: Sequence[tuple[str, int]], now: datetime
) -> int:
    """Queue these entries of timelines, as far as they exist, in their order; how many."""
    status = await conn.execute(
        """
        insert into webhook_deliveries (webhook_id, event_id, customer_id, seq, type, replay_id, queued_at, next_try)
        select $1, t.customer_id || '.' || t.seq, t.customer_id, t.seq, t.type, $2, $5, $5
        from unnest($3::text[], $4::bigint[]) as n (customer_id, seq) join timeline t using (customer_id, seq)
        order by t.at, t.customer_id, t.seq
        on conflict do nothing
        """,
        webhook_id,
        replay_id,
        [customer_id for customer_id, _ in named],
        [seq for _, seq in named],
        now,
    )
    return int(status.split()[-1])


async def revive(conn: Connection, webhook_id: str, upto: datetime, now: datetime, most: int) -> int:
    """Let dead letters from up to an instant begin anew, up to `most`; how many."""
    status = await conn.execute(
        """
        update webhook_deliveries
        set state = 'due', attempts = 0, queued_at = $3, next_try = $3, finished_at = null
        where number in (
            select number from webhook_deliveries
            where webhook_id = $1 and state = 'dead' and finished_at <= $2 and customer_id is not null
            order by number limit $4
        )
        """,
        webhook_id,
        upto,
        now,
        most,
    )
    return int(status.split()[-1])


async def bury(conn: Connection, queued_before: datetime, now: datetime, most: int) -> int:
    """What has waited for too long at a webhook that gets nothing, is dead; how many, up to `most`."""
    status = await conn.execute(
        """
        update webhook_deliveries set state = 'dead', finished_at = $2, last_error = coalesce(last_error, 'not active')
        where number in (
            select d.number from webhooks k join webhook_deliveries d using (webhook_id)
            where k.state <> 'active' and d.state = 'due' and d.queued_at < $1 limit $3
        )
        """,
        queued_before,
        now,
        most,
    )
    return int(status.split()[-1])


async def forget(conn: Connection, delivered_before: datetime, dead_before: datetime, most: int) -> int:
    """Delete what ended before; how many, up to `most`."""
    status = await conn.execute(
        """
        delete from webhook_deliveries where number in (
            select number from webhook_deliveries
            where state <> 'due' and finished_at < $1 and (state = 'delivered' or finished_at < $2) limit $3
        )
        """,
        delivered_before,
        dead_before,
        most,
    )
    return int(status.split()[-1])
