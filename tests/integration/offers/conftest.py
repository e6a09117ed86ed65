"""An offers service per test: its application in process, a database of its own, a clock that stands."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.integration.offers.world import NOW, World

from offers_service.main import create_app
from offers_service.settings import Settings
from rapport.clock import FixedClock
from rapport.testing.database import fresh_database
from rapport.testing.infrastructure import Endpoints


@pytest.fixture
async def settings(infrastructure: Endpoints) -> AsyncIterator[Settings]:
    async with fresh_database(infrastructure.postgres_url, "offers") as url:
        yield Settings(environment="test", database_url=url, kafka_bootstrap=infrastructure.kafka_bootstrap)


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    app = create_app(settings)
    app.state.clock = FixedClock(NOW)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://offers") as http:
            yield World(app, app.state.pool, app.state.clock, http)
