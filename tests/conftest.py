"""Fixtures of all tests: the servers, and an empty database on them.

The servers are shared by all workers of pytest-xdist and by runs side by side, so a test makes databases, topics and
groups with names of its own. A test that kills a server starts one of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.lending import drop_lent

from rapport.db import create_database
from rapport.testing.infrastructure import Endpoints, shared

STATE = Path(__file__).resolve().parent.parent / "var" / "test"


@pytest.fixture(scope="session")
def infrastructure() -> Iterator[Endpoints]:
    """A PostgreSQL 18, a Kafka and a Redis that answer."""
    with shared(STATE) as endpoints:
        yield endpoints
        drop_lent()


@pytest.fixture
def unique() -> str:
    """A name nobody else has, good for a database, a topic, a group."""
    return f"t{uuid.uuid4().hex[:16]}"


@pytest.fixture
async def empty_database(infrastructure: Endpoints, unique: str) -> AsyncIterator[str]:
    """The URL of a database without a table, dropped after the test."""
    yield await create_database(infrastructure.postgres_url, unique)
    connection = await asyncpg.connect(infrastructure.postgres_url)
    await connection.execute(f"drop database if exists {unique} with (force)")
    await connection.close()
