"""The ledger: acceptances, and the stock and quotas that they count against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, fields
from datetime import datetime
from typing import Any

from offers_service.domain.ledger import Acceptance, Stock
from rapport.db import Connection, lock_key

_COLUMNS = ", ".join(field.name for field in fields(Acceptance))
_INSERT = f"""
insert into acceptances ({_COLUMNS})
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::timestamptz[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::text[], $15::text[],
    $16::text[], $17::text[], $18::timestamptz[], $19::text[], $20::text[])
"""


async def lock_customers(conn: Connection, customer_ids: Collection[str]) -> None:
    """Wait for the ledger's locks of these customers and hold them until the transaction ends."""
    keys = sorted({lock_key(f"ledger.{customer_id}") for customer_id in customer_ids})
    await conn.execute("select pg_advisory_xact_lock(key) from unnest($1::bigint[]) as key", keys)


async def lock_stock(conn: Connection, offer_ids: Collection[str]) -> dict[str, Stock]:
    """The stock of those of these offers that exist, locked."""
    rows = await conn.fetch(
        "select offer_id, total, accepted from stock where offer_id = any($1) order by offer_id for update",
        list(offer_ids),
    )
    return {row["offer_id"]: Stock(row["total"], row["accepted"]) for row in rows}


async def save_stock(conn: Connection, stock: Mapping[str, Stock]) -> None:
    """Store how many are accepted of these offers, whose rows are locked."""
    await conn.execute(
        "update stock set accepted = now.accepted from unnest($1::text[], $2::int[]) as now (offer_id, accepted) "
        "where stock.offer_id = now.offer_id",
        list(stock),
        [level.accepted for level in stock.values()],
    )


async def by_ids(conn: Connection, acceptance_ids: Collection[str]) -> dict[str, Acceptance]:
    """The rows of these ids, by id."""
    rows = await conn.fetch(f"select {_COLUMNS} from acceptances where acceptance_id = any($1)", list(acceptance_ids))
    return {row["acceptance_id"]: Acceptance(**row) for row in rows}


async def held_by(conn: Connection, customer_ids: Collection[str]) -> dict[str, dict[tuple[str, str], str]]:
    """What stands accepted, per customer: offer and term to acceptance id."""
    held: dict[str, dict[tuple[str, str], str]] = {}
    for customer_id, offer_id, term, acceptance_id in await conn.fetch(
        "select customer_id, offer_id, term, acceptance_id from acceptances "
        "where customer_id = any($1) and state = 'accepted'",
        list(customer_ids),
    ):
        held.setdefault(customer_id, {})[offer_id, term] = acceptance_id
    return held


async def insert(conn: Connection, rows: Sequence[Acceptance]) -> None:
    """Write new rows."""
    await conn.execute(_INSERT, *map(list, zip(*map(astuple, rows), strict=True)))


async def page(
    conn: Connection,
    before: tuple[datetime, str] | None,
    limit: int,
    *,
    customer_id: str | None = None,
    offer_id: str | None = None,
    state: str | None = None,
) -> list[Acceptance]:
    """Up to `limit` rows, newest first, that lie before a place (instant, acceptance id)."""
    asked: list[Any] = []

    def given(value: Any) -> str:
        asked.append(value)
        return f"${len(asked)}"

    wanted = {"customer_id": customer_id, "offer_id": offer_id, "state": state}
    where = [f"{name} = {given(value)}" for name, value in wanted.items() if value is not None]
    if before is not None:
        where.append(f"(at, acceptance_id) < ({given(before[0])}, {given(before[1])})")
    rows = await conn.fetch(
        f"select {_COLUMNS} from acceptances where {' and '.join(where) or 'true'} "
        f"order by at desc, acceptance_id desc limit {given(limit)}",
        *asked,
    )
    return [Acceptance(**row) for row in rows]


EXPORTED = {
    "accepted": ("at", "state <> 'refused'"),
    "refused": ("at", "state = 'refused'"),
    "revoked": ("revoked_at", "revoked_at is not null"),
    "fulfilled": ("fulfilled_at", "fulfilled_at is not null"),
}
"""What may be exported: the instant at which it happened, which never changes afterwards, and which rows it is of."""


async def export_page(
    conn: Connection, what: str, after: tuple[datetime, str], until: datetime, limit: int
) -> list[Acceptance]:
    """Up to `limit` rows of which this happened before `until`, in order, that lie after a place (instant, id)."""
    instant, which = EXPORTED[what]
    rows = await conn.fetch(
        f"select {_COLUMNS} from acceptances where {which} and ({instant}, acceptance_id) > ($1, $2) "
        f"and {instant} < $3 order by {instant}, acceptance_id limit $4",
        *after,
        until,
        limit,
    )
    return [Acceptance(**row) for row in rows]


async def locked(conn: Connection, acceptance_id: str) -> Acceptance | None:
    """One row, under the lock of its customer."""
    customer_id = await conn.fetchval("select customer_id from acceptances where acceptance_id = $1", acceptance_id)
    if customer_id is None:
        return None
    await lock_customers(conn, [customer_id])
    return (await by_ids(conn, [acceptance_id]))[acceptance_id]


async def update(conn: Connection, row: Acceptance) -> None:
    """Store what has become of a row since it was written."""
    await conn.execute(
        """
        update acceptances set state = $2, revoked_at = $3, revoked_because = $4, note = $5, fulfilled_at = $6,
            reference = $7
        where acceptance_id = $1
        """,
        row.acceptance_id,
        row.state,
        row.revoked_at,
        row.revoked_because,
        row.note,
        row.fulfilled_at,
        row.reference,
    )


async def counts(conn: Connection, offer_ids: Collection[str]) -> dict[str, Counter[tuple[str, str | None]]]:
    """How many stand accepted of these offers, whose stock rows are locked, by channel and unit."""
    found: dict[str, Counter[tuple[str, str | None]]] = {offer_id: Counter() for offer_id in offer_ids}
    for offer_id, channel, unit, accepted in await conn.fetch(
        "select offer_id, channel, unit, accepted from acceptance_counts where offer_id = any($1)", list(offer_ids)
    ):
        found[offer_id][channel, unit or None] = accepted
    return found


async def add_counts(conn: Connection, rows: Sequence[Acceptance]) -> None:
    """Count rows that were accepted; the stock rows of their offers are locked."""
    added = Counter((row.offer_id, row.channel, row.unit or "") for row in rows if row.state == "accepted")
    if added:
        await conn.execute(
            """
            insert into acceptance_counts as known
            select * from unnest($1::text[], $2::text[], $3::text[], $4::int[])
            on conflict (offer_id, channel, unit) do update set accepted = known.accepted + excluded.accepted
            """,
            *map(list, zip(*added, strict=True)),
            list(added.values()),
        )


async def drop_count(conn: Connection, row: Acceptance) -> None:
    """One acceptance of this offer, channel and unit less; the stock row of the offer is locked."""
    await conn.execute(
        "update acceptance_counts set accepted = accepted - 1 where offer_id = $1 and channel = $2 and unit = $3",
        row.offer_id,
        row.channel,
        row.unit or "",
    )
