"""How the work on customers is written: its tables, its updates, and many small writes in one statement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapport.db import Queryable
from rapport.messaging.outbox import PARCEL_COLUMNS

AT_ONCE = 12
"""Up to so many rows go in one statement; from there on COPY is faster."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table that rows are added to: its name, and the type of each column that is written."""

    name: str
    columns: Mapping[str, str]

    @property
    def tells_owner(self) -> bool:
        """Whether a row tells whose it is."""
        return "customer_id" in self.columns


REQUESTS = Table(
    "requests",
    {
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
    },
)
CONTACTS = Table(
    "contacts",
    {
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
    },
)
POPUPS = Table(
    "popups",
    {
        "popup_id": "text",
        "customer_id": "text",
        "at": "timestamptz",
        "place": "text",
        "agent": "text",
        "channel": "text",
        "body": "json",
    },
)
TIMELINE = Table(
    "timeline",
    {
        "customer_id": "text",
        "seq": "bigint",
        "at": "timestamptz",
        "type": "text",
        "channel": "text",
        "contact_id": "text",
        "request_id": "text",
        "body": "json",
        "facts_id": "uuid",
    },
)
OUTBOX = Table("outbox", PARCEL_COLUMNS)

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
UPDATE_REQUEST = """
update requests set state = $3, next_look = $4, channel = $5, contact_id = $6, because = $7
where customer_id = $1 and request_id = $2
"""
UPDATE_STATE = "update contacts set state = $2 where contact_id = $1"


class Statement:
    """Several writes of different rows that go to the server as one; none sees what another does.

    Rows go as plain values: for a few of them, encoding arrays costs more than all the rest. What is written of whom is
    told apart by its owner, a customer: where standings are to be changed only `unless_changed`, everything of an owner
    whose standing has changed is left out.
    """

    def __init__(self, *, waits: bool = True) -> None:
        """Nothing to write yet.

        Args:
            waits: for a standing that was read and that somebody has locked since; else it counts as changed.
        """
        self._waits = waits
        self._seen: list[Sequence[Any]] = []
        self._updates: list[tuple[str, str, Sequence[Any]]] = []
        self._rows: dict[Table, list[tuple[str, Sequence[Any]]]] = {}

    def unless_changed(self, standing: Sequence[Any]) -> None:
        """Update a standing, and write what its customer owns, only if both it and the document are as they were read.

        Args:
            standing: customer_id, seq, live, body; then the row and the document's version that were read.
        """
        self._seen.append(standing)

    def update(self, owner: str, sql: str, arguments: Sequence[Any]) -> None:
        """An update whose parameters are numbered from 1; it ends with its condition."""
        self._updates.append((owner, sql, arguments))

    def insert(self, owner: str, table: Table, records: Iterable[Sequence[Any]]) -> None:
        """These rows, if there are any."""
        for record in records:
            self._rows.setdefault(table, []).append((owner, record))

    async def execute(self, conn: Queryable) -> set[str]:
        """Write it all; of `unless_changed` the customers of whom something was written. Only one of these can wait."""
        told = bool(self._seen)
        arguments: list[Any] = []
        for standing in self._seen:
            arguments += standing
        for owner, _, values in self._updates:
            arguments += values
            if told:
                arguments.append(owner)
        for table, rows in self._rows.items():
            for owner, values in rows:
                arguments += values
                if told and not table.tells_owner:
                    arguments.append(owner)
        inserts = tuple((table, len(rows)) for table, rows in self._rows.items())
        sql = _statement(len(self._seen), self._waits, tuple(sql for _, sql, _ in self._updates), inserts)
        return {row[0] for row in await conn.fetch(sql, *arguments)}


@lru_cache(maxsize=1024)
def _statement(seen: int, waits: bool, updates: tuple[str, ...], inserts: tuple[tuple[Table, int], ...]) -> str:
    """The text for so many standings that were read, these updates, and so many rows of each table.

    Kept, because a pop-up always writes the same, and putting the text together takes longer than much of what it says.
    """
    parts = [_SEEN if seen == 1 and waits else _seen_without_waiting(seen)] if seen else []
    last = seen * _SEEN_VALUES
    for number, sql in enumerate(updates):
        only, own = "", last + max(int(found) for found in re.findall(r"\$(\d+)", sql))
        if seen:
            own += 1
            only = f" and exists (select from written where customer_id = ${own})"
        parts.append(f"u{number} as ({_numbered(sql, last)}{only})")
        last = own
    for table, rows in inserts:
        adds_owner = seen > 0 and not table.tells_owner
        kinds = [*table.columns.values(), *(["text"] if adds_owner else [])]
        values = (
            f"({', '.join(f'${last + row * len(kinds) + n}::{kind}' for n, kind in enumerate(kinds, 1))})"
            for row in range(rows)
        )
        names, only = ", ".join(table.columns), ""
        if seen:
            owner = "owner" if adds_owner else "customer_id"
            only = f" where told.{owner} in (select customer_id from written)"
        told = f"(values {', '.join(values)}) as told ({names}{', owner' if adds_owner else ''})"
        parts.append(f"told_{table.name} as (insert into {table.name} ({names}) select {names} from {told}{only})")
        last += rows * len(kinds)
    return f"with {', '.join(parts)} select {'customer_id from written' if seen else 'null where false'}"


_SEEN_VALUES = 6
_SEEN = f"""written as (
    {UPDATE_STANDING} and xmin::text = $5 and exists (select from replica_customers where id = $1 and version = $6)
    returning customer_id
)"""
"""Only while the row is the very one that was read, and the customer's document too."""


def _seen_without_waiting(count: int) -> str:
    """As `_SEEN`, of several: whoever is locked by somebody else is left out."""
    first = [n * _SEEN_VALUES for n in range(count)]
    seen = ", ".join(f"(${n + 1}::text, ${n + 5}::text, ${n + 6}::bigint)" for n in first)
    told = ", ".join(f"(${n + 1}::text, ${n + 2}::bigint, ${n + 3}::integer, ${n + 4}::json)" for n in first)
    return f"""mine as materialized (
    select s.customer_id from (values {seen}) as seen (customer_id, row, version) join standings s using (customer_id)
    where s.xmin::text = seen.row
        and exists (select from replica_customers c where c.id = seen.customer_id and c.version = seen.version)
    for update of s skip locked
), written as (
    update standings s set seq = told.seq, live = told.live, body = told.body
    from (values {told}) as told (customer_id, seq, live, body) join mine using (customer_id)
    where s.customer_id = told.customer_id returning s.customer_id
)"""


def _numbered(sql: str, first: int) -> str:
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + first}", sql)
