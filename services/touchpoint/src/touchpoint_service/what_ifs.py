"""Works on what-ifs, in the touchpoint worker: takes the oldest job, lets processes of low priority replay its parts,
keeps what each has counted, and adds it up.

What always holds:
- one worker works on a job: it has raised the job's `attempt`, and whatever it writes names that number;
- what a part has counted is kept before the next one is given out, so the death of a worker costs at most the parts in
  hand; another takes the job up once the dead one has not been heard of for a while;
- the worker only hands out and adds up. The replay is in other processes, which end when it does.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
import structlog

from rapport.clock import Clock
from rapport.db import Pool, transaction
from rapport.messaging.retry import is_transient
from touchpoint_service.domain.what_if_tally import load, result_of
from touchpoint_service.handlers.what_ifs import plan_parts
from touchpoint_service.replaying import DATABASE, job_line, part_line
from touchpoint_service.repository import what_ifs
from touchpoint_service.settings import Settings

IDLE_SECONDS = 0.5
BEAT_SECONDS = 3.0
LINE_BYTES = 64 * 1024 * 1024
"""A part's counts are some kilobytes; an asyncio stream must be told how long a line may be."""

_log = structlog.get_logger()


class ReplayFailed(Exception):
    """A replaying process has ended before its part was done; what it said is in the log."""


class Lost(Exception):
    """The job is not ours any more: cancelled, or given to another worker."""


class WhatIfs:
    """A part of the worker that replays what-ifs one after the other."""

    def __init__(self, pool: Pool, settings: Settings, clock: Clock) -> None:
        self._pool = pool
        self._url = settings.database_url
        self._clock = clock
        self._processes = settings.what_if_processes
        self._part = settings.what_if_part
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Return from `run`; a job at hand is left to whoever comes next, with all parts that are done."""
        self._stopping.set()

    async def run(self) -> None:
        """Until stopped. A database that is away is waited for."""
        while not self._stopping.is_set():
            try:
                async with transaction(self._pool) as conn:
                    job = await what_ifs.claim(conn)
                if job is not None:
                    await self._work_on(job)
                    continue
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("what_ifs_wait_for_database", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), IDLE_SECONDS)

    async def _work_on(self, job: Any) -> None:
        """Do it to its end, or until it is not ours any more, or we are to stop."""
        what_if_id, attempt = job["what_if_id"], job["attempt"]
        if attempt > what_ifs.MOST_ATTEMPTS:
            await self._finish(job, error="every worker that took it up has ended")
            return
        working = asyncio.create_task(self._replay(job))
        beating = asyncio.create_task(self._beat(what_if_id, attempt))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({working, beating, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (working, beating, stopping):
            if not task.done():
                task.cancel()
        error, *_ = await asyncio.gather(working, beating, stopping, return_exceptions=True)
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, asyncio.CancelledError):
            if self._stopping.is_set():
                async with self._pool.acquire() as conn:
                    await what_ifs.leave(conn, what_if_id, attempt)
        elif isinstance(error, ReplayFailed):
            _log.error("what_if_failed", what_if_id=what_if_id)
            await self._finish(job, error="the replay has failed; its log says why")
        elif isinstance(error, BaseException) and not isinstance(error, Lost):
            raise error

    async def _beat(self, what_if_id: str, attempt: int) -> None:
        """Return when the job is not ours any more."""
        ours = True
        while ours:
            await asyncio.sleep(BEAT_SECONDS)
            async with self._pool.acquire() as conn:
                ours = await what_ifs.beat(conn, what_if_id, attempt)

    async def _replay(self, job: Any) -> None:
        what_if_id = job["what_if_id"]
        async with transaction(self._pool) as conn:
            await plan_parts(conn, job, self._part)
        async with self._pool.acquire() as conn:
            _, asked = await what_ifs.audience(conn, what_if_id)
            parts = await what_ifs.open_parts(conn, what_if_id)
        waiting = iter(parts)
        planned = job["planned"]
        head = job_line(dict(job) | {"planned": None if planned is None else planned | {"customers": asked}})
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._processes, len(parts))):
                group.create_task(self._process(job, head, waiting))
        await self._finish(job)

    async def _process(self, job: Any, head: bytes, waiting: Any) -> None:
        """Let one process do parts until none is left."""
        async with _started(self._url) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(head)
            for part in waiting:
                process.stdin.write(part_line(part["after"], part["upto"]))
                line = await process.stdout.readline()
                if not line.endswith(b"\n"):
                    raise ReplayFailed
                async with self._pool.acquire() as conn:
                    tally = orjson.loads(line)
                    if not await what_ifs.finish_part(conn, job["what_if_id"], job["attempt"], part["number"], tally):
                        raise Lost

    async def _finish(self, job: Any, error: str | None = None) -> None:
        async with transaction(self._pool) as conn:
            result = None
            if error is None:
                result = result_of(load(await what_ifs.tallies(conn, job["what_if_id"])))
            now = self._clock.now()
            await what_ifs.finish(conn, job["what_if_id"], job["attempt"], now, result=result, error=error)


@asynccontextmanager
async def _started(url: str) -> AsyncIterator[Process]:
    """A replaying process; it is gone afterwards."""
    command = (sys.executable, "-m", "touchpoint_service.replaying")
    environment = {**os.environ, DATABASE: url}
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=environment, limit=LINE_BYTES)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
