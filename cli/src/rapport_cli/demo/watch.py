"""What the demo sees of the system: the topic `touchpoint.contacts`, as any channel system would follow it.

What always holds: an entry counts once; whatever a figure says is counted from what the system itself has announced.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from rapport.contracts.touchpoint import (
    AcceptanceSettled,
    ContactDeferred,
    ContactDelivered,
    ContactExpired,
    ContactRecalled,
    ContactReleased,
    ContactResponded,
    RecallAnswered,
    TimelineEvent,
)
from rapport.messaging.clients import close_consumer
from rapport_cli.replay.facts import Facts
from rapport_cli.replay.wire import Said

WEEK = 7 * 86_400.0
_LATE = 30.0  # seconds until what was announced must have come
_PAUSE = 0.002
_MESSAGES = ("sms", "email")


@dataclass(slots=True)
class Life:
    """What has happened to one customer, as far as plots and stories need it."""

    counted: dict[str, float] = field(default_factory=dict)
    """Contacts that count against the budget, by id: when they were released, in seconds since 1970."""
    delivered: set[str] = field(default_factory=set)
    recalled: Counter[str] = field(default_factory=Counter)
    """By channel, because of an acceptance."""
    deferred: Counter[str] = field(default_factory=Counter)
    """By reason."""
    accepted: dict[str, str] = field(default_factory=dict)
    """Goal → the channel in which it was met first."""
    entries: int = 0

    def busiest_week(self) -> int:
        """The most contacts that count within any seven days; exactly seven days apart is outside."""
        times: list[float] = []
        for at in self.counted.values():
            insort(times, at)
        return max((index + 1 - bisect_right(times, at - WEEK) for index, at in enumerate(times)), default=0)


class Watch:
    """Follows the timeline events from the first to the last; a context manager."""

    def __init__(self, bootstrap: str) -> None:
        self.facts = Facts()
        self.lives: dict[str, Life] = defaultdict(Life)
        self.recalled: set[str] = set()
        """Contacts taken back from their channel."""
        self.requests: set[str] = set()
        self.reached: Counter[str] = Counter()
        """Contacts that reached the customer, by channel."""
        self.accepted: Counter[str] = Counter()
        """Confirmed acceptances, by channel."""
        self.because: dict[str, Counter[str]] = defaultdict(Counter)
        """Decisions other than releases: kind → how often each reason was given."""
        self.days: dict[str, Counter[str]] = defaultdict(Counter)
        """Day (UTC) → contacts released, by channel."""
        self.too_late = 0
        self.recall_seconds: list[float] = []
        """Real time from an acceptance being said to each of its recalls being announced."""
        self._said_at: dict[tuple[str, str], float] = {}
        self._messages: list[tuple[str, str]] = []
        self._kafka = AIOKafkaConsumer(
            TimelineEvent.topic, bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        self._places: list[TopicPartition] = []
        self._next: dict[TopicPartition, int] = {}
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._kafka.start()
        self._places = sorted(self._kafka.assignment())
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
        await close_consumer(self._kafka)

    async def catch_up(self) -> None:
        """Return once everything that the topic holds now has been seen.

        Raises:
            TimeoutError: it did not come.
        """
        ends = await self._kafka.end_offsets(self._places)
        async with asyncio.timeout(_LATE):
            while any(self._next.get(place, 0) < end for place, end in ends.items()):
                assert self._reading is not None
                if self._reading.done():
                    await self._reading
                await asyncio.sleep(_PAUSE)

    def expect_recalls(self, customer_id: str, goal: str) -> None:
        """The customer says yes just now: how long recalls take counts from here."""
        self._said_at[customer_id, goal] = time.time()

    def headline(self) -> dict[str, int]:
        """The figures to show while it runs."""
        decisions = self.facts.decisions
        recalled, accepted = self.facts.recalled.total(), self.accepted.total()
        return {"released": decisions["released"], "deferred": decisions["deferred"], "accepted": accepted} | {
            "recalled": recalled
        }

    def messages_reached(self) -> list[tuple[str, str]]:
        """(customer, request) of SMS and e-mails that reached their customer since this was asked last."""
        found, self._messages = self._messages, []
        return sorted(found)

    async def _read(self) -> None:
        while True:
            for place, records in (await self._kafka.getmany(timeout_ms=500)).items():
                for record in records:
                    kind = dict(record.headers)["ce_type"].decode()
                    self.take(Said(kind, orjson.loads(record.value)), record.timestamp / 1000)
                self._next[place] = records[-1].offset + 1

    def take(self, said: Said, announced_at: float) -> None:
        """Count an entry that was announced at this real time, in seconds since 1970."""
        if not self.facts.take(said):
            return
        kind, body = said
        life = self.lives[body["customer_id"]]
        life.entries += 1
        if body.get("request_id"):
            self.requests.add(body["request_id"])
        if body.get("because") and not body.get("contact_id"):
            self.because[kind.split(".")[2]][body["because"]["reason"]] += 1
        if kind == ContactReleased.event_type:
            life.counted[body["contact_id"]] = datetime.fromisoformat(body["at"]).timestamp()
            self.days[body["at"][:10]][body["channel"]] += 1
        elif kind == ContactDeferred.event_type:
            life.deferred[body["because"]["reason"]] += 1
        elif kind in (ContactDelivered.event_type, ContactResponded.event_type):
            self._answered(kind, life, body)
        elif kind == ContactRecalled.event_type:
            self._recalled(life, body, announced_at)
        elif kind == ContactExpired.event_type:
            _give_back(life, body)
        elif kind == RecallAnswered.event_type:
            self.too_late += body["answer"] == "too_late"
        elif kind == AcceptanceSettled.event_type and body["status"] == "accepted":
            self.accepted[body["channel"]] += 1
            life.accepted.setdefault(body["goal"], body["channel"])

    def _answered(self, kind: str, life: Life, body: Mapping[str, Any]) -> None:
        contact_id = body["contact_id"]
        if body.get("gives_back"):
            life.counted.pop(contact_id, None)
            return
        if contact_id not in life.delivered:
            life.delivered.add(contact_id)
            self.reached[body["channel"]] += 1
            if kind == ContactDelivered.event_type and body["channel"] in _MESSAGES:
                self._messages.append((body["customer_id"], body["request_id"]))

    def _recalled(self, life: Life, body: Mapping[str, Any], announced_at: float) -> None:
        self.recalled.add(body["contact_id"])
        _give_back(life, body)
        if body.get("accepted_in"):
            life.recalled[body["channel"]] += 1
            said_at = self._said_at.get((body["customer_id"], body.get("goal") or ""))
            if said_at is not None:
                self.recall_seconds.append(max(0.0, announced_at - said_at))


def _give_back(life: Life, body: Mapping[str, Any]) -> None:
    """What never reached the customer does not count."""
    contact_id = body.get("contact_id")
    if contact_id is not None and contact_id not in life.delivered:
        life.counted.pop(contact_id, None)
