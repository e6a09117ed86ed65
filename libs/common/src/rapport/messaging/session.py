"""One membership of a consumer in its group: from joining until the broker is lost or the consumer stops.

What always holds:
- a record is used only when its partition is open: assigned, its stored position read, found inside the log, sought;
- a partition that is taken away is closed at once; batches of it that are under way get a short grace to commit, so
  that the next owner rarely meets them. Whoever comes second is fenced and reads the position again;
- fetching is one loop for all partitions, because a broker answers one fetch at a time: a fetch that waits for quiet
  partitions would hold up the busy ones. It takes from the client only what is for lanes that have room.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Coroutine, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import (
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    StaleMetadata,
)

from rapport.messaging import metrics, opening, positions
from rapport.messaging.batch import Processor
from rapport.messaging.clients import close_consumer, group_member, result
from rapport.messaging.dlq import Record
from rapport.messaging.lane import Chunk, Lane, Slot
from rapport.messaging.membership import Membership
from rapport.messaging.opening import Doubt
from rapport.messaging.positions import Place
from rapport.messaging.retry import Backoff, is_transient
from rapport.telemetry import get_logger

_FETCH_RECORDS = 500
"""Unpacked in one go: about 3 ms in which nothing else of the process runs."""

_FETCH_MS = 200
_LOOK_AGAIN = 0.25
_UPKEEP_SECONDS = 1.0
_FRESHNESS_SECONDS = 3.0

_FENCE_PAUSE = 0.2
"""A zombie and the owner must not chase each other; the zombie learns of its state within a heartbeat or two."""

_log = get_logger()


class Session:
    """Joins, reads, and leaves."""

    def __init__(self, member: Membership) -> None:
        """Prepare; `run` joins."""
        self._member = member
        timing = member.timing
        self._kafka: AIOKafkaConsumer = group_member(
            member.bootstrap, member.group, session_timeout=timing.session, heartbeat=timing.heartbeat
        )
        self._slots: dict[TopicPartition, Slot] = {}
        self._joined = False
        self._unopened = False
        self._opening = False
        self._rebalancing = False
        self._assigned_once = False
        self._room = asyncio.Event()
        self._told_kafka: dict[TopicPartition, int] = {}
        self._doubt = Doubt(timing.doubt)
        self._lanes = [self._lane() for _ in range(member.lanes)]

    def _lane(self) -> Lane:
        member = self._member
        return Lane(
            Processor(member.group, member.handlers, member.pool, poison_limit=member.poison_limit),
            max_batch=member.max_batch,
            taken=self._room.set,
            fenced=self._fenced,
            committed=member.after_commit,
        )

    def owned(self, topic: str) -> frozenset[int]:
        """The open partitions of `topic`."""
        return frozenset(place.partition for place in self._slots if place.topic == topic)

    @property
    def caught_up(self) -> bool:
        """Whether every partition has been read up to where its log ended when it was opened."""
        opened = self._assigned_once and not self._unopened and self._kafka.assignment() <= self._slots.keys()
        return opened and all(slot.stored >= slot.target for slot in self._slots.values())

    async def run(self, stopping: asyncio.Event) -> None:
        """Read until `stopping` is set; batches under way are finished then.

        Raises:
            StopConsumer: a person is needed.
            Exception: `is_transient` ones mean that a new session may do better.
        """
        tasks: list[asyncio.Task[Any]] = []
        try:
            work: list[Coroutine[Any, Any, Any]] = [self._read(), self._upkeep(), stopping.wait()]
            tasks = [asyncio.create_task(job) for job in [*work, *(lane.run() for lane in self._lanes)]]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                result(task)
            tasks[0].cancel()  # read nothing more
            self.close_partitions()
            await self.finish_batches()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._slots.clear()
            await close_consumer(self._kafka)

    # Partitions come and go.

    def begin_rebalance(self) -> None:
        """What is assigned is about to be taken away: open nothing of it any more."""
        self._rebalancing = True
        self.close_partitions()

    def end_rebalance(self) -> None:
        """There is a new assignment to open."""
        self._rebalancing = False
        self._assigned_once = True
        self.expect_partitions()

    def close_partitions(self) -> None:
        """Take nothing more from any partition."""
        for slot in self._slots.values():
            slot.live = False
        self._slots.clear()
        self._told_kafka.clear()

    async def finish_batches(self) -> None:
        """Give batches under way the grace to commit."""
        busy = [asyncio.create_task(lane.idle.wait()) for lane in self._lanes if not lane.idle.is_set()]
        if busy and self._member.timing.rebalance_grace:
            await asyncio.wait(busy, timeout=self._member.timing.rebalance_grace)
        for task in busy:
            task.cancel()

    def expect_partitions(self) -> None:
        """There are partitions to open."""
        self._unopened = True

    def _open_later(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self.expect_partitions)

    def _close(self, slot: Slot) -> None:
        slot.live = False
        self._slots.pop(TopicPartition(*slot.place), None)

    def _fenced(self, slots: Collection[Slot]) -> None:
        for slot in slots:
            self._close(slot)
            _log.info("partition_fenced", group=self._member.group, topic=slot.place.topic, at=slot.stored)
        if slots:
            self._open_later(_FENCE_PAUSE)

    async def _open(self) -> None:
        """Open the assigned partitions that are not: see where they stand, and seek there. When a rebalance comes in
        between, the new assignment is opened instead."""
        wanted = [place for place in self._kafka.assignment() if place not in self._slots]
        if not wanted or self._rebalancing:
            return
        standings = await opening.look(self._kafka, self._member.pool, self._member.group, wanted)
        for place, standing in standings.items():
            if self._rebalancing or place not in self._kafka.assignment():
                continue
            if not standing.inside:
                if self._doubt.believes(place):
                    raise opening.outside_the_log(self._member.group, Place(*place), standing)
                self._open_later(_LOOK_AGAIN)
                continue
            self._doubt.clear(place)
            self._kafka.seek(place, standing.stored)
            stored = standing.stored
            self._slots[place] = Slot(Place(*place), stored=stored, fetched=stored, target=standing.end)

    async def _find_topics(self) -> None:
        while True:
            missing = set(self._member.handlers) - await self._kafka.topics()
            if not missing:
                return
            self._believe_missing(missing)
            await asyncio.sleep(_LOOK_AGAIN)

    def _believe_missing(self, topics: Collection[str]) -> None:
        for topic in self._member.handlers:
            if topic not in topics:
                self._doubt.clear(topic)
            elif self._doubt.believes(topic):
                raise opening.missing_topics(self._member.group, topics, self._member.bootstrap)

    # Records come in.

    async def _read(self) -> None:
        await self._kafka.start()
        await self._find_topics()
        self._kafka.subscribe(list(self._member.handlers), listener=_Listener(self))
        self._joined = True
        await self._fetch()

    async def _fetch(self) -> None:
        backoff = Backoff()
        while True:
            try:
                if self._unopened:
                    self._unopened, self._opening = False, True
                    await self._open()
                    self._opening = False
                    backoff.reset()
                wanted = await self._partitions_with_room()
                fetched = await self._kafka.getmany(*wanted, timeout_ms=_FETCH_MS, max_records=_FETCH_RECORDS)
            except NoOffsetForPartitionError:  # of a partition that is not open yet
                await asyncio.sleep(_LOOK_AGAIN / 10)
            except OffsetOutOfRangeError as error:
                self._look_again(error)
            except Exception as error:
                if isinstance(error, KafkaError) or not is_transient(error):
                    raise
                _log.warning("positions_wait", group=self._member.group, error=type(error).__name__)
                self._unopened = True
                await asyncio.sleep(backoff.next())
            else:
                for place, records in fetched.items():
                    self._put(place, records)
                await asyncio.sleep(0)  # a fetch that has data does not wait by itself

    async def _partitions_with_room(self) -> list[TopicPartition]:
        """The partitions whose lane has room, as soon as there are any; none named means all."""
        while not all(lane.has_room for lane in self._lanes):
            found = [place for place in self._slots if self._lane_of(place).has_room]
            if found:
                return found
            self._room.clear()
            await self._room.wait()
        return []

    def _look_again(self, error: OffsetOutOfRangeError) -> None:
        """The log has moved away from under a position: opening tells what it is."""
        for place in error.args[0]:
            if place in self._slots:
                self._close(self._slots[place])
        self._open_later(_LOOK_AGAIN)

    def _put(self, place: TopicPartition, records: Sequence[Record]) -> None:
        slot = self._slots.get(place)
        if slot is None:
            return
        end = records[-1].offset + 1
        self._lane_of(place).put(Chunk(slot, records, slot.fetched, end))
        slot.fetched = end

    def _lane_of(self, place: Place | TopicPartition) -> Lane:
        lane: Lane = self._lanes[place.partition % len(self._lanes)]
        return lane

    # Once a second.

    async def _upkeep(self) -> None:
        told = 0.0
        while True:
            await asyncio.sleep(_UPKEEP_SECONDS)
            if not self._joined:
                continue
            await self._pass_gaps()
            self._report_lag()
            if self._member.tells_freshness and time.monotonic() - told >= _FRESHNESS_SECONDS:
                told = time.monotonic() if await self._tell_fresh() else told
            await self._ask_for_topics()
            await self._tell_kafka()

    async def _ask_for_topics(self) -> None:
        """Notice that a topic was deleted, and that one deleted before is there again."""
        gone = [topic for topic in self._member.handlers if not self._kafka.partitions_for_topic(topic)]
        if gone and not set(gone) - await self._kafka.topics():
            raise StaleMetadata("a topic that was missing is there")  # only a new session looks again soon
        self._believe_missing(gone)

    async def _pass_gaps(self) -> None:
        """Where compaction has removed a log's last records, only the position can pass: it must reach the end."""
        for place, slot in list(self._slots.items()):
            reached = await self._kafka.position(place)
            if slot.live and reached > slot.fetched:
                self._lane_of(place).put(Chunk(slot, (), slot.fetched, reached))
                slot.fetched = reached

    def _report_lag(self) -> None:
        lag = dict.fromkeys(self._member.handlers, 0)
        for place, slot in self._slots.items():
            lag[place.topic] += max((self._kafka.highwater(place) or slot.target) - slot.stored, 0)
        for topic, messages in lag.items():
            metrics.consumer_lag.labels(self._member.group, topic).set(messages)

    async def _tell_fresh(self) -> bool:
        """What has been read to its end is as new as the broker's last answer; else as the last record processed.

        Of a partition of which neither is known yet nothing is told; whether all of them could be.
        """
        now, ages = time.time(), {}
        for place, slot in self._slots.items():
            looked, end = self._kafka.last_poll_timestamp(place), self._kafka.highwater(place)
            at_end = looked is not None and end is not None and slot.stored >= end
            as_of = looked / 1000 if at_end else slot.written_at
            if as_of is not None:
                ages[slot.place] = now - as_of
        try:
            await positions.tell_fresh(self._member.pool, self._member.group, ages)
        except Exception as error:
            if not is_transient(error):
                raise
            return False  # a database that is away learns it the next time: nobody leaves the group for that
        return len(ages) == len(self._slots)

    async def _tell_kafka(self) -> None:
        moved = {p: s.stored for p, s in self._slots.items() if self._told_kafka.get(p) != s.stored}
        if not moved:
            return
        try:
            await self._kafka.commit(moved)
        except (KafkaError, IllegalStateError) as error:  # the next time, or the next owner
            _log.debug("kafka_offsets_not_committed", group=self._member.group, error=type(error).__name__)
        else:
            self._told_kafka |= moved


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells the session what the group's coordinator has decided."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def on_partitions_revoked(self, _revoked: Collection[TopicPartition]) -> None:
        self._session.begin_rebalance()
        await self._session.finish_batches()

    def on_partitions_assigned(self, _assigned: Collection[TopicPartition]) -> None:
        self._session.end_rebalance()
