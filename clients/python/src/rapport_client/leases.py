"""A contact in hand: fetched, held while the work lasts, reported or given back.

What always holds:
- while the block runs, the lease is renewed; what nobody reported goes back at its end, for others to fetch;
- once the contact is recalled, `recalled` is true, and the end of the block raises `ContactRecalled` unless a result
  was reported or another exception is on its way;
- nothing that renewing meets is lost: it is raised at the end of the block, or by `check`.
"""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Any, Literal

from rapport_client.generated.touchpoint import AsyncTouchpoint, LeaseContactsItems, OutcomeIn, Touchpoint
from rapport_client.problems import ContactRecalled, Problem, Unreachable

Channel = Literal["call", "branch"]


class _Held:
    """What both kinds of task know of the contact in hand."""

    def __init__(self, contact: LeaseContactsItems) -> None:
        self.contact = contact
        """As it was fetched: customer, offer with script, goal."""
        self.failure: Problem | None = None
        """What ended the lease, if anything has."""
        self.closed = False
        """Whether a result, or an answer to the recall, was reported: then there is nothing to give back."""

    @property
    def contact_id(self) -> str:
        """The contact."""
        return self.contact["contact_id"]

    @property
    def recalled(self) -> bool:
        """Whether it was taken back: stop."""
        return isinstance(self.failure, ContactRecalled)

    def check(self) -> None:
        """Ask this before each step that the customer notices; it costs nothing.

        Raises:
            ContactRecalled, LeaseLost: the contact is no longer yours.
        """
        if self.failure is not None:
            raise self.failure

    def end(self, error: Problem) -> None:
        """Note what ended the lease; the first counts."""
        if self.failure is None:
            self.failure = error


class Task(_Held):
    """A contact in hand, for code without `async`."""

    def __init__(self, touchpoint: Touchpoint, contact: LeaseContactsItems) -> None:
        super().__init__(contact)
        self._touchpoint = touchpoint

    def renew(self, seconds: int) -> None:
        """Hold it for so many seconds from now; also the question whether it still stands, for who heard of a recall.

        Raises:
            ContactRecalled, LeaseLost: the contact is no longer yours; from then on `check` says so, too.
        """
        try:
            self._touchpoint.renew_contact_lease(self.contact_id, {"seconds": seconds})
        except Problem as problem:
            if not self.closed:
                self.end(problem)
            raise

    def report(self, *outcomes: OutcomeIn) -> dict[str, Any]:
        """What came of it, in order; then it is no longer in hand. A contact recalled meanwhile may be reported, too:
        what has happened counts."""
        answer = self._touchpoint.report_contact_outcomes(self.contact_id, {"outcomes": list(outcomes)})
        self.closed = True
        return dict(answer)

    def answer_recall(self, answer: Literal["withdrawn", "too_late"]) -> None:
        """Say whether the recall came in time."""
        self._touchpoint.answer_contact_recall(self.contact_id, {"answer": answer})
        self.closed = True


class Lease:
    """`with client.lease("call") as task:`; the task is None when there is nothing to do."""

    def __init__(self, touchpoint: Touchpoint, channel: Channel, seconds: int, filters: dict[str, Any]) -> None:
        self._touchpoint = touchpoint
        self._channel: Channel = channel
        self._seconds = seconds
        self._filters = filters
        self._task: Task | None = None
        self._ends = threading.Event()
        self._renewing: threading.Thread | None = None

    def __enter__(self) -> Task | None:
        body: Any = {"limit": 1, "seconds": self._seconds, **self._filters}
        found = self._touchpoint.lease_contacts(self._channel, body)["items"]
        if found:
            self._task = Task(self._touchpoint, found[0])
            self._renewing = threading.Thread(target=self._renew, args=(self._task,), name="rapport-lease", daemon=True)
            self._renewing.start()
        return self._task

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is None or self._renewing is None:
            return
        self._ends.set()
        self._renewing.join()
        task = self._task
        if not task.closed and task.failure is None:
            try:
                self._touchpoint.return_contact_lease(task.contact_id)
            except Problem as problem:
                task.end(problem)
            except Unreachable:
                if error is None:
                    raise  # the lease lapses by itself
        if error is None and not task.closed:
            task.check()

    def _renew(self, task: Task) -> None:
        while not self._ends.wait(self._seconds / 3):
            try:
                task.renew(self._seconds)
            except Problem:
                return
            except Unreachable:
                continue  # the next attempt comes before the lease lapses, or finds it lost


class AsyncTask(_Held):
    """A contact in hand, for `async` code. `gone` is set when it is recalled or lost: await it beside the work."""

    def __init__(self, touchpoint: AsyncTouchpoint, contact: LeaseContactsItems) -> None:
        super().__init__(contact)
        self._touchpoint = touchpoint
        self.gone = asyncio.Event()

    async def renew(self, seconds: int) -> None:
        """See `Task.renew`."""
        try:
            await self._touchpoint.renew_contact_lease(self.contact_id, {"seconds": seconds})
        except Problem as problem:
            if not self.closed:
                self.end(problem)
            raise

    async def report(self, *outcomes: OutcomeIn) -> dict[str, Any]:
        """See `Task.report`."""
        answer = await self._touchpoint.report_contact_outcomes(self.contact_id, {"outcomes": list(outcomes)})
        self.closed = True
        return dict(answer)

    async def answer_recall(self, answer: Literal["withdrawn", "too_late"]) -> None:
        """See `Task.answer_recall`."""
        await self._touchpoint.answer_contact_recall(self.contact_id, {"answer": answer})
        self.closed = True

    def end(self, error: Problem) -> None:
        """See `Task.end`."""
        super().end(error)
        self.gone.set()


class AsyncLease:
    """`async with client.lease("call") as task:`; see `Lease`."""

    def __init__(self, touchpoint: AsyncTouchpoint, channel: Channel, seconds: int, filters: dict[str, Any]) -> None:
        self._touchpoint = touchpoint
        self._channel: Channel = channel
        self._seconds = seconds
        self._filters = filters
        self._task: AsyncTask | None = None
        self._renewing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> AsyncTask | None:
        body: Any = {"limit": 1, "seconds": self._seconds, **self._filters}
        found = (await self._touchpoint.lease_contacts(self._channel, body))["items"]
        if found:
            self._task = AsyncTask(self._touchpoint, found[0])
            self._renewing = asyncio.create_task(self._renew(self._task))
        return self._task

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is None or self._renewing is None:
            return
        self._renewing.cancel()
        await asyncio.gather(self._renewing, return_exceptions=True)
        task = self._task
        if not task.closed and task.failure is None:
            try:
                await self._touchpoint.return_contact_lease(task.contact_id)
            except Problem as problem:
                task.end(problem)
            except Unreachable:
                if error is None:
                    raise
        if error is None and not task.closed:
            task.check()

    async def _renew(self, task: AsyncTask) -> None:
        while True:
            await asyncio.sleep(self._seconds / 3)
            try:
                await task.renew(self._seconds)
            except Problem:
                return
            except Unreachable:
                continue
