"""An offers service per test: its application in process, a database of its own, a clock that stands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from tests.integration.offers.api_process import ApiProcess
from tests.integration.offers.world import NOW, World
from tests.lending import lent_app, lent_database

from offers_service.main import create_app
from offers_service.repository import customers
from offers_service.settings import Settings
from rapport.clock import FixedClock
from rapport.contracts.profile import CustomerUpserted
from rapport.testing.infrastructure import Endpoints
from rapport.testing.processes import ManagedProcess, free_port


@pytest.fixture
async def settings(infrastructure: Endpoints) -> AsyncIterator[Settings]:
    async with lent_database(infrastructure, "offers") as url:
        yield Settings(
            environment="test",
            database_url=url,
            kafka_bootstrap=infrastructure.kafka_bootstrap,
            redis_url=infrastructure.redis_url,
        )


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    alone = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})  # each test guesses alone
    with lent_app(settings.database_url, lambda: create_app(alone)) as app:
        app.state.clock = FixedClock(NOW)
        async with app.router.lifespan_context(app):
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://offers") as http:
                yield World(app, app.state.pool, app.state.clock, http)


@pytest.fixture
async def apis(settings: Settings, world: World, tmp_path: Path) -> AsyncIterator[list[ApiProcess]]:
    """Two processes of the API on the world's database."""
    await customers.mark_complete(world.pool, CustomerUpserted.topic, world.clock.now())  # type: ignore[arg-type]
    found = []
    for number in (1, 2):
        port = free_port()
        environment = os.environ | {
            "OFFERS_DATABASE_URL": settings.database_url,
            "OFFERS_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "OFFERS_REDIS_URL": settings.redis_url,
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
