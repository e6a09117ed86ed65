"""Chance that does not depend on order: what happens on an occasion follows from the seed and its name alone.

So customers may act side by side, and a run with the same seed ends the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_RANGE = 1 << 64


class Chance:
    """All chance of one run."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def share(self, *occasion: object) -> float:
        """A number in [0, 1), even over its range, and independent of every other occasion's."""
        text = "\0".join(map(str, (self._seed, *occasion)))
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / _RANGE

    def happens(self, likelihood: float, *occasion: object) -> bool:
        """Whether something of this likelihood (0 to 1) happens."""
        return self.share(*occasion) < likelihood

    def whole(self, low: int, high: int, *occasion: object) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.share(*occasion) * (high - low + 1))

    def pick(self, options: Sequence[T], *occasion: object) -> T:
        """One of the options, each as likely as the others."""
        return options[int(self.share(*occasion) * len(options))]

    def weighted(self, weights: Mapping[T, float], *occasion: object) -> T:
        """One of the keys, as likely as its share of all weights."""
        left = self.share(*occasion) * sum(weights.values())
        for option, weight in weights.items():
            left -= weight
            if left < 0:
                return option
        return list(weights)[-1]  # what rounding leaves
