"""The offers API as processes: two at once, and one that is killed under load."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import httpx2
import pytest
from tests.integration.offers.world import World, authorization

from offers_service import repository
from offers_service.settings import Settings
from rapport.contracts.offers import OfferAccepted
from rapport.contracts.profile import CustomerUpserted
from rapport.testing.processes import LOOPBACK, ManagedProcess, free_port

pytestmark = pytest.mark.slow


@dataclass
class ApiProcess:
    """One process of the API."""

    process: ManagedProcess
    port: int
    environment: dict[str, str]

    def start(self) -> None:
        self.process.start([sys.executable, "-m", "offers_service.main"], environment=self.environment)
        self.process.wait_ready(self._ready, 60)

    def _ready(self) -> bool:
        connection = HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    async def accept(self, http: httpx2.AsyncClient, customer_id: str) -> str:
        """What the customer is told: the acceptance id, the type of the problem, or that nobody answers."""
        body = {"customer_id": customer_id, "offer_id": "o1", "channel": "web"}
        try:
            answer = await http.post(
                f"http://{LOOPBACK}:{self.port}/v1/acceptances", json=body, headers=authorization("storefront")
            )
        except httpx2.HTTPError:
            return "no answer"
        found: str = answer.json()["acceptance_id"] if answer.status_code == 201 else answer.json()["type"]
        return found


@pytest.fixture
async def apis(settings: Settings, world: World, tmp_path: Path) -> AsyncIterator[list[ApiProcess]]:
    """Two processes of the API on the world's database."""
    await repository.mark_complete(world.pool, CustomerUpserted.topic, world.clock.now())  # type: ignore[arg-type]
    found = []
    for number in (1, 2):
        port = free_port()
        environment = os.environ | {
            "OFFERS_DATABASE_URL": settings.database_url,
            "OFFERS_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "OFFERS_PORT": str(port),
        }
        found.append(ApiProcess(ManagedProcess(f"api-{number}", tmp_path), port, dict(environment)))
    try:
        await asyncio.gather(*(asyncio.to_thread(api.start) for api in found))
        yield found
    finally:
        await asyncio.gather(*(asyncio.to_thread(api.process.end) for api in found))


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
        yield client


async def test_five_hundred_at_once_for_fifty_pieces_over_two_processes(
    world: World, apis: list[ApiProcess], http: httpx2.AsyncClient
) -> None:
    ids = [f"c{n}" for n in range(500)]
    await world.customers(*ids)
    await world.published(stock=50)
    told = Counter(await asyncio.gather(*(apis[number % 2].accept(http, one) for number, one in enumerate(ids))))
    assert told.pop("sold-out") == 450
    assert set(told.values()) == {1}
    ledger = {row["acceptance_id"] for row in await world.rows("acceptances")}
    assert told.keys() == ledger
    assert {event["acceptance_id"] for event in await world.events(OfferAccepted)} == ledger
    assert (await world.offer())["accepted"] == len(ledger) == 50


async def test_a_kill_under_load_leaves_stock_ledger_and_events_in_step(
    world: World, apis: list[ApiProcess], http: httpx2.AsyncClient
) -> None:
    ids = [f"c{n}" for n in range(4000)]
    await world.customers(*ids)
    await world.published(stock=3000)
    queue = iter(ids)
    told: dict[str, list[str]] = {}
    over = asyncio.Event()

    async def visitors(number: int) -> None:
        """One customer after the other; who gets no answer asks the other process."""
        while not over.is_set() and (one := next(queue, None)):
            heard = told[one] = [await apis[number % 2].accept(http, one)]
            while heard[-1] == "no answer":
                number += 1
                heard.append(await apis[number % 2].accept(http, one))

    load = [asyncio.create_task(visitors(number)) for number in range(16)]
    for victim in apis:
        seen = len(told)
        while len(told) < seen + 50:
            await asyncio.sleep(0.001)
        await asyncio.to_thread(victim.process.kill)
        await asyncio.to_thread(victim.start)
    over.set()
    await asyncio.gather(*load)

    assert any("no answer" in heard for heard in told.values())
    confirmed = {word for heard in told.values() for word in heard if word.startswith("acc_")}
    repeated = {one for one, heard in told.items() if heard[-1] == "already-accepted"}
    rows = [row for row in await world.rows("acceptances") if row["state"] == "accepted"]
    ledger = {row["acceptance_id"] for row in rows}
    assert confirmed <= ledger
    assert {row["customer_id"] for row in rows if row["acceptance_id"] not in confirmed} == repeated
    assert (await world.offer())["accepted"] == len(ledger)
    assert {event["acceptance_id"] for event in await world.events(OfferAccepted)} == ledger
