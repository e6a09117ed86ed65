"""The relay: sends what lies in a service's outbox to Kafka, in order, and deletes it once the broker has it.

What always holds:
- one relay at a time works on an outbox (an advisory lock of its database session); others wait to take over;
- a page of parcels is read in id order from the head of the outbox, never "after the last id": ids are given out
  before their transactions commit, so a smaller one may appear later. Rows under way are left out by name, and only ids
  of which `floor` proves that nothing is left are passed over;
- pages are sent, acknowledged and deleted in the order they were read. When a send fails, nothing from that page on is
  deleted and all of it is sent again in order by a new producer; so a crash or failure repeats events and never loses
  or overtakes any, and the last record of a key is its newest state;
- no transaction is open while a send is under way.

What a relay that lost its lock without noticing had already handed to the network cannot be called back; it stops at
its next statement, and whoever takes over waits `_TAKE_OVER` seconds first.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import repeat
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError

from rapport import db
from rapport.contracts.envelope import Header, Headers
from rapport.messaging import dlq, metrics
from rapport.messaging.clients import abort_producer, result, start_producer
from rapport.messaging.floor import Floor
from rapport.messaging.outbox import lines
from rapport.messaging.partition import partition_for
from rapport.messaging.retry import Backoff, is_transient
from rapport.telemetry import get_logger

_PAGE = 4000
"""Events per page, about: large enough that a page's fixed costs (two statements, one produce request) vanish."""

_PAGES_UNDER_WAY = 2
"""While the broker stores one page the next is read and packed."""

_BATCH_BYTES = 512 * 1024
"""Per partition and produce request; half of what a broker accepts by default. A larger single row goes alone."""

_POLL = 0.005
_POLL_QUIET = 0.01
_QUIET_AFTER = 1.0  # seconds without an event
_TAKE_OVER = 0.5
_STOP_GRACE = 3.0

_SELECT = """
select id, topic, at, events, keys, types, event_ids, traceparents, headers, bodies from outbox
where id = any (array(
    select id from (
        select id, sum(events) over (order by id) - events as before
        from (select id, events from outbox where id > $1 and id <> all($2::bigint[]) order by id limit $3) as head
    ) as counted
    where before < $3
)) order by id
"""
"""Parcels from the head of the outbox until they hold a page of events."""
_DELETE = "delete from outbox where id = any($1::bigint[])"
_DEPTH = "select coalesce(sum(events), 0) from (select events from outbox order by id limit 100000) as head"

_log = get_logger()
_Batches = dict[int, list[Any]]
"""By partition, in order."""


@dataclass(frozen=True, slots=True)
class _Page:
    ids: list[int]
    events: int
    acks: list[asyncio.Future[Any]]


class Relay:
    """Sends one service's outbox."""

    def __init__(self, url: str, bootstrap: str, name: str) -> None:
        """Prepare; `run` sends.

        Args:
            url: the service's database.
            bootstrap: the brokers, `host:port`, comma-separated.
            name: the service; also the CloudEvents source of its events.
        """
        self._url = url
        self._bootstrap = bootstrap
        self._name = name
        self._nudged = asyncio.Event()
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._counted_at = 0.0

    def nudge(self) -> None:
        """There is something in the outbox: do not wait for the next poll."""
        self._nudged.set()

    async def run(self) -> None:
        """Send until `stop`, through restarts of database and broker.

        Raises:
            Exception: something is wrong that waiting does not cure.
        """
        self._ended.clear()
        backoff = Backoff()
        try:
            while not self._stopping.is_set():
                try:
                    await self._until_stopped(self._work(backoff))
                except Exception as error:
                    if not is_transient(error):
                        raise
                    pause = backoff.next()
                    _log.warning("relay_waits", service=self._name, error=type(error).__name__, seconds=round(pause, 2))
                    await self._sleep(pause)
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Finish the pages under way and end `run`."""
        self._stopping.set()
        self._nudged.set()
        await self._ended.wait()

    async def _until_stopped(self, job: Coroutine[Any, Any, None]) -> None:
        """Run `job`; when `stop` is called it has a grace to finish, since the broker may be away for long."""
        work, stop = asyncio.create_task(job), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({work}, timeout=_STOP_GRACE)
            if work.done():
                result(work)
        finally:
            stop.cancel()
            work.cancel()
            await asyncio.wait({work})

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _work(self, backoff: Backoff) -> None:
        conn = await db.connect(self._url, application_name=f"{self._name} relay")
        try:
            if not await self._take_lock(conn):
                return
            # Estimates about a table that is empty one moment and full the next mislead the planner.
            await conn.execute("set enable_seqscan = off; set enable_sort = off")
            producer = await start_producer(self._bootstrap, max_batch_bytes=_BATCH_BYTES)
            try:
                await self._send_all(conn, producer, backoff)
            finally:
                await abort_producer(producer)
        finally:
            conn.terminate()  # also frees the lock

    async def _take_lock(self, conn: asyncpg.Connection[asyncpg.Record]) -> bool:
        """Wait for the lock; False when stopped meanwhile. Tries rather than queues: a waiting statement would keep
        the database from vacuuming."""
        waited = False
        while not self._stopping.is_set():
            if await conn.fetchval("select pg_try_advisory_lock($1)", db.lock_key(f"rapport.relay.{self._name}")):
                if waited:
                    await self._sleep(_TAKE_OVER)
                return True
            waited = True
            await self._sleep(_TAKE_OVER)
        return False

    async def _send_all(
        self, conn: asyncpg.Connection[asyncpg.Record], producer: AIOKafkaProducer, backoff: Backoff
    ) -> None:
        pages: deque[_Page] = deque()
        floor = Floor()
        try:
            last_event = time.monotonic()
            while not self._stopping.is_set():
                self._nudged.clear()
                under_way = [row_id for page in pages for row_id in page.ids]
                await floor.look(conn)
                parcels = await conn.fetch(_SELECT, floor.value, under_way, _PAGE)
                floor.found(min([*under_way, *(parcel["id"] for parcel in parcels[:1])], default=None))
                seen = sum(parcel["events"] for parcel in parcels)
                await self._report_depth(conn, seen + sum(page.events for page in pages), full=seen >= _PAGE)
                if parcels:
                    last_event = time.monotonic()
                    pages.append(_Page([parcel["id"] for parcel in parcels], seen, []))
                    await self._send(producer, parcels, pages[-1].acks)
                if len(pages) >= _PAGES_UNDER_WAY or (pages and not parcels):
                    await self._delete_acknowledged(conn, pages)
                    floor.stir()
                    backoff.reset()
                elif not parcels:
                    await self._idle(time.monotonic() - last_event)
            while pages:
                await self._delete_acknowledged(conn, pages)
        finally:
            acks = [ack for page in pages for ack in page.acks]
            for ack in acks:
                ack.cancel()
            await asyncio.gather(*acks, return_exceptions=True)

    async def _delete_acknowledged(self, conn: asyncpg.Connection[asyncpg.Record], pages: deque[_Page]) -> None:
        await asyncio.gather(*pages[0].acks)
        await conn.execute(_DELETE, pages.popleft().ids)

    async def _idle(self, quiet_for: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nudged.wait(), _POLL if quiet_for < _QUIET_AFTER else _POLL_QUIET)

    async def _send(
        self, producer: AIOKafkaProducer, parcels: Sequence[asyncpg.Record], acks: list[asyncio.Future[Any]]
    ) -> None:
        """Hand a page to the producer, in order per partition; adds a future per batch to `acks`."""
        for topic, batches in self._pack(producer, parcels, await self._partitions(producer, parcels)):
            for partition, filled in batches.items():
                for batch in filled:
                    acks.append(await producer.send_batch(batch, topic, partition=partition))  # noqa: PERF401 - one by one

    async def _partitions(self, producer: AIOKafkaProducer, parcels: Sequence[asyncpg.Record]) -> dict[str, int]:
        found = {}
        for topic in {parcel["topic"] for parcel in parcels}:
            try:
                found[topic] = len(await producer.partitions_for(topic))
            except UnknownTopicOrPartitionError:
                hint = "run `rapport topics apply`; nothing of this outbox is sent until then"
                _log.error("outbox_blocked", service=self._name, missing_topic=topic, what_to_do=hint)
                raise
        return found

    def _pack(
        self, producer: AIOKafkaProducer, parcels: Sequence[asyncpg.Record], partitions: dict[str, int]
    ) -> Iterable[tuple[str, _Batches]]:
        packed: dict[str, _Batches] = {}
        stamp = int(time.time() * 1000)  # the machine's time, by which the broker deletes; the event's own is a header
        for parcel in parcels:
            topic = parcel["topic"]
            count, batches = partitions[topic], packed.setdefault(topic, {})
            for key, value, head in self._records(parcel):
                partition = 0 if key is None else partition_for(key, count)
                filled = batches.get(partition)
                if filled is None:
                    filled = batches[partition] = [producer.create_batch()]
                if filled[-1].append(timestamp=stamp, key=key, value=value, headers=head) is None:
                    filled.append(producer.create_batch())
                    filled[-1].append(timestamp=stamp, key=key, value=value, headers=head)
        return packed.items()

    def _records(self, parcel: asyncpg.Record) -> Iterable[tuple[bytes | None, bytes | None, Headers]]:
        """Key, value and headers of each event."""
        dead = parcel["headers"]
        if dead is not None:
            key, head = dlq.unpack(dead)
            return [(key, parcel["bodies"], head)]
        find = Header(source=self._name, at=_rfc3339(parcel["at"])).of
        traces = repeat(b"") if parcel["traceparents"] is None else lines(parcel["traceparents"])
        keys, types, event_ids = lines(parcel["keys"]), lines(parcel["types"]), lines(parcel["event_ids"])
        events = zip(keys, types, event_ids, traces, parcel["bodies"].split(b"\n"), strict=False)
        return ((key, body or None, find(event_id, kind, trace)) for key, kind, event_id, trace, body in events)

    async def _report_depth(self, conn: asyncpg.Connection[asyncpg.Record], seen: int, *, full: bool) -> None:
        if full:
            if time.monotonic() - self._counted_at < 1:
                return
            self._counted_at = time.monotonic()
            seen = await conn.fetchval(_DEPTH)
        metrics.outbox_depth.labels(self._name).set(seen)


@lru_cache(maxsize=1024)
def _rfc3339(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
