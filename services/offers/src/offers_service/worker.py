"""The offers worker: consumers, relay and housekeeping, together or apart.

python -m offers_service.worker [--only consumers relay housekeeping]
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta

from offers_service import repository
from offers_service.catch_up import CatchUp
from offers_service.consumers import CONTACTS_GROUP, CUSTOMERS_GROUP, contacts_handler
from offers_service.handlers.ledger import ParsedOffers
from offers_service.settings import Settings
from rapport import db
from rapport.clock import Clock, open_clock
from rapport.contracts.profile import CustomerUpserted
from rapport.contracts.touchpoint import TimelineEvent
from rapport.messaging.consumer import Consumer
from rapport.messaging.relay import Relay
from rapport.process import Part, Worker, worker_main
from rapport.replica import Replica
from rapport.telemetry import get_logger
from rapport.web import forget_idempotency_keys

KINDS = frozenset(("consumers", "relay", "housekeeping"))

_KEEP = timedelta(days=2)
"""How long a retry by key, or a relay that sends again, may come after the first."""

_HOUSEKEEPING_SECONDS = 600.0

_log = get_logger()


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


class Housekeeping:
    """Deletes what has only been kept against repetitions."""

    def __init__(self, pool: db.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until stopped. A database that is away is waited for."""
        while not self._stopping.is_set():
            before = self._clock.now() - _KEEP
            try:
                async with db.transaction(self._pool) as conn:
                    await repository.purge(conn, before)
                    await forget_idempotency_keys(conn, before)
            except Exception as error:
                if not db.is_transient(error):
                    raise
                _log.warning("housekeeping_waits", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _HOUSEKEEPING_SECONDS)

    def stop(self) -> None:
        """Return from `run`."""
        self._stopping.set()


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
    housekeeping = Housekeeping(pool, clock)

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
