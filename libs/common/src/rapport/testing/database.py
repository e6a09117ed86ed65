"""Databases for tests: real, migrated, empty, and quick to come by.

A service's migrations run once into a template, named after their content; each test's database is a copy of it. What
always holds: a template under its final name is complete, and a change of any migration leads to another name.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg

from rapport import db
from rapport.settings import home

_TRIES = 3  # a connection that was just closed still counts for a moment as using the template


@asynccontextmanager
async def fresh_database(admin_url: str, service: str | None = None) -> AsyncIterator[str]:
    """The URL of a database of one's own, dropped at the end.

    Args:
        admin_url: of a database on the server to use, as somebody who may create others.
        service: whose tables it has; None for an empty one.
    """
    name = f"t_{uuid.uuid4().hex[:16]}"
    if service is None:
        url = await db.create_database(admin_url, name)
    else:
        url = await _copy(admin_url, await _template(admin_url, service), name)
    try:
        yield url
    finally:
        await _drop(admin_url, name)


async def _template(admin_url: str, service: str) -> str:
    """The name of the service's template, which is made if it does not exist."""
    prefix = f"template_{service}_"
    name = prefix + _fingerprint(service)
    admin = await db.connect(admin_url)
    try:
        async with db.session_lock(admin, f"make/{name}"):
            present = "select datname from pg_database where starts_with(datname, $1)"
            known = [row["datname"] for row in await admin.fetch(present, prefix)]
            if name in known:
                return name
            draft = f"draft_{uuid.uuid4().hex[:16]}"
            await db.migrate(service, await db.create_database(admin_url, draft))
            await _patiently(admin, f"alter database {draft} rename to {name}")
            for outdated in known:
                with suppress(asyncpg.ObjectInUseError):
                    await admin.execute(f"drop database if exists {outdated}")
    finally:
        await admin.close()
    return name


async def _copy(admin_url: str, template: str, name: str) -> str:
    admin = await asyncpg.connect(admin_url)
    try:
        await _patiently(admin, f"create database {name} template {template}")
    finally:
        await admin.close()
    return db.with_database(admin_url, name)


async def _patiently(admin: asyncpg.Connection[asyncpg.Record], statement: str) -> None:
    """Run a statement that needs a database nobody uses; PostgreSQL itself waits five seconds each time."""
    for tries_left in reversed(range(_TRIES)):
        try:
            await admin.execute(statement)
        except asyncpg.ObjectInUseError:
            if tries_left == 0:
                raise
        else:
            return


async def _drop(admin_url: str, name: str) -> None:
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(f"drop database if exists {name} with (force)")
    finally:
        await admin.close()


def _fingerprint(service: str) -> str:
    digest = hashlib.sha256(db.COMMON_TABLES.encode())
    folder: Path = home() / "services" / service / "migrations"
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]
