"""Rebuilds of standings: the jobs, whose turn it is, and standing and timeline of customers in one view.

What always holds:
- a standing and its timeline are written in one transaction and read here in one statement, so they belong together
  whether anybody holds a lock or not;
- a job's position is committed with what was written up to it. One worker is at a job at a time; whoever is killed
  leaves it to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from rapport.clock import to_micros
from rapport.db import Connection
from touchpoint_service.domain.comparison import Difference
from touchpoint_service.domain.fold import QUIET, TimelineEntry
from touchpoint_service.domain.standing import Standing
from touchpoint_service.repository.replicas import wake_customers
from touchpoint_service.repository.writes import UPDATE_STANDINGS

LISTED = 100
"""Differences that a job keeps; those after them are only counted."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A job, and how far it is. `position` is the last customer done, `listed` the differences kept so far."""

    rebuild_id: str
    everybody: bool
    dry_run: bool
    position: str
    listed: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a customer: the standing's row as it is, the waiting requests, and the timeline.

    `row` is (seq, live, body), None where there is no standing.
    """

    customer_id: str
    row: tuple[int, int, Any] | None
    live: int
    entries: list[TimelineEntry]


@dataclass(frozen=True, slots=True)
class Finding:
    """How the standing of a customer differs from the timeline, and whether it does no longer."""

    customer_id: str
    differences: list[Difference]
    mended: bool = False


async def add(
    conn: Connection, rebuild_id: str, customer_ids: Sequence[str], *, dry_run: bool, by: str, now: datetime
) -> None:
    """Ask for a rebuild, of everybody if no customers are given."""
    await conn.execute(
        """
        insert into standing_rebuilds (rebuild_id, everybody, dry_run, created_by, created_at, total)
        select $1, $2, $3, $4, $5, case when $2 then (select count(*) from standings) else $6 end
        """,
        rebuild_id,
        not customer_ids,
        dry_run,
        by,
        now,
        len(customer_ids),
    )
    await conn.execute(
        "insert into standing_rebuild_customers select $1, unnest($2::text[])", rebuild_id, list(customer_ids)
    )


async def unknown_customers(conn: Connection, customer_ids: Sequence[str]) -> frozenset[str]:
    """Those of whom there is neither a standing nor a timeline."""
    rows = await conn.fetch(
        """
        select customer_id from unnest($1::text[]) as w (customer_id)
        where not exists (select from standings s where s.customer_id = w.customer_id)
            and not exists (select from timeline t where t.customer_id = w.customer_id)
        """,
        customer_ids,
    )
    return frozenset(row[0] for row in rows)


async def progress(conn: Connection, rebuild_id: str) -> Any:
    """How far a rebuild is, or None."""
    return await conn.fetchrow(
        "select rebuild_id, everybody, dry_run, created_by, created_at, total, compared, differing, mended, "
        "finished_at from standing_rebuilds where rebuild_id = $1",
        rebuild_id,
    )


async def differences(conn: Connection, rebuild_id: str) -> list[Any]:
    """What it has found, as far as that is kept, in the order of the customers."""
    return await conn.fetch(
        "select customer_id, what, key, stored, derived, mended from standing_differences "
        "where rebuild_id = $1 order by number",
        rebuild_id,
    )


async def take(conn: Connection) -> Rebuild | None:
    """The oldest rebuild that is not done and that no other worker is at, held until the transaction ends."""
    row = await conn.fetchrow(
        """
        select rebuild_id, everybody, dry_run, position, listed from standing_rebuilds
        where finished_at is null order by created_at, rebuild_id limit 1 for update skip locked
        """
    )
    return None if row is None else Rebuild(*row)


async def next_customers(conn: Connection, job: Rebuild, limit: int) -> tuple[list[str], str | None]:
    """The next customers of a rebuild and the last id of this page; None for it where the page is the last.

    At most `limit` with a standing, in the order of their ids, and those between them that have a timeline alone.
    """
    if not job.everybody:
        rows = await conn.fetch(
            "select customer_id from standing_rebuild_customers where rebuild_id = $1 and customer_id > $2 "
            "order by customer_id limit $3",
            job.rebuild_id,
            job.position,
            limit,
        )
    else:
        rows = await conn.fetch(
            "select customer_id from standings where customer_id > $1 order by customer_id limit $2",
            job.position,
            limit,
        )
    found = [row[0] for row in rows]
    last = found[-1] if len(found) == limit else None
    if job.everybody:
        # Two texts, as a bound that may be absent is no bound of an index scan.
        bound, arguments = ("", ()) if last is None else (" and customer_id <= $3", (last,))
        rows = await conn.fetch(_TOLD_OF + bound, job.position, found, *arguments)
        found += [row[0] for row in rows]
    return found, last


_TOLD_OF = "select customer_id from timeline where seq = 1 and customer_id > $1 and customer_id <> all($2::text[])"


async def kept(conn: Connection, customer_ids: Sequence[str]) -> list[Kept]:
    """What is stored of these customers, as of one instant. Bodies of quiet entries are left out."""
    rows = await conn.fetch(_KEPT, customer_ids, sorted(QUIET))
    return [
        Kept(
            row["customer_id"],
            None if row["seq"] is None else (row["seq"], row["live"], row["body"]),
            row["waiting"],
            list(_entries(row)),
        )
        for row in rows
    ]


def _entries(row: Any) -> Iterator[TimelineEntry]:
    if row["seqs"] is not None:
        columns = row["seqs"], map(to_micros, row["ats"]), row["types"], row["bodies"]
        yield from map(TimelineEntry, *columns)


_KEPT = """
select w.customer_id, s.seq, s.live, s.body, r.waiting, t.seqs, t.ats, t.types, t.bodies
from unnest($1::text[]) as w (customer_id)
left join standings s on s.customer_id = w.customer_id
cross join lateral (
    select count(*) as waiting from requests where customer_id = w.customer_id and state = 'live'
) as r
cross join lateral (
    select array_agg(seq order by seq) as seqs, array_agg(at order by seq) as ats,
        array_agg(type order by seq) as types,
        array_agg(case when type <> all($2::text[]) then body end order by seq) as bodies
    from timeline where customer_id = w.customer_id
) as t
"""


async def lock(conn: Connection, customer_ids: Sequence[str]) -> None:
    """Lock the standings of these customers in the order of their ids, creating those that a timeline lacks."""
    await conn.execute(
        """
        insert into standings (customer_id)
        select customer_id from timeline where customer_id = any($1::text[]) and seq = 1 on conflict do nothing
        """,
        customer_ids,
    )
    await conn.execute(
        "select from standings where customer_id = any($1::text[]) order by customer_id for update", customer_ids
    )


async def store(conn: Connection, standings: Iterable[Standing]) -> None:
    """Write these locked standings; their customers' waiting requests are to be looked at anew."""
    found = list(standings)
    ids = [s.customer_id for s in found]
    columns = [str(s.seq) for s in found], [str(s.live) for s in found], [s.dump() for s in found]
    await conn.execute(UPDATE_STANDINGS, ids, *columns)
    await wake_customers(conn, ids)


async def drop_empty(conn: Connection, customer_ids: Sequence[str]) -> None:
    """Delete standings of customers who were erased while their standing was created here."""
    await conn.execute(
        """
        delete from standings s where s.customer_id = any($1::text[])
        and not exists (select from timeline t where t.customer_id = s.customer_id)
        and not exists (select from replica_customers c where c.id = s.customer_id)
        """,
        customer_ids,
    )


async def advance(
    conn: Connection, job: Rebuild, findings: Sequence[Finding], *, compared: int, last: str | None, now: datetime
) -> None:
    """Count a page, keep the first differences, and go on behind `last`; without it the rebuild is done."""
    every = [(finding, difference) for finding in findings for difference in finding.differences]
    rows = [
        (
            job.rebuild_id,
            number,
            finding.customer_id,
            difference.what,
            difference.key,
            orjson.dumps(difference.stored),
            orjson.dumps(difference.derived),
            finding.mended,
        )
        for number, (finding, difference) in enumerate(every[: LISTED - job.listed], job.listed + 1)
    ]
    if rows:
        await conn.copy_records_to_table("standing_differences", records=rows, columns=_DIFFERENCE_COLUMNS)
    await conn.execute(
        """
        update standing_rebuilds set compared = compared + $2, differing = differing + $3, mended = mended + $4,
            listed = listed + $5, position = coalesce($6, position),
            finished_at = case when $6::text is null then $7::timestamptz end
        where rebuild_id = $1
        """,
        job.rebuild_id,
        compared,
        len(findings),
        sum(finding.mended for finding in findings),
        len(rows),
        last,
        now,
    )


_DIFFERENCE_COLUMNS = ("rebuild_id", "number", "customer_id", "what", "key", "stored", "derived", "mended")
