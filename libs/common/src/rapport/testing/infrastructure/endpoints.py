"""The one interface of the three providers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the servers answer. `postgres_url` is that of an administrator, who may create databases."""

    postgres_url: str
    kafka_bootstrap: str
    redis_url: str


class Infrastructure(Protocol):
    """A PostgreSQL 18, a Kafka and a Redis."""

    def start(self) -> Endpoints:
        """Have all three answer; those that already do are used as they are."""
        ...

    def stop(self, *, erase: bool = False) -> None:
        """End what `start` began, whoever called it; data stays unless it is to be erased."""
        ...
