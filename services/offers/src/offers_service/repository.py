"""All SQL of the offers service.

What always holds: locks are taken in the order customers (by key), stock rows (by offer id), offers. Whoever changes
what is announced of an offer holds its stock row, so under that lock the announced document stands still.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any

import orjson

from offers_service.domain.ledger import Acceptance, Stock
from rapport.contracts.offers import OfferChanged, OfferState, Quota
from rapport.db import Connection, Pool, lock_key

# --- catalogue

_OFFER = """
select o.id as offer_id, o.version, o.state, o.content, o.announced, o.changed_at, s.total, s.accepted
from offers o join stock s on s.offer_id = o.id
"""


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer as planners see it."""

    offer_id: str
    version: int
    state: OfferState
    content: dict[str, Any]
    announced: dict[str, Any] | None
    changed_at: datetime
    total: int | None
    """The stock in force."""
    accepted: int

    @property
    def sold_out(self) -> bool:
        """Nothing is left of the stock in force."""
        return Stock(self.total, self.accepted).sold_out

    @property
    def in_force(self) -> int | None:
        """The version that customers see, if any."""
        if self.announced is None or self.announced["state"] != "published":
            return None
        version: int = self.announced["version"]
        return version


async def offer(conn: Connection, offer_id: str) -> OfferRow | None:
    """One offer."""
    row = await conn.fetchrow(f"{_OFFER} where o.id = $1", offer_id)
    return OfferRow(**row) if row else None


async def locked_offer(conn: Connection, offer_id: str) -> OfferRow | None:
    """One offer with its stock, both locked: nobody accepts, edits or announces it meanwhile."""
    await conn.execute("select from stock where offer_id = $1 for update", offer_id)
    row = await conn.fetchrow(f"{_OFFER} where o.id = $1 for update of o", offer_id)
    return OfferRow(**row) if row else None


async def offers_after(conn: Connection, offer_id: str, state: OfferState | None, limit: int) -> list[OfferRow]:
    """Up to `limit` offers in order of their ids, after `offer_id`."""
    rows = await conn.fetch(
        f"{_OFFER} where o.id > $1 and ($2::text is null or o.state = $2) order by o.id limit $3",
        offer_id,
        state,
        limit,
    )
    return [OfferRow(**row) for row in rows]


async def insert_draft(conn: Connection, offer_id: str, content: dict[str, Any], now: datetime) -> bool:
    """Store a new offer; False when there already is one of this id."""
    inserted = await conn.fetchval(
        "insert into offers (id, version, state, content, changed_at) values ($1, 1, 'draft', $2, $3) "
        "on conflict do nothing returning true",
        offer_id,
        content,
        now,
    )
    if inserted:
        await conn.execute("insert into stock (offer_id) values ($1)", offer_id)
    return bool(inserted)


async def update_draft(conn: Connection, offer_id: str, content: dict[str, Any], now: datetime) -> None:
    """Store an edited content as the next version."""
    await conn.execute(
        "update offers set version = version + 1, state = 'draft', content = $2, changed_at = $3 where id = $1",
        offer_id,
        content,
        now,
    )


async def announce(conn: Connection, event: OfferChanged, now: datetime) -> None:
    """Store the event's document as the newest announced one, its version and state as the offer's, and the stock."""
    await conn.execute("update stock set total = $2 where offer_id = $1", event.offer_id, event.stock)
    await conn.execute(
        "update offers set version = $2, state = $3, announced = $4, changed_at = $5 where id = $1",
        event.offer_id,
        event.version,
        event.state,
        event.model_dump_json(),
        now,
    )


Availability = tuple[bool, tuple[Quota, ...]]
"""Whether an offer is sold out, and its exhausted quotas."""


async def mark_available(
    conn: Connection, available: Mapping[str, Availability], now: datetime
) -> list[dict[str, Any]]:
    """Note in the announced documents what is left of the offers; the documents, each a version on."""
    rows = await conn.fetch(
        """
        update offers set version = version + 1, changed_at = $4,
            announced = announced || jsonb_build_object(
                'version', version + 1, 'sold_out', change.sold_out, 'exhausted_quotas', change.quotas::jsonb)
        from unnest($1::text[], $2::boolean[], $3::text[]) as change (offer_id, sold_out, quotas)
        where offers.id = change.offer_id
        returning announced
        """,
        list(available),
        [sold_out for sold_out, _quotas in available.values()],
        [orjson.dumps([quota.model_dump() for quota in quotas]).decode() for _sold_out, quotas in available.values()],
        now,
    )
    return [row["announced"] for row in rows]


async def announced_since(conn: Connection, known: Mapping[str, str]) -> list[tuple[str, str, dict[str, Any] | None]]:
    """The announced ones among these offers: id, stamp, and the document where the stamp is not the known one.

    The stamp names who wrote the row besides the version, since a version that is rolled back is given out again.
    """
    rows = await conn.fetch(
        """
        select id, stamp, case when stamp <> known then doc end
        from (select *, xmin || '/' || version as stamp from catalogue) as stamped
        join unnest($1::text[], $2::text[]) as wanted (offer_id, known) on id = offer_id
        """,
        list(known),
        list(known.values()),
    )
    return [(offer_id, stamp, document) for offer_id, stamp, document in rows]


# --- ledger

_COLUMNS = ", ".join(field.name for field in fields(Acceptance))
_INSERT_ACCEPTANCES = f"""
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


async def acceptances(conn: Connection, acceptance_ids: Collection[str]) -> dict[str, Acceptance]:
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


async def insert_acceptances(conn: Connection, rows: Sequence[Acceptance]) -> None:
    """Write new rows."""
    await conn.execute(_INSERT_ACCEPTANCES, *map(list, zip(*map(astuple, rows), strict=True)))


async def acceptances_before(
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


async def locked_acceptance(conn: Connection, acceptance_id: str) -> Acceptance | None:
    """One row, under the lock of its customer."""
    customer_id = await conn.fetchval("select customer_id from acceptances where acceptance_id = $1", acceptance_id)
    if customer_id is None:
        return None
    await lock_customers(conn, [customer_id])
    return (await acceptances(conn, [acceptance_id]))[acceptance_id]


async def update_acceptance(conn: Connection, row: Acceptance) -> None:
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


# --- customers and their contacts

_STOREFRONT = """
select c.doc,
    (select array_agg(array[a.offer_id, a.goal]) from acceptances a
        where a.customer_id = c.id and a.state = 'accepted') as accepted,
    (select array_agg(array[w.offer_id, w.contact_id] order by w.contact_id) from web_contacts w
        where w.customer_id = c.id and w.closed_at is null and (w.expires_at is null or w.expires_at > $2)) as contacts
from replica_customers c where c.id = $1
"""


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a storefront has to know of a customer."""

    document: Mapping[str, Any]
    accepted: Mapping[str, str]
    """Offers that stand accepted, with their goals."""
    contacts: Mapping[str, str]
    """Offers of open web contacts, with the oldest contact of each."""


async def visitor(pool: Pool, customer_id: str, now: datetime) -> Visitor | None:
    """One customer, in one statement."""
    row = await pool.fetchrow(_STOREFRONT, customer_id, now)
    if row is None:
        return None
    contacts = dict(reversed(row["contacts"])) if row["contacts"] else {}
    return Visitor(row["doc"], dict(row["accepted"] or ()), contacts)


async def customers(conn: Connection, customer_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The documents of those of these customers that are known."""
    rows = await conn.fetch("select id, doc from replica_customers where id = any($1)", list(customer_ids))
    return {row["id"]: row["doc"] for row in rows}


async def open_web_contacts(conn: Connection, contacts: Iterable[tuple[str, str, str, datetime | None]]) -> None:
    """Store released contacts (customer, contact, offer, expiry) of customers that are known.

    A contact already stored stays as it is, closed or not.
    """
    columns = [list(column) for column in zip(*contacts, strict=True)]
    await conn.execute(
        """
        insert into web_contacts (customer_id, contact_id, offer_id, expires_at)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as new (customer_id)
        where exists (select from replica_customers where id = new.customer_id)
        on conflict do nothing
        """,
        *columns,
    )


async def close_web_contacts(conn: Connection, contacts: Iterable[tuple[str, str]], now: datetime) -> None:
    """Close contacts (customer, contact); those that are no web contacts are passed over."""
    columns = [list(column) for column in zip(*contacts, strict=True)]
    await conn.execute(
        """
        update web_contacts as w set closed_at = $3
        from unnest($1::text[], $2::text[]) as gone (customer_id, contact_id)
        where w.customer_id = gone.customer_id and w.contact_id = gone.contact_id and w.closed_at is null
        """,
        *columns,
        now,
    )


async def purge(conn: Connection, before: datetime) -> None:
    """Delete contacts closed before that instant."""
    await conn.execute("delete from web_contacts where closed_at < $1", before)


async def mark_complete(conn: Connection, topic: str, now: datetime) -> None:
    """Note that the replica of this topic has once held all there was."""
    await conn.execute("insert into complete_replicas (topic, at) values ($1, $2) on conflict do nothing", topic, now)


async def is_complete(pool: Pool, topic: str) -> bool:
    """Whether the replica of this topic has once held all there was."""
    return bool(await pool.fetchval("select exists (select from complete_replicas where topic = $1)", topic))
