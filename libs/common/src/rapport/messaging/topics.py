"""The topics of the system: one list, from which they are created and against which a broker is checked.

What always holds:
- deploy/kafka/topics.yaml is the only place that names a topic's owner, key, partitions and retention;
- every group that consumes a topic has a dead-letter topic `dlq.<group>.<topic>`, which nobody needs to list;
- `apply` only creates. It never deletes, shrinks or reconfigures: more partitions would send a key's next event
  elsewhere than its last one. What differs is reported, and a person decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code
from pydantic import BaseModel, ConfigDict, Field, model_validator

from rapport.settings import home

_DAY_MS = 86_400_000

_DEAD_LETTER_DAYS = 30
"""A month to look at what could not be processed, over any holiday."""

_DEAD_LETTER_BYTES = 2 << 20
"""The largest message of any topic, and the headers that say why it lies here."""

_VISIBLE_WITHIN = 10.0  # seconds; the broker answers "created" a moment before clients see the topic

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$", max_length=200)]


class Topic(BaseModel):
    """One topic as the list describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Name
    owner: str
    """The service that publishes it, or `channel` for what other systems send us."""
    key: str
    """The body's field that is the record's key."""
    partitions: Annotated[int, Field(ge=1, le=1000)]
    compact: bool = False
    """State: the newest record of each key stays for ever. Otherwise facts, which stay for `retention_days`."""
    retention_days: Annotated[int, Field(ge=1)] | None = None
    max_message_bytes: Annotated[int, Field(ge=1024)] | None = None
    """None: as the broker is set."""
    description: str
    types: tuple[str, ...] = ()
    consumers: tuple[Name, ...] = ()
    """The consumer groups, each named `<service>.<purpose>`."""

    @model_validator(mode="after")
    def _state_or_facts(self) -> Self:
        if self.compact == (self.retention_days is not None):
            raise ValueError(f"{self.name}: either `compact: true` or `retention_days`")
        return self

    @property
    def config(self) -> dict[str, str]:
        """The broker's settings that the list decides."""
        found = {"cleanup.policy": "compact"}
        if self.retention_days is not None:
            found = {"cleanup.policy": "delete", "retention.ms": str(self.retention_days * _DAY_MS)}
        if self.max_message_bytes is not None:
            found["max.message.bytes"] = str(self.max_message_bytes)
        return found


def dead_letter_topic(group: str, topic: str) -> str:
    """The topic for what `group` could not process from `topic`."""
    return f"dlq.{group}.{topic}"


def list_file() -> Path:
    """Where the list lies."""
    return home() / "deploy" / "kafka" / "topics.yaml"


def parse(text: str) -> tuple[Topic, ...]:
    """The topics that a list describes, in its order.

    Raises:
        ValueError: the list breaks its schema, or names a topic twice.
    """
    found = tuple(Topic.model_validate(entry) for entry in yaml.safe_load(text)["topics"])
    names = [topic.name for topic in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"listed twice: {', '.join(twice)}")
    return found


@cache
def all_topics() -> tuple[Topic, ...]:
    """The topics of this installation, without the dead-letter topics."""
    return parse(list_file().read_text(encoding="utf-8"))


def with_dead_letters(topics: Iterable[Topic]) -> tuple[Topic, ...]:
    """The topics and, after each, the dead-letter topics of its consumers."""
    found: list[Topic] = []
    for topic in topics:
        found.append(topic)
        found += (
            Topic(
                name=dead_letter_topic(group, topic.name),
                owner=group.partition(".")[0],
                key=topic.key,
                partitions=1,
                retention_days=_DEAD_LETTER_DAYS,
                max_message_bytes=_DEAD_LETTER_BYTES,
                description=f"What {group} could not process.",
            )
            for group in topic.consumers
        )
    return tuple(found)


async def apply(bootstrap: str, topics: Sequence[Topic] | None = None) -> list[str]:
    """Create the topics that the broker lacks, with their dead-letter topics; the names of those created.

    May be run by several at once. Returns when clients can see them.

    Raises:
        KafkaError: the broker cannot be reached or refuses.
    """
    wanted = with_dead_letters(all_topics() if topics is None else topics)
    async with _admin(bootstrap) as admin:
        present = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in present]
        if not missing:
            return []
        answer = await admin.create_topics([_new(topic) for topic in missing])
        for name, code, *message in answer.topic_errors:
            error = for_code(code)
            if error not in (NoError, TopicAlreadyExistsError):
                raise error(f"{name}: {' '.join(filter(None, message))}")
        await _wait_until_visible(admin, {topic.name for topic in missing})
        return [topic.name for topic in missing]


async def check(bootstrap: str, topics: Sequence[Topic] | None = None) -> list[str]:
    """What differs between the list and the broker, one sentence each; empty when nothing does."""
    wanted = {topic.name: topic for topic in with_dead_letters(all_topics() if topics is None else topics)}
    async with _admin(bootstrap) as admin:
        present = {found["topic"]: found for found in await admin.describe_topics()}
        differences = [f"{name} is missing: run `rapport topics apply`" for name in wanted if name not in present]
        known = [topic for name, topic in wanted.items() if name in present]
        for topic in known:
            count = len(present[topic.name]["partitions"])
            if count != topic.partitions:
                differences.append(f"{topic.name} has {count} partitions, the list says {topic.partitions}")
        return differences + await _config_differences(admin, known)


def _new(topic: Topic) -> NewTopic:
    # NewTopic refuses "as the broker's default" (-1) for a count it is given; so the attribute is set afterwards.
    new = NewTopic(topic.name, topic.partitions, 1, topic_configs=topic.config)
    new.replication_factor = -1
    return new


async def _config_differences(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[str]:
    if not topics:
        return []
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=topic.config) for topic in topics]
    wanted = {topic.name: topic.config for topic in topics}
    differences = []
    for answer in await admin.describe_configs(resources):
        for _code, _message, _kind, name, entries in answer.resources:
            found: dict[str, Any] = {entry[0]: entry[1] for entry in entries}
            differences += [
                f"{name} has {setting}={found.get(setting)}, the list says {value}"
                for setting, value in wanted[name].items()
                if found.get(setting) != value
            ]
    return differences


async def _wait_until_visible(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    async with asyncio.timeout(_VISIBLE_WITHIN):
        while True:
            described = await admin.describe_topics()
            ready = {found["topic"] for found in described if all(p["leader"] >= 0 for p in found["partitions"])}
            if names <= ready:
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


__all__ = ["KafkaError", "Topic", "all_topics", "apply", "check", "dead_letter_topic", "parse", "with_dead_letters"]
