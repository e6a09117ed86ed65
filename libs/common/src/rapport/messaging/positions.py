"""How far a consumer group has got, kept in the database that its effects go to.

What always holds: a position moves only in the transaction of the effects of the messages that it passes, and only from
the value that the mover expects. Of two consumers that hold the same messages (one of them a zombie after a rebalance)
the second waits for the first and then finds another value: nothing of it commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rapport.db import Connection, Pool

_INSERT_MISSING = """
insert into consumer_positions (consumer_group, topic, partition, next_offset)
select $1, * from unnest($2::text[], $3::int[], $4::bigint[])
on conflict do nothing
"""

_LOAD = """
select topic, partition, next_offset from consumer_positions
where consumer_group = $1 and (topic, partition) in (select * from unnest($2::text[], $3::int[]))
"""

_ADVANCE = """
update consumer_positions as stored set next_offset = moved.later
from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[]) as moved (topic, partition, expected, later)
where stored.consumer_group = $1 and stored.topic = moved.topic and stored.partition = moved.partition
  and stored.next_offset = moved.expected
returning stored.topic, stored.partition
"""


_TELL_FRESH = """
update consumer_positions set fresh_at = greatest(fresh_at, clock_timestamp() - $4::float8 * interval '1 second')
where consumer_group = $1 and topic = $2 and partition = $3
"""


class Place(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class Move(NamedTuple):
    """A partition's position before and after a batch."""

    place: Place
    expected: int
    later: int


class Fenced(Exception):
    """Somebody else has moved these positions: this consumer's messages are not its own any more."""

    def __init__(self, places: Iterable[Place]) -> None:
        """Name the partitions."""
        self.places = frozenset(places)
        super().__init__(", ".join(f"{place.topic}[{place.partition}]" for place in sorted(self.places)))


async def load(conn: Connection, group: str, places: Iterable[Place]) -> dict[Place, int]:
    """The stored positions; a place without one is left out."""
    wanted = list(places)
    rows = await conn.fetch(_LOAD, group, [place.topic for place in wanted], [place.partition for place in wanted])
    return {Place(topic, partition): offset for topic, partition, offset in rows}


async def begin(conn: Connection, group: str, starts: Mapping[Place, int]) -> None:
    """Store a first position where there is none; where there is one, it stays."""
    places = sorted(starts)
    await conn.execute(
        _INSERT_MISSING,
        group,
        [place.topic for place in places],
        [place.partition for place in places],
        [starts[place] for place in places],
    )


async def advance(conn: Connection, group: str, moves: Sequence[Move]) -> None:
    """Move positions, inside the transaction of the effects and before them, so that a zombie does no work.

    Raises:
        Fenced: some position is not the expected one; the transaction must roll back.
    """
    ordered = sorted(moves)  # always the same order of locks
    rows = await conn.fetch(
        _ADVANCE,
        group,
        [move.place.topic for move in ordered],
        [move.place.partition for move in ordered],
        [move.expected for move in ordered],
        [move.later for move in ordered],
    )
    if len(rows) != len(ordered):
        raise Fenced({move.place for move in ordered} - {Place(*row) for row in rows})


async def tell_fresh(pool: Pool, group: str, ages: Mapping[Place, float]) -> None:
    """Note that what the broker had so many seconds ago is processed; by the database's clock, on which all agree.

    Each partition by itself: holding one while waiting for another, it could wait for a batch that waits for it.
    """
    for place, age in ages.items():
        await pool.execute(_TELL_FRESH, group, *place, age)
