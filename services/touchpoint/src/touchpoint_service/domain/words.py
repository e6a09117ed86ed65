"""The timeline in plain words, English and Simplified Chinese: one sentence per entry, from its facts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rapport.clock import from_micros
from touchpoint_service.domain.objection import STALE

Title = Callable[[str], str]
"""What an offer is called, by its id."""

_CHANNELS = {
    "en": {
        "call": "call",
        "branch": "branch",
        "hotline": "hotline",
        "web": "web",
        "sms": "SMS",
        "email": "e-mail",
    },
    "zh": {"call": "外呼", "branch": "网点", "hotline": "热线", "web": "网站", "sms": "短信", "email": "电子邮件"},
}
_PLACES = {
    "en": {
        "call": "in a call",
        "branch": "at a branch",
        "hotline": "on the hotline",
        "web": "on the web",
        "sms": "by SMS",
        "email": "by e-mail",
    },
    "zh": _CHANNELS["zh"],
}
_REASONS = {
    "en": {
        "no_policy": "no contact policy is in force",
        "unknown_customer": "the customer is not known",
        "withdrawn": "it is no longer wanted",
        "expired": "its time is up",
        "campaign_stopped": "the campaign is not running",
        "already_accepted": "the customer has accepted this offer",
        "goal_met": "the customer has accepted another offer for the same goal",
        "no_reachable_channel": "there is no number or address to reach the customer",
        "do_not_disturb": "the customer does not want to be disturbed",
        "complaint_freeze": "the customer is left alone until a complaint or freeze is closed",
        "no_consent": "there is no consent for this channel and purpose",
        "not_eligible": "the customer is not eligible for the offer",
        "cool_down": "the customer is left alone after an earlier answer",
        "unknown_time_zone": "the customer's time zone is not known",
        "blackout": "no contact goes out before the end of a blackout",
        "legal_hours": "the law allows no contact at this hour where the customer is",
        "quiet_hours": "it is quiet hours where the customer is",
        "holiday": "it is a public holiday",
        "channel_closed": "the branch or team is closed",
        "slot_held": "{counter} of {limit} contacts are used, and what is left is kept for more important ones",
        "no_capacity": "the channel had no capacity in time",
        "minimum_gap": "the last contact is too recent",
        "frequency_cap": "{counter} of {limit} contacts are used",
        "pre_empted": "a more important contact took its place",
    },
    "zh": {
        "no_policy": "没有生效的接触策略",
        "unknown_customer": "客户未知",
        "withdrawn": "请求已撤回",
        "expired": "已过有效期",
        "campaign_stopped": "活动未在运行",
        "already_accepted": "客户已接受该优惠",
        "goal_met": "客户已为同一目标接受其他优惠",
        "no_reachable_channel": "没有可联系客户的号码或地址",
        "do_not_disturb": "客户要求免打扰",
        "complaint_freeze": "投诉或冻结尚未解除",
        "no_consent": "客户未同意该渠道和用途",
        "not_eligible": "客户不符合该优惠的条件",
        "cool_down": "客户此前答复后的冷静期未过",
        "unknown_time_zone": "客户时区未知",
        "blackout": "停呼期未结束",
        "legal_hours": "客户当地法规此时不允许接触",
        "quiet_hours": "客户当地处于静默时段",
        "holiday": "当日为法定节假日",
        "channel_closed": "网点或团队未营业",
        "slot_held": "已用 {counter}/{limit} 次接触，其余为更重要的接触预留",
        "no_capacity": "渠道在有效期内没有容量",
        "minimum_gap": "距上次接触太近",
        "frequency_cap": "已用 {counter}/{limit} 次接触",
        "pre_empted": "被更重要的接触取代",
    },
}
_OUTCOMES = {
    "en": {
        "delivered": "delivered",
        "opened": "opened",
        "no_answer": "no answer",
        "busy": "busy",
        "wrong_number": "wrong number",
        "interested": "interested",
        "refused": "refused",
        "call_back": "asked to be called back",
        "accepted": "accepted",
        "complaint": "complained",
        "do_not_contact": "does not want to be contacted again",
        "failed": "not delivered",
        "shown": "shown",
        "dismissed": "dismissed",
    },
    "zh": {
        "delivered": "已送达",
        "opened": "已打开",
        "no_answer": "无人接听",
        "busy": "占线",
        "wrong_number": "号码错误",
        "interested": "有意向",
        "refused": "拒绝",
        "call_back": "要求回电",
        "accepted": "接受",
        "complaint": "投诉",
        "do_not_contact": "要求不再联系",
        "failed": "未送达",
        "shown": "已展示",
        "dismissed": "已关闭",
    },
}
PLACES = {value: (name, _PLACES["zh"][value]) for value, name in _PLACES["en"].items()}
"""Where something was said, in English and Chinese."""
CHANNEL_NAMES = {value: (name, _CHANNELS["zh"][value]) for value, name in _CHANNELS["en"].items()}
OUTCOME_NAMES = {value: (name, _OUTCOMES["zh"][value]) for value, name in _OUTCOMES["en"].items()}
"""English and Chinese of each."""
_STALE = {
    "en": "what is known of customers and plans is {minutes} minutes old, more than the {limit} allowed",
    "zh": "已知的客户与活动信息滞后 {minutes} 分钟，超过允许的 {limit} 分钟",
}
_SENTENCES = {
    "en": {
        "contact.released": "Released to {channel}{offer}.",
        "contact.deferred": "Not yet{on}: {because}; looked at again {retry}.",
        "contact.suppressed": "Not contacted{on}: {because}.",
        "contact.expired": "Ended without a contact{on}: its time was up.",
        "contact.withdrawn": "Request withdrawn before it was released.",
        "contact.recalled": "Recalled from {channel}: {because}{where}.",
        "recall.answered": "Recall answered by {channel}: {answer}.",
        "recall.unanswered": "No answer from {channel} to the recall {since}{level}.",
        "contact.delivered": "{channel}: {outcome}{offer}.",
        "contact.responded": "{channel}: {outcome}{offer}{back}.",
        "acceptance.settled.accepted": "Acceptance confirmed{offer}, through {channel}.",
        "acceptance.settled.refused": "Acceptance could not be honoured{offer}: {reason}.",
        "acceptance.settled.revoked": "Acceptance taken back{offer}{why}.",
        "freeze.opened": "Nothing more goes to the customer: a freeze was opened{rule}{until}.",
        "freeze.closed": "The freeze was closed.",
        "work_order.opened": "Work order opened: {order}, for {unit}{due}.",
        "work_order.assigned.referred": "Work order ({order}) passed on to {unit}{owner}.",
        "work_order.assigned.taken": "Work order ({order}) taken in hand by {by}.",
        "work_order.commented": "A comment on the work order ({order}).",
        "work_order.appointed": "Appointment at {unit} {appointment}.",
        "work_order.reminded": "Reminder of the work order ({order}): its {about} is due {due_at}.",
        "work_order.escalated": "Work order ({order}) escalated{to}: its {about} was due {due_at}.",
        "work_order.resolved": "Work order ({order}) ended: {result}.",
    },
    "zh": {
        "contact.released": "已下发至{channel}{offer}。",
        "contact.deferred": "暂不接触{on}：{because}；将于{retry}再次评估。",
        "contact.suppressed": "不予接触{on}：{because}。",
        "contact.expired": "到期未接触{on}。",
        "contact.withdrawn": "请求在下发前撤回。",
        "contact.recalled": "已从{channel}召回：{because}{where}。",
        "recall.answered": "{channel}对召回的答复：{answer}。",
        "recall.unanswered": "{channel}未答复{since}的召回{level}。",
        "contact.delivered": "{channel}：{outcome}{offer}。",
        "contact.responded": "{channel}：{outcome}{offer}{back}。",
        "acceptance.settled.accepted": "已确认接受{offer}，渠道：{channel}。",
        "acceptance.settled.refused": "无法兑现接受{offer}：{reason}。",
        "acceptance.settled.revoked": "已撤销接受{offer}{why}。",
        "freeze.opened": "不再接触客户：已开启冻结{rule}{until}。",
        "freeze.closed": "冻结已解除。",
        "work_order.opened": "已开立工单：{order}，受理单位 {unit}{due}。",
        "work_order.assigned.referred": "工单（{order}）已转给 {unit}{owner}。",
        "work_order.assigned.taken": "工单（{order}）已由 {by} 受理。",
        "work_order.commented": "工单（{order}）有新备注。",
        "work_order.appointed": "已预约 {unit}，时间 {appointment}。",
        "work_order.reminded": "工单（{order}）提醒：{about}时限为 {due_at}。",
        "work_order.escalated": "工单（{order}）已升级{to}：{about}时限为 {due_at}。",
        "work_order.resolved": "工单（{order}）已办结：{result}。",
    },
}
_BEGIN_WITH_CHANNEL = ("contact.delivered", "contact.responded")
REFUSED_SALES: tuple[Mapping[str, str], Mapping[str, str]] = (
    {
        "sold-out": "Sold out: none is left for this customer.",
        "already-accepted": "The customer has it already.",
        "offer-expired": "The offer has ended.",
        "not-eligible": "The customer may not have this offer.",
        "unknown-offer": "There is no such offer any more.",
        "quota-exhausted": "This channel or branch has none left.",
    },
    {
        "sold-out": "已售罄，无法为该客户办理。",
        "already-accepted": "客户已办理该优惠。",
        "offer-expired": "该优惠已结束。",
        "not-eligible": "客户不符合该优惠的条件。",
        "unknown-offer": "该优惠已不存在。",
        "quota-exhausted": "本渠道或网点名额已用完。",
    },
)
"""What the ledger's refusals mean for whoever serves the customer, in English and Chinese."""
_ANSWERS = {
    "en": {"withdrawn": "in time", "too_late": "too late"},
    "zh": {"withdrawn": "及时撤下", "too_late": "为时已晚"},
}

_UNDELIVERED = {"en": ": it could not be delivered", "zh": "：无法交付"}
ORDER_NAMES = {
    "referral": ("referral", "转介"),
    "account_manager": ("account manager", "客户经理跟进"),
    "call_back": ("call back", "回电"),
    "complaint": ("complaint", "投诉"),
    "acceptance_refused": ("acceptance that could not be honoured", "接受无法兑现"),
    "problem": ("problem", "问题"),
}
RESULT_NAMES = {
    "done": ("done", "已办妥"),
    "declined": ("the customer does not want it", "客户不需要"),
    "not_reached": ("the customer was not reached", "未联系上客户"),
    "not_possible": ("it is not possible", "无法办理"),
    "cancelled": ("not needed any more", "已取消"),
}
"""English and Chinese of each."""
_ABOUT = {
    "en": {"response": "first answer", "resolution": "result"},
    "zh": {"response": "首次响应", "resolution": "办结"},
}

_LEVELS = {
    "en": {1: ": reminded", 2: ": escalated"},
    "zh": {1: "，已提醒", 2: "，已升级处理"},
}


def describe(kind: str, body: Mapping[str, Any], lang: str, zone: ZoneInfo, title: Title | None = None) -> str:
    """One sentence for a timeline entry.

    Args:
        kind: the event type without service and version, such as `contact.released`.
        body: the recorded entry.
        lang: BCP 47; everything that does not begin with `zh` is told in English.
        zone: in which times are told.
        title: what an offer is called; left out, its id is told.
    """
    tongue = tongue_of(lang)
    sentence = kind if kind in _SENTENCES[tongue] else f"{kind}.{body.get('status') or body.get('how')}"
    channels = _CHANNELS[tongue]
    channel = channels.get(str(body.get("channel")), "")
    words = {
        "channel": channel[:1].upper() + channel[1:] if kind in _BEGIN_WITH_CHANNEL else channel,
        "offer": _offer(body.get("offer_id"), tongue, title),
        "on": _on(channel, tongue),
        "because": because(body.get("because") or body, tongue),
        "retry": _when(body.get("retry_at"), tongue, zone),
        "where": _where(body.get("accepted_in"), tongue),
        "answer": _ANSWERS[tongue].get(str(body.get("answer")), ""),
        "since": _when(body.get("recalled_at"), tongue, zone),
        "level": _LEVELS[tongue].get(int(body.get("level") or 0), ""),
        "outcome": _OUTCOMES[tongue].get(str(body.get("outcome")), ""),
        "back": _back(body.get("call_back_at"), tongue, zone),
        "reason": body.get("reason"),
        "why": _UNDELIVERED[tongue] if body.get("reason") == "not-delivered" else "",
        "rule": _rule(body.get("rule"), tongue),
        "until": _until(body.get("until"), tongue, zone),
    }
    if kind.startswith("work_order."):
        words |= _order(body, tongue, zone)
    return _SENTENCES[tongue].get(sentence, sentence).format(**words)


def _order(body: Mapping[str, Any], tongue: str, zone: ZoneInfo) -> dict[str, str]:
    place = int(tongue == "zh")
    due, owner, to = body.get("resolve_by"), body.get("owner"), body.get("to")
    told = "" if due is None else _local(due, tongue, zone)
    return {
        "order": ORDER_NAMES.get(str(body.get("order_kind")), ("", ""))[place],
        "unit": str(body.get("unit")),
        "owner": "" if owner is None else f"（{owner}）" if place else f" ({owner})",
        "by": str(body.get("by")),
        "to": "" if to is None else f"至 {to}" if place else f" to {to}",
        "due": "" if due is None else f"，时限 {told}" if place else f", to be done by {told}",
        "due_at": _when(body.get("due_at"), tongue, zone),
        "appointment": _when(body.get("appointment_at"), tongue, zone),
        "about": _ABOUT[tongue].get(str(body.get("about")), ""),
        "result": RESULT_NAMES.get(str(body.get("result")), ("", ""))[place],
    }


def tongue_of(lang: str) -> str:
    """Of the languages that sentences are told in, `en` and `zh`, the one for a BCP 47 tag."""
    return "zh" if lang.startswith("zh") else "en"


def because(facts: Mapping[str, Any], tongue: str) -> str:
    """The reason in words, with its figures and the name of the rule."""
    reason = str(facts.get("reason"))
    if facts.get("rule") == STALE:
        return _STALE[tongue].format(minutes=facts.get("counter"), limit=facts.get("limit"))
    template = _REASONS[tongue].get(reason, reason)
    text = template.format(counter=facts.get("counter"), limit=facts.get("limit"))
    return text + _rule(facts.get("rule"), tongue)


def told_at(at: int, lang: str, zone: ZoneInfo) -> str:
    """An instant (µs since the epoch) as it is said to somebody who knows the zone: day and minute."""
    local = from_micros(at).astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M}" if lang.startswith("zh") else f"{local:%a %d %b %H:%M}"


def _rule(name: str | None, tongue: str) -> str:
    if name is None:
        return ""
    return f"（规则 {name}）" if tongue == "zh" else f" (rule {name})"


def _until(at: str | None, tongue: str, zone: ZoneInfo) -> str:
    if at is None:
        return ""
    return f"，至 {_local(at, tongue, zone)}" if tongue == "zh" else f", until {_local(at, tongue, zone)}"


def _when(at: str | None, tongue: str, zone: ZoneInfo) -> str:
    if at is None:
        return ""
    return _local(at, tongue, zone) if tongue == "zh" else f"on {_local(at, tongue, zone)}"


def _local(at: str, tongue: str, zone: ZoneInfo) -> str:
    local = datetime.fromisoformat(at).astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M}（{zone.key}）" if tongue == "zh" else f"{local:%a %d %b %H:%M} ({zone.key})"


def _on(channel: str, tongue: str) -> str:
    if not channel:
        return ""
    return f"（{channel}）" if tongue == "zh" else f" ({channel})"


def _offer(offer_id: str | None, tongue: str, title: Title | None) -> str:
    if offer_id is None:
        return ""
    if title is not None:
        return f"（{title(offer_id)}）" if tongue == "zh" else f" ({title(offer_id)})"
    return f"（优惠 {offer_id}）" if tongue == "zh" else f" (offer {offer_id})"


def _where(channel: str | None, tongue: str) -> str:
    if channel not in _PLACES[tongue]:
        return ""
    return f"，渠道：{_PLACES[tongue][channel]}" if tongue == "zh" else f", {_PLACES[tongue][channel]}"


def _back(at: str | None, tongue: str, zone: ZoneInfo) -> str:
    if at is None:
        return ""
    return f"，{_when(at, tongue, zone)}" if tongue == "zh" else f" {_when(at, tongue, zone)}"
