"""Rebuilding standings: customers per second of one worker, where all are right, and where all must be written anew.

Each customer has some twenty timeline entries, as after a year under a cap of a few contacts a month.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from bench.results import Result, result
from rapport import db
from rapport.clock import to_micros
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.domain.fold import TimelineEntry, fold
from touchpoint_service.handlers.rebuild import ask_for_rebuild, rebuild_pages
from touchpoint_service.settings import Settings

CUSTOMERS = 100_000
RUNS = 3
_AT_ONCE = 5_000
_KINDS = {
    "released": "touchpoint.contact.released.v1",
    "deferred": "touchpoint.contact.deferred.v1",
    "delivered": "touchpoint.contact.delivered.v1",
    "responded": "touchpoint.contact.responded.v1",
    "recalled": "touchpoint.contact.recalled.v1",
    "settled": "touchpoint.acceptance.settled.v1",
}
Row = tuple[Any, ...]


async def measure(endpoints: Endpoints, _state: Path) -> list[Result]:
    """rebuild_right and rebuild_wrong: customers per second."""
    name = f"bench_rebuild_{os.getpid()}"
    url = await db.create_database(endpoints.postgres_url, name)
    await db.migrate("touchpoint", url)
    pool = await db.connect_pool(url, max_size=2, application_name="bench")
    now = datetime.now(UTC)
    entries = await _fill(pool, now)
    print(f"  {CUSTOMERS:,} customers, {entries:,} timeline entries")
    right = [await _rebuild(pool, now, dry_run=True) for _ in range(RUNS)]
    wrong = []
    for _ in range(RUNS):
        await pool.execute("update standings set body = '{}'")
        await pool.execute("vacuum analyze standings")
        wrong.append(await _rebuild(pool, now, dry_run=False))
    await pool.close()
    return [result("rebuild_right", "per_s", right), result("rebuild_wrong", "per_s", wrong)]


async def _rebuild(pool: db.Pool, now: datetime, *, dry_run: bool) -> float:
    """Customers per second, page by page as a worker does it."""
    step = rebuild_pages(Settings.model_fields["rebuild_page"].default)
    async with db.transaction(pool) as conn:
        rebuild_id = await ask_for_rebuild(conn, (), dry_run=dry_run, by="bench", now=now)
    begun, longest, more = time.perf_counter(), 0.0, True
    while more:
        page = time.perf_counter()
        async with db.transaction(pool) as conn:
            more = await step(conn, now)
        longest = max(longest, time.perf_counter() - page)
    speed = CUSTOMERS / (time.perf_counter() - begun)
    found = await pool.fetchrow("select compared, mended from standing_rebuilds where rebuild_id = $1", rebuild_id)
    assert found is not None
    assert tuple(found) == (CUSTOMERS, 0 if dry_run else CUSTOMERS)
    print(f"  {'compared' if dry_run else 'written'}: {speed:,.0f} customers/s, longest page {longest * 1000:.0f} ms")
    return speed


async def _fill(pool: db.Pool, now: datetime) -> int:
    count = 0
    for first in range(0, CUSTOMERS, _AT_ONCE):
        timeline: list[Row] = []
        standings: list[Row] = []
        for number in range(first, first + _AT_ONCE):
            rows = list(_life(f"b{number:07}", random.Random(number), now))
            timeline += rows
            told = (TimelineEntry(row[1], to_micros(row[2]), row[3], orjson.loads(row[7])) for row in rows)
            standing = fold(rows[0][0], told).standing
            standing.prune(to_micros(now))
            standings.append((standing.customer_id, standing.seq, 0, standing.dump()))
        columns = ["customer_id", "seq", "at", "type", "channel", "contact_id", "request_id", "body"]
        await pool.copy_records_to_table("timeline", columns=columns, records=timeline)
        await pool.copy_records_to_table("standings", columns=["customer_id", "seq", "live", "body"], records=standings)
        count += len(timeline)
        await asyncio.sleep(0)
    await pool.execute("vacuum analyze timeline, standings")
    return count


def _life(customer_id: str, dice: random.Random, now: datetime) -> Iterator[Row]:
    """The rows of a timeline: eight contacts in a year, each put off once, then released, reached and answered."""
    at, seq = now - timedelta(days=dice.randint(330, 365)), 0
    for number in range(8):
        contact_id, request_id = f"ctc_{customer_id}_{number}_7c4d8e5f6071", f"req_{customer_id}_{number}_7c4d8e5f60"
        channel = dice.choice(["call", "branch", "web", "sms", "email"])
        facts = {"request_id": request_id, "channel": channel, "campaign_id": "cmp_spring", "offer_id": f"o{number}"}
        for kind, more in _contact(contact_id, number, dice, at):
            seq += 1
            at += timedelta(minutes=dice.randint(1, 5_000))
            body = {"customer_id": customer_id, "seq": seq, "at": at.isoformat(), **facts, "goal": f"g{number}", **more}
            contact = None if kind == "deferred" else contact_id
            yield customer_id, seq, at, _KINDS[kind], channel, contact, request_id, orjson.dumps(body)
        at += timedelta(days=dice.randint(20, 40))


def _contact(contact_id: str, number: int, dice: random.Random, at: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    decision = {"purpose": "marketing", "category": "loans", "contact_class": "marketing", "policy_id": "house"}
    because = {"reason": "frequency_cap", "rule": "three-a-week", "counter": 3, "limit": 3, "until": at.isoformat()}
    if dice.random() < 0.7:
        yield "deferred", decision | {"policy_version": 3, "because": because, "retry_at": at.isoformat()}
    yield "released", decision | {"policy_version": 3, "contact_id": contact_id, "expires_at": at.isoformat()}
    told = {"contact_id": contact_id, "outcome_id": f"out_{contact_id}"}
    fate = dice.random()
    if fate < 0.2:
        yield "recalled", {"contact_id": contact_id, "reason": "goal_met", "state": "open"}
    elif fate < 0.5:
        yield "delivered", told | {"outcome": "delivered"}
    elif fate < 0.9:
        pause = {"rule": "rest", "scope": "offer", "key": f"o{number}", "until": (at + timedelta(days=30)).isoformat()}
        yield "responded", told | {"outcome": "refused", "pauses": [pause], "agent": "a-12"}
    else:
        accepted = {"outcome": "accepted", "acceptance_id": f"acc_{contact_id}", "pauses": []}
        yield "responded", told | accepted
        settled = {"acceptance_id": f"acc_{contact_id}", "status": "accepted", "closes_contact": False}
        yield "settled", settled | {"contact_id": contact_id}
