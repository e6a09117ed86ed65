"""The compatibility checker on planted changes: one per kind, each with the verdict that it must give."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model

from rapport.contracts import REGISTRY
from rapport.contracts.compatibility import GROWS, breaks
from rapport.contracts.envelope import Event
from rapport.contracts.json_schema import event_schema

TYPE = "test.thing.happened.v1"

BASE: dict[str, Any] = {
    "title": "ThingHappened",
    "x-topic": "test.things",
    "x-key": "customer_id",
    "type": "object",
    "required": ["customer_id", "state", "place", "channel"],
    "properties": {
        "customer_id": {"type": "string", "pattern": "^[a-z]{1,64}$"},
        "state": {"enum": ["open", "done"], "type": "string"},
        "channel": {"$ref": "#/$defs/Channel"},
        "place": {"$ref": "#/$defs/Place"},
        "note": {"anyOf": [{"type": "string", "maxLength": 100}, {"type": "null"}], "default": None},
        "count": {"type": "integer", "minimum": 1, "default": 1},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 8}, "default": []},
        "extra": {"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"maxLength": 9}},
        "at": {"type": "string", "format": "date-time", "default": "2026-01-01T00:00:00Z"},
    },
    "$defs": {
        "Channel": {"enum": ["call", "web"], "type": "string", GROWS: True},
        "Place": {
            "type": "object",
            "required": ["city"],
            "properties": {
                "city": {"type": "string"},
                "inside": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]},
            },
        },
    },
}

Change = Callable[[dict[str, Any]], Any]


def put(path: str, value: Any) -> Change:
    """A change that sets `path` (dotted) to a value."""

    def change(schema: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for name in parents:
            schema = schema[name]
        schema[last] = value

    return change


def drop(path: str) -> Change:
    """A change that removes `path` (dotted)."""

    def change(schema: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for name in parents:
            schema = schema[name]
        del schema[last]

    return change


def rename(schema: dict[str, Any]) -> None:
    schema["properties"]["notice"] = schema["properties"].pop("note")


BREAKING: dict[str, tuple[Change, str, str]] = {
    "field removed": (drop("properties.note"), "/note", "removed or renamed"),
    "field renamed": (rename, "/note", "removed or renamed"),
    "nested field removed": (drop("$defs.Place.properties.city"), "/place/city", "removed or renamed"),
    "new required field": (
        lambda s: (s["properties"].update(shop={"type": "string"}), s["required"].append("shop")),
        "/shop",
        "new required field",
    ),
    "optional became required": (lambda s: s["required"].append("count"), "/count", "became required"),
    "required became optional": (lambda s: s["required"].remove("state"), "/state", "became optional"),
    "default changed": (put("properties.count.default", 2), "/count", "default 1 became 2"),
    "type changed": (put("properties.count.type", "string"), "/count", "type integer became string"),
    "type widened": (put("properties.count.type", ["integer", "string"]), "/count", "string is newly accepted"),
    "null no longer accepted": (
        put("properties.note", {"type": "string", "maxLength": 100, "default": None}),
        "/note",
        "null is no longer accepted",
    ),
    "null newly accepted": (
        put("properties.count", {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": 1}),
        "/count",
        "null is newly accepted",
    ),
    "enum value removed": (put("properties.state.enum", ["open"]), "/state", "'done' was removed"),
    "enum value added": (put("properties.state.enum", ["open", "done", "lost"]), "/state", "'lost' was added"),
    "word of a growing list removed": (put("$defs.Channel.enum", ["call"]), "/channel", "'web' was removed"),
    "growing list frozen": (drop(f"$defs.Channel.{GROWS}"), "/channel", "may no longer grow"),
    "enum opened": (drop("properties.state.enum"), "/state", "was opened"),
    "enum closed": (put("$defs.Place.properties.city.enum", ["Rome"]), "/place/city", "closed list"),
    "pattern changed": (put("properties.customer_id.pattern", "^.*$"), "/customer_id", "pattern"),
    "format dropped": (drop("properties.at.format"), "/at", "format 'date-time' became none"),
    "maximum lowered": (
        put("properties.note.anyOf", [{"type": "string", "maxLength": 50}, {"type": "null"}]),
        "/note",
        "events of before",
    ),
    "maximum raised": (
        put("properties.note.anyOf", [{"type": "string", "maxLength": 500}, {"type": "null"}]),
        "/note",
        "readers of before",
    ),
    "minimum raised": (put("properties.count.minimum", 2), "/count", "events of before"),
    "minimum dropped": (drop("properties.count.minimum"), "/count", "readers of before"),
    "items narrowed": (put("properties.tags.items.maxLength", 4), "/tags/*", "maxLength 8 became 4"),
    "items opened": (drop("properties.tags.items"), "/tags/*", "became True"),
    "item count limited": (put("properties.tags.maxItems", 5), "/tags", "maxItems none became 5"),
    "map values changed": (
        put("properties.extra.additionalProperties", {"type": "string"}),
        "/extra/*",
        "type integer became string",
    ),
    "map keys narrowed": (put("properties.extra.propertyNames.maxLength", 3), "/extra/*", "maxLength 9 became 3"),
    "unknown fields refused": (put("additionalProperties", False), "/*", "became False"),
    "topic changed": (put("x-topic", "test.others"), "", "x-topic 'test.things' became 'test.others'"),
    "key changed": (put("x-key", "place"), "", "x-key"),
    "unknown keyword": (put("properties.tags.uniqueItems", True), "/tags", "uniqueItems"),
}

ADDITIVE: dict[str, Change] = {
    "nothing": lambda s: None,
    "optional field": put("properties.shop", {"type": "string", "default": "none"}),
    "optional nested field": put("$defs.Place.properties.street", {"type": "string", "default": ""}),
    "optional field of a new part": lambda s: (
        s["$defs"].update(Shop={"type": "object", "properties": {}}),
        s["properties"].update(shop={"anyOf": [{"$ref": "#/$defs/Shop"}, {"type": "null"}], "default": None}),
    ),
    "word in a growing list": put("$defs.Channel.enum", ["call", "web", "messaging"]),
    "list that begins to grow": put(f"properties.state.{GROWS}", True),
    "description": put("properties.count.description", "How many."),
    "title": put("title", "Other"),
    "part renamed": lambda s: (
        s["$defs"].update(Spot=copy.deepcopy(s["$defs"]["Place"])),
        s["properties"].update(place={"$ref": "#/$defs/Spot"}),
    ),
    "part written out": put("properties.channel", {"enum": ["call", "web"], "type": "string", GROWS: True}),
    "order of fields": lambda s: s.update(properties=dict(reversed(s["properties"].items()))),
}


class TestBreakingChange:
    @pytest.mark.parametrize("kind", BREAKING)
    def test_is_named_with_type_pointer_and_reason(self, kind: str) -> None:
        change, pointer, why = BREAKING[kind]
        new = copy.deepcopy(BASE)
        change(new)
        found = breaks(TYPE, BASE, new)
        assert [one for one in found if one.pointer == pointer and why in one.why], found
        assert all(one.type == TYPE for one in found)
        assert f"{TYPE} at {pointer or '/'}: " in "\n".join(map(str, found))

    def test_every_break_of_a_document_is_reported(self) -> None:
        new = copy.deepcopy(BASE)
        for change in (drop("properties.note"), put("properties.count.minimum", 5), put("x-key", "place")):
            change(new)
        assert [one.pointer for one in breaks(TYPE, BASE, new)] == ["", "/count", "/note"]

    def test_a_new_field_is_a_break_where_readers_refuse_unknown_ones(self) -> None:
        old = copy.deepcopy(BASE) | {"additionalProperties": False}
        new = copy.deepcopy(old)
        new["properties"]["shop"] = {"type": "string", "default": ""}
        assert [one.pointer for one in breaks(TYPE, old, new)] == ["/shop"]


class TestAdditiveChange:
    @pytest.mark.parametrize("kind", ADDITIVE)
    def test_passes(self, kind: str) -> None:
        new = copy.deepcopy(BASE)
        ADDITIVE[kind](new)
        assert breaks(TYPE, BASE, new) == []


class _Inner(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    inside: _Inner | None = None
    state: Literal["open", "done"] = "open"


def _event(**fields: Any) -> type[Event]:
    class Base(Event):
        event_type = TYPE
        topic = "test.things"

        customer_id: str

    return create_model("ThingHappened", __base__=Base, **fields)


class TestModels:
    """The same through pydantic: what a developer changes is a class, not a schema."""

    def test_an_optional_field_may_be_added(self) -> None:
        old, new = _event(), _event(note=(str | None, None))
        assert breaks(TYPE, event_schema(old), event_schema(new)) == []

    def test_a_required_field_may_not(self) -> None:
        old, new = _event(), _event(note=(str, ...))
        assert [one.pointer for one in breaks(TYPE, event_schema(old), event_schema(new))] == ["/note"]

    def test_a_narrowed_string_is_found(self) -> None:
        old = _event(note=(Annotated[str, Field(max_length=10)], ""))
        new = _event(note=(Annotated[str, Field(max_length=9)], ""))
        assert [one.pointer for one in breaks(TYPE, event_schema(old), event_schema(new))] == ["/note"]

    def test_a_part_that_contains_itself_is_compared_to_the_end(self) -> None:
        old = event_schema(_event(part=(_Inner, ...)))
        new = copy.deepcopy(old)
        new["$defs"]["_Inner"]["properties"]["state"]["enum"].remove("done")
        assert breaks(TYPE, old, old) == []
        assert {one.pointer for one in breaks(TYPE, old, new)} >= {"/part/state"}


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_each_registered_event_is_compatible_with_itself_and_not_without_its_key(name: str) -> None:
    schema = event_schema(REGISTRY[name])
    assert breaks(name, schema, schema) == []
    without = copy.deepcopy(schema)
    del without["properties"][REGISTRY[name].key_field]
    assert [one.pointer for one in breaks(name, schema, without)] == [f"/{REGISTRY[name].key_field}"]
