"""The profile worker: consumers, imports, relay and housekeeping, together or apart.

python -m profile_service.worker [--only consumers imports relay housekeeping]
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from profile_service.consumers import INTAKE_GROUP, intake_handlers
from profile_service.handlers.imports import piece_reader
from profile_service.handlers.resealing import resealer
from profile_service.handlers.retention import forget_repetitions
from profile_service.settings import Settings
from rapport.clock import open_clock
from rapport.db import connect_pool, missing
from rapport.messaging.consumer import Consumer
from rapport.messaging.relay import Relay
from rapport.process import Part, Worker, worker_main
from rapport.steps import HOUSEKEEPING_SECONDS, Steps

KINDS = frozenset(("consumers", "imports", "relay", "housekeeping"))


@asynccontextmanager
async def create_worker(settings: Settings, kinds: frozenset[str] = KINDS) -> AsyncIterator[Worker]:
    """Build the parts that `kinds` names, and what they share."""
    clock, keys = open_clock(settings.clock), settings.keyring()
    pool = await connect_pool(settings.database_url, max_size=settings.database_pool, application_name="profile worker")
    relay = Relay(settings.database_url, settings.kafka_bootstrap, "profile")
    consumer = Consumer(
        INTAKE_GROUP, intake_handlers(clock, keys), pool, settings.kafka_bootstrap, lanes=2, after_commit=relay.nudge
    )
    importer = Steps(
        piece_reader(keys), pool, clock, idle_seconds=settings.import_poll_seconds, after_commit=relay.nudge
    )
    housekeeping = Steps(forget_repetitions, pool, clock, idle_seconds=HOUSEKEEPING_SECONDS)
    resealing = Steps(resealer(keys), pool, clock, idle_seconds=HOUSEKEEPING_SECONDS, after_commit=relay.nudge)
    parts = [
        Part("consumers", consumer.run, consumer.stop),
        Part("imports", importer.run, importer.stop),
        Part("relay", relay.run, relay.stop),
        Part("housekeeping", housekeeping.run, housekeeping.stop),
        Part("housekeeping", resealing.run, resealing.stop),
    ]

    async def ready() -> dict[str, str | None]:
        catching_up = "consumers" in kinds and not consumer.caught_up
        return {"database": await missing(pool), INTAKE_GROUP: "catching up" if catching_up else None}

    try:
        yield Worker(parts, ready)
    finally:
        await pool.close()


if __name__ == "__main__":
    worker_main("profile", Settings, create_worker, KINDS)
