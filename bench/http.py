"""Pop-up and storefront against a bare FastAPI endpoint with one PostgreSQL read, in turn, on the same server."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import orjson

from bench import gate
from bench.http_load import load, request
from bench.results import Result, percentile, result
from rapport import db
from rapport.auth import mint_token
from rapport.messaging import topics
from rapport.settings import DEVELOPMENT_KEY
from rapport.testing.infrastructure import Endpoints
from rapport.testing.processes import free_port

REQUESTS = 3000
OFFERS = 12
RUNS = 9


def _token(role: str) -> dict[str, str]:
    token = mint_token(DEVELOPMENT_KEY, roles=[role], subject="bench", lifetime=timedelta(hours=6))
    return {"Authorization": f"Bearer {token}"}


def _offer(number: int) -> dict[str, object]:
    text = {"title": f"Offer {number}", "body": "Good for you.", "script": "May I tell you about it?"}
    return {
        "offer_id": f"offer-{number}",
        "version": 1,
        "state": "published",
        "category": "loans",
        "goal": f"goal-{number}",
        "priority": number,
        "value": "10.00",
        "texts": {"en": text, "zh-CN": text},
        "eligibility": {
            "combinator": "and",
            "rules": [{"field": "attributes.age", "operator": ">=", "value": 18 + number}],
        },
    }


async def catalogue(touchpoint: str) -> None:
    """A dozen published offers, as touchpoint knows them."""
    conn = await db.connect(touchpoint)
    rows = [(f"offer-{n}", 1, orjson.dumps(_offer(n))) for n in range(OFFERS)]
    await conn.copy_records_to_table("replica_offers", records=rows, columns=["id", "version", "doc"])
    await conn.close()


def popups(first: int, count: int) -> list[bytes]:
    """One for each of so many customers from this one on."""
    head = _token("branch_agent")
    numbers = ((first + n) % gate.CUSTOMERS for n in range(count))
    bodies = (orjson.dumps({"customer_id": f"b{n}", "channel": "branch", "place": "b7"}) for n in numbers)
    return [request("POST", "/v1/popups", body=body, headers=head) for body in bodies]


async def measure_popup(endpoints: Endpoints, _state: Path) -> list[Result]:
    """popup_vs_bare_read and popup_at_200: throughput as a ratio, and latency at 200 a second."""
    url = await gate.prepare(endpoints, "popup")
    await catalogue(url)
    port = free_port()
    environment = gate.touchpoint_environment(endpoints, url) | {"TOUCHPOINT_PORT": str(port)}
    with ExitStack() as ending:
        begin_api(ending, port, partial(gate.start, "touchpoint_service.main", environment=environment))
        ratios = []
        bare_port = free_port()
        begin_api(ending, bare_port, partial(gate.start, "bench.bare_api", str(bare_port), url))
        for run in range(RUNS):
            bare = (await load(bare_port, _reads(REQUESTS))).per_second
            ours = (await load(port, popups(run * REQUESTS, REQUESTS))).per_second
            ratios.append(ours / bare)
            print(f"  run {run + 1}: pop-up {ours:,.0f}/s, bare read {bare:,.0f}/s, ratio {ours / bare:.2f}")
        calm = (await load(port, popups(RUNS * REQUESTS, 2000), rate=200)).latencies
    return [
        result("popup_vs_bare_read", "ratio", ratios, at_least=0.4),
        result("popup_at_200", "ms", calm, at_most=25, p99=percentile(calm, 0.99), judged=percentile(calm, 0.99)),
    ]


async def measure_storefront(endpoints: Endpoints, _state: Path) -> list[Result]:
    """storefront_vs_bare_read."""
    touchpoint = await gate.prepare(endpoints, "storefront")
    name = f"{touchpoint.rpartition('/')[2]}_offers"
    url = await db.create_database(endpoints.postgres_url, name)
    await db.migrate("offers", url)
    await topics.apply(endpoints.kafka_bootstrap)
    port, bare_port = free_port(), free_port()
    environment = {
        "OFFERS_DATABASE_URL": url,
        "OFFERS_KAFKA_BOOTSTRAP": endpoints.kafka_bootstrap,
        "OFFERS_PORT": str(port),
        "OFFERS_WORKER_PORT": "0",
        "OFFERS_LOG_LEVEL": "error",
    }
    source = await db.connect(touchpoint)
    rows = await source.fetch("select id, version, doc from replica_customers")
    await source.close()
    conn = await db.connect(url)
    await conn.copy_records_to_table("replica_customers", records=map(tuple, rows), columns=["id", "version", "doc"])
    await conn.close()
    head = _token("storefront")
    paths = [f"/v1/customers/b{n % gate.CUSTOMERS}/eligible-offers?channel=web&limit=5" for n in range(REQUESTS)]
    asked = [request("GET", path, headers=head) for path in paths]
    with ExitStack() as ending:
        worker = gate.start("offers_service.worker", environment=environment)
        ending.callback(gate.end, worker)
        begin_api(ending, port, partial(gate.start, "offers_service.main", environment=environment))
        await _publish(port)
        begin_api(ending, bare_port, partial(gate.start, "bench.bare_api", str(bare_port), touchpoint))
        ratios = []
        for run in range(RUNS):
            bare = (await load(bare_port, _reads(REQUESTS))).per_second
            ours = (await load(port, asked)).per_second
            ratios.append(ours / bare)
            print(f"  run {run + 1}: storefront {ours:,.0f}/s, bare read {bare:,.0f}/s, ratio {ours / bare:.2f}")
    return [result("storefront_vs_bare_read", "ratio", ratios, at_least=0.5)]


async def _publish(port: int) -> None:
    """The offer manager writes and publishes the catalogue."""
    head = _token("offer_manager")
    for number in range(OFFERS):
        content = {k: v for k, v in _offer(number).items() if k not in ("offer_id", "version", "state")}
        path = f"/v1/offers/offer-{number}"
        await load(port, [request("PUT", path, body=orjson.dumps(content), headers=head)], connections=1)
        await load(port, [request("POST", f"{path}/publication", headers=head)], connections=1)


def _reads(count: int) -> list[bytes]:
    return [request("GET", f"/customers/b{n % gate.CUSTOMERS}") for n in range(count)]


def begin_api(ending: ExitStack, port: int, start: partial[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Start an API and wait until it is ready; it ends with the measurement."""
    process = start()
    ending.callback(gate.end, process)
    deadline = time.monotonic() + 60
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("an API to be measured did not become ready")
        time.sleep(0.1)
    return process


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status in (200, 404)  # the bare API knows no health
    except OSError:
        return False
    finally:
        connection.close()
