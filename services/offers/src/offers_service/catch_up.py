"""Whether the customers are there: the whole group, in all its workers, has once read what its topic held.

Before that an answer about eligibility would be a guess, so the API is not ready and no acceptance is settled. The
worker finds out and writes it down; so an API can start while the broker is away.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from offers_service.repository import customers
from rapport.clock import Clock
from rapport.db import Pool
from rapport.messaging import positions
from rapport.messaging.clients import close_consumer
from rapport.messaging.positions import Place
from rapport.messaging.retry import Backoff, is_transient
from rapport.messaging.topics import all_topics
from rapport.telemetry import get_logger

_POLL = 0.1
_REQUEST_TIMEOUT_MS = 5000

_log = get_logger()


class CatchUp:
    """Watches a group on a topic, while entered, until it has read all that was there when the watch began."""

    def __init__(self, pool: Pool, clock: Clock, bootstrap: str, group: str, topic: str) -> None:
        """Prepare to watch."""
        self._pool = pool
        self._clock = clock
        self._bootstrap = bootstrap
        self._group = group
        self._topic = topic
        self._leaving = asyncio.Event()

    async def wait(self) -> None:
        """Return once it has, and that is written down.

        Raises:
            Exception: something is wrong that waiting does not cure.
        """
        await asyncio.shield(self._watching)

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_why: object) -> None:
        self._leaving.set()  # not cancelled: the Kafka client would leave connections behind
        await self._watching

    async def _watch(self) -> None:
        """A broker or database that is away is waited for."""
        backoff = Backoff()
        ends: dict[Place, int] = {}
        while not self._leaving.is_set():
            try:
                ends = ends or await self._ends()
                if await self._has_reached(ends):
                    return
                await self._rest(_POLL)
            except Exception as error:
                if not is_transient(error):
                    raise
                pause = backoff.next()
                _log.warning("catch_up_waits", group=self._group, error=type(error).__name__, seconds=pause)
                await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._leaving.wait(), seconds)

    async def _ends(self) -> dict[Place, int]:
        count = next(topic.partitions for topic in all_topics() if topic.name == self._topic)
        partitions = [TopicPartition(self._topic, number) for number in range(count)]
        kafka = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, request_timeout_ms=_REQUEST_TIMEOUT_MS)
        try:
            await kafka.start()
            return {Place(*place): end for place, end in (await kafka.end_offsets(partitions)).items()}
        finally:
            await close_consumer(kafka)

    async def _has_reached(self, ends: dict[Place, int]) -> bool:
        async with self._pool.acquire() as conn:
            reached = await positions.load(conn, self._group, ends)
            if any(reached.get(place, 0) < end for place, end in ends.items()):
                return False
            await customers.mark_complete(conn, self._topic, self._clock.now())
            return True
