"""`rapport rebuild`: standings compared with their timelines, and set right where they differ."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, NoReturn

import httpx2
import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from rapport_cli.system import AsJson, fail

_POLL = 0.3
_TOKEN_HELP = "Bearer token with the role operator or compliance; `rapport token` makes one."  # noqa: S105
_console = Console()


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("rebuild")(rebuild)


def rebuild(
    token: Annotated[str, typer.Option(envvar="RAPPORT_TOKEN", help=_TOKEN_HELP)],
    customer: Annotated[
        list[str] | None, typer.Option(help="A customer's id; may be repeated. [default: everybody]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only compare; write nothing.")] = False,
    url: Annotated[str, typer.Option(envvar="RAPPORT_TOUCHPOINT_URL", help="The touchpoint service.")] = (
        "http://127.0.0.1:8103"
    ),
    lang: Annotated[str, typer.Option(help="Of the sentences: en or zh-CN.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Set standings right that differ from what their timelines tell, while everything goes on.

    Exit code 1 when a standing differs and was not set right, as in a dry run. The rebuild goes on by itself if this
    command is ended.
    """
    asked: dict[str, Any] = {"dry_run": dry_run} | ({"customer_ids": customer} if customer else {})
    try:
        found = asyncio.run(_rebuild(asked, token, url, lang, quiet=as_json))
    except httpx2.HTTPError as error:
        fail(f"{url} does not answer: {type(error).__name__}")
    if as_json:
        typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        show(found, _console)
    if found["differing"] > found["mended"]:
        raise typer.Exit(1)


def show(found: dict[str, Any], console: Console) -> None:
    """Print what a finished rebuild has found."""
    if found["differences"]:
        table = Table("customer", "difference", box=None)
        for difference in found["differences"]:
            table.add_row(difference["customer_id"], difference["text"])
        console.print(table, markup=False)
    counts = f"{found['compared']:,} compared, {found['differing']:,} differ, {found['mended']:,} set right"
    console.print(counts, highlight=False)


async def _rebuild(asked: dict[str, Any], token: str, url: str, lang: str, *, quiet: bool) -> dict[str, Any]:
    """The finished rebuild."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        found = _taken(await client.post("/v1/standings/rebuilds", json=asked))
        path = f"/v1/standings/rebuilds/{found['rebuild_id']}"
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=_console, transient=True, disable=quiet) as shown:
            task = shown.add_task("customers", total=found["total"])
            while found["state"] != "finished":
                await asyncio.sleep(_POLL)
                found = _taken(await client.get(path, params={"lang": lang}))
                shown.update(task, completed=found["compared"], total=max(found["total"], found["compared"]))
        return found


def _taken(answer: httpx2.Response) -> dict[str, Any]:
    if not answer.is_success:
        problem = f"the touchpoint service answered {answer.status_code}: {answer.text}"
        if answer.status_code in (httpx2.codes.NOT_FOUND, httpx2.codes.UNPROCESSABLE_CONTENT):
            _wrong_use(problem)
        fail(problem)
    found: dict[str, Any] = answer.json()
    return found


def _wrong_use(message: str) -> NoReturn:
    Console(stderr=True).print(message, style="red", markup=False, highlight=False)
    raise typer.Exit(2)
