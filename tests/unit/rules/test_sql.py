"""The SQL text itself, where no server at hand could show a difference."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import column
from sqlalchemy.dialects.postgresql import JSONB

from rapport.rules import CUSTOMER, InvalidRule
from rapport.rules.sql import compile_sql, to_asyncpg
from rapport.rules.tree import read_tree

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def sql(*leaves: tuple[str, str, Any], first: int = 1) -> tuple[str, list[Any]]:
    rules = [{"field": field, "operator": operator, "value": value} for field, operator, value in leaves]
    tree = read_tree({"combinator": "and", "rules": rules})
    return to_asyncpg(compile_sql(tree, CUSTOMER, column("doc", JSONB), now=NOW), first=first)


class TestCompileSql:
    @pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "contains", "beginsWith", "endsWith"])
    def test_texts_never_depend_on_the_database_collation(self, operator: str) -> None:
        text, _ = sql(("region", operator, "a"))
        assert text.count("doc ->> 'region'") == text.count("""(doc ->> 'region') COLLATE "C\"""") == 1

    def test_every_leaf_is_true_or_false(self) -> None:
        text, _ = sql(("region", "=", "a"), ("attributes.age", "<", 3), ("birth_date", "null", None))
        assert text.count("coalesce(") == 3 + 1  # `null` has one of its own

    def test_refuses_what_the_catalogue_does_not_know(self) -> None:
        with pytest.raises(InvalidRule):
            sql(("shoe_size", "=", 42))


class TestToAsyncpg:
    def test_arguments_stand_in_the_order_of_their_numbers(self) -> None:
        text, arguments = sql(("region", ">", "a"), ("region", "<", "b"), ("tags", "in", ["x", "y"]))
        assert [text.index(f"${number}") for number in (1, 2, 3)] == sorted(text.index(f"${n}") for n in (1, 2, 3))
        assert arguments == ["a", "b", ['["x"]', '["y"]']]

    def test_numbers_start_where_asked(self) -> None:
        leaves = [("region", ">", f"{number:02}") for number in range(12)]
        text, arguments = sql(*leaves, first=10)
        assert all(text.count(f"${number}:") == 1 for number in range(10, 22))
        assert "$9" not in text
        assert "$22" not in text
        assert arguments == [f"{number:02}" for number in range(12)]

    def test_no_value_is_part_of_the_text(self) -> None:
        text, arguments = sql(("region", "contains", "$1 :x %s"), ("attributes.age", "in", [12345, 6.5]))
        assert ":x" not in text
        assert "12345" not in text
        assert arguments == ["$1 :x %s", ["12345", "6.5"]]
