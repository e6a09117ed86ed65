"""One rule, three readings: the Python predicate, PostgreSQL, and a naive interpreter that shares no code with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, column
from sqlalchemy.dialects.postgresql import JSONB
from tests.integration.rules.conftest import Database
from tests.integration.rules.naive import naive
from tests.integration.rules.world import (
    CATALOGUE,
    DAYS,
    LISTS,
    NO_DAYS,
    NO_VALUE,
    ODD,
    RANGES,
    STORED_NUMBERS,
    TEXTS,
    Maker,
)

from rapport.rules import Field, FieldType, Group, Operator, compile_predicate, explain
from rapport.rules.sql import compile_sql, to_asyncpg

NOW = datetime(2024, 2, 28, 23, 30, tzinfo=UTC)
TREES = 700
POOL = [Maker(Random(seed)).document() for seed in range(100)]
QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)

storable_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


def check(database: Database, raw: Any, docs: list[Any], now: datetime = NOW) -> list[bool]:
    """Let all three answer for each document; their common answer."""
    tree = CATALOGUE.parse(raw)
    expected = [naive(raw, doc, now) for doc in docs]
    predicate = compile_predicate(tree, CATALOGUE)
    assert [predicate(doc, now) for doc in docs] == expected, raw
    assert database.holds(condition(tree, now), docs) == expected, raw
    assert [not explain(tree, doc, now, catalogue=CATALOGUE) for doc in docs[:9]] == expected[:9], raw
    return expected


class TestOneMeaning:
    """The predicate, the SQL and the interpreter give one answer, whatever is stored."""

    def test_many_random_rules(self, database: Database) -> None:
        told_apart: dict[Group, bool] = {}
        for seed in range(TREES):
            raw = Maker(Random(seed)).tree()
            answers = check(database, raw, POOL, NOW + timedelta(hours=seed % 72))
            told_apart[CATALOGUE.parse(raw)] = len(set(answers)) == 2
        assert len(told_apart) >= 600
        assert sum(told_apart.values()) >= 400, "few rules told documents apart"

    def test_what_hypothesis_thinks_of(self, database: Database) -> None:
        @settings(QUIET, max_examples=150)
        @given(st.randoms(use_true_random=False), storable_text, st.floats(-(2**53 - 1), 2**53 - 1))
        def agree(chance: Random, text: str, number: float) -> None:
            maker = Maker(chance)
            docs = [maker.document(), {"grade": text, "attributes": {"age": number}}]
            check(database, maker.tree(), docs)
            leaves = [equal("grade", text), equal("attributes.age", number)]
            assert check(database, {"combinator": "and", "rules": leaves}, docs)[1]

        agree()

    @pytest.mark.parametrize("field", list(CATALOGUE), ids=lambda field: field.name)
    def test_each_operator_on_each_kind_of_stored_value(self, database: Database, field: Field) -> None:
        docs = [put(field, stored) for stored in [*STORED_NUMBERS, *TEXTS, *DAYS, *NO_DAYS, *ODD]] + POOL
        for asked in field.operators:
            leaf = {"field": field.name, "operator": str(asked), "value": sample(field.type, asked)}
            raw = {"combinator": "and", "rules": [leaf]}
            answers = check(database, raw, docs)
            assert set(answers) == {True, False}, raw

    @pytest.mark.parametrize("asked", ["=", "!=", "<", ">=", "contains", "beginsWith", "endsWith"])
    def test_texts_that_are_special_to_somebody(self, database: Database, asked: str) -> None:
        docs = [{"grade": text} for one in TEXTS for text in (one, f"x{one}", f"{one}x", f"x{one}x", one + one)]
        for text in TEXTS:
            check(
                database, {"combinator": "and", "rules": [{"field": "grade", "operator": asked, "value": text}]}, docs
            )

    def test_the_condition_is_never_null(self, database: Database) -> None:
        for raw in ({"combinator": "or", "rules": []}, {"combinator": "and", "rules": [], "not": True}):
            assert database.holds(condition(CATALOGUE.parse(raw)), [{}]) == [False]
        missing = {"combinator": "and", "rules": [{"field": "attributes.age", "operator": "<", "value": 3}]}
        assert database.holds(condition(CATALOGUE.parse(missing)), [{}, None, [], "text"]) == [False] * 4

    def test_values_are_never_sql(self, database: Database) -> None:
        nasty = "'; drop table docs; --$1 {a} %s :x \\"
        tree = CATALOGUE.parse({"combinator": "and", "rules": [{"field": "grade", "operator": "<=", "value": nasty}]})
        text, arguments = to_asyncpg(condition(tree))
        assert "drop" not in text
        assert arguments == [nasty]
        assert database.holds(condition(tree), [{"grade": nasty}]) == [True]


def condition(tree: Group, now: datetime = NOW) -> ColumnElement[bool]:
    return compile_sql(tree, CATALOGUE, column("doc", JSONB), now=now)


def equal(field: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": "=", "value": value}


def sample(kind: FieldType, asked: Operator) -> Any:
    """A value for which stored values lie on both sides."""
    low, high = {"number": (0, 30), "date": ("2023-12-31", "2024-02-29"), "boolean": (False, True)}.get(
        kind, ("a", "b")
    )
    if "Days" in asked:
        return 30
    if asked in NO_VALUE:
        return None
    return [low, high] if asked in LISTS | RANGES else high if asked in (Operator.LESS, Operator.AT_MOST) else low


def put(field: Field, stored: Any) -> Any:
    """A document in which a value stands where the field looks."""
    if field.item:
        return {"holdings": [{field.item: stored}]}
    doc: Any = [stored] if field.type is FieldType.SET else stored
    for step in reversed(field.path):
        doc = {step: doc}
    return doc
