"""Customers, and whether all of them are there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rapport.db import Connection, Pool

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


async def documents(conn: Connection, customer_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The documents of those of these customers that are known."""
    rows = await conn.fetch("select id, doc from replica_customers where id = any($1)", list(customer_ids))
    return {row["id"]: row["doc"] for row in rows}


async def mark_complete(conn: Connection, topic: str, now: datetime) -> None:
    """Note that the replica of this topic has once held all there was."""
    await conn.execute("insert into complete_replicas (topic, at) values ($1, $2) on conflict do nothing", topic, now)


async def is_complete(pool: Pool, topic: str) -> bool:
    """Whether the replica of this topic has once held all there was."""
    return bool(await pool.fetchval("select exists (select from complete_replicas where topic = $1)", topic))
