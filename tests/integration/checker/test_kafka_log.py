"""Reading the topics of a real broker: everything, in order, once; and nothing is left behind there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer

from rapport.messaging.topics import Topic, apply
from rapport.testing.infrastructure import Endpoints
from rapport_cli.checker.logs import KafkaLog, MissingTopic, Record


@pytest.fixture
async def topic(infrastructure: Endpoints, unique: str) -> str:
    """The name of an empty topic with three partitions."""
    name = f"test.{unique}"
    wanted = Topic(name=name, owner="test", key="k", partitions=3, retention_days=1, description="For one test.")
    await apply(infrastructure.kafka_bootstrap, [wanted])
    return name


@pytest.fixture
async def log(infrastructure: Endpoints) -> AsyncIterator[KafkaLog]:
    async with KafkaLog(infrastructure.kafka_bootstrap) as reader:
        yield reader


async def write(bootstrap: str, topic: str, count: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    for number in range(count):
        value = None if number == 7 else str(number).encode()
        headers = [("ce_type", b"x.v1")]
        await producer.send(topic, value, f"k{number % 5}".encode(), partition=number % 2, headers=headers)
    await producer.stop()


async def read(log: KafkaLog, topic: str) -> list[Record]:
    return [record async for records in log.read(topic) for record in records]


async def test_reads_everything_in_order_and_again(infrastructure: Endpoints, topic: str, log: KafkaLog):
    assert await read(log, topic) == []
    await write(infrastructure.kafka_bootstrap, topic, 12_001)
    for _ in range(2):
        found = await read(log, topic)
        assert len(found) == 12_001
        for partition in (0, 1):
            of_one = [record for record in found if record.partition == partition]
            assert [record.offset for record in of_one] == list(range(len(of_one)))
            values = [int(record.value) for record in of_one if record.value is not None]
            assert values == [n for n in range(partition, 12_001, 2) if n != 7]
    assert found[0].header("ce_type") == "x.v1"
    assert found[0].header("none") == ""
    assert await log.ends(topic) == {0: 6001, 1: 6000, 2: 0}
    assert await log.truncated(topic) == frozenset()


async def test_a_missing_topic_is_named_and_not_created(log: KafkaLog, unique: str):
    for _ in range(2):
        with pytest.raises(MissingTopic, match=unique):
            await read(log, f"test.{unique}")
