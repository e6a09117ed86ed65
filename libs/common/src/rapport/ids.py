"""Ids: text that sorts by the instant it was made for.

What always holds:
- an id we make is `<prefix>_` and 32 hexadecimal digits of a UUIDv7 whose time is the instant given, not the machine's;
- ids made in one process for instants that do not fall sort in the order they were made;
- an id from outside is accepted when it is 1 to 64 characters that need no escaping in a URL.

Source: RFC 9562, section 5.7 (layout) and 6.2, methods 2 and 3 (fraction of the millisecond, then a random counter).
"""

from __future__ import annotations

import os
import random
from datetime import datetime
from threading import Lock
from typing import Annotated

from pydantic import StringConstraints

from rapport.clock import to_micros

ID_PATTERN = r"^[A-Za-z0-9._~-]{1,64}$"

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""An id as any system may choose it."""

_VERSION_AND_VARIANT = (0x7 << 76) | (0b10 << 62)
_START_BITS = 61  # of 62, so that counting up from a random start cannot run over
_STEP_BITS = 32  # random steps: processes that share a standing clock do not meet


class _Counter:
    """The last instant and number given out; fresh randomness in every process, also after a fork."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.reseed()

    def reseed(self) -> None:
        self.random = random.Random(os.urandom(32))
        self.micros = -1
        self.number = 0

    def next(self, micros: int) -> int:
        with self.lock:
            if micros == self.micros:
                self.number += 1 + self.random.getrandbits(_STEP_BITS)
            else:
                self.micros = micros
                self.number = self.random.getrandbits(_START_BITS)
            return self.number


_counter = _Counter()
os.register_at_fork(after_in_child=_counter.reseed)


def new_id(prefix: str, now: datetime) -> str:
    """A fresh id for `now`, such as `req_018f...`.

    Raises:
        ValueError: `now` is naive or lies before 1970.
    """
    micros = to_micros(now)
    if micros < 0:
        raise ValueError("an id's instant cannot lie before 1970")
    millis, rest = divmod(micros, 1000)
    fraction = (rest << 12) // 1000
    value = (millis << 80) | (fraction << 64) | _VERSION_AND_VARIANT | _counter.next(micros)
    return f"{prefix}_{value:032x}"
