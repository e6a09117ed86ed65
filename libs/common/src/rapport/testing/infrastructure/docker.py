"""Servers as containers, for those who have an engine and ask for it with RAPPORT_INFRA=docker.

The containers carry a name made from the state folder. So `stop` ends those of this folder and no others, from whatever
process it is called, and a killed run's containers are taken over by the next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rapport.testing.infrastructure import kafka, postgres
from rapport.testing.infrastructure.endpoints import Endpoints
from rapport.testing.infrastructure.jars import KAFKA_VERSION
from rapport.testing.processes import LOOPBACK, ProcessFailed, locked, remembered_port, wait_until

_PASSWORD = "rapport"  # noqa: S105  a container on the loopback address, gone after the test

# Asked inside the container: from outside the engine's proxy accepts connections before the server does.
_QUESTIONS = {"postgres": "pg_isready --host=127.0.0.1", "redis": "redis-cli ping"}


@dataclass(frozen=True, slots=True)
class _Image:
    name: str
    port: int  # inside the container
    environment: Mapping[str, str] = field(default_factory=dict)
    command: str = ""


class Docker:
    """One container per server; data lives as long as the container."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir.absolute() / "docker"
        self._prefix = "rapport-" + hashlib.sha256(str(self._folder).encode()).hexdigest()[:12]

    def start(self) -> Endpoints:
        with locked(self._folder / "lock"):
            names = ("postgres", "kafka", "redis")
            ports = {name: self._port(name) for name in names}
            images = _images(ports["kafka"])
            for name in names:
                if not self._running(name):
                    self._run(name, images[name], ports[name])
            wait_until(lambda: kafka.answers(LOOPBACK, ports["kafka"]), 120, "Kafka in its container")
            for name, question in _QUESTIONS.items():
                container = self._container(name)
                ask = partial(container.exec_run, question)
                wait_until(partial(_succeeds, ask), 60, f"{name} to answer in its container")
        return Endpoints(
            postgres_url=f"postgresql://postgres:{_PASSWORD}@{LOOPBACK}:{ports['postgres']}/postgres",
            kafka_bootstrap=f"{LOOPBACK}:{ports['kafka']}",
            redis_url=f"redis://{LOOPBACK}:{ports['redis']}/0",
        )

    def stop(self, *, erase: bool = False) -> None:  # noqa: ARG002  a container takes its data along
        with locked(self._folder / "lock"):
            for name in ("postgres", "kafka", "redis"):
                if (container := self._container(name)) is not None:
                    container.remove(force=True, v=True)

    def _port(self, name: str) -> int:
        file = self._folder / f"{name}.port"
        if self._running(name):
            return int(file.read_text())
        return remembered_port(file)

    def _running(self, name: str) -> bool:
        container = self._container(name)
        return container is not None and container.status == "running"

    def _container(self, name: str) -> Any:
        import docker
        from docker.errors import DockerException, NotFound

        try:
            return docker.from_env().containers.get(f"{self._prefix}-{name}")
        except NotFound:
            return None
        except DockerException as error:
            raise ProcessFailed(f"RAPPORT_INFRA=docker, but no engine answers: {error}") from error

    def _run(self, name: str, image: _Image, port: int) -> None:
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer

        testcontainers_config.ryuk_disabled = True  # the containers outlive this process; `stop` removes them
        if (stopped := self._container(name)) is not None:
            stopped.remove(force=True, v=True)
        container = DockerContainer(image.name).with_name(f"{self._prefix}-{name}").with_bind_ports(image.port, port)
        for variable, value in image.environment.items():
            container.with_env(variable, value)
        container.with_command(image.command) if image.command else None
        container.start()


def _succeeds(ask: Callable[[], Any]) -> bool:
    return bool(ask().exit_code == 0)


def _images(kafka_port: int) -> dict[str, _Image]:
    """The same versions and settings as the embedded servers."""
    inside = 9092
    settings = kafka.SETTINGS | {
        "listeners": f"PLAINTEXT://:{inside},CONTROLLER://:9093",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{kafka_port}",
        "controller.quorum.voters": "1@localhost:9093",
    }
    environment = {"KAFKA_" + name.upper().replace(".", "_"): value for name, value in settings.items()}
    skipped = ("listen_addresses", "unix_socket_directories")
    options = " ".join(f"-c {name}={value}" for name, value in postgres.SETTINGS.items() if name not in skipped)
    return {
        "postgres": _Image("postgres:18", 5432, {"POSTGRES_PASSWORD": _PASSWORD}, f"postgres {options}"),
        "kafka": _Image(f"apache/kafka:{KAFKA_VERSION}", inside, environment),
        "redis": _Image("redis:7-alpine", 6379, command="redis-server --appendonly yes"),
    }
