"""The outbox: events wait in a table of the service's own database until the relay has sent them.

What always holds:
- an event is written in the transaction of the change that it tells of: both commit or neither;
- whoever writes an event of a customer holds that customer's lock, so the ids of one key rise in commit order;
- a row leaves the table only after the broker has acknowledged it;
- a row fits into one Kafka message: what is larger is refused where it is written, because in the relay it would block
  everything behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.contracts.envelope import Event
from rapport.db import Connection
from rapport.ids import new_id
from rapport.telemetry import current_traceparent

COLUMNS = ("topic", "key", "type", "event_id", "at", "traceparent", "value")
"""What a writer fills in, in this order. A hot path may copy such rows itself."""

MAX_VALUE_BYTES = 900_000
"""Kafka's default limit is 1,048,588 bytes per batch, and headers need room too."""

_COPY_FROM = 20
"""COPY costs one round trip more than an insert and is faster per row: from this many rows on it wins."""

_INSERT = f"""
insert into outbox ({", ".join(COLUMNS)})
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::bytea[])
"""

Row = tuple[str, str, str, str, datetime, str | None, bytes | None]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Says that a key of a compacted topic is gone; readers erase what they know of it."""

    topic: str
    key: str
    type: str
    """The event type of the state that it ends."""


class EventTooLarge(ValueError):
    """An event does not fit into one message."""


def row(event: Event | Tombstone, *, source: str, now: datetime, traceparent: str | None = None) -> Row:
    """The outbox row of one event, as `COLUMNS` orders it.

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
    """Write rows made by `row`, in this order, in one statement."""
    if len(rows) < _COPY_FROM:
        columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
        await conn.execute(_INSERT, *columns)
    else:
        await conn.copy_records_to_table("outbox", records=rows, columns=COLUMNS)
