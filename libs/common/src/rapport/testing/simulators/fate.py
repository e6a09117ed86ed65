"""What becomes of a message, decided by seed, channel and reference alone: pure, and the same in every run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import blake2b


class Provider(StrEnum):
    """The two providers, named like their channels."""

    SMS = "sms"
    EMAIL = "email"


_DELAYS = {
    Provider.SMS: (timedelta(seconds=2), timedelta(seconds=90)),
    Provider.EMAIL: (timedelta(seconds=5), timedelta(minutes=15)),
}
"""Shortest and longest time until the receipt, on the shared clock."""


@dataclass(frozen=True, slots=True)
class Fate:
    """The course of one message."""

    refusals: int
    """How often it is refused as busy before it is taken; the sender should try again."""
    invalid: bool
    """The number or address does not exist: refused for good."""
    delivered: bool
    """What the receipt says: `delivered`, otherwise `failed`."""
    delay: timedelta
    """From the message's acceptance to its receipt, on the shared clock; whole milliseconds."""


def fate(seed: int, provider: Provider, reference: str, failure_share: float) -> Fate:
    """The course of the message for `reference`.

    `failure_share` (0 to 1) of all references meet a difficulty, a third each: refused once or twice and then taken,
    refused for good, or taken and lost on the way. A larger share adds to the references that a smaller one chose.
    """
    luck, kind, times, speed = _fractions(f"{seed}|{provider}|{reference}")
    difficulty = int(kind * 3) if luck < failure_share else None
    shortest, longest = _DELAYS[provider]
    delay = shortest + (longest - shortest) * speed**2  # squared: most receipts are quick, a few take long
    return Fate(
        refusals=1 + int(times * 2) if difficulty == 0 else 0,
        invalid=difficulty == 1,
        delivered=difficulty != 2,
        delay=timedelta(milliseconds=round(delay / timedelta(milliseconds=1))),
    )


def derived_id(prefix: str, provider: Provider, reference: str, copy: int) -> str:
    """An id that is the same in every run: the `copy`-th message (from 1) taken for `reference`."""
    return f"{prefix}_{blake2b(f'{provider}|{reference}|{copy}'.encode(), digest_size=16).hexdigest()}"


def _fractions(text: str) -> tuple[float, float, float, float]:
    """Four independent numbers in [0, 1)."""
    digest = blake2b(text.encode(), digest_size=32).digest()
    a, b, c, d = (int.from_bytes(digest[i : i + 8], "big") / 2**64 for i in range(0, 32, 8))
    return a, b, c, d
