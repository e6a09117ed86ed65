"""The outbox: events wait in a table of the service's own database until the relay has sent them.

A row is a parcel: the events of one transaction for one topic, in order. A bulk transaction so writes one row where it
has a thousand events to tell. Each of its columns is one text with a line for each event, because building, storing and
reading arrays of a thousand elements takes several times as long; the view `outbox_events` shows an event per row.

What always holds:
- an event is written in the transaction of the change that it tells of: both commit or neither;
- whoever writes an event of a customer holds that customer's lock, so the ids of one key rise in commit order;
- a row leaves the table only after the broker has acknowledged all of it;
- an event fits into one Kafka message: what is larger is refused where it is written, because in the relay it would
  block everything behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rapport.contracts.envelope import Event
from rapport.db import Connection
from rapport.ids import new_id
from rapport.telemetry import current_traceparent

MAX_VALUE_BYTES = 900_000
"""Kafka's default limit is 1,048,588 bytes per batch, and headers need room too."""

PARCEL_EVENTS = 1000
PARCEL_BYTES = 1 << 20
"""What a parcel holds at most, so that a relay's page stays small in memory; a single larger event goes alone."""

PARCEL_COLUMNS: Mapping[str, str] = {
    "topic": "text",
    "at": "timestamptz",
    "events": "integer",
    "keys": "text",
    "types": "text",
    "event_ids": "text",
    "traceparents": "text",
    "bodies": "bytea",
}
"""Name and type of each column of `Parcel.rows`, in their order."""
_INSERT = f"""
insert into outbox ({", ".join(PARCEL_COLUMNS)})
values ({", ".join(f"${number}" for number in range(1, len(PARCEL_COLUMNS) + 1))})
"""

Row = tuple[str, str, str, str, datetime, str | None, bytes | None]
"""Topic, key, type, event id, time, traceparent, body (None: a tombstone)."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Says that a key of a compacted topic is gone; readers erase what they know of it."""

    topic: str
    key: str
    type: str
    """The event type of the state that it ends."""


class NotOneLine(ValueError):
    """A key, an id or a body holds a line feed, so it would be read as two. JSON in its compact form never does."""


class EventTooLarge(ValueError):
    """An event does not fit into one message."""


@dataclass(slots=True)
class Parcel:
    """Events for one topic at one instant, in order. A hot path fills one itself, with bodies that are JSON already."""

    topic: str
    at: datetime
    keys: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    traceparents: list[str | None] = field(default_factory=list)
    bodies: list[bytes | None] = field(default_factory=list)

    def add(self, key: str, event_type: str, event_id: str, traceparent: str | None, body: bytes | None) -> None:
        """Put an event behind the others; its body has at most `MAX_VALUE_BYTES`."""
        self.keys.append(key)
        self.types.append(event_type)
        self.event_ids.append(event_id)
        self.traceparents.append(traceparent)
        self.bodies.append(body)

    async def write(self, conn: Connection) -> None:
        """Write it into the outbox of the connection's transaction: one row mostly, more when it is large."""
        for row in self.rows():
            await conn.execute(_INSERT, *row)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Its rows, with `PARCEL_COLUMNS`; none when it is empty."""
        first = size = 0
        for index, body in enumerate(self.bodies):
            length = 0 if body is None else len(body)
            if index > first and (size + length > PARCEL_BYTES or index - first >= PARCEL_EVENTS):
                yield self._row(first, index)
                first, size = index, 0
            size += length
        if self.bodies:
            yield self._row(first, len(self.bodies))

    def _row(self, first: int, end: int) -> tuple[Any, ...]:
        traces = self.traceparents[first:end]
        texts = [
            "\n".join(self.keys[first:end]),
            "\n".join(self.types[first:end]),
            "\n".join(self.event_ids[first:end]),
            "\n".join([trace or "" for trace in traces]) if any(traces) else None,
        ]
        bodies = b"\n".join([body or b"" for body in self.bodies[first:end]])
        feeds = end - first - 1
        if any(text.count("\n") != feeds for text in texts if text is not None) or bodies.count(b"\n") != feeds:
            raise NotOneLine(f"an event for {self.topic}")
        return (self.topic, self.at, end - first, *texts, bodies)


def lines(text: str) -> list[bytes]:
    """What a column of a parcel says of each event."""
    return text.encode().split(b"\n")


def row(event: Event | Tombstone, *, source: str, now: datetime, traceparent: str | None = None) -> Row:
    """One event as `insert` takes it.

    Raises:
        EventTooLarge: the body has more than `MAX_VALUE_BYTES`.
    """
    if isinstance(event, Tombstone):
        return event.topic, event.key, event.type, new_id(source, now), now, traceparent, None
    value: bytes = event.__pydantic_serializer__.to_json(event)
    if len(value) > MAX_VALUE_BYTES:
        raise EventTooLarge(f"{event.event_type} has {len(value)} bytes, more than {MAX_VALUE_BYTES}")
    return event.topic, event.key, event.event_type, new_id(source, now), now, traceparent, value


async def publish(
    conn: Connection,
    events: Sequence[Event | Tombstone],
    *,
    source: str,
    now: datetime,
) -> None:
    """Write `events` into the outbox of the connection's transaction, in this order. They belong to the current trace.

    Args:
        conn: inside the transaction of the change that the events tell of.
        events: what happened; an event's time is `now`.
        source: the service; the event ids begin with it.
        now: by the service's clock.
    """
    if events:
        trace = current_traceparent()
        await insert(conn, [row(event, source=source, now=now, traceparent=trace) for event in events])


async def insert(conn: Connection, rows: Sequence[Row]) -> None:
    """Write rows made by `row`; within a topic they keep this order."""
    parcels: dict[tuple[str, datetime], Parcel] = {}
    for topic, key, event_type, event_id, at, traceparent, body in rows:
        parcel = parcels.get((topic, at))
        if parcel is None:
            parcel = parcels[topic, at] = Parcel(topic, at)
        parcel.add(key, event_type, event_id, traceparent, body)
    for parcel in parcels.values():
        await parcel.write(conn)
