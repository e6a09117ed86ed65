"""Where a partition is read from: its stored position, compared with the log that the broker has.

What always holds:
- a partition without a stored position gets one at the start of its log, by whoever comes first;
- a position outside the log is never corrected silently: below the start, messages were deleted unprocessed; beyond the
  end, this is another log than the one that was read. Either needs a person;
- bad news is believed when it lasts: a broker that has just started may not know its topics and ends yet.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Hashable
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from rapport.db import Pool, transaction
from rapport.messaging import positions
from rapport.messaging.batch import StopConsumer
from rapport.messaging.positions import Place


class Standing(NamedTuple):
    """A partition's stored position between the first and behind the last record of its log."""

    first: int
    stored: int
    end: int

    @property
    def inside(self) -> bool:
        """Whether everything from the stored position on is there."""
        return self.first <= self.stored <= self.end


async def look(
    kafka: AIOKafkaConsumer, pool: Pool, group: str, wanted: Collection[TopicPartition]
) -> dict[TopicPartition, Standing]:
    """Where the group stands in these partitions; those that it has never read begin at their start.

    The end is read after the position, which another member may be moving, so that it is never too low.
    """
    first: dict[TopicPartition, int] = await kafka.beginning_offsets(wanted)
    starts = {Place(*place): first[place] for place in wanted}
    async with transaction(pool) as conn:
        stored = await positions.load(conn, group, starts)
        if len(stored) < len(starts):
            await positions.begin(conn, group, starts)
            stored = await positions.load(conn, group, starts)
    end: dict[TopicPartition, int] = await kafka.end_offsets(wanted)
    return {place: Standing(first[place], stored[Place(*place)], end[place]) for place in wanted}


def outside_the_log(group: str, place: Place, standing: Standing) -> StopConsumer:
    """What to tell the person who has to decide."""
    where = f"{group} stands at offset {standing.stored} of {place.topic}[{place.partition}]"
    row = (
        f"consumer_positions (consumer_group = '{group}', topic = '{place.topic}', partition = {place.partition}) "
        "in this service's database"
    )
    if standing.stored < standing.first:
        lost = standing.first - standing.stored
        return StopConsumer(
            f"{where}, but the log starts at {standing.first}: {lost} messages were deleted unprocessed. Recover their "
            f"effects from the publishing service (or decide that they do not matter), then set next_offset to "
            f"{standing.first} in {row} and start again."
        )
    return StopConsumer(
        f"{where}, but the log ends at {standing.end}: the topic was created anew or restored from an older state, and "
        f"what it holds now has not been read. Find out which; then, to read it from its start, set next_offset to "
        f"{standing.first} in {row} and start again: messages seen before are known by their natural keys."
    )


def missing_topics(group: str, topics: Collection[str], bootstrap: str) -> StopConsumer:
    """What to tell the person who has to create them."""
    names = ", ".join(sorted(topics))
    return StopConsumer(
        f"{group} reads {names}, which {bootstrap} does not have. Create what deploy/kafka/topics.yaml lists with "
        "`rapport topics apply`, or correct the address of the broker, and start again."
    )


class Doubt:
    """Tells bad news that lasts from bad news that passes."""

    def __init__(self, seconds: float) -> None:
        """Believe what is heard again after `seconds`."""
        self._seconds = seconds
        self._since: dict[Hashable, float] = {}

    def believes(self, what: Hashable) -> bool:
        """Hear it (again): whether it has lasted."""
        now = time.monotonic()
        return now - self._since.setdefault(what, now) >= self._seconds

    def clear(self, what: Hashable) -> None:
        """It is not so."""
        self._since.pop(what, None)
