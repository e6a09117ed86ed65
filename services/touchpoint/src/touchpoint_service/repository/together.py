"""Pop-ups that are ready at the same moment are written together: one statement, one commit.

Under load most of what a pop-up costs the database is the statement and its commit, not its rows. Nobody waits for
company: whoever comes while nothing is being written goes at once; who comes meanwhile goes with the next. So one alone
is as fast as without this, and a full house writes several in the time of one (docs/adr/0016).

What always holds: each is written if its customer's standing is the one that it was made from, and not at all
otherwise, whatever becomes of its companions.
"""

from __future__ import annotations

import asyncio

from touchpoint_service.repository.work import Work

MOST = 6
"""In one statement: each number of them is a text of its own that every connection prepares."""


class Together:
    """Who writes now, and who waits to; one for a process."""

    def __init__(self) -> None:
        """Nobody writes."""
        self._writing = False
        self._waiting: list[tuple[Work, asyncio.Future[bool | None]]] = []

    async def write(self, work: Work) -> bool:
        """Write a work that goes on from `look_at`; False when it has to look again.

        It has to when its standing changed, when somebody else has it locked while others are written, and when the
        statement that it was written by failed: then it may have been written.
        """
        if work.conn.is_in_transaction():  # what is written there is not committed before its answer is kept
            return bool(await work.write_unless_changed())
        if self._writing:
            written = await self._wait(work)
            if written is not None:
                return written
        self._writing = True
        still = [each for each in self._waiting if not each[1].done()]
        company, self._waiting = still[: MOST - 1], still[MOST - 1 :]
        written_of: set[str] = set()
        try:
            written_of = await work.write_unless_changed(*(other for other, _ in company))
        finally:
            for other, told in company:
                if not told.done():
                    told.set_result(not written_of.isdisjoint(other.standings))
            self._next()
        return not written_of.isdisjoint(work.standings)

    async def _wait(self, work: Work) -> bool | None:
        """Whether somebody else wrote it; None when it is its own turn to write."""
        told: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, told))
        try:
            return await told
        except asyncio.CancelledError:
            if told.done() and not told.cancelled() and told.result() is None:
                self._next()
            raise

    def _next(self) -> None:
        """Let the first who still waits write."""
        self._writing = False
        while self._waiting:
            _, told = self._waiting.pop(0)
            if not told.done():
                self._writing = True
                told.set_result(None)
                return
