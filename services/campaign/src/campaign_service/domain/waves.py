"""Waves: the targets of a campaign stand in a queue and are asked for in groups, one group after the other.

What always holds: the pages of a wave, and the waves of a campaign, follow each other without gap or overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the queue has been asked for: the first target that has not, and when it is due; None: all have."""

    ordinal: int
    due_at: datetime | None


def next_page(
    cursor: Cursor, targets: int, *, page: int, wave_size: int | None, every: timedelta
) -> tuple[range, Cursor]:
    """The ordinals to ask for now, at most `page`, and the cursor behind them.

    A wave begins `every` after the one before it was due, also when it went out late: so an outage is caught up.
    Without a `wave_size` all targets are one wave.
    """
    assert cursor.due_at is not None
    wave_end = targets if wave_size is None else min(targets, (cursor.ordinal // wave_size + 1) * wave_size)
    end = min(wave_end, cursor.ordinal + page)
    behind = cursor.due_at + every if end == wave_end else cursor.due_at
    return range(cursor.ordinal, end), Cursor(end, behind if end < targets else None)


def resumed(due_at: datetime | None, now: datetime) -> datetime | None:
    """When the next wave is due after a pause: the waves that a pause held back do not all come at once."""
    return None if due_at is None else max(due_at, now)
