"""Databases and applications that the tests of a worker have one after another: a new one of each costs more than most.
And the running system that some files share.

What always holds: whoever gets a database or an application finds it as new, and nobody else has it meanwhile.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

from starlette.datastructures import State

from rapport.testing.database import Reused
from rapport.testing.infrastructure import Endpoints
from rapport.testing.parts import Options
from rapport.testing.system import Running, System
from rapport.web import Api

_DATABASES: dict[tuple[str, str], Reused] = {}
_APPS: dict[str, Api] = {}

RUNNING: list[System] = []
"""Systems that are ended with the last test that shares them, and not at the end of all: idle, one takes a good part of
a processor."""


def lent_database(infrastructure: Endpoints, service: str) -> AbstractAsyncContextManager[str]:
    """The URL of an empty database of the service."""
    key = infrastructure.postgres_url, service
    if key not in _DATABASES:
        _DATABASES[key] = Reused(*key)
    return _DATABASES[key].one()


@contextmanager
def lent_app(database_url: str, make: Callable[[], Api]) -> Iterator[Api]:
    """The application on this database, before its lifespan: its routes were analysed once, its state is as made.

    `make` gives the same for the same database each time; nothing but the state may be changed.
    """
    app = _APPS.pop(database_url, None) or make()
    made = dict(app.state._state)
    app.state = State(made | {"leaving": []})
    try:
        yield app
    finally:
        app.state = State(made)
        _APPS[database_url] = app


def drop_lent() -> None:
    """Drop all databases, from wherever it is called."""

    async def drop() -> None:
        while _DATABASES:
            await _DATABASES.popitem()[1].close()

    with ThreadPoolExecutor(1) as thread:  # a loop of its own, where one may be running
        thread.submit(asyncio.run, drop()).result()


def run_system(state: Path, options: Options) -> tuple[System, Running]:
    """A fresh system of this worker, which `end_running` ends."""
    system = System(state / os.environ.get("PYTEST_XDIST_WORKER", "main"), options)
    RUNNING.append(system)
    return system, system.start(fresh=True)


def end_running() -> None:
    """End the systems that files have shared."""
    while RUNNING:
        RUNNING.pop().stop()
