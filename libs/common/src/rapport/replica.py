"""Replicas: what a service needs of another service's state, kept in its own database and read without asking anybody.

What always holds, per key:
- the version only rises: an older or equal one changes nothing, so an event delivered twice or late does no harm;
- a tombstone erases the row, whatever its version. What comes after it is a new life and is taken with any version: the
  relay sends a key's events in order, also when it sends some again, so the last record of a key is its newest state;
- a replica is built from the start of its compacted topic, by the same handler that keeps it up to date.

The table is `(id text primary key, version bigint not null, doc jsonb not null)`; `doc` is the event's body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rapport.clock import Clock
from rapport.contracts.envelope import Envelope, Event
from rapport.db import Connection, Pool
from rapport.messaging.batch import BatchHandler, PoisonMessage
from rapport.messaging.retry import Backoff, is_transient
from rapport.telemetry import get_logger

T = TypeVar("T")

_log = get_logger()


@dataclass(frozen=True, slots=True)
class Changes:
    """What one batch has changed in a replica, once each."""

    written: tuple[Event, ...]
    """The newest state of each key that is new or has risen."""
    created: frozenset[str]
    """Those of them that the replica did not have."""
    erased: tuple[str, ...]
    """Keys with a tombstone, whether or not the replica had them."""


@dataclass(frozen=True, slots=True)
class Former:
    """Where versions that are replaced are kept: a table `(id, version, replaced_at, doc)`; and by which clock.

    A version that is erased is not kept, those before it stay until somebody deletes them.
    """

    table: str
    clock: Clock


OnChanges = Callable[[Connection, Changes], Awaitable[None]]


async def _nothing(_conn: Connection, _changes: Changes) -> None:
    """No further work."""


_WRITE = """
insert into {table} as known (id, version, doc)
select id, version, doc::jsonb from unnest($1::text[], $2::bigint[], $3::text[]) as told (id, version, doc)
on conflict (id) do update set version = excluded.version, doc = excluded.doc where excluded.version > known.version
returning known.id, old.id is null as created
"""
_WRITE_AND_KEEP = """
with written as ({write}, old.version, old.doc), kept as (
    insert into {former} (id, version, replaced_at, doc)
    select id, version, $4::timestamptz, doc from written where not created
    on conflict do nothing
)
select id, created from written
"""


class Replica:
    """Keeps the table of one replica."""

    def __init__(
        self, table: str, pool: Pool, *, on_changes: OnChanges = _nothing, former: Former | None = None
    ) -> None:
        """`on_changes` runs in the transaction of the batch, after the table has changed."""
        self._table = table
        self._pool = pool
        self._on_changes = on_changes
        self._former = former

    def handler(self, topic: str) -> BatchHandler:
        """The handler for `topic`, whose events have a `version`."""

        async def keep(conn: Connection, envelopes: Sequence[Envelope]) -> None:
            await self.apply(conn, envelopes)

        keep.__qualname__ = f"Replica[{self._table} of {topic}]"
        return keep

    async def apply(self, conn: Connection, envelopes: Sequence[Envelope]) -> None:
        """Bring the table up to these messages, in their order."""
        latest, erased = _last_words(envelopes)
        if erased:
            await conn.execute(f"delete from {self._table} where id = any($1::text[])", list(erased))
        created = await self._write(conn, latest) if latest else {}
        written = tuple(event for key, event in latest.items() if key in created)
        new = frozenset(key for key, is_new in created.items() if is_new)
        if written or erased:
            await self._on_changes(conn, Changes(written, new, erased))

    async def _write(self, conn: Connection, latest: dict[str, Event]) -> dict[str, bool]:
        """The keys that changed, and whether each is new."""
        write = _WRITE.format(table=self._table)
        arguments: list[Any] = [
            list(latest),
            [_version(event) for event in latest.values()],
            [event.model_dump_json() for event in latest.values()],
        ]
        if self._former is not None:
            write = _WRITE_AND_KEEP.format(write=write, former=self._former.table)
            arguments.append(self._former.clock.now())
        return {row["id"]: row["created"] for row in await conn.fetch(write, *arguments)}

    async def get(self, key: str) -> dict[str, Any] | None:
        """The document of `key` as it is now."""
        found = await self._pool.fetchval(f"select doc from {self._table} where id = $1", key)
        return None if found is None else dict(found)


def _version(event: Event) -> int:
    version: int = event.version  # type: ignore[attr-defined]
    return version


def _last_words(envelopes: Sequence[Envelope]) -> tuple[dict[str, Event], tuple[str, ...]]:
    """What remains of a batch per key: the newest state of its present life, and the keys with a tombstone."""
    latest: dict[str, Event] = {}
    erased: dict[str, None] = {}
    for envelope in envelopes:
        event = envelope.event
        if event is None:
            latest.pop(envelope.key, None)
            erased[envelope.key] = None
            continue
        if not hasattr(event, "version"):
            raise PoisonMessage(f"{envelope.type} has no version, so it cannot be replicated", envelope)
        before = latest.get(envelope.key)
        if before is None or _version(event) > _version(before):
            latest[envelope.key] = event
    return dict(sorted(latest.items())), tuple(erased)


class MemoryReplica(Generic[T]):
    """A small table `(id, version, doc)` held in memory and refreshed when it changes.

    Changes are seen by what the rows are, not by a sequence: rows become visible in the order of their commits, which
    is not that of their numbers.
    """

    def __init__(self, pool: Pool, table: str, parse: Callable[[Any], T], poll: float = 0.25) -> None:
        """Prepare; `run` keeps it up to date.

        Args:
            pool: of the service's database.
            table: has the columns `id`, `version` and `doc`.
            parse: makes the object of a document; called only for rows that are new or have changed.
            poll: seconds between looks, and so how old an answer may be.
        """
        self._pool = pool
        self._table = table
        self._parse = parse
        self._poll = poll
        self._fingerprint: tuple[int, Any] | None = None
        self._rows: dict[str, tuple[Any, T]] = {}
        self._items: dict[str, T] = {}

    @property
    def loaded(self) -> bool:
        """Whether the table has been read."""
        return self._fingerprint is not None

    def get(self, key: str) -> T | None:
        """The object of `key`."""
        return self._items.get(key)

    def all(self) -> dict[str, T]:
        """All objects by key; treat it as read-only. A refresh makes another one."""
        return self._items

    async def refresh(self, conn: Connection | None = None) -> bool:
        """Look at the table now; whether it had changed.

        Whoever is in a transaction gives its connection: to wait for a second one while holding the first would let all
        of a pool wait for each other.
        """
        asked = conn or self._pool
        # The row's place and creator change with every write to it, also when its version does not.
        stamp = "hashtextextended(id || ' ' || version || ' ' || xmin || ' ' || ctid, 0)::numeric"
        found = await asked.fetchrow(f"select count(*), sum({stamp}) from {self._table}")
        if found is None or tuple(found) == self._fingerprint:
            return False
        rows = await asked.fetch(f"select id, {stamp} as stamp, doc from {self._table}")
        fresh: dict[str, tuple[Any, T]] = {}
        for key, stamp_now, doc in rows:
            known = self._rows.get(key)
            fresh[key] = known if known and known[0] == stamp_now else (stamp_now, self._parse(doc))
        self._rows = fresh
        self._items = {key: item for key, (_, item) in fresh.items()}
        self._fingerprint = (len(rows), sum(stamp_now for stamp_now, _ in fresh.values()) if fresh else None)
        return True

    async def run(self) -> None:
        """Keep it up to date until cancelled; while the database is away it keeps what it has."""
        backoff = Backoff()
        while True:
            try:
                await self.refresh()
            except Exception as error:
                if not is_transient(error):
                    raise
                pause = backoff.next()
                _log.warning("replica_waits", table=self._table, error=type(error).__name__, seconds=round(pause, 2))
                await asyncio.sleep(pause)
            else:
                backoff.reset()
                await asyncio.sleep(self._poll)
