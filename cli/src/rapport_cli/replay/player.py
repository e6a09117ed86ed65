"""Plays a log: asks for each of its contacts, carries out those that are released, and reports what the log says.

It plays two outside systems at once. The *planner* asks for the next contact of a customer when its time has come: at
the date that the log gives, else a gap after the outcome of the one before. The *dialer* carries out what the gate has
released and reports the outcome at once. Both learn everything from `touchpoint.contacts`.

What always holds:
- a customer's next contact is asked for only when the one before has an outcome, or will never have one;
- where the log has no dates, a contact that will never be released ends the customer's contacts: what was to follow its
  outcome cannot follow;
- the clock moves only when everything asked for and reported is answered and the system is quiet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from heapq import heappop, heappush
from typing import Any

from rapport.clock import SteppedClock
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.channel import OutcomeReported
from rapport.contracts.touchpoint import (
    ContactDeferred,
    ContactDelivered,
    ContactExpired,
    ContactReleased,
    ContactResponded,
    ContactSuppressed,
)
from rapport.testing.settle import Settler
from rapport_cli.replay.facts import Facts
from rapport_cli.replay.log import Customer
from rapport_cli.replay.mapping import LogMapping
from rapport_cli.replay.wire import Feed, Post, Said

STALLED_SECONDS = 120.0
"""Without a word from the system for so long while something is owed, the replay gives up."""

_READ_SECONDS = 0.05
_ASK_AT_ONCE = 5000
"""Customers per batch of requests: small enough that the gate begins while the rest is packed."""


class Stalled(RuntimeError):
    """The system does not answer any more; the message says what is owed."""


Progress = Callable[[datetime, int, int], None]
"""Told the instant, how many contacts of the log are dealt with, and how many of all there are."""


class _Agenda:
    """Who is to be asked for next, and when."""

    def __init__(self) -> None:
        self._instants: list[datetime] = []
        self._due: dict[datetime, list[int]] = {}

    def add(self, at: datetime, *numbers: int) -> None:
        """Look at these customers at an instant; with none, just stop there."""
        if at not in self._due:
            self._due[at] = []
            heappush(self._instants, at)
        self._due[at] += numbers

    def next(self) -> datetime | None:
        """The earliest instant, left in place."""
        return self._instants[0] if self._instants else None

    def take(self, now: datetime) -> list[int]:
        """Everybody who is due by now."""
        found: list[int] = []
        while self._instants and self._instants[0] <= now:
            found += self._due.pop(heappop(self._instants))
        return found


class Player:
    """Plays the customers of one log."""

    def __init__(
        self,
        customers: Sequence[Customer],
        mapping: LogMapping,
        clock: SteppedClock,
        ends_at: datetime,
        facts: Facts,
        progress: Progress = lambda *_: None,
    ) -> None:
        """`ends_at` is the end of the plan: what stays open beside the log's contacts stays until then."""
        self._customers = customers
        self._mapping = mapping
        self._clock = clock
        self._facts = facts
        self._progress = progress
        self._agenda = _Agenda()
        self._step = [0] * len(customers)
        self._owed: dict[str, int] = {}
        """Requests without a decision and outcomes without an echo, by id: the customer's number."""
        self._waits: dict[str, int] = {}
        """Requests that the gate has deferred."""
        self._total = sum(len(customer.contacts) for customer in customers)
        self._done = 0
        campaign = mapping.campaign
        self._wish: dict[str, Any] = {
            "purpose": campaign.purpose,
            "category": campaign.category,
            "contact_class": campaign.contact_class,
            "goal": campaign.goal,
            "campaign_id": campaign.id,
            "offer_id": campaign.offer,
        }
        self._ends_at = ends_at.isoformat()

    async def play(self, post: Post, feed: Feed, settler: Settler) -> None:
        """Play everything.

        Raises:
            Stalled: the system does not answer.
            NotQuiet: it does not come to rest.
        """
        for written in (ContactRequested, OutcomeReported):
            await post.partitions(written.topic)
        for number, customer in enumerate(self._customers):
            self._agenda.add(customer.contacts[0].at or self._mapping.start, number)
        while (instant := self._agenda.next()) is not None:
            now = max(instant, self._clock.now())
            self._clock.move_to(now)
            await self._play_instant(now, post, feed, settler)

    async def _play_instant(self, now: datetime, post: Post, feed: Feed, settler: Settler) -> None:
        """Until nothing more can happen at this instant."""
        while True:
            due = self._agenda.take(now)
            for begin in range(0, len(due), _ASK_AT_ONCE):
                self._ask(due[begin : begin + _ASK_AT_ONCE], now, post)
                await post.send()
            silent = 0.0
            while self._owed:
                silent = 0.0 if await self._listen(now, post, feed) else silent + _READ_SECONDS
                if silent >= STALLED_SECONDS:
                    raise Stalled(self._what_is_owed())
            if self._due(now):
                continue
            await settler.settle(now)
            while not await feed.at_end():
                await self._listen(now, post, feed)
            if not self._owed and not self._due(now):
                return

    def _due(self, now: datetime) -> bool:
        instant = self._agenda.next()
        return instant is not None and instant <= now

    async def _listen(self, now: datetime, post: Post, feed: Feed) -> bool:
        """Take what the system says and report what follows; whether it said anything."""
        said = await feed.read(_READ_SECONDS)
        for entry in said:
            if self._facts.take(entry):
                self._hear(entry, now, post)
        if said:
            await post.send()
            self._progress(now, self._done, self._total)
        return bool(said)

    def _ask(self, numbers: Iterable[int], now: datetime, post: Post) -> None:
        """Request the next contact of each customer; before the first one, what stays open beside it."""
        at = now.isoformat()
        expires_at = (now + self._mapping.lifetime).isoformat()
        for number in numbers:
            step = self._step[number]
            if not step:
                for channel in self._mapping.also_open:
                    self._request(number, channel, channel, at, self._ends_at, post)
            self._request(number, self._mapping.channel, f"{step + 1}", at, expires_at, post)

    def _request(self, number: int, channel: str, name: str, at: str, expires_at: str, post: Post) -> None:
        customer_id = self._customers[number].customer_id
        request_id = f"{customer_id}.{name}"
        self._owed[request_id] = number
        body = {
            "request_id": request_id,
            "customer_id": customer_id,
            "channels": (channel,),
            "at": at,
            "expires_at": expires_at,
            **self._wish,
        }
        post.put(ContactRequested, customer_id, request_id, at, body)

    def _hear(self, entry: Said, now: datetime, post: Post) -> None:
        kind, body = entry
        if kind in _ANSWERED:
            number = self._owed.pop(body["outcome_id"], None)
            if number is not None:
                self._go_on(number, now, alive=True)
            return
        if kind not in _DECIDED:
            return
        request_id = body.get("request_id", "")
        number = self._owed.pop(request_id, None)
        if number is None:
            number = self._waits.pop(request_id, None)
        if number is None:
            return
        if kind == ContactDeferred.event_type:
            self._waits[request_id] = number
            self._agenda.add(datetime.fromisoformat(body["retry_at"]))
        elif request_id == self._asked(number):
            if kind == ContactReleased.event_type:
                self._report(number, body["contact_id"], now, post)
            else:
                self._go_on(number, now, alive=False)

    def _asked(self, number: int) -> str:
        return f"{self._customers[number].customer_id}.{self._step[number] + 1}"

    def _report(self, number: int, contact_id: str, now: datetime, post: Post) -> None:
        """The contact is carried out: what the log says came of it."""
        customer = self._customers[number]
        outcome_id = f"{self._asked(number)}.outcome"
        self._owed[outcome_id] = number
        at = now.isoformat()
        body = {
            "outcome_id": outcome_id,
            "customer_id": customer.customer_id,
            "contact_id": contact_id,
            "outcome": customer.contacts[self._step[number]].outcome,
            "at": at,
        }
        post.put(OutcomeReported, customer.customer_id, outcome_id, at, body)

    def _go_on(self, number: int, now: datetime, *, alive: bool) -> None:
        """The contact is dealt with; note when the next one is due."""
        contacts = self._customers[number].contacts
        self._step[number] += 1
        self._done += 1
        if self._step[number] == len(contacts):
            return
        dated = contacts[self._step[number]].at
        if dated is not None:
            self._agenda.add(max(dated, now), number)
        elif alive:
            self._agenda.add(now + self._mapping.gap, number)
        else:
            self._done += len(contacts) - self._step[number]

    def _what_is_owed(self) -> str:
        kinds: dict[str, int] = defaultdict(int)
        for name in self._owed:
            kinds["outcomes without an entry" if name.endswith(".outcome") else "requests without a decision"] += 1
        told = " and ".join(f"{count:,} {kind}" for kind, count in kinds.items())
        return (
            f"nothing came from the system for {STALLED_SECONDS:g} s, and there are {told}, such as "
            f"{next(iter(self._owed))}. Look into the logs of the workers, and at `rapport dlq`."
        )


_ANSWERED = frozenset((ContactDelivered.event_type, ContactResponded.event_type))
_DECIDED = frozenset(kind.event_type for kind in (ContactReleased, ContactSuppressed, ContactDeferred, ContactExpired))
