"""What two policy documents say differently, as data.

It reads their JSON form and knows no rule kind: a list of objects with names is a kind of rule, whatever its fields,
and everything else is a value. So a kind or a field that is added to the document later is compared from the first day.

What always holds: there is a difference exactly if the documents do not mean the same, where the order of rules within
a kind counts and the order in a list that `UNORDERED` names does not; applying all of them to the old document gives
the new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

UNORDERED = frozenset(
    (
        *("channels", "purposes", "exempt_classes", "exempt_purposes", "days", "do_not_disturb_exempt", "gives_back"),
        *("ignores", "countries", "regions", "places", "cool_downs", "blackouts"),
        *("kinds", "opened_by", "work_order_holds", "work_orders", "units"),
    )
)
"""Lists whose order says nothing. Of a list that is not known here it may."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the new document says differently."""

    kind: Literal["added", "removed", "changed", "reordered"]
    """A rule came, went, has another value in one field, or the rules of a kind stand in another order."""
    pointer: str
    """JSON pointer (RFC 6901) into the new document, of what is removed into the old one."""
    section: str
    """The member of the document: a kind of rule, or a value of its own."""
    rule: str | None
    """Name of the rule."""
    path: tuple[str, ...]
    """The field within the rule or section."""
    old: Any
    new: Any
    rules: tuple[Document, Document] | None = None
    """A changed rule as a whole, as it was and as it is."""


def differences(old: Document, new: Document) -> list[Difference]:
    """What is to be done to `old` so that it says what `new` says, in the order of the document.

    Both in JSON form with all defaults filled in; a member that one of them lacks counts as None.
    """
    found: list[Difference] = []
    for section in {**old, **new}:
        before, after = old.get(section), new.get(section)
        named = _named(before), _named(after)
        if named[0] is None or named[1] is None or not (named[0] or named[1]):
            found += _values(section, (), _Place(section, None, f"/{_escaped(section)}", None), before, after)
        else:
            found += _rules(section, named[0], named[1])
    return found


_Named = dict[str, tuple[int, Document]]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where values are compared."""

    section: str
    rule: str | None
    pointer: str
    rules: tuple[Document, Document] | None


def _named(value: Any) -> _Named | None:
    """The rules of a list by name, each with its place; None when it is no list of rules."""
    if value is None:
        return {}
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    if not all(isinstance(each, Mapping) and isinstance(each.get("name"), str) for each in value):
        return None
    found = {each["name"]: (index, each) for index, each in enumerate(value)}
    return found if len(found) == len(value) else None


def _rules(section: str, old: _Named, new: _Named) -> Iterator[Difference]:
    top = f"/{_escaped(section)}"
    for name, (index, rule) in old.items():
        if name not in new:
            yield Difference("removed", f"{top}/{index}", section, name, (), rule, None)
    for name, (index, rule) in new.items():
        if name not in old:
            yield Difference("added", f"{top}/{index}", section, name, (), None, rule)
            continue
        before = old[name][1]
        place = _Place(section, name, f"{top}/{index}", (before, rule))
        for field in {**before, **rule}:
            yield from _values(field, (field,), place, before.get(field), rule.get(field))
    were, are = [name for name in old if name in new], [name for name in new if name in old]
    if were != are and section not in UNORDERED:
        yield Difference("reordered", top, section, None, (), were, are)


def _values(field: str, path: tuple[str, ...], place: _Place, old: Any, new: Any) -> Iterator[Difference]:
    if _same(field, old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.get("kind") == new.get("kind"):
        for inner in {**old, **new}:
            yield from _values(inner, (*path, inner), place, old.get(inner), new.get(inner))
        return
    pointer = place.pointer + "".join(f"/{_escaped(step)}" for step in path)
    yield Difference("changed", pointer, place.section, place.rule, path, old, new, place.rules)


def _same(field: str, old: Any, new: Any) -> bool:
    if old == new:
        return True
    both_lists = isinstance(old, Sequence) and isinstance(new, Sequence)
    return field in UNORDERED and both_lists and sorted(map(str, old)) == sorted(map(str, new))


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
