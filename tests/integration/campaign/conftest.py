"""A campaign service per test: its database, emptied; its API in process; and a clock that the test moves."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx2
import pytest
from tests.integration.campaign.world import World

from campaign_service.main import create_app
from campaign_service.settings import Settings
from rapport import db
from rapport.clock import SteppedClock
from rapport.testing.infrastructure import Endpoints

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)

TABLES = [
    "campaigns",
    "audience",
    "attempts",
    "replica_customers",
    "replica_offers",
    "outbox",
    "consumer_positions",
    "idempotency_keys",
]


@pytest.fixture(scope="session")
async def database(infrastructure: Endpoints) -> AsyncIterator[str]:
    """A migrated database for all tests of this session: creating one takes longer than most of them."""
    name = f"t{uuid.uuid4().hex[:16]}"
    url = await db.create_database(infrastructure.postgres_url, name)
    await db.migrate("campaign", url)
    yield url
    connection = await asyncpg.connect(infrastructure.postgres_url)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
async def settings(infrastructure: Endpoints, database: str, tmp_path: Path) -> Settings:
    clock = SteppedClock.create(tmp_path / "clock", NOW)
    return Settings(
        environment="test",
        database_url=database,
        kafka_bootstrap=infrastructure.kafka_bootstrap,
        clock=f"stepped:{clock.path}",
    )


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://campaign") as client,
    ):
        await app.state.pool.execute("".join(f"delete from {table};" for table in TABLES))
        yield World(settings, app.state.pool, app.state.clock, client)
