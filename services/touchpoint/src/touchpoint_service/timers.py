"""What is due by the clock: waiting requests, contacts that expire, leases that lapse, recalls that a stop left behind
or that nobody answers, promises of work orders, and telling that a policy came into force.

Each kind is a short transaction over at most `PAGE` rows, repeated while there are more. A row is looked at again once
its customer is locked, so two workers, or a timer and an outcome, may find the same row and nothing happens twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from rapport.clock import Clock, to_micros
from rapport.contracts.vocabulary import Reason
from rapport.db import Pool, transaction
from rapport.messaging.retry import is_transient
from touchpoint_service.handlers.contacts import expire_contacts, recall
from touchpoint_service.handlers.gate import Gate
from touchpoint_service.handlers.policies import announce_activations
from touchpoint_service.handlers.recalls import miss_answers
from touchpoint_service.handlers.work_orders import ring
from touchpoint_service.repository import queues, recalls, work_orders
from touchpoint_service.repository.work import Work

PAGE = 500
IDLE_SECONDS = 0.01
"""How long to rest when nothing was due: on a machine that is not overloaded a deferral is at most this much late."""

IDLE_SHARE = 10
"""Rest at least this many times as long as looking took, so that looking never takes more than a tenth of the time."""

_log = structlog.get_logger()


class Timers:
    """Looks after what is due for the customers of the partitions that this worker owns."""

    def __init__(self, pool: Pool, clock: Clock, gate: Gate, owned: Callable[[], frozenset[int]]) -> None:
        self._pool = pool
        self._clock = clock
        self._gate = gate
        self._owned = owned
        self._stopping = False

    def stop(self) -> None:
        """Return from `run` after the transaction at hand."""
        self._stopping = True

    async def run(self) -> None:
        """Until stopped. A database that is away is waited for."""
        while not self._stopping:
            began = time.monotonic()
            try:
                busy = await self.once()
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("timers_wait_for_database", error=type(error).__name__)
                await asyncio.sleep(1)
                continue
            if not busy:
                await asyncio.sleep(max(IDLE_SECONDS, IDLE_SHARE * (time.monotonic() - began)))

    async def once(self) -> bool:
        """Do one page of each kind that is due; whether anything was."""
        due = await queues.what_is_due(self._pool, self._clock.now(), sorted(self._owned()))
        steps: dict[str, Callable[[], Awaitable[int]]] = {
            "recalls": self._recalls,
            "wakes": self._wakes,
            "requests": self._requests,
            "leases": self._leases,
            "expiries": self._expiries,
            "activations": self._activations,
            "unanswered": self._unanswered,
            "alarms": self._alarms,
        }
        return any([await step() > 0 for kind, step in steps.items() if due[kind]])

    async def _requests(self) -> int:
        due = await queues.due_customers(self._pool, self._clock.now(), sorted(self._owned()), PAGE)
        if due:
            async with transaction(self._pool) as conn:
                work = Work(conn, to_micros(self._clock.now()))
                await work.lock(due)
                await self._gate.decide(work)
                await work.flush()
        return len(due)

    async def _wakes(self) -> int:
        async with transaction(self._pool) as conn:
            woken = await queues.take_wakes(conn, PAGE)
            work = Work(conn, to_micros(self._clock.now()))
            await work.lock(woken)
            await self._gate.decide(work)
            await work.flush()
        return len(woken)

    async def _leases(self) -> int:
        return await queues.lapse_leases(self._pool, self._clock.now())

    async def _expiries(self) -> int:
        due = await queues.expiring_contacts(self._pool, self._clock.now(), PAGE)
        if due:
            async with transaction(self._pool) as conn:
                work = Work(conn, to_micros(self._clock.now()))
                await work.lock(customer for _, customer in due)
                await expire_contacts(work, self._gate, [contact for contact, _ in due])
                await work.flush()
        return len(due)

    async def _activations(self) -> int:
        async with transaction(self._pool) as conn:
            return await announce_activations(conn, self._clock.now())

    async def _recalls(self) -> int:
        due = await queues.recalls_due(self._pool, PAGE)
        if due:
            async with transaction(self._pool) as conn:
                work = Work(conn, to_micros(self._clock.now()))
                await work.lock(row["customer_id"] for row in due)
                contacts = await work.contacts(row["contact_id"] for row in due)
                for row in due:
                    if row["contact_id"] in contacts:
                        recall(
                            work,
                            contacts[row["contact_id"]],
                            Reason(row["reason"]),
                            caused_by=row["caused_by"],
                            answer_within=self._gate.answer_within,
                        )
                await queues.recalls_done(conn, [row["contact_id"] for row in due])
                await work.flush()
        return len(due)

    async def _unanswered(self) -> int:
        due = await recalls.overdue(self._pool, self._clock.now(), PAGE)
        if due:
            async with transaction(self._pool) as conn:
                work = Work(conn, to_micros(self._clock.now()))
                await work.lock(customer for _, customer in due)
                await miss_answers(work, [contact for contact, _ in due])
                await work.flush()
        return len(due)

    async def _alarms(self) -> int:
        due = await work_orders.due_alarms(self._pool, self._clock.now(), PAGE)
        if due:
            async with transaction(self._pool) as conn:
                work = Work(conn, to_micros(self._clock.now()))
                await work.lock(customer for _, customer in due)
                await ring(work, [order for order, _ in due])
                await work.flush()
        return len(due)
