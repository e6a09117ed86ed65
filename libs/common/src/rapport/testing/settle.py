"""Settling: wait until nothing that has happened is still on its way, so that a stepped clock may move on.

What always holds: when `settle` returns, every event written before the call has been sent, every group has processed
it and all that followed from it, and no service has work that is due by then. Why two equal looks prove it:

1. A look reads, in this order, the ends of all logs, the extra checks, and then each database in one snapshot: the
   positions, the outbox and the due work.
2. A clean look finds each position at the end of its log, each outbox empty, and nothing due. A message that a handler,
   a timer or a relay is still working on shows: its position, its due row or its outbox row stays until the
   transaction that ends it.
3. The next look finds the same ends, and that no outbox has given out an id since. So nothing was appended between the
   two that a service could have answered after its database was read, and nothing is about to be.

What the driver itself has begun and not finished (an HTTP request without an answer) is the driver's to wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import asyncpg
import httpx2
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from rapport import db
from rapport.clock import Clock
from rapport.messaging.positions import Place
from rapport.messaging.retry import is_transient
from rapport.messaging.topics import all_topics

Check = Callable[[], Awaitable[str | None]]
"""Says what is not quiet, or None."""

_POLL = 0.003
_LONGEST_POLL = 0.03  # whoever has much to do needs the processor more than we need to know
_AWAY_POLL = 0.1
_SHOWN = 8  # complaints of one service in a message

_NEXT = "select min(due_at) from due_work where due_at > $1"

_LOOK = """
select json_build_object(
    'positions', (select coalesce(json_agg(json_build_array(consumer_group, topic, partition, next_offset)), '[]')
                  from consumer_positions),
    'outbox', (select coalesce(json_object_agg(topic, waiting), '{}')
               from (select topic, sum(events) as waiting from (select topic, events from outbox limit 1000) as o
                     group by topic)),
    'written', (select case when is_called then last_value end from outbox_id_seq),
    'due', (select coalesce(json_agg(json_build_array(kind, waiting, first)), '[]')
            from (select kind, count(*) as waiting, min(due_at) as first
                  from (select kind, due_at from due_work where due_at <= $1 limit 1000) as d group by kind))
)::text
"""


class NotQuiet(TimeoutError):
    """The system did not come to rest in time; the message names what was still moving."""


@dataclass(frozen=True, slots=True)
class _Look:
    ends: Mapping[Place, int]
    written: Mapping[str, int | None]
    complaints: Sequence[str]


class Settler:
    """Keeps its connections between calls; a context manager closes them."""

    def __init__(
        self,
        dsns: Mapping[str, str],
        bootstrap: str,
        *,
        groups: Mapping[str, Iterable[str]] | None = None,
        extra: Sequence[Check] = (),
        timeout: float = 60.0,
    ) -> None:
        """Prepare to watch.

        Args:
            dsns: the database of each service.
            bootstrap: the brokers.
            groups: the topics of each consumer group that must be running, so that a worker that has not begun yet
                counts as not quiet. By default what topics.yaml says of these services.
            extra: further things that must be quiet, such as a simulated provider.
            timeout: seconds until `settle` gives up.
        """
        self._dsns = dict(dsns)
        self._bootstrap = bootstrap
        listed = _listed_groups(self._dsns) if groups is None else groups
        self._reads = {(group, topic) for group, topics in listed.items() for topic in topics}
        self._extra = tuple(extra)
        self._timeout = timeout
        self._connections: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        self._kafka: AIOKafkaConsumer = None
        self._partitions: dict[str, list[TopicPartition]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        for connection in self._connections.values():
            connection.terminate()
        self._connections.clear()
        if self._kafka is not None:
            await self._kafka.stop()
            self._kafka = None

    async def settle(self, now: datetime) -> None:
        """Return once nothing is on its way and nothing is due at `now`.

        Raises:
            NotQuiet: that did not come about in time.
        """
        before: _Look | None = None
        pause = _POLL
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    look = await self._look(now)
                    if not look.complaints and look == before:
                        return
                    before = look
                    if look.complaints:
                        await asyncio.sleep(pause)
                        pause = min(pause * 1.3, _LONGEST_POLL)
        except TimeoutError:
            told = before.complaints if before else ["no look was completed"]
            raise NotQuiet(f"not quiet after {self._timeout:g} s: " + "; ".join(told or ["busy"])) from None

    async def next_due(self, now: datetime) -> datetime | None:
        """The first instant after `now` at which a service has something to do by the clock; None: there is none."""
        found = [await (await self._connection(service)).fetchval(_NEXT, now) for service in self._dsns]
        return min((at for at in found if at is not None), default=None)

    async def _look(self, now: datetime) -> _Look:
        try:
            ends = await self._ends()
            states = await asyncio.gather(*(self._state(service, now) for service in self._dsns))
            complaints: list[str] = []
            for service, state in zip(self._dsns, states, strict=True):
                complaints += self._complaints(service, state, ends)[:_SHOWN]
            if not complaints:  # asked last: while the system itself is busy, their answer makes no difference
                complaints = [complaint for check in self._extra if (complaint := await check())]
        except Exception as error:
            if not is_transient(error):
                raise
            await asyncio.sleep(_AWAY_POLL)
            return _Look({}, {}, [f"a server does not answer ({type(error).__name__})"])
        written = {service: state["written"] for service, state in zip(self._dsns, states, strict=True)}
        return _Look(ends, written, complaints)

    async def _ends(self) -> dict[Place, int]:
        unknown = {topic for _, topic in self._reads} - self._partitions.keys()
        if unknown:
            self._partitions |= await _partitions(self._bootstrap, unknown)
        if self._kafka is None:
            self._kafka = AIOKafkaConsumer(bootstrap_servers=self._bootstrap)
            await self._kafka.start()
        wanted = [place for places in self._partitions.values() for place in places]
        ends = await self._kafka.end_offsets(wanted)
        return {Place(*place): end for place, end in ends.items()}

    async def _state(self, service: str, now: datetime) -> Any:
        return orjson.loads(await (await self._connection(service)).fetchval(_LOOK, now))

    async def _connection(self, service: str) -> asyncpg.Connection[asyncpg.Record]:
        connection = self._connections.get(service)
        if connection is None or connection.is_closed():
            connection = self._connections[service] = await db.connect(self._dsns[service], application_name="settle")
        return connection

    def _complaints(self, service: str, state: Any, ends: Mapping[Place, int]) -> list[str]:
        found = [f"{service}: outbox holds {waiting} for {topic}" for topic, waiting in state["outbox"].items()]
        found += [f"{service}: {waiting} × {kind} due, the first at {first}" for kind, waiting, first in state["due"]]
        positions = {(group, Place(topic, partition)): at for group, topic, partition, at in state["positions"]}
        here = {(group, place.topic) for group, place in positions}
        here |= {(group, topic) for group, topic in self._reads if group.partition(".")[0] == service}
        for group, topic in sorted(here):
            if (group, topic) not in self._reads:
                self._reads.add((group, topic))
                found.append(f"{service}: {group} reads {topic}, whose end is not known yet")
            elif topic not in self._partitions:
                found.append(f"{service}: {group} reads {topic}, which does not exist")
            else:
                found += _behind(group, [place for place in ends if place.topic == topic], positions, ends)
        return found


def _behind(
    group: str, places: Iterable[Place], positions: Mapping[tuple[str, Place], int], ends: Mapping[Place, int]
) -> list[str]:
    not_begun = sorted(place for place in places if (group, place) not in positions)
    if not_begun:
        return [f"{group} has not begun {not_begun[0].topic}{[place.partition for place in not_begun]}"]
    away = {place: ends[place] - positions[group, place] for place in places if ends[place] != positions[group, place]}
    return [f"{group} is {messages} behind on {place.topic}[{place.partition}]" for place, messages in away.items()]


def _listed_groups(services: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for topic in all_topics():
        for group in topic.consumers:
            if group.partition(".")[0] in services:
                found.setdefault(group, set()).add(topic.name)
    return found


async def _partitions(bootstrap: str, topics: Iterable[str]) -> dict[str, list[TopicPartition]]:
    """The partitions of those topics that exist."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        found = await admin.describe_topics(sorted(topics))
    finally:
        await admin.close()
    return {
        described["topic"]: [TopicPartition(described["topic"], part["partition"]) for part in described["partitions"]]
        for described in found
        if described["partitions"]
    }


def providers_quiet(client: httpx2.AsyncClient, address: str, clock: Clock) -> Check:
    """The simulated providers of SMS and e-mail, with their control port at `address`, are quiet: no receipt is due."""

    async def check() -> str | None:
        answer = await client.get(f"{address}/idle", params={"now": clock.now().isoformat()})
        due = answer.raise_for_status().json()["due"]
        return f"simulators: {due} receipts due" if due else None

    return check


async def next_receipt(client: httpx2.AsyncClient, address: str) -> datetime | None:
    """When the simulated providers, with their control port at `address`, give their next receipt; None: there is none
    to give."""
    at = (await client.get(f"{address}/idle")).raise_for_status().json()["next_at"]
    return None if at is None else datetime.fromisoformat(at)


async def settle(dsns: Mapping[str, str], bootstrap: str, now: datetime, extra: Sequence[Check] = ()) -> None:
    """`Settler.settle` once, for callers that do not settle often."""
    async with Settler(dsns, bootstrap, extra=extra) as settler:
        await settler.settle(now)
