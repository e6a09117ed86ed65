"""What is written from a route, in both languages."""

from __future__ import annotations

from typing import Any

from clients.generator import python, typescript
from clients.generator.__main__ import files
from clients.generator.documents import Api, read

PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {"examples": {"not-found": {}}}}}
ANY: dict[str, Any] = {"type": "object", "additionalProperties": True}


def document(example: Any, **parts: Any) -> Api:
    """An API with one route, whose answer has an example and no schema."""
    operation = {
        "operationId": "list_things",
        "summary": "List things",
        "description": "All of them.",
        "x-permission": "thing.read",
        "responses": {"200": {"content": {"application/json": {"schema": ANY}}}, "404": PROBLEM},
        **parts,
    }
    found = {
        "info": {"description": "Things."},
        "components": {"schemas": {}},
        "paths": {"/v1/things/{thing_id}": {"get": operation}},
    }
    return read("thing", found, {"list_things": example})


class TestAnswersWithoutASchema:
    def test_have_the_type_of_their_example(self) -> None:
        source = python.module(document({"thing_id": "t", "count": 1, "share": 0.5, "tags": ["a"], "open": True}))
        for line in ("thing_id: str", "count: int", "share: float", "tags: list[str]", "open: bool"):
            assert f"    {line}\n" in source

    def test_are_one_type_when_their_members_are_the_same_and_nullable_where_any_example_is(self) -> None:
        api = document({"items": [{"id": "a", "at": None}, {"id": "b", "at": "2026-01-01"}]})
        assert api.types["ListThingsItems"]["properties"] == {
            "id": {"type": "string"},
            "at": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        }

    def test_keep_data_that_stands_in_keys_as_a_mapping(self) -> None:
        api = document({"days": {"2026-01-01": 3}})
        assert python.spelled(api.types["ListThingsAnswer"]["properties"]["days"]) == "dict[str, int]"
        assert typescript.spelled(api.types["ListThingsAnswer"]["properties"]["days"]) == "Record<string, number>"

    def test_may_have_anything_where_nothing_is_shown(self) -> None:
        assert python.spelled(document({"image": None}).types["ListThingsAnswer"]["properties"]["image"]) == "Any"


class TestOperations:
    PARAMETERS = (
        {"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "from", "in": "query", "schema": {"type": "string"}, "description": "A day."},
    )

    def test_take_the_path_in_order_and_the_query_by_name(self) -> None:
        api = document({"id": "a"}, parameters=list(self.PARAMETERS))
        assert "def list_things(self, thing_id: str, *, from_: str | None = None)" in python.module(api)
        assert "listThings(thingId: string, query: { from?: string } = {})" in typescript.module(api)
        assert "path`/v1/things/${thingId}`" in typescript.module(api)

    def test_tell_permission_and_problems(self) -> None:
        source = python.module(document({"id": "a"}))
        assert "Permission: `thing.read`." in source
        assert "Problems: `not-found`." in source

    def test_that_stream_are_left_to_the_hand_written_part(self) -> None:
        stream: dict[str, Any] = {"200": {"content": {"text/event-stream": {}}}}
        assert document({}, responses=stream).operations == ()


def test_what_is_committed_is_what_the_routes_say() -> None:
    stale = [str(path) for path, text in files().items() if path.read_text() != text]
    assert stale == [], "run `make clients`"
