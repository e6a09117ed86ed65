"""Creating and checking topics on a real broker."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from rapport.messaging import topics
from rapport.messaging.topics import Topic
from rapport.testing.infrastructure import Endpoints


def topic(unique: str, suffix: str = "facts", **options: Any) -> Topic:
    settled = {"partitions": 3, "retention_days": 2, **options}
    if settled.get("compact"):
        del settled["retention_days"]
    return Topic(name=f"{unique}.{suffix}", owner=unique, key="id", description="of a test", **settled)


class TestApply:
    async def test_creates_what_is_missing_and_its_dead_letter_topics(
        self, infrastructure: Endpoints, unique: str
    ) -> None:
        facts = topic(unique, consumers=(f"{unique}.reads",))
        created = await topics.apply(infrastructure.kafka_bootstrap, [facts])
        assert created == [facts.name, f"dlq.{unique}.reads.{facts.name}"]
        assert await topics.check(infrastructure.kafka_bootstrap, [facts]) == []
        assert await topics.apply(infrastructure.kafka_bootstrap, [facts]) == []

    async def test_may_be_run_by_several_at_once(self, infrastructure: Endpoints, unique: str) -> None:
        wanted = [topic(unique, f"facts{number}") for number in range(5)]
        await asyncio.gather(*(topics.apply(infrastructure.kafka_bootstrap, wanted) for _ in range(3)))
        assert await topics.check(infrastructure.kafka_bootstrap, wanted) == []

    async def test_a_topic_can_be_used_when_it_returns(self, infrastructure: Endpoints, unique: str) -> None:
        await topics.apply(infrastructure.kafka_bootstrap, [topic(unique)])
        producer = AIOKafkaProducer(bootstrap_servers=infrastructure.kafka_bootstrap)
        await producer.start()
        await asyncio.wait_for(producer.send_and_wait(f"{unique}.facts", b"x", partition=2), 5)
        await producer.stop()

    async def test_never_touches_what_is_there(self, infrastructure: Endpoints, unique: str) -> None:
        await topics.apply(infrastructure.kafka_bootstrap, [topic(unique, partitions=2)])
        assert await topics.apply(infrastructure.kafka_bootstrap, [topic(unique, partitions=5)]) == []
        consumer = AIOKafkaConsumer(f"{unique}.facts", bootstrap_servers=infrastructure.kafka_bootstrap)
        await consumer.start()
        assert consumer.partitions_for_topic(f"{unique}.facts") == {0, 1}
        await consumer.stop()


class TestCheck:
    async def test_names_what_is_missing(self, infrastructure: Endpoints, unique: str) -> None:
        assert await topics.check(infrastructure.kafka_bootstrap, [topic(unique)]) == [
            f"{unique}.facts is missing: run `rapport topics apply`"
        ]

    async def test_names_every_difference(self, infrastructure: Endpoints, unique: str) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=infrastructure.kafka_bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(f"{unique}.facts", 2, 1, topic_configs={"retention.ms": "1000"})])
        await admin.create_topics([NewTopic(f"{unique}.state", 3, 1)])
        await admin.close()
        await asyncio.sleep(0.3)
        wanted = [topic(unique), topic(unique, "state", compact=True)]
        assert await topics.check(infrastructure.kafka_bootstrap, wanted) == [
            f"{unique}.facts has 2 partitions, the list says 3",
            f"{unique}.facts has retention.ms=1000, the list says 172800000",
            f"{unique}.state has cleanup.policy=delete, the list says compact",
        ]


async def test_the_list_of_this_installation_can_be_created(infrastructure: Endpoints) -> None:
    await topics.apply(infrastructure.kafka_bootstrap)
    assert await topics.check(infrastructure.kafka_bootstrap) == []
