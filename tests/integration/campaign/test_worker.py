"""The worker's parts together: what is due is done, and what is done reaches its topic."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from tests.integration.campaign.world import World, plan

from campaign_service.worker import create_worker
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.envelope import decode
from rapport.messaging import topics
from rapport.messaging.partition import partition_for
from rapport.process import run_parts


class TestWorker:
    async def test_sends_the_requests_of_a_campaign_that_was_started(self, world: World, unique: str) -> None:
        bootstrap = world.settings.kafka_bootstrap
        await topics.apply(bootstrap)
        place = TopicPartition(ContactRequested.topic, partition_for(unique.encode(), 12))
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as reader:
            reader.assign([place])
            await reader.seek_to_end(place)
            stopping = asyncio.Event()
            async with create_worker(world.settings) as worker:
                assert await worker.ready() == {"database": None, "campaign.events": "catching up"}
                parts = [part for part in worker.parts if part.kind != "consumers"]
                running = asyncio.create_task(run_parts(parts, stopping))
                await world.customers([unique])
                await world.approved("spring", audience={"list": [unique]})
                await world.state("spring", "running")
                async with asyncio.timeout(30):
                    record = await reader.getone()
                    while record.key != unique.encode():
                        record = await reader.getone()
                stopping.set()
                await running
        found = decode(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            record_headers=record.headers,
        )
        assert (found.source, found.event.request_id) == ("campaign", f"spring.0.{unique}.1")
        assert await world.pool.fetchval("select count(*) from outbox") == 0

    async def test_forgets_old_idempotency_keys(self, world: World) -> None:
        await world.call("POST", "", plan(), Idempotency_Key="old")
        world.clock.move_to(world.clock.now() + timedelta(days=3))
        await world.call("POST", "", plan(), Idempotency_Key="new")
        stopping = asyncio.Event()
        async with create_worker(world.settings, frozenset({"timers"})) as worker:
            running = asyncio.create_task(run_parts([p for p in worker.parts if p.kind == "timers"], stopping))
            async with asyncio.timeout(10):
                while await world.pool.fetchval("select count(*) from idempotency_keys") > 1:
                    await asyncio.sleep(0.02)
            stopping.set()
            await running
        assert await world.pool.fetchval("select key from idempotency_keys") == "new"

    async def test_waits_for_a_database_that_is_away(self, world: World) -> None:
        await world.customers(["c-1"])
        await world.approved()
        stopping = asyncio.Event()
        async with create_worker(world.settings, frozenset({"timers"})) as worker:
            assert await worker.ready() == {"database": None, "campaign.events": None}
            running = asyncio.create_task(run_parts([p for p in worker.parts if p.kind == "timers"], stopping))
            await world.pool.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and application_name = 'campaign worker'"
            )
            await world.state("spring", "running")
            async with asyncio.timeout(10):
                while not await world.requests():
                    await asyncio.sleep(0.05)
            stopping.set()
            await running
