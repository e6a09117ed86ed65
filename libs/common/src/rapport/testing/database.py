"""Databases for tests: real, migrated, empty, and quick to come by.

A service's migrations run once into a template, named after their content; each test's database is a copy of it, or
one that was emptied after the test before. What always holds: a template under its final name is complete, and a change
of any migration leads to another name.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from rapport import db
from rapport.settings import home

_LARGE = 64 << 20  # bytes; one that has grown so far is not kept: what is deleted still takes its time to read over
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


class Reused:
    """Databases of one service for tests, one after another: emptying one takes a tenth of what making one does.

    Whoever gets one finds no row in any table, and sequences that begin anew. One whose tables, functions or triggers a
    test has changed, or that has become large, is dropped and replaced, and so is one of a service whose migrations
    write rows. Two that are needed at once are two.
    """

    def __init__(self, admin_url: str, service: str) -> None:
        """Make nothing yet.

        Args:
            admin_url: of a database on the server to use, as somebody who may create others.
            service: whose tables they have.
        """
        self._admin_url = admin_url
        self._service = service
        self._free: dict[str, str] = {}

    @asynccontextmanager
    async def one(self) -> AsyncIterator[str]:
        """The URL of an empty database that nobody else has meanwhile; who still uses it afterwards is cut off."""
        shape: str | None
        if self._free:
            url, shape = self._free.popitem()
        else:
            name = f"t_{uuid.uuid4().hex[:16]}"
            url = await _copy(self._admin_url, await _template(self._admin_url, self._service), name)
            shape = await self._look(url)
        try:
            yield url
        finally:
            if shape is not None and await self._emptied(url, shape):
                self._free[url] = shape
            else:
                await _drop(self._admin_url, _name(url))

    async def close(self) -> None:
        """Drop those that nobody has."""
        while self._free:
            url, _ = self._free.popitem()
            await _drop(self._admin_url, _name(url))

    async def _look(self, url: str) -> str | None:
        """The shape of a new database; None if it can never be emptied."""
        connection = await asyncpg.connect(url)
        try:
            for table in await connection.fetch(_TABLES):
                if await connection.fetchval(f"select exists (select from {table[0]})"):
                    return None
            found: str = await connection.fetchval(_SHAPE)
        finally:
            await connection.close()
        return found

    async def _emptied(self, url: str, shape: str) -> bool:
        """Whether all is as in the beginning."""
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(_CUT_OFF)
            if await connection.fetchval(_SHAPE) != shape or await connection.fetchval(_SIZE) > _LARGE:
                return False
            tables = [row[0] for row in await connection.fetch(_TABLES)]
            sequences = [row[0] for row in await connection.fetch(_SEQUENCES)]
            await connection.execute(_NO_TRIGGERS + "; ".join(map(_DELETE.format, tables)))
            await connection.execute("; ".join(map(_RESTART.format, sequences)))
        finally:
            await connection.close()
        return True


_TABLES = """
    select format('%I', tablename) from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'
"""
_SEQUENCES = "select format('%I', sequencename) from pg_sequences where schemaname = 'public'"
_NO_TRIGGERS = "set session_replication_role = replica; "  # nor checks of foreign keys: the order does not matter
_DELETE = "delete from {}"
_RESTART = "alter sequence {} restart"
_SIZE = "select pg_database_size(current_database())"
_CUT_OFF = """
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
_SHAPE = """
    with here as (select oid from pg_class where relnamespace = 'public'::regnamespace)
    select md5(concat_ws('/',
        (select string_agg(oid::text, ',' order by oid) from here),
        (select string_agg(concat(attrelid, attname, atttypid, attnotnull, atthasdef, attisdropped), ','
                           order by attrelid, attnum)
         from pg_attribute where attrelid in (select oid from here)),
        (select string_agg(concat(oid, pg_get_constraintdef(oid)), ',' order by oid)
         from pg_constraint where connamespace = 'public'::regnamespace),
        (select string_agg(concat(oid, tgenabled), ',' order by oid)
         from pg_trigger where tgrelid in (select oid from here)),
        (select string_agg(concat(oid, md5(prosrc)), ',' order by oid)
         from pg_proc where pronamespace = 'public'::regnamespace),
        (select string_agg(concat(oid, md5(ev_action::text)), ',' order by oid)
         from pg_rewrite where ev_class in (select oid from here))
    ))
"""


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


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
