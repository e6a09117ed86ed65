"""A campaign service per test: an empty database, its API in process, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from tests.integration.campaign.world import World
from tests.lending import lent_app, lent_database

from campaign_service.main import create_app
from campaign_service.settings import Settings
from rapport.clock import SteppedClock, open_clock
from rapport.testing.infrastructure import Endpoints

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.fixture
async def database(infrastructure: Endpoints) -> AsyncIterator[str]:
    async with lent_database(infrastructure, "campaign") as url:
        yield url


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
    with lent_app(settings.database_url, lambda: create_app(settings)) as app:
        app.state.settings = settings
        app.state.clock = open_clock(settings.clock)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://campaign") as client,
        ):
            yield World(settings, app.state.pool, app.state.clock, client)
