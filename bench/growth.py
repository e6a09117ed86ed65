"""What a decision costs as the tables grow: batches of requests on databases whose timelines differ in length only.

The databases lie on one server and are measured in turn, batch by batch, so that the noise of the machine meets all of
them alike. Everything that is theirs has grown: timeline, requests, contacts, and all their indexes; the customers are
as many, and what counts for each is the same.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import gate
from bench.results import Result, result
from rapport import db
from rapport.clock import to_micros
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.catalogue import Catalogue
from touchpoint_service.domain.facts import Request
from touchpoint_service.handlers.gate import Arrival, Gate
from touchpoint_service.handlers.requests import take_in
from touchpoint_service.repository.work import Work

SIZES = tuple(10**power for power in (5, 6, 7))
"""Timeline rows."""
RUNS, BATCHES, BATCH = 5, 12, 500
_WARM = 4
"""Batches that are not counted: plans are made and pages come into memory."""

_HISTORY = """
insert into timeline (customer_id, seq, at, type, channel, contact_id, request_id, body)
select 'b' || g % $2, g / $2 + 1, now() - make_interval(secs => 31536000.0 * ($1 - g) / $1),
    'touchpoint.contact.delivered.v1', 'call', 'old' || g / 4, 'old' || g / 4,
    json_build_object('customer_id', 'b' || g % $2, 'seq', g / $2 + 1, 'at', now(), 'channel', 'call',
        'contact_id', 'old' || g / 4, 'request_id', 'old' || g / 4, 'campaign_id', 'bench', 'goal', 'loan',
        'outcome', 'delivered', 'outcome_id', 'out' || g)
from generate_series(0::bigint, $1 - 1) g
"""
_REQUESTS = """
insert into requests (customer_id, request_id, state, campaign_id, partition, contact_id, body)
select 'b' || g * 4 % $2, 'old' || g, 'released', 'bench', g % 12, 'old' || g, '[]'
from generate_series(0::bigint, $1 / 4 - 1) g
"""
_CONTACTS = """
insert into contacts (customer_id, contact_id, request_id, channel, state, contact_class, score, category, purpose,
    campaign_id, goal, released_at, expires_at)
select 'b' || g * 4 % $2, 'old' || g, 'old' || g, 'call', 'closed', 3, 0.5, 'loans', 'marketing', 'bench', 'loan',
    now() - interval '200 days', now() - interval '190 days'
from generate_series(0::bigint, $1 / 4 - 1) g
"""


async def measure(endpoints: Endpoints, _state: Path) -> list[Result]:
    """growth_1e6 and growth_1e7: cost per decision against that at 10⁵ timeline rows."""
    pools = [await _grown(endpoints, size) for size in SIZES]
    gates = [Gate(Catalogue(pool)) for pool in pools]
    costs: list[list[float]] = [[] for _ in SIZES]
    dice = random.Random(7)
    for number in range(_WARM + RUNS * BATCHES):
        asked = [dice.randrange(gate.CUSTOMERS) for _ in range(BATCH)]
        for place in dice.sample(range(len(SIZES)), len(SIZES)):
            micros = await _decide(pools[place], gates[place], number, asked)
            if number >= _WARM:
                costs[place].append(micros)
    for pool, size, cost in zip(pools, SIZES, costs, strict=True):
        print(f"  {size:>10,} timeline rows: {statistics.median(cost):.0f} µs a request")
        await pool.close()
    runs = [[statistics.median(cost[n : n + BATCHES]) for n in range(0, len(cost), BATCHES)] for cost in costs]
    ratios = [[big / small for small, big in zip(runs[0], run, strict=True)] for run in runs[1:]]
    names = [f"growth_1e{len(str(size)) - 1}" for size in SIZES[1:]]
    return [result(name, "ratio", found, at_most=1.15) for name, found in zip(names, ratios, strict=True)]


async def _grown(endpoints: Endpoints, size: int) -> db.Pool:
    began = time.perf_counter()
    url = await gate.prepare(endpoints, f"growth_{size}")
    pool = await db.connect_pool(url, max_size=2, application_name=f"bench-{os.getpid()}", settled_plans=True)
    for sql in (_HISTORY, _REQUESTS, _CONTACTS):
        await pool.execute(sql, size, gate.CUSTOMERS, timeout=1800)
    await pool.execute(
        "update standings s set seq = t.seq from (select customer_id, max(seq) as seq from timeline group by 1) t "
        "where t.customer_id = s.customer_id"
    )
    await pool.execute("vacuum analyze", timeout=1800)
    print(f"  {size:,} timeline rows made in {time.perf_counter() - began:.0f} s")
    return pool


async def _decide(pool: db.Pool, of: Gate, number: int, customers: list[int]) -> float:
    """Microseconds per request of a batch, from the lock to the commit."""
    now = datetime.now(UTC)
    arrivals = [
        Arrival(Request.of(gate.request(f"new{number}.{n}", customer, gate.LINES[0], now)), n % 12)
        for n, customer in enumerate(customers)
    ]
    began = time.perf_counter()
    async with db.transaction(pool) as conn:
        work = Work(conn, to_micros(now))
        await work.lock(a.request.customer_id for a in arrivals)
        await take_in(work, of, arrivals)
        await work.flush()
    return (time.perf_counter() - began) / len(customers) * 1e6
