"""What a subscriber asked for, the form in which they get an event, and how they name a place in the log.

What always holds:
- the same event has the same id and body for every subscriber, live or replayed: those of the customer's timeline;
- a position names, for each partition, the offset of the next record. It says all that is needed to go on, anywhere.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass

Position = tuple[int, ...]

_VERSION = 1
_LONGEST = 1024
"""Characters: a hundred partitions with offsets of nine bytes each."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a subscriber gets; None: any."""

    types: frozenset[str] | None = None
    customer_id: str | None = None
    org: str | None = None

    def takes(self, event_type: str, customer_id: str, place: str | None) -> bool:
        """Whether an event is wanted. Events that bear no place concern every unit."""
        return (
            (self.types is None or event_type in self.types)
            and (self.customer_id is None or customer_id == self.customer_id)
            and (self.org is None or place is None or lies_in(place, self.org))
        )


def lies_in(place: str, org: str) -> bool:
    """Whether a place is the unit `org` or below it, by whole segments: /north/branch-7 lies in /north, not in /nor."""
    unit = org.strip("/")
    found = place.strip("/")
    return not unit or found == unit or found.startswith(f"{unit}/")


def event_body(event_id: str, event_type: str, time: str, data: bytes) -> bytes:
    """What a subscriber gets: JSON in one line. `data` is the event's body, JSON as well."""
    head = f'{{"id":"{event_id}","type":"{event_type}","time":"{time}","data":'
    return head.encode() + data.replace(b"\n", b" ") + b"}"


def event_id(customer_id: str, seq: int) -> str:
    """The id of a timeline entry as an event."""
    return f"{customer_id}.{seq}"


def entry_of(event: str) -> tuple[str, int] | None:
    """Customer and number of the entry that an event id names; None: it names none."""
    customer_id, _, seq = event.rpartition(".")
    if not customer_id or not seq.isascii() or not seq.isdigit() or len(seq) > 18:
        return None
    return customer_id, int(seq)


def write_position(position: Sequence[int]) -> str:
    """As an opaque text, without characters that need escaping anywhere."""
    raw = bytearray((_VERSION,))
    for offset in position:
        rest = offset
        while rest >= 0x80:
            raw.append(rest & 0x7F | 0x80)
            rest >>= 7
        raw.append(rest)
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_position(text: str) -> Position | None:
    """What `write_position` wrote; None: it is nothing of the kind."""
    if len(text) > _LONGEST:
        return None
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        return None
    if not raw or raw[0] != _VERSION:
        return None
    found: list[int] = []
    value = shift = 0
    for byte in raw[1:]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            found.append(value)
            value = shift = 0
    position = tuple(found)
    return position if not shift and position and write_position(position) == text else None
