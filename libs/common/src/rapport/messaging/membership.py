"""What a consumer is in its group, and how patient it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rapport.db import Pool
from rapport.messaging.batch import BatchHandler


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds; the defaults are for production, tests are less patient."""

    session: float = 10.0
    """Until the partitions of a worker that died go to another. A broker's lower limit is 6 unless set otherwise."""
    heartbeat: float = 1.0
    """Also how fast a member learns that the group rebalances."""
    rebalance_grace: float = 2.0
    """For batches under way to commit before their partitions are handed over. Zero is correct, and noisier."""
    doubt: float = 3.0
    """How long a topic must be missing, or a position outside the log, to be believed."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What a session needs to know of its consumer."""

    group: str
    handlers: Mapping[str, BatchHandler]
    pool: Pool
    bootstrap: str
    lanes: int
    max_batch: int
    poison_limit: int
    timing: Timing
    after_commit: Callable[[], None]
    tells_freshness: bool
