"""The memory of one worker over a million decisions: what it remembers is bounded, so it must not grow.

A worker with consumers, timers and relay, and more customers than it keeps in memory; all is released, so what it reads
of each customer grows with the run.
"""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from bench import gate, kafka
from bench.results import Result, result
from rapport.testing.infrastructure import Endpoints

STEP = 100_000
STEPS = 10
_SETTLED = 3
"""Steps until everything has been used: plans, caches, the buffers of the clients."""
_LATE = 180.0


async def measure(endpoints: Endpoints, _state: Path) -> list[Result]:
    """worker_memory, worker_memory_growth."""
    url = await gate.prepare(endpoints, "memory")
    environment = gate.touchpoint_environment(endpoints, url)
    sizes: list[float] = []
    with ExitStack() as ending:
        worker = gate.start("touchpoint_service.worker", "--only", "consumers", "relay", environment=environment)
        ending.callback(gate.end, worker)
        process = psutil.Process(worker.pid)
        for step in range(STEPS):
            starts = await kafka.ends(endpoints.kafka_bootstrap, "touchpoint.contacts")
            began = time.monotonic()
            await kafka.fill(endpoints.kafka_bootstrap, "campaign.requests", gate.requests(step, STEP))
            await kafka.arrivals(endpoints.kafka_bootstrap, starts, STEP, seconds=_LATE)
            sizes.append(process.memory_info().rss / 1e6)
            took = time.monotonic() - began
            print(f"  {(step + 1) * STEP:,} decisions: {sizes[-1]:,.0f} MB, the last {STEP:,} in {took:.0f} s")
    begin, end = statistics.mean(sizes[_SETTLED - 1 : _SETTLED + 1]), statistics.mean(sizes[-2:])
    return [
        result("worker_memory", "mb", sizes[_SETTLED - 1 :]),
        result("worker_memory_growth", "ratio", [end / begin], at_most=1.1),
    ]
