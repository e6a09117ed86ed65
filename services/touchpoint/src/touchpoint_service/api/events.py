"""The live stream: what happens to customers, as server-sent events that can be resumed.

FastAPI's own way of streaming fits only half: its heart-beats bear no id, so whoever asked for rare events would resume
from long ago, and an exception can be no answer any more. What is here writes the same format.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from rapport.auth import Principal, requires
from rapport.contracts.touchpoint import TIMELINE_EVENTS
from rapport.contracts.vocabulary import Id
from rapport.errors import FieldError, Malformed
from rapport.web import Router, answers
from touchpoint_service.domain.subscriptions import Position, Wanted, read_position
from touchpoint_service.listeners import Connection
from touchpoint_service.settings import Settings
from touchpoint_service.stream import PositionTooOld, Stream, StreamUnavailable, TooManyStreams

router = Router(tags=["subscriptions"])

TYPES = frozenset(event.event_type for event in TIMELINE_EVENTS)
"""What can be subscribed to."""

_EXAMPLE = """retry: 1000
id: AQAAAAAAABEAAAAAAA

event: touchpoint.contact.released.v1
id: AQAAAAAAABIAAAAAAA
data: {"id":"c-1001.17","type":"touchpoint.contact.released.v1","time":"2026-03-03T12:00:00.000000Z","data":{…}}

:
id: AQAAAAAAABIAAAAAAA
"""
_ITEM = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("event", "id", "data")} | {"retry": {"type": "integer"}},
}
_ANSWERS = answers(None, PositionTooOld, StreamUnavailable, TooManyStreams, Malformed) | {
    200: {
        "description": "The events, until either side ends it.",
        "content": {"text/event-stream": {"itemSchema": _ITEM, "example": _EXAMPLE}},
    }
}


async def _stream(request: Request) -> Stream:
    stream: Stream = request.app.state.stream
    return stream


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


class EventStream(StreamingResponse):
    """Sends what a connection has, and lets go of a reader that takes nothing."""

    media_type = "text/event-stream"

    def __init__(self, stream: Stream, connection: Connection, settings: Settings) -> None:
        self._chunks = connection.chunks(settings.stream_heartbeat_seconds, settings.stream_lifetime_seconds)
        super().__init__(
            self._chunks,
            # What buffers on the way, nginx above all, would hold events back.
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Connection": "close"},
        )
        self._stream = stream
        self._connection = connection
        self._stall = settings.stream_stall_seconds

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Until the reader or the connection ends."""
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stream.close(self._connection)
            leaving.cancel()
            if not sending.done():
                sending.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        if not sending.cancelled() and (error := sending.exception()) is not None:
            raise error

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with suppress(TimeoutError, OSError):  # it takes nothing any more; what it has of it is resumable
            async with aclosing(self._chunks) as chunks:
                async for chunk in chunks:
                    async with asyncio.timeout(self._stall):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@router.get(
    "/events",
    status_code=200,  # not to be told by the class
    summary="Follow what happens, live",
    response_class=EventStream,
    responses=_ANSWERS,
)
async def stream_events(
    _caller: Annotated[Principal, requires("touchpoint.events")],
    stream: Annotated[Stream, Depends(_stream)],
    settings: Annotated[Settings, Depends(_settings)],
    types: Annotated[
        list[str] | None, Query(max_length=50, description="Event types, each by itself or comma-separated; all.")
    ] = None,
    customer_id: Id | None = None,
    org: Annotated[
        str | None,
        Query(max_length=200, description="A unit. Events that bear a place elsewhere are left out."),
    ] = None,
    last_event_id: Annotated[
        str | None, Query(max_length=1024, description="As the header, for a browser's first connection.")
    ] = None,
    last_event_id_header: Annotated[
        str | None,
        Header(alias="Last-Event-ID", max_length=1024, description="The last `id` received: go on behind it."),
    ] = None,
) -> EventStream:
    """Server-sent events: `event` is the type, `data` is JSON with `id`, `type`, `time` and `data`, the event's body as
    on Kafka. Without a position it begins now. Comments keep the connection alive, and move the `id` on. The last event
    is `end`, with the `reason`: come back with its `id`, and nothing is lost or doubled."""
    wanted = Wanted(chosen_types(types), customer_id, org)
    after = _position(last_event_id_header or last_event_id)
    return EventStream(stream, await stream.open(wanted, after), settings)


def chosen_types(told: list[str] | None) -> frozenset[str] | None:
    """The event types of a query; None: all.

    Raises:
        Malformed: one of them does not exist.
    """
    names = frozenset(name.strip() for each in told or () for name in each.split(",") if name.strip())
    if names - TYPES:
        raise Malformed("no such type of event", errors=[FieldError("query/types", f"of: {', '.join(sorted(TYPES))}")])
    return names or None


def _position(told: str | None) -> Position | None:
    if not told:
        return None
    found = read_position(told)
    if found is None:
        raise Malformed("no id of this stream", errors=[FieldError("header/Last-Event-ID", "an `id` that was sent")])
    return found
