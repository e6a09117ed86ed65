"""A rule tree as a Python function: one expression is generated from it, so that a leaf costs well under a microsecond.

The document is JSON as a parser gives it (dict, list, str, int, float, bool, None). Absent, null and wrongly typed
values never raise; `rapport.rules.catalogue` says what they mean. `rapport.rules.sql` gives the same answer in
PostgreSQL, which a property test proves.

The source that is compiled consists of the templates below and names made here; fields' paths and rules' values are
bound as constants and never become source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from rapport.rules.catalogue import Catalogue, Field, FieldType
from rapport.rules.dates import RELATIVE, day_text, is_day
from rapport.rules.tree import Group, Operator, Rule

Predicate: TypeAlias = Callable[[Mapping[str, Any], datetime], bool]
"""Whether a document fulfils a rule at an instant. "Today" is the date of the instant in the zone that it carries."""

_COMPARISONS: dict[Operator, str] = {
    Operator.EQUAL: "{v} == {a}",
    Operator.NOT_EQUAL: "{v} != {a}",
    Operator.LESS: "{v} < {a}",
    Operator.AT_MOST: "{v} <= {a}",
    Operator.GREATER: "{v} > {a}",
    Operator.AT_LEAST: "{v} >= {a}",
    Operator.IN: "{v} in {a}",
    Operator.NOT_IN: "{v} not in {a}",
    Operator.BETWEEN: "{a} <= {v} <= {b}",
    Operator.NOT_BETWEEN: "not {a} <= {v} <= {b}",
    Operator.CONTAINS: "{a} in {v}",
    Operator.BEGINS_WITH: "{v}.startswith({a})",
    Operator.ENDS_WITH: "{v}.endswith({a})",
}

_SET_QUESTIONS: dict[Operator, str] = {
    Operator.CONTAINS: "{a} in {v}",
    Operator.IN: "meets({v}, {a})",
    Operator.NOT_IN: "not meets({v}, {a})",
}


def compile_predicate(tree: Group, catalogue: Catalogue) -> Predicate:
    """The function that says whether a document fulfils the tree.

    Raises:
        InvalidRule: the tree does not fit the catalogue.
    """
    catalogue.check(tree)
    return _Source(catalogue).compiled(tree)


class _Source:
    """The expression under construction: its constants, and what has to be looked up before it is evaluated."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._names: dict[str, object] = {
            "day_text": day_text,
            "earliest": _earliest,
            "is_day": is_day,
            "meets": _meets,
            "members": members,
            "texts": texts,
        }
        self._prelude: dict[str, str] = {"get": "doc.get"}
        self._owners: dict[str, str] = {}

    def compiled(self, tree: Group) -> Predicate:
        expression = self._node(tree)
        prelude = "".join(f"    {name} = {value}\n" for name, value in self._prelude.items())
        source = f"def predicate(doc, now):\n{prelude}    return {expression}\n"
        exec(compile(source, "<rule>", "exec"), self._names)  # noqa: S102  # holds no text from outside: see above
        predicate: Predicate = self._names["predicate"]  # type: ignore[assignment]
        return predicate

    def _bind(self, value: object) -> str:
        name = f"c{len(self._names)}"
        self._names[name] = value
        return name

    def _node(self, node: Rule | Group) -> str:
        if isinstance(node, Rule):
            return f"({self._leaf(node)})"
        inner = f" {node.combinator} ".join(self._node(member) for member in node.rules)
        inner = f"({inner})" if inner else str(node.combinator == "and")
        return f"(not {inner})" if node.negated else inner

    def _leaf(self, rule: Rule) -> str:
        field = self._catalogue[rule.field]
        load = self._load(field)
        match field.type:
            case FieldType.NUMBER:
                return self._scalar(rule, load, "({v}.__class__ is int or v.__class__ is float)")
            case FieldType.BOOLEAN:
                return self._scalar(rule, load, "{v}.__class__ is bool")
            case FieldType.SET:
                return self._set(rule, field, load)
            case FieldType.DATE:
                return self._date(rule, field, load)
            case FieldType.STRING:
                return self._scalar(rule, load, "{v}.__class__ is str")

    def _load(self, field: Field) -> str:
        """The stored value, None when absent."""
        if len(field.path) == 1:
            return f"get({self._bind(field.path[0])})"
        owner, member = field.path
        if owner not in self._owners:
            found = f"owner{len(self._owners)}"
            self._prelude[found] = f"get({self._bind(owner)})"
            self._prelude[f"get_{found}"] = f"({found} if {found}.__class__ is dict else {{}}).get"
            self._owners[owner] = f"get_{found}"
        return f"{self._owners[owner]}({self._bind(member)})"

    def _scalar(self, rule: Rule, load: str, guard: str) -> str:
        if rule.operator is Operator.NULL:
            return f"{load} is None"
        has_type = guard.format(v=f"(v := {load})")
        return has_type if rule.operator is Operator.NOT_NULL else f"{has_type} and {self._comparison(rule, 'v')}"

    def _date(self, rule: Rule, field: Field, load: str) -> str:
        """The comparison goes before the pattern: it is cheaper, and text compares whatever it says."""
        if field.item is not None:
            return self._earliest_day(rule, load, self._bind(field.item))
        if rule.operator is Operator.NULL:
            return f"{load} is None"
        compared = "" if rule.operator is Operator.NOT_NULL else f"{self._comparison(rule, 'v')} and "
        return f"(v := {load}).__class__ is str and {compared}is_day(v)"

    def _earliest_day(self, rule: Rule, load: str, item: str) -> str:
        found = f"(v := {load}).__class__ is list and (v := earliest(v, {item})) is not None"
        match rule.operator:
            case Operator.NULL:
                return f"(v := {load}) is None or v.__class__ is list and earliest(v, {item}) is None"
            case Operator.NOT_NULL:
                return found
            case _:
                return f"{found} and {self._comparison(rule, 'v')}"

    def _set(self, rule: Rule, field: Field, load: str) -> str:
        texts = "texts(v)" if field.item is None else f"members(v, {self._bind(field.item)})"
        match rule.operator:
            case Operator.NULL:
                return f"(v := {load}) is None or v.__class__ is list and not {texts}"
            case Operator.NOT_NULL:
                return f"(v := {load}).__class__ is list and bool({texts})"
            case _:
                searched = "v" if field.item is None else texts  # text equals no element of another type
                question = _SET_QUESTIONS[rule.operator].format(v=searched, a=self._bind(rule.value))
                return f"(v := {load}).__class__ is list and {question}"

    def _comparison(self, rule: Rule, v: str) -> str:
        if rule.operator in RELATIVE:
            self._prelude["today"] = "now.toordinal()"
            operator, factors = RELATIVE[rule.operator]
            assert isinstance(rule.value, int)
            bounds = [f"day_text(today + {self._bind(rule.value * factor)})" for factor in factors]
        else:
            operator, bounds = rule.operator, self._bounds(rule)
        return _COMPARISONS[operator].format(v=v, a=bounds[0], b=bounds[-1])

    def _bounds(self, rule: Rule) -> list[str]:
        if not isinstance(rule.value, tuple):
            return [self._bind(rule.value)]
        if rule.operator in (Operator.IN, Operator.NOT_IN):
            return [self._bind(frozenset(rule.value))]
        return [self._bind(bound) for bound in rule.value]


def texts(values: list[Any]) -> list[str]:
    return [value for value in values if value.__class__ is str]


def members(values: list[Any], item: str) -> list[str]:
    """The text members called `item` of the objects in a list."""
    return [text for value in values if value.__class__ is dict and (text := value.get(item)).__class__ is str]


def _earliest(values: list[Any], item: str) -> str | None:
    found: str | None = None
    for day in members(values, item):
        if (found is None or day < found) and is_day(day):
            found = day
    return found


def _meets(values: list[Any], wanted: tuple[str, ...]) -> bool:
    """Whether a list, whose elements need not be hashable, has one of the wanted texts."""
    for value in wanted:  # noqa: SIM110  # any() costs a generator
        if value in values:
            return True
    return False
