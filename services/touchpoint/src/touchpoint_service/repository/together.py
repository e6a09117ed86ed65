"""What pop-ups ask of the database at the same moment goes together: one statement reads, or writes, for several.

Under load most of what a pop-up costs the database is its two statements and the commit, not its rows. Nobody waits for
company: whoever comes while nothing is under way goes at once; who comes meanwhile goes with the next. So one alone is
as fast as without this, and in a full house several go in the time of one (docs/adr/0016).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import zip_longest
from typing import Any, Generic, TypeVar

from rapport.db import Lent, Pool, Queryable, is_pool
from touchpoint_service.repository.reads import Ask, scenes
from touchpoint_service.repository.work import Work

MOST = 8
"""In one statement: each number of them is a text of its own that every connection prepares."""

Wish = TypeVar("Wish")
Found = TypeVar("Found")


class Together(Generic[Wish, Found]):
    """Who is being served, and who waits for that; one for a process."""

    def __init__(self, serve: Callable[[Queryable, Sequence[Wish]], Awaitable[Sequence[Found]]]) -> None:
        """Nobody waits.

        Args:
            serve: answers all of these.
        """
        self._serve = serve
        self._busy = False
        self._lent: Lent | None = None
        """The connection of whoever is being served; it goes from one to the next, and back when nobody waits."""
        self._waiting: list[tuple[Wish, asyncio.Future[Found | None]]] = []

    async def __call__(self, where: Queryable, wish: Wish) -> Found | None:
        """The answer to one wish; None where the statement that it went with failed, whatever became of it.

        Only who comes with the pool goes together: on a connection there may be a transaction, of which others must see
        nothing before it is committed. Nobody holds a connection while waiting.
        """
        if not is_pool(where):
            return (await self._serve(where, [wish]))[0]
        if self._busy:
            answer: Found | None = await self._wait(where, wish)
            if answer is not _YOUR_TURN:
                return answer
        self._busy = True
        still = [each for each in self._waiting if not each[1].done()]
        company, self._waiting = still[: MOST - 1], still[MOST - 1 :]
        answers: Sequence[Found | None] = []
        try:
            if self._lent is None:
                self._lent = await where.acquire()
            answers = await self._serve(self._lent, [wish, *(other for other, _ in company)])
        finally:
            for (_, told), answer in zip_longest(company, answers[1:]):
                if not told.done():
                    told.set_result(answer)
            self._next()
            await self._give_back(where, broken=not answers)
        return answers[0]

    async def _wait(self, where: Pool, wish: Wish) -> Any:
        """The answer, when another has asked for this one as well; or `_YOUR_TURN`."""
        told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((wish, told))
        try:
            return await told
        except asyncio.CancelledError:
            if told.done() and not told.cancelled() and told.result() is _YOUR_TURN:
                self._next()
                await self._give_back(where)
            raise

    def _next(self) -> None:
        """Let the first who still waits go."""
        self._busy = False
        while self._waiting:
            _, told = self._waiting.pop(0)
            if not told.done():
                self._busy = True
                told.set_result(_YOUR_TURN)
                return

    async def _give_back(self, where: Pool, *, broken: bool = False) -> None:
        """The connection, when nobody needs it now, or it may be `broken`: then the next takes another."""
        if self._lent is not None and (broken or not self._busy):
            lent, self._lent = self._lent, None
            await where.release(lent)


_YOUR_TURN: Any = object()


class PopupsTogether:
    """What the pop-ups of a process read and write together."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._read: Together[Ask, Any] = Together(scenes)
        self._write: Together[Work, bool] = Together(_write)

    async def see(self, where: Queryable, ask: Ask) -> Any:
        """One row of `scenes`."""
        return await self._read(where, ask) or (await scenes(where, [ask]))[0]

    async def write(self, work: Work) -> bool:
        """Write a work that goes on from `look_at`; False when it has to look again.

        It has to when its standing has changed or is locked, and when the statement that it went with failed: then it
        may have been written.
        """
        return bool(await self._write(work.conn, work))


async def _write(where: Queryable, works: Sequence[Work]) -> list[bool]:
    """Each is written if its customer's standing is the one that it was made from, whatever becomes of the others.

    Nobody waits for a lock: those who come after would wait as well.
    """
    written = await works[0].write_unless_changed(*works[1:], waits=False, where=where)
    return [not written.isdisjoint(work.standings) for work in works]
