"""The campaign worker: consumers, timers and relay, together or apart.

python -m campaign_service.worker [--only consumers timers relay]
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from campaign_service.consumers import GROUP, event_handlers
from campaign_service.handlers.execution import do_due_work
from campaign_service.settings import Settings
from rapport import db
from rapport.clock import Clock, open_clock
from rapport.messaging.consumer import Consumer
from rapport.messaging.relay import Relay
from rapport.process import Part, Worker, worker_main
from rapport.steps import HOUSEKEEPING_SECONDS, Steps
from rapport.telemetry import get_logger
from rapport.web import forget_old_keys

KINDS = frozenset(("consumers", "timers", "relay"))

_IDLE_SECONDS = 0.02
"""How long to rest when nothing was due: nobody notices a wave that is this much late."""

_AWAY_SECONDS = 1.0

_log = get_logger()


class Timers:
    """Does what is due by the clock, one transaction after the other. Several workers take turns."""

    def __init__(self, pool: db.Pool, clock: Clock, *, page: int, after_commit: Callable[[], None]) -> None:
        """`page`: how many requests one transaction sends at most; `after_commit` is called after each."""
        self._pool = pool
        self._clock = clock
        self._page = page
        self._after_commit = after_commit
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Return from `run` after the transaction at hand."""
        self._stopping.set()

    async def run(self) -> None:
        """Until stopped. A database that is away is waited for."""
        while not self._stopping.is_set():
            try:
                busy = await do_due_work(self._pool, self._clock.now(), page=self._page)
            except Exception as error:
                if not db.is_transient(error):
                    raise
                _log.warning("timers_wait_for_database", error=type(error).__name__)
                await self._rest(_AWAY_SECONDS)
                continue
            if busy:
                self._after_commit()
            else:
                await self._rest(_IDLE_SECONDS)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


@asynccontextmanager
async def create_worker(settings: Settings, kinds: frozenset[str] = KINDS) -> AsyncIterator[Worker]:
    """Build the parts that `kinds` names, and what they share."""
    clock = open_clock(settings.clock)
    pool = await db.connect_pool(
        settings.database_url, max_size=settings.database_pool, application_name="campaign worker"
    )
    relay = Relay(settings.database_url, settings.kafka_bootstrap, "campaign")
    timers = Timers(pool, clock, page=settings.page, after_commit=relay.nudge)
    housekeeping = Steps(forget_old_keys, pool, clock, idle_seconds=HOUSEKEEPING_SECONDS)
    consumer = Consumer(GROUP, event_handlers(pool, clock), pool, settings.kafka_bootstrap, after_commit=relay.nudge)

    async def ready() -> dict[str, str | None]:
        catching_up = "consumers" in kinds and not consumer.caught_up
        return {"database": await db.missing(pool), GROUP: "catching up" if catching_up else None}

    try:
        yield Worker(
            [
                Part("consumers", consumer.run, consumer.stop),
                Part("timers", timers.run, timers.stop),
                Part("timers", housekeeping.run, housekeeping.stop),
                Part("relay", relay.run, relay.stop),
            ],
            ready,
        )
    finally:
        await pool.close()


if __name__ == "__main__":
    worker_main("campaign", Settings, create_worker, KINDS)
