"""When a delivery is tried again, and when it, or its whole endpoint, is given up.

What always holds: waits double up to a bound, each drawn between nothing and the bound of its turn, so that what failed
together does not come back together; nothing is tried later than three days after it was queued.

Source: full jitter as in "Exponential Backoff And Jitter" (Amazon Architecture Blog, 2015).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=4)
GIVE_UP = timedelta(days=3)
"""A weekend: whoever has broken their endpoint on Friday evening finds everything on Monday."""

DISABLE_AFTER = timedelta(days=3)
DISABLE_FAILURES = 20
"""Both: an endpoint that gets an event a week is not broken after one of them."""

GONE = 410


def bound(attempts: int) -> timedelta:
    """The longest wait after so many attempts, from 1 on."""
    doubled: int = 1 << min(attempts - 1, 32)
    return min(FIRST * doubled, LONGEST)


def next_try(
    queued: datetime, now: datetime, attempts: int, draw: float, asked: timedelta | None = None
) -> datetime | None:
    """When to try again; None: never, it is dead.

    Args:
        draw: chance, at least 0 and below 1.
        asked: how long the endpoint wants to be left alone (`Retry-After`).
    """
    wait = max(bound(attempts) * draw, asked or timedelta())
    at = now + wait
    if at < queued + GIVE_UP:
        return at
    # One last time, at the end: an endpoint that asks for a week does not turn an event away unseen.
    return None if now >= queued + GIVE_UP - LONGEST or asked is None else queued + GIVE_UP - LONGEST


class Health(NamedTuple):
    """How an endpoint has been answering."""

    failures: int
    failing_since: datetime | None

    def after(self, *, delivered: bool, failed: int, now: datetime) -> Health:
        """After some deliveries together: one that came through means that it works."""
        if delivered:
            return Health(0, None)
        return Health(self.failures + failed, self.failing_since or now)

    def is_hopeless(self, now: datetime) -> bool:
        """Whether to leave the endpoint alone until a person says otherwise."""
        return (
            self.failing_since is not None
            and now - self.failing_since >= DISABLE_AFTER
            and self.failures >= DISABLE_FAILURES
        )
