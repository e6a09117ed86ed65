"""A lane: the partitions of one consumer that are worked on one batch at a time, beside the other lanes.

What always holds:
- records of one partition are in one lane, in order, without a gap: each chunk begins where the one before it ends;
- a batch is of one topic and may join chunks of several partitions;
- chunks of a partition that has been taken away are dropped; a batch of it that is under way either commits before its
  new owner does, or is fenced.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapport.messaging.batch import Batch, Processor
from rapport.messaging.dlq import Record
from rapport.messaging.positions import Fenced, Move, Place
from rapport.messaging.retry import Backoff, is_transient
from rapport.telemetry import get_logger

_log = get_logger()


@dataclass(slots=True, eq=False)
class Slot:
    """One assigned partition while this consumer has it; a new assignment makes a new slot."""

    place: Place
    stored: int
    """The position in the database."""
    fetched: int
    """Behind the last record put into the lane."""
    target: int
    """The end of the log when the partition was opened."""
    written_at: float | None = None
    """When the last record before `stored` was written to its log, in seconds since 1970; None: none was seen here."""
    live: bool = True
    """False once the partition is taken away."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Consecutive records of one partition; none where the log has a gap, which only the position passes."""

    slot: Slot
    records: Sequence[Record]
    start: int
    end: int

    def split(self, count: int) -> tuple[Chunk, Chunk]:
        """The first `count` records and the rest."""
        middle = self.records[count - 1].offset + 1
        return (
            Chunk(self.slot, self.records[:count], self.start, middle),
            Chunk(self.slot, self.records[count:], middle, self.end),
        )


class Lane:
    """A queue of chunks and the loop that commits them."""

    def __init__(
        self,
        processor: Processor,
        *,
        max_batch: int,
        taken: Callable[[], None],
        fenced: Callable[[Sequence[Slot]], None],
        committed: Callable[[], None],
    ) -> None:
        """Callbacks: `taken` when there may be room again, `fenced` with the slots that somebody else has moved (they
        are dead then), `committed` after each batch."""
        self._processor = processor
        self._max_batch = max_batch
        self._taken = taken
        self._fenced = fenced
        self._committed = committed
        self._chunks: deque[Chunk] = deque()
        self._queued = 0
        self._filled = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()

    @property
    def has_room(self) -> bool:
        """Whether there is less in the queue than the next two batches."""
        return self._queued < 2 * self._max_batch

    def put(self, chunk: Chunk) -> None:
        """Add to the queue."""
        self._chunks.append(chunk)
        self._queued += len(chunk.records)
        self._filled.set()

    async def run(self) -> None:
        """Commit what is put in, until cancelled.

        Raises:
            StopConsumer: too much poison.
            Exception: a fault of the handler's own SQL.
        """
        while True:
            chunks = self._take()
            if not chunks:
                self._filled.clear()
                await self._filled.wait()
                continue
            self.idle.clear()
            try:
                await self._finish(chunks)
            finally:
                self.idle.set()

    def _take(self) -> list[Chunk]:
        """The next batch: the topic that has waited longest, and as many of its chunks as fit."""
        batch: list[Chunk] = []
        passed: list[Chunk] = []
        room = self._max_batch
        while self._chunks and room:
            chunk = self._chunks.popleft()
            self._queued -= len(chunk.records)
            if not chunk.slot.live:
                continue
            if batch and chunk.slot.place.topic != batch[0].slot.place.topic:
                passed.append(chunk)
                continue
            if len(chunk.records) > room:
                chunk, rest = chunk.split(room)
                self._chunks.appendleft(rest)
                self._queued += len(rest.records)
            batch.append(chunk)
            room -= len(chunk.records)
        self._chunks.extendleft(reversed(passed))
        self._queued += sum(len(chunk.records) for chunk in passed)
        self._taken()
        return sorted(batch, key=lambda chunk: chunk.slot.place)

    async def _finish(self, chunks: list[Chunk]) -> None:
        """Commit the chunks, however often the database goes away, except those that are no longer ours."""
        backoff = Backoff()
        while chunks := [chunk for chunk in chunks if chunk.slot.live]:
            try:
                await self._processor.process(_joined(chunks))
            except Fenced as fenced:
                lost = {chunk.slot for chunk in chunks if chunk.slot.place in fenced.places}
                self._fenced([slot for slot in lost if slot.live])
            except Exception as error:
                if not is_transient(error):
                    raise
                pause = backoff.next()
                topic = chunks[0].slot.place.topic
                _log.warning("batch_waits", topic=topic, error=type(error).__name__, seconds=round(pause, 2))
                await asyncio.sleep(pause)
            else:
                for chunk in chunks:
                    chunk.slot.stored = chunk.end
                    if chunk.records:
                        chunk.slot.written_at = chunk.records[-1].timestamp / 1000
                self._committed()
                return


def _joined(chunks: Sequence[Chunk]) -> Batch:
    moves: dict[Place, Move] = {}
    for chunk in chunks:
        before = moves.get(chunk.slot.place)
        expected = chunk.start if before is None else before.expected
        moves[chunk.slot.place] = Move(chunk.slot.place, expected, chunk.end)
    records = [record for chunk in chunks for record in chunk.records]
    return Batch(chunks[0].slot.place.topic, records, list(moves.values()))
