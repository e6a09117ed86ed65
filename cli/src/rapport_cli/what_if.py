"""`rapport what-if`: a policy tried on the real past, through the touchpoint service, with progress and a summary."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import httpx2
import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from rapport_cli.system import AsJson, fail

_POLL = 0.3
_OVER = ("done", "failed", "cancelled")
_TOKEN_HELP = "Bearer token with the role policy_editor or policy_approver; `rapport token` makes one."  # noqa: S105
_FIGURES = {
    "requests": "requests",
    "contacts": "contacts",
    "customers_reached": "customers reached",
    "suppressed": "suppressed",
    "expired": "expired",
    "waiting": "still waiting",
    "pre_empted": "gave way",
    "recalled": "recalled",
    "assumed": "outcome assumed",
}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("what-if")(what_if)


def what_if(
    policy: Annotated[str, typer.Argument(help="Id of the policy.")],
    token: Annotated[str, typer.Option(envvar="RAPPORT_TOKEN", help=_TOKEN_HELP)],
    version: Annotated[int | None, typer.Option(min=1, help="A submitted version; the draft when left out.")] = None,
    days: Annotated[int, typer.Option(min=1, max=92, help="How many days back.")] = 30,
    lang: Annotated[str, typer.Option(help="Language of the summary: en or zh-CN.")] = "en",
    url: Annotated[str, typer.Option(envvar="RAPPORT_TOUCHPOINT_URL", help="The touchpoint service.")] = (
        "http://127.0.0.1:8103"
    ),
    as_json: AsJson = False,
) -> None:
    """Replay the last days under a policy and compare with the one in force. Changes nothing else. It goes on by itself
    if this command is ended."""
    try:
        found = asyncio.run(_try(policy, version, days, lang, token, url, quiet=as_json))
    except httpx2.HTTPError as error:
        fail(f"{url} does not answer: {type(error).__name__}")
    if as_json:
        typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    if found["state"] != "done":
        fail(f"the what-if was not finished: {found['error'] or found['state']}")
    if not as_json:
        _show(found)


async def _try(
    policy: str, version: int | None, days: int, lang: str, token: str, url: str, *, quiet: bool
) -> dict[str, Any]:
    """The what-if once it is over."""
    headers = {"Authorization": f"Bearer {token}"}
    of = "draft" if version is None else f"versions/{version}"
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        found = _taken(await client.post(f"/v1/policies/{policy}/{of}/what-ifs", json={"days": days}))
        path = f"/v1/policies/{policy}/what-ifs/{found['what_if_id']}"
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), disable=quiet) as shown:
            task = shown.add_task("customers", total=None)
            while found["state"] not in _OVER:
                await asyncio.sleep(_POLL)
                found = _taken(await client.get(path, params={"lang": lang}))
                shown.update(task, completed=found["progress"]["done"], total=found["progress"]["total"])
        return found


def _show(found: dict[str, Any]) -> None:
    result = found["result"]
    table = Table()
    for title in ("", "tried", "in force"):
        table.add_column(title, justify="left" if not title else "right")
    for name, words in _FIGURES.items():
        table.add_row(words, *(f"{result[run][name]:,}" for run in ("tried", "in_force")))
    console = Console()
    console.print(table)
    for sentence in found["sentences"]:
        console.print(sentence, markup=False, highlight=False)
    for limit in found["limits"]:
        console.print(f"· {limit}", style="dim", markup=False, highlight=False)


def _taken(answer: httpx2.Response) -> dict[str, Any]:
    if not answer.is_success:
        fail(f"the touchpoint service answered {answer.status_code}: {answer.text}")
    found: dict[str, Any] = answer.json()
    return found
