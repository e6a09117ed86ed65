"""The touchpoint worker: consumers, timers, senders, rebuilds, relay, what-ifs and webhooks, together or
apart.

python -m touchpoint_service.worker [--only consumers senders rebuilds relay what-ifs webhooks]

Timers belong to the consumers: they look after the customers whose requests this worker reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import httpx2

from rapport.clock import Clock, open_clock
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.touchpoint import TimelineEvent
from rapport.db import Pool, connect_pool
from rapport.messaging.consumer import Consumer
from rapport.messaging.relay import Relay
from rapport.process import Part, Worker, worker_main
from rapport.steps import HOUSEKEEPING_SECONDS, Steps
from rapport.web import forget_old_keys
from touchpoint_service.catalogue import Catalogue
from touchpoint_service.consumers import (
    OUTCOMES_GROUP,
    REQUESTS_GROUP,
    WEBHOOKS_GROUP,
    outcome_handlers,
    request_handlers,
)
from touchpoint_service.freshness import REPLICAS_GROUP, Freshness
from touchpoint_service.gauges import SECONDS, measure
from touchpoint_service.handlers.deliveries import queue_events, replay_pages, tidy
from touchpoint_service.handlers.facts import keep_facts_for
from touchpoint_service.handlers.gate import Gate
from touchpoint_service.handlers.rebuild import rebuild_pages
from touchpoint_service.handlers.replicas import replica_handlers
from touchpoint_service.senders import Sender, email_sender, short_links, sms_sender
from touchpoint_service.settings import Settings
from touchpoint_service.timers import Timers
from touchpoint_service.webhooks import Deliverer
from touchpoint_service.what_ifs import WhatIfs

KINDS = frozenset(("consumers", "senders", "rebuilds", "relay", "what-ifs", "webhooks"))
REPLAY_SECONDS = 0.25
"""Between two looks for a replay that was asked for."""


@asynccontextmanager
async def create_worker(settings: Settings, kinds: frozenset[str] = KINDS) -> AsyncIterator[Worker]:
    """Build the parts that `kinds` names, and what they share."""
    clock = open_clock(settings.clock)
    pool = await connect_pool(
        settings.database_url,
        max_size=settings.database_pool,
        application_name="touchpoint-worker",
        settled_plans=True,
    )
    catalogue = Catalogue(pool)
    await catalogue.refresh()
    freshness = Freshness(pool)
    await freshness.refresh()
    watching = asyncio.gather(catalogue.run(), freshness.run())
    gate = Gate(catalogue, timedelta(seconds=settings.recall_answer_seconds), freshness)
    relay = Relay(settings.database_url, settings.kafka_bootstrap, "touchpoint")
    parts: list[Part] = []
    consumers: list[Consumer] = []
    async with httpx2.AsyncClient(timeout=10) as client:
        if "relay" in kinds:
            parts.append(Part("relay", relay.run, relay.stop))
        if "consumers" in kinds:
            consumers = _consumers(settings, pool, clock, gate, relay.nudge)
            timers = Timers(pool, clock, gate, lambda: consumers[0].owned(ContactRequested.topic))
            parts += [Part("consumers", c.run, c.stop) for c in consumers]
            parts.append(Part("consumers", timers.run, timers.stop))
            housekeeping = Steps(forget_old_keys, pool, clock, idle_seconds=HOUSEKEEPING_SECONDS)
            facts = Steps(keep_facts_for(settings.facts_days), pool, clock, idle_seconds=HOUSEKEEPING_SECONDS)
            figures = Steps(measure, pool, clock, idle_seconds=SECONDS)
            parts += [Part("consumers", s.run, s.stop) for s in (housekeeping, facts, figures)]
        if "senders" in kinds:
            said = gate, catalogue.document, short_links(settings)
            sms = Sender("sms", sms_sender(settings, client), pool, clock, *said)
            email = Sender("email", email_sender(settings), pool, clock, *said)
            parts += [Part("senders", s.run, s.stop) for s in (sms, email)]
        if "rebuilds" in kinds:
            step = rebuild_pages(settings.rebuild_page)
            rebuilds = Steps(step, pool, clock, idle_seconds=settings.rebuild_poll_seconds)
            parts.append(Part("rebuilds", rebuilds.run, rebuilds.stop))
        if "what-ifs" in kinds:
            trying = WhatIfs(pool, settings, clock)
            parts.append(Part("what-ifs", trying.run, trying.stop))
        reading = list(consumers)
        if "webhooks" in kinds:
            handlers = {TimelineEvent.topic: queue_events(clock)}
            queueing = Consumer(WEBHOOKS_GROUP, handlers, pool, settings.kafka_bootstrap)
            reading.append(queueing)
            delivering = Deliverer(pool, settings, clock)
            replays = Steps(replay_pages, pool, clock, idle_seconds=REPLAY_SECONDS)
            tidying = Steps(tidy(settings.webhook_kept_days), pool, clock, idle_seconds=HOUSEKEEPING_SECONDS)
            parts += [Part("webhooks", p.run, p.stop) for p in (queueing, delivering, replays, tidying)]

        async def ready() -> dict[str, str | None]:
            found: dict[str, str | None] = {"database": None}
            await pool.fetchval("select 1")
            found |= {c.group: None if c.caught_up else "catching up" for c in reading}
            if consumers and not freshness.ever:
                found[REPLICAS_GROUP] = "not known to be fresh yet"
            return found

        yield Worker(parts, ready)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    await pool.close()


def _consumers(settings: Settings, pool: Pool, clock: Clock, gate: Gate, nudge: Callable[[], None]) -> list[Consumer]:
    """Requests first: timers look after the customers whose requests this worker reads."""
    bootstrap = settings.kafka_bootstrap
    return [
        Consumer(
            REQUESTS_GROUP,
            request_handlers(gate, clock),
            pool,
            bootstrap,
            lanes=settings.lanes,
            max_batch=settings.batch,
            after_commit=nudge,
        ),
        Consumer(OUTCOMES_GROUP, outcome_handlers(gate, clock), pool, bootstrap, max_batch=500, after_commit=nudge),
        Consumer(
            REPLICAS_GROUP, replica_handlers(pool, clock), pool, bootstrap, after_commit=nudge, tells_freshness=True
        ),
    ]


if __name__ == "__main__":
    worker_main("touchpoint", Settings, create_worker, KINDS)
