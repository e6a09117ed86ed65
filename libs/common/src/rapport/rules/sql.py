"""A rule tree as a PostgreSQL condition on a `jsonb` column, equal to the Python predicate on every document.

What always holds:
- each leaf is `coalesce(leaf, false)`: SQL's NULL never reaches `not` (three-valued logic would disagree with Python);
- no leaf can raise: nothing stored is cast; values are compared as `jsonb`, or as text after `jsonb_typeof`;
- text compares by code point (`collate "C"`), as in Python, whatever the database's collation;
- a rule's values are bound parameters; paths come from the catalogue, whose names need no quoting.

Numbers are compared as decimals. A document's numbers are taken to be written as JSON writers write doubles and
integers; since the rule's own lie within `MAX_NUMBER`, decimal and binary then order alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Text,
    and_,
    bindparam,
    cast,
    collate,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, JSONPATH
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from rapport.rules.catalogue import Catalogue, Field, FieldType
from rapport.rules.dates import DAY_PATTERN, RELATIVE, day_text
from rapport.rules.tree import Group, Operator, Rule, Value

Condition = ColumnElement[bool]

_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]

_ORDERINGS: dict[Operator, Callable[[Any, list[Any]], Condition]] = {
    Operator.EQUAL: lambda x, bounds: x == bounds[0],
    Operator.NOT_EQUAL: lambda x, bounds: x != bounds[0],
    Operator.LESS: lambda x, bounds: x < bounds[0],
    Operator.AT_MOST: lambda x, bounds: x <= bounds[0],
    Operator.GREATER: lambda x, bounds: x > bounds[0],
    Operator.AT_LEAST: lambda x, bounds: x >= bounds[0],
    Operator.BETWEEN: lambda x, bounds: and_(x >= bounds[0], x <= bounds[1]),
    Operator.NOT_BETWEEN: lambda x, bounds: or_(x < bounds[0], x > bounds[1]),
}

_TEXT_PARTS: dict[Operator, Callable[[Any, str], Condition]] = {
    Operator.CONTAINS: lambda x, part: func.strpos(x, _text(part)) > literal_column("0"),
    Operator.BEGINS_WITH: lambda x, part: func.starts_with(x, _text(part), type_=Boolean),
    Operator.ENDS_WITH: lambda x, part: func.right(x, len(part)) == _text(part),
}

_JSON_TYPE = {FieldType.STRING: "string", FieldType.NUMBER: "number", FieldType.BOOLEAN: "boolean"}


def compile_sql(tree: Group, catalogue: Catalogue, column: ColumnElement[Any], *, now: datetime) -> Condition:
    """The condition that holds for the documents that fulfil the tree; true or false, never NULL.

    Args:
        tree: the rule.
        catalogue: the fields of the documents.
        column: an expression of type `jsonb`, such as `sqlalchemy.column("doc", JSONB)`.
        now: the instant; "today" is its date in the zone that it carries.

    Raises:
        InvalidRule: the tree does not fit the catalogue.
    """
    catalogue.check(tree)
    return _node(tree, catalogue, column, now)


def to_asyncpg(expression: ColumnElement[Any], *, first: int = 1) -> tuple[str, list[Any]]:
    """SQL text and arguments for asyncpg; parameters count from `$first`, so that the text fits into a larger query."""
    compiled = expression.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    arguments = [compiled.params[name] for name in compiled.positiontup or ()]
    text = re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + first - 1}", compiled.string)
    return text, arguments


def _node(node: Rule | Group, catalogue: Catalogue, column: ColumnElement[Any], now: datetime) -> Condition:
    if isinstance(node, Rule):
        return func.coalesce(_leaf(node, catalogue[node.field], column, now), false())
    members = [_node(member, catalogue, column, now) for member in node.rules]
    together = and_(true(), *members) if node.combinator == "and" else or_(false(), *members)
    return not_(together) if node.negated else together


def _leaf(rule: Rule, field: Field, column: ColumnElement[Any], now: datetime) -> Condition:
    owner: Any = column
    for step in field.path[:-1]:
        owner = owner.op("->", return_type=JSONB)(_word(step))
    stored = owner.op("->", return_type=JSONB)(_word(field.path[-1]))
    if field.type is FieldType.SET:
        return _set(rule, field, stored)
    if field.type is FieldType.DATE and field.item is not None:
        return _earliest(rule, field.item, stored, now)
    if rule.operator is Operator.NULL:
        return _is_null(stored)
    text = collate(owner.op("->>", return_type=Text)(_word(field.path[-1])), "C")
    if field.type is FieldType.DATE:
        is_day = text.bool_op("~")(_word(DAY_PATTERN))  # no JSON but a string reads like a day
        return is_day if rule.operator is Operator.NOT_NULL else and_(_day_compared(rule, text, now), is_day)
    return _scalar(rule, field, stored, text)


def _scalar(rule: Rule, field: Field, stored: Any, text: Any) -> Condition:
    """Equality of `jsonb` knows types and has no collation; order among numbers, too; order among texts needs "C"."""
    has_type = _is(stored, _JSON_TYPE[field.type])
    operator, value = rule.operator, rule.value
    match operator:
        case Operator.NOT_NULL:
            return has_type
        case Operator.EQUAL:
            return _boolean(stored == _json(value))
        case Operator.IN:
            return _boolean(stored == func.any(_json_list(value)))
        case Operator.NOT_IN:
            return and_(has_type, stored != func.all(_json_list(value)))
        case Operator.CONTAINS | Operator.BEGINS_WITH | Operator.ENDS_WITH:
            assert isinstance(value, str)
            return and_(has_type, _TEXT_PARTS[operator](text, value))
    bounds = value if isinstance(value, tuple) else (value,)
    if field.type is FieldType.STRING:
        return and_(has_type, _ORDERINGS[operator](text, [_text(bound) for bound in bounds]))
    return and_(has_type, _ORDERINGS[operator](stored, [_json(bound) for bound in bounds]))


def _day_compared(rule: Rule, text: Any, now: datetime) -> Condition:
    """Days as text follow each other as they sort, so no cast is needed."""
    operator, value = rule.operator, rule.value
    if operator in RELATIVE:
        operator, factors = RELATIVE[operator]
        assert isinstance(value, int)
        value = tuple(day_text(now.toordinal() + value * factor) for factor in factors)
    bounds = value if isinstance(value, tuple) else (value,)
    return _ORDERINGS[operator](text, [_text(bound) for bound in bounds])


def _earliest(rule: Rule, item: str, stored: Any, now: datetime) -> Condition:
    """Silent strict paths: what is no list, or an element that is no object, yields nothing instead of an error."""
    path = f'strict $[*] ? (@."{item}".type() == "string")."{item}"'
    found = (
        func.jsonb_path_query(stored, _path(path), _empty(), true(), type_=JSONB).table_valued("day").render_derived()
    )
    text = collate(found.c.day.op("#>>", return_type=Text)(cast(_word("{}"), ARRAY(Text))), "C")
    earliest = func.min(text)

    def asked(question: Condition) -> Condition:
        """Inside the subquery, so that a question with two bounds looks for the day once."""
        return _boolean(select(question).where(text.bool_op("~")(_word(DAY_PATTERN))).scalar_subquery())

    match rule.operator:
        case Operator.NULL:
            return and_(or_(_is_null(stored), _is(stored, "array")), asked(earliest.is_(None)))
        case Operator.NOT_NULL:
            return asked(earliest.is_not(None))
        case _:
            return asked(_day_compared(rule, earliest, now))


def _set(rule: Rule, field: Field, stored: Any) -> Condition:
    is_list = _is(stored, "array")
    element = "@" if field.item is None else f'@."{field.item}"'
    path = _path(f'strict $[*] ? ({element}.type() == "string")')
    some = func.jsonb_path_exists(stored, path, _empty(), true(), type_=Boolean)
    match rule.operator:
        case Operator.NULL:
            return or_(_is_null(stored), and_(is_list, not_(some)))
        case Operator.NOT_NULL:
            return and_(is_list, some)
    wanted = rule.value if isinstance(rule.value, tuple) else (rule.value,)
    elements = [[value] if field.item is None else [{field.item: value}] for value in wanted]
    has_one = _boolean(stored.bool_op("@>")(func.any(_json_list(elements))))
    return and_(is_list, not_(has_one) if rule.operator is Operator.NOT_IN else has_one)


def _is(stored: Any, json_type: str) -> Condition:
    return _boolean(func.jsonb_typeof(stored) == _word(json_type))


def _is_null(stored: Any) -> Condition:
    return _boolean(func.coalesce(func.jsonb_typeof(stored), _word("null")) == _word("null"))


def _boolean(expression: Any) -> Condition:
    condition: Condition = expression
    return condition


def _word(constant: str) -> Any:
    """A word of our own (never of a rule), written into the SQL, where the planner sees it."""
    return bindparam(None, constant, Text, literal_execute=True)


def _path(constant: str) -> Any:
    return cast(_word(constant), JSONPATH)


def _empty() -> Any:
    return cast(_word("{}"), JSONB)


def _text(value: Value) -> Any:
    return bindparam(None, value, Text)


def _json(value: Value) -> Any:
    """A value as `jsonb`, bound as text: how a connection encodes `jsonb` does not matter."""
    return cast(_text(orjson.dumps(value).decode()), JSONB)


def _json_list(values: Any) -> Any:
    texts = [orjson.dumps(value).decode() for value in values]
    return cast(bindparam(None, texts, ARRAY(Text)), ARRAY(JSONB))
