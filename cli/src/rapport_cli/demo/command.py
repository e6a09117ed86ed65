"""`rapport demo`: the main job, start to end, and its report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer
import uvloop
from rich.console import Console

from rapport.testing.infrastructure.jars import JarsUnavailable
from rapport.testing.processes import ProcessFailed
from rapport.testing.settle import NotQuiet
from rapport_cli.demo.driver import Scale
from rapport_cli.demo.run import run_demo
from rapport_cli.desk import Refused
from rapport_cli.replay.command import play_log
from rapport_cli.system import AsJson, State, fail, state_folder

Log = Annotated[Path | None, typer.Option("--data", help="Replay this contact log instead (see `rapport replay`).")]
Cap = Annotated[int | None, typer.Option(min=0, max=1000, help="With --data: contacts per customer; 0: no cap.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(demo)


def demo(
    state: State = None,
    as_json: AsJson = False,
    data: Log = None,
    cap: Cap = None,
    seed: Annotated[int, typer.Option(help="Another seed is another month.")] = 1,
    customers: Annotated[int, typer.Option(min=1, max=50_000, help="How many synthetic customers.")] = 5000,
    days: Annotated[int, typer.Option(min=1, max=60, help="How many days are played.")] = 30,
) -> None:
    """Play the main job on real servers and write demo/report.json and .html; exit code 1 if anything is broken."""
    folder = state_folder(state) / "demo"
    if data is not None:
        play_log(data, None, cap, folder, as_json=as_json)
        return
    if cap is not None:
        raise typer.BadParameter("--cap goes with --data; the synthetic month has a policy of its own")
    console = Console(stderr=as_json)
    try:
        report = uvloop.run(run_demo(folder, console, Scale(seed, customers, days)))
    except (ProcessFailed, JarsUnavailable, Refused, NotQuiet) as error:
        fail(str(error))
    if as_json:
        typer.echo(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2).decode())
    if not report.ok:
        raise typer.Exit(1)
