"""The rule tree: what planners, eligibility, alerts and policies say about a customer, as frozen data.

The JSON form is that of react-querybuilder, so that an editor's output is stored as it is::

    {"combinator": "and", "not": false, "rules": [{"field": "attributes.age", "operator": ">=", "value": 30}, …]}

What always holds:
- a tree has at most `MAX_DEPTH` levels of groups and `MAX_LEAVES` leaves (an empty group counts as one), whatever way
  it was made; deeper input is refused before it is descended into;
- values are text, numbers, true/false or lists of them, bounded in length; numbers lie where a double and a decimal
  say the same; text is what PostgreSQL can store. So every tree means the same in Python and in SQL;
- an unknown member is refused, never ignored: it might have changed the meaning;
- each error names its place by a JSON pointer (RFC 6901).

An empty `and` group is true, an empty `or` group false. Whether fields and values fit each other is the catalogue's
question (`rapport.rules.catalogue`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from rapport.errors import FieldError, Malformed

MAX_DEPTH = 8
MAX_LEAVES = 200
MAX_TEXT = 256
MAX_LIST = 256
MAX_NUMBER = 2**53 - 1
"""Beyond it a JSON number is not the same in every reader (RFC 7493, section 2.2)."""

Scalar: TypeAlias = bool | int | float | str
Value: TypeAlias = Scalar | tuple[Scalar, ...] | None

_EDITOR_MEMBERS = frozenset({"id", "path", "valueSource"})


class InvalidRule(Malformed):
    """A rule tree that breaks its form or the catalogue; `errors` say where and what."""


class Operator(StrEnum):
    """What a leaf asks: react-querybuilder's names, and dates relative to today."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    IN = "in"
    NOT_IN = "notIn"
    BETWEEN = "between"
    NOT_BETWEEN = "notBetween"
    CONTAINS = "contains"
    BEGINS_WITH = "beginsWith"
    ENDS_WITH = "endsWith"
    NULL = "null"
    NOT_NULL = "notNull"
    WITHIN_NEXT_DAYS = "withinNextDays"
    WITHIN_LAST_DAYS = "withinLastDays"
    MORE_THAN_DAYS_AHEAD = "moreThanDaysAhead"
    MORE_THAN_DAYS_AGO = "moreThanDaysAgo"


def _fault(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, message)


def _scalar(raw: object) -> Scalar:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str):
        if len(raw) > MAX_TEXT:
            raise _fault("rule_text_length", f"text is longer than {MAX_TEXT} characters")
        if "\0" in raw or any("\ud800" <= character <= "\udfff" for character in raw):
            raise _fault("rule_text", "text holds a character that cannot be stored")
        return raw
    if isinstance(raw, int | float):
        if not math.isfinite(raw) or abs(raw) > MAX_NUMBER:
            raise _fault("rule_number", f"number lies outside ±{MAX_NUMBER}")
        return raw
    raise _fault("rule_value", "must be text, a number, true or false, or a list of them")


def _value(raw: object, _handler: ValidatorFunctionWrapHandler) -> Value:
    if raw is None:
        return None
    if isinstance(raw, list | tuple):
        if len(raw) > MAX_LIST:
            raise _fault("rule_list_length", f"list is longer than {MAX_LIST}")
        return tuple(_scalar(member) for member in raw)
    return _scalar(raw)


def _without_editor_members(raw: object) -> object:
    """Drop what react-querybuilder adds for its own use, and refuse what would mean something else here."""
    if not isinstance(raw, Mapping):
        return raw
    if raw.get("valueSource", "value") != "value":
        raise _fault("rule_value_source", "a rule compares with a value, not with another field")
    return {key: member for key, member in raw.items() if key not in _EDITOR_MEMBERS}


class Rule(BaseModel):
    """A leaf: one field compared with one value, two bounds, a list, or nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: Annotated[str, Field(min_length=1, max_length=128)]
    operator: Operator
    value: Annotated[Value, WrapValidator(_value)] = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, raw: object) -> object:
        return _without_editor_members(raw)


def _node(raw: object, _handler: ValidatorFunctionWrapHandler) -> Rule | Group:
    if isinstance(raw, Rule | Group):
        return raw
    if not isinstance(raw, Mapping):
        raise _fault("rule_node", "must be a rule or a group of rules")
    return Group.model_validate(raw) if "rules" in raw or "combinator" in raw else Rule.model_validate(raw)


class Group(BaseModel):
    """A node: all (`and`) or any (`or`) of its members hold; `not` turns the answer round."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    combinator: Literal["and", "or"]
    negated: StrictBool = Field(default=False, alias="not")
    rules: tuple[Annotated[Rule | Group, WrapValidator(_node)], ...]

    @model_validator(mode="before")
    @classmethod
    def _bounded(cls, raw: object) -> object:
        _check_bounds(raw)
        return _without_editor_members(raw)

    def leaves(self, pointer: str = "") -> Iterator[tuple[str, Rule]]:
        """Each leaf with its JSON pointer, in the order of reading."""
        for number, node in enumerate(self.rules):
            place = f"{pointer}/rules/{number}"
            if isinstance(node, Group):
                yield from node.leaves(place)
            else:
                yield place, node


def _check_bounds(raw: object) -> None:
    """Refuse a tree that is too deep or too large, without recursion and before anything else looks at it."""
    leaves = 0
    open_nodes: list[tuple[object, int, tuple[str | int, ...]]] = [(raw, 1, ())]
    while open_nodes:
        node, depth, place = open_nodes.pop()
        members = _members(node)
        if members is not None and depth > MAX_DEPTH:
            raise _at(place, "rule_depth", f"groups are nested deeper than {MAX_DEPTH} levels")
        if not members:
            leaves += 1
            if leaves > MAX_LEAVES:
                raise _at(place, "rule_size", f"the tree has more than {MAX_LEAVES} rules")
            continue
        open_nodes.extend(
            (member, depth + 1, (*place, "rules", number)) for number, member in reversed([*enumerate(members)])
        )


def _members(node: object) -> Sequence[object] | None:
    """The members of a group, raw or built; None for anything that is no group."""
    if isinstance(node, Group):
        return node.rules
    if not isinstance(node, Mapping) or not ("rules" in node or "combinator" in node):
        return None
    members = node.get("rules")
    return members if isinstance(members, list | tuple) else ()


def _at(place: tuple[str | int, ...], kind: str, message: str) -> ValidationError:
    error = InitErrorDetails(type=_fault(kind, message), loc=place, input=None)
    return ValidationError.from_exception_data("Group", [error])


def pointer_to(place: Sequence[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a place in a document; the whole document is the empty text."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)


def read_tree(raw: Any, pointer: str = "") -> Group:
    """The tree that `raw` (parsed JSON, or a tree) says; its form only, see `Catalogue.parse` for its meaning.

    Args:
        raw: the tree.
        pointer: where the tree stands in the document it came in; goes before the pointers of errors.

    Raises:
        InvalidRule: the form is broken. Messages do not repeat values.
    """
    if isinstance(raw, Group):
        return raw
    try:
        return Group.model_validate(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    raise InvalidRule(
        "the rule is malformed", errors=[FieldError(pointer + pointer_to(e["loc"]), e["msg"]) for e in found]
    )
