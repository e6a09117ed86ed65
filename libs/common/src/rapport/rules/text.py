"""A rule tree in words, English and 简体中文, for those who approve it and those who ask why.

What always holds: the text is complete (each leaf, each value) and its grouping is that of the tree.
"""

from __future__ import annotations

from typing import Final

from rapport.rules.catalogue import Catalogue, Field, FieldType, Language
from rapport.rules.tree import Group, Operator, Rule, Scalar

_Phrases = dict[Operator, str]

_EN: Final[_Phrases] = {
    Operator.EQUAL: "{label} is {a}",
    Operator.NOT_EQUAL: "{label} is not {a}",
    Operator.LESS: "{label} is less than {a}",
    Operator.AT_MOST: "{label} is at most {a}",
    Operator.GREATER: "{label} is more than {a}",
    Operator.AT_LEAST: "{label} is at least {a}",
    Operator.IN: "{label} is one of {all}",
    Operator.NOT_IN: "{label} is none of {all}",
    Operator.BETWEEN: "{label} is between {a} and {b}",
    Operator.NOT_BETWEEN: "{label} is not between {a} and {b}",
    Operator.CONTAINS: "{label} contains {a}",
    Operator.BEGINS_WITH: "{label} begins with {a}",
    Operator.ENDS_WITH: "{label} ends with {a}",
    Operator.NULL: "{label} is not known",
    Operator.NOT_NULL: "{label} is known",
    Operator.WITHIN_NEXT_DAYS: "{label} is within the next {days}",
    Operator.WITHIN_LAST_DAYS: "{label} is within the last {days}",
    Operator.MORE_THAN_DAYS_AHEAD: "{label} is more than {days} ahead",
    Operator.MORE_THAN_DAYS_AGO: "{label} is more than {days} ago",
}
_ZH: Final[_Phrases] = {
    Operator.EQUAL: "{label}为{a}",
    Operator.NOT_EQUAL: "{label}不为{a}",
    Operator.LESS: "{label}小于{a}",
    Operator.AT_MOST: "{label}不大于{a}",
    Operator.GREATER: "{label}大于{a}",
    Operator.AT_LEAST: "{label}不小于{a}",
    Operator.IN: "{label}为{all}之一",
    Operator.NOT_IN: "{label}不是{all}中的任何一个",
    Operator.BETWEEN: "{label}在{a}到{b}之间",
    Operator.NOT_BETWEEN: "{label}不在{a}到{b}之间",
    Operator.CONTAINS: "{label}包含{a}",
    Operator.BEGINS_WITH: "{label}以{a}开头",
    Operator.ENDS_WITH: "{label}以{a}结尾",
    Operator.NULL: "{label}未知",
    Operator.NOT_NULL: "{label}已知",
    Operator.WITHIN_NEXT_DAYS: "{label}在今后{days}内",
    Operator.WITHIN_LAST_DAYS: "{label}在过去{days}内",
    Operator.MORE_THAN_DAYS_AHEAD: "{label}距今还有超过{days}",
    Operator.MORE_THAN_DAYS_AGO: "{label}距今已超过{days}",
}
_BY_TYPE: Final[dict[tuple[Language, FieldType], _Phrases]] = {
    ("en", FieldType.STRING): {
        Operator.LESS: "{label} sorts before {a}",
        Operator.AT_MOST: "{label} is {a} or sorts before it",
        Operator.GREATER: "{label} sorts after {a}",
        Operator.AT_LEAST: "{label} is {a} or sorts after it",
        Operator.BETWEEN: "{label} sorts from {a} to {b}",
        Operator.NOT_BETWEEN: "{label} does not sort from {a} to {b}",
    },
    ("zh-CN", FieldType.STRING): {
        Operator.LESS: "{label}排在{a}之前",
        Operator.AT_MOST: "{label}为{a}或排在其前",
        Operator.GREATER: "{label}排在{a}之后",
        Operator.AT_LEAST: "{label}为{a}或排在其后",
        Operator.BETWEEN: "{label}排在{a}至{b}之间",
        Operator.NOT_BETWEEN: "{label}不排在{a}至{b}之间",
    },
    ("en", FieldType.DATE): {
        Operator.LESS: "{label} is before {a}",
        Operator.AT_MOST: "{label} is on or before {a}",
        Operator.GREATER: "{label} is after {a}",
        Operator.AT_LEAST: "{label} is on or after {a}",
    },
    ("zh-CN", FieldType.DATE): {
        Operator.LESS: "{label}早于{a}",
        Operator.AT_MOST: "{label}不晚于{a}",
        Operator.GREATER: "{label}晚于{a}",
        Operator.AT_LEAST: "{label}不早于{a}",
    },
    ("en", FieldType.SET): {
        Operator.CONTAINS: "{label} include {a}",
        Operator.IN: "{label} include any of {all}",
        Operator.NOT_IN: "{label} include none of {all}",
        Operator.NULL: "there are no {label}",
        Operator.NOT_NULL: "there are {label}",
    },
    ("zh-CN", FieldType.SET): {
        Operator.IN: "{label}包含{all}中的至少一项",
        Operator.NOT_IN: "{label}不包含{all}中的任何一项",
        Operator.NULL: "{label}为空",
        Operator.NOT_NULL: "{label}不为空",
    },
}

_JOIN: Final[dict[tuple[Language, str], str]] = {
    ("en", "and"): " and ",
    ("en", "or"): " or ",
    ("zh-CN", "and"): "，并且",
    ("zh-CN", "or"): "，或者",
}
_EMPTY: Final[dict[tuple[Language, str], str]] = {
    ("en", "and"): "everyone",
    ("en", "or"): "nobody",
    ("zh-CN", "and"): "所有客户",
    ("zh-CN", "or"): "没有客户",
}


def render(tree: Group, catalogue: Catalogue, language: Language = "en") -> str:
    """The tree as one sentence.

    Raises:
        InvalidRule: the tree does not fit the catalogue.
    """
    catalogue.check(tree)
    words = render_group(tree, catalogue, language)
    return f"{words[0].upper()}{words[1:]}." if language == "en" else f"{words}。"


def render_rule(rule: Rule, field: Field, language: Language = "en") -> str:
    """A leaf that fits its field as a phrase, without capital and full stop."""
    values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
    shown = [_value(value, field, language) for value in values if value is not None]
    by_type = _BY_TYPE.get((language, field.type), {})
    template = by_type.get(rule.operator) or (_EN if language == "en" else _ZH)[rule.operator]
    return template.format(
        label=field.label(language),
        a=shown[0] if shown else "",
        b=shown[-1] if shown else "",
        all=_listed(shown, language),
        days=_days(rule.value, language),
    )


def negation(words: str, language: Language) -> str:
    """The opposite of a phrase."""
    return f"not ({words})" if language == "en" else f"并非（{words}）"


def render_group(group: Group, catalogue: Catalogue, language: Language) -> str:
    """A group that fits the catalogue as a phrase, without brackets around the whole unless negated."""
    parts = [
        render_rule(node, catalogue[node.field], language)
        if isinstance(node, Rule)
        else _bracketed(node, catalogue, language)
        for node in group.rules
    ]
    words = _JOIN[language, group.combinator].join(parts) or _EMPTY[language, group.combinator]
    return negation(words, language) if group.negated else words


def _bracketed(group: Group, catalogue: Catalogue, language: Language) -> str:
    words = render_group(group, catalogue, language)
    if group.negated or len(group.rules) < 2:
        return words
    return f"({words})" if language == "en" else f"（{words}）"


def _value(value: Scalar, field: Field, language: Language) -> str:
    if isinstance(value, bool):
        return {True: ("yes", "是"), False: ("no", "否")}[value][language != "en"]
    if isinstance(value, str) and field.type is not FieldType.DATE:
        return f"“{field.value_label(value, language)}”"
    return str(value)


def _listed(shown: list[str], language: Language) -> str:
    if not shown:
        return "nothing" if language == "en" else "空集"
    if len(shown) == 1:
        return shown[0]
    if language == "en":
        return f"{', '.join(shown[:-1])} or {shown[-1]}"
    return f"{'、'.join(shown[:-1])}或{shown[-1]}"


def _days(value: object, language: Language) -> str:
    if language != "en":
        return f"{value}天"
    return "1 day" if value == 1 else f"{value} days"
