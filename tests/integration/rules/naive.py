"""A rule interpreter as plain as can be, sharing no code with the compilers: what their answers are held against."""

from __future__ import annotations

import operator
from datetime import date, datetime
from typing import Any

from tests.integration.rules.world import CATALOGUE

from rapport.rules import FieldType

UNKNOWN, BROKEN = object(), object()
"""What is absent, and what has the wrong type."""

COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def day(value: Any) -> date | None:
    if not isinstance(value, str) or len(value) != 10 or not value.isascii() or [value[4], value[7]] != ["-", "-"]:
        return None
    try:
        return date(int(value[:4]), int(value[5:7]), int(value[8:])) if value.replace("-", "").isdigit() else None
    except ValueError:
        return None


def read(name: str, doc: Any) -> Any:
    field = CATALOGUE[name]
    where = {"products": ["holdings"], "contract_end": ["holdings"]}.get(name) or name.split(".", 1)
    for step in where:
        doc = doc.get(step) if isinstance(doc, dict) else None
    if doc is None:
        return UNKNOWN
    if field.item or field.type is FieldType.SET:
        if not isinstance(doc, list):
            return BROKEN
        members = doc if not field.item else [each.get(field.item) for each in doc if isinstance(each, dict)]
        if field.type is FieldType.SET:
            return {member for member in members if isinstance(member, str)}
        found = [at for member in members if (at := day(member))]
        return min(found) if found else UNKNOWN
    if field.type is FieldType.DATE:
        return day(doc) or BROKEN
    if field.type is FieldType.BOOLEAN:
        return doc if isinstance(doc, bool) else BROKEN
    if field.type is FieldType.NUMBER:
        return doc if isinstance(doc, int | float) and not isinstance(doc, bool) else BROKEN
    return doc if isinstance(doc, str) else BROKEN


def naive(node: dict[str, Any], doc: Any, now: datetime) -> bool:
    if "rules" in node:
        answers = [naive(member, doc, now) for member in node["rules"]]
        answer = False not in answers if node["combinator"] == "and" else True in answers
        return answer is not node.get("not", False)
    stored, asked, value = read(node["field"], doc), node["operator"], node["value"]
    if asked == "null":
        return stored is UNKNOWN or bool(stored == set())
    if stored is UNKNOWN or stored is BROKEN:
        return False
    if asked == "notNull":
        return bool(stored != set())
    if isinstance(stored, set):
        wanted = {value} if asked == "contains" else set(value)
        return (stored & wanted == set()) if asked == "notIn" else bool(stored & wanted)
    return naive_scalar(stored, asked, value, now)


def naive_scalar(stored: Any, asked: str, value: Any, now: datetime) -> bool:
    if isinstance(stored, date):
        if "Days" in asked:
            ahead: int = (stored - now.date()).days
            answers: dict[str, bool] = {
                "withinNextDays": 0 <= ahead <= value,
                "withinLastDays": -value <= ahead <= 0,
                "moreThanDaysAhead": ahead > value,
                "moreThanDaysAgo": ahead < -value,
            }
            return answers[asked]
        value = [day(bound) for bound in value] if isinstance(value, list) else day(value)
    match asked:
        case "in" | "notIn":
            return (stored in value) == (asked == "in")
        case "between" | "notBetween":
            return bool(value[0] <= stored <= value[1]) == (asked == "between")
        case "contains":
            return any(stored[at : at + len(value)] == value for at in range(len(stored) + 1))
        case "beginsWith":
            return bool(stored[: len(value)] == value)
        case "endsWith":
            return len(value) <= len(stored) and bool(stored[len(stored) - len(value) :] == value)
    return bool(COMPARE[asked](stored, value))
