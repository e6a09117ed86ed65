"""What a standing said differently than its timeline, in a sentence: English, or Chinese for zh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS: Mapping[str, tuple[str, str]] = {
    "entry": (
        "It was as of entry {stored} of the timeline, not {derived}.",
        "停在时间线第 {stored} 条，应为第 {derived} 条。",
    ),
    "at": ("It was as of {stored}, not {derived}.", "记录时刻为 {stored}，应为 {derived}。"),
    "live": ("It counted {stored} waiting requests, not {derived}.", "记有 {stored} 个待决请求，应为 {derived} 个。"),
    "contact missing": ("Contact {key} was not counted.", "接触 {key} 未计入。"),
    "contact surplus": ("Contact {key} was counted and does not count.", "接触 {key} 不应计入而被计入。"),
    "contact doubled": ("Contact {key} was counted {times} times.", "接触 {key} 被计入 {times} 次。"),
    "contact changed": ("Contact {key} was counted with other facts: {names}.", "接触 {key} 的计入内容有误：{names}。"),
    "pause missing": ("A pause by {key} was missing.", "缺少规则 {key} 的冷静期。"),
    "pause surplus": ("A pause by {key} followed from nothing.", "规则 {key} 的冷静期没有依据。"),
    "pause changed": ("A pause by {key} was another one.", "规则 {key} 的冷静期有误。"),
    "goal missing": ("Goal {key} was met and did not count as met.", "目标 {key} 已达成而未记为达成。"),
    "goal surplus": ("Goal {key} counted as met and was not.", "目标 {key} 未达成而记为达成。"),
    "goal changed": ("Goal {key} was met by other acceptances.", "目标 {key} 由其他接受达成。"),
    "said missing": ("What was said of offer {key} was missing.", "缺少客户对优惠 {key} 的答复。"),
    "said surplus": ("Something stood as said of offer {key} that nobody said.", "优惠 {key} 的答复没有依据。"),
    "said changed": ("Something else was said of offer {key}: {names}.", "优惠 {key} 的答复有误：{names}。"),
    "order": ("They were not in the order of the timeline: {key}.", "次序与时间线不符：{key}。"),
    "standing missing": ("There was no standing.", "没有接触现状。"),
    "standing broken": ("The standing could not be read.", "接触现状无法读取。"),
    "timeline": (
        "Entry {derived} of the timeline, a {key}, is not understood; the standing stays as it is.",
        "时间线第 {derived} 条（{key}）无法理解，接触现状保持不变。",
    ),
}


def describe(difference: Mapping[str, Any], lang: str) -> str:
    """A sentence for a difference (`what`, `key`, `stored`, `derived`)."""
    stored, derived = difference["stored"], difference["derived"]
    words = _WORDS[_case(difference["what"], stored, derived)][lang.startswith("zh")]
    times = len(stored) if isinstance(stored, list) else 0
    names = "、" if lang.startswith("zh") else ", "
    return words.format(
        key=difference["key"], stored=stored, derived=derived, times=times, names=names.join(_changed(stored, derived))
    )


def _case(what: str, stored: Any, derived: Any) -> str:
    if what == "standing":
        return f"{what} {'missing' if stored is None else 'broken'}"
    if what not in ("contact", "pause", "goal", "said"):
        return what
    if not stored:
        return f"{what} missing"
    if not derived:
        return f"{what} surplus"
    return f"{what} doubled" if what == "contact" and len(stored) > len(derived) else f"{what} changed"


def _changed(stored: Any, derived: Any) -> list[str]:
    """The members that the first row of each says differently."""
    if not (isinstance(stored, list) and isinstance(derived, list) and stored and derived):
        return []
    if not (isinstance(stored[0], dict) and isinstance(derived[0], dict)):
        return []
    return sorted(k for k in stored[0].keys() | derived[0].keys() if stored[0].get(k) != derived[0].get(k))
