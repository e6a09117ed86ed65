"""The gate against the bare pipe: requests per second from Kafka, decided, durable, and published through the outbox.

Both are measured the same way: the input lies in its topic before the process starts; the time is that between the
first and the last record on the output topic, by the broker's clock. Real broker, PostgreSQL with fsync. The gate is
two workers, as an installation has for two cores, and the relay; the pipe is one process.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from bench import kafka
from bench.results import Result, result
from rapport import db
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.envelope import headers
from rapport.messaging import topics
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.consumers import REQUESTS_GROUP
from touchpoint_service.freshness import REPLICAS_GROUP, TOPICS

CUSTOMERS = 60_000
REQUESTS = 90_000
"""Of one run: some seconds, so that it is not the start of the processes that is measured."""
RUNS = 5
WORKERS = 2
LINES: tuple[tuple[str, ...], ...] = (("call",), ("sms",), ("branch", "web"))
"""Channels of the requests that one wave of a campaign has for each customer: three live at once."""

POLICY: dict[str, Any] = {
    "name": "ten rules",
    "business_zone": "Europe/Berlin",
    "consent": {"exempt_purposes": ["service"]},
    "quiet_hours": [
        {"name": "night-calls", "channels": ["call"], "start": "03:00", "end": "03:01"},
        {"name": "night-texts", "channels": ["sms"], "start": "22:00", "end": "22:01"},
    ],
    "minimum_gaps": [
        {"name": "one-a-day", "channels": ["call", "sms"], "hours": 24},
        {"name": "mails-apart", "channels": ["email"], "hours": 24},
    ],
    "frequency_caps": [
        {"name": "all-week", "limit": 3, "window": {"kind": "rolling", "hours": 168}},
        {
            "name": "calls-day",
            "scope": "channel",
            "channels": ["call"],
            "limit": 1,
            "window": {"kind": "calendar", "unit": "day"},
        },
        {"name": "campaign", "scope": "campaign", "limit": 3, "window": {"kind": "rolling", "hours": 720}},
        {"name": "category", "scope": "category", "limit": 4, "window": {"kind": "calendar", "unit": "month"}},
    ],
    "cool_downs": [
        {"name": "refused", "outcome": "refused", "scope": "offer", "days": 30},
        {"name": "complained", "outcome": "complaint", "scope": "all", "days": 90},
    ],
}
"""Ten rules as a bank has them. Of a customer's three requests the call and the to-do go, the SMS waits a day."""

WIDE: dict[str, Any] = POLICY | {
    "minimum_gaps": [POLICY["minimum_gaps"][1], {"name": "texts-apart", "channels": ["sms"], "hours": 24}],
    "frequency_caps": [cap | {"limit": 500} for cap in POLICY["frequency_caps"]],
}
"""Ten rules so wide that every request is released: the most work that a request can cause."""


async def prepare(endpoints: Endpoints, bench: str, policy: dict[str, Any] = WIDE, customers: int = CUSTOMERS) -> str:
    """For one bench: a touchpoint database with customers, a policy in force and a running plan; its URL.

    What other benches asked before is none of its business: the requests so far count as read.
    """
    name = f"bench_{bench}_{os.getpid()}"
    url = await db.create_database(endpoints.postgres_url, name)
    await db.migrate("touchpoint", url)
    await topics.apply(endpoints.kafka_bootstrap)
    await kafka.create(endpoints.kafka_bootstrap, ["bench.in", "bench.out"])
    conn = await db.connect(url)
    now = datetime.now(UTC).isoformat()
    consents = [{"channel": c, "purpose": "marketing", "granted": True, "at": now} for c in ("call", "sms", "email")]
    documents = [
        {
            "customer_id": f"b{n}",
            "version": 1,
            "time_zone": random.Random(n).choice(["Europe/Berlin", "Asia/Shanghai", "America/New_York"]),
            "phone": f"+49151{n:08d}",
            "consents": consents,
            "attributes": {"age": 20 + n % 60, "balance": n * 1.5},
        }
        for n in range(customers)
    ]
    rows = [(d["customer_id"], 1, orjson.dumps(d)) for d in documents]
    await conn.copy_records_to_table("replica_customers", records=rows, columns=["id", "version", "doc"])
    await conn.execute("insert into standings (customer_id) select id from replica_customers")
    await conn.execute("insert into policies (policy_id, draft, author) values ('bench', $1, 'a')", policy)
    await conn.execute(
        "insert into policy_versions (policy_id, version, document, author, submitted_by, submitted_at) "
        "values ('bench', 1, $1, 'a', 'a', now())",
        policy,
    )
    await conn.execute(
        "insert into policy_activations (policy_id, version, since, approved_by, announced) "
        "values ('bench', 1, now(), 'b', true)"
    )
    await conn.execute("insert into replica_plans (id, version, doc) values ('bench', 1, '{\"state\": \"running\"}')")
    await conn.execute(
        "insert into consumer_positions select $1, topic, 0, 0, 'infinity' from unnest($2::text[]) as t (topic)",
        REPLICAS_GROUP,
        TOPICS,
    )  # no part of the bench reads them
    already = await kafka.ends(endpoints.kafka_bootstrap, ContactRequested.topic)
    await conn.executemany(
        "insert into consumer_positions (consumer_group, topic, partition, next_offset) values ($1, $2, $3, $4)",
        [(REQUESTS_GROUP, place.topic, place.partition, end) for place, end in already.items()],
    )
    await conn.close()
    return url


def requests(run: int, count: int, customers: range = range(CUSTOMERS)) -> list[kafka.Record]:
    """That many requests for random customers, each for a call, as records."""
    dice = random.Random(run)
    return [_record(f"{run}.{n}", dice.choice(customers), LINES[0]) for n in range(count)]


def wave(run: int, count: int) -> list[kafka.Record]:
    """That many requests, one for each of `LINES` per customer: customers whom no other run has."""
    each = len(LINES)
    first = run * count // each
    return [_record(f"{run}.{n}", first + n // each, LINES[n % each]) for n in range(count)]


def request(request_id: str, customer: int, channels: Sequence[str], now: datetime) -> ContactRequested:
    """A request of the running plan."""
    return ContactRequested.model_validate(
        {
            "request_id": request_id,
            "customer_id": f"b{customer}",
            "channels": channels,
            "purpose": "marketing",
            "category": "loans",
            "contact_class": "marketing",
            "goal": "loan",
            "campaign_id": "bench",
            "at": now,
            "expires_at": now + timedelta(days=5),
        }
    )


def _record(name: str, customer: int, channels: Sequence[str]) -> kafka.Record:
    now = datetime.now(UTC)
    event = request(f"bench.{os.getpid()}.{name}", customer, channels, now)
    head = headers(event_id=event.request_id, event_type=event.event_type, source="/bench", at=now.isoformat())
    return event.customer_id.encode(), event.model_dump_json(exclude_none=True).encode(), head


def start(module: str, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A child process; its logs go where ours go."""
    return subprocess.Popen([sys.executable, "-m", module, *arguments], env={**os.environ, **(environment or {})})


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and wait."""
    process.terminate()
    process.wait(30)


def touchpoint_environment(endpoints: Endpoints, url: str) -> dict[str, str]:
    """Settings of a touchpoint process of the bench."""
    return {
        "TOUCHPOINT_DATABASE_URL": url,
        "TOUCHPOINT_KAFKA_BOOTSTRAP": endpoints.kafka_bootstrap,
        "TOUCHPOINT_REDIS_URL": endpoints.redis_url,
        "TOUCHPOINT_WORKER_PORT": "0",
        "TOUCHPOINT_LOG_LEVEL": "error",
    }


async def measure(endpoints: Endpoints, _state: Path) -> list[Result]:
    """gate_vs_bare_pipe, gate_per_s, and the same with every request released."""
    ratios, speeds = await _against_pipe(endpoints, "gate", POLICY, wave)
    wide, _ = await _against_pipe(endpoints, "gate_all", WIDE, requests)
    return [
        result("gate_vs_bare_pipe", "ratio", ratios, at_least=0.4),
        result("gate_per_s", "per_s", speeds),
        result("gate_all_released", "ratio", wide),
    ]


async def _against_pipe(
    endpoints: Endpoints, bench: str, policy: dict[str, Any], make: Callable[[int, int], list[kafka.Record]]
) -> tuple[list[float], list[float]]:
    """Ratio of the gate to the bare pipe, and requests per second, of each run; both get the same records."""
    url = await prepare(endpoints, bench, policy, customers=RUNS * REQUESTS // len(LINES))
    bootstrap = endpoints.kafka_bootstrap
    ratios, speeds = [], []
    environment = touchpoint_environment(endpoints, url)
    for run in range(RUNS):
        records = make(run, REQUESTS)
        starts = await kafka.ends(bootstrap, "bench.in")
        await kafka.fill(bootstrap, "bench.in", records)
        offsets = ",".join(str(starts[partition]) for partition in sorted(starts))
        pipe = partial(start, "bench.bare_pipe", bootstrap, url, str(REQUESTS), offsets)
        bare = await _timed(bootstrap, "bench.out", [pipe])
        await kafka.fill(bootstrap, "campaign.requests", records)
        parts = [
            partial(start, "touchpoint_service.worker", "--only", kind, environment=environment)
            for kind in ("consumers",) * WORKERS + ("relay",)
        ]
        gate = await _timed(bootstrap, "touchpoint.contacts", parts)
        speeds.append(gate)
        ratios.append(gate / bare)
        print(f"  {bench}, run {run + 1}: gate {gate:,.0f}/s, bare pipe {bare:,.0f}/s, ratio {gate / bare:.2f}")
    return ratios, speeds


async def _timed(bootstrap: str, topic: str, begin: Sequence[Callable[[], subprocess.Popen[bytes]]]) -> float:
    """Records per second on `topic` between the first and the last of a run."""
    starts = await kafka.ends(bootstrap, topic)
    with ExitStack() as ending:
        for process in begin:
            ending.callback(end, process())
        stamps = await kafka.arrivals(bootstrap, starts, REQUESTS, seconds=60)
    return len(stamps) / max(0.001, (stamps[-1] - stamps[0]) / 1000)
