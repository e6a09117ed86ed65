"""`rapport check`: is everything as it must be? Exit code 1 when an invariant is broken."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import orjson
import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from rapport.db import DRIVER_ERRORS
from rapport_cli.checker.check import SERVICES, check
from rapport_cli.checker.findings import INVARIANTS, Findings
from rapport_cli.checker.logs import MissingTopic
from rapport_cli.system import AsJson, State, fail, state_folder

_console = Console()


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("check")(check_command)


def check_command(
    state: State = None,
    database: Annotated[
        list[str] | None, typer.Option(help="<service>=<postgresql URL>, once per service. [default: what runs]")
    ] = None,
    bootstrap: Annotated[str | None, typer.Option(help="Address of the broker. [default: what runs]")] = None,
    as_json: AsJson = False,
) -> None:
    """Prove the invariants from the databases and topics of a system at rest."""
    databases, brokers = _where(state, database or [], bootstrap)
    try:
        findings = asyncio.run(_with_progress(databases, brokers, shown=not as_json))
    except MissingTopic as error:
        fail(str(error))
    except (KafkaError, *DRIVER_ERRORS) as error:
        fail(f"a server does not answer: {type(error).__name__}: {error}")
    if as_json:
        typer.echo(orjson.dumps(findings.as_json(), option=orjson.OPT_INDENT_2).decode())
    else:
        show(findings, _console)
    if not findings.ok:
        raise typer.Exit(1)


def show(findings: Findings, console: Console) -> None:
    """Print the result as a table, and the violations below it."""
    table = Table("", "invariant", "", box=None)
    for number in findings.checked:
        count = findings.counts[number]
        table.add_row(str(number), INVARIANTS[number], f"[red]broken × {count}[/]" if count else "[green]holds[/]")
    console.print(table)
    for violation in findings.broken:
        console.print(str(violation), style="red", markup=False, highlight=False)
    figures = findings.figures
    console.print(
        f"{figures.entries:,} timeline entries of {figures.customers:,} customers; {figures.released:,} contacts "
        f"released, {figures.over_cap:,} over a cap, {figures.released_after_acceptance:,} after an acceptance.",
        highlight=False,
    )


def _where(state: Path | None, given: list[str], bootstrap: str | None) -> tuple[dict[str, str], str]:
    """The databases and brokers: those of the running system, unless given."""
    databases = dict(part.split("=", 1) for part in given if "=" in part)
    if len(databases) < len(given) or databases.keys() - set(SERVICES):
        raise typer.BadParameter(f"write --database <service>=<URL>; the services are {', '.join(SERVICES)}")
    if len(databases) < len(SERVICES) or bootstrap is None:
        from rapport.testing.system import System

        running = System(state_folder(state)).running()
        if running is None:
            fail("Nothing runs here. Start it with `rapport up`, or give --database for each service and --bootstrap.")
        databases = running.databases | databases
        bootstrap = bootstrap or running.endpoints.kafka_bootstrap
    return databases, bootstrap


async def _with_progress(databases: dict[str, str], bootstrap: str, *, shown: bool) -> Findings:
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    with Progress(*columns, console=_console, transient=True, disable=not shown) as bars:
        tasks = {}

        def tell(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step)
            bars.update(tasks[step], completed=done, total=total or None)

        return await check(databases, bootstrap, progress=tell)
