"""Reading a topic as a log: all its partitions, from offsets that the reader names, without a group and its positions.

What always holds:
- the broker is told nothing: any number of readers read the same records, each from where it likes;
- records of one partition come in order and without a gap; where the log no longer has what is asked for, reading
  raises instead of going on elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from rapport.messaging.clients import close_consumer

__all__ = ["TAIL_ERRORS", "LogRecord", "OffsetsGone", "Tail", "tailing"]

TAIL_ERRORS: tuple[type[Exception], ...] = (KafkaError, OSError, TimeoutError)
"""What reading may raise while the broker is away."""

_WITHIN = 10.0  # seconds; a broker that hangs is as good as none
_FETCH_BYTES = 1 << 20
"""Per answer, and so what a reader with a backlog holds in memory."""


class OffsetsGone(Exception):
    """The log does not have what follows these offsets: they are older than it, or of another log."""


class LogRecord(NamedTuple):
    """A record as it lies in the log."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Tail:
    """One reader of one topic. Partitions are numbered from 0; a list of offsets has one for each, in their order."""

    def __init__(self, consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]) -> None:
        """See `tailing`."""
        self._consumer = consumer
        self._places = places

    async def bounds(self) -> tuple[list[int], list[int]]:
        """The first offset that each partition still has, and the one that its next record will have."""
        async with asyncio.timeout(_WITHIN):
            first = await self._consumer.beginning_offsets(self._places)
            end = await self._consumer.end_offsets(self._places)
        return [first[place] for place in self._places], [end[place] for place in self._places]

    def seek(self, offsets: Sequence[int]) -> None:
        """Read on from these."""
        for place, offset in zip(self._places, offsets, strict=True):
            self._consumer.seek(place, offset)

    async def next(self, seconds: float, most: int = 500) -> list[LogRecord]:
        """Up to `most` further records; none when none has come within so many seconds.

        Raises:
            OffsetsGone: the log does not have what comes next.
        """
        try:
            found = await self._consumer.getmany(timeout_ms=int(seconds * 1000), max_records=most)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError) as error:
            raise OffsetsGone(type(error).__name__) from error
        return [
            LogRecord(place.partition, record.offset, record.key, record.value, record.headers)
            for place, records in found.items()
            for record in records
        ]


@asynccontextmanager
async def tailing(bootstrap: str, topic: str, partitions: int) -> AsyncIterator[Tail]:
    """A reader of `topic`, which has that many partitions; `seek` comes first.

    Raises:
        KafkaError, OSError, TimeoutError: the broker is away.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_bytes=_FETCH_BYTES,
        max_partition_fetch_bytes=_FETCH_BYTES,
    )
    places = [TopicPartition(topic, number) for number in range(partitions)]
    try:
        async with asyncio.timeout(_WITHIN):
            await consumer.start()
        consumer.assign(places)
        yield Tail(consumer, places)
    finally:
        await close_consumer(consumer)
