"""Whether the customers are there: the whole group, in all its workers, has read what its topic held.

Before that an answer about eligibility would be a guess, so an API is not ready and no acceptance is settled.
"""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from rapport.db import Pool
from rapport.messaging import positions
from rapport.messaging.positions import Place
from rapport.messaging.retry import Backoff, is_transient
from rapport.telemetry import get_logger

_POLL = 0.1

_log = get_logger()


class CatchUp:
    """Watches one group on one topic until it has read all that was there when the watch began."""

    def __init__(self, pool: Pool, bootstrap: str, group: str, topic: str) -> None:
        """Prepare; `wait` watches."""
        self._pool = pool
        self._bootstrap = bootstrap
        self._group = group
        self._topic = topic
        self.done = False

    async def wait(self) -> None:
        """Return once it has caught up. A broker or database that is away is waited for."""
        backoff = Backoff()
        while not self.done:
            try:
                ends = await self._ends()
                while not await self._has_reached(ends):  # noqa: ASYNC110 - another process moves the positions
                    await asyncio.sleep(_POLL)
                self.done = True
            except Exception as error:
                if not is_transient(error):
                    raise
                pause = backoff.next()
                _log.warning("catch_up_waits", group=self._group, error=type(error).__name__, seconds=pause)
                await asyncio.sleep(pause)

    async def _ends(self) -> dict[Place, int]:
        partitions = await self._partitions()
        if not partitions:
            raise TimeoutError(f"{self._topic} is not there yet")
        kafka = AIOKafkaConsumer(bootstrap_servers=self._bootstrap)
        try:
            await kafka.start()
            return {Place(*place): end for place, end in (await kafka.end_offsets(partitions)).items()}
        finally:
            await kafka.stop()

    async def _partitions(self) -> list[TopicPartition]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            await admin.start()
            described = await admin.describe_topics()  # all: asking for a missing one would create it on some brokers
        finally:
            await admin.close()
        return [
            TopicPartition(self._topic, partition["partition"])
            for found in described
            if found["topic"] == self._topic
            for partition in found["partitions"]
        ]

    async def _has_reached(self, ends: dict[Place, int]) -> bool:
        async with self._pool.acquire() as conn:
            reached = await positions.load(conn, self._group, ends)
        return all(reached.get(place, 0) >= end for place, end in ends.items())
