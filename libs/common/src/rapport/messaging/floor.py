"""A safe place to begin reading the outbox: without it each read begins at the head of an index full of deleted rows.

PostgreSQL keeps deleted rows until a vacuum, and for as long as any transaction anywhere (a backup, a long report) may
still look at them; reading past a million of them takes most of a second, and a relay reads a hundred times a second.

What always holds: no row with an id up to `value` is in the outbox, and none will ever appear. Ids are given out before
their transactions commit, so the largest id seen proves nothing. This does:

1. read the last id given out, then note who holds a writer's lock on the outbox. Whoever was given one of these ids
   took that lock before, and keeps it until the transaction ends: each has either ended or is noted;
2. once none of those noted is there any more, each of these ids is decided, and a later read sees what came of it;
3. the floor rises to the last of these ids, or to just below the smallest id that a later read finds or that is under
   way.
"""

from __future__ import annotations

import time

import asyncpg

_INTERVAL = 0.2  # seconds; a look costs the server about as much as reading a few rows

_LAST_GIVEN = "select case when is_called then last_value else 0 end from outbox_id_seq"
_WRITERS = """
select virtualtransaction from pg_locks
where locktype = 'relation' and database = (select oid from pg_database where datname = current_database())
  and relation = 'outbox'::regclass and mode = 'RowExclusiveLock' and pid is distinct from pg_backend_pid()
"""


class Floor:
    """The floor of one outbox, for as long as one connection lasts."""

    def __init__(self) -> None:
        """Nothing is known yet: the floor is below all ids."""
        self.value = 0
        self._given = 0
        self._noted: set[str] | None = None
        self._decided = 0
        self._stirred = True
        self._due = 0.0

    def stir(self) -> None:
        """Rows were deleted: it may rise."""
        self._stirred = True

    async def look(self, conn: asyncpg.Connection[asyncpg.Record]) -> None:
        """Take the next step when it is time and there is one."""
        if time.monotonic() < self._due or not (self._stirred or self._noted):
            return
        self._due = time.monotonic() + _INTERVAL
        if self._noted is None:
            self._stirred = False
            self._given = await conn.fetchval(_LAST_GIVEN)
            if self._given < self._decided:  # somebody has set the sequence back
                self.value = self._decided = 0
            self._noted = await _writers(conn)
        else:
            self._noted &= await _writers(conn)
        if not self._noted:
            self._decided, self._noted = self._given, None

    def found(self, lowest: int | None) -> None:
        """Tell what a read has found that began after the last look: the smallest id, of rows under way too."""
        self.value = max(self.value, self._decided if lowest is None else min(self._decided, lowest - 1))


async def _writers(conn: asyncpg.Connection[asyncpg.Record]) -> set[str]:
    return {row["virtualtransaction"] for row in await conn.fetch(_WRITERS)}
