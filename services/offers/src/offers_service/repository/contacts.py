"""Contacts: the open ones of the web, and what was said of offers in all of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter

from rapport.db import Connection


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
