"""The Kafka clients as this package uses them, and the few things that aiokafka does not offer publicly.

What always holds:
- a client that was made is closed, whatever state the broker is in: nothing of it goes on in the background, and above
  all no producer sends on after it was given up;
- while a broker is away or a group rebalances, the clients' logs say so without flooding.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError

T = TypeVar("T")

_CLOSE_SECONDS = 5.0

_FETCH_WAIT_MS = 250
"""How long the broker holds a fetch without data, and so how late a partition just opened may join the next one."""

_FETCH_BYTES = 8 << 20
"""Per answer of a broker, and so what a consumer with a backlog holds in memory: about 20,000 messages."""

_REQUEST_TIMEOUT_MS = 10_000
"""A producer's; a broker that is gone is noticed by its connection, this is for one that hangs."""

_REPEATED_AFTER = 10.0  # seconds


class _Sparse(logging.Filter):
    """Lets each line of a library log once in a while: a broker that is away is news, not thirty times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._logged: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        where = record.pathname, record.lineno
        if now - self._logged.get(where, -_REPEATED_AFTER) < _REPEATED_AFTER:
            return False
        self._logged[where] = now
        return True


for _part in ("client", "cluster", "conn", "consumer.fetcher", "consumer.group_coordinator", "producer.sender"):
    logging.getLogger(f"aiokafka.{_part}").addFilter(_Sparse())


def group_member(bootstrap: str, group: str, *, session_timeout: float, heartbeat: float) -> AIOKafkaConsumer:
    """A consumer that takes part in a group's assignment and leaves offsets to its user.

    Partitions are assigned by range: equal numbers of topics with equally many partitions go to the same member.
    """
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="none",
        partition_assignment_strategy=(RangePartitionAssignor,),
        session_timeout_ms=int(session_timeout * 1000),
        heartbeat_interval_ms=int(heartbeat * 1000),
        fetch_max_wait_ms=_FETCH_WAIT_MS,
        fetch_max_bytes=_FETCH_BYTES,
    )


async def close_consumer(consumer: AIOKafkaConsumer) -> None:
    """Leave the group if the broker is there, and end every task and connection in any case."""
    if await _done(consumer.stop()):
        return
    # `stop` gives up half-way when the coordinator has failed; the rest of it follows here.
    if consumer._fetcher is not None:  # noqa: SLF001
        await _done(consumer._fetcher.close())  # noqa: SLF001
    await _done(consumer._client.close())  # noqa: SLF001


async def start_producer(bootstrap: str, *, max_batch_bytes: int) -> AIOKafkaProducer:
    """An idempotent producer that waits for all in-sync replicas.

    Raises:
        KafkaError: the broker cannot be reached.
        TimeoutError: it did not answer in time.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        max_batch_size=max_batch_bytes,
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
    )
    try:
        async with asyncio.timeout(_REQUEST_TIMEOUT_MS / 1000):
            await producer.start()
    except BaseException:
        await abort_producer(producer)
        raise
    return producer


async def abort_producer(producer: AIOKafkaProducer) -> None:
    """End a producer without flushing: what it has not sent yet, it never sends.

    Its own `stop` waits until everything is sent, for ever if need be, and then a record given up here could still
    arrive behind newer ones of its key.
    """
    await _done(producer._sender.close())  # noqa: SLF001
    producer._message_accumulator.fail_all(KafkaError("the producer was given up"))  # noqa: SLF001
    await _done(producer.stop())


async def _done(closing: Coroutine[Any, Any, None]) -> bool:
    """Whether `closing` ends well and in time. A task of its own, because aiokafka's clients, when they end a task of
    theirs that has not begun yet, raise CancelledError: it would look as if the caller were cancelled."""
    task = asyncio.create_task(closing)
    await asyncio.wait({task}, timeout=_CLOSE_SECONDS)
    if task.done():
        return not task.cancelled() and task.exception() is None
    task.cancel()
    await asyncio.wait({task})
    return False


def result(task: asyncio.Task[T]) -> T:
    """What a finished task gave. A cancelled one, when nobody here has cancelled it, is a client that broke down.

    Raises:
        KafkaError: the task was cancelled from inside.
        Exception: what the task raised.
    """
    if task.cancelled():
        raise KafkaError("a client ended by itself")
    return task.result()
