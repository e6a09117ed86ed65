"""The differences of two policy documents as plain sentences, English and 简体中文, for those who approve.

What always holds: every difference is in some sentence, whatever its kind and fields. A kind or a field that is not
known here is told by its own name and value; how to tell it better is a line in one of the tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rapport.rules import render
from touchpoint_service.domain.differences import Difference, Document
from touchpoint_service.domain.policy_labels import Both, kind_of, label, member_label, words
from touchpoint_service.domain.rule_base import CONTACT
from touchpoint_service.domain.words import tongue_of

_CHANGES = {
    "frequency_caps.scope": Both("{subject} now counts {new} instead of {old}.", "{subject}现{new}计数（原为{old}）。"),
    "cool_downs.scope": Both("{subject} now covers {new} instead of {old}.", "{subject}现针对{new}（原为{old}）。"),
    "channels": Both("{subject} now applies to {new} instead of {old}.", "{subject}现适用于{new}（原为{old}）。"),
    "exempt_classes": Both(
        "{subject} now exempts {new} instead of {old}.", "{subject}现豁免等级：{new}（原为{old}）。"
    ),
}
_OTHER_CHANGE = Both("{subject}: {label} now {new} instead of {old}.", "{subject}的{label}现为{new}（原为{old}）。")
_MEMBER_CHANGE = Both("{label}: now {new} instead of {old}.", "{label}现为{new}（原为{old}）。")
_ADDED = Both("New {kind} {name}: {rule}.", "新增{kind}{name}：{rule}。")
_REMOVED = Both("The {kind} {name} no longer applies: {rule}.", "{kind}{name}不再适用：{rule}。")
_REORDERED = Both(
    "The {kinds} are looked at in another order: {new} instead of {old}.", "{kinds}的查看次序现为{new}（原为{old}）。"
)
_SUBJECT = Both("The {kind} {name}", "{kind}{name}")
_RESTATED = Both("{subject} is now {new} instead of {old}.", "{subject}现为{new}（原为{old}）。")

_DETAILS = {
    "per": Both("counted per {value}", "按{value}合并计数"),
    "weights": Both("a contact taking {value} slots", "每次接触占用名额：{value}"),
    "ignores": Both("not counting {value}", "不计入{value}"),
    "held": Both("holding {value}", "预留{value}"),
    "look_ahead_hours": Both("looking {value} hours ahead", "前瞻{value}小时"),
    "purposes": Both("for purpose {value}", "用途为{value}"),
    "when": Both("where {value}", "条件：{value}"),
    "countries": Both("in {value}", "国家：{value}"),
    "regions": Both("in {value}", "地区：{value}"),
    "places": Both("at {value}", "地点：{value}"),
    "frequency_caps.scope": Both("counted {value}", "{value}计数"),
    "cool_downs.scope": Both("for {value}", "针对{value}"),
    "quiet_hours.days": Both("on {value}", "{value}"),
    "channels": Both("for {value}", "适用于{value}"),
    "exempt_classes": Both("not for {value}", "不约束{value}"),
}
_OTHER_DETAIL = Both("{label} {value}", "{label} {value}")
_WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_UNSAID: Mapping[str, Any] = {
    "frequency_caps.scope": "all",
    "frequency_caps.per": "customer",
    "frequency_caps.look_ahead_hours": 0,
    "quiet_hours.days": _WEEK,
}
"""What goes without saying."""

_ALL_CHANNELS, _NO_CHANNEL = Both("all channels", "所有渠道"), Both("no channel", "无渠道")
_NO_CLASS = Both("no class", "无")
_EVERY_DAY = Both("every day", "每天")
_NOTHING = Both("none", "无")
_YES, _NO = Both("yes", "是"), Both("no", "否")
_SPECIAL = {
    ("frequency_caps.scope", "all"): Both("all together", "全部合计"),
    ("cool_downs.scope", "all"): Both("everything", "一切接触"),
}
_PER_SCOPE = {
    "frequency_caps.scope": Both("per {word}", "按{word}"),
    "cool_downs.scope": Both("the same {word}", "同一{word}"),
}


def sentences(found: Iterable[Difference], lang: str) -> list[str]:
    """One for each difference, in their order; fields that make one statement, such as a limit and its window, share.

    Args:
        found: as `differences` gives them.
        lang: BCP 47; everything that does not begin with `zh` is told in English.
    """
    tongue = tongue_of(lang)
    return list(dict.fromkeys(spaced(_sentence(each, tongue), tongue) for each in found))


def _sentence(found: Difference, tongue: str) -> str:
    kind = kind_of(found.section)
    about = {"kind": kind.one.told(tongue), "kinds": kind.many.told(tongue), "name": found.rule}
    match found.kind:
        case "added":
            return _ADDED.told(tongue).format(**about, rule=_rule(found.section, found.new, tongue))
        case "removed":
            return _REMOVED.told(tongue).format(**about, rule=_rule(found.section, found.old, tongue))
        case "reordered":
            names = {"old": _list(found.old, tongue), "new": _list(found.new, tongue)}
            return _REORDERED.told(tongue).format(**about, **names)
    return _changed(found, tongue)


def _changed(found: Difference, tongue: str) -> str:
    section, steps = found.section, found.path
    values: Sequence[Any] = (found.old, found.new)
    if found.rules is not None and steps[0] in _AS_A_WHOLE:
        steps, values = steps[:1], [rule.get(steps[0]) for rule in found.rules]
    field = ".".join(steps)
    old, new = (_value(section, field, value, tongue) for value in values)
    if found.rules is None:
        name = _called(member_label(section, steps), tongue)
        return _MEMBER_CHANGE.told(tongue).format(label=name[:1].upper() + name[1:], old=old, new=new)
    subject = _SUBJECT.told(tongue).format(kind=kind_of(section).one.told(tongue), name=found.rule)
    statement = _STATEMENTS.get(section)
    if statement is not None and steps[0] in statement.fields:
        whole, before = statement.whole(found.rules[1], tongue), statement.before(*found.rules, tongue)
        return _RESTATED.told(tongue).format(subject=subject, new=whole, old=before)
    template = _CHANGES.get(f"{section}.{field}") or _CHANGES.get(field) or _OTHER_CHANGE
    return template.told(tongue).format(
        subject=subject, label=_called([label(section, step) for step in steps], tongue), old=old, new=new
    )


def _rule(section: str, rule: Document, tongue: str) -> str:
    """All that a rule says."""
    statement = _STATEMENTS.get(section)
    told = [] if statement is None else [statement.whole(rule, tongue)]
    for field, value in rule.items():
        said = field == "name" or (statement is not None and field in statement.fields)
        says_nothing = value is None or (value in ([], {}) and field != "channels")
        if said or says_nothing or _UNSAID.get(f"{section}.{field}") == value:
            continue
        template = _DETAILS.get(f"{section}.{field}") or _DETAILS.get(field) or _OTHER_DETAIL
        about = {"label": label(section, field).told(tongue), "value": _value(section, field, value, tongue)}
        told.append(template.told(tongue).format(**about))
    return _comma(told, tongue)


def _called(labels: Iterable[Both], tongue: str) -> str:
    return _comma([each.told(tongue) for each in labels], tongue)


# --- values

_AS_A_WHOLE = frozenset(("when", "weights", "held"))
"""Fields of a rule that are told as a whole, whatever within them is different."""


def _value(section: str, field: str, value: Any, tongue: str) -> str:
    """A value in words; `field` is the path within the rule or member, "" the member itself."""
    match value:
        case None:
            return (_ALL_CHANNELS if field == "channels" else _NOTHING).told(tongue)
        case bool():
            return (_YES if value else _NO).told(tongue)
        case str():
            return _word(section, field, value, tongue)
        case Mapping():
            return _mapping(section, field, value, tongue)
        case list() | tuple():
            return _several(section, field, value, tongue)
    return str(value)


def _mapping(section: str, field: str, value: Document, tongue: str) -> str:
    match field:
        case "window":
            return _window(value, tongue)
        case "when":
            return render(CONTACT.parse(value), CONTACT, "zh-CN" if tongue == "zh" else "en")
        case "weights":
            told = words("*", "channels")
            return _list([f"{number} ({told[channel].told(tongue)})" for channel, number in value.items()], tongue)
        case "hours":
            return _week(value, tongue)
    return _members(section, value, tongue)


def _several(section: str, field: str, values: Sequence[Any], tongue: str) -> str:
    if not values and field in ("channels", "exempt_classes"):
        return (_NO_CHANNEL if field == "channels" else _NO_CLASS).told(tongue)
    if field == "held":
        return _list([_held_slots(each, tongue) for each in values], tongue)
    if field.rpartition(".")[2] == "periods":
        return _list([_day_period(each, tongue) for each in values], tongue)
    if field == "days" and sorted(map(str, values)) == sorted(_WEEK):
        return _EVERY_DAY.told(tongue)
    order = list(words(section, field))
    if all(value in order for value in values):
        values = sorted(values, key=order.index)
    return _list([_value(section, field, each, tongue) for each in values], tongue)


def _word(section: str, field: str, value: str, tongue: str) -> str:
    name = f"{section}.{field}"
    if (name, value) in _SPECIAL:
        return _SPECIAL[name, value].told(tongue)
    known = words(section, field.rpartition(".")[2]).get(value)
    if known is None:
        return re.sub(r"^(\d\d:\d\d):00$", r"\1", value)
    word = known.told(tongue)
    return _PER_SCOPE[name].told(tongue).format(word=word) if name in _PER_SCOPE else word


def _held_slots(held: Document, tongue: str) -> str:
    count = _count(held["slots"], Both("slot", "个名额"), tongue)
    whom = _word("", "for_class", held["for_class"], tongue)
    if held.get("occasion") is None:
        return f"为{whom}预留{count}" if tongue == "zh" else f"{count} for {whom}"
    days = _count(held["lead_days"], Both("day", "天"), tongue)
    occasion = _word("", "occasion", held["occasion"], tongue)
    if tongue == "zh":
        return f"{occasion}前{days}为{whom}预留{count}"
    return f"{count} for {whom} from {days} before the {occasion}"


def _week(hours: Document, tongue: str) -> str:
    told = [_list([_day_period(period, tongue) for period in hours["periods"]], tongue)]
    if hours.get("holidays", "as_usual") != "as_usual":
        how = _word("", "holidays", hours["holidays"], tongue)
        told.append(f"法定节假日{how}" if tongue == "zh" else f"public holidays {how}")
    return _comma(told, tongue)


def _day_period(period: Document, tongue: str) -> str:
    end = "24:00" if period["end"] in ("00:00", "00:00:00") else _word("", "", period["end"], tongue)
    days = _several("", "days", period["days"], tongue)
    return f"{days} {_word('', '', period['start'], tongue)}–{end}"


def _members(section: str, value: Document, tongue: str) -> str:
    return _comma(
        [f"{label(section, name).told(tongue)} {_value(section, name, each, tongue)}" for name, each in value.items()],
        tongue,
    )


def _window(window: Document, tongue: str) -> str:
    match window.get("kind"):
        case "rolling":
            return _hours(window["hours"], tongue)
        case "calendar":
            unit, zone = (_word("", name, window[name], tongue) for name in ("unit", "zone"))
            return f"一个{unit}（{zone}）" if tongue == "zh" else f"a calendar {unit} ({zone})"
    return _members("", window, tongue)


def _hours(hours: float, tongue: str) -> str:
    if hours % 24 == 0:
        return _count(hours // 24, Both("day", "天"), tongue)
    return _count(hours, Both("hour", "小时"), tongue)


def _count(number: float, unit: Both, tongue: str) -> str:
    return f"{number:.10g}{unit.zh}" if tongue == "zh" else f"{number:.10g} {unit.en}{'' if number == 1 else 's'}"


def _list(items: list[str], tongue: str) -> str:
    if not items:
        return _NOTHING.told(tongue)
    if tongue == "zh":
        return "、".join(items)
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def _comma(items: list[str], tongue: str) -> str:
    return ("，" if tongue == "zh" else ", ").join(items)


def spaced(text: str, tongue: str) -> str:
    """Chinese with a space wherever it meets Latin letters or digits."""
    if tongue != "zh":
        return text
    text = re.sub(r"([\u4e00-\u9fff])([A-Za-z0-9])", r"\1 \2", text)
    return re.sub(r"([A-Za-z0-9])([\u4e00-\u9fff])", r"\1 \2", text)


# --- what several fields of a rule say together


class _Statement(NamedTuple):
    """How the main fields of a kind of rule are told as one."""

    fields: tuple[str, ...]
    whole: Callable[[Document, str], str]
    shorter: Callable[[Document, Document, str], str] | None = None
    """What the first one said, as far as the second says something else; None is the whole."""

    def before(self, old: Document, new: Document, tongue: str) -> str:
        """What was said before, beside the whole of what is said now."""
        return self.whole(old, tongue) if self.shorter is None else self.shorter(old, new, tongue)


def _contacts(cap: Document, tongue: str) -> str:
    count, window = _count(cap["limit"], Both("contact", "次接触"), tongue), _window(cap["window"], tongue)
    return f"{window}内{count}" if tongue == "zh" else f"{count} in {window}"


def _contacts_before(old: Document, new: Document, tongue: str) -> str:
    window = _window(old["window"], tongue)
    count = f"{old['limit']}次" if tongue == "zh" else str(old["limit"])
    if old["window"] == new["window"]:
        return count
    if old["limit"] == new["limit"]:
        return window
    return f"{window}内{count}" if tongue == "zh" else f"{count} in {window}"


def _gap(rule: Document, tongue: str) -> str:
    return _hours(rule["hours"], tongue)


def _period(rule: Document, tongue: str) -> str:
    start, end = (_word("", "", rule[name], tongue) for name in ("start", "end"))
    return f"{start}–{end}"


def _span(rule: Document, tongue: str) -> str:
    begins, ends = (datetime.fromisoformat(rule[name]).astimezone(UTC) for name in ("begins", "ends"))
    told = f"{begins:%Y-%m-%d %H:%M} – {ends:%Y-%m-%d %H:%M} UTC"
    return told if tongue == "zh" else f"from {told}"


def _pause(rule: Document, tongue: str) -> str:
    days, outcome = _days(rule, tongue), _word("", "outcome", rule["outcome"], tongue)
    return f"“{outcome}”后{days}" if tongue == "zh" else f"{days} after “{outcome}”"


def _pause_before(old: Document, new: Document, tongue: str) -> str:
    if old["outcome"] == new["outcome"]:
        return _days(old, tongue)
    return _pause(old, tongue)


def _days(rule: Document, tongue: str) -> str:
    if rule.get("days") is None:
        return "直至解除" if tongue == "zh" else "until it is closed"
    return _count(rule["days"], Both("day", "天"), tongue)


_STATEMENTS: Mapping[str, _Statement] = {
    "frequency_caps": _Statement(("limit", "window"), _contacts, _contacts_before),
    "minimum_gaps": _Statement(("hours",), _gap),
    "quiet_hours": _Statement(("start", "end"), _period),
    "legal_hours": _Statement(("hours",), lambda rule, tongue: _week(rule["hours"], tongue)),
    "opening_hours": _Statement(("hours",), lambda rule, tongue: _week(rule["hours"], tongue)),
    "preferred_hours": _Statement(("hours",), lambda rule, tongue: _week(rule["hours"], tongue)),
    "blackouts": _Statement(("begins", "ends"), _span),
    "cool_downs": _Statement(("days", "outcome"), _pause, _pause_before),
}
