"""Every service's migrations, on a real server: each step up, down and up again, ending with what all services have."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from rapport import db
from rapport.migrations_env import revisions
from rapport.settings import home
from rapport.testing.database import fresh_database
from rapport.testing.infrastructure import Endpoints

SERVICES = ("profile", "offers", "touchpoint", "campaign")

SCHEMA = """
    select table_name, column_name, data_type, is_nullable from information_schema.columns
    where table_schema = 'public' and table_name <> 'alembic_version' order by 1, 2
"""


@pytest.fixture
async def url(infrastructure: Endpoints) -> AsyncIterator[str]:
    async with fresh_database(infrastructure.postgres_url) as found:
        yield found


async def schema(url: str) -> list[tuple[str, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(SCHEMA)]
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
class TestMigrations:
    async def test_each_step_can_be_taken_back_and_taken_again(self, service: str, url: str) -> None:
        before: dict[str, list[tuple[str, ...]]] = {}
        previous = "base"
        for revision in revisions(home() / "services" / service / "migrations"):
            before[previous] = await schema(url)
            await db.migrate(service, url, to=revision)
            reached = await schema(url)
            await db.unmigrate(service, url, to=previous)
            assert await schema(url) == before[previous], f"{revision} leaves something behind"
            await db.migrate(service, url, to=revision)
            assert await schema(url) == reached
            previous = revision
        await db.unmigrate(service, url)
        assert await schema(url) == []

    async def test_give_what_relays_consumers_and_settling_rely_on(self, service: str, url: str) -> None:
        await db.migrate(service, url)
        found = {(table, column) for table, column, *_ in await schema(url)}
        assert {table for table, _ in found} >= {"outbox", "consumer_positions", "idempotency_keys", "due_work"}
        assert found >= {("due_work", "kind"), ("due_work", "due_at")}

    async def test_are_in_one_line(self, service: str, url: str) -> None:
        await db.migrate(service, url)
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("select count(*) from alembic_version") == 1
        await connection.close()
