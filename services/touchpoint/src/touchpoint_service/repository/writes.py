"""How the work on customers is written: columns of its tables, its updates, and many small writes in one statement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from rapport.db import Connection

AT_ONCE = 12
"""Up to so many rows go in one statement; from there on COPY is faster."""

REQUEST_COLUMNS: Mapping[str, str] = {
    "customer_id": "text",
    "request_id": "text",
    "state": "text",
    "campaign_id": "text",
    "offer_id": "text",
    "partition": "smallint",
    "next_look": "timestamptz",
    "channel": "text",
    "contact_id": "text",
    "because": "json",
    "body": "json",
}
CONTACT_COLUMNS: Mapping[str, str] = {
    "customer_id": "text",
    "contact_id": "text",
    "request_id": "text",
    "channel": "text",
    "state": "text",
    "place": "text",
    "contact_class": "smallint",
    "score": "real",
    "category": "text",
    "purpose": "text",
    "campaign_id": "text",
    "offer_id": "text",
    "goal": "text",
    "released_at": "timestamptz",
    "expires_at": "timestamptz",
    "next_try": "timestamptz",
}
POPUP_COLUMNS: Mapping[str, str] = {
    "popup_id": "text",
    "customer_id": "text",
    "at": "timestamptz",
    "place": "text",
    "agent": "text",
    "channel": "text",
    "body": "json",
}
TIMELINE_COLUMNS: Mapping[str, str] = {
    "customer_id": "text",
    "seq": "bigint",
    "at": "timestamptz",
    "type": "text",
    "channel": "text",
    "contact_id": "text",
    "request_id": "text",
    "body": "json",
    "facts_id": "uuid",
}

UPDATE_STANDINGS = """
update standings s set seq = w.seq::bigint, live = w.live::integer, body = w.body
from unnest($1::text[], $2::text[], $3::text[], $4::json[]) as w (customer_id, seq, live, body)
where s.customer_id = w.customer_id
"""
UPDATE_REQUESTS = """
update requests r
set state = w.state, next_look = w.next_look, channel = w.channel, contact_id = w.contact_id, because = w.because
from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::json[])
    as w (customer_id, request_id, state, next_look, channel, contact_id, because)
where r.customer_id = w.customer_id and r.request_id = w.request_id
"""
UPDATE_STATES = """
update contacts c set state = w.state
from unnest($1::text[], $2::text[]) as w (contact_id, state) where c.contact_id = w.contact_id
"""


UPDATE_STANDING = "update standings set seq = $2, live = $3, body = $4 where customer_id = $1"
UPDATE_SEEN_STANDING = f"""
{UPDATE_STANDING} and xmin::text = $5 and exists (select from replica_customers where id = $1 and version = $6)
returning customer_id
"""
"""Only while the row is the very one that was read, and the customer's document too."""
UPDATE_REQUEST = """
update requests set state = $3, next_look = $4, channel = $5, contact_id = $6, because = $7
where customer_id = $1 and request_id = $2
"""
UPDATE_STATE = "update contacts set state = $2 where contact_id = $1"


class Statement:
    """Several writes of different rows that go to the server as one; none sees what another does.

    Rows go as plain values: for a few of them, encoding arrays costs more than all the rest.
    """

    def __init__(self) -> None:
        """Nothing to write yet."""
        self._parts: list[str] = []
        self._arguments: list[Any] = []
        self._unless = ""

    def unless_changed(self, standing: Sequence[Any]) -> None:
        """First of all: update this one standing (`UPDATE_SEEN_STANDING`), and write the rest only if that did."""
        self._add(UPDATE_SEEN_STANDING, standing)
        self._unless = "exists (select from w0)"

    def update(self, sql: str, arguments: Sequence[Any]) -> None:
        """An update whose parameters are numbered from 1; it ends with its condition."""
        self._add(f"{sql} and {self._unless}" if self._unless else sql, arguments)

    def select(self, sql: str, arguments: Sequence[Any]) -> None:
        """An insert whose parameters are numbered from 1; it ends with a select without condition."""
        self._add(f"{sql} where {self._unless}" if self._unless else sql, arguments)

    def insert(self, table: str, columns: Mapping[str, str], records: Iterable[Sequence[Any]]) -> None:
        """These rows, if there are any."""
        rows = list(records)
        if rows:
            self.select(_insert(table, tuple(columns.items()), len(rows)), [value for row in rows for value in row])

    async def execute(self, conn: Connection) -> bool:
        """Write all of it; False when the standing had changed, and nothing was written."""
        parts = ", ".join(f"w{number} as ({sql})" for number, sql in enumerate(self._parts))
        return bool(await conn.fetchval(f"with {parts} select {self._unless or 'true'}", *self._arguments))

    def _add(self, sql: str, arguments: Sequence[Any]) -> None:
        self._parts.append(_numbered(sql, len(self._arguments)))
        self._arguments += arguments


@lru_cache(maxsize=256)
def _insert(table: str, columns: tuple[tuple[str, str], ...], rows: int) -> str:
    names = ", ".join(name for name, _ in columns)
    kinds = [kind for _, kind in columns]
    values = (
        f"({', '.join(f'${row * len(kinds) + n}::{kind}' for n, kind in enumerate(kinds, 1))})" for row in range(rows)
    )
    return f"insert into {table} ({names}) select * from (values {', '.join(values)}) as told"


@lru_cache(maxsize=1024)
def _numbered(sql: str, first: int) -> str:
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + first}", sql)
