"""W3C trace context: which trace the present work belongs to.

The trace of a request goes into the outbox rows it writes, from there into record headers, and each consumer continues
it. What always holds: `current_traceparent` is None or well-formed, whatever a caller sent.

Source: W3C Trace Context level 1, sections 3.2 (format) and 4.3 (a malformed header starts a new trace).
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_FORMAT = re.compile(
    r"^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?\Z", re.DOTALL
)
_MAX = 256  # of a later version; ours has 55 characters

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_random = random.Random()
os.register_at_fork(after_in_child=_random.seed)


def current_traceparent() -> str | None:
    """The trace context of the work at hand, or None outside any."""
    return _current.get()


def new_traceparent() -> str:
    """A trace context that starts a trace."""
    return f"00-{_random.getrandbits(128) | 1:032x}-{_random.getrandbits(64) | 1:016x}-01"


def continued(header: str | None) -> str:
    """The next step of the trace in `header`; a new trace when there is none or it is malformed."""
    if header is None or len(header) > _MAX or not (found := _FORMAT.match(header)):
        return new_traceparent()
    version, trace, flags, rest = found.groups()
    if version == "00" and rest:
        return new_traceparent()
    return f"00-{trace}-{_random.getrandbits(64) | 1:016x}-{'01' if int(flags, 16) & 1 else '00'}"


@contextmanager
def tracing(traceparent: str | None) -> Iterator[None]:
    """Work inside belongs to the trace `traceparent`; to none when that is None or malformed."""
    valid = traceparent is not None and len(traceparent) <= _MAX and _FORMAT.match(traceparent)
    token = _current.set(traceparent if valid else None)
    try:
        yield
    finally:
        _current.reset(token)
