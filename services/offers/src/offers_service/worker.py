"""The offers worker: consumers, relay and housekeeping, together or apart.

python -m offers_service.worker [--only consumers relay housekeeping]
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

from offers_service.catch_up import CatchUp
from offers_service.consumers import CONTACTS_GROUP, CUSTOMERS_GROUP, contacts_handler
from offers_service.handlers.ledger import ParsedOffers
from offers_service.repository import contacts, links
from offers_service.settings import Settings
from rapport import db
from rapport.clock import open_clock
from rapport.contracts.profile import CustomerUpserted
from rapport.contracts.touchpoint import TimelineEvent
from rapport.messaging.consumer import Consumer
from rapport.messaging.relay import Relay
from rapport.process import Part, Worker, worker_main
from rapport.replica import Replica
from rapport.steps import HOUSEKEEPING_SECONDS, Steps
from rapport.web import forget_old_keys

KINDS = frozenset(("consumers", "relay", "housekeeping"))

_KEEP = timedelta(days=2)
"""How long after the first a relay may send again."""
_REMEMBER = timedelta(days=92)
"""No ranking looks further back at what was said of offers."""

_KEEP_LINKS = timedelta(days=30)
"""How long whoever opens a link after its end is told that it is over, and its sender what came of it."""


class Contacts:
    """Follows contacts, from the moment when the customers are there."""

    def __init__(self, consumer: Consumer, customers: CatchUp) -> None:
        self._consumer = consumer
        self._customers = customers
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until stopped."""
        waiting, stopping = asyncio.create_task(self._customers.wait()), asyncio.create_task(self._stopping.wait())
        await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if self._stopping.is_set():
            waiting.cancel()
        else:
            await waiting
            await self._consumer.run()

    async def stop(self) -> None:
        """Finish the batch at hand."""
        self._stopping.set()
        await self._consumer.stop()


async def forget_repetitions(conn: db.Connection, now: datetime) -> bool:
    """Delete what was kept only against repetitions, or for rankings, and is too old; whether there may be more."""
    await contacts.purge(conn, now - _KEEP)
    await contacts.forget_words(conn, now - _REMEMBER)
    await links.purge(conn, now - _KEEP_LINKS)
    return await forget_old_keys(conn, now)


@asynccontextmanager
async def create_worker(settings: Settings, kinds: frozenset[str] = KINDS) -> AsyncIterator[Worker]:
    """Build the parts, and what they share."""
    clock = open_clock(settings.clock)
    bootstrap = settings.kafka_bootstrap
    pool = await db.connect_pool(
        settings.database_url, max_size=settings.database_pool, application_name="offers worker"
    )
    relay = Relay(settings.database_url, bootstrap, "offers")
    replica = Replica("replica_customers", pool)
    customers = Consumer(
        CUSTOMERS_GROUP, {CustomerUpserted.topic: replica.handler(CustomerUpserted.topic)}, pool, bootstrap
    )
    follower = Consumer(
        CONTACTS_GROUP,
        {TimelineEvent.topic: contacts_handler(ParsedOffers(), clock)},
        pool,
        bootstrap,
        lanes=settings.lanes,
        after_commit=relay.nudge,
    )
    housekeeping = Steps(forget_repetitions, pool, clock, idle_seconds=HOUSEKEEPING_SECONDS)

    async def ready() -> dict[str, str | None]:
        behind = [c.group for c in (customers, follower) if "consumers" in kinds and not c.caught_up]
        return {"database": await db.missing(pool)} | dict.fromkeys(behind, "catching up")

    async with AsyncExitStack() as stack:
        stack.push_async_callback(pool.close)
        caught_up = await stack.enter_async_context(
            CatchUp(pool, clock, bootstrap, CUSTOMERS_GROUP, CustomerUpserted.topic)
        )
        contacts = Contacts(follower, caught_up)
        yield Worker(
            [
                Part("consumers", customers.run, customers.stop),
                Part("consumers", contacts.run, contacts.stop),
                Part("relay", relay.run, relay.stop),
                Part("housekeeping", housekeeping.run, housekeeping.stop),
            ],
            ready,
        )


if __name__ == "__main__":
    worker_main("offers", Settings, create_worker, KINDS)
