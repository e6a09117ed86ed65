"""From a release to the agent who has it: a dialer that polls, idle and beside bulk load."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaProducer

from bench import kafka
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.envelope import headers
from rapport.messaging.partition import partition_for
from rapport.testing.system import Running
from rapport_cli.desk import Desk, Person

DIALER = Person("outbound_agent", "dialer")
AUDITOR = Person("compliance", "carla")
_PAUSE = 0.005
"""Between two of the dialer's questions; also between two requests."""
_LATE = 60.0


async def sample(running: Running, desk: Desk, name: str, customers: range) -> list[float]:
    """Milliseconds from the instant of each release, as the timeline has it, to the answer that hands it over.

    One request for each customer comes from Kafka, as a campaign's do, while a dialer asks all the time.
    """
    arrived: dict[str, float] = {}
    asking = asyncio.create_task(_ask(desk, arrived, {f"{name}.{n}" for n in customers}))
    producer = AIOKafkaProducer(bootstrap_servers=running.endpoints.kafka_bootstrap)
    await producer.start()
    try:
        for number in customers:
            key, value, head = _record(name, number)
            await producer.send_and_wait(
                ContactRequested.topic, value, key, partition=partition_for(key, 12), headers=head
            )
            await asyncio.sleep(_PAUSE)
    finally:
        await producer.stop()
    async with asyncio.timeout(_LATE):
        await asking
    found = []
    for request_id, at in arrived.items():
        shown = await desk.call("touchpoint", "GET", f"/contact-requests/{request_id}", by=AUDITOR)
        released = next(h for h in shown.json()["history"] if h["kind"] == "contact.released")
        found.append((at - datetime.fromisoformat(released["at"]).timestamp()) * 1000)
    return found


async def _ask(desk: Desk, arrived: dict[str, float], wanted: set[str]) -> None:
    while wanted - arrived.keys():
        body = {"limit": 20, "seconds": 3600}
        answer = await desk.call("touchpoint", "POST", "/channels/call/leases", body, by=DIALER)
        now = time.time()
        for item in answer.json()["items"]:
            if item["request_id"] in wanted:
                arrived[item["request_id"]] = now
        await asyncio.sleep(_PAUSE)


def _record(name: str, number: int) -> kafka.Record:
    now = datetime.now(UTC)
    body: dict[str, Any] = {
        "request_id": f"{name}.{number}",
        "customer_id": f"r{number}",
        "channels": ["call"],
        "purpose": "marketing",
        "category": "sales",
        "contact_class": "marketing",
        "at": now,
        "expires_at": now + timedelta(days=1),
    }
    event = ContactRequested.model_validate(body)
    head = headers(event_id=event.request_id, event_type=event.event_type, source="/bench", at=now.isoformat())
    return event.customer_id.encode(), event.model_dump_json(exclude_none=True).encode(), head
