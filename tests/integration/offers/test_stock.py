"""A popular offer: far more customers than pieces, while processes and the database are killed.

`make ledger` is the full measure, 10,000 customers for 100 pieces; the suite takes fewer to be done in time.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
from tests.integration.offers.api_process import ApiProcess
from tests.integration.offers.world import World

from offers_service.settings import Settings
from rapport.contracts.offers import OfferAccepted
from rapport.testing.database import fresh_database
from rapport.testing.infrastructure import Endpoints
from rapport.testing.infrastructure.postgres import Postgres

CLAIMS = int(os.environ.get("RAPPORT_LEDGER_CLAIMS", "2000"))
UNDER_KILLS = int(os.environ.get("RAPPORT_LEDGER_CLAIMS", "1000"))
STOCK = 100
AT_ONCE = 400
"""Connections; the others wait for one, as before any server."""
CLIENTS = 20
"""Which share the connections: a client looks through all of its own for each request."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600 if CLAIMS <= 2000 else 0)]


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A server of its own, to be killed."""
    server = Postgres(tmp_path / "postgres")
    yield server
    server.stop()


@pytest.fixture
async def settings(infrastructure: Endpoints, postgres: Postgres) -> AsyncIterator[Settings]:
    url = await asyncio.to_thread(postgres.start)
    async with fresh_database(url, "offers") as database:
        yield Settings(environment="test", database_url=database, kafka_bootstrap=infrastructure.kafka_bootstrap)


@pytest.fixture
async def crowd() -> AsyncIterator[list[httpx2.AsyncClient]]:
    async with AsyncExitStack() as ending:
        limits = httpx2.Limits(max_connections=None)
        clients = [httpx2.AsyncClient(limits=limits, timeout=60, trust_env=False) for _ in range(CLIENTS)]
        yield [await ending.enter_async_context(client) for client in clients]


class Rush:
    """Everybody wants the same offer at once, and asks again under the same id until there is an answer."""

    def __init__(self, apis: list[ApiProcess], crowd: list[httpx2.AsyncClient]) -> None:
        self._apis = apis
        self._crowd = crowd
        self._door = asyncio.Semaphore(AT_ONCE)
        self.told: dict[str, str] = {}
        self.unanswered = 0

    async def come(self, number: int) -> None:
        """One customer."""
        one = f"c{number}"
        async with self._door:
            while (said := await self._ask(number, one)) == "no answer":
                self.unanswered += 1
                number += 1
                await asyncio.sleep(0.05)
            self.told[one] = said

    async def _ask(self, number: int, one: str) -> str:
        client = self._crowd[number // 2 % CLIENTS]
        return await self._apis[number % 2].accept(client, one, acceptance_id=f"acc-{one}")

    async def until(self, answered: int) -> None:
        """Once so many have their answer."""
        while len(self.told) < answered:
            await asyncio.sleep(0.001)


async def found(world: World, rush: Rush) -> None:
    """Exactly the stock is given away, everybody else is told that it is sold out, and all books agree."""
    told = Counter(rush.told.values())
    assert told.pop("sold-out") == len(rush.told) - STOCK
    rows = await world.rows("acceptances")
    assert len(rows) == STOCK
    assert told == {row["acceptance_id"]: 1 for row in rows}
    assert all(rush.told[row["customer_id"]] == row["acceptance_id"] for row in rows)
    events = await world.events(OfferAccepted)
    assert sorted(event["acceptance_id"] for event in events) == sorted(told)
    offer = await world.offer()
    assert (offer["accepted"], offer["sold_out"]) == (STOCK, True)
    assert sum(row["accepted"] for row in await world.rows("acceptance_counts")) == STOCK


async def test_exactly_the_stock_is_given_away(
    world: World, apis: list[ApiProcess], crowd: list[httpx2.AsyncClient]
) -> None:
    await world.customers(*(f"c{number}" for number in range(CLAIMS)))
    await world.published(stock=STOCK)
    rush = Rush(apis, crowd)
    await asyncio.gather(*map(rush.come, range(CLAIMS)))
    assert rush.unanswered == 0
    await found(world, rush)


async def test_also_when_api_and_database_are_killed_in_the_middle(
    world: World, apis: list[ApiProcess], crowd: list[httpx2.AsyncClient], postgres: Postgres
) -> None:
    """Each API and the server alone while there are pieces left; then all three at once."""
    await world.customers(*(f"c{number}" for number in range(UNDER_KILLS)))
    await world.published(stock=STOCK)
    rush = Rush(apis, crowd)
    coming = [asyncio.create_task(rush.come(number)) for number in range(UNDER_KILLS)]
    await rush.until(20)
    await asyncio.to_thread(apis[0].process.kill)
    await rush.until(40)
    await asyncio.to_thread(postgres.kill)
    await asyncio.to_thread(postgres.start)
    await asyncio.to_thread(apis[0].start)
    await rush.until(60)
    await asyncio.to_thread(apis[1].process.kill)
    await asyncio.to_thread(apis[1].start)
    await rush.until(UNDER_KILLS // 2)
    for each in (apis[0].process, postgres, apis[1].process):
        await asyncio.to_thread(each.kill)
    await asyncio.to_thread(postgres.start)
    for api in apis:
        await asyncio.to_thread(api.start)
    await asyncio.gather(*coming)
    assert rush.unanswered > 0
    await world.pool.expire_connections()
    await found(world, rush)
