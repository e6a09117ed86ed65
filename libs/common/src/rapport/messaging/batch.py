"""One batch of messages, one transaction: the effects, the dead letters and the new position commit together.

What always holds:
- the position moves first, from the expected value only (`positions.advance`): a consumer that has lost its partitions
  without knowing fails before it does anything;
- a failure that is not the message's fault (`retry.is_transient`, or the database refusing our own SQL) never makes a
  dead letter: the first is retried by the caller, the second stops the consumer;
- any other failure is pinned down to single messages by halving the batch, inside one transaction with savepoints;
- so a handler may see a message several times, and only its effects through `conn` are undone in between;
- what a handler publishes belongs to the trace of its message when that is the batch's only one; in larger batches the
  handler says which event follows from which message (`outbox.row` and `Envelope.traceparent`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from rapport.clock import SystemClock
from rapport.contracts.envelope import ContractError, Envelope, decode
from rapport.db import Connection, Pool, transaction
from rapport.messaging import dlq, metrics, positions
from rapport.messaging.dlq import Record
from rapport.messaging.positions import Fenced, Move
from rapport.messaging.retry import is_transient
from rapport.telemetry import get_logger, tracing

BatchHandler: TypeAlias = Callable[[Connection, Sequence[Envelope]], Awaitable[None]]
"""Gets the messages of one topic, in order within each partition, inside a transaction that it must not end."""

_FAULT_CLASSES = frozenset({"21", "22", "23", "54", "P0"})
"""SQLSTATE classes that a message's content can cause: cardinality, data, constraints, limits, raised by our SQL."""

_log = get_logger()


class PoisonMessage(Exception):
    """Raised by a handler: this message breaks a rule of its contract and will never be processed.

    Naming the envelope spares the search for it.
    """

    def __init__(self, reason: str, envelope: Envelope | None = None) -> None:
        """Say why in a sentence without personal data."""
        super().__init__(reason)
        self.reason = reason
        self.envelope = envelope


class StopConsumer(Exception):
    """The consumer cannot go on by itself; the message says what to do. Nothing of the batch at hand has committed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one topic, in order within each partition, and the positions that passing them moves."""

    topic: str
    records: Sequence[Record]
    moves: Sequence[Move]


Poison: TypeAlias = dict[tuple[int, int], str]
"""Why, by partition and offset."""


class Processor:
    """Processes the batches of one lane, one after the other."""

    def __init__(self, group: str, handlers: Mapping[str, BatchHandler], pool: Pool, *, poison_limit: int) -> None:
        """`poison_limit`: how many messages of a topic in a row may be dead letters before the consumer stops."""
        self._group = group
        self._handlers = handlers
        self._pool = pool
        self._limit = poison_limit
        self._in_a_row: dict[str, int] = {}
        self._clock = SystemClock()

    async def process(self, batch: Batch) -> None:
        """Commit everything that the batch causes, with its position.

        Raises:
            Fenced: another consumer has the partition. Nothing has committed.
            StopConsumer: too many dead letters in a row.
            Exception: `is_transient` ones may be tried again; others are faults of the handler's own SQL.
        """
        envelopes, poison = _decode(batch.records)
        try:
            in_a_row = await self._commit(batch, envelopes, poison)
        except Exception as error:
            if not _blames_message(error):
                raise
            in_a_row = await self._commit(batch, envelopes, poison, search=True)
        self._in_a_row[batch.topic] = in_a_row

    async def _commit(self, batch: Batch, envelopes: list[Envelope], poison: Poison, *, search: bool = False) -> int:
        handler = self._handlers[batch.topic]
        async with transaction(self._pool) as conn:
            await positions.advance(conn, self._group, batch.moves)
            if search:
                poison = poison | await _search(conn, handler, envelopes)
            elif envelopes:
                with tracing(envelopes[0].traceparent if len(envelopes) == 1 else None):
                    await handler(conn, envelopes)
            if not poison:
                return 0
            in_a_row = self._count(batch, poison)
            letters = [(record, poison[at]) for record in batch.records if (at := _at(record)) in poison]
            await dlq.set_aside(conn, self._group, _name(handler), letters, now=self._clock.now())
        for record, _reason in letters:  # not the reason: it may quote the message
            _log.warning(
                "message_set_aside",
                group=self._group,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
            )
        metrics.dead_letters.labels(self._group, batch.topic).inc(len(letters))
        return in_a_row

    def _count(self, batch: Batch, poison: Collection[tuple[int, int]]) -> int:
        """How many in a row are poison at the end of the batch."""
        in_a_row = self._in_a_row.get(batch.topic, 0)
        for record in batch.records:
            in_a_row = in_a_row + 1 if _at(record) in poison else 0
            if in_a_row > self._limit:
                raise StopConsumer(
                    f"{self._group}: more than {self._limit} messages of {batch.topic} in a row cannot be processed, "
                    f"up to partition {record.partition} offset {record.offset}. This is no single broken message. "
                    f"Look at the reasons (`rapport dlq list {self._group} {batch.topic}`), correct the producer or "
                    "this service, start again, then replay or discard what was set aside."
                )
        return in_a_row


def _at(record: Record) -> tuple[int, int]:
    return record.partition, record.offset


def _name(handler: BatchHandler) -> str:
    return getattr(handler, "__qualname__", type(handler).__qualname__)


def _decode(records: Sequence[Record]) -> tuple[list[Envelope], Poison]:
    envelopes: list[Envelope] = []
    poison: Poison = {}
    for record in records:
        try:
            envelopes.append(
                decode(
                    topic=record.topic,
                    partition=record.partition,
                    offset=record.offset,
                    key=record.key,
                    value=record.value,
                    record_headers=record.headers,
                )
            )
        except ContractError as error:
            poison[_at(record)] = f"ContractError: {error}"
    return envelopes, poison


def _blames_message(error: Exception) -> bool:
    if isinstance(error, Fenced | StopConsumer) or is_transient(error):
        return False
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in _FAULT_CLASSES
    return True


async def _search(conn: Connection, handler: BatchHandler, envelopes: Sequence[Envelope]) -> Poison:
    """Process all but the messages that make the handler fail, in order; why each of those did."""
    poison: Poison = {}
    parts = [list(envelopes)] if envelopes else []
    while parts:
        part = parts.pop()
        error = await _attempt(conn, handler, part)
        if error is None:
            continue
        culprit = part[0] if len(part) == 1 else _named(error, part)
        if culprit is None:
            middle = len(part) // 2
            parts += [part[middle:], part[:middle]]
        else:
            poison[culprit.partition, culprit.offset] = f"{type(error).__name__}: {error}"
            rest = [envelope for envelope in part if envelope is not culprit]
            parts += [rest] if rest else []
    return poison


async def _attempt(conn: Connection, handler: BatchHandler, part: Sequence[Envelope]) -> Exception | None:
    try:
        async with conn.transaction():
            await handler(conn, part)
    except Exception as error:
        if not _blames_message(error):
            raise
        return error
    return None


def _named(error: Exception, part: Sequence[Envelope]) -> Envelope | None:
    named = error.envelope if isinstance(error, PoisonMessage) else None
    return next((envelope for envelope in part if envelope is named), None)
