"""The replay's ends of Kafka: it writes whole batches, and follows a topic from a point on.

What always holds: records of one key are sent in the order in which they were put, also from one `send` to the next.
Bodies are plain dicts of the contracts' fields; the services validate what arrives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from rapport.contracts.envelope import Event, headers
from rapport.messaging.clients import abort_producer, close_consumer, start_producer
from rapport.messaging.partition import partition_for

_BATCH_BYTES = 512 * 1024
_PAGE = 20_000
_FETCH_BYTES = 4 << 20


class Post:
    """Sends events; a context manager."""

    def __init__(self, bootstrap: str, source: str) -> None:
        """`source` is the system that the events say they come from."""
        self._bootstrap = bootstrap
        self._source = source
        self._producer: AIOKafkaProducer = None
        self._waiting: dict[tuple[str, int], list[Any]] = defaultdict(list)
        self._partitions: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        self._producer = await start_producer(self._bootstrap, max_batch_bytes=_BATCH_BYTES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await abort_producer(self._producer)

    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has. To be asked before anything is put on it."""
        if topic not in self._partitions:
            self._partitions[topic] = len(await self._producer.partitions_for(topic))
        return self._partitions[topic]

    def put(self, event: type[Event], key: str, event_id: str, at: str, body: Mapping[str, Any]) -> None:
        """Pack an event for the next `send`."""
        raw = key.encode()
        record = {
            "timestamp": None,
            "key": raw,
            "value": orjson.dumps(body),
            "headers": headers(event_id=event_id, event_type=event.event_type, source=self._source, at=at),
        }
        batches = self._waiting[event.topic, partition_for(raw, self._partitions[event.topic])]
        if not batches or batches[-1].append(**record) is None:
            batches.append(self._producer.create_batch())
            batches[-1].append(**record)

    async def send(self) -> None:
        """Send what has been put; it is with the broker when this returns.

        Raises:
            KafkaError: the broker did not take it.
        """
        waiting, self._waiting = self._waiting, defaultdict(list)
        acks = [
            await self._producer.send_batch(batch, topic, partition=partition)
            for (topic, partition), batches in waiting.items()
            for batch in batches
        ]
        for ack in acks:
            await ack


class Said(NamedTuple):
    """An event of a topic: its type and its body."""

    kind: str
    body: dict[str, Any]


class Feed:
    """Follows a topic from its present end on; a context manager. Joins no group."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self._kafka = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, max_partition_fetch_bytes=_FETCH_BYTES
        )
        self._places = [TopicPartition(topic, number) for number in range(partitions)]
        self._next: dict[TopicPartition, int] = {}

    async def __aenter__(self) -> Self:
        await self._kafka.start()
        self._kafka.assign(self._places)
        self._next = dict(await self._kafka.end_offsets(self._places))
        for place, offset in self._next.items():
            self._kafka.seek(place, offset)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await close_consumer(self._kafka)

    async def read(self, seconds: float) -> Sequence[Said]:
        """What came next, in order per customer; nothing after `seconds` without anything."""
        found = await self._kafka.getmany(timeout_ms=int(seconds * 1000), max_records=_PAGE)
        said = []
        for place, records in found.items():
            self._next[place] = records[-1].offset + 1
            said += [Said(dict(record.headers)["ce_type"].decode(), orjson.loads(record.value)) for record in records]
        return said

    async def at_end(self) -> bool:
        """Whether everything that the topic holds now has been read."""
        return dict(await self._kafka.end_offsets(self._places)) == self._next
