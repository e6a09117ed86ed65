"""Time as a fact: whoever needs `now` is given a clock at the edge and passes the instant inwards.

What always holds:
- every instant is aware and in UTC, with microsecond resolution;
- the stepped clock is one shared file: a move is seen by every process at its next reading, and time never runs back;
- the stepped clock stands still until its driver moves it, so equal seeds give equal runs; production refuses it.
"""

from __future__ import annotations

import mmap
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BYTES = 8  # one signed 64-bit integer, aligned: read and written by the processor in one piece


class Clock(Protocol):
    """Gives the present instant, aware, in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        ...


def to_micros(at: datetime) -> int:
    """Whole microseconds since 1970-01-01T00:00Z; exact, without floating point.

    Raises:
        ValueError: `at` has no offset.
    """
    if at.tzinfo is None:
        raise ValueError("an instant needs an offset; this one is naive")
    return (at - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The instant in UTC that lies `micros` microseconds after 1970-01-01T00:00Z."""
    return EPOCH + timedelta(microseconds=micros)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The machine's present instant."""
        return datetime.now(UTC)


class FixedClock:
    """Stands where it was put; for tests in one process, where it may move either way."""

    def __init__(self, at: datetime) -> None:
        self._micros = to_micros(at)

    def now(self) -> datetime:
        """The instant it was last put to."""
        return from_micros(self._micros)

    def move(self, to: datetime) -> None:
        """Put the clock to another instant, earlier or later."""
        self._micros = to_micros(to)


class SteppedClock:
    """A clock that several processes share through a file and one driver moves."""

    def __init__(self, path: Path | str) -> None:
        """Open the file that `create` made.

        Raises:
            FileNotFoundError: nobody has created the clock.
            ValueError: the file is no clock.
        """
        self.path = Path(path)
        try:
            handle = os.open(self.path, os.O_RDWR)
        except FileNotFoundError:
            raise FileNotFoundError(
                f"no stepped clock at {self.path}; its driver creates it before others start"
            ) from None
        try:
            if os.fstat(handle).st_size != _BYTES:
                raise ValueError(f"{self.path} is no stepped clock: it must be {_BYTES} bytes")
            self._map = mmap.mmap(handle, _BYTES)
        finally:
            os.close(handle)
        self._micros = memoryview(self._map).cast("q")

    @classmethod
    def create(cls, path: Path | str, at: datetime) -> SteppedClock:
        """Make the clock's file, standing at `at`, in place of any earlier one, and open it."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
        fresh.write_bytes(memoryview(bytearray(_BYTES)))
        clock = cls(fresh)
        clock._micros[0] = to_micros(at)
        fresh.replace(target)
        clock.path = target
        return clock

    def now(self) -> datetime:
        """The instant the driver last moved to."""
        return from_micros(self._micros[0])

    def move_to(self, to: datetime) -> None:
        """Move forward to `to`, for every process at once. For the one driver only.

        Raises:
            ValueError: `to` lies before the present instant.
        """
        micros = to_micros(to)
        if micros < self._micros[0]:
            raise ValueError(f"a stepped clock never runs back: {to.isoformat()} is before {self.now().isoformat()}")
        self._micros[0] = micros


def open_clock(spec: str) -> Clock:
    """The clock a setting names: `system`, or `stepped:<path>` of a clock that its driver has created.

    Raises:
        ValueError: the text names no clock.
        FileNotFoundError: the stepped clock does not exist.
    """
    kind, _, path = spec.partition(":")
    if spec == "system":
        return SystemClock()
    if kind == "stepped" and path:
        return SteppedClock(path)
    raise ValueError(f"unknown clock {spec!r}: use `system` or `stepped:<path>`")
