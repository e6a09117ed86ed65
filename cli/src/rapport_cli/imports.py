"""`rapport import`: a CSV file of customers into the profile service, with progress and a file of rejects."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import httpx2
import orjson
import typer
import yaml
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rapport_cli.system import AsJson, fail

_POLL = 0.3
_TOKEN_HELP = "Bearer token with the role source_system or data_steward; `rapport token` makes one."  # noqa: S105


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("import")(import_customers)


def import_customers(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV; its first line names the columns.")],
    mapping: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="What the columns mean: YAML or JSON.")],
    token: Annotated[str, typer.Option(envvar="RAPPORT_TOKEN", help=_TOKEN_HELP)],
    url: Annotated[str, typer.Option(envvar="RAPPORT_PROFILE_URL", help="The profile service.")] = (
        "http://127.0.0.1:8101"
    ),
    rejects: Annotated[Path | None, typer.Option(help="Write the rows that were not taken here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hand the file in and wait until it is read. It goes on by itself if this command is ended."""
    try:
        found, refused = asyncio.run(_import(file, yaml.safe_load(mapping.read_text()), token, url, quiet=as_json))
    except httpx2.HTTPError as error:
        fail(f"{url} does not answer: {type(error).__name__}")
    except yaml.YAMLError as error:
        fail(f"{mapping} is neither YAML nor JSON: {error}")
    if rejects is not None:
        rejects.write_bytes(refused)
    if as_json:
        typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        typer.echo(f"{found['accepted']} taken, {found['rejected']} rejected")


async def _import(file: Path, mapping: Any, token: str, url: str, *, quiet: bool) -> tuple[dict[str, Any], bytes]:
    """The finished import, and its rejects as CSV."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=600, trust_env=False) as client:
        with file.open("rb") as content:
            sent = {"file": (file.name, content, "text/csv")}
            answer = await client.post("/v1/imports", files=sent, data={"mapping": orjson.dumps(mapping).decode()})
        found = _taken(answer)
        path = f"/v1/imports/{found['import_id']}"
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, disable=quiet) as shown:
            task = shown.add_task("rows", total=found.get("rows_total"))
            while found["state"] != "finished":
                await asyncio.sleep(_POLL)
                found = _taken(await client.get(path))
                shown.update(task, completed=found["rows_read"], total=found.get("rows_total"))
        return found, (await client.get(f"{path}/rejects")).content


def _taken(answer: httpx2.Response) -> dict[str, Any]:
    if not answer.is_success:
        fail(f"the profile service answered {answer.status_code}: {answer.text}")
    found: dict[str, Any] = answer.json()
    return found
