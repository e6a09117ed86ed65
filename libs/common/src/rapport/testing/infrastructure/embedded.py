"""Real servers as child processes: no Docker, no Java, no apt.

`start` uses a server of this state folder that still answers, ends one that lives but does not answer, and begins the
rest, all at once. So a run killed at any moment never blocks the next: its servers are taken over or ended, its ports
are tried again or replaced, its lock files are cleared once their owner is known to be dead.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from rapport.testing.infrastructure.endpoints import Endpoints
from rapport.testing.infrastructure.kafka import Kafka
from rapport.testing.infrastructure.postgres import Postgres
from rapport.testing.infrastructure.redis import Redis
from rapport.testing.processes import locked

COMPONENTS = ("postgres", "kafka", "redis")


class Component(Protocol):
    """One server of the embedded mode."""

    def start(self) -> str:
        """Have it answer on the port it had before, with the data it had; its address."""
        ...

    def stop(self) -> None:
        """A clean end."""
        ...

    def kill(self) -> None:
        """`kill -9`, for tests of what a crash leaves behind."""
        ...


class Embedded:
    """The three servers of one state folder."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir.absolute()
        self.postgres = Postgres(self.state_dir)
        self.kafka = Kafka(self.state_dir)
        self.redis = Redis(self.state_dir)
        self.components: dict[str, Component] = {"postgres": self.postgres, "kafka": self.kafka, "redis": self.redis}

    def start(self) -> Endpoints:
        with locked(self.state_dir / "infrastructure.lock"), ThreadPoolExecutor(len(self.components)) as pool:
            begun = {name: pool.submit(component.start) for name, component in self.components.items()}
            try:
                return Endpoints(
                    postgres_url=begun["postgres"].result(),
                    kafka_bootstrap=begun["kafka"].result(),
                    redis_url=begun["redis"].result(),
                )
            except Exception:
                for future, component in zip(begun.values(), self.components.values(), strict=True):
                    future.exception()
                    component.stop()
                raise

    def stop(self, *, erase: bool = False) -> None:
        with locked(self.state_dir / "infrastructure.lock"), ThreadPoolExecutor(len(self.components)) as pool:
            list(pool.map(lambda component: component.stop(), self.components.values()))
            for name in self.components if erase else ():
                shutil.rmtree(self.state_dir / name, ignore_errors=True)

    def kill(self, name: str) -> None:
        """`kill -9` one of postgres, kafka, redis."""
        self.components[name].kill()

    def restart(self, name: str) -> str:
        """Start one again after `kill`, on the same port and data; its address."""
        return self.components[name].start()
