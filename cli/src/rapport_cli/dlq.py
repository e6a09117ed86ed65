"""`rapport dlq`: messages that could not be processed: look at them, replay them, or give them up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import orjson
import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from rapport.messaging import dlq
from rapport.messaging.topics import all_topics
from rapport_cli.system import AsJson, State, fail, state_folder

T = TypeVar("T")

app = typer.Typer(name="dlq", help=__doc__, no_args_is_help=True)
Group = Annotated[str, typer.Argument(help="Consumer group, such as touchpoint.outcomes.")]
Topic = Annotated[str, typer.Argument(help="Topic that the messages came from.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many, oldest first. [default: all]")]
Bootstrap = Annotated[str | None, typer.Option(help="Address of the broker. [default: what runs]")]


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="dlq")


@app.command("list")
def list_letters(
    group: Annotated[str | None, typer.Argument(help="Consumer group; all when left out.")] = None,
    topic: Annotated[str | None, typer.Argument(help="Topic; all of the group's when left out.")] = None,
    state: State = None,
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """Show what nobody has decided on yet: where it stood, and why it could not be processed."""
    pairs = [
        (consumer, listed.name)
        for listed in all_topics()
        for consumer in listed.consumers
        if group in (None, consumer) and topic in (None, listed.name)
    ]
    if not pairs:
        raise typer.BadParameter("no such consumer group and topic in topics.yaml")
    brokers = _brokers(state, bootstrap)
    found = [(consumer, letter) for consumer, name in pairs for letter in _run(dlq.pending(brokers, consumer, name))]
    if as_json:
        rows = [
            {
                "group": consumer,
                "topic": letter.topic,
                "partition": letter.partition,
                "offset": letter.original_offset,
                "at": letter.at,
                "handler": letter.handler,
                "reason": letter.reason,
            }
            for consumer, letter in found
        ]
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table("group", "topic", "partition", "offset", "since", "reason")
    for consumer, letter in found:
        place = (str(letter.partition), str(letter.original_offset))
        table.add_row(consumer, letter.topic, *place, letter.at, letter.reason)
    Console().print(table if found else "Nothing has been set aside.")


@app.command()
def replay(group: Group, topic: Topic, limit: Limit = None, state: State = None, bootstrap: Bootstrap = None) -> None:
    """Send undecided messages to their topic again, as they came."""
    count = _run(dlq.replay(_brokers(state, bootstrap), group, topic, limit=limit))
    typer.echo(f"{count} sent to {topic} again")


@app.command()
def discard(
    group: Group,
    topic: Topic,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    limit: Limit = None,
    state: State = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Decide that undecided messages are never to be processed. They stay on their topic, for reading."""
    if not yes:
        typer.confirm(f"Give up what {group} could not process of {topic}?", abort=True)
    count = _run(dlq.discard(_brokers(state, bootstrap), group, topic, limit=limit))
    typer.echo(f"{count} given up")


def _brokers(state: Any, bootstrap: str | None) -> str:
    if bootstrap is not None:
        return bootstrap
    from rapport.testing.system import System

    running = System(state_folder(state)).running()
    if running is None:
        fail("nothing runs here: start it with `rapport up`, or give --bootstrap")
    return running.endpoints.kafka_bootstrap


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except (KafkaError, KeyError, TimeoutError) as error:
        fail(f"the broker does not answer, or has no such topic: {type(error).__name__}: {error}")
