"""Topics in memory, as the checker reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import orjson

from rapport.contracts.envelope import Event
from rapport_cli.checker.logs import MissingTopic, Record


class MemoryLog:
    """Every topic has one partition, 0, and is there unless it is a dead-letter topic that nobody wrote to."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Record]] = defaultdict(list)
        self.shortened: set[str] = set()

    def append(self, topic: str, key: str, kind: str, value: bytes | None, at: datetime, **headers: str) -> int:
        """One record; its offset."""
        all_headers = {"ce_type": kind, "ce_time": at.isoformat(), **headers}
        offset = len(self.topics[topic])
        encoded = [(name.replace("dlq_", "dlq-"), text.encode()) for name, text in all_headers.items()]
        self.topics[topic].append(Record(0, offset, key.encode(), value, encoded))
        return offset

    def publish(self, event: Event, at: datetime) -> int:
        """An event on its topic; its offset."""
        return self.append(event.topic, event.key, event.event_type, event.model_dump_json().encode(), at)

    def bury(self, topic: str, key: str, at: datetime) -> None:
        """A tombstone."""
        self.append(topic, key, "", None, at)

    def set_aside(self, group: str, topic: str, offset: int, at: datetime) -> None:
        """A dead letter for a record."""
        self.append(f"dlq.{group}.{topic}", "", "", b"", at, dlq_partition="0", dlq_offset=str(offset))

    def remove(self, topic: str, offset: int) -> None:
        """Lose a record."""
        self.topics[topic] = [record for record in self.topics[topic] if record.offset != offset]

    def replace(self, topic: str, offset: int, **changes: object) -> None:
        """Make a record say something else; `body` gives members of its JSON."""
        record = self.topics[topic][offset]
        body = orjson.loads(record.value or b"{}") | changes
        self.topics[topic][offset] = record._replace(value=orjson.dumps(body))

    async def truncated(self, topic: str) -> frozenset[int]:
        return frozenset({0}) if topic in self.shortened else frozenset()

    async def ends(self, topic: str) -> dict[int, int]:
        return {0: max((record.offset + 1 for record in self.topics[topic]), default=0)}

    async def read(self, topic: str) -> AsyncIterator[Sequence[Record]]:
        if topic.startswith("dlq.") and topic not in self.topics:
            raise MissingTopic(topic)
        yield list(self.topics[topic])
