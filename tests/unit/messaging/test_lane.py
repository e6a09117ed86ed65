"""A lane: what it joins into batches, and what it does with what is taken away from it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.messaging.batch import Batch, Processor, StopConsumer
from rapport.messaging.lane import Chunk, Lane, Slot
from rapport.messaging.positions import Fenced, Place


@dataclass(frozen=True)
class Sent:
    """As much of a record as a lane looks at."""

    topic: str
    partition: int
    offset: int
    timestamp: int = 0


class Recorder(Processor):
    """Commits nothing; notes the batches and fails as told."""

    def __init__(self, *failures: Exception | None) -> None:
        self.batches: list[Batch] = []
        self.failures = list(failures)
        self.while_processing: Callable[[], None] = lambda: None

    async def process(self, batch: Batch) -> None:
        self.while_processing()
        await asyncio.sleep(0)
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            raise failure
        self.batches.append(batch)


class Setting:
    """A lane, its slots, and chunks put into it in the way a session does."""

    def __init__(self, *failures: Exception | None, max_batch: int = 10) -> None:
        self.processor = Recorder(*failures)
        self.fenced: list[Slot] = []
        self.slots: dict[Place, Slot] = {}
        self.lane = Lane(
            self.processor,
            max_batch=max_batch,
            taken=lambda: None,
            fenced=self._on_fenced,
            committed=lambda: None,
        )

    def _on_fenced(self, slots: Any) -> None:
        for slot in slots:
            slot.live = False
            self.fenced.append(slot)

    def put(self, topic: str, partition: int, count: int, gap: int = 0) -> None:
        place = Place(topic, partition)
        slot = self.slots.setdefault(place, Slot(place, 0, 0, 0))
        first = slot.fetched + gap
        records = [Sent(topic, partition, offset) for offset in range(first, first + count)]
        self.lane.put(Chunk(slot, records, slot.fetched, first + count))  # type: ignore[arg-type]
        slot.fetched = first + count

    async def work(self) -> None:
        """Run until there is nothing left to do."""
        run = asyncio.create_task(self.lane.run())
        for _ in range(2000):
            await asyncio.sleep(0)
            if run.done():
                break
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        if not run.cancelled() and run.exception():
            raise run.exception()  # type: ignore[misc]

    def processed(self) -> dict[Place, list[int]]:
        found = defaultdict(list)
        for batch in self.processor.batches:
            for record in batch.records:
                found[Place(record.topic, record.partition)].append(record.offset)
        return dict(found)


class TestJoining:
    async def test_joins_chunks_of_one_topic_by_partition(self) -> None:
        setting = Setting()
        for partition in (2, 1, 2):
            setting.put("a", partition, 2)
        await setting.work()
        (batch,) = setting.processor.batches
        assert [(record.partition, record.offset) for record in batch.records] == [
            (1, 0),
            (1, 1),
            (2, 0),
            (2, 1),
            (2, 2),
            (2, 3),
        ]
        assert {move.place.partition: (move.expected, move.later) for move in batch.moves} == {1: (0, 2), 2: (0, 4)}

    async def test_keeps_topics_apart_and_takes_the_one_that_waits_longest(self) -> None:
        setting = Setting()
        for topic in ("a", "b", "a", "b"):
            setting.put(topic, 0, 1)
        await setting.work()
        assert [(batch.topic, len(batch.records)) for batch in setting.processor.batches] == [("a", 2), ("b", 2)]

    async def test_splits_what_exceeds_a_batch(self) -> None:
        setting = Setting(max_batch=4)
        setting.put("a", 0, 10)
        await setting.work()
        assert [[record.offset for record in batch.records] for batch in setting.processor.batches] == [
            [0, 1, 2, 3],
            [4, 5, 6, 7],
            [8, 9],
        ]

    async def test_moves_the_position_over_a_gap(self) -> None:
        setting = Setting()
        setting.put("a", 0, 2, gap=5)
        setting.put("a", 0, 0, gap=3)
        await setting.work()
        (batch,) = setting.processor.batches
        assert [(move.expected, move.later) for move in batch.moves] == [(0, 10)]

    @settings(max_examples=60, deadline=None)
    @given(
        puts=st.lists(
            st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.integers(0, 9), st.integers(0, 3)), max_size=25
        ),
        max_batch=st.integers(1, 12),
    )
    def test_loses_nothing_and_keeps_order_and_positions(
        self, puts: list[tuple[str, int, int, int]], max_batch: int
    ) -> None:
        async def run() -> None:
            setting = Setting(max_batch=max_batch)
            expected: dict[Place, list[int]] = defaultdict(list)
            for topic, partition, count, gap in puts:
                slot = setting.slots.get(Place(topic, partition))
                first = (slot.fetched if slot else 0) + gap
                expected[Place(topic, partition)] += range(first, first + count)
                setting.put(topic, partition, count, gap)
            await setting.work()
            assert setting.processed() == {place: offsets for place, offsets in expected.items() if offsets}
            assert setting.lane.has_room
            for place, slot in setting.slots.items():
                moves = [move for batch in setting.processor.batches for move in batch.moves if move.place == place]
                assert [move.expected for move in moves] == [0, *(move.later for move in moves)][: len(moves)]
                assert slot.stored == slot.fetched
            assert all(len(batch.records) <= max_batch for batch in setting.processor.batches)

        asyncio.run(run())

    async def test_has_room_for_two_batches(self) -> None:
        setting = Setting(max_batch=10)
        setting.put("a", 0, 19)
        assert setting.lane.has_room
        setting.put("a", 0, 1)
        assert not setting.lane.has_room
        await setting.work()
        assert setting.lane.has_room


class TestLosing:
    async def test_drops_what_was_taken_away(self) -> None:
        setting = Setting()
        setting.put("a", 0, 3)
        setting.put("a", 1, 3)
        setting.slots[Place("a", 0)].live = False
        await setting.work()
        assert setting.processed() == {Place("a", 1): [0, 1, 2]}

    async def test_a_fenced_partition_is_given_up_and_the_others_of_its_batch_committed(self) -> None:
        setting = Setting(Fenced({Place("a", 0)}))
        setting.put("a", 0, 3)
        setting.put("a", 1, 3)
        await setting.work()
        assert setting.fenced == [setting.slots[Place("a", 0)]]
        assert setting.processed() == {Place("a", 1): [0, 1, 2]}

    async def test_a_batch_that_waits_for_the_database_is_given_up_when_it_is_taken_away(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rapport.messaging.lane.Backoff.next", lambda _: 0)
        setting = Setting(*[ConnectionRefusedError()] * 5)
        setting.put("a", 0, 3)

        def take_away() -> None:
            if len(setting.processor.failures) == 2:
                setting.slots[Place("a", 0)].live = False

        setting.processor.while_processing = take_away
        await setting.work()
        assert setting.processed() == {}
        assert len(setting.processor.failures) == 1


class TestFailing:
    @pytest.mark.parametrize(
        "failure",
        [
            ConnectionRefusedError(),
            TimeoutError(),
            asyncpg.ConnectionDoesNotExistError(),
            asyncpg.InternalClientError(),
            asyncpg.DeadlockDetectedError(),
            asyncpg.SerializationError(),
            asyncpg.CannotConnectNowError(),
            asyncpg.DiskFullError(),
            asyncpg.TooManyConnectionsError(),
        ],
        ids=lambda failure: type(failure).__name__,
    )
    async def test_repeats_what_failed_for_a_reason_that_passes(
        self, failure: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rapport.messaging.lane.Backoff.next", lambda _: 0)
        setting = Setting(failure, failure)
        setting.put("a", 0, 3)
        await setting.work()
        assert setting.processed() == {Place("a", 0): [0, 1, 2]}

    @pytest.mark.parametrize(
        "failure",
        [StopConsumer("enough"), asyncpg.UndefinedTableError(), asyncpg.InsufficientPrivilegeError()],
        ids=lambda failure: type(failure).__name__,
    )
    async def test_ends_with_what_needs_a_person(self, failure: Exception) -> None:
        setting = Setting(failure)
        setting.put("a", 0, 3)
        with pytest.raises(type(failure)):
            await setting.work()
