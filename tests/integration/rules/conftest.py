"""A database for tests that Hypothesis calls, which cannot be coroutines."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import orjson
import pytest
from sqlalchemy import ColumnElement

from rapport.db import with_database
from rapport.rules.sql import to_asyncpg
from rapport.testing.infrastructure import Endpoints


class Database:
    """A connection and the event loop that it runs on."""

    def __init__(self, runner: asyncio.Runner, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self._runner = runner
        self._connection = connection

    def holds(self, condition: ColumnElement[bool], docs: list[Any]) -> list[bool]:
        """What PostgreSQL says of each document, which the condition calls `doc`."""
        text, arguments = to_asyncpg(condition, first=2)
        query = f"""
            select {text} as answer
            from (select raw::jsonb as doc, n from unnest($1::text[]) with ordinality as d(raw, n) offset 0) as d
            order by n
        """
        raw = [orjson.dumps(doc).decode() for doc in docs]
        return [row["answer"] for row in self.fetch(query, raw, *arguments)]

    def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """The rows of a query."""
        return self._runner.run(self._connection.fetch(sql, *arguments))


@contextmanager
def _connected(url: str) -> Iterator[Database]:
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url, statement_cache_size=0))
        yield Database(runner, connection)
        runner.run(connection.close())


@pytest.fixture(scope="module")
def database(infrastructure: Endpoints) -> Iterator[Database]:
    """It sorts as a dictionary does, not by code point, wherever the server knows how."""
    name = f"rules_{uuid.uuid4().hex[:12]}"
    with _connected(infrastructure.postgres_url) as admin:
        create = f"create database {name} template template0 encoding 'UTF8'"
        try:
            admin.fetch(f"{create} locale_provider icu icu_locale 'en'")
        except asyncpg.PostgresError:
            admin.fetch(create)
        with _connected(with_database(infrastructure.postgres_url, name)) as database:
            yield database
        admin.fetch(f"drop database {name} with (force)")
