"""A what-if over a month of a million requests: how long the worker takes, from the question to the result.

The past is generated straight into the tables, as the gate would have left it under a cap of three a week: each
customer's requests in the order of time, a release for each as long as there is room, an answer to two of three. The
job itself is the real one: asked for by its row, claimed by a worker of its own, replayed by its processes.
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from bench.gate import CUSTOMERS, POLICY, end, prepare, start, touchpoint_environment
from bench.results import Result, result
from rapport import db
from rapport.clock import to_micros
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.domain.naming import natural_id
from touchpoint_service.handlers.what_ifs import Question, ask

REQUESTS = 1_000_000
EACH = -(-REQUESTS // CUSTOMERS)
"""Requests per customer."""
DAYS = 30
GOAL_SECONDS = 180.0
PATIENCE = 1800
TRIED: dict[str, Any] = POLICY | {
    "frequency_caps": [POLICY["frequency_caps"][0] | {"limit": 2}, *POLICY["frequency_caps"][1:]]
}
"""One contact less a week."""
CHANNELS = (["call"], ["sms"], ["branch", "web"], ["email", "sms"])
PAGE = 2000


async def measure(endpoints: Endpoints, _state: Path) -> list[Result]:
    """what_if_seconds for a million requests; what_if_per_s, each replayed twice; what_if_cpu of all processes.

    The replay takes what others leave: on a machine that is busy with something else the seconds say little, the
    processor time for a million requests does.
    """
    url = await prepare(endpoints, "what_if", POLICY)
    conn = await db.connect(url)
    now = datetime.now(UTC)
    begun = time.perf_counter()
    entries = await _live(conn, now)
    print(f"  {CUSTOMERS * EACH:,} requests and {entries:,} entries made in {time.perf_counter() - begun:.0f} s")
    await conn.execute("update policies set draft = $1", TRIED)
    await conn.execute("vacuum analyze")
    environment = touchpoint_environment(endpoints, url)
    used = _children_seconds()
    with ExitStack() as ending:
        worker = partial(start, "touchpoint_service.worker", "--only", "what-ifs", environment=environment)
        ending.callback(end, worker())
        await asyncio.sleep(3)
        begun = time.perf_counter()
        question = Question(now - timedelta(days=DAYS), now, None)
        async with conn.transaction():
            job = await ask(conn, "bench", None, question, "bench", now)
        found = await _done(conn, job["what_if_id"])
        seconds = time.perf_counter() - begun
    used = _children_seconds() - used
    requests = found["tried"]["requests"]
    contacts = found["in_force"]["contacts"]
    print(f"  {requests:,} requests replayed twice in {seconds:.0f} s; {contacts:,} contacts under the policy in force")
    await conn.close()
    return [
        result("what_if_seconds", "s", [seconds * REQUESTS / requests], at_most=GOAL_SECONDS),
        result("what_if_per_s", "per_s", [requests / seconds]),
        result("what_if_cpu", "s", [used * REQUESTS / requests]),
    ]


def _children_seconds() -> float:
    """Processor time of the processes that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _done(conn: db.Connection, what_if_id: str) -> dict[str, Any]:
    for _ in range(PATIENCE * 4):
        row = await conn.fetchrow(
            "select state, customers_done, customers, result from what_ifs where what_if_id = $1", what_if_id
        )
        if row is not None and row["state"] == "done":
            found: dict[str, Any] = row["result"]
            return found
        if row is None or row["state"] not in ("queued", "running"):
            break
        await asyncio.sleep(0.25)
    sys.exit("the what-if did not get to its end")


async def _live(conn: db.Connection, now: datetime) -> int:
    """Let every customer have a month behind them; how many entries that made."""
    made = 0
    for first in range(0, CUSTOMERS, PAGE):
        requests: list[tuple[Any, ...]] = []
        timeline: list[tuple[Any, ...]] = []
        standings: list[tuple[Any, ...]] = []
        for number in range(first, min(first + PAGE, CUSTOMERS)):
            seq = last = 0
            for seq, row in enumerate(_entries(f"b{number}", number, now, requests), 1):
                at, kind, body = row
                last = to_micros(at)
                raw = orjson.dumps({"customer_id": f"b{number}", "seq": seq, "at": at.isoformat(), **body})
                about = body.get("channel"), body.get("contact_id"), body["request_id"]
                timeline.append((f"b{number}", seq, at, f"touchpoint.contact.{kind}.v1", *about, raw))
            standings.append((f"b{number}", seq, orjson.dumps({"t": last}).decode()))
        made += len(timeline)
        await conn.copy_records_to_table("requests", records=requests, columns=_REQUEST)
        await conn.copy_records_to_table("timeline", records=timeline, columns=_ENTRY)
        await conn.executemany("update standings set seq = $2, body = $3 where customer_id = $1", standings)
    return made


_REQUEST = ["customer_id", "request_id", "state", "partition", "campaign_id", "contact_id", "body"]
_ENTRY = ["customer_id", "seq", "at", "type", "channel", "contact_id", "request_id", "body"]


def _entries(
    customer: str, number: int, now: datetime, requests: list[tuple[Any, ...]]
) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
    """A customer's month in order; their requests are added to `requests`."""
    dice = random.Random(number)
    arrivals = sorted(now - timedelta(seconds=dice.randrange(60, DAYS * 86400)) for _ in range(EACH))
    released: list[datetime] = []
    told: list[tuple[datetime, str, dict[str, Any]]] = []
    for place, at in enumerate(arrivals):
        request_id, channels = f"w{number}.{place}", dice.choice(CHANNELS)
        expires_at = at + timedelta(days=2)
        common = {
            "request_id": request_id,
            "channel": channels[0],
            "campaign_id": "bench",
            "goal": "loan",
            "purpose": "marketing",
            "category": "loans",
            "contact_class": "marketing",
        }
        contact = None
        if sum(one > at - timedelta(days=7) for one in released) < 3:
            released.append(at)
            contact = natural_id("ctc", to_micros(at), customer, request_id, "0")
            told.append((at, "released", common | {"contact_id": contact, "expires_at": expires_at.isoformat()}))
            if dice.random() < 2 / 3:
                outcome = dice.choice(["interested", "refused", "no_answer"])
                answered = {"contact_id": contact, "outcome": outcome, "outcome_id": f"o{number}.{place}"}
                later = at + timedelta(minutes=dice.randrange(1, 600))
                told.append((later, "responded", common | answered))
        else:
            told.append((at, "suppressed", common | {"because": {"reason": "frequency_cap", "rule": "all-week"}}))
        state = "suppressed" if contact is None else "released"
        body = [request_id, customer, channels, "marketing", "loans", 3, 0.5, "loan", "bench", None, None]
        body += [to_micros(at), None, to_micros(expires_at)]
        requests.append((customer, request_id, state, 0, "bench", contact, orjson.dumps(body)))
    yield from sorted(told, key=lambda entry: entry[0])
