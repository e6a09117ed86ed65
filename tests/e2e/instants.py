"""Where requests have instants, as the OpenAPI document of a service says."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

EDGES = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999-12:00",
)
"""Well-formed, and the outer two are nowhere in UTC."""
_USUAL = "2026-03-02T09:00:00Z"
_DEEPEST = 6

Place = tuple[str | int, ...]


def queries(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Queries with one instant at an edge of the calendar; the others that must be there are usual."""
    instants = [p for p in operation.get("parameters", ()) if p["in"] == "query" and _is_instant(document, p["schema"])]
    usual = {p["name"]: _USUAL for p in instants if p.get("required")}
    for parameter in instants:
        yield from (usual | {parameter["name"]: edge} for edge in EDGES)


def bodies(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The example of the body with one instant at an edge of the calendar."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    schema = _resolved(document, content["schema"])
    example = next(iter(schema.get("examples", ())), None)
    if isinstance(example, dict):
        for place in dict.fromkeys(_places(document, schema)):
            yield from (_with(example, place, edge) for edge in EDGES)


def _places(document: dict[str, Any], schema: dict[str, Any], place: Place = ()) -> Iterator[Place]:
    if len(place) > _DEEPEST:
        return
    for each in _alternatives(document, schema):
        if each.get("format") == "date-time":
            yield place
        for name, inner in each.get("properties", {}).items():
            yield from _places(document, inner, (*place, name))
        if isinstance(each.get("items"), dict):
            yield from _places(document, each["items"], (*place, 0))


def _is_instant(document: dict[str, Any], schema: dict[str, Any]) -> bool:
    return any(each.get("format") == "date-time" for each in _alternatives(document, schema))


def _alternatives(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found = _resolved(document, schema)
    yield found
    for key in ("anyOf", "oneOf", "allOf"):
        for each in found.get(key, ()):
            yield from _alternatives(document, each)


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for step in schema["$ref"].split("/")[1:]:
            found = found[step]
        schema = found
    return schema


def _with(example: dict[str, Any], place: Place, value: str) -> dict[str, Any]:
    """The example with a value at a place, and what must be there to hold it."""
    body = copy.deepcopy(example)
    inner: Any = body
    for step, following in pairwise(place):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if not inner:
                inner.append(empty)
        elif not isinstance(inner.get(step), type(empty)):
            inner[step] = empty
        inner = inner[step]
    if isinstance(place[-1], int):
        inner[:] = [value]
    else:
        inner[place[-1]] = value
    return body
