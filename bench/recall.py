"""From an acceptance on the web to the recall of the call, as a dialer sees it on the topic: idle and under load.

The whole system runs: the acceptance goes to the offers API, through its outbox and Kafka to touchpoint, and the recall
through touchpoint's outbox and Kafka to the listener. Also: how soon an agent has what was released, the memory of each
process afterwards, and how soon an approved policy is on the next decision.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psutil
from aiokafka import AIOKafkaConsumer

from bench import kafka, lease
from bench.results import Result, percentile, result
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.channel import CustomerReported
from rapport.contracts.envelope import headers
from rapport.testing.infrastructure import Endpoints
from rapport.testing.parts import Options
from rapport.testing.settle import Settler
from rapport.testing.system import Running, System
from rapport_cli.desk import Desk, Person

SAMPLES = 150
BULK = 60_000
CUSTOMERS = 2000
POLICY: dict[str, Any] = {
    "name": "bench",
    "frequency_caps": [{"name": "many", "limit": 900, "window": {"kind": "rolling", "hours": 24}}],
}
SHOP = Person("storefront", "shop")
EDITOR, APPROVER = Person("policy_editor", "erin"), Person("policy_approver", "sam")
SWITCH = Person("channel_system", "switch")


async def measure(_endpoints: Endpoints, state: Path) -> list[Result]:
    """recall_idle, recall_loaded, lease_idle, lease_loaded, policy_in_force and memory_<part>."""
    system = System(state / "system", Options())
    running = await asyncio.to_thread(system.start, fresh=True)
    try:
        async with Desk(running) as desk:
            await _prepare(running, desk)
            heard: dict[str, float] = {}
            listening = asyncio.create_task(_listen(running, heard))
            idle = await _accept(desk, heard, range(SAMPLES))
            policy = [await _policy(desk, n) for n in range(5)]
            leased = await lease.sample(running, desk, "idle", range(CUSTOMERS - 200, CUSTOMERS - 20))
            bulk = asyncio.create_task(_bulk(running, "bulk"))
            await asyncio.sleep(1)
            loaded = await _accept(desk, heard, range(SAMPLES, 2 * SAMPLES))
            await bulk
            bulk = asyncio.create_task(_bulk(running, "more"))
            await asyncio.sleep(2)  # until it is in its topic
            beside = await lease.sample(running, desk, "loaded", range(CUSTOMERS - 200, CUSTOMERS - 20))
            await bulk
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
        memory = _memory(system, running)
    finally:
        await asyncio.to_thread(system.stop)
    found = [
        result("recall_idle", "ms", idle, at_most=250, p99=percentile(idle, 0.99), judged=percentile(idle, 0.99)),
        result(
            "recall_loaded", "ms", loaded, at_most=1000, p99=percentile(loaded, 0.99), judged=percentile(loaded, 0.99)
        ),
        result("lease_idle", "ms", leased, p99=percentile(leased, 0.99)),
        result("lease_loaded", "ms", beside, p99=percentile(beside, 0.99)),
        result("policy_in_force", "ms", policy, at_most=2000, judged=max(policy)),
    ]
    return found + [result(f"memory_{name}", "mb", [size]) for name, size in sorted(memory.items())]


async def _prepare(running: Running, desk: Desk) -> None:
    await desk.call("touchpoint", "POST", "/policies", {"policy_id": "bench", "document": POLICY}, by=EDITOR)
    await _approve(desk)
    text = {"title": "Stay", "body": "Good.", "script": "May I?"}
    offer = {"category": "sales", "goal": "stay", "texts": {"en": text, "zh-CN": text}}
    manager = Person("offer_manager", "olivia")
    await desk.call("offers", "PUT", "/offers/stay", offer, by=manager)
    await desk.call("offers", "POST", "/offers/stay/publication", by=manager)
    now = datetime.now(UTC)
    consents = [{"channel": "call", "purpose": "marketing", "granted": True, "at": now}]
    records = [
        _record(
            CustomerReported.model_validate(
                {
                    "customer_id": f"r{n}",
                    "report_id": f"r{n}",
                    "at": now,
                    "phone": f"+4930{n:07d}",
                    "time_zone": "Europe/Berlin",
                    "consents": consents,
                }
            )
        )
        for n in range(CUSTOMERS)
    ]
    await kafka.fill(running.endpoints.kafka_bootstrap, CustomerReported.topic, records)
    async with Settler(running.databases, running.endpoints.kafka_bootstrap) as settler:
        await settler.settle(datetime.now(UTC))


async def _approve(desk: Desk) -> int:
    sent = await desk.call("touchpoint", "POST", "/policies/bench/versions", by=EDITOR)
    number: int = sent.json()["version"]
    await desk.call("touchpoint", "POST", f"/policies/bench/versions/{number}/approvals", by=APPROVER)
    return number


async def _accept(desk: Desk, heard: dict[str, float], numbers: range) -> list[float]:
    """Milliseconds from the shop's request to the recall on the topic, one for each customer."""
    wish = {
        "channels": ["call"],
        "purpose": "marketing",
        "category": "sales",
        "contact_class": "marketing",
        "goal": "stay",
        "offer_id": "stay",
    }
    found = []
    for number in numbers:
        customer_id = f"r{number}"
        answer = await desk.call("touchpoint", "POST", "/decisions", wish | {"customer_id": customer_id}, by=SWITCH)
        contact_id = answer.json()["contact_id"]
        begun = time.perf_counter()
        body = {"customer_id": customer_id, "offer_id": "stay", "channel": "web"}
        await desk.call("offers", "POST", "/acceptances", body, by=SHOP)
        while contact_id not in heard:
            if time.perf_counter() - begun > 30:
                raise TimeoutError("no recall came")
            await asyncio.sleep(0.001)
        found.append((heard[contact_id] - begun) * 1000)
    return found


async def _listen(running: Running, heard: dict[str, float]) -> None:
    """When each recall arrived, by contact."""
    consumer = AIOKafkaConsumer(
        "touchpoint.contacts", bootstrap_servers=running.endpoints.kafka_bootstrap, auto_offset_reset="latest"
    )
    await consumer.start()
    try:
        while True:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                for r in records:
                    if dict(r.headers)["ce_type"] == b"touchpoint.contact.recalled.v1":
                        heard[orjson.loads(r.value)["contact_id"]] = time.perf_counter()
    finally:
        await consumer.stop()


async def _policy(desk: Desk, number: int) -> float:
    """Milliseconds from the approval's answer to the first decision stamped with the version."""
    version = await _approve(desk)
    begun = time.perf_counter()
    attempt = 0
    while True:
        attempt += 1
        request_id = f"policy.{number}.{attempt}"
        wish = {
            "request_id": request_id,
            "customer_id": f"r{CUSTOMERS - 1 - number}",
            "channels": ["call"],
            "purpose": "marketing",
            "category": "sales",
            "contact_class": "marketing",
        }
        await desk.call("touchpoint", "POST", "/decisions", wish, by=SWITCH)
        shown = await desk.call(
            "touchpoint", "GET", f"/contact-requests/{request_id}", by=Person("compliance", "carla")
        )
        if shown.json()["history"][-1]["policy_version"] == version:
            return (time.perf_counter() - begun) * 1000


async def _bulk(running: Running, name: str) -> None:
    """Many requests at once, for other customers than those who accept."""
    now = datetime.now(UTC)
    others = CUSTOMERS - 2 * SAMPLES - 10
    records = [
        _record(
            ContactRequested.model_validate(
                {
                    "request_id": f"{name}.{n}",
                    "customer_id": f"r{2 * SAMPLES + n % others}",
                    "channels": ["branch"],
                    "purpose": "marketing",
                    "category": "sales",
                    "contact_class": "marketing",
                    "at": now,
                    "expires_at": now + timedelta(days=1),
                }
            )
        )
        for n in range(BULK)
    ]
    await kafka.fill(running.endpoints.kafka_bootstrap, ContactRequested.topic, records)


def _record(event: Any) -> kafka.Record:
    head = headers(
        event_id=f"{event.event_type}.{event.key}.{id(event)}",
        event_type=event.event_type,
        source="/bench",
        at=datetime.now(UTC).isoformat(),
    )
    return event.key.encode(), event.model_dump_json(exclude_none=True).encode(), head


def _memory(system: System, running: Running) -> dict[str, float]:
    """Resident megabytes of each process of ours."""
    found = {}
    for name in running.urls:
        pid = system.process(name).pid
        if pid is not None:
            found[name.replace("-", "_")] = psutil.Process(pid).memory_info().rss / 1e6
    return found
