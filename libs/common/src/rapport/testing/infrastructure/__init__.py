"""PostgreSQL, Kafka and Redis for tests, demo and benches, from one of three providers behind one interface.

- *given*: endpoints in the environment; never started, never stopped.
- *embedded* (default): the real servers as child processes, from Python wheels and the jars of Apache Kafka.
- *docker*: containers, when asked for.

`tests/integration/infrastructure/test_conformance.py` runs on whichever is active.
"""

from __future__ import annotations

import os
from pathlib import Path

from rapport.testing.infrastructure.endpoints import Endpoints, Infrastructure
from rapport.testing.infrastructure.given import Given

__all__ = ["Endpoints", "Infrastructure", "choose"]


def choose(state_dir: Path) -> Infrastructure:
    """The provider the environment asks for.

    *Given* when RAPPORT_POSTGRES_URL, RAPPORT_KAFKA_BOOTSTRAP and RAPPORT_REDIS_URL are all set; otherwise the one
    named by RAPPORT_INFRA, or *embedded*.
    """
    given = Given.from_environment(os.environ)
    kind = "given" if given else os.environ.get("RAPPORT_INFRA", "embedded")
    if given is not None:
        return given
    # The others are imported when chosen: their wheels are for development only.
    if kind == "embedded":
        from rapport.testing.infrastructure.embedded import Embedded

        return Embedded(state_dir)
    if kind == "docker":
        from rapport.testing.infrastructure.docker import Docker

        return Docker(state_dir)
    raise ValueError(f"RAPPORT_INFRA is {kind!r}; it may be embedded or docker, or give all three endpoints instead")
