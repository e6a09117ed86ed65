"""The form of a rule tree: what is let in, what is refused, and where the refusal points."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from rapport.errors import FieldError
from rapport.rules import Group, InvalidRule, Rule
from rapport.rules.tree import MAX_DEPTH, MAX_LEAVES, MAX_LIST, MAX_NUMBER, MAX_TEXT, pointer_to, read_tree

LEAF = {"field": "grade", "operator": "=", "value": "key"}


def group(*members: Any, **more: Any) -> dict[str, Any]:
    return {"combinator": "and", "rules": [*members], **more}


def nested(depth: int) -> dict[str, Any]:
    tree = group(LEAF)
    for _ in range(depth - 1):
        tree = group(tree)
    return tree


def errors_of(raw: Any) -> list[FieldError]:
    with pytest.raises(InvalidRule) as caught:
        read_tree(raw)
    return list(caught.value.errors)


class TestForm:
    def test_gives_back_the_json_that_came_in(self) -> None:
        listed = {**LEAF, "operator": "in", "value": ["a", 1, 1.5, True]}
        raw = group(LEAF, group(group(), listed, **{"not": True}))
        dumped = json.loads(read_tree(raw).model_dump_json())
        assert dumped["rules"][0] == LEAF
        assert dumped["rules"][1]["not"] is True
        assert dumped["rules"][1]["rules"][1]["value"] == ["a", 1, 1.5, True]
        assert read_tree(dumped) == read_tree(raw)

    def test_reads_the_same_from_json_text_and_inside_other_models(self) -> None:
        class Plan(BaseModel):
            audience: Group

        plan = Plan.model_validate_json(json.dumps({"audience": nested(3)}))
        assert plan.audience == read_tree(nested(3))
        with pytest.raises(ValidationError) as caught:
            Plan.model_validate({"audience": group(LEAF, group({**LEAF, "operator": "~"}))})
        (error,) = caught.value.errors()
        assert error["loc"] == ("audience", "rules", 1, "rules", 0, "operator")

    def test_is_frozen_and_hashable(self) -> None:
        tree = read_tree(group({**LEAF, "operator": "in", "value": ["a", "b"]}))
        assert hash(tree) == hash(read_tree(json.loads(tree.model_dump_json())))
        with pytest.raises(ValidationError):
            tree.combinator = "or"  # type: ignore[misc]

    def test_drops_what_the_editor_keeps_for_itself(self) -> None:
        raw = group({**LEAF, "id": "r1", "path": [0], "valueSource": "value"}, id="g1", path=[])
        assert read_tree(raw) == read_tree(group(LEAF))

    def test_describes_itself_as_json_schema(self) -> None:
        schema = Group.model_json_schema(by_alias=True)
        assert set(schema["$defs"]["Group"]["properties"]) == {"combinator", "not", "rules"}
        assert set(schema["$defs"]["Rule"]["properties"]) == {"field", "operator", "value"}

    def test_names_its_leaves_by_pointer(self) -> None:
        tree = read_tree(group(LEAF, group(LEAF, LEAF)))
        places = [pointer for pointer, _ in tree.leaves("/audience")]
        assert places == ["/audience/rules/0", "/audience/rules/1/rules/0", "/audience/rules/1/rules/1"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("raw", "pointer"),
        [
            (None, ""),
            ("all", ""),
            ([], ""),
            ({"rules": []}, "/combinator"),
            ({"combinator": "and"}, "/rules"),
            ({"combinator": "and", "rules": LEAF}, "/rules"),
            (group(combinator="xor"), "/combinator"),
            (group(**{"not": "yes"}), "/not"),
            (group(LEAF, muted=True), "/muted"),
            (group({**LEAF, "disabled": True}), "/rules/0/disabled"),
            (group({**LEAF, "valueSource": "field"}), "/rules/0"),
            (group(LEAF, "or", LEAF), "/rules/1"),
            (group(LEAF, group({**LEAF, "field": 3})), "/rules/1/rules/0/field"),
            (group({**LEAF, "field": ""}), "/rules/0/field"),
            (group({**LEAF, "field": "f" * 129}), "/rules/0/field"),
            (group({**LEAF, "operator": "matches"}), "/rules/0/operator"),
            (group({"operator": "=", "value": 1}), "/rules/0/field"),
            (group({**LEAF, "value": {"a": 1}}), "/rules/0/value"),
            (group({**LEAF, "value": [["a"]]}), "/rules/0/value"),
            (group({**LEAF, "value": "x" * (MAX_TEXT + 1)}), "/rules/0/value"),
            (group({**LEAF, "value": "a\0b"}), "/rules/0/value"),
            (group({**LEAF, "value": "\ud800"}), "/rules/0/value"),
            (group({**LEAF, "value": [0] * (MAX_LIST + 1)}), "/rules/0/value"),
            (group({**LEAF, "value": MAX_NUMBER + 1}), "/rules/0/value"),
            (group({**LEAF, "value": -float(MAX_NUMBER) - 1}), "/rules/0/value"),
            (group({**LEAF, "value": float("nan")}), "/rules/0/value"),
            (group({**LEAF, "value": float("inf")}), "/rules/0/value"),
        ],
    )
    def test_points_at_what_is_wrong(self, raw: Any, pointer: str) -> None:
        assert [error.pointer for error in errors_of(raw)] == [pointer]

    def test_names_all_faults_at_once(self) -> None:
        found = errors_of(group({**LEAF, "operator": "~"}, LEAF, {**LEAF, "field": ""}))
        assert [error.pointer for error in found] == ["/rules/0/operator", "/rules/2/field"]

    def test_never_repeats_a_value(self) -> None:
        raw = group({**LEAF, "value": {"phone": "+4915112345678"}}, {**LEAF, "operator": "+4915112345678"})
        assert "12345678" not in str([error.message for error in errors_of(raw)])

    @pytest.mark.parametrize("value", ["x" * MAX_TEXT, MAX_NUMBER, -MAX_NUMBER, [0] * MAX_LIST])
    def test_bounds_themselves_are_inside(self, value: Any) -> None:
        assert len(read_tree(group({**LEAF, "value": value})).rules) == 1


class TestSize:
    def test_allows_the_largest_tree(self) -> None:
        assert len(read_tree(group(*[LEAF] * MAX_LEAVES)).rules) == MAX_LEAVES
        assert [*read_tree(nested(MAX_DEPTH)).leaves()]

    def test_refuses_one_leaf_more(self) -> None:
        (error,) = errors_of(group(*[LEAF] * (MAX_LEAVES - 1), group(LEAF, LEAF)))
        assert error.pointer == f"/rules/{MAX_LEAVES - 1}/rules/1"

    def test_counts_empty_groups_as_leaves(self) -> None:
        assert errors_of(group(*[group()] * (MAX_LEAVES + 1)))

    def test_refuses_one_level_more(self) -> None:
        (error,) = errors_of(nested(MAX_DEPTH + 1))
        assert error.pointer == "/rules/0" * MAX_DEPTH

    def test_survives_absurd_depth(self) -> None:
        assert len(errors_of(nested(100_000))) == 1

    def test_bounds_a_tree_built_from_parts(self) -> None:
        leaf = Rule.model_validate(LEAF)
        tree = Group(combinator="and", rules=(leaf,))
        for _ in range(MAX_DEPTH - 1):
            tree = Group(combinator="or", rules=(tree, leaf))
        with pytest.raises(ValidationError):
            Group(combinator="and", rules=(tree,))
        half = Group(combinator="and", rules=(leaf,) * (MAX_LEAVES // 2))
        with pytest.raises(ValidationError):
            Group(combinator="and", rules=(half, half, leaf))


def test_pointers_escape_as_rfc_6901_says() -> None:
    assert pointer_to(()) == ""
    assert pointer_to(("a/b", 0, "m~n")) == "/a~1b/0/m~0n"
