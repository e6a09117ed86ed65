"""Pop-ups at an even rate beside bulk load: the gate works off a backlog while customers come to the counter.

One process of the API, and one worker and one relay as an installation starts them. The backlog is for other customers
than those who come: an installation has millions, and a worker has two batches of a thousand of them in hand.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import gate, kafka
from bench.http import begin_api, catalogue, popups
from bench.http_load import load
from bench.results import Result, percentile, result
from rapport import db
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.touchpoint import TimelineEvent
from rapport.testing.infrastructure import Endpoints
from rapport.testing.processes import free_port
from touchpoint_service.consumers import REQUESTS_GROUP
from touchpoint_service.worker import KINDS

RATE = 200
POPUPS = 3000
"""Fifteen seconds."""
CALM = 1000
"""Before the backlog: so that one sees what the machine is like just now."""
BACKLOG = (60_000, 60_000, 60_000)
"""Three times as much as the gate decides in fifteen seconds on an idle machine; in parts, to bound the memory."""
_UNDER_WAY = 10_000
"""Records published before the first pop-up: the worker has started and found its speed."""
_LATE = 60.0


async def measure(endpoints: Endpoints, _state: Path) -> list[Result]:
    """popup_at_200_loaded, and popup_bulk_per_s: the requests that were decided meanwhile.

    Raises:
        RuntimeError: the backlog was gone before the last pop-up had its answer.
    """
    url = await gate.prepare(endpoints, "popup_loaded")
    await catalogue(url)
    bootstrap = endpoints.kafka_bootstrap
    others = range(2 * CALM + POPUPS, gate.CUSTOMERS)
    for part, count in enumerate(BACKLOG):
        await kafka.fill(bootstrap, ContactRequested.topic, gate.requests(part, count, others))
    port = free_port()
    environment = gate.touchpoint_environment(endpoints, url) | {"TOUCHPOINT_PORT": str(port)}
    asked = popups(2 * CALM, POPUPS)
    with ExitStack() as ending:
        begin_api(ending, port, partial(gate.start, "touchpoint_service.main", environment=environment))
        await load(port, popups(0, CALM), rate=RATE)  # until the process and its sessions are warm
        calm = (await load(port, popups(CALM, CALM), rate=RATE)).latencies
        starts = await kafka.ends(bootstrap, TimelineEvent.topic)
        for kinds in (sorted(KINDS - {"relay"}), ["relay"]):
            worker = gate.start("touchpoint_service.worker", "--only", *kinds, environment=environment)
            ending.callback(gate.end, worker)
        await kafka.arrivals(bootstrap, starts, _UNDER_WAY, seconds=_LATE)
        before = await _read(url)
        spent = await load(port, asked, rate=RATE)
        after = await _read(url)
    speed = (after - before) * spent.per_second / POPUPS
    p99 = percentile(spent.latencies, 0.99)
    print(
        f"  p99 {percentile(calm, 0.99):.1f} ms alone, {percentile(spent.latencies, 0.99):.1f} ms beside {speed:,.0f}/s"
    )
    if after >= sum((await kafka.ends(bootstrap, ContactRequested.topic)).values()):
        raise RuntimeError("the bulk load ended before the pop-ups did")
    return [
        result("popup_at_200_loaded", "ms", spent.latencies, at_most=25, p99=p99, judged=p99),
        result("popup_bulk_per_s", "per_s", [speed]),
    ]


async def _read(url: str) -> int:
    """Where the workers are in the topic of requests, over all partitions."""
    conn = await db.connect(url)
    where = "select sum(next_offset) from consumer_positions where consumer_group = $1 and topic = $2"
    found = int(await conn.fetchval(where, REQUESTS_GROUP, ContactRequested.topic))
    await conn.close()
    return found
