"""The access control list of docs/subscriptions.md, as it stands there, on a broker that asks who one is."""

from __future__ import annotations

import argparse
import asyncio
import shlex
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest
from tests.integration.touchpoint.listening import writing

from rapport.messaging import topics
from rapport.testing.infrastructure.kafka import Kafka

PAGE = Path(__file__).resolve().parents[3] / "docs" / "subscriptions.md"
RECIPE = next(block for block in PAGE.read_text().split("```sh\n") if block.startswith("kafka-acls")).split("```")[0]
PASSWORDS = {"crm": "crm-secret", "else": "else-secret"}
TOPIC = "touchpoint.contacts"

# Kafka protocol, CreateAcls: AclOperation, ResourceType, PatternType and AclPermissionType by number.
OPERATIONS = {"Read": 3, "Write": 4, "Describe": 8}
TOPICS, GROUPS = 2, 3
PATTERNS = {"literal": 3, "prefixed": 4}
ALLOW = 3


def entries(recipe: str) -> Iterator[tuple[int, str, int, str, str, int, int]]:
    """What `kafka-acls` makes of these lines."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    for name in ("--bootstrap-server", "--command-config", "--allow-principal", "--topic", "--group"):
        parser.add_argument(name)
    parser.add_argument("--add", action="store_true", required=True)
    parser.add_argument("--operation", action="append")
    parser.add_argument("--resource-pattern-type", default="literal")
    for line in recipe.replace("\\\n", " ").strip().splitlines():
        program, *words = shlex.split(line)
        assert program == "kafka-acls"
        told = parser.parse_args(words)
        kind, name = (TOPICS, told.topic) if told.topic else (GROUPS, told.group)
        for operation in told.operation:
            pattern = PATTERNS[told.resource_pattern_type]
            yield kind, name, pattern, told.allow_principal, "*", OPERATIONS[operation], ALLOW


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kafka]:
    """One with the recipe's list, an event, and users."""
    kafka = Kafka(tmp_path_factory.mktemp("acl"), passwords=PASSWORDS)
    bootstrap = kafka.start()
    await topics.apply(bootstrap)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    client = admin._client  # aiokafka has the request, and no method for it
    for entry in entries(RECIPE):
        answer = await client.send(client.get_random_node(), CreateAclsRequest(*entry))
        assert [code for code, _ in answer.creation_responses] == [0]
    await admin.close()
    async with asyncio.timeout(30):
        while await visible(kafka, "crm") != [TOPIC]:  # the broker obeys a little later than it answers
            await asyncio.sleep(0.05)
    assert await visible(kafka, "else") == []
    async with writing(bootstrap) as log:
        await log.write(["c1"])
    yield kafka
    kafka.stop()


def user(kafka: Kafka, name: str) -> dict[str, Any]:
    return {
        "bootstrap_servers": kafka.secured,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": name,
        "sasl_plain_password": PASSWORDS[name],
    }


async def visible(kafka: Kafka, name: str) -> list[str]:
    """The topics that a user sees."""
    admin = AIOKafkaAdminClient(**user(kafka, name))
    await admin.start()
    found: list[str] = await admin.list_topics()
    await admin.close()
    return found


@asynccontextmanager
async def reader(kafka: Kafka, name: str, topic: str, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(topic, group_id=group, auto_offset_reset="earliest", **user(kafka, name))
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def test_the_subscriber_reads_in_a_group_of_its_own_and_keeps_its_position(broker: Kafka) -> None:
    for expected in (1, 0):  # the second of the group goes on after the first
        async with reader(broker, "crm", TOPIC, "crm.contacts") as consumer:
            found = await consumer.getmany(timeout_ms=5000 if expected else 1500)
            assert sum(map(len, found.values())) == expected
            await consumer.commit()


@pytest.mark.parametrize(
    ("name", "topic", "group", "error"),
    [
        ("crm", "profile.customers", "crm.contacts", TopicAuthorizationFailedError),
        ("crm", TOPIC, "touchpoint.outcomes", GroupAuthorizationFailedError),
        ("else", TOPIC, "crm.contacts", TopicAuthorizationFailedError),
    ],
)
async def test_nothing_else_may_be_read(
    broker: Kafka, name: str, topic: str, group: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        async with reader(broker, name, topic, group) as consumer:
            await consumer.getmany(timeout_ms=5000)


async def test_nothing_may_be_written(broker: Kafka) -> None:
    producer = AIOKafkaProducer(**user(broker, "crm"))
    await producer.start()
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(TOPIC, b"{}", key=b"c1")
    finally:
        await producer.stop()
