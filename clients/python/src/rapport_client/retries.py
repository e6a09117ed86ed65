"""When to try again, and how long to wait before."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

AGAIN = frozenset({429, 500, 502, 503, 504})
"""Answers that may be another one the next time."""
_IN_USE = "idempotency-key-in-use"


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient a client is."""

    attempts: int = 5
    """In all, the first one included."""
    first: float = 0.1
    """Seconds before the second attempt, on average; twice as long before each further one."""
    longest: float = 5.0
    """Seconds that a wait of our own never exceeds. What `Retry-After` asks for is waited for up to `patience`."""
    patience: float = 60.0

    def wait(self, attempt: int, headers: Mapping[str, str]) -> float | None:
        """Seconds to wait after this attempt (from 1) has failed; None to give up.

        Waits differ at random between half and one and a half of their usual length, so that many clients that failed
        together do not come back together.
        """
        if attempt >= self.attempts:
            return None
        asked = _retry_after(headers)
        if asked is not None:
            return asked if asked <= self.patience else None
        usual: float = min(self.first * 2 ** (attempt - 1), self.longest / 1.5)
        return usual * random.uniform(0.5, 1.5)

    def again(self, status: int, problem: str) -> bool:
        """Whether an answer with this status and type of problem is worth another attempt."""
        return status in AGAIN or problem == _IN_USE


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """What the header asks for, in seconds; None when it is not there or cannot be read."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
