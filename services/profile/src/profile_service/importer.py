"""Works on files that were handed in, one piece per transaction, oldest file first.

Several workers may do so at once; each file has one at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from profile_service.handlers.imports import read_next_piece
from rapport.clock import Clock
from rapport.db import Pool, is_transient, transaction
from rapport.messaging.retry import Backoff
from rapport.telemetry import get_logger

_log = get_logger()


class Importer:
    """The part of a worker that imports."""

    def __init__(self, pool: Pool, clock: Clock, *, idle_seconds: float, after_commit: Callable[[], None]) -> None:
        """`idle_seconds` lie between two looks for a new file; `after_commit` is called after each piece."""
        self._pool = pool
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._after_commit = after_commit
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Return from `run` after the piece at hand."""
        self._stopping.set()

    async def run(self) -> None:
        """Until stopped. A database that is away is waited for."""
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                async with transaction(self._pool) as conn:
                    busy = await read_next_piece(conn, now=self._clock.now())
            except Exception as error:
                if not is_transient(error):
                    raise
                pause = backoff.next()
                _log.warning("importer_waits", error=type(error).__name__, seconds=pause)
                await self._sleep(pause)
                continue
            backoff.reset()
            if busy:
                self._after_commit()
            else:
                await self._sleep(self._idle_seconds)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
