"""Runs the services' alembic migrations; one environment for all, in place of an env.py per service.

What always holds:
- a migration is plain SQL: `op.execute` takes a script of any number of statements, as psql would (no bind parameters,
  so `::casts` and JSON need no escaping);
- the whole run is one transaction under an advisory lock: it happens fully or not at all, and only once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
from alembic.config import Config
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Executable, NullPool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

_LOCK = 0x7261_7070_6F72_7401  # one for all: migrations of one database at a time


class _ScriptImpl(PostgresqlImpl):
    """Sends text as a script: the driver's prepared statements take only one statement each."""

    __dialect__ = "postgresql"

    def execute(self, sql: Executable | str, execution_options: dict[str, Any] | None = None) -> None:
        if not isinstance(sql, str) or self.connection is None:
            super().execute(sql, execution_options)
            return
        driver: Any = self.connection.connection.driver_connection
        await_only(driver.execute(sql))


def revisions(folder: Path) -> list[str]:
    """The revisions in `folder`, oldest first."""
    return [found.revision for found in _scripts(folder).walk_revisions()][::-1]


async def upgrade(folder: Path, url: str, to: str) -> None:
    """Apply the revisions of `folder` that the database lacks, up to `to`."""
    scripts = _scripts(folder)
    await _run(url, scripts, to, lambda present, _context: scripts._upgrade_revs(to, present))  # noqa: SLF001


async def downgrade(folder: Path, url: str, to: str) -> None:
    """Take back the revisions of `folder` that lie after `to`."""
    scripts = _scripts(folder)
    await _run(url, scripts, to, lambda present, _context: scripts._downgrade_revs(to, present))  # noqa: SLF001


def _scripts(folder: Path) -> ScriptDirectory:
    if not folder.is_dir():
        raise FileNotFoundError(f"no migrations in {folder}")
    return ScriptDirectory(folder, version_locations=[folder], recursive_version_locations=True)


async def _run(url: str, scripts: ScriptDirectory, to: str, steps: Callable[[Any, MigrationContext], Any]) -> None:
    async def driver(*_args: Any, **_options: Any) -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(url)

    def work(connection: Connection) -> None:
        # This statement also opens the driver's transaction, which scripts then run in.
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({_LOCK})")
        with EnvironmentContext(Config(), scripts, fn=steps, destination_rev=to) as environment:
            environment.configure(connection=connection)
            environment.run_migrations()

    engine = create_async_engine("postgresql+asyncpg://", async_creator=driver, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()
