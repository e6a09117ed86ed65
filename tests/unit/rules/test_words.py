"""Rules in words, and which leaf is to blame."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.rules import CUSTOMER, FieldType, explain, render
from rapport.rules.catalogue import OPERATORS, Language

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

AGE = {"field": "attributes.age", "operator": ">=", "value": 30}
KEY = {"field": "grade", "operator": "in", "value": ["key", "important", "gold"]}
FIBRE = {"field": "products", "operator": "contains", "value": "fibre"}


def words(*members: Any, language: Language = "en", combinator: str = "and", negated: bool = False) -> str:
    tree = {"combinator": combinator, "not": negated, "rules": [*members]}
    return render(CUSTOMER.parse(tree), CUSTOMER, language)


class TestRender:
    def test_reads_as_a_sentence(self) -> None:
        either = {"combinator": "or", "rules": [KEY, FIBRE]}
        assert words(AGE, either) == (
            "Age is at least 30 and "
            "(grade is one of “key account”, “important” or “gold” or products held include “fibre”)."
        )
        assert words(AGE, either, language="zh-CN") == (
            "年龄不小于30，并且（客户等级为“重点客户”、“重要客户”或“gold”之一，或者已购产品包含“fibre”）。"
        )

    def test_shows_what_not_covers(self) -> None:
        assert words({"combinator": "or", "not": True, "rules": [AGE, FIBRE]}) == (
            "Not (age is at least 30 or products held include “fibre”)."
        )
        assert words(AGE, negated=True, language="zh-CN") == "并非（年龄不小于30）。"

    def test_names_empty_groups(self) -> None:
        assert words() == "Everyone."
        assert words(combinator="or") == "Nobody."
        assert words(combinator="or", language="zh-CN") == "没有客户。"
        assert words({"field": "grade", "operator": "in", "value": []}) == "Grade is one of nothing."

    @pytest.mark.parametrize(
        ("operator", "value", "english", "chinese"),
        [
            ("<", "2026-04-01", "Contract end is before 2026-04-01.", "合同到期日早于2026-04-01。"),
            ("withinNextDays", 1, "Contract end is within the next 1 day.", "合同到期日在今后1天内。"),
            ("moreThanDaysAgo", 30, "Contract end is more than 30 days ago.", "合同到期日距今已超过30天。"),
            ("between", ["2026-04-01", "2026-05-01"], "Contract end is between 2026-04-01 and 2026-05-01.", None),
            ("null", None, "Contract end is not known.", "合同到期日未知。"),
        ],
    )
    def test_speaks_of_days(self, operator: str, value: Any, english: str, chinese: str | None) -> None:
        leaf = {"field": "contract_end", "operator": operator, "value": value}
        assert words(leaf) == english
        assert chinese is None or words(leaf, language="zh-CN") == chinese

    def test_speaks_of_yes_and_no(self) -> None:
        leaf = {"field": "attributes.senior", "operator": "=", "value": False}
        assert words(leaf) == "Senior citizen is no."
        assert words(leaf, language="zh-CN") == "老年客户为否。"

    def test_every_operator_reads_differently_in_each_language(self) -> None:
        samples: dict[FieldType, tuple[str, Any]] = {
            FieldType.STRING: ("region", "x"),
            FieldType.NUMBER: ("attributes.age", 7),
            FieldType.BOOLEAN: ("attributes.senior", True),
            FieldType.DATE: ("birth_date", "2000-01-01"),
            FieldType.SET: ("tags", "x"),
        }
        seen: list[str] = []
        for kind, (field, value) in samples.items():
            for operator in OPERATORS[kind]:
                shown: Any = 5 if "Days" in operator else value
                shown = [value, value] if operator in ("in", "notIn", "between", "notBetween") else shown
                leaf = {"field": field, "operator": operator, "value": None if "ull" in operator else shown}
                seen += [words(leaf), words(leaf, language="zh-CN")]
        assert len(set(seen)) == len(seen)
        assert not any("{" in text for text in seen)


class TestExplain:
    def blamed(self, tree: dict[str, Any], doc: dict[str, Any], language: Language = "en") -> list[tuple[str, str]]:
        found = explain(CUSTOMER.parse(tree), doc, NOW, catalogue=CUSTOMER, language=language)
        return [(leaf.pointer, leaf.text) for leaf in found]

    def test_names_the_failing_members_of_and(self) -> None:
        doc = {"grade": "key", "attributes": {"age": 29}, "holdings": []}
        assert self.blamed({"combinator": "and", "rules": [KEY, AGE, FIBRE]}, doc) == [
            ("/rules/1", "age is at least 30"),
            ("/rules/2", "products held include “fibre”"),
        ]

    def test_names_all_members_of_or(self) -> None:
        found = self.blamed({"combinator": "or", "rules": [KEY, AGE]}, {}, "zh-CN")
        assert found == [
            ("/rules/0", "客户等级为“重点客户”、“重要客户”或“gold”之一"),
            ("/rules/1", "年龄不小于30"),
        ]

    def test_names_under_not_what_holds_and_should_not(self) -> None:
        tree = {"combinator": "and", "rules": [KEY, {"combinator": "or", "not": True, "rules": [AGE, FIBRE]}]}
        doc = {"grade": "key", "attributes": {"age": 29}, "holdings": [{"product": "fibre"}]}
        assert self.blamed(tree, doc) == [("/rules/1/rules/1", "not (products held include “fibre”)")]

    def test_turns_round_twice_under_two_nots(self) -> None:
        inner = {"combinator": "and", "not": True, "rules": [AGE]}
        tree = {"combinator": "and", "not": True, "rules": [inner]}
        assert self.blamed(tree, {}) == [("/rules/0/rules/0", "age is at least 30")]
        assert self.blamed(tree, {"attributes": {"age": 30}}) == []

    def test_names_an_empty_group_itself(self) -> None:
        tree = {"combinator": "and", "rules": [{"combinator": "or", "rules": []}]}
        assert self.blamed(tree, {}) == [("/rules/0", "nobody")]

    def test_never_shows_what_the_document_holds(self) -> None:
        found = self.blamed({"combinator": "and", "rules": [AGE]}, {"attributes": {"age": 17}})
        assert "17" not in str(found)
