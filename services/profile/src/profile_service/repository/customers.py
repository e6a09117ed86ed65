"""Customers, their consents, and do-not-call phones.

What always holds: whoever writes about a customer has locked the row with `lock_customers` before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from profile_service.domain.documents import unknown
from rapport.contracts.profile import CustomerUpserted
from rapport.contracts.vocabulary import Channel
from rapport.db import Connection, lock_key

_DO_NOT_CALL_LOCK = lock_key("profile.do-not-call")


_ROWS = "select * from unnest($1::text[], $2::bigint[], $3::jsonb[])"


class CreatedMeanwhile(Exception):
    """Another transaction has created a customer whom this one found missing. Look again: now they can be locked."""


class Statement(NamedTuple):
    """A consent as it was said, with its proof; the columns of `consents`."""

    customer_id: str
    channel: Channel
    purpose: str
    at: datetime
    granted: bool
    source: str
    proof: str | None
    recorded_at: datetime
    recorded_by: str


class Stored(NamedTuple):
    """A row of `customers`; the document as JSON."""

    customer_id: str
    version: int
    doc: bytes


class Erasure(NamedTuple):
    """That a customer was erased: the version that the document had, and when."""

    version: int
    at: datetime


async def share_do_not_call_list(conn: Connection) -> None:
    """Keep the list of do-not-call phones as it is until the transaction ends. Before any customer is locked."""
    await conn.execute("select pg_advisory_xact_lock_shared($1)", _DO_NOT_CALL_LOCK)


async def own_do_not_call_list(conn: Connection) -> None:
    """Wait until nobody is writing phones, and keep others from it until the transaction ends."""
    await conn.execute("select pg_advisory_xact_lock($1)", _DO_NOT_CALL_LOCK)


async def lock_customers(conn: Connection, customer_ids: Iterable[str]) -> dict[str, CustomerUpserted]:
    """Lock these customers, in the order of their ids. One who is not there is `unknown`, and not locked: whoever
    creates the customer first wins (`write_customers`)."""
    wanted = sorted(set(customer_ids))
    rows = await conn.fetch(
        """
        select customer_id, doc::text from customers where customer_id = any($1::text[])
        order by customer_id for update
        """,
        wanted,
    )
    return {customer_id: unknown(customer_id) for customer_id in wanted} | {row[0]: _document(row) for row in rows}


async def write_customers(conn: Connection, new: Sequence[Stored], known: Sequence[Stored]) -> None:
    """Store the documents of customers who are not there yet, and of locked ones.

    Raises:
        CreatedMeanwhile: somebody else has created one of the new ones.
    """
    if new:
        status = await conn.execute(f"insert into customers {_ROWS} order by 1 on conflict do nothing", *_columns(new))
        if status != f"INSERT 0 {len(new)}":
            raise CreatedMeanwhile
    if known:
        await conn.execute(
            f"""
            update customers as stored set version = written.version, doc = written.doc
            from ({_ROWS}) as written (customer_id, version, doc) where stored.customer_id = written.customer_id
            """,
            *_columns(known),
        )


async def customer(conn: Connection, customer_id: str) -> CustomerUpserted | None:
    """The document, not locked."""
    row = await conn.fetchrow("select customer_id, doc::text from customers where customer_id = $1", customer_id)
    return None if row is None else _document(row)


async def customers(conn: Connection, *, phone_index: str | None, after: str, limit: int) -> list[CustomerUpserted]:
    """Up to `limit` documents with ids behind `after`, in the order of ids; those with this phone, if one is given."""
    rows = await conn.fetch(
        """
        select customer_id, doc::text from customers
        where customer_id > $1 and ($2::text is null or phone_index = $2) order by customer_id limit $3
        """,
        after,
        phone_index,
        limit,
    )
    return [_document(row) for row in rows]


async def customers_named(conn: Connection, *, customer_ids: Sequence[str], indexes: Sequence[str]) -> set[str]:
    """The ids of the customers that are named by their id or by the blind index of their phone."""
    rows = await conn.fetch(
        """
        select customer_id from customers where customer_id = any($1::text[])
        union select customer_id from customers where phone_index = any($2::text[])
        """,
        customer_ids,
        indexes,
    )
    return {row[0] for row in rows}


async def listed_phones(conn: Connection, indexes: Collection[str]) -> set[str]:
    """Which of these are blind indexes of do-not-call phones."""
    rows = await conn.fetch(
        "select phone_index from do_not_call_phones where phone_index = any($1::text[])", list(indexes)
    )
    return {row[0] for row in rows}


async def list_phones(conn: Connection, indexes: Sequence[str], *, source: str, now: datetime) -> None:
    """Add do-not-call phones by their blind indexes; those known stay as they are."""
    await conn.execute(
        """
        insert into do_not_call_phones (phone_index, source, added_at)
        select phone_index, $2, $3 from unnest($1::text[]) as phone_index
        on conflict do nothing
        """,
        indexes,
        source,
        now,
    )


async def clear_do_not_call_phones(conn: Connection, *, most: int) -> list[str]:
    """Up to `most` listed phones that were put down in clear."""
    rows = await conn.fetch(
        "select phone_index from do_not_call_phones where starts_with(phone_index, '+') limit $1", most
    )
    return [row[0] for row in rows]


async def index_do_not_call_phones(conn: Connection, indexes: Mapping[str, str]) -> None:
    """Put these blind indexes in the place of the phones in clear."""
    await conn.execute(
        """
        with taken as (
            delete from do_not_call_phones listed using unnest($1::text[], $2::text[]) as given (phone, phone_index)
            where listed.phone_index = given.phone returning given.phone_index, listed.source, listed.added_at
        )
        insert into do_not_call_phones (phone_index, source, added_at) select * from taken on conflict do nothing
        """,
        list(indexes),
        list(indexes.values()),
    )


async def sealed_by(conn: Connection, key_ids: Sequence[str], *, most: int) -> list[str]:
    """Up to `most` customers whose phone was sealed by one of these keys; the empty one stands for none."""
    rows = await conn.fetch(
        "select customer_id from customers where phone_key = any($1::text[]) limit $2", key_ids, most
    )
    return [row[0] for row in rows]


async def new_reports(conn: Connection, reports: Sequence[tuple[str, str]], now: datetime) -> set[tuple[str, str]]:
    """Remember these (customer, report id); those that were not known before."""
    rows = await conn.fetch(
        """
        insert into reports (customer_id, report_id, taken_at)
        select customer_id, report_id, $3 from unnest($1::text[], $2::text[]) as given (customer_id, report_id)
        on conflict do nothing returning customer_id, report_id
        """,
        [customer_id for customer_id, _ in reports],
        [report_id for _, report_id in reports],
        now,
    )
    return {(row[0], row[1]) for row in rows}


async def forget_reports(conn: Connection, before: datetime, *, most: int) -> int:
    """Delete up to `most` report ids that were taken in before `before`; how many."""
    status = await conn.execute(
        """
        delete from reports where (customer_id, report_id) in
            (select customer_id, report_id from reports where taken_at < $1 limit $2)
        """,
        before,
        most,
    )
    return int(status.split()[-1])


async def record_statements(conn: Connection, statements: Sequence[Statement]) -> None:
    """Keep consents with their proof; one that is known stays as it is."""
    await conn.execute(
        """
        insert into consents select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::boolean[],
            $6::text[], $7::text[], $8::timestamptz[], $9::text[])
        on conflict do nothing
        """,
        *map(list, zip(*statements, strict=True)),
    )


async def statements(conn: Connection, customer_id: str, *, history: bool) -> list[asyncpg.Record]:
    """What the customer consented to: the statement that counts per channel and purpose, or all, newest first."""
    columns = "channel, purpose, granted, at, source, proof, recorded_at, recorded_by"
    order = "channel, purpose, at desc, granted"
    one = "" if history else "distinct on (channel, purpose)"
    return await conn.fetch(
        f"select {one} {columns} from consents where customer_id = $1 order by {order}", customer_id
    )


async def erasures(conn: Connection, customer_ids: Collection[str]) -> dict[str, Erasure]:
    """Which of these customers were erased before."""
    digests = {_digest(customer_id): customer_id for customer_id in customer_ids}
    rows = await conn.fetch(
        "select digest, version, erased_at from erasures where digest = any($1::bytea[])", list(digests)
    )
    return {digests[row[0]]: Erasure(row[1], row[2]) for row in rows}


async def erase(conn: Connection, customer_id: str, *, version: int, now: datetime) -> None:
    """Delete all that is stored about a locked customer, and remember that."""
    for table in ("reports", "consents", "customers"):
        await conn.execute(f"delete from {table} where customer_id = $1", customer_id)
    await conn.execute(
        """
        insert into erasures (digest, version, erased_at) values ($1, $2, $3)
        on conflict (digest) do update set version = excluded.version, erased_at = excluded.erased_at
        """,
        _digest(customer_id),
        version,
        now,
    )


def _document(row: asyncpg.Record) -> CustomerUpserted:
    return CustomerUpserted.model_validate_json(row[1])


def _columns(rows: Sequence[Stored]) -> tuple[list[str], list[int], list[bytes]]:
    return [row.customer_id for row in rows], [row.version for row in rows], [row.doc for row in rows]


def _digest(customer_id: str) -> bytes:
    return hashlib.sha256(customer_id.encode()).digest()
