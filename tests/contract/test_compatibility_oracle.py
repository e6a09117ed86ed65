"""The compatibility checker against an oracle: the validator itself, on every small body.

If the checker has no objection, then each event of before passes today's schema, and each event of today the one of
before. Nothing is claimed the other way round: the checker may be stricter than needed, never laxer.
"""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rapport.contracts.compatibility import breaks

patient = settings(deadline=None)  # a busy machine is no failure

FIELDS = ("a", "b")
VALUES: tuple[Any, ...] = (
    ...,
    None,
    "",
    "x",
    "xxx",
    "open",
    0,
    3,
    2.5,
    True,
    [],
    ["x"],
    ["xxx", 0],
    {},
    {"k": 3},
    {"p": "x"},
)
"""What a field may hold; `...` stands for its absence."""

simple = st.one_of(
    st.builds(lambda n: {"type": "string"} | ({"maxLength": n} if n else {}), st.sampled_from([None, 0, 1, 3])),
    st.builds(lambda n: {"type": "integer"} | ({"minimum": n} if n is not None else {}), st.sampled_from([None, 0, 3])),
    st.builds(lambda p: {"type": "string", "pattern": p}, st.sampled_from(["^x", "^open$"])),
    st.builds(lambda v: {"enum": v}, st.lists(st.sampled_from(["x", "open", 0]), min_size=1, unique=True)),
    st.sampled_from(
        [{"const": "x"}, {"type": "null"}, {"type": "number"}, {"type": "boolean"}, {}, {"$ref": "#/$defs/P"}]
    ),
)
schemas = st.one_of(
    simple,
    st.lists(simple, min_size=1, max_size=3).map(lambda found: {"anyOf": found}),
    st.builds(lambda item: {"type": "array", "items": item}, simple),
    st.builds(lambda value: {"type": "object", "additionalProperties": value}, simple),
    st.just({"type": ["string", "null"]}),
    st.just({"type": "array", "maxItems": 1}),
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    fields = {name: draw(schemas) for name in draw(st.sets(st.sampled_from(FIELDS)))}
    document: dict[str, Any] = {
        "type": "object",
        "properties": fields,
        "required": sorted(draw(st.sets(st.sampled_from(sorted(fields))))) if fields else [],
        "$defs": {"P": {"type": "object", "properties": {"p": draw(simple.filter(lambda s: "$ref" not in s))}}},
    }
    if draw(st.integers(0, 5)) == 0:
        document["additionalProperties"] = False
    return document


@st.composite
def changed(draw: st.DrawFn, old: dict[str, Any]) -> dict[str, Any]:
    """Another document that shares most of its parts with `old`, so that compatible pairs are common."""
    other = draw(documents())
    new = copy.deepcopy(old)
    parts = st.sampled_from(["properties", "required", "$defs", "additionalProperties"])
    for part in sorted(draw(st.sets(parts, min_size=1, max_size=2))):
        if part == "properties":
            new[part] = other[part] if draw(st.booleans()) else {**other[part], **new[part]}
        elif part in other:
            new[part] = other[part]
        else:
            new.pop(part, None)
    new["required"] = [name for name in new["required"] if name in new["properties"]]
    return new


@patient
@given(data=st.data(), old=documents())
def test_what_the_checker_lets_pass_is_read_both_ways(data: st.DataObject, old: dict[str, Any]) -> None:
    new = data.draw(changed(old))
    found = breaks("test.thing.happened.v1", old, new)
    event("breaking" if found else "compatible")
    if found:
        return
    before, after = Draft202012Validator(old), Draft202012Validator(new)
    for values in product(VALUES, repeat=len(FIELDS)):
        body = {name: value for name, value in zip(FIELDS, values, strict=True) if value is not ...}
        if before.is_valid(body) and body.keys() <= old["properties"].keys():
            assert after.is_valid(body), (body, "of before is refused today")
        if after.is_valid(body) and body.keys() <= new["properties"].keys():
            assert before.is_valid(body), (body, "of today was refused before")
