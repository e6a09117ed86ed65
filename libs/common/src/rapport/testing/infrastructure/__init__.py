"""PostgreSQL, Kafka and Redis for tests, demo and benches, from one of three providers behind one interface.

- *given*: endpoints in the environment; never started, never stopped.
- *embedded* (default): the real servers as child processes, from Python wheels and the jars of Apache Kafka.
- *docker*: containers, when asked for.

`tests/integration/infrastructure/test_conformance.py` runs on whichever is active.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rapport.testing.infrastructure.endpoints import Endpoints, Infrastructure
from rapport.testing.infrastructure.given import Given
from rapport.testing.processes import locked

__all__ = ["Endpoints", "Infrastructure", "choose", "shared"]


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


@contextmanager
def shared(state_dir: Path) -> Iterator[Endpoints]:
    """The servers, shared by every process that is inside at the same time.

    The first one in begins with empty servers, the last one out ends them. Who is inside is a lock of the kernel, so a
    process killed inside counts no longer.
    """
    infrastructure = choose(state_dir)
    gate = state_dir / "users.gate"
    with locked(gate):
        users = (state_dir / "users").open("w")
        if _alone(users.fileno()):
            infrastructure.stop(erase=True)
        fcntl.flock(users, fcntl.LOCK_SH)
        endpoints = infrastructure.start()
    try:
        yield endpoints
    finally:
        with locked(gate), users:
            if _alone(users.fileno()):
                infrastructure.stop()


def _alone(lock: int) -> bool:
    """Whether nobody else holds the lock; then it is ours alone."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
