"""`decide` alone: one request of a customer with five contacts behind them, under a policy of ten rules."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from bench.gate import WIDE
from bench.gate import request as asked
from bench.results import Result, result
from rapport.clock import to_micros
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.domain.decide import decide
from touchpoint_service.domain.facts import Customer, Request, World
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.standing import CLOSED, Entry, Standing

CALLS = 4000
RUNS = 7


async def measure(_endpoints: Endpoints, _state: Path) -> list[Result]:
    """decide_alone: microseconds per request."""
    now = datetime.now(UTC)
    at = to_micros(now)
    tight = [rule | {"limit": 6} for rule in WIDE["frequency_caps"]]  # so that every cap has to count
    policy = Policy("p", 1, PolicyDocument.model_validate(WIDE | {"frequency_caps": tight}))
    consent = {"channel": "call", "purpose": "marketing", "granted": True, "at": now.isoformat()}
    customer = Customer.of(
        {"customer_id": "c", "time_zone": "Europe/Berlin", "phone": "+4930123456", "consents": [consent]}
    )
    request = Request.of(asked("r", 0, ["call"], now))
    entries = [
        Entry(at - n * 10**9, f"ctc_{n}", "r", "call", "loans", "marketing", 3, "bench", None, "loan", CLOSED)
        for n in range(6, 0, -1)
    ][:5]
    standing = Standing("c", 5, 0, entries)
    world = World({"bench": "running"}, {})
    found = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        for _ in range(CALLS):
            decide(standing, customer, [request], policy, at, world)
        found.append((time.perf_counter() - begun) / CALLS * 1e6)
    return [result("decide_alone", "us", found)]
