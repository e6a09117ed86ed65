"""Types of answers that have no schema, read off the examples that their routes document.

Answers that must be quick are written as bytes and have no model. Each has an example, though, and tests hold that.

What always holds: objects with the same members are one type, unless they are lists of items; a member is nullable
when any example of its type shows it so. What is only ever shown as null or as empty can be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]

_REF = "#/components/schemas/"
_OPEN = frozenset({"get_timeline", "get_policy_schema"})
"""Operations whose items differ in their members by kind."""
_FREE = frozenset({"document", "facts"})
"""Members that hold a document of the caller's."""


class Inference:
    """All that examples of one service show."""

    def __init__(self, taken: Iterable[str]) -> None:
        """`taken` are names that other types have."""
        self._names: dict[frozenset[str], str] = {}
        self._lists: dict[int, str] = {}
        self._samples: dict[str, list[dict[str, Any]]] = {}
        self._taken = set(taken)

    def learn(self, name: str, operation: str, example: Any) -> Schema:
        """Look at an example; the type of what it shows."""
        if operation in _OPEN:
            if isinstance(example, dict) and "next_cursor" in example:
                return {"$ref": f"{_REF}PageDictStrAny"}
            return {"type": "object", "additionalProperties": True}
        self._look(name, example)
        return self._type([example])

    def types(self) -> dict[str, Schema]:
        """Every type that was seen, by name."""
        return {name: self._object(samples) for name, samples in self._samples.items()}

    def _look(self, name: str, value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                self._look(name, each)
        elif isinstance(value, dict) and _has_members(value):
            members = frozenset(value)
            known = None if "items" in members else self._names.get(members)
            if known is None:
                known = self._free_name(name)
            if "items" in members:
                self._lists[id(value)] = known
            else:
                self._names[members] = known
            self._samples.setdefault(known, []).append(value)
            for key, each in value.items():
                if key not in _FREE:
                    self._look(name.removesuffix("Answer") + _pascal(key), each)
        elif isinstance(value, dict):
            for each in value.values():
                self._look(name, each)

    def _free_name(self, name: str) -> str:
        number, free = 2, name
        while free in self._taken:
            free, number = f"{name}{number}", number + 1
        self._taken.add(free)
        return free

    def _object(self, samples: list[dict[str, Any]]) -> Schema:
        members = {
            key: {"type": "object", "additionalProperties": True}
            if key in _FREE
            else self._type([sample[key] for sample in samples])
            for key in samples[0]
        }
        return {"type": "object", "properties": members, "required": sorted(members), "x-open": True}

    def _type(self, values: list[Any]) -> Schema:
        shown = [value for value in values if value is not None]
        found: list[Schema] = []
        for schema in (self._one(value, shown) for value in shown):
            if schema not in found:
                found.append(schema)
        if not found:
            return {}
        if len(shown) < len(values):
            found.append({"type": "null"})
        return found[0] if len(found) == 1 else {"anyOf": found}

    def _one(self, value: Any, all_shown: list[Any]) -> Schema:
        match value:
            case bool():
                return {"type": "boolean"}
            case int() | float():
                whole = all(isinstance(each, int) for each in all_shown if isinstance(each, int | float))
                return {"type": "integer" if whole else "number"}
            case str():
                return {"type": "string"}
            case list():
                items = [item for each in all_shown if isinstance(each, list) for item in each]
                return {"type": "array", "items": self._type(items)}
        if not _has_members(value):
            return {"type": "object", "additionalProperties": self._type(list(value.values()))}
        return {"$ref": _REF + (self._lists.get(id(value)) or self._names[frozenset(value)])}


def _has_members(value: dict[str, Any]) -> bool:
    """Whether the keys are members of a type; otherwise they are data, such as days."""
    return bool(value) and all(re.fullmatch("[a-z][a-z0-9_]*", key) for key in value)


def _pascal(key: str) -> str:
    return "".join(part.capitalize() for part in key.split("_"))
