"""The topics as the checker reads them: each from its first retained record to its end, in the order of its log.

`Log` is what the checks need; `KafkaLog` reads a broker. Tests hand in records from memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

_PAGE = 5000
_WAIT_MS = 500
_FETCH_WAIT_MS = 20
"""A broker answers one request of a connection after the other: while it holds a fetch, asking for the ends waits."""


class Record(NamedTuple):
    """A record as it lies in its log."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    """None: a tombstone."""
    headers: Sequence[tuple[str, bytes]]

    def header(self, name: str) -> str:
        """The text of a header; empty where there is none."""
        return next((value.decode() for found, value in self.headers if found == name), "")


class MissingTopic(LookupError):
    """A topic that the system needs is not there."""


class Log(Protocol):
    """All topics of a system."""

    async def truncated(self, topic: str) -> frozenset[int]:
        """The partitions of which the beginning has been deleted."""
        ...

    async def ends(self, topic: str) -> dict[int, int]:
        """Per partition the offset that the next record will get."""
        ...

    def read(self, topic: str) -> AsyncIterator[Sequence[Record]]:
        """Everything that the topic holds, page by page, in order within each partition.

        Raises:
            MissingTopic: there is no such topic.
        """
        ...


class KafkaLog:
    """The topics of a broker; a context manager. Joins no group and commits nothing."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._partitions: dict[str, list[TopicPartition]] = {}
        self._kafka = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_poll_records=_PAGE,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )

    async def __aenter__(self) -> Self:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            await admin.start()
            for found in await admin.describe_topics():
                numbers = sorted(partition["partition"] for partition in found["partitions"])
                self._partitions[found["topic"]] = [TopicPartition(found["topic"], number) for number in numbers]
        finally:
            await admin.close()
        await self._kafka.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._kafka.stop()

    async def truncated(self, topic: str) -> frozenset[int]:
        """The partitions of which the beginning has been deleted."""
        first = await self._kafka.beginning_offsets(self._places(topic))
        return frozenset(place.partition for place, offset in first.items() if offset > 0)

    async def ends(self, topic: str) -> dict[int, int]:
        """Per partition the offset that the next record will get."""
        ends = await self._kafka.end_offsets(self._places(topic))
        return {place.partition: offset for place, offset in ends.items()}

    async def read(self, topic: str) -> AsyncIterator[Sequence[Record]]:
        """Everything up to the end as it is now."""
        places = self._places(topic)
        first = await self._kafka.beginning_offsets(places)
        ends = await self._kafka.end_offsets(places)
        self._kafka.assign(places)
        for place in places:
            self._kafka.seek(place, first[place])
        unread = {place for place in places if first[place] < ends[place]}
        while unread:
            pages = await self._kafka.getmany(*unread, timeout_ms=_WAIT_MS, max_records=_PAGE)
            for place, records in pages.items():
                yield [
                    Record(r.partition, r.offset, r.key, r.value, r.headers) for r in records if r.offset < ends[place]
                ]
            # By position, not by the records: the last offsets of a log may hold none that is shown.
            unread = {place for place in unread if await self._kafka.position(place) < ends[place]}

    def _places(self, topic: str) -> list[TopicPartition]:
        if topic not in self._partitions:
            raise MissingTopic(f"the broker has no topic {topic}: run `rapport topics apply`")
        return self._partitions[topic]
