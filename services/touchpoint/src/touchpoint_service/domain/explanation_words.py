"""Explanations in plain sentences, English and 简体中文: what was decided, why, until when, and who was chosen instead.

What always holds: the first sentence says the decision and the objection that stands, whatever rule it comes from; a
rule that is not known here is told by its reason and its name. Times are those of the customer's zone, else of the
business, and name it.
"""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from rapport.contracts.vocabulary import ContactClass, Reason
from touchpoint_service.domain.decide import DEFERRED, EXPIRED, RELEASED
from touchpoint_service.domain.explanation import Explanation, Look
from touchpoint_service.domain.local_time import at, from_then, zone_name
from touchpoint_service.domain.objection import Objection
from touchpoint_service.domain.policy import Cap, Gap
from touchpoint_service.domain.policy_labels import Both, readable, words
from touchpoint_service.domain.policy_words import spaced
from touchpoint_service.domain.windows import DAY, HOUR
from touchpoint_service.domain.words import CHANNEL_NAMES, because

_NOT = {
    "call": Both("Not called", "未外呼"),
    "branch": Both("Not put before the branch", "未交网点"),
    "hotline": Both("Not put before the hotline", "未交热线"),
    "web": Both("Not shown on the web", "未在网站展示"),
    "sms": Both("No SMS sent", "未发短信"),
    "email": Both("No e-mail sent", "未发电子邮件"),
}
_NO_CONTACT = Both("No contact", "未接触")
_RELEASED = Both("Released to {channel} {when}: no rule objected.", "已于{when}下发至{channel}：没有规则反对。")
_REFUSED = Both("{refused}: {why}{until}.", "{refused}：{why}{until}。")
_ENDED = Both(
    "{refused}: its time was up; it was wanted until {when}.", "{refused}：已过有效期，该请求的有效期至{when}。"
)
_UNTIL = {
    "slots": Both("; frees {when}", "；名额将于{when}释放"),
    "other": Both("; until {when}", "；至{when}"),
    "late": Both(", too late for this request, which ends {when}", "，而请求已于{when}到期，为时已晚"),
    "open": Both("; looked at again {when} at the latest", "；最迟于{when}再次评估"),
    "final": Both("; waiting would not change that", "；等待也不会改变"),
}
_WON = Both("Won by: {names}.", "胜出：{names}。")
_HELD = Both("What counts against it: {names}.", "已计入的接触：{names}。")
_TAKEN = Both("Took the place of: {names}.", "取代：{names}。")
_OTHERWISE = Both("{channel}: not either, {why}.", "{channel}也不行：{why}。")
_BEFORE = Both("{channel} came first and could not be: {why}.", "优先渠道{channel}不可用：{why}。")
_TOGETHER = Both(
    "Decided together with {others}, as number {place} by class, score and age.",
    "与其他{others}一并决定，按等级、得分和先后排第{place}位。",
)
_OTHERS = Both("{count} other request{s}", "{count}个请求")
_POLICY = Both("By version {version} of the policy {policy}.", "依据策略 {policy} 第 {version} 版。")
_NAMED = Both("{what}, class {contact_class}", "{what}（等级：{contact_class}）")
_HELD_ONE = Both(
    "{channel} {when} ({what}, class {contact_class})", "{when}的{channel}（{what}，等级：{contact_class}）"
)
_FULL = Both("{counter} of {limit} contacts{scope} {window}", "{window}已有 {counter}/{limit} 次接触{scope}")
_SCOPE = Both(" of the same {scope}", "（同一{scope}）")
_NEAR = Both("less than {hours} since the last contact", "距上次接触不足{hours}")
_LAST = Both("in the last {length}", "最近{length}内")
_CALENDAR = {
    "day": Both("on this day", "当日"),
    "week": Both("in this week", "本周"),
    "month": Both("in this month", "本月"),
}
_RULE = Both(" (rule {rule})", "（规则 {rule}）")
_CLASSES = tuple(c.value for c in ContactClass)


def sentences(found: Explanation, lang: str) -> list[str]:
    """The decision and its reason, then whom it lost to or took the place of, the other channels, and the policy.

    Args:
        found: what is to be told.
        lang: BCP 47; everything that does not begin with `zh` is told in English.
    """
    tongue = "zh" if lang.startswith("zh") else "en"
    told = [_headline(found, tongue), *_rivals(found, tongue), *_channels(found, tongue)]
    if found.competitors:
        count = sum(c.decision is not None for c in found.competitors)
        others = _OTHERS.told(tongue).format(count=count, s="" if count == 1 else "s")
        if count:
            told.append(_TOGETHER.told(tongue).format(others=others, place=found.place))
    policy = found.case.policy
    if policy is not None:
        told.append(_POLICY.told(tongue).format(version=policy.version, policy=policy.policy_id))
    return [spaced(text, tongue) for text in told]


def _headline(found: Explanation, tongue: str) -> str:
    decision, zone = found.decision, found.case.zone
    if decision.kind == RELEASED:
        when = at(found.case.now, zone, tongue)
        return _RELEASED.told(tongue).format(channel=_channel(str(decision.channel), tongue), when=when)
    refused = _NOT.get(decision.channel or found.request.channels[0], _NO_CONTACT).told(tongue)
    if decision.kind == EXPIRED or decision.because is None:
        return _ENDED.told(tongue).format(refused=refused, when=_bare(found.request.expires_at, zone, tongue))
    why = _why(decision.because, found.standing_look, tongue, zone)
    return _REFUSED.told(tongue).format(refused=refused, why=why, until=_until(found, tongue))


def _until(found: Explanation, tongue: str) -> str:
    decision, zone = found.decision, found.case.zone
    objection = decision.because
    assert objection is not None
    if objection.until is not None:
        kind = "slots" if objection.counter is not None else "other"
        told = _UNTIL[kind].told(tongue).format(when=_moment(objection.until, zone, tongue, of=kind))
        if decision.kind != DEFERRED:
            told += _UNTIL["late"].told(tongue).format(when=at(found.request.expires_at, zone, tongue))
        return told
    if decision.kind == DEFERRED and decision.retry_at is not None:
        return _UNTIL["open"].told(tongue).format(when=from_then(decision.retry_at, zone, tongue))
    return _UNTIL["final"].told(tongue)


def _why(objection: Objection, look: Look | None, tongue: str, zone: ZoneInfo) -> str:
    """The objection in words, with what its rule counted over which window."""
    named = None if look is None else look.named
    if isinstance(named, Cap) and objection.reason is Reason.FREQUENCY_CAP:
        text = _FULL.told(tongue).format(
            counter=objection.counter,
            limit=objection.limit,
            scope=_scope(named, tongue),
            window=_window(named, look, tongue, zone),
        )
    elif isinstance(named, Gap) and objection.reason is Reason.MINIMUM_GAP:
        text = _NEAR.told(tongue).format(hours=_length(named.micros, tongue))
    else:
        facts = {"reason": objection.reason.value, "counter": objection.counter, "limit": objection.limit}
        return because(facts | {"rule": objection.rule}, tongue)
    return text + _RULE.told(tongue).format(rule=objection.rule)


def _window(cap: Cap, look: Look | None, tongue: str, zone: ZoneInfo) -> str:
    if cap.micros is not None:
        return _LAST.told(tongue).format(length=_length(cap.micros, tongue).removeprefix("1 "))
    told = _CALENDAR[cap.unit].told(tongue)
    own = None if look is None or look.figures is None else look.figures.zone
    if own is None or own.key == zone.key:
        return told
    return f"{told}（{zone_name(own, tongue)}）" if tongue == "zh" else f"{told} ({zone_name(own, tongue)})"


def _scope(cap: Cap, tongue: str) -> str:
    if cap.attribute is None:
        return ""
    known = words("", "scope").get(cap.scope)
    return _SCOPE.told(tongue).format(scope=cap.scope if known is None else known.told(tongue))


def _length(micros: int, tongue: str) -> str:
    whole_days = micros % DAY == 0
    number, unit = (micros / DAY, Both("day", "天")) if whole_days else (micros / HOUR, Both("hour", "小时"))
    if tongue == "zh":
        return f"{number:.10g}{unit.zh}"
    return f"{number:.10g} {unit.en}{'' if number == 1 else 's'}"


def _rivals(found: Explanation, tongue: str) -> Iterable[str]:
    """Who won the slots in the same decision, who had them before, and who had to yield."""
    zone = found.case.zone
    won = [
        _named(found, h.request.offer_id, h.request.goal, h.request.category, h.request.contact_class, tongue)
        for h in found.holders
        if h.request is not None
    ]
    held = [
        _HELD_ONE.told(tongue).format(
            channel=_channel(h.entry.channel, tongue),
            when=at(h.entry.at, zone, tongue),
            what=_what(found, h.entry.offer_id, h.entry.goal, h.entry.category, tongue),
            contact_class=_class(h.entry.contact_class, tongue),
        )
        for h in found.holders
        if h.request is None
    ]
    taken = [_named(found, e.offer_id, e.goal, e.category, e.contact_class, tongue) for e in found.decision.pre_empted]
    for template, names in ((_WON, won), (_HELD, held), (_TAKEN, taken)):
        if names:
            yield template.told(tongue).format(names=("；" if tongue == "zh" else "; ").join(names))


def _channels(found: Explanation, tongue: str) -> Iterable[str]:
    """Why not in the other channels that were asked for, as far as they were looked at."""
    if any(look.objection is not None for look in found.looks):
        return
    for one in found.channels:
        if one.channel == found.decision.channel:
            if found.decision.kind == RELEASED:
                return
            continue
        if one.objection is not None:
            look = next(look for look in one.looks if look.objection == one.objection)
            template = _BEFORE if found.decision.kind == RELEASED else _OTHERWISE
            name = _channel(one.channel, tongue)
            why = _why(one.objection, look, tongue, found.case.zone)
            yield template.told(tongue).format(channel=name[:1].upper() + name[1:], why=why)


def _named(
    found: Explanation, offer_id: str | None, goal: str | None, category: str, contact_class: int, tongue: str
) -> str:
    what = _what(found, offer_id, goal, category, tongue)
    return _NAMED.told(tongue).format(what=what, contact_class=_class(contact_class, tongue))


def _what(found: Explanation, offer_id: str | None, goal: str | None, category: str, tongue: str) -> str:
    """What a contact is about: the title of its offer, else its goal, else its category."""
    offer = None if offer_id is None else found.case.world.offers.get(offer_id)
    if offer is None:
        return readable(goal or category).replace("-", " ")
    said = offer.scripts.said(tongue, "", {}, personal=False)
    return offer_id or "" if said is None else said.title


def _class(rank: int, tongue: str) -> str:
    return words("do_not_disturb_exempt")[_CLASSES[rank]].told(tongue)


def _channel(channel: str, tongue: str) -> str:
    names = CHANNEL_NAMES.get(channel)
    return channel if names is None else Both(*names).told(tongue)


def _moment(instant: int, zone: ZoneInfo, tongue: str, *, of: str) -> str:
    told = from_then(instant, zone, tongue)
    return told if of == "slots" else told.removeprefix("on ")


def _bare(instant: int, zone: ZoneInfo, tongue: str) -> str:
    return at(instant, zone, tongue).removeprefix("on ")
