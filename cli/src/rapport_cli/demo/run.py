"""A demo from start to end: start the system, bring the customers in, play the month, check, tell, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from rapport.clock import SteppedClock
from rapport.testing.parts import Options
from rapport.testing.system import Running, System
from rapport_cli.checker import check
from rapport_cli.demo import scenes, story
from rapport_cli.demo.driver import START, Month, Scale, found, on_stage
from rapport_cli.demo.summary import headline, report_of, table_of, verdict
from rapport_cli.report import Panel, Report, write

FAILURE_SHARE = 0.04
"""Share of SMS and e-mails that meet a difficulty."""
ANSWER_SECONDS = 10 * 3600
"""Whoever is to answer a recall does so at the next step, up to nine hours later."""

_DAY = 86_400


class Bars:
    """The progress that is shown, and how long each phase took."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description}", table_column=Column(min_width=9, no_wrap=True)),
            BarColumn(16),
            TimeElapsedColumn(table_column=Column(min_width=7)),
            TextColumn("{task.fields[told]}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
        )
        self.shown = Progress(*columns, console=console, expand=True)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str, total: float | None = None) -> Iterator[Callable[[float | None, str], None]]:
        """A bar; what is given takes how far it is, and what to say beside it."""
        bar = self.shown.add_task(name, total=total, told="")
        began = time.monotonic()

        def tell(completed: float | None, told: str) -> None:
            self.shown.update(bar, completed=completed, told=told)

        yield tell
        self.seconds[name.lower()] = round(time.monotonic() - began, 1)
        self.shown.update(bar, total=total or 1, completed=total or 1)


async def run_demo(folder: Path, console: Console, scale: Scale) -> Report:
    """Play a month on a fresh system in `folder`/run, and leave the report in `folder`.

    Raises:
        ProcessFailed, JarsUnavailable: the system does not start.
        Refused: a service refused what the demo needs, for example because given servers are not empty.
        NotQuiet: the system does not come to rest.
    """
    began = time.monotonic()
    clock = SteppedClock.create(folder / "run" / "clock", START)
    options = Options(
        clock=f"stepped:{clock.path}",
        seed=scale.seed,
        failure_share=FAILURE_SHARE,
        tells_late=True,
        settings={"TOUCHPOINT_RECALL_ANSWER_SECONDS": str(ANSWER_SECONDS)},
    )
    bars = Bars(console)
    with bars.shown:
        with bars.phase("Starting") as tell:
            system = System(folder / "run", options, progress=lambda step: tell(None, step))
            running = system.start(fresh=True)
            tell(None, f"{len(running.urls)} processes, and PostgreSQL, Kafka and Redis")
        try:
            report, panels, stories = await _play(running, clock, scale, bars)
        finally:
            with bars.phase("Ending"):
                system.stop()
    report.seconds = time.monotonic() - began
    report.more["phases"] = bars.seconds
    write(report, folder, panels)
    console.print(story.boxes(stories))
    console.print(table_of(report))
    console.print(verdict(report), markup=False, highlight=False)
    console.print(f"More in {folder / 'report.html'}", highlight=False)
    return report


async def _play(
    running: Running, clock: SteppedClock, scale: Scale, bars: Bars
) -> tuple[Report, list[Panel], list[story.Story]]:
    async with on_stage(running, clock) as stage:
        with bars.phase("Customers", scale.customers) as tell:
            behaviour, rejected = await found(stage, scale, lambda rows: tell(rows, ""))
            tell(None, f"{scale.customers:,} taken from the file, {rejected} rows rejected")
        with bars.phase("Playing", scale.days * _DAY) as tell:

            def progress(now: datetime) -> None:
                tell((now - START).total_seconds(), f"{now:%a %d %b %H:%M}  {headline(stage.watch.tally)}")

            await Month(stage, scale, behaviour).play(progress)
        with bars.phase("Checking") as tell:
            findings = await check(running.databases, running.endpoints.kafka_bootstrap)
            tell(None, f"{len(findings.checked)} invariants, {len(findings.broken)} violations")
        with bars.phase("Telling"):
            report = report_of(stage.watch.tally, scale, findings)
            report.more["work_seconds"] = {name: round(seconds, 1) for name, seconds in stage.seconds.items()}
            chosen = story.choose(stage.watch.tally.lives, behaviour.people)
            stories = [*await scenes.tell(stage.desk), *await story.tell(stage.desk, chosen, behaviour.people)]
            from rapport_cli.demo import plots  # brings matplotlib, which only the demo needs

            panels = [*plots.panels(stage.watch.tally), *story.panels(stories)]
    return report, panels, stories
