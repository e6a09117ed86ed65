"""Fixtures of all tests: the servers, and an empty database on them.

The servers are shared by all workers of pytest-xdist and by runs side by side, so a test makes databases, topics and
groups with names of its own. A test that kills a server starts one of its own.

Workers take file after file, those first that take long; the files that try one running system from outside go to one
worker together, since a second system would cost more than it spares.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.lending import drop_lent, end_running

from rapport.db import create_database
from rapport.testing.infrastructure import Endpoints, shared

STATE = Path(__file__).resolve().parent.parent / "var" / "test"

# For all that tests start, also what a command under test starts.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")  # most brokers here live for less than a minute
os.environ.setdefault("RAPPORT_FSYNC", "off")  # tests kill processes, not machines
for _service in ("PROFILE", "OFFERS", "TOUCHPOINT", "CAMPAIGN"):
    os.environ.setdefault(f"{_service}_WORKER_NICE", "0")  # tests wait for workers, and keep both cores busy
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each service would be compiled anew at each start

_SYSTEM_OF_THEIR_OWN = ("test_demo.py", "test_replay.py", "test_tour.py")
_SHARING = ("tests/e2e", "tests/clients")
_THEN = ("tests/e2e/", "tests/chaos/", "tests/integration/")


def _unit(nodeid: str) -> str:
    """What goes to one worker as a whole: a file, or all of those that share one running system."""
    file = nodeid.partition("::")[0]
    folder, _, name = file.rpartition("/")
    return folder if folder in _SHARING and name not in _SYSTEM_OF_THEIR_OWN else file


def _turn(nodeid: str) -> int:
    """The place of a test's unit among all, by what they take."""
    unit = _unit(nodeid)
    if unit in _SHARING:
        return _SHARING.index(unit)
    return len(_SHARING) + next((n for n, start in enumerate(_THEN) if unit.startswith(start)), len(_THEN))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long ones first, so that no worker is left with one when the other has nothing more to do."""
    items.sort(key=lambda item: _turn(item.nodeid))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End a shared system behind the last test of its unit."""
    if nextitem is None or _unit(nextitem.nodeid) != _unit(item.nodeid):
        end_running()


def pytest_sessionfinish() -> None:
    """Also when the run was broken off."""
    end_running()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As `--dist loadfile`, by our units and in our order; None for another `--dist`."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByUnit(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _unit(nodeid)

    config.option.loadscopereorder = False
    return ByUnit(config, log)


@pytest.fixture(scope="session")
def infrastructure() -> Iterator[Endpoints]:
    """A PostgreSQL 18, a Kafka and a Redis that answer."""
    with shared(STATE) as endpoints:
        yield endpoints
        drop_lent()


@pytest.fixture
def unique() -> str:
    """A name nobody else has, good for a database, a topic, a group."""
    return f"t{uuid.uuid4().hex[:16]}"


@pytest.fixture
async def empty_database(infrastructure: Endpoints, unique: str) -> AsyncIterator[str]:
    """The URL of a database without a table, dropped after the test."""
    yield await create_database(infrastructure.postgres_url, unique)
    connection = await asyncpg.connect(infrastructure.postgres_url)
    await connection.execute(f"drop database if exists {unique} with (force)")
    await connection.close()
