"""`rapport replay`: a contact log of your own, through the whole system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from rapport.testing.infrastructure.jars import JarsUnavailable
from rapport.testing.processes import ProcessFailed
from rapport.testing.settle import NotQuiet
from rapport_cli.desk import Refused
from rapport_cli.replay.figures import summary, verdict
from rapport_cli.replay.log import BrokenLog
from rapport_cli.replay.mapping import LogMapping, MappingError, load, mapping_for
from rapport_cli.replay.player import Stalled
from rapport_cli.replay.run import NothingToReplay, run_replay
from rapport_cli.system import AsJson, State, fail, state_folder

LogFile = Annotated[Path, typer.Argument(help="The contact log: CSV, plain or gzip.", show_default=False)]
MappingFile = Annotated[
    Path | None, typer.Option("--mapping", help="What its columns mean (YAML). Default: the one shipped for the file.")
]
CapLimit = Annotated[
    int | None, typer.Option("--cap", min=0, max=1000, help="Contacts per customer; 0: no cap. Default: the mapping's.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(replay)


def replay(
    log: LogFile, mapping: MappingFile = None, cap: CapLimit = None, state: State = None, as_json: AsJson = False
) -> None:
    """Replay the contact log of a CRM: what would have been released, capped, recalled?

    Starts a system of its own and lets every contact of the log go through it.

    Writes replay/report.json, report.html and, if rows could not be taken, rejects.csv.

    Exit code 1 if anything that must hold does not, 2 if log or mapping cannot be used.
    """
    play_log(log, mapping, cap, state_folder(state) / "replay", as_json=as_json)


def play_log(log: Path, mapping: Path | None, cap: int | None, into: Path, *, as_json: bool) -> None:
    """Replay, print the result, and exit with 1 or 2 when there is none."""
    console = Console(stderr=as_json)
    try:
        chosen = _chosen(log, mapping).with_cap(cap)
        report = run_replay(into, console, log=log, mapping=chosen)
    except (MappingError, BrokenLog, NothingToReplay) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(2) from None
    except (ProcessFailed, JarsUnavailable, Refused, Stalled, NotQuiet) as error:
        fail(str(error))
    if as_json:
        typer.echo(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2).decode())
    else:
        console.print(summary(report))
        console.print(verdict(report), markup=False)
        console.print(f"More in {into / 'report.html'}", highlight=False)
    if not report.ok:
        raise typer.Exit(1)


def _chosen(log: Path, mapping: Path | None) -> LogMapping:
    if not log.is_file():
        raise BrokenLog(f"there is no file {log}")
    return load(mapping or mapping_for(log))
