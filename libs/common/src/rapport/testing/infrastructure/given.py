"""Servers somebody else runs."""

from __future__ import annotations

from collections.abc import Mapping

from rapport.testing.infrastructure.endpoints import Endpoints

POSTGRES, KAFKA, REDIS = "RAPPORT_POSTGRES_URL", "RAPPORT_KAFKA_BOOTSTRAP", "RAPPORT_REDIS_URL"


class Given:
    """Hands out endpoints as they are; starting and stopping is not ours."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Given | None:
        """The given servers, None when no endpoint is set. Raises `ValueError` when only some are."""
        values = {name: environment.get(name, "") for name in (POSTGRES, KAFKA, REDIS)}
        missing = [name for name, value in values.items() if not value]
        if len(missing) == len(values):
            return None
        if missing:
            raise ValueError(f"set {', '.join(missing)} too, or none of {', '.join(values)}")
        return cls(Endpoints(postgres_url=values[POSTGRES], kafka_bootstrap=values[KAFKA], redis_url=values[REDIS]))

    def start(self) -> Endpoints:
        return self._endpoints

    def stop(self, *, erase: bool = False) -> None:
        """Nothing: who gave the servers ends them."""
