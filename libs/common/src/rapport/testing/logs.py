"""The log of a block of code, for tests: what a process would write, and the global state put back afterwards."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from rapport.telemetry import configure_logging


@contextmanager
def captured_log(level: str = "info", *, messages: bool = False) -> Iterator[io.StringIO]:
    """All that is logged inside, as JSON lines. `messages` as for `configure_logging`."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    configure_logging("test", level=level, messages=messages, stream=stream)
    try:
        yield stream
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        structlog.reset_defaults()
