"""A whole Rapport as processes: servers, databases, topics, four services and the simulated providers.

`rapport up`, the demo, end-to-end and chaos tests and the benches all start it through `System`.

What always holds:
- whatever an earlier run of the same state folder left is ended or taken over before a new one begins;
- `stop` ends what was started in this state folder, by id, whoever started it, and nothing else;
- a part that is killed comes back with `restart` under the same name, on the same port.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rapport.db import create_database, migrate
from rapport.messaging import topics
from rapport.testing.infrastructure import Endpoints, choose
from rapport.testing.infrastructure.embedded import COMPONENTS, Embedded
from rapport.testing.parts import (
    SERVICES,
    USUAL_PORTS,
    Options,
    Part,
    database_name,
    part_names,
    parts,
    port_names,
    url,
)
from rapport.testing.processes import ManagedProcess, ProcessFailed, locked, remembered_port

_READY_WITHIN = 90.0  # seconds; nine processes import their libraries at once, perhaps on two cores


@dataclass(frozen=True, slots=True)
class Running:
    """Where everything of a started system is."""

    endpoints: Endpoints
    databases: dict[str, str]
    """The URL of each service's database."""
    urls: dict[str, str]
    """The base address of each part: `touchpoint-api`, `touchpoint-worker` (metrics and health), `simulators`, …"""
    clock: str

    def api(self, service: str) -> str:
        """The base address of the service's API."""
        return self.urls[f"{service}-api"]


@dataclass(frozen=True, slots=True)
class PartStatus:
    """How one process is."""

    name: str
    pid: int | None
    ready: bool


class System:
    """The system of one state folder."""

    def __init__(
        self, state_dir: Path, options: Options | None = None, *, progress: Callable[[str], None] = lambda _: None
    ) -> None:
        self.state_dir = state_dir.absolute()
        self.options = options or Options()
        self.infrastructure = choose(self.state_dir)
        self._progress = progress
        self._file = self.state_dir / "system.json"

    def start(self, *, fresh: bool = False) -> Running:
        """Start everything and return when all of it is ready.

        `fresh` begins with empty servers; given ones are never emptied.

        Raises:
            ProcessFailed: a part ended or was not ready in time; then no part of ours runs any more.
        """
        with self._locked():
            self._end_parts()
            if fresh:
                self.infrastructure.stop(erase=True)
            self._progress("PostgreSQL, Kafka and Redis")
            endpoints = self.infrastructure.start()
            self._progress("Databases and topics")
            databases = _run(_prepare(endpoints))
            self._choose_ports()
            running = Running(endpoints, databases, self._urls(), self.options.clock)
            self._file.touch(mode=0o600)  # the servers' password is in it
            self._file.write_text(json.dumps(asdict(running)))
            self._progress("Services")
            self._begin(parts(self.options, endpoints, databases, self._port))
        return running

    def stop(self, *, infrastructure: bool = True) -> list[str]:
        """End all parts, and the servers unless told otherwise; the names of the parts that ran."""
        with self._locked():
            ended = self._end_parts()
            self._file.unlink(missing_ok=True)
            if infrastructure:
                self.infrastructure.stop()
        return ended

    def running(self) -> Running | None:
        """What was started in this folder and not stopped, by whatever process; None for nothing."""
        try:
            known = json.loads(self._file.read_text())
        except FileNotFoundError:
            return None
        return Running(**{**known, "endpoints": Endpoints(**known["endpoints"])})

    def status(self) -> list[PartStatus]:
        """Each part of the running system, alive or not."""
        running = self.running()
        found = []
        for name, address in running.urls.items() if running else ():
            pid = self.process(name).pid
            found.append(PartStatus(name, pid, pid is not None and _answers(_ready_url(name, address))))
        return found

    def process(self, name: str) -> ManagedProcess:
        """The process of a part, such as `touchpoint-worker`."""
        return ManagedProcess(name, self.state_dir)

    def kill(self, name: str) -> None:
        """`kill -9` a part, or one of the embedded servers postgres, kafka, redis."""
        if name in COMPONENTS:
            self._embedded().kill(name)
        else:
            self.process(name).kill()

    def restart(self, name: str, *, wait: bool = True) -> None:
        """Start a part or an embedded server again, on the same port with the same data; by default wait for it."""
        if name in COMPONENTS:
            self._embedded().restart(name)
            return
        running = self.running()
        if running is None:
            raise ProcessFailed(f"nothing runs in {self.state_dir}, so {name} cannot be started again")
        known = parts(self.options, running.endpoints, running.databases, self._port)
        self._begin([part for part in known if part.name == name], wait=wait)

    def _locked(self) -> Any:
        return locked(self.state_dir / "system.lock")

    def _embedded(self) -> Embedded:
        if not isinstance(self.infrastructure, Embedded):
            raise ProcessFailed("only embedded servers can be killed and started again")
        return self.infrastructure

    def _begin(self, chosen: Iterable[Part], *, wait: bool = True) -> None:
        begun = []
        for part in chosen:
            process = self.process(part.name)
            process.start(part.command, environment=part.environment)
            begun.append((process, part.ready_url))
        try:
            for process, address in begun if wait else ():
                process.wait_ready(lambda address=address: _answers(address), _READY_WITHIN)  # type: ignore[misc]
        except ProcessFailed:
            _end(process for process, _ in begun)
            raise

    def _end_parts(self) -> list[str]:
        names = {file.stem for file in self.state_dir.glob("*.pid")} - set(COMPONENTS)
        alive = sorted(name for name in names if self.process(name).pid is not None)
        _end(self.process(name) for name in names)
        return alive

    def _choose_ports(self) -> None:
        for name in port_names(self.options):
            usual = USUAL_PORTS[name] if self.options.usual_ports else None
            remembered_port(self._port_file(name), usual)

    def _port(self, name: str) -> int:
        return int(self._port_file(name).read_text())

    def _port_file(self, name: str) -> Path:
        return self.state_dir / "ports" / name

    def _urls(self) -> dict[str, str]:
        return {name: url(self._port(name)) for name in part_names(self.options)}


async def _prepare(endpoints: Endpoints) -> dict[str, str]:
    """Topics, and databases at the newest revision; the URL of each service's database."""
    await topics.apply(endpoints.kafka_bootstrap)
    databases = {}
    for service in SERVICES:
        databases[service] = await create_database(endpoints.postgres_url, database_name(service))
        await migrate(service, databases[service])
    return databases


def _run(work: Coroutine[Any, Any, dict[str, str]]) -> dict[str, str]:
    """Wait for a coroutine, also where a loop already runs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def _end(processes: Iterable[ManagedProcess]) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda process: process.end(), processes))


def _ready_url(name: str, address: str) -> str:
    return f"{address}/health/{'live' if name == 'simulators' else 'ready'}"


def _answers(address: str) -> bool:
    """Whether a GET of the address succeeds. Asked directly: a proxy in the environment is not for the loopback."""
    parts_of = urlsplit(address)
    connection = HTTPConnection(parts_of.netloc, timeout=5)
    try:
        connection.request("GET", parts_of.path)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
