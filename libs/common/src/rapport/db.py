"""PostgreSQL: pools, transactions, migrations, and the tables that every service has.

What always holds:
- one request or one batch of messages is one transaction, opened at the edge with `transaction`; handlers never commit;
- a pooled connection carries no session state from one user to the next: `SET LOCAL` and transaction-level locks only.
  (So releasing it costs no round trip.) Whoever needs session state opens a connection of its own with `connect`;
- `json` and `jsonb` columns are written from Python objects, or from JSON text given as `str` or `bytes`; they are read
  as Python objects. This holds for queries and for `copy_records_to_table` alike;
- `migrate` may be run by several processes at once: one does the work, the others wait and find it done.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import orjson

from rapport.settings import home

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Lent = PoolConnectionProxy[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | Lent
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Lent = Connection = asyncpg.Connection
    Pool = asyncpg.Pool
Queryable = Connection | Pool
"""What a single statement needs: a connection, or a pool, which lends one for as long as the statement takes."""

COMMON_TABLES = """
-- A row is a parcel: the events of one transaction for one topic, in order, a line for each in each of its texts.
create table outbox (
    id           bigint generated always as identity primary key,
    topic        text        not null,
    at           timestamptz not null,
    events       integer     not null,
    keys         text        not null,
    types        text        not null,
    event_ids    text        not null,
    traceparents text,       -- an empty line: it belongs to no trace; null: none of them does
    headers      jsonb,      -- of a dead letter, alone in its parcel: its key and headers, which may be any bytes
    bodies       bytea       -- JSON; an empty line: a tombstone. Of a dead letter what came, null: a tombstone
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
alter table outbox  -- it lives for milliseconds: not worth compressing
    alter column bodies set storage external,
    alter column keys set storage external,
    alter column types set storage external,
    alter column event_ids set storage external;

create view outbox_events as
    select o.id, e.n, o.topic, e.key, e.type, e.event_id, o.at, nullif(e.traceparent, '') as traceparent, o.headers,
        case when o.headers is null then convert_to(nullif(e.value, ''), 'UTF8') else o.bodies end as value
    from outbox o
    cross join unnest(
        string_to_array(o.keys, e'\\n'),
        string_to_array(o.types, e'\\n'),
        string_to_array(o.event_ids, e'\\n'),
        string_to_array(o.traceparents, e'\\n'),
        case when o.headers is null then string_to_array(convert_from(o.bodies, 'UTF8'), e'\\n') end
    ) with ordinality as e (key, type, event_id, traceparent, value, n);

create table consumer_positions (
    consumer_group text    not null,
    topic          text    not null,
    partition      integer not null,
    next_offset    bigint  not null,
    fresh_at       timestamptz, -- all that the broker had then is processed; told by groups that somebody asks for it
    primary key (consumer_group, topic, partition)
) with (fillfactor = 50);

create table idempotency_keys (
    subject      text        not null,
    key          text        not null,
    request_hash bytea       not null,
    at           timestamptz not null,
    status       smallint    not null,
    headers      jsonb       not null,
    body         bytea       not null,
    primary key (subject, key)
);
create index idempotency_keys_at on idempotency_keys (at);
"""
"""What each service's first migration creates besides its own tables.

The outbox is filled and emptied all the time, so it is vacuumed by count, not by share; positions are updated in place.
People and tests read it through `outbox_events`, an event per row.
"""

DRIVER_ERRORS: tuple[type[Exception], ...] = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""All that a query may raise; `is_transient` and `is_unstorable` tell which kind."""

_TRANSIENT_CLASSES = frozenset({"08", "40", "53", "57", "58"})
"""SQLSTATE classes: connection, transaction rollback, insufficient resources, operator intervention, system error."""

_TRANSIENT_CODES = frozenset({"55P03", "25006", "25P03"})
"""Lock not available, read-only transaction (a server about to be demoted), idle in transaction for too long."""

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_JSONB_VERSION = b"\x01"


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed when tried again, because the cause is the database or the way to it."""
    if isinstance(error, asyncpg.PostgresError):
        code = error.sqlstate or ""
        return code[:2] in _TRANSIENT_CLASSES or code in _TRANSIENT_CODES
    if isinstance(error, asyncpg.InterfaceError):
        # How asyncpg tells that the connection broke under a running transaction; a ValueError is a wrong argument.
        return not isinstance(error, ValueError)
    # The last is how asyncpg tells that a connection broke between two messages of one statement, or that what it knows
    # of the schema is outdated.
    return isinstance(error, OSError | TimeoutError | asyncpg.InternalClientError)


def is_unstorable(error: BaseException) -> bool:
    """Whether a text holds a character that PostgreSQL cannot store, such as NUL: its sender's mistake, not ours."""
    return isinstance(error, asyncpg.CharacterNotInRepertoireError | asyncpg.UntranslatableCharacterError)


def _json_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else orjson.dumps(value)


def _jsonb_encode(value: Any) -> bytes:
    return _JSONB_VERSION + _json_bytes(value)


def _jsonb_decode(raw: bytes) -> Any:
    return orjson.loads(memoryview(raw)[1:])


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Binary codecs, because COPY knows no others."""
    for name, encode, decode in (("json", _json_bytes, orjson.loads), ("jsonb", _jsonb_encode, _jsonb_decode)):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=encode, decoder=decode, format="binary")


async def _keep(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Nothing to reset: asyncpg itself ends an open transaction, and session state is not allowed."""


def _session(application_name: str) -> dict[str, str]:
    # Compiling a plan costs more than any of our queries takes; a forgotten transaction must not hold locks for ever.
    return {"application_name": application_name, "jit": "off", "idle_in_transaction_session_timeout": "60s"}


async def connect_pool(
    url: str,
    *,
    min_size: int = 1,
    max_size: int = 8,
    application_name: str = "rapport",
    settled_plans: bool = False,
) -> Pool:
    """A pool of connections to the database `url`, of which `min_size` are open when it returns.

    Args:
        settled_plans: plan each statement once, for any parameters. For processes that always ask the same of whatever
            rows: with the parameters in sight, the planner reads a whole table for a thousand keys, while it is small
            enough, and what a key costs grows with the table.
    """
    return await asyncpg.create_pool(
        url,
        min_size=min_size,
        max_size=max_size,
        init=_prepare,
        reset=_keep,
        server_settings=_session(application_name)
        | ({"plan_cache_mode": "force_generic_plan"} if settled_plans else {}),
    )


async def connect(url: str, *, application_name: str = "rapport") -> asyncpg.Connection[asyncpg.Record]:
    """One connection outside any pool, for session locks and LISTEN. The caller closes it."""
    connection = await asyncpg.connect(url, server_settings=_session(application_name))
    await _prepare(connection)
    return connection


async def missing(pool: Pool) -> str | None:
    """None when the database answers, else what is wrong, for readiness."""
    try:
        await pool.fetchval("select 1", timeout=2)
    except DRIVER_ERRORS as error:
        return f"does not answer ({type(error).__name__})"
    return None


def is_pool(where: Queryable) -> TypeGuard[Pool]:
    """Whether each statement there is a transaction of its own, on a connection lent for it."""
    return isinstance(where, asyncpg.Pool)


@asynccontextmanager
async def transaction(where: Queryable) -> AsyncIterator[Connection]:
    """A connection inside one READ COMMITTED transaction: commits at the end, rolls back when an exception passes.

    Args:
        where: a pool; or a connection, whose transaction it is part of if it is in one.
    """
    if isinstance(where, asyncpg.Pool):
        async with where.acquire() as connection, connection.transaction():
            yield connection
    else:
        async with where.transaction():
            yield where


def lock_key(name: str) -> int:
    """The number of the advisory lock called `name`: signed, 64 bits, the same in every process."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


async def lock(connection: Connection, name: str) -> None:
    """Wait for the advisory lock `name` and hold it until the transaction ends."""
    await connection.execute("select pg_advisory_xact_lock($1)", lock_key(name))


async def try_lock(connection: Connection, name: str) -> bool:
    """Take the advisory lock `name` until the transaction ends; False when another transaction holds it."""
    return bool(await connection.fetchval("select pg_try_advisory_xact_lock($1)", lock_key(name)))


@asynccontextmanager
async def session_lock(connection: asyncpg.Connection[asyncpg.Record], name: str) -> AsyncIterator[None]:
    """Wait for the advisory lock `name` and hold it while inside, across transactions.

    `connection` is from `connect`, not from a pool. When it breaks, the server frees the lock.
    """
    await connection.execute("select pg_advisory_lock($1)", lock_key(name))
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("select pg_advisory_unlock($1)", lock_key(name))


def with_database(url: str, name: str) -> str:
    """The URL of the database `name` on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def create_database(admin_url: str, name: str) -> str:
    """Create the database `name` unless it exists; its URL.

    Text sorts by code point: the same on every machine, and cheap.

    Raises:
        ValueError: `name` is not made of lower-case letters, digits and underscores.
    """
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is no name for a database")
    connection = await asyncpg.connect(admin_url)
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            await connection.execute(
                f"create database {name} template template0 encoding 'UTF8' locale_provider builtin locale 'C.UTF-8'"
            )
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        pass  # another process was faster
    finally:
        await connection.close()
    return with_database(admin_url, name)


async def migrate(service: str, url: str, *, to: str = "head") -> None:
    """Bring the database `url` to revision `to` of services/`service`/migrations, upwards, in one transaction.

    Raises:
        FileNotFoundError: the service has no migrations, or the tree is not where RAPPORT_HOME says.
    """
    from rapport.migrations_env import upgrade  # alembic and SQLAlchemy take half a second to import: only when needed

    await upgrade(home() / "services" / service / "migrations", url, to)


async def unmigrate(service: str, url: str, *, to: str = "base") -> None:
    """Take the database `url` back down to revision `to` of the service's migrations. Deletes data; for tests."""
    from rapport.migrations_env import downgrade

    await downgrade(home() / "services" / service / "migrations", url, to)
