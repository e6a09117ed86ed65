"""Rebuilding standings from their timelines, on line: beside the gate, page by page, by whichever worker is free.

What always holds:
- a standing is compared as of one instant, without a lock; only one that differs is locked, compared again and written,
  so the gate waits for nobody whose standing is right;
- what the gate commits while a rebuild runs is on the timeline, so it is in what the rebuild writes;
- a page is one transaction with the position behind it: nothing is done twice, whoever is killed;
- a timeline that is not understood changes nothing, and is told.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from rapport.clock import to_micros
from rapport.db import Connection
from rapport.errors import NotFound
from rapport.ids import new_id
from touchpoint_service.domain.comparison import Difference, compare, rebuilt
from touchpoint_service.domain.fold import UnreadableTimeline, fold
from touchpoint_service.domain.standing import Standing
from touchpoint_service.repository import rebuild as repository
from touchpoint_service.repository.rebuild import Finding, Kept


class UnknownCustomers(NotFound):
    """Some of the customers have neither a standing nor a timeline."""


class UnknownRebuild(NotFound):
    """There is no such rebuild."""


async def ask_for_rebuild(
    conn: Connection, customer_ids: Sequence[str], *, dry_run: bool, by: str, now: datetime
) -> str:
    """Let the workers rebuild the standings of these customers, or of everybody if none are given; the job's id.

    Raises:
        UnknownCustomers: nothing is known of some of them.
    """
    wanted = sorted(set(customer_ids))
    unknown = await repository.unknown_customers(conn, wanted)
    if unknown:
        where = [f"#/customer_ids/{place}" for place, one in enumerate(customer_ids) if one in unknown]
        raise UnknownCustomers("nothing is known of some of these customers", pointers=where)
    rebuild_id = new_id("rbd", now)
    await repository.add(conn, rebuild_id, wanted, dry_run=dry_run, by=by, now=now)
    return rebuild_id


async def see_rebuild(conn: Connection, rebuild_id: str) -> dict[str, Any]:
    """How far a rebuild is, and the first differences found.

    Raises:
        UnknownRebuild: there is none of this id.
    """
    row = await repository.progress(conn, rebuild_id)
    if row is None:
        raise UnknownRebuild(f"there is no rebuild {rebuild_id}")
    state = "finished" if row["finished_at"] else "running" if row["compared"] else "pending"
    found = await repository.differences(conn, rebuild_id)
    return {**row, "state": state, "differences": [dict(each) for each in found]}


def rebuild_pages(limit: int) -> Callable[[Connection, datetime], Awaitable[bool]]:
    """A step of a worker: the next page of some rebuild, of about `limit` customers; False when there is none."""

    async def rebuild_next_page(conn: Connection, now: datetime) -> bool:
        job = await repository.take(conn)
        if job is None:
            return False
        ids, last = await repository.next_customers(conn, job, limit)
        page = await repository.kept(conn, ids)
        findings = [Finding(kept.customer_id, found) for kept in page if (found := look_at(kept, now)[1])]
        if findings and not job.dry_run:
            missing = [kept.customer_id for kept in page if kept.row is None]
            findings = await _mend(conn, findings, missing, now)
        compared = sum(1 for kept in page if kept.row is not None or kept.entries)
        await repository.advance(conn, job, findings, compared=compared, last=last, now=now)
        return True

    return rebuild_next_page


async def _mend(conn: Connection, seen: Sequence[Finding], missing: Sequence[str], now: datetime) -> list[Finding]:
    """Lock what was seen to differ, look again, and write what differs still; what was found then."""
    before = {finding.customer_id: finding.differences for finding in seen}
    await repository.lock(conn, list(before))
    findings, right = [], []
    for kept in await repository.kept(conn, list(before)):
        standing, differences = look_at(kept, now)
        if differences:
            told = before[kept.customer_id] if kept.customer_id in missing else differences
            findings.append(Finding(kept.customer_id, told, mended=standing is not None))
        if differences and standing is not None:
            right.append(standing)
    if right:
        await repository.store(conn, right)
    if missing:
        await repository.drop_empty(conn, missing)
    return findings


def look_at(kept: Kept, now: datetime) -> tuple[Standing | None, list[Difference]]:
    """The standing that follows from the timeline, as it is to be stored now, and how the stored one differs from it.

    None for the standing where it does not follow, as the timeline is not understood.
    """
    at = to_micros(now)
    try:
        found = fold(kept.customer_id, kept.entries, kept.live)
    except UnreadableTimeline as unreadable:
        return None, [Difference("timeline", unreadable.type, None, unreadable.seq)]
    if kept.row is None:
        if not kept.entries:
            return None, []
        stored, differences = None, [Difference("standing", None, None, found.standing.seq)]
    else:
        try:
            stored = Standing.load(kept.customer_id, *kept.row)
            after = rebuilt(found, stored)
            differences = compare(stored, after, at)
        except (TypeError, ValueError, AttributeError, OverflowError):
            stored, differences = None, [Difference("standing", None, kept.row[2], None)]
    after = rebuilt(found, stored)
    after.prune(max(at, after.at))
    return after, differences
