"""Events as they happen: server-sent events, read for as long as you like.

What always holds: when the connection ends, for whatever reason, the reader connects again and goes on after the last
event that it handed out; nothing is left out, and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx2

from rapport_client.problems import Problem, Unreachable
from rapport_client.retries import Retries
from rapport_client.transport import AsyncTransport, Transport, worth_another_attempt

PATH = "/v1/events"
_END = "end"
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")  # a CR that is the last byte so far may be half of a CRLF
_BREAKS = (httpx2.TransportError, Problem)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a customer."""

    position: str
    """Where it stands in the stream: hand it in as `last_event_id` to go on after it, days later too."""
    id: str
    type: str
    """Such as `touchpoint.contact.released.v1`."""
    time: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the stream as it was written."""

    event: str
    data: str


class Parser:
    """Bytes of a stream to blocks, as the HTML standard has it (9.2.6).

    A line ends where the standard says, and not where Python's `splitlines` does: a text may hold U+2028.
    """

    def __init__(self) -> None:
        self.last_id = ""
        """Of the last block that was complete."""
        self._rest = b""
        self._id: str | None = None
        self._event = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[Block]:
        """Take what has come; each block that it completes and that has data."""
        *lines, self._rest = _LINE_END.split(self._rest + chunk)
        for line in lines:
            block = self._line(line.decode())
            if block is not None:
                yield block

    def _line(self, line: str) -> Block | None:
        if line:
            self._take(line)
            return None
        if self._id is not None:
            self.last_id = self._id
        block = Block(self._event or "message", "\n".join(self._data)) if self._data else None
        self._event, self._data = "", []
        return block

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")  # a comment has no name
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value


@dataclass(slots=True)
class Reading:
    """How far a reader has come, and how often it has failed since."""

    query: dict[str, str | None]
    last_event_id: str | None
    retries: Retries
    failures: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """Of the next connection."""
        resume = {} if self.last_event_id is None else {"Last-Event-ID": self.last_event_id}
        return {"Accept": "text/event-stream", "Cache-Control": "no-store"} | resume

    def took(self, parser: Parser, block: Block) -> Event | None:
        """The event that a block is; None when it only says that the stream ends."""
        self.failures = 0
        self.reached(parser)
        if block.event == _END:
            return None
        said = json.loads(block.data)
        return Event(parser.last_id, said["id"], said.get("type", block.event), said["time"], said["data"])

    def reached(self, parser: Parser) -> None:
        """Note the position; heart-beats move it on, too."""
        self.last_event_id = parser.last_id or self.last_event_id

    def after(self, error: Exception | None) -> float:
        """Seconds to wait before the next connection; a stream that just ended is opened again soon.

        Raises:
            Problem: the service does not want us; or what broke, once it has failed too often in a row.
        """
        if error is None:
            return self.retries.first
        if not worth_another_attempt(error, self.retries):
            raise error
        self.failures += 1
        wait = self.retries.wait(self.failures, {})
        if wait is None:
            raise Unreachable("the stream of events does not come back") from error
        return wait


def reading(
    types: Sequence[str], customer_id: str | None, org: str | None, last_event_id: str | None, retries: Retries
) -> Reading:
    """A reader that has not begun."""
    query = {"types": ",".join(types) or None, "customer_id": customer_id, "org": org}
    return Reading(query, last_event_id, retries)


def events(transport: Transport, state: Reading) -> Iterator[Event]:
    """Each event as it comes, until the caller stops."""
    while True:
        try:
            yield from _connection(transport, state)
        except _BREAKS as error:
            wait = state.after(error)
        else:
            wait = state.after(None)
        time.sleep(wait)


def _connection(transport: Transport, state: Reading) -> Iterator[Event]:
    parser = Parser()
    with transport.stream(PATH, state.query, state.headers) as chunks:
        for chunk in chunks:
            for block in parser.feed(chunk):
                event = state.took(parser, block)
                if event is None:
                    return
                yield event
            state.reached(parser)


async def async_events(transport: AsyncTransport, state: Reading) -> AsyncIterator[Event]:
    """See `events`."""
    while True:
        try:
            async with aclosing(_async_connection(transport, state)) as connection:
                async for event in connection:
                    yield event
        except _BREAKS as error:
            wait = state.after(error)
        else:
            wait = state.after(None)
        await asyncio.sleep(wait)


async def _async_connection(transport: AsyncTransport, state: Reading) -> AsyncGenerator[Event]:
    parser = Parser()
    async with transport.stream(PATH, state.query, state.headers) as chunks:
        async for chunk in chunks:
            for block in parser.feed(chunk):
                event = state.took(parser, block)
                if event is None:
                    return
                yield event
            state.reached(parser)
