"""A profile service: its application in process, a real database, a clock that stands."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx2
import pytest

from profile_service.handlers.imports import piece_reader
from profile_service.main import create_app
from profile_service.settings import Settings
from rapport import db
from rapport.auth import mint_token
from rapport.clock import FixedClock
from rapport.settings import DEVELOPMENT_KEY
from rapport.testing.database import fresh_database
from rapport.testing.infrastructure import Endpoints

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
PIECE_ROWS = 10


@cache
def authorization(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {mint_token(DEVELOPMENT_KEY, roles=[role], subject=f'a-{role}')}"}


@dataclass
class World:
    """One test's service."""

    settings: Settings
    pool: db.Pool
    clock: FixedClock
    http: httpx2.AsyncClient

    authorization = staticmethod(authorization)

    async def call(
        self, method: str, path: str, json: Any = None, *, role: str = "data_steward", **headers: str
    ) -> httpx2.Response:
        """A request to /v1; further headers with underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent: dict[str, Any] = {} if json is None else {"json": json}
        return await self.http.request(method, f"/v1{path}", headers=authorization(role) | named, **sent)

    async def put(self, customer_id: str = "c1", **said: Any) -> int:
        """Say all there is to say of a customer; the version."""
        answer = await self.call("PUT", f"/customers/{customer_id}", said)
        assert answer.status_code in (200, 201), answer.text
        version: int = answer.json()["version"]
        return version

    async def get(self, customer_id: str = "c1", role: str = "data_steward") -> dict[str, Any]:
        answer = await self.call("GET", f"/customers/{customer_id}", role=role)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def published(self) -> list[tuple[str, dict[str, Any] | None]]:
        """Key and body of what waits in the outbox, in order."""
        rows = await self.pool.fetch("select topic, key, value from outbox_events order by id, n")
        assert {row["topic"] for row in rows} <= {"profile.customers"}
        return [(row["key"], None if row["value"] is None else json.loads(row["value"])) for row in rows]

    async def versions(self, customer_id: str = "c1") -> list[int | None]:
        """The versions of a customer that were published; None for a tombstone."""
        return [None if body is None else body["version"] for key, body in await self.published() if key == customer_id]

    async def hand_in(
        self, text: str | bytes, columns: Mapping[str, str], *, role: str = "data_steward", **options: Any
    ) -> httpx2.Response:
        """Post a CSV file."""
        mapping = json.dumps({"columns": dict(columns), **options})
        raw = text.encode() if isinstance(text, str) else text
        return await self.http.post(
            "/v1/imports",
            files={"file": ("customers.csv", raw, "text/csv")},
            data={"mapping": mapping},
            headers=authorization(role),
        )

    async def read_pieces(self, most: int = 10_000) -> int:
        """Do what the worker does, up to `most` steps; how many were."""
        read_next_piece = piece_reader(self.settings.keyring())
        for done in range(most):
            async with db.transaction(self.pool) as conn:
                if not await read_next_piece(conn, self.clock.now()):
                    return done
        return most

    async def imported(self, text: str | bytes, columns: Mapping[str, str], **options: Any) -> dict[str, Any]:
        """Hand in a file and take all of it in; how far the import is then."""
        answer = await self.hand_in(text, columns, **options)
        assert answer.status_code == 202, answer.text
        await self.read_pieces()
        found: dict[str, Any] = (await self.call("GET", f"/imports/{answer.json()['import_id']}")).json()
        return found

    async def rejects(self, import_id: str) -> Sequence[str]:
        """The lines of the reject file behind its header."""
        answer = await self.call("GET", f"/imports/{import_id}/rejects")
        header, *lines = answer.text.splitlines()
        assert header == "line,column,reason"
        return lines


@pytest.fixture(scope="session")
async def service(infrastructure: Endpoints) -> AsyncIterator[World]:
    """One application and database for all tests of the session: a database of its own for each takes a second."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(fresh_database(infrastructure.postgres_url, "profile"))
        settings = Settings(
            environment="test",
            database_url=url,
            kafka_bootstrap=infrastructure.kafka_bootstrap,
            redis_url=infrastructure.redis_url,
            import_piece_rows=PIECE_ROWS,
        )
        app = create_app(settings)
        app.state.clock = FixedClock(NOW)
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx2.ASGITransport(app)
        http = await stack.enter_async_context(httpx2.AsyncClient(transport=transport, base_url="http://profile"))
        yield World(settings, app.state.pool, app.state.clock, http)


@pytest.fixture
async def world(service: World) -> World:
    """The service with empty tables, at `NOW`."""
    tables = await service.pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    names = [row["tablename"] for row in tables if row["tablename"] != "alembic_version"]
    await service.pool.execute("; ".join(f"delete from {name}" for name in names))
    service.clock.move(NOW)
    return service
