"""Differences in plain sentences, English and 简体中文."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests.unit.touchpoint.policy_documents import Document, cap, document, documents

from touchpoint_service.domain.differences import differences
from touchpoint_service.domain.policy_words import sentences

WEEK = {"kind": "calendar", "unit": "week", "zone": "customer"}
NIGHT = {"name": "night", "start": "20:00", "end": "08:00"}
REST = {"name": "rest", "outcome": "refused", "days": 30}
COMPLAINT = {"name": "rest", "outcome": "complaint", "scope": "all"}
GAP = {"name": "gap", "hours": 24}


def told(old: Document, new: Document, lang: str) -> list[str]:
    return sentences(differences(old, new), lang)


def rules(kind: str, *found: Document) -> Document:
    return document(**{kind: list(found)})


CASES: list[tuple[Document, Document, str, str]] = [
    (
        rules("frequency_caps", cap()),
        rules("frequency_caps", cap(limit=2)),
        "The cap three-a-week is now 2 contacts in 7 days instead of 3.",
        "上限 three-a-week 现为 7 天内 2 次接触（原为 3 次）。",
    ),
    (
        rules("frequency_caps", cap(limit=1)),
        rules("frequency_caps", cap(limit=1, hours=36)),
        "The cap three-a-week is now 1 contact in 36 hours instead of 7 days.",
        "上限 three-a-week 现为 36 小时内 1 次接触（原为 7 天）。",
    ),
    (
        rules("frequency_caps", cap()),
        rules("frequency_caps", cap(limit=2, window=WEEK)),
        "The cap three-a-week is now 2 contacts in a calendar week (customer's time) instead of 3 in 7 days.",
        "上限 three-a-week 现为一个自然周（客户时区）内 2 次接触（原为 7 天内 3 次）。",
    ),
    (
        rules("frequency_caps", cap()),
        rules("frequency_caps", cap(scope="campaign")),
        "The cap three-a-week now counts per campaign instead of all together.",
        "上限 three-a-week 现按活动计数（原为全部合计）。",
    ),
    (
        rules("frequency_caps", cap()),
        rules("frequency_caps", cap(channels=["sms", "call"])),
        "The cap three-a-week now applies to call and SMS instead of all channels.",
        "上限 three-a-week 现适用于外呼、短信（原为所有渠道）。",
    ),
    (
        rules("frequency_caps", cap(channels=["web"])),
        rules("frequency_caps", cap(channels=[])),
        "The cap three-a-week now applies to no channel instead of web.",
        "上限 three-a-week 现适用于无渠道（原为网站）。",
    ),
    (
        rules("frequency_caps", cap(exempt_classes=["service"])),
        rules("frequency_caps", cap()),
        "The cap three-a-week now exempts no class instead of service.",
        "上限 three-a-week 现豁免等级：无（原为服务）。",
    ),
    (
        rules("frequency_caps", cap("a"), cap("b")),
        rules("frequency_caps", cap("b"), cap("a")),
        "The caps are looked at in another order: b and a instead of a and b.",
        "上限的查看次序现为 b、a（原为 a、b）。",
    ),
    (
        document(),
        rules("frequency_caps", cap(scope="offer", channels=["call"], exempt_classes=["service", "retention"])),
        "New cap three-a-week: 3 contacts in 7 days, for call, not for service and retention, counted per offer.",
        "新增上限 three-a-week：7 天内 3 次接触，适用于外呼，不约束服务、挽留，按优惠计数。",
    ),
    (
        rules("minimum_gaps", GAP),
        rules("minimum_gaps", GAP | {"hours": 20.5}),
        "The minimum gap gap is now 20.5 hours instead of 1 day.",
        "最小间隔 gap 现为 20.5 小时（原为 1 天）。",
    ),
    (
        rules("quiet_hours", NIGHT),
        rules("quiet_hours", NIGHT | {"start": "21:30", "end": "09:00:30"}),
        "The quiet-hours rule night is now 21:30–09:00:30 instead of 20:00–08:00.",
        "静默时段 night 现为 21:30–09:00:30（原为 20:00–08:00）。",
    ),
    (
        rules("quiet_hours", NIGHT),
        rules("quiet_hours", NIGHT | {"days": ["sun", "sat"]}),
        "The quiet-hours rule night: weekdays now Sat and Sun instead of every day.",
        "静默时段 night 的星期现为周六、周日（原为每天）。",
    ),
    (
        rules("quiet_hours", NIGHT),
        document(),
        "The quiet-hours rule night no longer applies: 20:00–08:00.",
        "静默时段 night 不再适用：20:00–08:00。",
    ),
    (
        rules("cool_downs", REST),
        rules("cool_downs", REST | {"days": 90}),
        "The cool-down rest is now 90 days after “refused” instead of 30 days.",
        "冷静期 rest 现为“拒绝”后 90 天（原为 30 天）。",
    ),
    (
        rules("cool_downs", REST),
        rules("cool_downs", REST | {"outcome": "complaint", "days": 1}),
        "The cool-down rest is now 1 day after “complained” instead of 30 days after “refused”.",
        "冷静期 rest 现为“投诉”后 1 天（原为“拒绝”后 30 天）。",
    ),
    (
        rules("cool_downs", COMPLAINT | {"days": 30}),
        rules("cool_downs", COMPLAINT),
        "The cool-down rest is now until it is closed after “complained” instead of 30 days.",
        "冷静期 rest 现为“投诉”后直至解除（原为 30 天）。",
    ),
    (
        rules("cool_downs", COMPLAINT),
        rules("cool_downs", COMPLAINT | {"days": 7}),
        "The cool-down rest is now 7 days after “complained” instead of until it is closed.",
        "冷静期 rest 现为“投诉”后 7 天（原为直至解除）。",
    ),
    (
        rules("cool_downs", REST),
        rules("cool_downs", REST | {"scope": "all"}),
        "The cool-down rest now covers everything instead of the same offer.",
        "冷静期 rest 现针对一切接触（原为同一优惠）。",
    ),
    (
        document(),
        document(name="Next year"),
        "Name of the policy: now Next year instead of House rules.",
        "策略名称现为 Next year（原为 House rules）。",
    ),
    (
        document(),
        document(consent={"channels": ["sms"]}),
        "Channels that need consent: now SMS instead of call, SMS and e-mail.",
        "须征得同意的渠道现为短信（原为外呼、短信、电子邮件）。",
    ),
    (
        document(),
        document(do_not_disturb_exempt=["service_critical"]),
        "Classes that may disturb: now critical service instead of none.",
        "可打扰免打扰客户的等级现为关键服务（原为无）。",
    ),
]


@pytest.mark.parametrize(("old", "new", "english", "chinese"), CASES, ids=[case[2] for case in CASES])
class TestSentences:
    def test_say_it_in_both_languages(self, old: Document, new: Document, english: str, chinese: str) -> None:
        assert (told(old, new, "en"), told(old, new, "zh-CN")) == ([english], [chinese])


class TestWhatIsNotKnownYet:
    """Kinds and fields that no table here has: readable at once."""

    @pytest.mark.parametrize(
        ("old", "new", "english", "chinese"),
        [
            (
                {"curfews": [{"name": "cn", "strict": True}]},
                {"curfews": [{"name": "cn", "strict": False}]},
                "The curfews rule cn: strict now no instead of yes.",
                "curfews 规则 cn 的 strict 现为否（原为是）。",
            ),
            (
                {},
                {"curfews": [{"name": "cn", "realms": ["CN", "HK"], "open": {"from": "08:00:00"}}]},
                "New curfews rule cn: realms CN and HK, open from 08:00.",
                "新增 curfews 规则 cn：realms CN、HK，open from 08:00。",
            ),
            (
                {"capacity": {"call": {"per_hour": 3}}},
                {"capacity": {"call": {"per_hour": 4}}},
                "Capacity, call, per hour: now 4 instead of 3.",
                "Capacity，call，per hour 现为 4（原为 3）。",
            ),
            (
                {"closures": []},
                {"closures": [{"from": "2026-12-24", "why": None}]},
                "Closures: now from 2026-12-24, why none instead of none.",
                "Closures 现为 from 2026-12-24，why 无（原为无）。",
            ),
            (
                rules("frequency_caps", cap()),
                rules("frequency_caps", cap()) | {"frequency_caps": [cap() | {"reserved_for": ["service"]}]},
                "The cap three-a-week: reserved for now service instead of none.",
                "上限 three-a-week 的 reserved for 现为 service（原为无）。",
            ),
            (
                {"frequency_caps": [cap()]},
                {"frequency_caps": [cap(window={"kind": "session", "minutes": 3})]},
                "The cap three-a-week is now 3 contacts in kind session, minutes 3 instead of 7 days.",
                "上限 three-a-week 现为类型 session，minutes 3 内 3 次接触（原为 7 天）。",
            ),
        ],
    )
    def test_is_called_by_its_own_name(self, old: Any, new: Any, english: str, chinese: str) -> None:
        found = [each for each in told(old, new, "en") if "now" in each or "New" in each]
        assert english in found
        assert chinese in told(old, new, "zh-CN")


@given(documents, documents)
def test_every_difference_is_told_and_nothing_is_left_open(old: Document, new: Document) -> None:
    found = differences(old, new)
    for lang in ("en", "zh-CN"):
        shared = sum(d.rule is not None and d.path[:1] in (("window",), ("outcome",), ("end",)) for d in found)
        said = sentences(found, lang)
        assert len(found) - shared <= len(said) <= len(found)
        assert all("None" not in each and "{" not in each and "_" not in each for each in said)
        assert all(each.endswith("。" if lang == "zh-CN" else ".") for each in said)
