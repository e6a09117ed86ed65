"""The field catalogue: what a rule may ask of a document, with types, operators and labels in both languages.

A field has a name (as rules write it), a type, and a path into the document. Two kinds reach into a list of objects:
a set of text over one member (products held), and the earliest day over one member (contract end).

What always holds:
- a tree that `check` lets pass compiles to Python, to SQL and to text; nothing else does;
- a field's name says where its value is; nothing of a name or path ever needs quoting.

What a stored value is to a field, in every compiler:
- absent or null: unknown. `null` is true, every other leaf false;
- of another type than the field's (text that is no day in a date field included): every leaf is false, `null` as
  well, since a broken value proves nothing;
- a list may hold elements of other types; they are skipped. A list without usable elements is an empty set (`null` is
  true, and so is `notIn`), and has no earliest day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounds

from rapport.errors import FieldError
from rapport.rules.dates import MAX_DAYS, RELATIVE, is_day
from rapport.rules.tree import Group, InvalidRule, Operator, Rule, Value, read_tree

Language = Literal["en", "zh-CN"]

_STEP = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


class FieldType(StrEnum):
    """What a field's value is."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    SET = "set"


_EQUALITY = (Operator.EQUAL, Operator.NOT_EQUAL)
_ORDER = (Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST)
_RANGE = (Operator.BETWEEN, Operator.NOT_BETWEEN)
_LIST = (Operator.IN, Operator.NOT_IN)
_PRESENCE = (Operator.NULL, Operator.NOT_NULL)
_PARTS = (Operator.CONTAINS, Operator.BEGINS_WITH, Operator.ENDS_WITH)

OPERATORS: Mapping[FieldType, tuple[Operator, ...]] = MappingProxyType(
    {
        FieldType.STRING: (*_EQUALITY, *_LIST, *_PARTS, *_ORDER, *_RANGE, *_PRESENCE),
        FieldType.NUMBER: (*_EQUALITY, *_ORDER, *_RANGE, *_LIST, *_PRESENCE),
        FieldType.BOOLEAN: (*_EQUALITY, *_PRESENCE),
        FieldType.DATE: (*_EQUALITY, *_ORDER, *_RANGE, *RELATIVE, *_PRESENCE),
        FieldType.SET: (Operator.CONTAINS, *_LIST, *_PRESENCE),
    }
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a field is known to take, with labels."""

    value: str
    label_en: str
    label_zh: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a document.

    Attributes:
        name: as rules write it.
        type: what its value is.
        label_en: a noun phrase for texts and editors.
        label_zh: the same in 简体中文.
        operators: those it takes; empty for all of its type.
        values: values it is known to take, for editors and texts; a rule may name others.
        path: where the value is: one or two steps; empty for the name itself, split once after `attributes`.
        item: the member to take of each object in the list at `path`; sets and dates only.
    """

    name: str
    type: FieldType
    label_en: str
    label_zh: str
    operators: tuple[Operator, ...] = ()
    values: tuple[Choice, ...] = ()
    path: tuple[str, ...] = ()
    item: str | None = None

    def __post_init__(self) -> None:
        """Fill in the defaults.

        Raises:
            ValueError: a step of the path needs quoting, the path is too long, or the type does not go with the rest.
        """
        if not self.path:
            head, dot, rest = self.name.partition(".")
            object.__setattr__(self, "path", (head, rest) if dot and head == "attributes" else (self.name,))
        if not self.operators:
            object.__setattr__(self, "operators", OPERATORS[self.type])
        for step in (*self.path, *([self.item] if self.item is not None else [])):
            if not _STEP.fullmatch(step):
                raise ValueError(f"{step!r} is no name for a member of a document")
        if len(self.path) > 2:
            raise ValueError(f"{self.name} lies deeper than two steps")
        if self.item is not None and self.type not in (FieldType.SET, FieldType.DATE):
            raise ValueError(f"{self.name}: only sets and dates reach into a list")
        if not set(self.operators) <= set(OPERATORS[self.type]):
            raise ValueError(f"{self.name}: an operator does not go with {self.type}")

    def label(self, language: Language) -> str:
        """Its label in one language."""
        return self.label_en if language == "en" else self.label_zh

    def value_label(self, value: str, language: Language) -> str:
        """The label of a known value; an unknown one as it is."""
        for choice in self.values:
            if choice.value == value:
                return choice.label_en if language == "en" else choice.label_zh
        return value


class Attribute(BaseModel):
    """The definition of a free attribute of the customer document, for data that brings its own columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Bounds(pattern=rf"^{_STEP.pattern}$")]
    type: Literal["string", "number", "boolean", "date"]
    label_en: str = ""
    label_zh: str = ""

    def field(self) -> Field:
        """The catalogue entry `attributes.<name>`; a missing label is the name."""
        return Field(
            name=f"attributes.{self.name}",
            type=FieldType(self.type),
            label_en=self.label_en or self.name.replace("_", " "),
            label_zh=self.label_zh or self.label_en or self.name,
        )


class Catalogue:
    """The fields of one kind of document, by name, in the order in which an editor lists them. Immutable."""

    def __init__(self, fields: Iterable[Field]) -> None:
        """Raises ValueError when two fields have one name."""
        found: dict[str, Field] = {}
        for field in fields:
            if found.setdefault(field.name, field) is not field:
                raise ValueError(f"two fields are called {field.name}")
        self._fields = MappingProxyType(found)

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def with_attributes(self, definitions: Iterable[Attribute]) -> Catalogue:
        """This catalogue and further attributes; a definition of a known name takes its place."""
        return Catalogue({**self._fields, **{field.name: field for field in (d.field() for d in definitions)}}.values())

    def described(self) -> list[dict[str, Any]]:
        """The catalogue as JSON for an editor: react-querybuilder's fields, labels in both languages."""
        return [
            {
                "name": field.name,
                "type": str(field.type),
                "label": {"en": field.label_en, "zh-CN": field.label_zh},
                "operators": [str(operator) for operator in field.operators],
                "values": [
                    {"name": choice.value, "label": {"en": choice.label_en, "zh-CN": choice.label_zh}}
                    for choice in field.values
                ],
            }
            for field in self
        ]

    def check(self, tree: Group, pointer: str = "") -> None:
        """Let pass a tree whose fields are known, and whose operators and values fit their types.

        Raises:
            InvalidRule: with every fault found; `pointer` goes before their pointers.
        """
        faults = [fault for place, rule in tree.leaves(pointer) if (fault := self._fault(place, rule))]
        if faults:
            raise InvalidRule("the rule does not fit the field catalogue", errors=faults)

    def parse(self, raw: Any, pointer: str = "") -> Group:
        """The tree that `raw` (parsed JSON, or a tree) says, proved to fit this catalogue.

        Raises:
            InvalidRule: its form is broken, or it does not fit.
        """
        tree = read_tree(raw, pointer)
        self.check(tree, pointer)
        return tree

    def _fault(self, place: str, rule: Rule) -> FieldError | None:
        field = self._fields.get(rule.field)
        if field is None:
            return FieldError(f"{place}/field", "there is no such field")
        if rule.operator not in field.operators:
            return FieldError(f"{place}/operator", f"a {field.type} field does not take this operator")
        message = _value_fault(field.type, rule.operator, rule.value)
        return FieldError(f"{place}/value", message) if message else None


def _value_fault(kind: FieldType, operator: Operator, value: Value) -> str | None:
    """What is wrong with the value of a leaf, in words; None if nothing is."""
    if operator in _PRESENCE:
        return None if value in (None, "") else "this operator takes no value"
    if operator in RELATIVE:
        fits = type(value) is int and 0 <= value <= MAX_DAYS
        return None if fits else f"must be a whole number of days from 0 to {MAX_DAYS}"
    noun = {"number": "a number", "boolean": "true or false", "date": "a day as YYYY-MM-DD"}.get(kind, "text")
    if operator in _LIST:
        fits = isinstance(value, tuple) and all(_fits(kind, member) for member in value)
        return None if fits else f"must be a list, each member {noun}"
    if operator in _RANGE:
        if not (isinstance(value, tuple) and len(value) == 2 and all(_fits(kind, member) for member in value)):
            return f"must be a list of two bounds, each {noun}"
        low, high = value
        return None if low <= high else "the first bound must not be larger than the second"  # type: ignore[operator]
    return None if _fits(kind, value) else f"must be {noun}"


def _fits(kind: FieldType, value: Value) -> bool:
    if kind is FieldType.NUMBER:
        return type(value) in (int, float)
    if kind is FieldType.BOOLEAN:
        return isinstance(value, bool)
    return isinstance(value, str) and (kind is not FieldType.DATE or is_day(value))
