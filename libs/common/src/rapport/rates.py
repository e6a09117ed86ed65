"""The generic cell rate algorithm (ITU-T I.371, annex A; virtual scheduling): a rate with a burst, kept as one number.

That number is the theoretical arrival of the next one. What always holds: in any span of W microseconds in which one
interval holds, at most `burst + W / interval` pass.

Instants and intervals are whole microseconds.
"""

from __future__ import annotations


def left(arrival: int, now: int, interval: int, burst: int) -> int:
    """How many may pass now, when the next one is theoretically due at `arrival`."""
    return max(0, (now + burst * interval - max(arrival, now)) // interval)


def spent(arrival: int, now: int, interval: int, count: int = 1) -> int:
    """The next theoretical arrival once `count` have passed."""
    return max(arrival, now) + count * interval


def frees_at(arrival: int, interval: int, burst: int) -> int:
    """From when on one may pass."""
    return arrival - (burst - 1) * interval
