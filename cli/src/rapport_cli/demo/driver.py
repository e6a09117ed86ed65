"""Drives the month: moves the clock, lets customers and agents act, and waits until that is worked through.

What always holds: nobody else moves the clock, and whoever acts finds a settled system, so the same seed gives the
same month. A wave of a campaign has an instant of its own: what was due before it is decided before it. So have the
receipts of messages: what a failed one gives back, and what else is due, never come at one instant, in any order.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2

from rapport.clock import SteppedClock
from rapport.testing.settle import Settler, next_receipt, providers_quiet
from rapport.testing.system import Running
from rapport_cli.demo import intake, plans, scenes
from rapport_cli.demo.behaviour import Behaviour, Visit
from rapport_cli.demo.chance import Chance
from rapport_cli.demo.channels import Channels
from rapport_cli.demo.watch import Watch
from rapport_cli.demo.world import people
from rapport_cli.desk import Desk
from rapport_cli.replay.wire import Post

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday. In the thirty days that follow, clocks change in America (8 March) and in Europe (29 March)."""

HOURS = (1, 7, 10, 13, 17)
"""Hours of a day, in UTC, in which something happens: daytime somewhere between Shanghai and Los Angeles."""

_SETTLE_SECONDS = 120.0
_BEFORE = timedelta(microseconds=1)
_NEVER = datetime.max.replace(tzinfo=UTC)
_SOURCE = "demo"
_TOPICS = ("channel.events", "channel.customers")


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a run is, and which one."""

    seed: int = 1
    customers: int = 5000
    days: int = 30


@dataclass(frozen=True, slots=True)
class Stage:
    """A running system, and all that the demo holds of it."""

    clock: SteppedClock
    desk: Desk
    watch: Watch
    post: Post
    settler: Settler
    receipt_due: Callable[[], Awaitable[datetime | None]]
    """When the next receipt of a message comes."""
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """How long each kind of work took."""

    async def settle(self) -> None:
        """Return when the system has worked everything through and the watch has seen it."""
        with self.clocked("settling"):
            await self.settler.settle(self.clock.now())
            await self.watch.catch_up()

    async def move(self, to: datetime) -> None:
        """Move the clock, and let the system do what becomes due meanwhile: receipts and all else in turns."""
        while (now := self.clock.now()) < to:
            with self.clocked("looking ahead"):
                receipt, due = await self.receipt_due() or _NEVER, await self.settler.next_due(now) or _NEVER
            later = max(receipt, due)
            self.clock.move_to(min(to, later - _BEFORE if receipt != due else later))
            await self.settle()

    @contextmanager
    def clocked(self, what: str) -> Iterator[None]:
        """Add the time spent inside to a kind of work."""
        began = time.monotonic()
        yield
        self.seconds[what] += time.monotonic() - began


@asynccontextmanager
async def on_stage(running: Running, clock: SteppedClock) -> AsyncIterator[Stage]:
    """Connect to a running system."""
    bootstrap = running.endpoints.kafka_bootstrap
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        providers = providers_quiet(client, running.urls["simulators"], clock)
        settler = Settler(running.databases, bootstrap, extra=[providers], timeout=_SETTLE_SECONDS)
        async with settler, Desk(running) as desk, Watch(bootstrap) as watch, Post(bootstrap, _SOURCE) as post:
            for topic in _TOPICS:
                await post.partitions(topic)
            yield Stage(clock, desk, watch, post, settler, lambda: next_receipt(client, running.urls["simulators"]))


async def found(stage: Stage, scale: Scale, progress: Callable[[int], None]) -> tuple[Behaviour, int]:
    """Bring in the customers and put offers and policy in force: the customers, and how many rows were rejected."""
    inhabitants = people(scale.seed, scale.customers, START.date())
    with stage.clocked("importing"):
        state = await intake.hand_in_file(stage.desk, inhabitants, progress)
    await plans.publish_offers(stage.desk)
    await plans.approve_policy(stage.desk, plans.POLICY)
    await stage.settle()
    await intake.report_contracts(stage.post, inhabitants, stage.clock.now())
    await stage.settle()
    await intake.list_do_not_call(stage.desk, inhabitants)
    await scenes.open_scenes(stage.desk)
    await stage.settle()
    return Behaviour(Chance(scale.seed), inhabitants), state["rejected"]


class Month:
    """The time that the demo plays."""

    def __init__(self, stage: Stage, scale: Scale, behaviour: Behaviour) -> None:
        self._stage = stage
        self._scale = scale
        self._behaviour = behaviour
        self._chance = Chance(scale.seed)
        self._channels = Channels(stage.desk, stage.post, stage.watch.tally, behaviour)
        self._plans = plans.campaigns(START, scale.days, scale.customers)
        self._wave: datetime | None = None
        self._soon: dict[str, Visit] = {}
        """Who comes to the web shop at the next step, because a message reached them."""

    async def play(self, progress: Callable[[datetime], None]) -> None:
        """From the start of the campaigns to their end."""
        await plans.start_campaigns(self._stage.desk, self._plans)
        await self._stage.settle()
        await self._look_for_wave()
        for day in range(self._scale.days):
            instants = self._instants(day)
            for at, visits in zip(instants, self._behaviour.visits(day, instants), strict=True):
                await self._advance(at)
                if at == self._instants(0)[0]:
                    await scenes.play(self._stage.desk, self._stage.settle, scenes.patience(at))
                await self._step({visit.customer.customer_id: visit for visit in visits}, at)
                progress(at)
        end = START + timedelta(days=self._scale.days)
        await self._advance(end - _BEFORE)
        await self._stage.move(end)
        progress(end)

    def _instants(self, day: int) -> list[datetime]:
        """The steps of a day; no two days have them at the same minutes."""
        midnight = START + timedelta(days=day)
        return [
            midnight + timedelta(hours=hour, minutes=self._chance.whole(4, 56, "minute", day, hour)) for hour in HOURS
        ]

    async def _advance(self, to: datetime) -> None:
        while self._wave is not None and self._wave <= to:
            await self._stage.move(self._wave - _BEFORE)
            await self._stage.move(self._wave)
            await self._look_for_wave()
        await self._stage.move(to)

    async def _look_for_wave(self) -> None:
        self._wave = await plans.next_wave(self._stage.desk, self._plans)

    async def _step(self, visits: dict[str, Visit], now: datetime) -> None:
        """Tasks are fetched, customers turn up, and what of the tasks is still wanted then is done."""
        with self._stage.clocked("fetching"):
            fetched = await self._channels.fetch_tasks()
        visits = self._soon | self._met(fetched) | visits
        self._soon = self._brought_by_messages()
        if visits:
            with self._stage.clocked("visits"):
                await self._channels.receive(visits.values(), now)
            await self._stage.settle()
        if fetched:
            with self._stage.clocked("calls and to-dos"):
                await self._channels.work(now)
            await self._stage.settle()

    def _met(self, tasks: Sequence[tuple[str, str]]) -> dict[str, Visit]:
        """Customers who are in the web shop while an agent prepares to ring them up."""
        return {
            customer_id: Visit(self._behaviour.people[customer_id], "web", f"meets.{request_id}")
            for customer_id, request_id in tasks
            if self._behaviour.meets(request_id)
        }

    def _brought_by_messages(self) -> dict[str, Visit]:
        """Customers who will look at the web shop because an SMS or e-mail has reached them."""
        return {
            customer_id: Visit(self._behaviour.people[customer_id], "web", f"message.{request_id}")
            for customer_id, request_id in self._stage.watch.tally.messages_reached()
            if customer_id in self._behaviour.people and self._behaviour.follows(request_id)
        }
