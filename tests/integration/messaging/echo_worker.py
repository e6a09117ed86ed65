"""A worker to be killed: keeps each note and publishes an echo of it, in one transaction.

Arguments: the database, the brokers, the world's name.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from rapport import db
from rapport.contracts.envelope import Envelope, Event, register
from rapport.messaging import outbox
from rapport.messaging.consumer import Consumer, Timing
from rapport.messaging.relay import Relay

URL, BOOTSTRAP, NAME = sys.argv[1:]


class Noted(Event):
    event_type: ClassVar[str] = f"{NAME}.note.noted.v1"
    topic: ClassVar[str] = f"{NAME}.notes"
    note_id: str
    customer_id: str
    number: int


class Echoed(Event):
    event_type: ClassVar[str] = f"{NAME}.note.echoed.v1"
    topic: ClassVar[str] = f"{NAME}.echoes"
    customer_id: str
    number: int


async def echo(conn: db.Connection, envelopes: Sequence[Envelope]) -> None:
    """Has no natural key: a batch that counted twice would show."""
    await conn.copy_records_to_table(
        "effects",
        columns=("number", "partition", "log_offset"),
        records=[(envelope.event.number, envelope.partition, envelope.offset) for envelope in envelopes],
    )
    echoes = [Echoed(customer_id=e.event.customer_id, number=e.event.number) for e in envelopes]
    await outbox.publish(conn, echoes, source=NAME, now=datetime.now(UTC))


async def main() -> None:
    register(Noted, Echoed)
    pool = await db.connect_pool(URL)
    relay = Relay(URL, BOOTSTRAP, NAME)
    consumer = Consumer(
        f"{NAME}.keeps",
        {Noted.topic: echo},
        pool,
        BOOTSTRAP,
        lanes=2,
        max_batch=20,
        timing=Timing(session=1.5, heartbeat=0.2, rebalance_grace=0.2, doubt=3.0),
        after_commit=relay.nudge,
    )
    await asyncio.gather(consumer.run(), relay.run())


asyncio.run(main())
