"""What the demo sees of the system: the topic `touchpoint.contacts`, as any channel system would follow it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from rapport.contracts.touchpoint import TimelineEvent
from rapport.messaging.clients import close_consumer
from rapport_cli.demo.tally import Tally
from rapport_cli.replay.wire import Said

_LATE = 30.0  # seconds until what was announced must have come
_PAUSE = 0.002
_FETCH_WAIT_MS = 20
"""A broker answers one request of a connection after the other: while it holds a fetch, asking for the ends waits."""


class Watch:
    """Follows the timeline events from the first to the last, and tallies them; a context manager."""

    def __init__(self, bootstrap: str) -> None:
        self.tally = Tally()
        self._kafka = AIOKafkaConsumer(
            TimelineEvent.topic,
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        self._places: list[TopicPartition] = []
        self._next: dict[TopicPartition, int] = {}
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._kafka.start()
        self._places = sorted(self._kafka.assignment())
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
        await close_consumer(self._kafka)

    async def catch_up(self) -> None:
        """Return once everything that the topic holds now has been seen.

        Raises:
            TimeoutError: it did not come.
        """
        ends = await self._kafka.end_offsets(self._places)
        async with asyncio.timeout(_LATE):
            while any(self._next.get(place, 0) < end for place, end in ends.items()):
                assert self._reading is not None
                if self._reading.done():
                    await self._reading
                await asyncio.sleep(_PAUSE)

    async def _read(self) -> None:
        while True:
            for place, records in (await self._kafka.getmany(timeout_ms=500)).items():
                for record in records:
                    kind = dict(record.headers)["ce_type"].decode()
                    self.tally.take(Said(kind, orjson.loads(record.value)), record.timestamp / 1000)
                self._next[place] = records[-1].offset + 1
