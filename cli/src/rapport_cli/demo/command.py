"""`rapport demo`: the main job, start to end, and its report."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from rapport.clock import SteppedClock
from rapport.testing.infrastructure.jars import JarsUnavailable
from rapport.testing.parts import Options
from rapport.testing.processes import ProcessFailed
from rapport.testing.settle import NotQuiet
from rapport.testing.system import System
from rapport_cli.demo.driver import START, Month, Scale, found, on_stage
from rapport_cli.demo.summary import report_of, table_of
from rapport_cli.desk import Refused
from rapport_cli.report import Report, write
from rapport_cli.system import AsJson, State, fail, state_folder

FAILURE_SHARE = 0.04
"""Share of SMS and e-mails that meet a difficulty."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(demo)


def demo(
    state: State = None,
    as_json: AsJson = False,
    seed: Annotated[int, typer.Option(help="Another seed is another month.")] = 1,
    customers: Annotated[int, typer.Option(min=1, help="How many synthetic customers.")] = 5000,
    days: Annotated[int, typer.Option(min=1, max=60, help="How many days are played.")] = 30,
) -> None:
    """Play the main job on real servers and write demo/report.json and .html; exit code 1 if anything is broken."""
    console = Console(stderr=as_json)
    folder = state_folder(state) / "demo"
    try:
        report = uvloop.run(play(folder, console, Scale(seed, customers, days)))
    except (ProcessFailed, JarsUnavailable, Refused, NotQuiet) as error:
        fail(str(error))
    if as_json:
        typer.echo(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2).decode())
    if not report.ok:
        raise typer.Exit(1)


async def play(folder: Path, console: Console, scale: Scale) -> Report:
    """Start everything in a folder of its own, play the month, report, and end what was started."""
    began = time.monotonic()
    clock = SteppedClock.create(folder / "run" / "clock", START)
    options = Options(clock=f"stepped:{clock.path}", seed=scale.seed, failure_share=FAILURE_SHARE)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task("Starting", total=None, told="")
        system = System(folder / "run", options, progress=lambda step: bars.update(bar, told=step))
        try:
            running = system.start(fresh=True)
            bars.update(bar, total=1, completed=1, told=f"{time.monotonic() - began:.0f} s")
            async with on_stage(running, clock) as stage:
                bar = bars.add_task("Customers", total=scale.customers, told="")
                behaviour, rejected = await found(stage, scale, lambda rows: bars.update(bar, completed=rows))
                bars.update(bar, told=f"{scale.customers} taken, {rejected} rows rejected")
                bar = bars.add_task("Playing", total=scale.days * 86_400, told="")

                def tell(now: datetime) -> None:
                    told = f"{now:%a %d %b %H:%M}  " + " ".join(
                        f"{count} {name}" for name, count in stage.watch.headline().items()
                    )
                    bars.update(bar, completed=(now - START).total_seconds(), told=told)

                await Month(stage, scale, behaviour).play(tell)
                bars.update(bar, told=str(dict(stage.seconds)))
                report = report_of(stage.watch, scale)
        finally:
            system.stop()
    report.seconds = time.monotonic() - began
    write(report, folder)
    console.print(table_of(report))
    return report
