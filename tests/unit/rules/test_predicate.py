"""What a rule says of a document, case by case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rapport.rules import CUSTOMER, InvalidRule, compile_predicate
from rapport.rules.dates import day_text, is_day
from rapport.rules.tree import read_tree

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def holds(field: str, operator: str, value: Any, doc: dict[str, Any], now: datetime = NOW) -> bool:
    leaf = {"field": field, "operator": operator, "value": value}
    tree = CUSTOMER.parse({"combinator": "and", "rules": [leaf]})
    opposite = CUSTOMER.parse({"combinator": "and", "not": True, "rules": [leaf]})
    answer = compile_predicate(tree, CUSTOMER)(doc, now)
    assert compile_predicate(opposite, CUSTOMER)(doc, now) is not answer
    return answer


def age(value: Any) -> dict[str, Any]:
    return {"attributes": {"age": value}}


class TestLeaves:
    @pytest.mark.parametrize(
        ("operator", "value", "inside", "outside"),
        [
            ("=", 30, [30, 30.0], [29, 31, 30.5]),
            ("!=", 30, [29, 31], [30, 30.0]),
            ("<", 30, [29, -1, 29.999], [30, 31]),
            ("<=", 30, [30, 29], [31, 30.001]),
            (">", 30, [31, 30.001], [30, 29]),
            (">=", 30, [30, 31], [29, 29.999]),
            ("in", [30, 40], [30, 40.0], [35]),
            ("notIn", [30, 40], [35], [30, 40]),
            ("between", [30, 40], [30, 35, 40], [29, 41]),
            ("notBetween", [30, 40], [29, 41], [30, 35, 40]),
            ("notNull", None, [0, 1.5], []),
        ],
    )
    def test_numbers(self, operator: str, value: Any, inside: list[float], outside: list[float]) -> None:
        assert all(holds("attributes.age", operator, value, age(stored)) for stored in inside)
        assert not any(holds("attributes.age", operator, value, age(stored)) for stored in outside)

    @pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
    @pytest.mark.parametrize("stored", [None, "30", "", True, [30], {"a": 30}])
    def test_a_value_of_another_type_proves_nothing(self, operator: str, stored: Any) -> None:
        assert not holds("attributes.age", operator, 1, age(stored))

    @pytest.mark.parametrize("doc", [{}, {"attributes": None}, {"attributes": {}}, {"attributes": []}, age(None)])
    def test_only_null_holds_for_what_is_absent(self, doc: dict[str, Any]) -> None:
        assert holds("attributes.age", "null", None, doc)
        assert not holds("attributes.age", "notNull", None, doc)
        assert not holds("attributes.age", "!=", 30, doc)
        assert not holds("attributes.age", "notIn", [30], doc)

    def test_a_broken_value_is_neither_null_nor_not(self) -> None:
        assert not holds("attributes.age", "null", None, age("thirty"))
        assert not holds("attributes.age", "notNull", None, age("thirty"))
        assert not holds("birth_date", "null", None, {"birth_date": "2001-02-29"})
        assert not holds("birth_date", "notNull", None, {"birth_date": "2001-02-29"})

    def test_booleans_are_no_numbers(self) -> None:
        assert holds("attributes.senior", "=", True, {"attributes": {"senior": True}})
        assert not holds("attributes.senior", "=", True, {"attributes": {"senior": 1}})
        assert holds("attributes.senior", "!=", True, {"attributes": {"senior": False}})

    def test_texts_compare_by_code_point_and_case(self) -> None:
        assert holds("region", "<", "a", {"region": "Z"})
        assert holds("region", ">", "\uffff", {"region": "😀"})
        assert holds("region", "contains", "%_", {"region": "50%_off"})
        assert not holds("region", "contains", "%", {"region": "fifty"})
        assert not holds("region", "beginsWith", "n", {"region": "North"})
        assert holds("region", "endsWith", "中", {"region": "a中"})

    def test_products_are_those_of_the_holdings(self) -> None:
        doc = {"holdings": [{"product": "tv"}, {"product": 3}, None, {"since": "2020-01-01"}, {"product": "fibre"}]}
        assert holds("products", "contains", "fibre", doc)
        assert holds("products", "in", ["mobile", "tv"], doc)
        assert not holds("products", "notIn", ["mobile", "tv"], doc)
        assert holds("products", "notIn", ["mobile"], doc)

    def test_an_empty_list_is_an_empty_set_and_an_absent_one_unknown(self) -> None:
        assert holds("products", "notIn", ["tv"], {"holdings": []})
        assert not holds("products", "notIn", ["tv"], {})
        assert holds("products", "null", None, {"holdings": [{"product": None}]})
        assert not holds("products", "null", None, {"holdings": {"product": "tv"}})

    def test_contract_end_is_the_earliest_readable_one(self) -> None:
        ends = ["2027-01-01", "soon", None, "2026-05-01", "2026-02-30"]
        doc = {"holdings": [{"contract_end": end} for end in ends]}
        assert holds("contract_end", "=", "2026-05-01", doc)
        assert holds("contract_end", "null", None, {"holdings": [{"product": "tv"}]})
        assert not holds("contract_end", "null", None, {"holdings": "none"})


class TestRelativeDays:
    @pytest.mark.parametrize(
        ("operator", "inside", "outside"),
        [
            ("withinNextDays", [0, 30], [-1, 31]),
            ("withinLastDays", [0, -30], [1, -31]),
            ("moreThanDaysAhead", [31, 400], [30, 0]),
            ("moreThanDaysAgo", [-31, -400], [-30, 0]),
        ],
    )
    def test_both_ends_are_inside(self, operator: str, inside: list[int], outside: list[int]) -> None:
        for days, expected in [*((n, True) for n in inside), *((n, False) for n in outside)]:
            day = (NOW.date() + timedelta(days)).isoformat()
            assert holds("birth_date", operator, 30, {"birth_date": day}) is expected, days

    def test_today_is_the_date_in_the_zone_that_now_carries(self) -> None:
        now = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
        doc = {"birth_date": "2026-03-02"}
        assert not holds("birth_date", "withinLastDays", 0, doc, now)
        assert holds("birth_date", "withinLastDays", 0, doc, now.astimezone(ZoneInfo("Asia/Shanghai")))

    def test_the_ends_of_the_calendar_are_no_obstacle(self) -> None:
        assert holds("birth_date", "moreThanDaysAgo", 36500, {"birth_date": "0001-01-01"})
        late = datetime(9999, 12, 31, tzinfo=UTC)
        assert not holds("birth_date", "moreThanDaysAhead", 36500, {"birth_date": "9999-12-31"}, late)
        assert day_text(-5) == "0001-01-01"


class TestGroups:
    @pytest.mark.parametrize(
        ("combinator", "negated", "expected"),
        [("and", False, True), ("or", False, False), ("and", True, False), ("or", True, True)],
    )
    def test_an_empty_and_is_true_an_empty_or_false(self, combinator: str, negated: bool, expected: bool) -> None:
        tree = read_tree({"combinator": combinator, "not": negated, "rules": []})
        assert compile_predicate(tree, CUSTOMER)({}, NOW) is expected

    def test_combines_as_the_tree_says(self) -> None:
        def leaf(field: str) -> dict[str, Any]:
            return {"field": field, "operator": "=", "value": "1"}

        either = {"combinator": "or", "not": True, "rules": [leaf("region"), leaf("country")]}
        predicate = compile_predicate(read_tree({"combinator": "and", "rules": [leaf("grade"), either]}), CUSTOMER)
        for grade in "01":
            for region in "01":
                for country in "01":
                    doc = {"grade": grade, "region": region, "country": country}
                    assert predicate(doc, NOW) is (grade == "1" and not (region == "1" or country == "1"))

    def test_the_widest_and_deepest_trees_compile(self) -> None:
        leaf = {"field": "attributes.age", "operator": ">", "value": 1}
        deep: dict[str, Any] = {"combinator": "or", "not": True, "rules": [leaf]}
        for _ in range(7):
            deep = {"combinator": "or", "not": True, "rules": [deep]}
        wide = {"combinator": "and", "rules": [leaf] * 199}
        assert compile_predicate(read_tree(deep), CUSTOMER)(age(2), NOW)
        assert compile_predicate(read_tree(wide), CUSTOMER)(age(2), NOW)

    def test_refuses_what_the_catalogue_does_not_know(self) -> None:
        tree = read_tree({"combinator": "and", "rules": [{"field": "shoe_size", "operator": "=", "value": 1}]})
        with pytest.raises(InvalidRule):
            compile_predicate(tree, CUSTOMER)


class TestDays:
    def test_knows_every_day_of_the_calendar(self) -> None:
        start = date(1895, 1, 1).toordinal()
        assert all(is_day(date.fromordinal(start + n).isoformat()) for n in range(120_000))

    def test_knows_no_other(self) -> None:
        for year in (1, 4, 96, 100, 400, 1900, 1999, 2000, 2023, 2024, 2100, 9999):
            days = [f"{year:04}-{month:02}-{day:02}" for month in range(14) for day in range(33)]
            real = []
            for text in days:
                try:
                    real.append(date.fromisoformat(text).isoformat())
                except ValueError:
                    assert not is_day(text)
            assert all(map(is_day, real))
            assert len(real) in (365, 366)

    @pytest.mark.parametrize(
        "text", ["", "0000-01-01", "2024-1-1", "20240101", "2024-01-01\n", " 2024-01-01", "2024-01-01T00"]
    )
    def test_takes_one_form_only(self, text: str) -> None:
        assert not is_day(text)
