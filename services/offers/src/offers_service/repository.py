"""All SQL of the offers service.

What always holds: locks are taken in the order customers (by key), stock rows (by offer id), offers. Whoever changes
what is announced of an offer holds its stock row, so under that lock the announced document stands still.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import orjson

from offers_service.domain.approval import EditState
from offers_service.domain.ledger import Acceptance, Stock
from rapport.contracts.offers import OfferChanged, Quota
from rapport.db import Connection, Pool, lock, lock_key

# --- catalogue

_OFFER = """
select o.id as offer_id, o.version, o.state, o.content, o.announced, o.changed_at, s.total, s.accepted, o.authors,
    o.submitted_by, o.approved_by
from offers o join stock s on s.offer_id = o.id
"""


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer as planners see it."""

    offer_id: str
    version: int
    state: EditState
    content: dict[str, Any]
    announced: dict[str, Any] | None
    changed_at: datetime
    total: int | None
    """The stock in force."""
    accepted: int
    authors: list[str]
    """Who has edited the content since it was last published."""
    submitted_by: str | None
    approved_by: str | None

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


async def offers_after(conn: Connection, offer_id: str, state: EditState | None, limit: int) -> list[OfferRow]:
    """Up to `limit` offers in order of their ids, after `offer_id`."""
    rows = await conn.fetch(
        f"{_OFFER} where o.id > $1 and ($2::text is null or o.state = $2) order by o.id limit $3",
        offer_id,
        state,
        limit,
    )
    return [OfferRow(**row) for row in rows]


async def insert_draft(conn: Connection, offer_id: str, content: dict[str, Any], author: str, now: datetime) -> bool:
    """Store a new offer; False when there already is one of this id."""
    inserted = await conn.fetchval(
        "insert into offers (id, version, state, content, authors, changed_at) "
        "values ($1, 1, 'draft', $2, array[$3], $4) on conflict do nothing returning true",
        offer_id,
        content,
        author,
        now,
    )
    if inserted:
        await conn.execute("insert into stock (offer_id) values ($1)", offer_id)
        await keep_version(conn, offer_id, author)
    return bool(inserted)


async def update_draft(conn: Connection, offer_id: str, content: dict[str, Any], author: str, now: datetime) -> None:
    """Store an edited content as the next version; whoever approved or submitted the one before has not seen it."""
    await conn.execute(
        """
        update offers set version = version + 1, state = 'draft', content = $2, submitted_by = null,
            approved_by = null, changed_at = $4, authors = case when state = 'published' then array[$3]
            when $3 = any(authors) then authors else authors || $3 end
        where id = $1
        """,
        offer_id,
        content,
        author,
        now,
    )
    await keep_version(conn, offer_id, author)


async def mark_submitted(conn: Connection, offer_id: str, submitter: str, now: datetime) -> None:
    """The content waits for approval."""
    await conn.execute(
        "update offers set version = version + 1, state = 'submitted', submitted_by = $2, approved_by = null, "
        "changed_at = $3 where id = $1",
        offer_id,
        submitter,
        now,
    )
    await keep_version(conn, offer_id, submitter)


async def mark_approved(conn: Connection, offer_id: str, approver: str, now: datetime) -> None:
    """The content may be published as it stands."""
    await conn.execute(
        "update offers set version = version + 1, state = 'approved', approved_by = $2, changed_at = $3 where id = $1",
        offer_id,
        approver,
        now,
    )
    await keep_version(conn, offer_id, approver)


async def keep_version(conn: Connection, offer_id: str, by: str) -> None:
    """Keep the present version as a step that somebody took."""
    await conn.execute(
        "insert into offer_versions (offer_id, version, state, content, by, at) "
        "select id, version, state, content, $2, changed_at from offers where id = $1",
        offer_id,
        by,
    )


async def versions_before(conn: Connection, offer_id: str, before: int | None, limit: int) -> list[Any]:
    """Up to `limit` steps of an offer without their contents, newest first, before a version."""
    return await conn.fetch(
        "select version, state, by, at from offer_versions where offer_id = $1 and ($2::bigint is null or version < $2)"
        " order by version desc limit $3",
        offer_id,
        before,
        limit,
    )


async def version(conn: Connection, offer_id: str, number: int) -> Any:
    """One step with its content, or None."""
    return await conn.fetchrow(
        "select version, state, by, at, content from offer_versions where offer_id = $1 and version = $2",
        offer_id,
        number,
    )


async def version_before(conn: Connection, offer_id: str, number: int) -> int | None:
    """The step before a version, if there is one."""
    found: int | None = await conn.fetchval(
        "select max(version) from offer_versions where offer_id = $1 and version < $2", offer_id, number
    )
    return found


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


# --- ranking

_RANKING = "version, state, content, announced, authors, submitted_by, approved_by, changed_at"


@dataclass(frozen=True, slots=True)
class RankingRow:
    """The ranking as planners see it."""

    version: int
    state: EditState
    content: dict[str, Any]
    announced: dict[str, Any] | None
    authors: list[str]
    """Who has edited the content since it was last approved."""
    submitted_by: str | None
    approved_by: str | None
    changed_at: datetime


async def ranking(conn: Connection, ranking_id: str) -> RankingRow | None:
    """A ranking, unless nobody has written it yet."""
    row = await conn.fetchrow(f"select {_RANKING} from rankings where id = $1", ranking_id)
    return RankingRow(**row) if row else None


async def locked_ranking(conn: Connection, ranking_id: str) -> RankingRow | None:
    """A ranking as it stands until the transaction ends; of one that nobody has written nobody writes the first."""
    await lock(conn, f"offers.ranking.{ranking_id}")
    return await ranking(conn, ranking_id)


async def save_ranking(conn: Connection, ranking_id: str, row: RankingRow, by: str) -> None:
    """Store the next version of a ranking that the caller has locked, and keep it as a step of somebody."""
    await conn.execute(
        f"""
        insert into rankings (id, {_RANKING}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (id) do update set version = $2, state = $3, content = $4, announced = $5, authors = $6,
            submitted_by = $7, approved_by = $8, changed_at = $9
        """,
        ranking_id,
        *astuple(row),
    )
    await conn.execute(
        "insert into ranking_versions (ranking_id, version, state, content, by, at) values ($1, $2, $3, $4, $5, $6)",
        ranking_id,
        row.version,
        row.state,
        row.content,
        by,
        row.changed_at,
    )


async def ranking_versions_before(conn: Connection, ranking_id: str, before: int | None, limit: int) -> list[Any]:
    """Up to `limit` steps of a ranking with their contents, newest first, before a version."""
    return await conn.fetch(
        "select version, state, by, at, content from ranking_versions "
        "where ranking_id = $1 and ($2::bigint is null or version < $2) order by version desc limit $3",
        ranking_id,
        before,
        limit,
    )


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
    (select array_agg(a.offer_id) from acceptances a where a.customer_id = c.id and a.state = 'revoked') as revoked,
    (select json_agg(json_build_array(f.offer_id, f.kind, greatest(f.at, f.call_back_at))) from contact_facts f
        where f.customer_id = c.id and not exists (
            select from acceptances a where a.customer_id = f.customer_id and a.offer_id = f.offer_id
                and a.state = 'revoked' and a.at >= f.at)) as words,
    (select array_agg(array[a.offer_id, a.goal]) from acceptances a
        where a.customer_id = c.id and a.state = 'accepted') as accepted,
    (select array_agg(array[w.offer_id, w.contact_id] order by w.contact_id) from web_contacts w
        where w.customer_id = c.id and w.closed_at is null and (w.expires_at is null or w.expires_at > $2)) as contacts
from replica_customers c where c.id = $1
"""


_HOUSEHOLD = """
with others as materialized (
    select id from replica_customers where doc ->> 'household' = $1 and id <> $2
)
select
    (select array_agg(a.offer_id) from others join acceptances a on a.customer_id = others.id
        where a.state = 'accepted') as accepted,
    (select json_agg(json_build_array(f.offer_id, greatest(f.at, f.call_back_at)))
        from others join contact_facts f on f.customer_id = others.id
        where f.kind = 'promised' and not exists (
            select from acceptances a where a.customer_id = f.customer_id and a.offer_id = f.offer_id
                and a.state in ('accepted', 'revoked') and a.at >= f.at)) as promised
"""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a storefront has to know of a customer."""

    document: Mapping[str, Any]
    accepted: Mapping[str, str]
    """Offers that stand accepted, with their goals."""
    contacts: Mapping[str, str]
    """Offers of open web contacts, with the oldest contact of each."""
    once_accepted: Sequence[str]
    """Offers whose acceptance was taken back."""
    household_accepted: Sequence[str]
    """Offers that stand accepted by other members of the household."""
    refused: Mapping[str, datetime]
    """Offers that the customer has refused, as the newest word on them, and when."""
    promised: Mapping[str, datetime]
    """Offers that the customer, or somebody of the household, was interested in as the newest word, and when last."""


async def visitor(pool: Pool | Connection, customer_id: str, now: datetime) -> Visitor | None:
    """One customer, in one statement; in another, what those who share their household have and want."""
    row = await pool.fetchrow(_STOREFRONT, customer_id, now)
    if row is None:
        return None
    contacts = dict(reversed(row["contacts"])) if row["contacts"] else {}
    household = row["doc"].get("household")
    others = None if household is None else await pool.fetchrow(_HOUSEHOLD, household, customer_id)
    accepted_by_others, promised_to_others = (None, None) if others is None else others
    refused, promised = _words(row["words"] or (), promised_to_others or ())
    return Visitor(
        row["doc"],
        dict(row["accepted"] or ()),
        contacts,
        row["revoked"] or (),
        accepted_by_others or (),
        refused,
        promised,
    )


def _words(
    own: Iterable[tuple[str, str, str]], of_household: Iterable[tuple[str, str]]
) -> tuple[dict[str, datetime], dict[str, datetime]]:
    """What was refused and what was promised, and when last."""
    refused = {offer_id: datetime.fromisoformat(at) for offer_id, kind, at in own if kind == "refused"}
    promised: dict[str, datetime] = {}
    for offer_id, at in (*((o, at) for o, kind, at in own if kind == "promised"), *of_household):
        promised[offer_id] = max(datetime.fromisoformat(at), promised.get(offer_id, _LONG_AGO))
    return refused, promised


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


async def keep_words(conn: Connection, words: Iterable[tuple[str, str, str, datetime, datetime | None]]) -> None:
    """Note what customers said of offers (customer, offer, kind, at, call back at): the newest of each pair counts.

    Of customers that are not known nothing is kept.
    """
    newest = {(word[0], word[1]): word for word in sorted(words, key=itemgetter(3))}
    if not newest:
        return
    await conn.execute(
        """
        insert into contact_facts as known (customer_id, offer_id, kind, at, call_back_at)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
            as new (customer_id, offer_id, kind, at, call_back_at)
        where exists (select from replica_customers where id = new.customer_id)
        on conflict (customer_id, offer_id) do update
            set kind = excluded.kind, at = excluded.at, call_back_at = excluded.call_back_at
            where excluded.at >= known.at
        """,
        *map(list, zip(*(newest[pair] for pair in sorted(newest)), strict=True)),
    )


async def forget_words(conn: Connection, before: datetime) -> None:
    """Delete what was said so long ago that no ranking looks at it."""
    await conn.execute("delete from contact_facts where greatest(at, call_back_at) < $1", before)


async def purge(conn: Connection, before: datetime) -> None:
    """Delete contacts closed before that instant."""
    await conn.execute("delete from web_contacts where closed_at < $1", before)


async def mark_complete(conn: Connection, topic: str, now: datetime) -> None:
    """Note that the replica of this topic has once held all there was."""
    await conn.execute("insert into complete_replicas (topic, at) values ($1, $2) on conflict do nothing", topic, now)


async def is_complete(pool: Pool, topic: str) -> bool:
    """Whether the replica of this topic has once held all there was."""
    return bool(await pool.fetchval("select exists (select from complete_replicas where topic = $1)", topic))
