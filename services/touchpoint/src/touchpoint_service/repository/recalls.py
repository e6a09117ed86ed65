"""Recalls without an answer: who had the contact in hand, since when it is waited for, and what came of it.

A row is written by the recall, changed and deleted only while the customer's standing is locked, so a reminder and an
answer never pass each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from rapport.db import Connection, Queryable


class Unanswered(NamedTuple):
    """A recall whose answer is waited for from `recalled_at` on."""

    contact_id: str
    held: str
    """The contact's state before: `leased`, `sending` or `shown`."""
    reason: str
    recalled_at: datetime
    remind_at: datetime
    escalate_at: datetime


_COLUMNS = "contact_id, held, reason, recalled_at, remind_at, escalate_at"
_OF_THE_CONTACT = "customer_id, channel, place, owner"

AWAIT_ANSWER = f"""
insert into recalls_unanswered ({_COLUMNS}, {_OF_THE_CONTACT})
select contact_id, $2::text, $3::text, $4::timestamptz, $5::timestamptz, $6::timestamptz, {_OF_THE_CONTACT}
from contacts where contact_id = $1
"""
AWAIT_ANSWERS = f"""
insert into recalls_unanswered ({_COLUMNS}, {_OF_THE_CONTACT})
select {_COLUMNS}, {_OF_THE_CONTACT} from contacts join unnest(
    $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[]
) as w ({_COLUMNS}) using (contact_id)
"""
"""Who has a contact in hand stands with the contact alone."""

ANSWER_CAME = "delete from recalls_unanswered where contact_id = $1"
ANSWERS_CAME = "delete from recalls_unanswered where contact_id = any($1::text[])"


async def overdue(conn: Queryable, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(contact, customer) of recalls whose answer is overdue and of which that is not told yet, longest due first."""
    rows = await conn.fetch(
        "select contact_id, customer_id from recalls_unanswered where due_at <= $1 order by due_at limit $2", now, limit
    )
    return [(row[0], row[1]) for row in rows]


async def go_further(conn: Connection, contact_ids: Sequence[str], now: datetime) -> list[Any]:
    """Of these recalls those that are still without an answer and overdue: each is now reminded of, or escalated.

    Their customers are locked. Columns: contact_id, state, reason, place, owner, recalled_at.
    """
    return await conn.fetch(
        """
        update recalls_unanswered set state = case state when 'waiting' then 'reminded' else 'escalated' end
        where contact_id = any($1::text[]) and due_at <= $2
        returning contact_id, state, reason, place, owner, recalled_at
        """,
        contact_ids,
        now,
    )


async def page(
    conn: Queryable,
    after: tuple[datetime, str] | None,
    limit: int,
    *,
    channel: str | None = None,
    place: str | None = None,
    state: str | None = None,
) -> list[Any]:
    """Recalls without an answer, oldest first, from those after (recalled_at, contact) on. With a place, only that
    place's and nobody's."""
    since, contact_id = after or (None, None)
    return await conn.fetch(
        f"""
        select {_COLUMNS}, {_OF_THE_CONTACT}, state from recalls_unanswered
        where ($1::text is null or channel = $1)
            and ($2::text is null or place is null or place = $2)
            and ($3::text is null or state = $3)
            and ($4::timestamptz is null or (recalled_at, contact_id) > ($4, $5::text))
        order by recalled_at, contact_id limit $6
        """,
        channel,
        place,
        state,
        since,
        contact_id,
        limit,
    )


async def count(conn: Queryable) -> list[Any]:
    """How many recalls are without an answer: channel, state, count."""
    return await conn.fetch("select channel, state, count(*) as count from recalls_unanswered group by channel, state")
