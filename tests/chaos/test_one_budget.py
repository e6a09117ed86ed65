"""The cap of each of 200 customers is spent exactly, by many at once, while what spends it is killed.

Requests from Kafka, questions by HTTP and pop-ups for the same customers, two workers, and `kill -9` of workers, relay,
API, broker and database meanwhile. Everybody repeats what was not answered, under the same id.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from tests.chaos.care import rebuild, rest, revive

from rapport.clock import SteppedClock
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.channel import CustomerReported
from rapport.contracts.envelope import Event, headers
from rapport.messaging.clients import abort_producer, start_producer
from rapport.messaging.partition import partition_for
from rapport.testing.parts import Options
from rapport.testing.system import Running, System
from rapport_cli.checker import check
from rapport_cli.desk import Desk, Person, Refused

STATE = Path(__file__).resolve().parents[2] / "var" / "test-chaos-budget"
CUSTOMERS = 200
CAPS = (1, 3, 7)
"""A third of the customers has each."""
BY_KAFKA, BY_HTTP = 6, 3
"""Attempts for each customer, and two pop-ups more: more than any cap."""
VICTIMS = ("touchpoint-worker", "touchpoint-second", "touchpoint-relay", "touchpoint-api") * 2 + ("kafka", "postgres")

POLICY: dict[str, Any] = {
    "name": "exactly",
    "frequency_caps": [
        {
            "name": f"at-most-{cap}",
            "limit": cap,
            "window": {"kind": "rolling", "hours": 1000},
            "when": {"combinator": "and", "rules": [{"field": "grade", "operator": "=", "value": f"cap-{cap}"}]},
        }
        for cap in CAPS
    ],
}
WISH = {"purpose": "marketing", "category": "sales", "contact_class": "marketing"}
SWITCH, AGENT, AUDITOR = Person("channel_system", "switch"), Person("branch_agent", "a"), Person("compliance", "carla")
_AWAY = (httpx2.HTTPError, Refused, KafkaError, OSError, TimeoutError)


def cap_of(number: int) -> int:
    return CAPS[number % len(CAPS)]


class Attempts:
    """Everybody who would like to contact somebody."""

    def __init__(self, running: Running, clock: SteppedClock, desk: Desk) -> None:
        self._bootstrap = running.endpoints.kafka_bootstrap
        self._clock = clock
        self._desk = desk
        self._producer: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()

    async def prepare(self) -> None:
        """Customers, an offer and the policy, before anything is killed."""
        editor, approver = Person("policy_editor", "erin"), Person("policy_approver", "sam")
        await self._desk.call("touchpoint", "POST", "/policies", {"policy_id": "p", "document": POLICY}, by=editor)
        await self._desk.call("touchpoint", "POST", "/policies/p/versions", by=editor)
        await self._desk.call("touchpoint", "POST", "/policies/p/versions/1/approvals", by=approver)
        manager, text = Person("offer_manager", "olivia"), {"title": "Card", "body": "Good.", "script": "Say it."}
        offer = {"category": "sales", "goal": "card", "texts": {"en": text, "zh-CN": text}}
        await self._desk.call("offers", "PUT", "/offers/card", offer, by=manager)
        await self._desk.call("offers", "POST", "/offers/card/publication", by=manager)
        for number in range(CUSTOMERS):
            facts = {"time_zone": "Europe/Berlin", "grade": f"cap-{cap_of(number)}"}
            body = {"customer_id": f"b{number}", "report_id": f"b{number}", "at": self._clock.now()} | facts
            await self.send(CustomerReported.model_validate(body))

    async def all(self, dice: random.Random) -> None:
        """Everything, in no order, many at once; returns when all of it was answered."""
        jobs: list[Callable[[], Awaitable[object]]] = []
        for number in range(CUSTOMERS):
            jobs += [self._requested(number, n) for n in range(BY_KAFKA)]
            jobs += [self._asked(number, n) for n in range(BY_HTTP)]
            jobs += [self._appeared(number, channel) for channel in ("branch", "hotline")]
        dice.shuffle(jobs)
        places = asyncio.Semaphore(24)

        async def one(job: Callable[[], Awaitable[object]]) -> None:
            async with places:
                await _until_taken(job)

        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(one(job))

    def _requested(self, number: int, attempt: int) -> Callable[[], Awaitable[object]]:
        now = self._clock.now()
        body = {"request_id": f"k{number}.{attempt}", "customer_id": f"b{number}", "channels": ["web"], "at": now}
        event = ContactRequested.model_validate(body | WISH | {"expires_at": now + timedelta(days=30)})
        return lambda: self.send(event)

    def _asked(self, number: int, attempt: int) -> Callable[[], Awaitable[object]]:
        body = {"request_id": f"h{number}.{attempt}", "customer_id": f"b{number}", "channels": ["branch"]} | WISH
        return lambda: self._desk.call("touchpoint", "POST", "/decisions", body, by=SWITCH)

    def _appeared(self, number: int, channel: str) -> Callable[[], Awaitable[object]]:
        body, key = {"customer_id": f"b{number}", "channel": channel}, {"Idempotency-Key": f"{channel}.{number}"}
        return lambda: self._desk.call("touchpoint", "POST", "/popups", body, by=AGENT, headers=key)

    async def send(self, event: Event) -> None:
        """Put an event on its topic, once it is known to be there."""
        async with self._opening:
            if self._producer is None:
                self._producer = await start_producer(self._bootstrap, max_batch_bytes=1 << 19)
        at = self._clock.now().isoformat()
        head = headers(event_id=f"{event.event_type}.{event.key}", event_type=event.event_type, source="/test", at=at)
        key = event.key.encode()
        try:
            async with asyncio.timeout(10):
                await self._producer.send_and_wait(
                    event.topic,
                    event.model_dump_json(exclude_none=True).encode(),
                    key,
                    partition=partition_for(key, 12),
                    headers=head,
                )
        except (KafkaError, TimeoutError):
            async with self._opening:
                if self._producer is not None:
                    await abort_producer(self._producer)
                    self._producer = None
            raise

    async def close(self) -> None:
        if self._producer is not None:
            await abort_producer(self._producer)


async def _until_taken(job: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await job()
        except _AWAY:
            await asyncio.sleep(0.2)
        else:
            return


async def _kill(system: System, running: Running, dice: random.Random) -> None:
    names = [*VICTIMS]
    dice.shuffle(names)
    for name in names:
        await asyncio.sleep(dice.uniform(0.2, 0.8))
        await asyncio.to_thread(system.kill, name)
        await asyncio.sleep(dice.uniform(0, 0.3))
        if name in ("kafka", "postgres"):
            await asyncio.to_thread(system.restart, name)
        await revive(system, running)


@pytest.mark.timeout(0)
async def test_each_cap_is_spent_exactly_whatever_is_killed():
    seed = int(os.environ.get("RAPPORT_CHAOS_SEED") or time.time())
    print(f"RAPPORT_CHAOS_SEED={seed}")  # noqa: T201
    dice = random.Random(seed)
    clock = SteppedClock.create(STATE / "clock", datetime.now(UTC))
    system = System(STATE, Options(clock=f"stepped:{clock.path}", second_worker=True, simulators=True))
    running = await asyncio.to_thread(system.start, fresh=True)
    try:
        async with Desk(running) as desk:
            attempts = Attempts(running, clock, desk)
            await attempts.prepare()
            await rest(running, clock)
            attempting = asyncio.create_task(attempts.all(dice))
            await _kill(system, running, dice)
            while not attempting.done():
                await revive(system, running)
                await asyncio.sleep(0.5)
            await attempting
            await attempts.close()
        await revive(system, running)
        await rest(running, clock)
        async with Desk(running) as desk:
            used = {}
            for number in range(CUSTOMERS):
                shown = await desk.call("touchpoint", "GET", f"/customers/b{number}/standing", by=AUDITOR)
                used[number] = [b["used"] for b in shown.json()["budgets"] if b["rule"] == f"at-most-{cap_of(number)}"]
            rebuilt = await rebuild(desk)
        found = await check(running.databases, running.endpoints.kafka_bootstrap)
    finally:
        await asyncio.to_thread(system.stop)
    assert used == {number: [cap_of(number)] for number in range(CUSTOMERS)}
    assert found.ok, "\n".join(map(str, found.broken))
    assert found.figures.released == sum(map(cap_of, range(CUSTOMERS)))
    assert (rebuilt["compared"], rebuilt["differing"]) == (CUSTOMERS, 0), rebuilt["differences"]
