"""A broken event on every topic that is read: set aside with its reason, and everything goes on."""

from __future__ import annotations

import uuid

import pytest
from aiokafka import AIOKafkaProducer
from tests.e2e.conftest import House, until

from rapport.messaging import dlq
from rapport.messaging.topics import all_topics

READ = [(topic.name, group) for topic in all_topics() for group in topic.consumers]


@pytest.mark.parametrize(("topic", "group"), READ)
async def test_a_broken_event_is_set_aside_with_its_reason(house: House, topic: str, group: str):
    bootstrap = house.running.endpoints.kafka_bootstrap
    key = f"broken-{uuid.uuid4().hex[:8]}"
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"{not json", key.encode(), headers=[("ce_specversion", b"1.0")])
    finally:
        await producer.stop()

    async def aside() -> list[dlq.DeadLetter]:
        return [letter for letter in await dlq.pending(bootstrap, group, topic) if letter.key == key.encode()]

    (letter,) = await until(aside, f"{group} sets the message aside")
    assert letter.value == b"{not json"
    assert (letter.topic, letter.group) == (topic, group)
    assert "header" in letter.reason


async def test_nothing_stopped(house: House):
    assert [part.name for part in house.system.status() if not part.ready] == []
