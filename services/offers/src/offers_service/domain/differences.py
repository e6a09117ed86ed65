"""What two contents say differently, value by value.

What always holds: there is a difference exactly if the contents are not equal, and putting each `new` at its pointer,
in order, makes the old content say what the new one says. A list is one value: of its members the place is the meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """A place (JSON pointer, RFC 6901) and what stands there; None where nothing does."""

    pointer: str
    old: Any
    new: Any


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """What is different, in the order of the documents."""
    return list(_of(old, new, ""))


def _of(old: Mapping[str, Any], new: Mapping[str, Any], pointer: str) -> Iterator[Difference]:
    for name in {**old, **new}:
        place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        before, after = old.get(name), new.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _of(before, after, place)
        elif before != after or type(before) is not type(after):
            yield Difference(place, before, after)
