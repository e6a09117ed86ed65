"""Dead letters: what a group could not process lies in `dlq.<group>.<topic>`, as it came, until somebody decides.

What always holds:
- a dead letter is written by the transaction that passes the message: it is set aside exactly once, or processed;
- key, value and headers are the original bytes; `dlq-*` headers say why, by whom, and where the message stood;
- what was decided (replayed or discarded) is Kafka's committed offset of the group `rapport.dlq`: deciding is in order.

A replay sends the message to its own topic again, where every group reads it: the groups that had processed it know
it by its natural key.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from rapport.db import Connection
from rapport.messaging.partition import partition_for
from rapport.messaging.topics import dead_letter_topic

DECIDERS = "rapport.dlq"
_PREFIX = "dlq-"
_REASON_LENGTH = 1000  # a header is for a person to read


class Record(Protocol):
    """A record as the Kafka client gives it."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...
    @property
    def timestamp(self) -> int: ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message set aside: why, and where it stood."""

    offset: int
    """In the dead-letter topic."""
    group: str
    reason: str
    handler: str
    at: str
    """RFC 3339, by the machine's clock."""
    topic: str
    partition: int
    original_offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    """The original ones."""


async def set_aside(
    conn: Connection, group: str, handler: str, letters: Sequence[tuple[Record, str]], *, now: datetime
) -> None:
    """Write messages and the reason of each into the outbox, inside the transaction that passes them."""
    await conn.executemany(
        """
        insert into outbox (topic, at, events, keys, types, event_ids, headers, bodies)
        values ($1, $2, 1, $3, 'dead-letter', $4, $5, $6)
        """,
        [
            (
                dead_letter_topic(group, record.topic),
                now,
                _printable(record.key),
                f"{record.topic}-{record.partition}-{record.offset}",
                _wire(group, handler, record, reason, now),
                record.value,
            )
            for record, reason in letters
        ],
    )


def unpack(stored: dict[str, Any]) -> tuple[bytes | None, list[tuple[str, bytes]]]:
    """Key and headers of a dead letter for the wire, from the outbox column `headers`."""
    key = stored["key"]
    return None if key is None else b64decode(key), [(name, b64decode(value)) for name, value in stored["headers"]]


async def pending(bootstrap: str, group: str, topic: str) -> list[DeadLetter]:
    """The letters of `group` from `topic` that nobody has decided on, oldest first."""
    async with _reader(bootstrap, dead_letter_topic(group, topic)) as (consumer, place):
        return [_letter(record) for record in await _undecided(consumer, place, None)]


async def replay(bootstrap: str, group: str, topic: str, *, limit: int | None = None) -> int:
    """Send undecided letters, oldest first, to their topic again, as they came; how many.

    Dying in between sends some again the next time.
    """
    async with _reader(bootstrap, dead_letter_topic(group, topic)) as (consumer, place):
        records = await _undecided(consumer, place, limit)
        if not records:
            return 0
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
        await producer.start()
        try:
            partitions = len(await producer.partitions_for(topic))
            for record in records:
                partition = 0 if record.key is None else partition_for(record.key, partitions)
                await producer.send_and_wait(
                    topic, record.value, record.key, partition=partition, headers=list(_original(record.headers))
                )
                await consumer.commit({place: record.offset + 1})
        finally:
            await producer.stop()
        return len(records)


async def discard(bootstrap: str, group: str, topic: str, *, limit: int | None = None) -> int:
    """Decide that undecided letters, oldest first, are never to be processed; how many."""
    async with _reader(bootstrap, dead_letter_topic(group, topic)) as (consumer, place):
        records = await _undecided(consumer, place, limit)
        if records:
            await consumer.commit({place: records[-1].offset + 1})
        return len(records)


def _printable(key: bytes | None) -> str:
    return "" if key is None else key.decode("utf-8", "backslashreplace").replace("\0", "\\0")


def _original(headers: Sequence[tuple[str, bytes]]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, value) for name, value in headers if not name.startswith(_PREFIX))


def _wire(group: str, handler: str, record: Record, reason: str, now: datetime) -> dict[str, Any]:
    why = {
        "group": group,
        "reason": reason[:_REASON_LENGTH],
        "handler": handler,
        "at": now.isoformat(),
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
    }
    headers = [*_original(record.headers), *((_PREFIX + name, text.encode()) for name, text in why.items())]
    return {
        "key": None if record.key is None else b64encode(record.key).decode(),
        "headers": [(name, b64encode(value or b"").decode()) for name, value in headers],
    }


def _letter(record: Record) -> DeadLetter:
    why = {name.removeprefix(_PREFIX): value.decode() for name, value in record.headers if name.startswith(_PREFIX)}
    return DeadLetter(
        offset=record.offset,
        group=why["group"],
        reason=why["reason"],
        handler=why["handler"],
        at=why["at"],
        topic=why["topic"],
        partition=int(why["partition"]),
        original_offset=int(why["offset"]),
        key=record.key,
        value=record.value,
        headers=_original(record.headers),
    )


@asynccontextmanager
async def _reader(bootstrap: str, topic: str) -> AsyncIterator[tuple[AIOKafkaConsumer, TopicPartition]]:
    place = TopicPartition(topic, 0)  # a dead-letter topic has one partition
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=DECIDERS, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        consumer.assign([place])
        yield consumer, place
    finally:
        await consumer.stop()


async def _undecided(consumer: AIOKafkaConsumer, place: TopicPartition, limit: int | None) -> list[Record]:
    """From the first undecided letter to the end as it is now."""
    end = (await consumer.end_offsets([place]))[place]
    first = (await consumer.beginning_offsets([place]))[place]
    consumer.seek(place, max(await consumer.committed(place) or 0, first))
    found: list[Record] = []
    while await consumer.position(place) < end and (limit is None or len(found) < limit):
        for records in (await consumer.getmany(place, timeout_ms=200)).values():
            found += [record for record in records if record.offset < end]
    return found if limit is None else found[:limit]
