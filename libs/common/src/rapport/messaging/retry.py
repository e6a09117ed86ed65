"""Which failures pass by themselves, and how long to wait for it.

What always holds: a failure that says nothing about the message at hand (the database or the broker is away, a
deadlock, a full disk) is waited out and never blamed on the message.
"""

from __future__ import annotations

import random

from aiokafka.errors import KafkaError

from rapport import db


def is_transient(error: BaseException) -> bool:
    """Whether the same attempt may succeed later, because the cause is the database, the broker or the network."""
    return isinstance(error, KafkaError) or db.is_transient(error)


class Backoff:
    """Growing pauses: the first after `first` seconds, doubling up to `most`, each shortened by up to a third at random
    so that the workers of a service do not come back all at once."""

    def __init__(self, first: float = 0.1, most: float = 2.0) -> None:
        """Start afresh."""
        self._first = first
        self._most = most
        self._next = first

    def next(self) -> float:
        """The seconds to wait before the next attempt."""
        pause, self._next = self._next, min(self._next * 2, self._most)
        return pause * (1 - random.random() / 3)

    def reset(self) -> None:
        """It worked: the next failure starts with a short pause again."""
        self._next = self._first
