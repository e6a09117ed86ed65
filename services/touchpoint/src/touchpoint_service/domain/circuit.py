"""A circuit breaker for a provider: after failures in a row it is left alone for a while, then tried with one message.

Source: M. Nygard, Release It!, 2nd ed. (2018), chapter 5, "Circuit Breaker"; "full jitter" is left out on purpose: one
row per channel says when, so there is no herd to scatter.
"""

from __future__ import annotations

from typing import NamedTuple

from touchpoint_service.domain.windows import SECOND

OPENS_AFTER = 5
"""Failures in a row: fewer are bad luck of single messages."""
FIRST_REST = 5 * SECOND
LONGEST_REST = 300 * SECOND


class Circuit(NamedTuple):
    """`failures` in a row, how often it `opened` since the last success, and until when it rests."""

    failures: int = 0
    opened: int = 0
    retry_at: int | None = None

    def may_try(self, now: int) -> int | None:
        """How many messages may be tried now: none while it rests, one after a rest, else any number (None)."""
        if self.retry_at is not None and now < self.retry_at:
            return 0
        return 1 if self.opened else None

    def after(self, successes: int, failures: int, now: int, wait: int | None = None) -> Circuit:
        """What follows from a page of messages; any success closes it. `wait`: the provider asked for so much rest."""
        if wait is not None:
            return Circuit(self.failures + failures, self.opened + 1, now + wait)
        if successes:
            return Circuit()
        if not failures:
            return self
        total = self.failures + failures
        if total < OPENS_AFTER and not self.opened:
            return Circuit(total, 0, None)
        rest = min(LONGEST_REST, FIRST_REST * 2**self.opened)
        return Circuit(total, self.opened + 1, now + rest)
