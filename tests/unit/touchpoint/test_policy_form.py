"""The schema for forms: complete for every field there is or will be, and true to what the API accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from pydantic import ValidationError
from tests.unit.touchpoint.policy_documents import Document, cap, documents

from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.policy_form import form_schema

SCHEMA = form_schema()
JUDGE = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def objects() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "PolicyDocument", dict(SCHEMA)
    yield from SCHEMA["$defs"].items()


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    for owner, schema in objects():
        for name, field in schema.get("properties", {}).items():
            yield f"{owner}.{name}", field


@pytest.mark.parametrize(("place", "schema"), [*objects(), *fields()], ids=[p for p, _ in [*objects(), *fields()]])
def test_every_object_and_field_has_title_description_and_labels(place: str, schema: dict[str, Any]) -> None:
    assert schema["title"]
    assert schema["description"]
    assert schema["x-labels"].keys() == {"en", "zh-CN"}
    assert all(schema["x-labels"].values())


def closed_lists(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "enum" in schema:
            yield schema
        for inner in schema.values():
            yield from closed_lists(inner)


def test_every_closed_list_has_a_word_for_each_value_in_both_languages() -> None:
    found = list(closed_lists(SCHEMA))
    assert len(found) > 5
    for schema in found:
        for words in schema["x-enum-labels"].values():
            assert list(words) == schema["enum"]


def test_labels_are_the_words_of_the_house() -> None:
    cap_fields = SCHEMA["$defs"]["FrequencyCap"]["properties"]
    assert cap_fields["limit"]["x-labels"] == {"en": "Contacts at most", "zh-CN": "最多接触次数"}
    assert cap_fields["channels"]["description"] == "Applies to contacts in these channels; None is all."
    assert SCHEMA["$defs"]["CoolDownRule"]["x-labels"] == {"en": "Cool-down", "zh-CN": "冷静期"}
    assert SCHEMA["$defs"]["Channel"]["x-enum-labels"]["zh-CN"]["sms"] == "短信"
    assert SCHEMA["properties"]["business_zone"]["x-labels"]["zh-CN"] == "业务时区"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@given(documents)
def test_every_document_of_the_api_fits(document: Document) -> None:
    JUDGE.validate(document)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": ""},
        {"name": "x", "unheard_of": 1},
        {"name": "x", "frequency_caps": [cap(limit=-1)]},
        {"name": "x", "frequency_caps": [cap(window={"hours": 3})]},
        {"name": "x", "frequency_caps": [cap(window={"kind": "rolling", "hours": 10**6})]},
        {"name": "x", "frequency_caps": [cap(name="Not a name")]},
        {"name": "x", "gives_back": ["pigeon"]},
    ],
)
def test_what_does_not_fit_the_api_does_not_fit_the_schema(wrong: Document) -> None:
    with pytest.raises(ValidationError):
        PolicyDocument.model_validate(wrong)
    assert not JUDGE.is_valid(wrong)
