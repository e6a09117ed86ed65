"""What two policy documents say differently: nothing missed, nothing made up, whatever kinds of rules there are."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.touchpoint.policy_documents import Document, cap, document, documents

from touchpoint_service.domain.differences import UNORDERED, Difference, differences


def found(old: Document, new: Document) -> list[tuple[Any, ...]]:
    return [(d.kind, d.pointer, d.old, d.new) for d in differences(old, new)]


class TestRules:
    def test_a_new_value_is_told_with_its_place_and_the_old_one(self) -> None:
        old, new = document(frequency_caps=[cap()]), document(frequency_caps=[cap("other"), cap(limit=2)])
        assert found(old, new) == [
            ("added", "/frequency_caps/0", None, new["frequency_caps"][0]),
            ("changed", "/frequency_caps/1/limit", 3, 2),
        ]

    def test_a_removed_rule_is_pointed_at_where_it_was(self) -> None:
        old = document(frequency_caps=[cap("a"), cap("b")])
        assert found(old, document(frequency_caps=[cap("a")])) == [
            ("removed", "/frequency_caps/1", old["frequency_caps"][1], None)
        ]

    def test_a_field_inside_a_window_is_told_by_itself_and_another_kind_of_window_as_a_whole(self) -> None:
        week = {"kind": "calendar", "unit": "week", "zone": "business"}
        rolling = {"kind": "rolling", "hours": 168}
        old = document(frequency_caps=[cap("a"), cap("b")])
        new = document(frequency_caps=[cap("a", hours=24), cap("b", window=week)])
        assert found(old, new) == [
            ("changed", "/frequency_caps/0/window/hours", 168, 24),
            ("changed", "/frequency_caps/1/window", rolling, week),
        ]

    def test_a_rule_of_the_same_name_in_another_kind_is_another_rule(self) -> None:
        old, new = document(frequency_caps=[cap("x")]), document(minimum_gaps=[{"name": "x", "hours": 1}])
        assert [(d.kind, d.section) for d in differences(old, new)] == [
            ("added", "minimum_gaps"),
            ("removed", "frequency_caps"),
        ]

    def test_another_order_is_told_once_for_the_kind_and_only_of_those_in_both(self) -> None:
        old = document(frequency_caps=[cap("a"), cap("b"), cap("gone")])
        new = document(frequency_caps=[cap("new"), cap("b"), cap("a")])
        (last,) = [d for d in differences(old, new) if d.kind == "reordered"]
        assert (last.pointer, last.old, last.new) == ("/frequency_caps", ["a", "b"], ["b", "a"])

    def test_a_rule_that_moves_because_another_one_went_is_not_reordered(self) -> None:
        old = document(frequency_caps=[cap("a"), cap("b"), cap("c")])
        assert [d.kind for d in differences(old, document(frequency_caps=[cap("b"), cap("c")]))] == ["removed"]

    def test_the_order_of_pauses_means_nothing_since_all_of_them_begin(self) -> None:
        one, two = ({"name": n, "outcome": "refused", "days": 3} for n in ("a", "b"))
        assert differences(document(cool_downs=[one, two]), document(cool_downs=[two, one])) == []


class TestValues:
    @pytest.mark.parametrize(
        ("members", "pointer"),
        [
            ({"name": "Other"}, "/name"),
            ({"business_zone": "Asia/Shanghai"}, "/business_zone"),
            ({"consent": {"channels": ["call"]}}, "/consent/channels"),
            ({"consent": {"exempt_purposes": ["care"]}}, "/consent/exempt_purposes"),
            ({"do_not_disturb_exempt": ["service"]}, "/do_not_disturb_exempt"),
            ({"gives_back": []}, "/gives_back"),
        ],
    )
    def test_outside_of_rules_are_compared_too(self, members: Document, pointer: str) -> None:
        assert [(d.kind, d.pointer, d.rule) for d in differences(document(), document(**members))] == [
            ("changed", pointer, None)
        ]

    def test_the_order_in_a_set_means_nothing(self) -> None:
        old, new = (document(frequency_caps=[cap(channels=c)]) for c in (["call", "sms"], ["sms", "call"]))
        assert differences(old, new) == []

    def test_no_channel_is_not_every_channel(self) -> None:
        old, new = document(frequency_caps=[cap(channels=None)]), document(frequency_caps=[cap(channels=[])])
        assert found(old, new) == [("changed", "/frequency_caps/0/channels", None, [])]


class TestWhatIsNotKnownYet:
    """Kinds and fields that no model has."""

    def test_a_new_kind_of_rule_is_compared_by_name(self) -> None:
        old = {"legal_hours": [{"name": "cn", "regions": ["CN"]}, {"name": "us"}]}
        new = {"legal_hours": [{"name": "us"}, {"name": "cn", "regions": ["CN", "HK"]}, {"name": "de"}]}
        assert found(old, new) == [
            ("changed", "/legal_hours/1/regions", ["CN"], ["CN", "HK"]),
            ("added", "/legal_hours/2", None, {"name": "de"}),
            ("reordered", "/legal_hours", ["cn", "us"], ["us", "cn"]),
        ]

    def test_the_order_in_a_list_may_mean_something(self) -> None:
        assert found({"steps": ["a", "b"]}, {"steps": ["b", "a"]}) == [("changed", "/steps", ["a", "b"], ["b", "a"])]

    def test_rules_whose_names_do_not_tell_them_apart_are_a_value(self) -> None:
        old, new = {"x": [{"name": "a", "n": 1}, {"name": "a", "n": 2}]}, {"x": [{"name": "a", "n": 1}]}
        assert found(old, new) == [("changed", "/x", old["x"], new["x"])]

    def test_a_name_is_escaped_in_a_pointer(self) -> None:
        assert [d.pointer for d in differences({"a/b": {"c~d": 1}}, {"a/b": {"c~d": 2}})] == ["/a~1b/c~0d"]

    def test_a_member_that_one_side_lacks_is_told(self) -> None:
        assert found({}, {"days": 3}) == [("changed", "/days", None, 3)]
        assert found({}, {"rules": [{"name": "a"}]}) == [("added", "/rules/0", None, {"name": "a"})]


def applied(old: Document, found: list[Difference]) -> Document:
    """The old document with the differences done to it."""
    result = deepcopy(old)
    for each in found:
        rules: Any = result.get(each.section)
        if each.kind == "removed":
            result[each.section] = [rule for rule in rules if rule["name"] != each.rule]
        elif each.kind == "reordered":
            common = iter(sorted((r for r in rules if r["name"] in each.new), key=lambda r: each.new.index(r["name"])))
            result[each.section] = [next(common) if rule["name"] in each.new else rule for rule in rules]
        elif each.kind == "added":
            rules.insert(int(each.pointer.rpartition("/")[2]), each.new)
        else:
            place, steps = result, (each.section, *each.path)
            if each.rule is not None:
                (place,) = [rule for rule in rules if rule["name"] == each.rule]
                steps = each.path
            for step in steps[:-1]:
                place = place[step]
            place[steps[-1]] = each.new
    return result


def meant(value: Any, name: str = "") -> Any:
    """The value without the order that says nothing."""
    if isinstance(value, dict):
        return {key: meant(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        inner = [meant(each) for each in value]
        return sorted(inner, key=str) if name in UNORDERED else inner
    return value


class TestAnyTwoDocuments:
    @given(documents, st.randoms(use_true_random=False))
    def test_a_document_is_not_different_from_itself_in_any_order_that_says_nothing(self, one, dice) -> None:
        assert differences(one, one) == []
        other = deepcopy(one)
        for name in ("gives_back", "do_not_disturb_exempt", "cool_downs"):
            dice.shuffle(other[name])
        for rule in other["frequency_caps"] + other["quiet_hours"]:
            dice.shuffle(rule["exempt_classes"])
        assert differences(one, other) == []

    @given(documents, documents)
    def test_the_differences_done_to_the_old_one_give_the_new_one(self, old: Document, new: Document) -> None:
        assert meant(applied(old, differences(old, new))) == meant(new)

    @given(documents, documents)
    def test_a_pointer_leads_to_what_is_told(self, old: Document, new: Document) -> None:
        for each in differences(old, new):
            value: Any = old if each.kind == "removed" else new
            for step in each.pointer.split("/")[1:]:
                value = value[int(step)] if isinstance(value, list) else value[step]
            if each.kind != "reordered":
                assert value == (each.old if each.kind == "removed" else each.new)

    @given(documents, documents)
    def test_the_other_way_round_old_and_new_have_changed_places(self, old: Document, new: Document) -> None:
        opposite = {"added": "removed", "removed": "added"}
        there = {(d.kind, d.section, d.rule, d.path, str(d.old), str(d.new)) for d in differences(old, new)}
        back = {
            (opposite.get(d.kind, d.kind), d.section, d.rule, d.path, str(d.new), str(d.old))
            for d in differences(new, old)
        }
        assert there == back
