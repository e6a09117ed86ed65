"""The JSON Schema of an event type, as it is committed and shown to others.

It says what a reader accepts (pydantic's validation mode), plus three facts that JSON Schema has no word for:
`x-topic`, `x-key` (the field that is the record's key) and `x-grows` on the vocabularies that get new words over time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from rapport.contracts.compatibility import GROWS
from rapport.contracts.envelope import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"

GROWING = frozenset({"Channel", "Outcome", "Reason"})
"""Vocabularies that later capabilities extend: readers must expect a word that they do not know yet."""

_MODE: JsonSchemaMode = "validation"


class _Generator(GenerateJsonSchema):
    """Without a title per field: it would only repeat the field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the name is pydantic's
        return False


def event_schema(event: type[Event]) -> dict[str, Any]:
    """The schema of one event type, complete in itself."""
    schema = event.model_json_schema(mode=_MODE, schema_generator=_Generator)
    _mark_growing(schema.get("$defs", {}))
    return {
        "$schema": DIALECT,
        "$id": f"urn:rapport:{event.event_type}",
        "title": schema.pop("title"),
        "description": schema.pop("description", ""),
        "x-topic": event.topic,
        "x-key": event.key_field,
        **schema,
    }


def shared_schemas(events: Iterable[type[Event]], reference: str) -> dict[str, Any]:
    """The schemas of many event types and of the parts they share, by class name; `reference` holds `{model}`."""
    _, document = models_json_schema(
        [(event, _MODE) for event in events], schema_generator=_Generator, ref_template=reference
    )
    definitions: dict[str, Any] = document["$defs"]
    _mark_growing(definitions)
    return definitions


def _mark_growing(definitions: Mapping[str, dict[str, Any]]) -> None:
    for name in GROWING & definitions.keys():
        definitions[name][GROWS] = True
