"""What the providers have received, and the receipts that are still to be given. State of one process, in memory only.

What always holds:
- a message taken is recorded, and its receipt is due, before its sender hears of it, as with a real provider: a sender
  that gives up waiting has sent all the same;
- a receipt is `waiting` until the receiver has answered it, and is counted as due from its instant on.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from rapport.clock import Clock
from rapport.contracts.vocabulary import Outcome
from rapport.testing.simulators.fate import Fate, Provider, derived_id, fate


class Mode(StrEnum):
    """How a provider answers now."""

    OK = "ok"
    SLOW = "slow"
    """Takes the message at once and answers `delay_s` later."""
    DOWN = "down"
    """Refuses everything; receipts for earlier messages still come."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What may be changed while the process runs."""

    mode: Mode = Mode.OK
    delay_s: float = 0.0
    """Real seconds, whatever the shared clock does."""
    failure_share: float = 0.0
    tells_late: bool = False
    """Takes messages to numbers that do not exist and says so in the receipt: what follows has its own instant."""


class ReceiptState(StrEnum):
    """How far a receipt has come."""

    WAITING = "waiting"
    TAKEN = "taken"
    REFUSED = "refused"


@dataclass(slots=True)
class Receipt:
    """What the provider tells of one message."""

    outcome_id: str
    reference: str
    outcome: Outcome
    at: datetime
    callback: str | None = None
    state: ReceiptState = ReceiptState.WAITING
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """One message that was taken."""

    provider: Provider
    reference: str
    message_id: str
    to: str
    text: str
    subject: str | None
    received_at: datetime
    receipt: Receipt


class Verdict(StrEnum):
    """Why a message was not taken."""

    BUSY = "busy"
    INVALID = "invalid"


@dataclass(slots=True)
class PostOffice:
    """Both providers' books."""

    clock: Clock
    seed: int
    behaviour: dict[Provider, Behaviour] = field(default_factory=lambda: {each: Behaviour() for each in Provider})
    _taken: dict[tuple[Provider, str], list[Message]] = field(default_factory=dict)
    refused: Counter[tuple[Provider, str]] = field(default_factory=Counter)
    """How often each reference was turned away, for whatever reason."""
    _busy: Counter[tuple[Provider, str]] = field(default_factory=Counter)
    _waiting: list[tuple[datetime, str, Receipt]] = field(default_factory=list)
    """A heap by instant and id."""
    _under_way: dict[str, Receipt] = field(default_factory=dict)

    def take(
        self,
        provider: Provider,
        reference: str,
        *,
        to: str,
        text: str,
        subject: str | None = None,
        callback: str | None = None,
    ) -> Message | Verdict:
        """Take a message and plan its receipt, or refuse it, as its fate and the provider's behaviour have it."""
        behaviour = self.behaviour[provider]
        course = fate(self.seed, provider, reference, behaviour.failure_share)
        if behaviour.tells_late and course.invalid:
            course = replace(course, invalid=False, delivered=False)
        place = provider, reference
        if verdict := self._verdict(place, course, behaviour.mode):
            self.refused[place] += 1
            return verdict
        copies = self._taken.setdefault(place, [])
        now = self.clock.now()
        receipt = Receipt(
            outcome_id=derived_id("rcp", provider, reference, len(copies) + 1),
            reference=reference,
            outcome=Outcome.DELIVERED if course.delivered else Outcome.FAILED,
            at=now + course.delay,
            callback=callback,
        )
        message_id = derived_id(provider, provider, reference, len(copies) + 1)
        message = Message(provider, reference, message_id, to, text, subject, now, receipt)
        copies.append(message)
        self._plan(receipt)
        return message

    def messages(self, reference: str | None = None) -> Iterator[Message]:
        """Everything taken, or what was taken for one reference, oldest first within a reference."""
        for (_, found), copies in self._taken.items():
            if reference in (None, found):
                yield from copies

    def due(self, now: datetime) -> int:
        """How many receipts should have been answered by `now` and are not."""
        late = sum(at <= now for at, _, _ in self._waiting) if self._waiting and self._waiting[0][0] <= now else 0
        return late + sum(receipt.at <= now for receipt in self._under_way.values())

    def next_at(self) -> datetime | None:
        """The instant of the earliest receipt that is not answered."""
        instants = [receipt.at for receipt in self._under_way.values()]
        if self._waiting:
            instants.append(self._waiting[0][0])
        return min(instants, default=None)

    def begin(self, limit: int) -> list[Receipt]:
        """Up to `limit` receipts whose instant has come, in order; each is under way until `finish`."""
        now = self.clock.now()
        found: list[Receipt] = []
        while len(found) < limit and self._waiting and self._waiting[0][0] <= now:
            receipt = heapq.heappop(self._waiting)[2]
            self._under_way[receipt.outcome_id] = receipt
            found.append(receipt)
        return found

    def finish(self, receipt: Receipt, state: ReceiptState) -> None:
        """Note the receiver's answer."""
        receipt.state = state
        self._under_way.pop(receipt.outcome_id, None)

    def _verdict(self, place: tuple[Provider, str], course: Fate, mode: Mode) -> Verdict | None:
        if mode is Mode.DOWN:
            return Verdict.BUSY
        if self._busy[place] < course.refusals:
            self._busy[place] += 1
            return Verdict.BUSY
        return Verdict.INVALID if course.invalid else None

    def _plan(self, receipt: Receipt) -> None:
        heapq.heappush(self._waiting, (receipt.at, receipt.outcome_id, receipt))
