"""Filling topics quickly, and reading off when records arrived on one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from rapport.messaging.partition import partition_for

Record = tuple[bytes, bytes, list[tuple[str, bytes]]]
"""Key, value, headers."""


async def create(bootstrap: str, names: Iterable[str], partitions: int = 12) -> None:
    """Create topics that do not exist."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        known = set(await admin.list_topics())
        await admin.create_topics([NewTopic(n, partitions, 1) for n in names if n not in known])
    finally:
        await admin.close()


async def fill(bootstrap: str, topic: str, records: Sequence[Record], partitions: int = 12) -> None:
    """Send everything, in order per key."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, max_batch_size=512 * 1024)
    await producer.start()
    batches: dict[int, list[object]] = {}
    try:
        for key, value, headers in records:
            number = partition_for(key, partitions)
            waiting = batches.setdefault(number, [])
            if not waiting or waiting[-1].append(timestamp=None, key=key, value=value, headers=headers) is None:  # type: ignore[attr-defined]
                waiting.append(producer.create_batch())
                waiting[-1].append(timestamp=None, key=key, value=value, headers=headers)  # type: ignore[attr-defined]
        for number, waiting in batches.items():
            for batch in waiting:
                await producer.send_batch(batch, topic, partition=number)
        await producer.flush()
    finally:
        await producer.stop()


async def ends(bootstrap: str, topic: str, partitions: int = 12) -> dict[TopicPartition, int]:
    """The end offset of each partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        return dict(await consumer.end_offsets([TopicPartition(topic, p) for p in range(partitions)]))
    finally:
        await consumer.stop()


async def arrivals(bootstrap: str, starts: dict[TopicPartition, int], count: int, seconds: float) -> list[int]:
    """When each of `count` records after `starts` was appended, in the broker's milliseconds; waits for them.

    Raises:
        TimeoutError: they have not all come in time.
    """
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        consumer.assign(list(starts))
        for partition, offset in starts.items():
            consumer.seek(partition, offset)
        stamps: list[int] = []
        waited = 0.0
        while len(stamps) < count:
            found = await consumer.getmany(timeout_ms=500)
            stamps += [r.timestamp for records in found.values() for r in records]
            waited = 0.0 if found else waited + 0.5
            if waited > seconds:
                raise TimeoutError(f"{len(stamps)} of {count} records came")
        return sorted(stamps)
    finally:
        await consumer.stop()
