"""Who listens to the stream: what waits for each, how far each has been told, and how an event goes over the wire.

What always holds: a connection is told every event that it asked for behind its position, once, and stands behind what
it was told; with nothing to say it says so, and how far it is.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from rapport.messaging.tail import TAIL_ERRORS, LogRecord, OffsetsGone
from rapport.telemetry import get_logger
from touchpoint_service.domain.subscriptions import Position, Wanted, event_body, write_position

if TYPE_CHECKING:
    from touchpoint_service.stream import Stream

POLL_SECONDS = 0.5
_REMEMBERED = 20_000
"""Ids of events, to tell one that was sent twice: several pages of the relay, which repeats one at most."""
_TOGETHER = 64
"""Events in one write."""
_RETRY_MS = 1000
_LOG_ERRORS: tuple[type[Exception], ...] = (*TAIL_ERRORS, OffsetsGone)

_log = get_logger()


@dataclass(slots=True, eq=False)
class Item:
    """An event behind its place in the log; `position` is the one after it, of the reader that read it."""

    partition: int
    position: Position
    event_type: str
    customer_id: str
    place: str | None
    body: bytes
    _frame: bytes | None = None

    def frame(self) -> bytes:
        """As it goes over the wire to whoever stands where our own reader stands: made once for all of them."""
        if self._frame is None:
            self._frame = self.frame_at(self.position)
        return self._frame

    def frame_at(self, position: Position) -> bytes:
        """As it goes over the wire to who stands at `position` after it."""
        head = f"event: {self.event_type}\nid: {write_position(position)}\ndata: "
        return head.encode() + self.body + b"\n\n"


class Seen:
    """The ids of the newest events, oldest first."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}

    def is_new(self, event: str) -> bool:
        """Whether this event has not been here before, as far as is remembered."""
        if event in self._ids:
            return False
        self._ids[event] = None
        if len(self._ids) > _REMEMBERED:
            del self._ids[next(iter(self._ids))]
        return True


def items_of(records: Iterable[LogRecord], position: list[int], seen: Seen) -> Iterator[Item]:
    """The events of these records. `position` is moved behind each record before its event is given."""
    for record in records:
        position[record.partition] = record.offset + 1
        if record.key is None or record.value is None:
            continue
        told = dict(record.headers)
        event, kind, at = (told.get(name, b"").decode() for name in ("ce_id", "ce_type", "ce_time"))
        customer_id = record.key.decode()
        if not seen.is_new(event):
            continue
        place = orjson.loads(record.value).get("place") if b'"place"' in record.value else None
        body = event_body(event, kind, at, record.value)
        yield Item(record.partition, tuple(position), kind, customer_id, place, body)


class Connection:
    """One reader of the stream: what waits for it, and how far it has been told."""

    def __init__(self, stream: Stream, wanted: Wanted, position: Position) -> None:
        """See `Stream.open`."""
        self.wanted = wanted
        self._stream = stream
        self._start = position
        self._position = position
        self._behind = True  # until what our own reader has read is past `_start` everywhere
        self._waiting: deque[Item] = deque()
        self._filled = asyncio.Event()
        self._ending: str | None = None
        self._most = 0

    def join(self, recent: Iterable[Item], most: int) -> None:
        """Take what is kept behind the position, however much it is; from then on `most` further events may wait."""
        self._most = sys.maxsize
        for item in recent:
            self.offer(item)
        self._most = len(self._waiting) + most

    def offer(self, item: Item) -> None:
        """Put an event behind the others that wait, if it is wanted and was not told before."""
        if self._ending is not None or not self.wanted.takes(item.event_type, item.customer_id, item.place):
            return
        if self._behind and item.position[item.partition] <= self._start[item.partition]:
            return
        if len(self._waiting) >= self._most:
            self.end("slow_reader")
            return
        self._waiting.append(item)
        self._filled.set()

    def end(self, reason: str) -> None:
        """Let go what waits; who reads is told why and from where to go on."""
        self._ending = self._ending or reason
        self._waiting.clear()
        self._filled.set()

    async def chunks(self, heartbeat: float, lifetime: float) -> AsyncGenerator[bytes, None]:
        """What goes over the wire, until the stream ends."""
        until = time.monotonic() + lifetime
        yield f"retry: {_RETRY_MS}\nid: {write_position(self._position)}\n\n".encode()
        if not self._stream.join(self):
            async with aclosing(self._from_log(heartbeat)) as missed:
                async for chunk in missed:
                    yield chunk
        while True:
            if self._waiting:
                yield self._take()
            elif self._ending is not None:
                break
            else:
                self._filled.clear()
                left = until - time.monotonic()
                if left <= 0:
                    self.end("lifetime")
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(heartbeat, left)):
                        await self._filled.wait()
                if not self._waiting and self._ending is None:
                    self._position = self._past(self._stream.position)
                    yield self._beat()
        data = orjson.dumps({"reason": self._ending}).decode()
        yield f"event: end\nid: {write_position(self._position)}\ndata: {data}\n\n".encode()

    def _take(self) -> bytes:
        frames: list[bytes] = []
        while self._waiting and len(frames) < _TOGETHER:
            item = self._waiting.popleft()
            self._position = self._past(item.position)
            frames.append(item.frame_at(self._position) if self._behind else item.frame())
        return b"".join(frames)

    def _past(self, position: Position) -> Position:
        """Where who has been told everything up to `position`, and before `_start`, stands."""
        if self._behind:
            if all(map(int.__ge__, position, self._start)):
                self._behind = False
            else:
                return tuple(map(max, position, self._start))
        return position

    def _beat(self) -> bytes:
        """A comment, and how far we are."""
        return f":\nid: {write_position(self._position)}\n\n".encode()

    async def _from_log(self, heartbeat: float) -> AsyncGenerator[bytes, None]:
        """What the log holds between the position and the part of it that is kept here; then the connection is fed."""
        position, seen = list(self._start), Seen()
        said = time.monotonic()
        try:
            async with self._stream.catching_up, self._stream.tail() as tail:
                tail.seek(position)
                while self._ending is None and not self._stream.join(self):
                    frames = []
                    for item in items_of(await tail.next(POLL_SECONDS), position, seen):
                        self._position = item.position
                        if self.wanted.takes(item.event_type, item.customer_id, item.place):
                            frames.append(item.frame())
                    self._start = self._position = tuple(position)
                    if frames or time.monotonic() - said >= heartbeat:
                        yield b"".join(frames) or self._beat()
                        said = time.monotonic()
        except _LOG_ERRORS as error:
            _log.warning("stream_catch_up_failed", error=type(error).__name__)
            self.end("log_unavailable")

    def stands_at(self) -> Position:
        """Everything before it has been told, or was not asked for."""
        return self._start
