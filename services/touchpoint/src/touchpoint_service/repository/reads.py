"""What the API shows: requests, contacts, the timeline, and what pop-ups need in one read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from rapport.db import Connection, Queryable
from touchpoint_service.repository.policies import IN_FORCE
from touchpoint_service.repository.work_orders import OPEN_OF_CUSTOMER


async def find_request(conn: Connection, request_id: str) -> Any:
    """A request by its id alone, or None."""
    return await conn.fetchrow(
        "select customer_id, request_id, state, next_look, channel, contact_id, because, body from requests "
        "where request_id = $1 limit 1",
        request_id,
    )


async def request_history(conn: Connection, customer_id: str, request_id: str) -> list[Any]:
    """Everything on the timeline about one request, oldest first."""
    return await conn.fetch(
        "select seq, at, type, body from timeline where customer_id = $1 and request_id = $2 order by seq",
        customer_id,
        request_id,
    )


async def contact_owner(conn: Connection, contact_id: str) -> str | None:
    """The customer of a contact, or None."""
    found: str | None = await conn.fetchval("select customer_id from contacts where contact_id = $1", contact_id)
    return found


async def timeline_page(
    conn: Connection,
    customer_id: str,
    *,
    before: int | None,
    limit: int,
    channel: str | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Any]:
    """Entries below number `before`, newest first. `since` is inside, `until` outside."""
    return await conn.fetch(
        """
        select seq, at, type, body from timeline
        where customer_id = $1 and ($2::bigint is null or seq < $2)
            and ($4::text is null or channel = $4) and ($5::text is null or type = $5)
            and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
        order by seq desc limit $3
        """,
        customer_id,
        before,
        limit,
        channel,
        kind,
        since,
        until,
    )


async def customer_seen(conn: Connection, customer_id: str) -> bool:
    """Whether touchpoint knows anything of this customer."""
    return bool(
        await conn.fetchval(
            "select exists (select from standings where customer_id = $1) "
            "or exists (select from replica_customers where id = $1)",
            customer_id,
        )
    )


async def customer_by(conn: Queryable, attribute: str, value: str) -> str | None:
    """The customer with this `account` or `phone_index`; None when nobody or more than one has it."""
    rows = await conn.fetch(f"select id from replica_customers where doc->>'{_LOOKUPS[attribute]}' = $1 limit 2", value)
    return rows[0][0] if len(rows) == 1 else None


_LOOKUPS = {"phone_index": "phone_index", "account": "account"}
"""Attributes with an index; also what keeps other text out of the statement."""


_UNSAID = [
    "touchpoint.contact.deferred.v1",
    "touchpoint.contact.suppressed.v1",
    "touchpoint.contact.expired.v1",
    "touchpoint.contact.withdrawn.v1",
    "touchpoint.recall.unanswered.v1",
    "touchpoint.freeze.opened.v1",
    "touchpoint.freeze.closed.v1",
    "touchpoint.work_order.assigned.v1",
    "touchpoint.work_order.commented.v1",
    "touchpoint.work_order.reminded.v1",
    "touchpoint.work_order.escalated.v1",
]
"""What the customer never noticed."""


@dataclass(slots=True)
class Ask:
    """Whose scene is wanted: of a customer, for a channel, at `now`."""

    customer_id: str
    channel: str
    since: datetime
    """A pop-up of the customer in this channel that is older than this is not wanted."""
    offer_ids: Sequence[str]
    """Offers whose versions are wanted."""
    now: datetime
    looks_back: bool = False
    """Whether offers that the customer has accepted at any time are wanted, too."""


HISTORY = 8
"""Timeline entries that a scene has at most."""
_HISTORY = f"""(
    select json_agg(json_build_array(h.at, h.type, h.body) order by h.seq desc) from (
        select seq, at, type, body from timeline
        where customer_id = a.customer_id and type not in ({", ".join(f"'{kind}'" for kind in _UNSAID)})
        order by seq desc limit {HISTORY}
    ) as h
)"""
_ONCE_ACCEPTED = """(
    select json_agg(distinct body->>'offer_id') from timeline
    where customer_id = a.customer_id and type = 'touchpoint.acceptance.settled.v1' and body->>'status' = 'accepted'
)"""


@lru_cache
def _scenes(count: int, looks_back: bool) -> str:
    asked = ", ".join(
        f"({n}, ${n * 5 + 1}::text, ${n * 5 + 2}::text, ${n * 5 + 3}::timestamptz, ${n * 5 + 4}::text, "
        f"${n * 5 + 5}::timestamptz)"
        for n in range(count)
    )
    return f"""
    select a.n, s.xmin::text as row, s.seq, s.live, s.body, c.version, c.household, c.doc,
        p.policy_id, p.version as policy_version,
        (
            select body from popups where customer_id = a.customer_id and channel = a.channel and at > a.since
            order by at desc limit 1
        ) as popup,
        {_HISTORY} as history,
        (
            select json_object_agg(id, version) from replica_offers where id = any(string_to_array(a.offer_ids, ' '))
        ) as offers,
        {_ONCE_ACCEPTED if looks_back else "null::json"} as once_accepted,
        {OPEN_OF_CUSTOMER.replace("$1", "a.customer_id").replace("$now", "a.now")} as work_orders
    from (values {asked}) as a (n, customer_id, channel, since, offer_ids, now)
    left join standings s on s.customer_id = a.customer_id
    left join replica_customers c on c.id = a.customer_id
    left join lateral ({IN_FORCE.replace("$1", "a.now")}) as p on true
    """


async def scenes(conn: Queryable, asked: Sequence[Ask]) -> list[Any]:
    """All that a pop-up needs, in one read, for each of these.

    The standing, without a lock (`row` tells its row from every later one); the customer's document; the policy in
    force; the newest pop-up of the customer in this channel; the newest `HISTORY` timeline entries that tell what was
    said (at, type, body), newest first; the version of each of these offers; the open work orders; and, with
    `looks_back`, the offers that the customer has accepted at any time.
    """
    arguments: list[Any] = []
    for one in asked:  # no id has a space in it; asyncpg takes long over arrays
        arguments += (one.customer_id, one.channel, one.since, " ".join(one.offer_ids), one.now)
    rows = await conn.fetch(_scenes(len(asked), any(one.looks_back for one in asked)), *arguments)
    return sorted(rows, key=itemgetter("n"))


async def settlements(conn: Connection, customer_id: str, outcome_ids: Sequence[str]) -> dict[str, Any]:
    """By report of an acceptance: its acceptance_id; status and reason as the ledger last told, null before it did."""
    rows = await conn.fetch(
        """
        select said.body ->> 'outcome_id' as outcome_id, said.body ->> 'acceptance_id' as acceptance_id,
            ledger.body ->> 'status' as status, ledger.body ->> 'reason' as reason
        from timeline said left join lateral (
            select body from timeline
            where customer_id = $1 and type = 'touchpoint.acceptance.settled.v1' and seq > said.seq
                and body ->> 'acceptance_id' = said.body ->> 'acceptance_id'
            order by seq desc limit 1
        ) ledger on true
        where said.customer_id = $1 and said.type = 'touchpoint.contact.responded.v1'
            and said.body ->> 'outcome_id' = any($2) and said.body ->> 'acceptance_id' is not null
        """,
        customer_id,
        outcome_ids,
    )
    return {row["outcome_id"]: row for row in rows}


async def popup(conn: Connection, popup_id: str) -> Any:
    """One pop-up, or None."""
    return await conn.fetchrow(
        "select popup_id, customer_id, channel, place, body from popups where popup_id = $1", popup_id
    )
