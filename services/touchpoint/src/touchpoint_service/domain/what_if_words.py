"""A what-if's result in a few plain sentences, English and 简体中文, for those who approve; and what it cannot know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from touchpoint_service.domain.policy_labels import Both, readable

_AT_MOST = 3
"""Of the rules that block more, so many are told; the result has all."""

_CONTACTS = Both(
    "{tried} contacts instead of {in_force} ({change}), with {customers} customers who were asked for.",
    "接触{tried}次，而现行策略为{in_force}次（{change}）；涉及客户{customers}人。",
)
_REACHED = Both(
    "It reaches {tried} customers instead of {in_force}; the busiest one in twenty gets {p95} contacts or more instead "
    "of {p95_before}, nobody more than {most}.",
    "触达客户{tried}人，而现行策略为{in_force}人；最频繁的5%客户至少接触{p95}次（原为{p95_before}次），最多{most}次。",
)
_REQUESTS = Both(
    "{released} requests go that did not, and {blocked} do not that did.",
    "新放行请求{released}个，新拦截请求{blocked}个。",
)
_MOVED = Both(
    "{day} requests go on another day, {channel} in another channel.",
    "改日接触的请求{day}个，改渠道的请求{channel}个。",
)
_BLOCKED = Both("{requests} of those are stopped by {rule}.", "其中{requests}个因{rule}被拦截。")
_NOTHING = Both("Nothing would have been different.", "结果与现行策略完全相同。")
_ASSUMED = Both(
    "Of {assumed} contacts nobody knows what would have come of them: they count as delivered and unanswered.",
    "其中{assumed}次接触的结果无从得知：按已送达、无答复计。",
)
_CHECK = Both(
    "Really there were {real} contacts; replayed under the policy in force there are {in_force}.",
    "实际接触{real}次；按现行策略重放为{in_force}次。",
)

_REASONS: Mapping[str, Both] = {
    "frequency_cap": Both("frequency cap", "频次上限"),
    "minimum_gap": Both("minimum gap", "最小间隔"),
    "quiet_hours": Both("quiet hours", "静默时段"),
    "cool_down": Both("cool-down", "冷静期"),
    "complaint_freeze": Both("complaint or freeze", "投诉或冻结"),
    "do_not_disturb": Both("do not disturb", "免打扰"),
    "no_consent": Both("no consent", "未经同意"),
    "not_eligible": Both("not eligible", "不符合条件"),
    "no_reachable_channel": Both("not reachable", "无法联系"),
    "unknown_time_zone": Both("time zone unknown", "时区未知"),
    "unknown_customer": Both("customer unknown", "客户未知"),
    "campaign_stopped": Both("campaign not running", "活动未在运行"),
    "already_accepted": Both("already accepted", "已接受"),
    "goal_met": Both("goal met", "目标已达成"),
    "slot_held": Both("slot held for others", "名额已预留"),
    "blackout": Both("blackout", "停呼期"),
    "legal_hours": Both("legal hours", "法定时段"),
    "holiday": Both("public holiday", "法定节假日"),
    "channel_closed": Both("closed", "未营业"),
}
"""What is not listed is called by its own name."""

LIMITS: Mapping[str, Both] = {
    "documents_as_now": Both(
        "Customers, consents and offers are taken as they are now.", "客户、同意和优惠均按当前状态计算。"
    ),
    "outcomes_assumed": Both(
        "A contact that only the replay releases is taken as delivered and unanswered; one that was recalled in "
        "reality is held until it expires.",
        "仅在重放中下发的接触按已送达、无答复计；实际曾被召回的接触视为保留至到期。",
    ),
    "leases_unknown": Both(
        "Which contacts agents had in hand is not recorded: until its first outcome each may yield to a more important "
        "one.",
        "坐席当时持有哪些接触没有记录：在首个结果之前，均可让位于更重要的接触。",
    ),
    "popups_shown_only": Both(
        "Pop-ups count where they showed something new; those that the policy kept empty are not tried again.",
        "弹屏仅计入实际展示了新内容的；当时被策略清空的弹屏不再重试。",
    ),
    "households_apart": Both(
        "Budgets that a household shares count each member alone.", "家庭共享的预算按每位成员单独计算。"
    ),
    "acceptances_follow_contacts": Both(
        "An acceptance that a contact led to happens only with that contact.", "由接触促成的接受仅随该接触发生。"
    ),
}
"""What a what-if cannot know."""


def sentences(result: Mapping[str, Any], lang: str) -> list[str]:
    """What the result says, the most important first.

    Args:
        result: as `what_if_tally.result_of` gives it.
        lang: BCP 47; everything that does not begin with `zh` is told in English.
    """
    tongue = "zh" if lang.startswith("zh") else "en"
    tried, in_force, difference = result["tried"], result["in_force"], result["difference"]
    told = [
        (
            _CONTACTS,
            {
                "tried": tried["contacts"],
                "in_force": in_force["contacts"],
                "change": _change(tried["contacts"], in_force["contacts"]),
                "customers": result["customers"],
            },
        )
    ]
    if any(difference[name] for name in ("newly_released", "newly_blocked", "other_time", "other_channel")):
        told += _different(tried, in_force, difference, tongue)
    else:
        told.append((_NOTHING, {}))
    if tried["assumed"]:
        told.append((_ASSUMED, {"assumed": tried["assumed"]}))
    told.append((_CHECK, {"real": result["real_contacts"], "in_force": in_force["contacts"]}))
    return [text.told(tongue).format(**facts) for text, facts in told]


def limits(lang: str) -> list[str]:
    """What the result cannot know, in words."""
    return [text.told("zh" if lang.startswith("zh") else "en") for text in LIMITS.values()]


def _different(
    tried: Mapping[str, Any], in_force: Mapping[str, Any], difference: Mapping[str, Any], tongue: str
) -> list[tuple[Both, dict[str, Any]]]:
    spread, before = tried["contacts_per_customer"], in_force["contacts_per_customer"]
    reached = {
        "tried": tried["customers_reached"],
        "in_force": in_force["customers_reached"],
        "p95": spread["p95"],
        "p95_before": before["p95"],
        "most": spread["max"],
    }
    requests = {"released": difference["newly_released"], "blocked": difference["newly_blocked"]}
    blocked = [
        (_BLOCKED, {"requests": row["requests"], "rule": _rule(row["rule"], row["reason"], tongue)})
        for row in difference["newly_blocked_by"][:_AT_MOST]
        if row["reason"] is not None
    ]
    moved = {"day": difference["other_day"], "channel": difference["other_channel"]}
    return [(_REACHED, reached), (_REQUESTS, requests), *blocked, (_MOVED, moved)]


def _change(now: int, before: int) -> str:
    """In percent, rounded; the plain difference where there was nothing before."""
    return f"{now - before:+d}" if not before else f"{100 * (now - before) / before:+.0f} %"


def _rule(rule: str | None, reason: str, tongue: str) -> str:
    name = _REASONS.get(reason, Both(readable(reason), readable(reason))).told(tongue)
    if rule is None:
        return f"“{name}”"
    return f"规则 {rule}（{name}）" if tongue == "zh" else f"the rule {rule} ({name})"
