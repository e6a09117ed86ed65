"""Work that is done step by step, one transaction each, for as long as there is some."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeAlias

from rapport.clock import Clock
from rapport.db import Connection, Pool, is_transient, transaction
from rapport.messaging.retry import Backoff
from rapport.telemetry import get_logger

Step: TypeAlias = Callable[[Connection, datetime], Awaitable[bool]]
"""Does a piece of work in the transaction, at the instant given; whether there may be more."""

HOUSEKEEPING_SECONDS = 600.0
"""How often to look for what is kept no longer."""

_log = get_logger()


class Steps:
    """A part of a worker that takes step after step."""

    def __init__(
        self,
        step: Step,
        pool: Pool,
        clock: Clock,
        *,
        idle_seconds: float,
        after_commit: Callable[[], None] = lambda: None,
    ) -> None:
        """`idle_seconds` lie between two looks for something to do; `after_commit` is called after each step."""
        self._step = step
        self._pool = pool
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._after_commit = after_commit
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Return from `run` after the step at hand."""
        self._stopping.set()

    async def run(self) -> None:
        """Until stopped. A database that is away is waited for."""
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                async with transaction(self._pool) as conn:
                    more = await self._step(conn, self._clock.now())
            except Exception as error:
                if not is_transient(error):
                    raise
                pause = backoff.next()
                _log.warning("steps_wait", step=self._step.__name__, error=type(error).__name__, seconds=pause)
                await self._sleep(pause)
                continue
            backoff.reset()
            self._after_commit()
            if not more:
                await self._sleep(self._idle_seconds)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
