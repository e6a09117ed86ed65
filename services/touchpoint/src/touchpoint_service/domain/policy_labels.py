"""What the parts of a policy document are called, in English and 简体中文: for sentences and for forms.

What is not listed here is called by its own name, so a field or a kind of rule that is new is readable at once and
reads well as soon as it has its line here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from touchpoint_service.domain.words import CHANNEL_NAMES, ORDER_NAMES, OUTCOME_NAMES


class Both(NamedTuple):
    """A text in both languages."""

    en: str
    zh: str

    def told(self, tongue: str) -> str:
        """The text in `zh`, else in English."""
        return self.zh if tongue == "zh" else self.en


class Kind(NamedTuple):
    """What a rule of a kind is called, and several of them."""

    one: Both
    many: Both


_KINDS = {
    "frequency_caps": Kind(Both("cap", "上限"), Both("caps", "上限")),
    "minimum_gaps": Kind(Both("minimum gap", "最小间隔"), Both("minimum gaps", "最小间隔")),
    "quiet_hours": Kind(Both("quiet-hours rule", "静默时段"), Both("quiet-hours rules", "静默时段")),
    "legal_hours": Kind(Both("legal-hours rule", "法定时段"), Both("legal-hours rules", "法定时段")),
    "opening_hours": Kind(Both("opening-hours rule", "营业时间"), Both("opening-hours rules", "营业时间")),
    "preferred_hours": Kind(Both("preferred-hours rule", "优选时段"), Both("preferred-hours rules", "优选时段")),
    "blackouts": Kind(Both("blackout", "停呼期"), Both("blackouts", "停呼期")),
    "cool_downs": Kind(Both("cool-down", "冷静期"), Both("cool-downs", "冷静期")),
    "work_order_holds": Kind(
        Both("hold while a work order is open", "工单未结暂缓规则"),
        Both("holds while a work order is open", "工单未结暂缓规则"),
    ),
    "work_orders": Kind(Both("work-order rule", "工单规则"), Both("work-order rules", "工单规则")),
    "units": Kind(Both("unit", "单位"), Both("units", "单位")),
}

_LABELS = {
    "name": Both("name of the policy", "策略名称"),
    "business_zone": Both("business time zone", "业务时区"),
    "consent": Both("consent", "同意"),
    "consent.channels": Both("channels that need consent", "须征得同意的渠道"),
    "consent.exempt_purposes": Both("purposes that need no consent", "无需同意的用途"),
    "max_replica_minutes": Both("minutes that what is known may be old", "已知信息的最长滞后（分钟）"),
    "do_not_disturb_exempt": Both("classes that may disturb", "可打扰免打扰客户的等级"),
    "consent.defaults": Both("consent where nothing was said", "未表态时的同意"),
    "consent.countries": Both("countries", "国家"),
    "consent.regions": Both("regions", "地区"),
    "consent.purposes": Both("purposes", "用途"),
    "consent.granted": Both("consent presumed", "推定同意"),
    "gives_back": Both("outcomes that give the slot back", "归还名额的结果"),
    "quiet_hours": Both("quiet hours", "静默时段"),
    "legal_hours": Both("legal hours", "法定时段"),
    "opening_hours": Both("opening hours", "营业时间"),
    "preferred_hours": Both("preferred hours", "优选时段"),
    "preferred_hours.hours": Both("hours", "时段"),
    "blackouts": Both("blackouts", "停呼期"),
    "minimum_gaps": Both("minimum gaps", "最小间隔"),
    "frequency_caps": Both("frequency caps", "频次上限"),
    "cool_downs": Both("cool-downs", "冷静期"),
    "work_order_holds": Both("holds while work orders are open", "工单未结时的暂缓"),
    "work_orders": Both("work orders", "工单"),
    "units": Both("units", "单位"),
    "units.path": Both("place in the organisation", "组织路径"),
    "work_orders.unit": Both("whose it is", "受理单位"),
    "work_orders.opened_by": Both("outcomes that open one", "自动开立的结果"),
    "work_orders.priority": Both("priority", "优先级"),
    "work_orders.opening_hours": Both("opening hours that count", "计时所用营业时间"),
    "work_orders.respond_minutes": Both("minutes to the first answer", "首次响应时限（分钟）"),
    "work_orders.resolve_minutes": Both("minutes to the result", "办结时限（分钟）"),
    "work_orders.remind_minutes": Both("minutes of the reminder before", "提前提醒（分钟）"),
    "work_orders.escalate_after_minutes": Both("minutes late to the escalation", "逾期升级（分钟）"),
    "work_orders.escalate_to": Both("escalated to", "升级至"),
    "*.kinds": Both("kinds of work orders", "工单类型"),
    "*.name": Both("name", "名称"),
    "*.channels": Both("channels", "渠道"),
    "*.exempt_classes": Both("exempt classes", "豁免等级"),
    "*.purposes": Both("purposes", "用途"),
    "*.when": Both("condition", "条件"),
    "*.countries": Both("countries", "国家"),
    "*.regions": Both("regions", "地区"),
    "*.country": Both("country", "国家"),
    "*.region": Both("region", "地区"),
    "*.places": Both("places", "地点"),
    "*.begins": Both("beginning", "开始"),
    "*.ends": Both("end", "结束"),
    "*.periods": Both("periods", "时段"),
    "*.holidays": Both("public holidays", "法定节假日"),
    "*.holiday_country": Both("whose public holidays", "节假日所属国家"),
    "*.make_up_workdays": Both("make-up workdays are workdays", "调休上班日按工作日计"),
    "opening_hours.zone": Both("time zone", "时区"),
    "legal_hours.hours": Both("hours", "时段"),
    "opening_hours.hours": Both("hours", "时段"),
    "*.per": Both("whose contacts count together", "合并计数对象"),
    "*.weights": Both("slots per contact", "每次接触占用名额"),
    "*.ignores": Both("outcomes that do not count", "不计入的结果"),
    "*.held": Both("slots held", "预留名额"),
    "*.for_class": Both("for class", "为等级"),
    "*.slots": Both("slots", "名额"),
    "*.occasion": Both("occasion", "时机"),
    "*.lead_days": Both("days before", "提前天数"),
    "*.look_ahead_hours": Both("hours of look-ahead", "前瞻小时数"),
    "*.scope": Both("scope", "范围"),
    "*.limit": Both("contacts at most", "最多接触次数"),
    "*.window": Both("window", "窗口"),
    "*.kind": Both("kind", "类型"),
    "*.hours": Both("hours", "小时数"),
    "*.unit": Both("calendar unit", "日历单位"),
    "*.zone": Both("whose time zone", "时区归属"),
    "*.start": Both("start", "开始"),
    "*.end": Both("end", "结束"),
    "*.days": Both("days", "日"),
    "cool_downs.days": Both("days", "天数"),
    "quiet_hours.days": Both("weekdays", "星期"),
    "*.outcome": Both("outcome", "结果"),
}

_CLASSES = {
    "service_critical": Both("critical service", "关键服务"),
    "service": Both("service", "服务"),
    "retention": Both("retention", "挽留"),
    "marketing": Both("marketing", "营销"),
}
_CHANNELS = {value: Both(*names) for value, names in CHANNEL_NAMES.items()}
_OUTCOMES = {value: Both(*names) for value, names in OUTCOME_NAMES.items()}
_SCOPES = {
    "all": Both("all", "全部"),
    "channel": Both("channel", "渠道"),
    "category": Both("category", "类别"),
    "purpose": Both("purpose", "用途"),
    "campaign": Both("campaign", "活动"),
    "offer": Both("offer", "优惠"),
    "goal": Both("goal", "目标"),
}
_ORDERS = {value: Both(*names) for value, names in ORDER_NAMES.items()}
_DAYS = dict(
    zip(
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        map(
            Both,
            ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
            ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
        ),
        strict=True,
    )
)
_WORDS: Mapping[str, Mapping[str, Both]] = {
    "do_not_disturb_exempt": _CLASSES,
    "gives_back": _OUTCOMES,
    "*.channels": _CHANNELS,
    "*.exempt_classes": _CLASSES,
    "*.outcome": _OUTCOMES,
    "*.ignores": _OUTCOMES,
    "*.for_class": _CLASSES,
    "*.per": {"customer": Both("customer", "客户"), "household": Both("household", "家庭")},
    "*.occasion": {"birthday": Both("birthday", "生日"), "contract_end": Both("end of contract", "合同到期")},
    "*.holidays": {
        "as_usual": Both("as usual", "照常"),
        "closed": Both("closed", "关闭"),
        "as_sunday": Both("like a Sunday", "按周日"),
    },
    "opening_hours.zone": {},
    "work_orders.kind": _ORDERS,
    "work_orders.opened_by": _OUTCOMES,
    "*.kinds": _ORDERS,
    "*.scope": _SCOPES,
    "*.days": _DAYS,
    "*.unit": {"day": Both("day", "自然日"), "week": Both("week", "自然周"), "month": Both("month", "自然月")},
    "*.zone": {"business": Both("business time", "业务时区"), "customer": Both("customer's time", "客户时区")},
    "*.kind": {"rolling": Both("rolling window", "滚动窗口"), "calendar": Both("calendar window", "日历窗口")},
}
_NOTHING: Mapping[str, Both] = MappingProxyType({})


def kind_of(section: str) -> Kind:
    """What the rules of a section are called."""
    name = readable(section)
    return _KINDS.get(section) or Kind(Both(f"{name} rule", f"{name}规则"), Both(f"{name} rules", f"{name}规则"))


def label(section: str, field: str = "") -> Both:
    """What a member of the document is called, or a field of the rules in it; `section` "" is anywhere."""
    name = field or section
    return _of(_LABELS, section, field) or Both(readable(name), readable(name))


def member_label(section: str, steps: Sequence[str]) -> list[Both]:
    """What a value inside a member is called, from the outside in; a label of its own needs no outside."""
    found = [label(section, step) for step in steps]
    return found if len(steps) == 1 and f"{section}.{steps[0]}" in _LABELS else [label(section), *found]


def words(section: str, field: str = "") -> Mapping[str, Both]:
    """What the values of a member or field are called; empty when they are called by themselves."""
    return _of(_WORDS, section, field) or _NOTHING


def _of(table: Mapping[str, Any], section: str, field: str) -> Any:
    if not field:
        return table.get(section)
    return table.get(f"{section}.{field}") or table.get(f"*.{field}")


def readable(name: str) -> str:
    """A name of the code as one may read it."""
    return name.replace("_", " ")
