"""May the schema of an event take the place of the committed one? Only if old and new programs still read each other.

Events outlive the release that wrote them, and services are upgraded one after another, so both directions count:

- a reader of today reads the events of before (they lie in the log), and
- a reader of before reads the events of today (it is still running).

So a type may gain optional fields (readers ignore what they do not know) and better words, and nothing else. Everything
else is published beside it, as a new type that ends in the next `.v<n>`.

One list may grow: an enumeration that the *committed* schema marks with `x-grows`, the shared vocabularies of channels,
outcomes and reasons. Its readers were told to expect more. The new word is used only once every reader is upgraded; a
reader that is behind dead-letters the record, with the reason, for a replay.

The comparison is strict where it does not understand: a keyword that it does not know and that differs is a break.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]

GROWS = "x-grows"
"""Marks an enumeration that may get more values without a new type."""

_WORDS = frozenset({"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "deprecated", GROWS})
"""Keywords that say something to people only, or that the comparison follows elsewhere."""

_STRUCTURE = frozenset({"type", "enum", "const", "anyOf", "oneOf", "properties", "required", "default", "items"})
"""Keywords with a comparison of their own; `default` belongs to the field that carries it."""

_SUBSCHEMAS = ("additionalProperties", "propertyNames")

_UPPER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
_LOWER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})

_OLD_EVENTS = "events of before do not pass today's readers"
_NEW_EVENTS = "events of today do not pass readers of before"
_ONE_SIDE = "one side no longer reads what the other writes"


@dataclass(frozen=True, slots=True, order=True)
class Break:
    """One change that old and new programs do not both survive."""

    type: str
    pointer: str
    """Place in the event's body, `*` for any item or key; empty for the event as a whole."""
    why: str

    def __str__(self) -> str:
        return f"{self.type} at {self.pointer or '/'}: {self.why}"


def breaks(event_type: str, old: Schema, new: Schema) -> list[Break]:
    """All breaking changes between the committed schema of a type and its new one, in the order of their pointers."""
    comparison = _Comparison(old.get("$defs", {}), new.get("$defs", {}))
    return sorted({Break(event_type, pointer, why) for pointer, why in comparison.schemas(old, new, "")})


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two documents side by side. Each method yields (pointer, why) pairs."""

    old_definitions: Mapping[str, Schema]
    new_definitions: Mapping[str, Schema]
    _under_way: set[tuple[str, str]] = field(default_factory=set)
    """Pairs being compared further out: a definition may contain itself."""

    def schemas(self, old: Any, new: Any, at: str) -> Iterator[tuple[str, str]]:
        """Compare what two schemas accept; either may be a boolean."""
        if old == new and not _mentions_definitions(old):
            return
        if isinstance(old, bool) or isinstance(new, bool):
            if old != new:
                yield at, f"{_shown(old)} became {_shown(new)}"
            return
        pair = (repr(old), repr(new))
        if pair in self._under_way:
            return
        self._under_way.add(pair)
        yield from self._alternatives(
            _alternatives(old, self.old_definitions), _alternatives(new, self.new_definitions), at
        )
        self._under_way.discard(pair)

    def _alternatives(self, old: list[Schema], new: list[Schema], at: str) -> Iterator[tuple[str, str]]:
        """Pair alternatives by their JSON type, in order within a type; what finds no partner is a break."""
        waiting = list(new)
        gone = []
        for one in old:
            other = next((schema for schema in waiting if _kind(schema) == _kind(one)), None)
            if other is None:
                gone.append(_kind(one))
                continue
            waiting.remove(other)
            yield from self._values(one, other, at)
        come = [_kind(schema) for schema in waiting]
        if gone and come:
            yield at, f"type {' or '.join(gone)} became {' or '.join(come)}: {_ONE_SIDE}"
        elif gone:
            yield at, f"{' and '.join(gone)} is no longer accepted: {_OLD_EVENTS}"
        elif come:
            yield at, f"{' and '.join(come)} is newly accepted: {_NEW_EVENTS}"

    def _values(self, old: Schema, new: Schema, at: str) -> Iterator[tuple[str, str]]:
        yield from _enumerations(old, new, at)
        yield from self._fields(old, new, at)
        for keyword in _SUBSCHEMAS:
            yield from self.schemas(old.get(keyword, True), new.get(keyword, True), f"{at}/*")
        yield from self.schemas(old.get("items", True), new.get("items", True), f"{at}/*")
        for keyword in sorted((old.keys() | new.keys()) - _WORDS - _STRUCTURE - set(_SUBSCHEMAS)):
            yield from _constraint(keyword, old.get(keyword), new.get(keyword), at)

    def _fields(self, old: Schema, new: Schema, at: str) -> Iterator[tuple[str, str]]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
        for name in before:
            here = f"{at}/{_escaped(name)}"
            if name not in after:
                yield here, "the field was removed or renamed: whoever reads it finds nothing"
                continue
            if name in needed_after - needed_before:
                yield here, f"the field became required: {_OLD_EVENTS} without it"
            elif name in needed_before - needed_after:
                yield here, f"the field became optional: {_NEW_EVENTS} without it"
            elif name not in needed_after and before[name].get("default") != after[name].get("default"):
                was, now = before[name].get("default"), after[name].get("default")
                yield here, f"its default {was!r} became {now!r}: events without it change their meaning"
            yield from self.schemas(before[name], after[name], here)
        for name in after.keys() - before.keys():
            if name in needed_after:
                yield f"{at}/{_escaped(name)}", f"a new required field: {_OLD_EVENTS}; give it a default"
            elif old.get("additionalProperties") is False:
                yield f"{at}/{_escaped(name)}", f"a new field in an object that was closed: {_NEW_EVENTS}"


def _alternatives(schema: Schema, definitions: Mapping[str, Schema]) -> list[Schema]:
    """The schema as a flat list of alternatives, each of one JSON type, references followed."""
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix("#/$defs/")
        return _alternatives({**definitions[name], **_without(schema, "$ref")}, definitions)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            beside = _without(schema, keyword)
            return [one for choice in schema[keyword] for one in _alternatives({**choice, **beside}, definitions)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": one} for one in schema["type"]]
    return [schema]


def _without(schema: Schema, keyword: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != keyword}


def _kind(schema: Schema) -> str:
    return str(schema.get("type", "anything"))


def _enumerations(old: Schema, new: Schema, at: str) -> Iterator[tuple[str, str]]:
    before, after = _enumerated(old), _enumerated(new)
    if before is None and after is None:
        return
    if before is None:
        yield at, f"it became a closed list: {_OLD_EVENTS}"
    elif after is None:
        yield at, f"the list was opened: {_NEW_EVENTS}"
    else:
        for value in before:
            if value not in after:
                yield at, f"the value {value!r} was removed: {_OLD_EVENTS}"
        for value in after:
            if value not in before and not old.get(GROWS):
                yield at, f"the value {value!r} was added: {_NEW_EVENTS}"
        if old.get(GROWS) and not new.get(GROWS):
            yield at, "the list may no longer grow: readers were told that it may"


def _enumerated(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return list(schema["enum"]) if "enum" in schema else None


def _constraint(keyword: str, old: Any, new: Any, at: str) -> Iterator[tuple[str, str]]:
    if old == new:
        return
    change = f"{keyword} {_shown(old)} became {_shown(new)}"
    if keyword in _UPPER | _LOWER:
        tighter = old is None or (new is not None and (new < old if keyword in _UPPER else new > old))
        yield at, f"{change}: {_OLD_EVENTS if tighter else _NEW_EVENTS}"
    else:
        yield at, f"{change}: {_ONE_SIDE}"


def _mentions_definitions(schema: Any) -> bool:
    """Equal text means equal schemas only as long as it refers to nothing that may have changed."""
    if isinstance(schema, Mapping):
        return "$ref" in schema or any(_mentions_definitions(part) for part in schema.values())
    return isinstance(schema, list) and any(_mentions_definitions(part) for part in schema)


def _shown(value: Any) -> str:
    return "none" if value is None else repr(value)


def _escaped(name: str) -> str:
    """A field's name inside a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
