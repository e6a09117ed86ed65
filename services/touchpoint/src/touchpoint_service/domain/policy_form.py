"""The JSON Schema of a policy document as a form needs it: each field with title, description and labels.

What always holds: it accepts what the API accepts as far as JSON Schema can say it; every field of every kind of rule
has a title, a description, and `x-labels` in English and 简体中文, also those that are added to the document later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.policy_labels import Both, kind_of, label, readable, words

Schema = dict[str, Any]

_CLOSED_LISTS = {
    "Channel": ("channels", Both("channel", "渠道")),
    "ContactClass": ("exempt_classes", Both("class", "接触等级")),
    "Outcome": ("outcome", Both("outcome", "结果")),
    "WorkOrderKind": ("kinds", Both("kind of work order", "工单类型")),
}
"""A field whose values they are, and what one is called."""


@lru_cache(maxsize=1)
def form_schema() -> Mapping[str, Any]:
    """JSON Schema 2020-12 with `x-labels` on every object and field, and `x-enum-labels` on every closed list."""
    schema = PolicyDocument.model_json_schema()
    definitions: dict[str, Schema] = schema["$defs"]
    sections = dict(_sections(schema))
    for name, definition in definitions.items():
        section, called = sections.get(name, ("*", _class_name(name)))
        if "enum" in definition:
            field, called = _CLOSED_LISTS.get(name, ("", called))
            _name_values(definition, "*", field)
        kind = definition.get("properties", {}).get("kind", {}).get("const")
        _call(definition, words("*", "kind").get(kind, called))
        _fields(definition, section, definitions)
    _call(schema, Both("contact policy", "接触策略"))
    _fields(schema, "", definitions)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _sections(schema: Schema) -> Iterator[tuple[str, tuple[str, Both]]]:
    """For each definition that describes a member, or the rules in it: the member and what one of them is called."""
    for name, member in schema["properties"].items():
        if "$ref" in member:
            yield _target(member), (name, label(name))
        elif "$ref" in member.get("items", {}):
            yield _target(member["items"]), (name, kind_of(name).one)


def _fields(owner: Schema, section: str, definitions: Mapping[str, Schema]) -> None:
    for name, field in owner.get("properties", {}).items():
        _call(field, label(section, name) if section else label(name))
        target = definitions[_target(field)] if "$ref" in field else {}
        field.setdefault("description", target.get("description") or owner.get("description", field["title"]))
        for place in (field, field.get("items", {})):
            if "enum" in place:
                _name_values(place, section, name)
        if "discriminator" in field:
            for member in field["oneOf"]:  # without it nobody knows which member is meant
                _require(definitions[_target(member)], field["discriminator"]["propertyName"])


def _call(schema: Schema, name: Both) -> None:
    schema["title"] = name.en[:1].upper() + name.en[1:]
    schema["x-labels"] = {"en": schema["title"], "zh-CN": name.zh}


def _name_values(schema: Schema, section: str, field: str) -> None:
    known = words(section, field)
    named = {value: known.get(value) or Both(readable(str(value)), readable(str(value))) for value in schema["enum"]}
    schema["x-enum-labels"] = {
        "en": {value: name.en for value, name in named.items()},
        "zh-CN": {value: name.zh for value, name in named.items()},
    }


def _require(definition: Schema, name: str) -> None:
    required = definition.setdefault("required", [])
    if name not in required:
        required.insert(0, name)


def _target(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _class_name(name: str) -> Both:
    told = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return Both(told, told)
