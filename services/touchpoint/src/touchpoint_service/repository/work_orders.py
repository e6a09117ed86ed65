"""Work orders, what is said about them, and their alarms. What of them holds contacts stands in the standings.

Whoever changes an order has its customer's standing locked, so a result and an alarm never pass each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from rapport.db import Connection, Queryable


class OrderRow(NamedTuple):
    """A work order that is opened."""

    work_order_id: str
    customer_id: str
    kind: str
    priority: int
    unit: str
    owner: str | None
    subject: str | None
    offer_id: str | None
    campaign_id: str | None
    acceptance_id: str | None
    origin_channel: str | None
    origin_place: str | None
    origin_unit: str | None
    origin_agent: str | None
    origin_contact: str | None
    opened_at: datetime
    opened_by: str | None
    respond_by: datetime | None
    resolve_by: datetime | None
    escalate_to: str | None


class AlarmRow(NamedTuple):
    """When somebody is to be told of a promise."""

    work_order_id: str
    about: str
    step: str
    customer_id: str
    at: datetime
    due_at: datetime


_COLUMNS = ", ".join(OrderRow._fields)
_INSERT = f"""
insert into work_orders ({_COLUMNS}) values ({", ".join(f"${n}" for n in range(1, len(OrderRow._fields) + 1))})
"""
_LATER = """responded_at, leased_by, leased_until, appointment_at, escalated_to, escalated_at, result, resolved_at,
    resolved_by, resolving_note, due_at"""
_STATE = "case when resolved_at is not null then 'resolved' when leased_until > $1 then 'taken' else 'open' end"
_OVERDUE = "resolved_at is null and least(case when responded_at is null then respond_by end, resolve_by) < $1"
_SHOWN = f"{_COLUMNS}, {_LATER}, {_STATE} as state, coalesce({_OVERDUE}, false) as overdue"


async def find(conn: Queryable, work_order_id: str, now: datetime) -> Any:
    """An order with its state at `now` (`open`, `taken` or `resolved`), and whether a promise is overdue, or None."""
    return await conn.fetchrow(f"select {_SHOWN} from work_orders where work_order_id = $2", now, work_order_id)


async def several(conn: Queryable, work_order_ids: Iterable[str], now: datetime) -> dict[str, Any]:
    """These orders, by id."""
    rows = await conn.fetch(
        f"select {_SHOWN} from work_orders where work_order_id = any($2::text[])", now, sorted(set(work_order_ids))
    )
    return {row["work_order_id"]: row for row in rows}


async def insert(conn: Connection, order: OrderRow) -> None:
    """A new order."""
    await conn.execute(_INSERT, *order)


async def set_alarms(conn: Connection, alarms: Sequence[AlarmRow]) -> None:
    """When to tell; what was to be told of the same step before is replaced."""
    if alarms:
        await conn.executemany(
            """
            insert into work_order_alarms (work_order_id, about, step, customer_id, at, due_at)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (work_order_id, about, step) do update set at = excluded.at, due_at = excluded.due_at
            """,
            alarms,
        )


async def lease(conn: Connection, work_order_id: str, by: str, until: datetime, now: datetime) -> None:
    """Somebody has it in hand until then; the first to take it has answered."""
    await conn.execute(
        "update work_orders set leased_by = $2, leased_until = $3, responded_at = coalesce(responded_at, $4) "
        "where work_order_id = $1",
        work_order_id,
        by,
        until,
        now,
    )


async def put_back(conn: Connection, work_order_id: str) -> None:
    """Nobody has it in hand any more."""
    await conn.execute(
        "update work_orders set leased_by = null, leased_until = null where work_order_id = $1", work_order_id
    )


async def refer(conn: Connection, work_order_id: str, unit: str, owner: str | None) -> None:
    """It is another's now, and nobody has it in hand."""
    await conn.execute(
        "update work_orders set unit = $2, owner = $3, leased_by = null, leased_until = null where work_order_id = $1",
        work_order_id,
        unit,
        owner,
    )


async def appoint(
    conn: Connection, work_order_id: str, at: datetime, resolve_by: datetime | None, now: datetime
) -> None:
    """The customer comes then; that is an answer, and the deadline is what follows from it."""
    await conn.execute(
        "update work_orders set appointment_at = $2, resolve_by = $3, responded_at = coalesce(responded_at, $4) "
        "where work_order_id = $1",
        work_order_id,
        at,
        resolve_by,
        now,
    )


async def escalate(conn: Connection, work_order_id: str, now: datetime) -> None:
    """A promise was not kept: who is told of that sees it from now on, too."""
    await conn.execute(
        "update work_orders set escalated_to = escalate_to, escalated_at = coalesce(escalated_at, $2) "
        "where work_order_id = $1",
        work_order_id,
        now,
    )


async def resolve(conn: Connection, work_order_id: str, result: str, by: str, note: str | None, now: datetime) -> None:
    """It has ended, and nobody is told of its promises any more."""
    await conn.execute(
        """
        update work_orders set result = $2, resolved_by = $3, resolving_note = $4, resolved_at = $5,
            leased_by = null, leased_until = null, responded_at = coalesce(responded_at, $5)
        where work_order_id = $1
        """,
        work_order_id,
        result,
        by,
        note,
        now,
    )
    await conn.execute("delete from work_order_alarms where work_order_id = $1", work_order_id)


async def answered(conn: Connection, work_order_id: str) -> None:
    """The first promise is kept: nobody is told of it any more."""
    await conn.execute("delete from work_order_alarms where work_order_id = $1 and about = 'response'", work_order_id)


async def comment(conn: Connection, comment_id: str, order: Any, at: datetime, by: str | None, text: str) -> bool:
    """Keep what somebody said of an order; whether it is new."""
    return bool(
        await conn.fetchval(
            """
            insert into work_order_comments (comment_id, work_order_id, customer_id, at, by, text)
            values ($1, $2, $3, $4, $5, $6) on conflict (comment_id) do nothing returning true
            """,
            comment_id,
            order["work_order_id"],
            order["customer_id"],
            at,
            by,
            text,
        )
    )


async def comment_owner(conn: Connection, comment_id: str) -> str | None:
    """The order that a comment is about, or None."""
    found: str | None = await conn.fetchval(
        "select work_order_id from work_order_comments where comment_id = $1", comment_id
    )
    return found


async def comments(conn: Queryable, work_order_id: str) -> list[Any]:
    """What was said of an order, oldest first, at most the last 200."""
    rows = await conn.fetch(
        "select comment_id, at, by, text from work_order_comments where work_order_id = $1 "
        "order by at desc, comment_id desc limit 200",
        work_order_id,
    )
    return rows[::-1]


async def due_alarms(conn: Queryable, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(order, customer) of alarms that are due, longest due first."""
    rows = await conn.fetch(
        "select work_order_id, customer_id from work_order_alarms where at <= $1 order by at limit $2", now, limit
    )
    return [(row[0], row[1]) for row in rows]


async def take_alarms(conn: Connection, work_order_ids: Sequence[str], now: datetime) -> list[Any]:
    """The alarms of these orders that are due, in their order; each is taken once. Their customers are locked."""
    rows = await conn.fetch(
        """
        delete from work_order_alarms where work_order_id = any($1::text[]) and at <= $2
        returning work_order_id, about, step, at, due_at
        """,
        sorted(set(work_order_ids)),
        now,
    )
    return sorted(rows, key=lambda row: (row["at"], row["work_order_id"], row["about"], row["step"]))


class Filter(NamedTuple):
    """Which orders are listed. `org`: only those of this unit and below, or that came from there."""

    org: str
    state: str | None = None
    kind: str | None = None
    unit: str | None = None
    owner: str | None = None
    customer_id: str | None = None
    overdue: bool | None = None


def _below(column: str, parameter: str) -> str:
    """Whether a path is that of the parameter (without a slash at its end), or lies below it."""
    return f"({column} = {parameter}::text or starts_with({column}, {parameter}::text || '/'))"


async def page(
    conn: Queryable, after: tuple[int, datetime, str] | None, limit: int, now: datetime, wanted: Filter
) -> list[Any]:
    """Orders, most important first, of equally important ones that which is due first, from those after the position
    (priority, due, order) on."""
    priority, due, work_order_id = after or (None, None, None)
    unfinished = "resolved_at is null and" if wanted.state in ("open", "taken") or wanted.overdue else ""
    return await conn.fetch(
        f"""
        select {_SHOWN} from work_orders
        where {unfinished} ({_below("unit", "$2")} or {_below("escalated_to", "$2")} or {_below("origin_unit", "$2")})
            and ($3::text is null or {_STATE} = $3)
            and ($4::text is null or kind = $4)
            and ($5::text is null or {_below("unit", "$5")})
            and ($6::text is null or coalesce(case when leased_until > $1 then leased_by end, owner) = $6)
            and ($7::text is null or customer_id = $7)
            and ($8::boolean is null or coalesce({_OVERDUE}, false) = $8)
            and ($9::smallint is null or (priority, due_at, work_order_id) > ($9, $10::timestamptz, $11::text))
        order by priority, due_at, work_order_id limit $12
        """,
        now,
        wanted.org.rstrip("/"),
        wanted.state,
        wanted.kind,
        None if wanted.unit is None else wanted.unit.rstrip("/"),
        wanted.owner,
        wanted.customer_id,
        wanted.overdue,
        priority,
        due,
        work_order_id,
        limit,
    )


async def count(conn: Queryable, now: datetime) -> list[Any]:
    """How many orders have not ended: kind, whether a promise is overdue, count."""
    return await conn.fetch(
        f"""
        select kind, coalesce({_OVERDUE}, false) as overdue, count(*) as count from work_orders
        where resolved_at is null group by 1, 2
        """,
        now,
    )


OPEN_OF_CUSTOMER = """
(
    select json_agg(o order by o.priority, o.due_at, o.work_order_id) from (
        select work_order_id, kind, priority, unit,
            coalesce(case when leased_until > $now then leased_by end, owner) as owner,
            subject, opened_at, resolve_by, appointment_at, escalated_to, due_at
        from work_orders where customer_id = $1 and resolved_at is null
        order by priority, due_at, work_order_id limit 20
    ) as o
)
"""
"""For the one read of a pop-up: the most important twenty open orders of the customer (`$1`) at the instant `$now`."""


async def who_said_yes(conn: Connection, customer_id: str, contact_id: str, acceptance_id: str) -> str | None:
    """The agent who reported an acceptance in a contact; None where nobody is named."""
    found: str | None = await conn.fetchval(
        """
        select body->>'agent' from timeline
        where customer_id = $1 and contact_id = $2 and body->>'acceptance_id' = $3 and body->>'agent' is not null
        order by seq limit 1
        """,
        customer_id,
        contact_id,
        acceptance_id,
    )
    return found
