"""Offers: the content as edited, its steps, and the document that is announced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from offers_service.domain.approval import EditState
from offers_service.domain.ledger import Stock
from rapport.contracts.offers import OfferChanged, Quota
from rapport.db import Connection

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


async def find(conn: Connection, offer_id: str) -> OfferRow | None:
    """One offer."""
    row = await conn.fetchrow(f"{_OFFER} where o.id = $1", offer_id)
    return OfferRow(**row) if row else None


async def locked(conn: Connection, offer_id: str) -> OfferRow | None:
    """One offer with its stock, both locked: nobody accepts, edits or announces it meanwhile."""
    await conn.execute("select from stock where offer_id = $1 for update", offer_id)
    row = await conn.fetchrow(f"{_OFFER} where o.id = $1 for update of o", offer_id)
    return OfferRow(**row) if row else None


async def page(conn: Connection, offer_id: str, state: EditState | None, limit: int) -> list[OfferRow]:
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
