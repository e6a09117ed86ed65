"""A replay from start to end: read the log, start the system, bring everything in, play, check, report."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from rapport.clock import SteppedClock
from rapport.contracts.touchpoint import TimelineEvent
from rapport.testing.parts import Options
from rapport.testing.settle import Settler
from rapport.testing.system import Running, System
from rapport_cli.checker import Findings, check
from rapport_cli.desk import Desk
from rapport_cli.replay import setting
from rapport_cli.replay.facts import Cap, Facts
from rapport_cli.replay.figures import panels_of, report_of
from rapport_cli.replay.log import Customer, Log, Reject, read_log
from rapport_cli.replay.mapping import LogMapping
from rapport_cli.replay.player import Player
from rapport_cli.replay.wire import Feed, Post
from rapport_cli.report import Report, write

SETTLE_SECONDS = 300.0
"""A whole log of customers may be on its way to three replicas at once."""

_SOURCE = "replay"


class NothingToReplay(ValueError):
    """Not one row of the log could be taken."""


@dataclass(slots=True)
class Stage:
    """What is shown while it runs, and how long each phase took."""

    bars: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str, total: float | None = None) -> Iterator[TaskID]:
        """A bar for a phase of the run."""
        bar = self.bars.add_task(name, total=total)
        began = time.monotonic()
        yield bar
        self.seconds[name] = round(time.monotonic() - began, 1)
        end = total if total is not None else 1
        self.bars.update(bar, total=end, completed=end)


def run_replay(into: Path, console: Console, *, log: Path, mapping: LogMapping) -> Report:
    """Replay `log` on a fresh system of its own, and write report and rejected rows into the folder `into`.

    Raises:
        BrokenLog, MappingError, NothingToReplay: the log and the mapping do not fit.
        Refused: a service refused what the replay needs, for example because given servers are not empty.
        Stalled, NotQuiet, ProcessFailed: the system does not work.
    """
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        stage = Stage(bars)
        with stage.phase("Reading the log", 100) as bar:
            read = read_log(log, mapping, lambda share: bars.update(bar, completed=round(100 * share)))
        into.mkdir(parents=True, exist_ok=True)
        _write_rejects(read.rejects, into)
        if not read.customers:
            raise NothingToReplay(f"not one of {read.rows} rows could be taken; {_first(read.rejects)}")
        start = min(customer.contacts[0].at or mapping.start for customer in read.customers)
        clock = SteppedClock.create(into / "run" / "clock", start)
        system = System(into / "run", Options(clock=f"stepped:{clock.path}", simulators=False))
        try:
            with stage.phase("Starting the system"):
                running = system.start(fresh=True)
            facts = uvloop.run(replay(running, clock, read, mapping, stage))
            findings = _prove(system, running, stage)
        finally:
            system.stop()
    _write_rejects(read.rejects, into)
    report = report_of(facts, read, mapping, findings, stage.seconds, time.monotonic() - began)
    write(report, into, panels_of(facts, mapping, stage.seconds))
    return report


def _prove(system: System, running: Running, stage: Stage) -> Findings:
    """Check the invariants, with the services ended: what nobody asks any more is read in half the time."""
    with stage.phase("Checking the invariants", 1) as bar:
        system.stop(infrastructure=False)

        def tell(step: str, done: int, total: int) -> None:
            stage.bars.update(bar, description=f"Checking the invariants, {step}", completed=done, total=total or None)

        return uvloop.run(check(running.databases, running.endpoints.kafka_bootstrap, progress=tell))


async def replay(running: Running, clock: SteppedClock, log: Log, mapping: LogMapping, stage: Stage) -> Facts:
    """Replay a log on a running, empty system whose clock stands at the first contact."""
    start, bootstrap = clock.now(), running.endpoints.kafka_bootstrap
    ends_at = horizon(log.customers, mapping)
    cap = Cap(mapping.cap.limit, timedelta(hours=mapping.cap.window_hours))
    facts = Facts(mapping.channel, cap if cap.limit else None)
    services = Settler(running.databases, bootstrap, timeout=SETTLE_SECONDS)
    async with Desk(running) as desk, services as settler:
        with stage.phase("Bringing in customers", len(log.customers)) as bar:
            await setting.put_up(desk, mapping)
            refused = await setting.bring_customers(
                desk, log, mapping, lambda rows: stage.bars.update(bar, completed=rows)
            )
            _drop(log, refused)
        with stage.phase("Spreading them to the services"):
            await settler.settle(start)
            await setting.start_plan(desk, mapping, start, ends_at)
            await settler.settle(start)
        name = f"Replaying {mapping.channel} contacts"
        topic = TimelineEvent.topic
        async with Post(bootstrap, _SOURCE) as post, Feed(bootstrap, topic, await post.partitions(topic)) as feed:
            with stage.phase(name, log.contacts) as bar:

                def tell(now: datetime, done: int, _total: int) -> None:
                    stage.bars.update(bar, completed=done, description=f"{name}, {now:%Y-%m-%d}")

                await Player(log.customers, mapping, clock, ends_at, facts, tell).play(post, feed, settler)
    return facts


def horizon(customers: Sequence[Customer], mapping: LogMapping) -> datetime:
    """When the plan ends: later than the last contact can be, even if each waits as long as it may."""
    longest = max(mapping.gap, timedelta()) + mapping.lifetime
    last = max(
        (customer.contacts[-1].at or customer.contacts[0].at or mapping.start) + len(customer.contacts) * longest
        for customer in customers
    )
    return last + timedelta(days=1)


def _drop(log: Log, refused: Sequence[Reject]) -> None:
    """Customers whom the profile service refuses are not replayed."""
    if refused:
        lines = {reject.line for reject in refused}
        log.customers = [customer for customer in log.customers if customer.line not in lines]
        log.rejects += refused


def _write_rejects(rejects: Sequence[Reject], into: Path) -> None:
    file = into / "rejects.csv"
    if not rejects:
        file.unlink(missing_ok=True)
        return
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(Reject._fields)
        writer.writerows(rejects)


def _first(rejects: Sequence[Reject]) -> str:
    reject = rejects[0] if rejects else Reject(1, "", "is the only row")
    return f"line {reject.line}{f', column {reject.column}' if reject.column else ''}: {reject.reason}"
