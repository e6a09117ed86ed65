"""What decisions were made from: written with them in pages, read again, erased, and dropped month by month.

What always holds:
- every decision on the timeline names the page that its facts are in, until these are older than they are kept;
- a page is written in the transaction of its decisions and changed by erasure alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rapport.db import Connection
from rapport.ids import new_id
from touchpoint_service.domain.decided import Decided, pack, without
from touchpoint_service.repository.writes import Table

FACTS = Table("decision_facts", {"id": "uuid", "at": "timestamptz", "body": "bytea"})
FELLOWS = Table("decision_fellows", {"customer_id": "text", "facts_id": "uuid", "at": "timestamptz"})
"""Members of a household whose facts are in a page though nothing of theirs was decided: erasure must find them."""
TOGETHER = 32
"""Customers, or households, in a page: enough to compress well, few enough that one is quickly read or erased."""

_PAGES = 200
"""Rewritten at a time when customers are erased."""
_ROWS = 5_000
_MARGIN = timedelta(days=1)
"""Far more than the clocks of two processes are apart."""
_PATIENCE = "3s"
"""How long housekeeping waits for a lock that deciding transactions would queue up behind; it comes again."""


class Facts:
    """The facts of one transaction's decisions."""

    def __init__(self, at: datetime) -> None:
        """None yet; `at` is the instant of the transaction."""
        self._at = at
        self._pages: list[tuple[str, list[Decided]]] = []
        self.fellows: list[tuple[str, str, datetime]] = []

    def keep(self, decided: Decided) -> str:
        """Keep these facts; the page that they will be in."""
        if not self._pages or len(self._pages[-1][1]) == TOGETHER:
            self._pages.append((new_id("fct", self._at).removeprefix("fct_"), []))
        page_id, page = self._pages[-1]
        page.append(decided)
        return page_id

    def rows(self) -> list[tuple[str, datetime, bytes]]:
        """What is to be written."""
        return [(page_id, self._at, pack(page)) for page_id, page in self._pages]


_DECISIONS = {
    "touchpoint.contact.released.v1": "released",
    "touchpoint.contact.deferred.v1": "deferred",
    "touchpoint.contact.suppressed.v1": "suppressed",
    "touchpoint.contact.expired.v1": "expired",
}
"""What an entry that tells a decision is called. A contact that expires is none: it has a contact."""


async def decisions(conn: Connection, customer_id: str, request_id: str) -> list[dict[str, Any]]:
    """Every decision about a request, oldest first: seq, at, kind, channel, reason, policy_version, facts_id."""
    rows = await conn.fetch(
        """
        select seq, at, type, channel, facts_id, contact_id, body->'because'->>'reason' as reason,
            (body->>'policy_version')::integer as policy_version
        from timeline where customer_id = $1 and request_id = $2 and type = any($3::text[]) order by seq
        """,
        customer_id,
        request_id,
        [*_DECISIONS],
    )
    found = [{**row, "kind": _DECISIONS[row["type"]]} for row in rows]
    return [row for row in found if row["kind"] != "expired" or row["contact_id"] is None]


async def release_of(conn: Connection, contact_id: str) -> Any:
    """customer_id, request_id and seq of the entry that tells a contact's release, or None."""
    return await conn.fetchrow(
        """
        select customer_id, request_id, t.seq from contacts c join timeline t using (customer_id, request_id)
        where c.contact_id = $1 and t.contact_id = $1 and t.type = 'touchpoint.contact.released.v1'
        """,
        contact_id,
    )


async def page(conn: Connection, facts_id: UUID, at: datetime) -> bytes | None:
    """A page, unless it is deleted."""
    found: bytes | None = await conn.fetchval("select body from decision_facts where id = $1 and at = $2", facts_id, at)
    return found


async def customer_document(conn: Connection, customer_id: str, version: int, at: datetime) -> dict[str, Any] | None:
    """A customer's document in the version that was in force at `at`, unless it is deleted."""
    return await _document(conn, "customer", customer_id, version, at)


async def offer_document(conn: Connection, offer_id: str, version: int, at: datetime) -> dict[str, Any] | None:
    """An offer's document in the version that was in force at `at`, unless it is deleted."""
    return await _document(conn, "offer", offer_id, version, at)


async def _document(conn: Connection, kind: str, key: str, version: int, at: datetime) -> dict[str, Any] | None:
    """After a tombstone numbers begin anew: of several the one that was replaced next after `at`."""
    found: dict[str, Any] | None = await conn.fetchval(
        f"""
        select doc from (
            select doc, replaced_at from {kind}_documents where id = $1 and version = $2
            union all
            select doc, 'infinity' from replica_{kind}s where id = $1 and version = $2
        ) as d order by replaced_at < $3, replaced_at limit 1
        """,
        key,
        version,
        at,
    )
    return found


async def erase(conn: Connection, customer_ids: Sequence[str]) -> None:
    """Take these customers out of every page, and delete their former documents.

    Their standings are locked, so no more facts of theirs appear; their timelines still tell which pages there are.
    """
    await conn.execute("delete from customer_documents where id = any($1::text[])", customer_ids)
    pages = await conn.fetch(
        "select facts_id, at from timeline where customer_id = any($1::text[]) and facts_id is not null "
        "union select facts_id, at from decision_fellows where customer_id = any($1::text[]) order by facts_id",
        customer_ids,
    )
    await conn.execute("delete from decision_fellows where customer_id = any($1::text[])", customer_ids)
    gone = frozenset(customer_ids)
    for first in range(0, len(pages), _PAGES):
        await _rewrite(conn, pages[first : first + _PAGES], gone)


async def _rewrite(conn: Connection, pages: Sequence[Any], gone: Collection[str]) -> None:
    """Locked in the order of their ids, since other customers of the same pages may be erased at the same time."""
    rows = await conn.fetch(
        """
        select f.id, f.at, f.body
        from unnest($1::uuid[], $2::timestamptz[]) as w (id, at) join decision_facts f using (id, at)
        order by f.id for update of f
        """,
        [row["facts_id"] for row in pages],
        [row["at"] for row in pages],
    )
    left = [(row["id"], row["at"], without(row["body"], gone)) for row in rows]
    await conn.execute(
        "delete from decision_facts f using unnest($1::uuid[], $2::timestamptz[]) as w (id, at) "
        "where f.id = w.id and f.at = w.at",
        [page_id for page_id, _, body in left if body is None],
        [at for _, at, body in left if body is None],
    )
    await conn.execute(
        "update decision_facts f set body = w.body "
        "from unnest($1::uuid[], $2::timestamptz[], $3::bytea[]) as w (id, at, body) where f.id = w.id and f.at = w.at",
        [page_id for page_id, _, body in left if body is not None],
        [at for _, at, body in left if body is not None],
        [body for _, _, body in left if body is not None],
    )


def kept_since(now: datetime, days: int) -> datetime:
    """Facts of decisions before this are deleted: the beginning of the month, in UTC, in which `days` ago lies."""
    return _month(now - timedelta(days=days), 0)


async def make_months(conn: Connection, now: datetime, ahead: int) -> bool:
    """Make the partitions of so many months after this one; whether any was made. Locks the default partition.

    A month that has begun, or is about to, stays in the default partition, and so does one that has rows there: a
    decision on its way to the default partition while its month is made would fail.
    """
    coming = (_month(now, n) for n in range(1, ahead + 1))
    wanted = {f"decision_facts_{month:%Y_%m}": month for month in coming if month > now + _MARGIN}
    missing = await conn.fetch("select name from unnest($1::text[]) as name where to_regclass(name) is null", [*wanted])
    if not missing:
        return False
    await conn.execute(f"set local lock_timeout = '{_PATIENCE}'")
    await conn.execute("lock table decision_facts_default in access exclusive mode")
    made = False
    for row in missing:
        begins = wanted[row["name"]]
        ends = _month(begins, 1)
        if not await conn.fetchval(
            "select exists (select from decision_facts_default where at >= $1 and at < $2)", begins, ends
        ):
            await conn.execute(
                f"create table {row['name']} (like decision_facts including all); "
                f"alter table decision_facts attach partition {row['name']} "
                f"for values from ('{begins.isoformat()}') to ('{ends.isoformat()}')"
            )
            made = True
    return made


async def drop_months(conn: Connection, before: datetime) -> bool:
    """Drop the partitions of all months that end by `before`, which is the beginning of one; whether there were any.

    Locks the whole table, first of all in the transaction: whoever decides holds it while waiting for a partition.
    """
    names = await conn.fetch(
        """
        select relname from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = 'decision_facts'::regclass and relname ~ '^decision_facts_[0-9]{4}_[0-9]{2}$'
            and relname < $1 order by relname
        """,
        f"decision_facts_{before:%Y_%m}",
    )
    if names:
        await conn.execute(f"set local lock_timeout = '{_PATIENCE}'")
        await conn.execute("lock table decision_facts in access exclusive mode")
        await conn.execute(f"drop table {', '.join(row['relname'] for row in names)}")
    return bool(names)


async def forget_rest(conn: Connection, before: datetime) -> bool:
    """Delete some of what stands in no month of its own, and of the documents replaced before; whether more may be."""
    full = False
    for table, at in (
        ("decision_facts_default", "at"),
        ("decision_fellows", "at"),
        ("customer_documents", "replaced_at"),
        ("offer_documents", "replaced_at"),
    ):
        done = await conn.execute(
            f"delete from {table} where ctid in (select ctid from {table} where {at} < $1 limit {_ROWS})", before
        )
        full |= int(done.split()[-1]) == _ROWS
    return full


def _month(at: datetime, later: int) -> datetime:
    """The beginning of the month, in UTC, so many months after the one of `at`."""
    local = at.astimezone(UTC)
    years, month = divmod(local.month - 1 + later, 12)
    return datetime(local.year + years, month + 1, 1, tzinfo=UTC)
