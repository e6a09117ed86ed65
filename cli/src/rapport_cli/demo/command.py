"""`rapport demo`: the main job, start to end, and its report."""

from __future__ import annotations

import asyncio
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from rapport.testing.infrastructure.jars import JarsUnavailable
from rapport.testing.processes import ProcessFailed
from rapport_cli.demo.driver import run_demo
from rapport_cli.report import Report, write
from rapport_cli.system import AsJson, State, fail, state_folder


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(demo)


def demo(
    state: State = None,
    as_json: AsJson = False,
    customers: Annotated[int, typer.Option(min=1, help="How many synthetic customers.")] = 5,
) -> None:
    """Play the main job on real servers and write demo/report.json and .html; exit code 1 if anything is broken."""
    console = Console(stderr=as_json)
    folder = state_folder(state)
    try:
        report = asyncio.run(run_demo(folder, console, customers=customers))
    except (ProcessFailed, JarsUnavailable) as error:
        fail(str(error))
    write(report, folder / "demo")
    if as_json:
        typer.echo(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2).decode())
    else:
        console.print(_table(report))
    if not report.ok:
        raise typer.Exit(1)


def _table(report: Report) -> Table:
    found = Table("channel", "released", "accepted", "recalled", title=f"{report.customers} customers")
    for name, figures in report.channels.items():
        found.add_row(name, str(figures.released), str(figures.accepted), str(figures.recalled))
    return found
