"""What every provider promises; runs on whichever is active."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from redis.asyncio import Redis

from rapport.db import create_database
from rapport.testing.infrastructure import Endpoints
from rapport.testing.infrastructure.postgres import Postgres


@pytest.fixture
async def topic(infrastructure: Endpoints, unique: str) -> AsyncIterator[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=infrastructure.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(unique, num_partitions=2, replication_factor=1)])
    yield unique
    await admin.delete_topics([unique])
    await admin.close()


class TestPostgres:
    async def test_is_version_18(self, infrastructure: Endpoints) -> None:
        connection = await asyncpg.connect(infrastructure.postgres_url)
        version = await connection.fetchval("show server_version_num")
        await connection.close()
        assert int(version) // 10_000 == 18

    async def test_loses_nothing_on_a_power_cut(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """As it is for everybody but the tests, which do not wait for the disk."""
        monkeypatch.delenv("RAPPORT_FSYNC", raising=False)
        own = Postgres(tmp_path)
        try:
            connection = await asyncpg.connect(own.start())
            settings = {name: await connection.fetchval(f"show {name}") for name in ("fsync", "synchronous_commit")}
            await connection.close()
        finally:
            own.stop()
        assert settings == {"fsync": "on", "synchronous_commit": "on"}

    async def test_an_administrator_creates_and_drops_databases(self, infrastructure: Endpoints, unique: str) -> None:
        url = await create_database(infrastructure.postgres_url, unique)
        connection = await asyncpg.connect(url)
        await connection.execute("create table t (n int)")
        await connection.close()
        connection = await asyncpg.connect(infrastructure.postgres_url)
        await connection.execute(f"drop database {unique}")
        assert await connection.fetchval("select count(*) from pg_database where datname = $1", unique) == 0
        await connection.close()

    async def test_has_connections_for_four_services_and_the_tests(self, infrastructure: Endpoints) -> None:
        connection = await asyncpg.connect(infrastructure.postgres_url)
        assert int(await connection.fetchval("show max_connections")) >= 200
        await connection.close()


class TestKafka:
    async def test_two_members_of_a_group_share_what_an_idempotent_producer_wrote(
        self, infrastructure: Endpoints, topic: str
    ) -> None:
        members = [_consumer(infrastructure, topic, group=topic) for _ in range(2)]
        for member in members:
            await member.start()
        producer = AIOKafkaProducer(bootstrap_servers=infrastructure.kafka_bootstrap, enable_idempotence=True)
        await producer.start()
        try:
            await _wait_for(lambda: all(len(member.assignment()) == 1 for member in members))
            for number in range(20):
                await producer.send_and_wait(topic, b"%d" % number, partition=number % 2)
            shares = [[int(record.value or b"") for record in await _read(member, 10)] for member in members]
            assert sorted(shares) == [list(range(0, 20, 2)), list(range(1, 20, 2))]
        finally:
            await producer.stop()
            for member in members:
                await member.stop()

    async def test_refuses_a_topic_nobody_created(self, infrastructure: Endpoints, unique: str) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=infrastructure.kafka_bootstrap, request_timeout_ms=1000)
        await producer.start()
        try:
            with pytest.raises(Exception, match=r"(?i)unknown|timeout"):
                await producer.send_and_wait(unique, b"lost", partition=0)
        finally:
            await producer.stop()

    async def test_keeps_a_record_from_another_month(self, infrastructure: Endpoints, topic: str) -> None:
        """The stepped clock of a demo runs ahead of the machine's, or far behind it."""
        producer = AIOKafkaProducer(bootstrap_servers=infrastructure.kafka_bootstrap)
        consumer = _consumer(infrastructure, topic, group=None)
        await producer.start()
        await consumer.start()
        try:
            for year in (-30, 30):
                stamp = 1_700_000_000_000 + year * 31_556_952_000
                await producer.send_and_wait(topic, str(year).encode(), partition=0, timestamp_ms=stamp)
            records = await _read(consumer, 2)
            assert {record.timestamp_type for record in records} == {1}, "the broker's own time of appending"
        finally:
            await producer.stop()
            await consumer.stop()


class TestRedis:
    async def test_gives_back_what_was_set(self, infrastructure: Endpoints, unique: str) -> None:
        async with Redis.from_url(infrastructure.redis_url) as redis:
            await redis.set(unique, b"value", ex=60)
            assert await redis.get(unique) == b"value"


def _consumer(infrastructure: Endpoints, topic: str, group: str | None) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=infrastructure.kafka_bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        session_timeout_ms=3000,
        heartbeat_interval_ms=200,
    )


async def _read(consumer: AIOKafkaConsumer, count: int) -> list[ConsumerRecord]:
    records: list[ConsumerRecord] = []
    async with asyncio.timeout(20):
        while len(records) < count:
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                records.extend(batch)
    return records


async def _wait_for(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.05)
