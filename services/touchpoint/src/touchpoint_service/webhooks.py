"""Sends to webhooks what is queued for them: a part of the touchpoint worker. Any number of workers may do so at once.

What always holds:
- an event is posted outside any transaction, under a lease; a worker that dies leaves it due again when the lease ends,
  under the same id, so it arrives at least once;
- each endpoint has its own requests under way, and its own share of what is taken from the queue: one that is slow, or
  away, holds up no other;
- what came of attempts is written in bulk, in short transactions.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import structlog
from prometheus_client import Counter

from rapport.clock import Clock
from rapport.db import DRIVER_ERRORS, Pool, transaction
from rapport.messaging.retry import is_transient
from rapport.sealing import Unreadable
from touchpoint_service.domain.addresses import networks
from touchpoint_service.domain.retries import GONE, next_try
from touchpoint_service.domain.subscriptions import event_body
from touchpoint_service.handlers.deliveries import Outcome, settle
from touchpoint_service.handlers.webhooks import rfc3339, sealing_key, signing_secrets
from touchpoint_service.posting import Addresses, Answer, Endpoint
from touchpoint_service.repository import deliveries, webhooks
from touchpoint_service.repository.deliveries import Settled
from touchpoint_service.settings import Settings

LEASE_SECONDS = 120
"""Longer than two posts that both take the longest time; after a crash an event waits so long."""
_IDLE_SECONDS = 0.1
_REFRESH_SECONDS = 1.0
_TOGETHER = 500
_WAIT_SECONDS = 1.0
_LEAVE_SECONDS = 5.0

_log = structlog.get_logger()
_attempts = Counter("rapport_webhook_attempts", "Posts to webhooks, by what came of them", ["outcome"])


@dataclass(slots=True, eq=False)
class _Line:
    """What goes to one webhook: its endpoint, and how much of it is in hand."""

    revision: int
    endpoint: Endpoint
    slots: asyncio.Semaphore
    failing: bool
    signs_until: str | None
    held: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class Deliverer:
    """Takes what is due, posts it, and notes what came of it."""

    def __init__(self, pool: Pool, settings: Settings, clock: Clock) -> None:
        """Prepare; `run` delivers."""
        self._pool = pool
        self._clock = clock
        self._settings = settings
        self._key = sealing_key(settings.webhook_key)
        self._addresses = Addresses(networks(settings.webhook_allowed_networks))
        self._context = httpx2.create_ssl_context(trust_env=False)
        self._lease: UUID = uuid4()
        self._lines: dict[str, _Line] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._unreadable: set[tuple[str, int]] = set()
        self._refreshed = float("-inf")
        self._ended: list[Outcome] = []
        self._unsent: list[int] = []
        self._wake = asyncio.Event()
        self._written = asyncio.Event()
        self._stopping = False
        self._dice = random.Random()

    def stop(self) -> None:
        """Return from `run` after the posts under way."""
        self._stopping = True
        self._wake.set()
        self._written.set()

    async def run(self) -> None:
        """Until stopped. A database that is away is waited for."""
        writing = asyncio.create_task(self._write())
        try:
            while not self._stopping:
                if writing.done():
                    writing.result()  # it ends early by an error only
                try:
                    taken = await self._take()
                except Exception as error:
                    if not is_transient(error):
                        raise
                    _log.warning("webhooks_wait_for_database", error=type(error).__name__)
                    await asyncio.sleep(_WAIT_SECONDS)
                    continue
                if not taken:
                    self._wake.clear()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_IDLE_SECONDS):
                            await self._wake.wait()
            await self._finish()
        finally:
            self._stopping = True
            self._written.set()
            await asyncio.gather(writing, return_exceptions=True)
            await asyncio.gather(*(line.endpoint.close() for line in self._lines.values()), return_exceptions=True)
        writing.result()
        with suppress(*DRIVER_ERRORS):  # else it is due when the lease ends
            await deliveries.give_back(self._pool, self._lease, self._unsent, self._clock.now())

    async def _finish(self) -> None:
        """Let the posts under way end, for a moment; what is cut off is sent again, under its id."""
        under_way = {task for line in self._lines.values() for task in line.tasks} | self._retiring
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=_LEAVE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _take(self) -> int:
        """Hand what is due to the lines that have room; how much it was."""
        now = self._clock.now()
        if time.monotonic() - self._refreshed >= _REFRESH_SECONDS:
            await self._refresh()
        both = 2 * self._settings.webhook_concurrency  # a second for each under way: it begins without waiting for us
        room = [(webhook_id, both - line.held) for webhook_id, line in self._lines.items()]
        if not room:
            return 0
        async with transaction(self._pool) as conn:
            rows = await deliveries.lease(conn, room, self._lease, now, now + timedelta(seconds=LEASE_SECONDS))
        until = time.monotonic() + LEASE_SECONDS - self._settings.webhook_timeout_seconds
        for row in rows:
            line = self._lines.get(row["webhook_id"])
            if line is None:  # so new that it was not there at the refresh; a moment later it is
                await deliveries.give_back(self._pool, self._lease, [row["number"]], now)
                self._refreshed = float("-inf")
                continue
            line.held += 1
            task = asyncio.create_task(self._deliver(line, row, until))
            line.tasks.add(task)
            task.add_done_callback(line.tasks.discard)
        return len(rows)

    async def _refresh(self) -> None:
        """Follow what was changed about webhooks. One whose secret or URL is another gets a new endpoint."""
        rows = {row["webhook_id"]: row for row in await webhooks.every(self._pool)}
        now = self._clock.now().isoformat()
        for webhook_id, row in rows.items():
            line = self._lines.get(webhook_id)
            if line is None or line.revision != row["revision"] or _passed(line.signs_until, now):
                self._retire(webhook_id)
                try:
                    self._lines[webhook_id] = line = self._line(row, line)
                except Unreadable:
                    if (webhook_id, row["revision"]) not in self._unreadable:
                        self._unreadable.add((webhook_id, row["revision"]))
                        _log.error("webhook_secret_unreadable", webhook_id=webhook_id)  # the others go on
                    continue
            line.failing = row["failing_since"] is not None
        for webhook_id in self._lines.keys() - rows.keys():
            self._retire(webhook_id)
        self._refreshed = time.monotonic()

    def _retire(self, webhook_id: str) -> None:
        """Use this endpoint no more; its connections end when what is under way has ended."""
        line = self._lines.pop(webhook_id, None)
        if line is not None:
            task = asyncio.create_task(_close_when_idle(line))
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    def _line(self, row: Any, before: _Line | None) -> _Line:
        secrets = signing_secrets(row, self._key, self._clock.now())
        endpoint = Endpoint(row["url"], secrets, self._addresses, self._context, self._settings.webhook_timeout_seconds)
        slots = asyncio.Semaphore(self._settings.webhook_concurrency) if before is None else before.slots
        ends = [each["until"] for each in row["secrets"] if each["until"] is not None]
        return _Line(row["revision"], endpoint, slots, row["failing_since"] is not None, min(ends, default=None))

    async def _deliver(self, line: _Line, row: Any, until: float) -> None:
        """One attempt."""
        try:
            async with line.slots:
                if self._stopping or time.monotonic() >= until:
                    self._unsent.append(row["number"])
                    return
                if row["body"] is None and row["data"] is None:
                    # The customer was erased just now, and mostly this delivery with them.
                    gone = Settled(row["number"], self._lease, "dead", None, "not on the timeline", None)
                    self._ended.append(Outcome(row["webhook_id"], gone, counts=False))
                    self._written.set()
                    return
                answer = await line.endpoint.post(row["event_id"], _body(row))
            self._ended.append(self._outcome(row, answer))
            self._written.set()
        except asyncio.CancelledError:
            self._unsent.append(row["number"])
            raise
        finally:
            line.held -= 1

    def _outcome(self, row: Any, answer: Answer) -> Outcome:
        ping = row["customer_id"] is None
        again = None
        if answer.is_delivered:
            state = "delivered"
        else:
            state = "dead"
            if not ping and answer.status != GONE:
                now = self._clock.now()
                again = next_try(row["queued_at"], now, row["attempts"], self._dice.random(), answer.retry_after)
                state = "dead" if again is None else "due"
        _attempts.labels(state).inc()
        settled = Settled(row["number"], self._lease, state, answer.status, answer.error, again)
        return Outcome(row["webhook_id"], settled, not ping)

    async def _write(self) -> None:
        """Write down what came of attempts, as it comes, until stopped and all is written."""
        while self._ended or not self._stopping or self._retiring or any(line.tasks for line in self._lines.values()):
            if not self._ended:
                self._written.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_WAIT_SECONDS):
                        await self._written.wait()
                continue
            ended, self._ended = self._ended[:_TOGETHER], self._ended[_TOGETHER:]
            failing = frozenset(webhook_id for webhook_id, line in self._lines.items() if line.failing)
            try:
                async with transaction(self._pool) as conn:
                    disabled = await settle(conn, ended, failing, self._clock.now())
            except Exception as error:
                if not is_transient(error):
                    raise
                if self._stopping:
                    return  # what came of these is not known to anybody: they are sent again
                self._ended = ended + self._ended
                _log.warning("webhooks_wait_for_database", error=type(error).__name__)
                await asyncio.sleep(_WAIT_SECONDS)
                continue
            for outcome in ended:
                if outcome.counts and outcome.settled.state != "delivered" and outcome.webhook_id in self._lines:
                    self._lines[outcome.webhook_id].failing = True
            for webhook_id in disabled:
                _log.warning("webhook_disabled", webhook_id=webhook_id)
            self._wake.set()


def _body(row: Any) -> str:
    if row["body"] is not None:
        return str(row["body"])
    return event_body(row["event_id"], row["type"], rfc3339(row["at"]), row["data"].encode()).decode()


def _passed(until: str | None, now: str) -> bool:
    return until is not None and until <= now


async def _close_when_idle(line: _Line) -> None:
    await asyncio.gather(*line.tasks, return_exceptions=True)
    await line.endpoint.close()
