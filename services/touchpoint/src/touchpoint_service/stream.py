"""The live stream of events: one reader of Kafka's log per process, and any number of connections that it feeds.

What always holds:
- a connection gets every event that it asked for behind its position, once, in the log's order of each customer; an
  event that the relay has sent twice is told apart by its id while that is remembered;
- the log is Kafka's. What is kept here is a copy of its newest part, so any process can serve any position, also after
  a restart of everything, for as long as the broker keeps its records;
- a connection that cannot keep up costs what it has not yet taken, up to a bound; then it is cut, and told the position
  from which it may go on. It holds up nobody.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import AbstractAsyncContextManager, suppress

from prometheus_client import Gauge

from rapport.errors import DomainError, Unavailable
from rapport.messaging.retry import Backoff
from rapport.messaging.tail import TAIL_ERRORS, OffsetsGone, Tail, tailing
from rapport.telemetry import get_logger
from touchpoint_service.domain.subscriptions import Position, Wanted
from touchpoint_service.listeners import POLL_SECONDS, Connection, Item, Seen, items_of
from touchpoint_service.settings import Settings

_READY_SECONDS = 5.0
_PAGE = 500
_TURNS = 3
"""Of the loop, until a task whose event was set has run."""
_CATCHING_UP = 16
"""Connections that read the log themselves at a time: each does so with a client of its own."""

_log = get_logger()
_connections = Gauge("rapport_stream_connections", "Open connections of the event stream")


class PositionTooOld(DomainError):
    """The log no longer has what follows this position, or never had it. Begin anew, and read timelines for the gap."""

    status = 410


class StreamUnavailable(Unavailable):
    """The log cannot be read at the moment; the position stays good."""


class TooManyStreams(Unavailable):
    """This process has as many open streams as it may have; another process may have room."""


class Stream:
    """The newest part of the log, and who is fed from it. Nothing is read before somebody connects."""

    def __init__(self, settings: Settings, topic: str, partitions: int) -> None:
        """Prepare; the first `open` begins to read."""
        self._settings = settings
        self._topic = topic
        self._partitions = partitions
        self._recent: deque[Item] = deque()
        self._seen = Seen()
        self._floor: list[int] = []
        self._head: list[int] = []
        self._end: list[int] = []
        self._connections: set[Connection] = set()
        self._of_customers: dict[str, set[Connection]] = {}
        self._of_all: set[Connection] = set()
        self._ready = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._closing = False
        self.catching_up = asyncio.Semaphore(_CATCHING_UP)

    @property
    def position(self) -> Position:
        """Behind the newest record read."""
        return tuple(self._head)

    def tail(self) -> AbstractAsyncContextManager[Tail]:
        """A reader of the log."""
        return tailing(self._settings.kafka_bootstrap, self._topic, self._partitions)

    async def open(self, wanted: Wanted, after: Position | None) -> Connection:
        """A connection that is told what is `wanted` behind `after`; None: from now on. `close` it at the end.

        Raises:
            PositionTooOld: the log does not have what follows `after`.
            StreamUnavailable: the log cannot be read.
            TooManyStreams: there are too many already.
        """
        if self._closing or len(self._connections) >= self._settings.stream_connections:
            raise TooManyStreams("no more streams here")
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._ready.wait()
                if after is not None and not self._covers(after):
                    await self._check(after)
        except TAIL_ERRORS as error:
            raise StreamUnavailable("the log does not answer") from error
        connection = Connection(self, wanted, self.position if after is None else after)
        self._connections.add(connection)
        _connections.set(len(self._connections))
        return connection

    def join(self, connection: Connection) -> bool:
        """Feed the connection from here on, what is kept and not yet told first. False: it stands too far back."""
        after = connection.stands_at()
        if any(map(int.__lt__, after, self._floor)):
            return False
        connection.join(self._recent, self._settings.stream_queue)
        customer_id = connection.wanted.customer_id
        found = self._of_all if customer_id is None else self._of_customers.setdefault(customer_id, set())
        found.add(connection)
        return True

    def close(self, connection: Connection) -> None:
        """Feed it no more."""
        self._connections.discard(connection)
        self._of_all.discard(connection)
        customer_id = connection.wanted.customer_id
        if customer_id is not None and customer_id in self._of_customers:
            self._of_customers[customer_id].discard(connection)
            if not self._of_customers[customer_id]:
                del self._of_customers[customer_id]
        _connections.set(len(self._connections))

    def end_all(self, reason: str) -> None:
        """End every stream, resumable."""
        for connection in self._connections:
            connection.end(reason)

    def leave(self) -> None:
        """The process is about to go: end every stream, and open no other."""
        self._closing = True
        self.end_all("leaving")

    async def aclose(self) -> None:
        """Stop reading."""
        self.leave()
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    def _covers(self, after: Position) -> bool:
        return (
            len(after) == self._partitions
            and all(map(int.__ge__, after, self._floor))
            and all(map(int.__le__, after, self._head))
        )

    async def _check(self, after: Position) -> None:
        gone = PositionTooOld("the log does not have what follows this position; begin without one")
        if len(after) != self._partitions:
            raise gone
        async with self.tail() as tail:
            first, end = await tail.bounds()
        if any(map(int.__lt__, after, first)) or any(map(int.__gt__, after, end)):
            raise gone

    async def _read(self) -> None:
        """Read the log for as long as the process lives. A broker that is away is waited for."""
        backoff = Backoff()
        while True:
            try:
                async with self.tail() as tail:
                    await self._begin(tail)
                    backoff.reset()
                    await self._follow(tail)
            except OffsetsGone:
                self._forget()
            except TAIL_ERRORS as error:
                pause = backoff.next()
                _log.warning("stream_waits_for_log", error=type(error).__name__, seconds=round(pause, 2))
                await asyncio.sleep(pause)

    async def _begin(self, tail: Tail) -> None:
        """Go on where we were, or far enough from the end that who was just connected elsewhere is served at once."""
        first, end = await tail.bounds()
        if self._head and (any(map(int.__lt__, self._head, first)) or any(map(int.__gt__, self._head, end))):
            self._forget()
        if not self._head:
            back = self._settings.stream_recent // self._partitions
            self._head = [max(low, high - back) for low, high in zip(first, end, strict=True)]
            self._floor = list(self._head)
        self._end = end
        tail.seek(self._head)

    async def _follow(self, tail: Tail) -> None:
        """Pages are smaller than what may wait, and whoever can write does so between two: only who cannot is cut."""
        page = max(1, min(_PAGE, self._settings.stream_queue // 2))
        while True:
            if not self._ready.is_set() and all(map(int.__ge__, self._head, self._end)):
                self._ready.set()
            for item in items_of(await tail.next(POLL_SECONDS, page), self._head, self._seen):
                self._tell(item)
            for _ in range(_TURNS):
                await asyncio.sleep(0)

    def _tell(self, item: Item) -> None:
        self._recent.append(item)
        if len(self._recent) > self._settings.stream_recent:
            oldest = self._recent.popleft()
            self._floor[oldest.partition] = oldest.position[oldest.partition]
        for connection in self._of_all:
            connection.offer(item)
        for connection in self._of_customers.get(item.customer_id, ()):
            connection.offer(item)

    def _forget(self) -> None:
        """The log is another one, or has lost what we had not read: nobody can be told what is missing."""
        self._ready.clear()
        self._recent.clear()
        self._seen = Seen()
        self._head = []
        self._floor = []
        self.end_all("log_lost")
