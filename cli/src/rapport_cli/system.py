"""`rapport up`, `down`, `status`, `migrate` and `topics`: a thin shell over what starts and prepares the system."""

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import orjson
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from rapport.db import migrate as apply_migrations
from rapport.messaging import topics as topic_list
from rapport.settings import home
from rapport.testing.infrastructure.jars import JarsUnavailable
from rapport.testing.parts import SERVICES, Options
from rapport.testing.processes import ProcessFailed
from rapport.testing.settle import NotQuiet
from rapport.testing.system import Running, System
from rapport_cli import pages
from rapport_cli.desk import Refused

if TYPE_CHECKING:
    from rapport_cli.demo.tour import Tour

State = Annotated[Path | None, typer.Option("--state", help="Folder of data, logs and pid files. [default: var]")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Bootstrap = Annotated[str, typer.Option(help="Address of the broker.")]

topics = typer.Typer(help="The broker's topics against deploy/kafka/topics.yaml.", no_args_is_help=True)
_console = Console()


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (up, down, status, migrate):
        app.command()(command)
    app.add_typer(topics, name="topics")


def state_folder(given: Path | None) -> Path:
    """The folder of data, logs and pid files: the given one, or `var` in the checkout."""
    return given or home() / "var"


def start_system(state: Path | None, options: Options, *, fresh: bool = False) -> Running:
    """Start everything, showing the steps; what goes wrong is printed and ends the command with 1."""
    with _console.status("Starting") as shown:
        system = System(state_folder(state), options, progress=lambda step: shown.update(f"Starting: {step}"))
        try:
            return system.start(fresh=fresh)
        except (ProcessFailed, JarsUnavailable) as error:
            fail(str(error))


def fail(message: str) -> NoReturn:
    """Print why, and end the command with exit code 1."""
    Console(stderr=True).print(message, style="red", markup=False, highlight=False)
    raise typer.Exit(1)


def up(
    state: State = None,
    as_json: AsJson = False,
    world: Annotated[bool, typer.Option("--world", help="Fill it with a small world, and print what to try.")] = False,
) -> None:
    """Start servers and services, and leave them running."""
    running = start_system(state, Options(usual_ports=True, pages=True))
    tour = _open_world(running) if world else None
    links = pages.links(running.urls["pages"], customer=tour.visitor if tour else None)
    if as_json:
        _print_json(asdict(running) | {"pages": links} | ({"tour": asdict(tour)} if tour else {}))
        return
    table = Table("service", "API", "documentation", box=None)
    for service in SERVICES:
        table.add_row(service, running.api(service), f"{running.api(service)}/docs")
    _console.print(table)
    typer.echo("\nPages, each with a token of its role:\n\n" + "\n".join(links.values()) + "\n")
    if tour is not None:
        typer.echo(f"\nTo try (curl prints JSON):\n\n{tour.script()}\n")
    _console.print("`rapport status` shows how it is, `rapport down` ends it.", highlight=False)


def _open_world(running: Running) -> Tour:
    from rapport_cli.demo.tour import open_world

    with _console.status("Filling the world"):
        try:
            return uvloop.run(open_world(running))
        except (Refused, NotQuiet) as error:
            fail(str(error))


def down(
    state: State = None, erase: Annotated[bool, typer.Option(help="Remove the servers' data too.")] = False
) -> None:
    """End what `rapport up` started, and nothing else."""
    system = System(state_folder(state))
    with _console.status("Ending"):
        ended = system.stop(infrastructure=not erase)
        if erase:
            system.infrastructure.stop(erase=True)
    _console.print(f"Ended {', '.join(ended)} and the servers." if ended else "No service ran.", highlight=False)


def status(state: State = None, as_json: AsJson = False) -> None:
    """Show each process; exit code 1 unless all of them are ready."""
    found = System(state_folder(state)).status()
    if as_json:
        _print_json([asdict(part) for part in found])
    else:
        table = Table("process", "pid", "state", box=None)
        for part in found:
            word = "ready" if part.ready else "not ready" if part.pid else "gone"
            table.add_row(part.name, str(part.pid or ""), word)
        _console.print(table if found else "Nothing runs. `rapport up` starts it.")
    if not found or not all(part.ready for part in found):
        raise typer.Exit(1)


def migrate(service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]) -> None:
    """Bring the database of <SERVICE>_DATABASE_URL to the newest revision."""
    if service not in SERVICES:
        raise typer.BadParameter(f"there is no service {service!r}, only {', '.join(SERVICES)}")
    variable = f"{service.upper()}_DATABASE_URL"
    if not os.environ.get(variable):
        raise typer.BadParameter(f"set {variable}")
    asyncio.run(apply_migrations(service, os.environ[variable]))
    _console.print(f"{service} is at the newest revision.", highlight=False)


@topics.command("apply")
def apply_topics(bootstrap: Bootstrap = "127.0.0.1:9092") -> None:
    """Create the topics that are missing; never delete or change one."""
    created = asyncio.run(topic_list.apply(bootstrap))
    _console.print(f"Created {', '.join(created)}." if created else "All topics were there.", highlight=False)


@topics.command("check")
def check_topics(bootstrap: Bootstrap = "127.0.0.1:9092") -> None:
    """Print what differs from the list; exit code 1 if anything does."""
    differences = asyncio.run(topic_list.check(bootstrap))
    for difference in differences:
        _console.print(difference, markup=False, highlight=False)
    if differences:
        raise typer.Exit(1)


def _print_json(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
