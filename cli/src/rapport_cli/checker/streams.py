"""Rows of several tables, of several databases if need be, brought together by key without holding any table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from rapport import db
from rapport.db import Connection

_PREFETCH = 2000


@asynccontextmanager
async def snapshots(databases: Mapping[str, str]) -> AsyncIterator[dict[str, Connection]]:
    """A connection to each database, inside a read-only transaction that sees one state throughout."""
    async with AsyncExitStack() as stack:
        found: dict[str, Connection] = {}
        for service, url in databases.items():
            connection = await db.connect(url, application_name="rapport check")
            stack.push_async_callback(connection.close)
            await stack.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
            await connection.execute("set local idle_in_transaction_session_timeout = 0")  # topics are read meanwhile
            found[service] = connection
        yield found


async def by_key(sources: Mapping[str, tuple[Connection, str]]) -> AsyncIterator[tuple[str, dict[str, list[Any]]]]:
    """Each key with its rows from every source, in the order of the keys.

    Args:
        sources: per name the connection, in a transaction, and a query that orders by its first column, the key,
            first of all, and says `{collate}` behind its name there.
    """
    readers = [_Reader(name, connection, query) for name, (connection, query) in sources.items()]
    for reader in readers:
        await reader.open()
    while keys := [reader.key for reader in readers if reader.key is not None]:
        key = min(keys)
        yield key, {reader.name: await reader.take(key) for reader in readers}


class _Reader:
    """The rows of one query, in groups of equal keys."""

    def __init__(self, name: str, connection: Connection, query: str) -> None:
        self.name = name
        self.key: str | None = None
        self._connection = connection
        self._query = query
        self._rows: AsyncIterator[Any]
        self._row: Any = None

    async def open(self) -> None:
        """Begin with the first row."""
        query = self._query.replace("{collate}", await _collation(self._connection))
        self._rows = aiter(self._connection.cursor(query, prefetch=_PREFETCH))
        await self._next()

    async def take(self, key: str) -> list[Any]:
        """The rows of this key, if it is the next one."""
        found = []
        while self.key == key:
            found.append(self._row)
            await self._next()
        return found

    async def _next(self) -> None:
        self._row = await anext(self._rows, None)
        self.key = None if self._row is None else self._row[0]


async def _collation(connection: Connection) -> str:
    """What makes the database sort texts as Python does; nothing where it does so anyhow, so that an index serves."""
    plain = await connection.fetchval(
        "select datlocprovider = 'b' or datcollate in ('C', 'POSIX') from pg_database "
        "where datname = current_database()"
    )
    return "" if plain else 'collate "C"'
