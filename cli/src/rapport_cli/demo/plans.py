"""What the house has decided before the month begins: offers, the contact policy, and three campaigns that compete.

Service care is of a higher class than retention, retention of a higher one than marketing. All three spend the budget
of the one policy.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rapport_cli.desk import Desk, Person

WEEKLY_CAP = 6
"""Contacts of one customer in seven days, over all channels."""

_WEEK = {"kind": "rolling", "hours": 168}
_MESSAGES = ["call", "sms", "email"]
_WORKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat"]


def _tagged(tag: str) -> dict[str, Any]:
    return {"combinator": "and", "rules": [{"field": "tags", "operator": "contains", "value": tag}]}


POLICY: dict[str, Any] = {
    "name": "House rules",
    "business_zone": "Europe/Berlin",
    "consent": {"channels": _MESSAGES, "exempt_purposes": ["service"]},
    "do_not_disturb_exempt": ["service_critical"],
    "legal_hours": [
        {
            "name": "calls-in-germany",
            "channels": ["call"],
            "countries": ["DE"],
            "hours": {"periods": [{"days": _WORKDAYS, "start": "08:00", "end": "20:00"}], "holidays": "as_sunday"},
        },
        {
            "name": "calls-in-america",
            "channels": ["call", "sms"],
            "countries": ["US"],
            "hours": {"periods": [{"days": [*_WORKDAYS, "sun"], "start": "08:00", "end": "21:00"}]},
        },
    ],
    "quiet_hours": [
        {"name": "night", "channels": ["call", "sms"], "start": "20:00", "end": "09:00"},
        {"name": "sunday", "channels": ["call"], "start": "09:00", "end": "20:00", "days": ["sun"]},
    ],
    "minimum_gaps": [{"name": "once-a-day", "channels": _MESSAGES, "hours": 20}],
    "frequency_caps": [
        {"name": "two-calls-a-week", "channels": ["call"], "limit": 2, "window": _WEEK},
        {"name": "three-messages-a-week", "channels": ["sms", "email"], "limit": 3, "window": _WEEK},
        {"name": "six-a-week", "limit": WEEKLY_CAP, "window": _WEEK, "held": [{"for_class": "service"}]},
        {
            "name": "two-for-vips",
            "when": _tagged("vip"),
            "limit": 2,
            "window": {"kind": "rolling", "hours": 48},
            "held": [{"for_class": "service"}],
        },
        {
            "name": "two-a-day-for-families",
            "when": _tagged("family-plan"),
            "per": "household",
            "limit": 2,
            "window": {"kind": "rolling", "hours": 24},
        },
        {
            "name": "ten-per-campaign",
            "scope": "campaign",
            "limit": 10,
            "window": {"kind": "rolling", "hours": 720},
            "exempt_classes": ["service_critical", "service"],
        },
    ],
    "cool_downs": [
        {"name": "after-refusal", "outcome": "refused", "scope": "goal", "days": 30},
        {"name": "after-dismissal", "outcome": "dismissed", "scope": "offer", "days": 7},
        {"name": "after-complaint", "outcome": "complaint", "scope": "all", "days": 60},
    ],
}

OFFERS: dict[str, dict[str, Any]] = {
    "stay-24": {
        "category": "retention",
        "goal": "retention",
        "priority": 800,
        "value": "180.00",
        "eligibility": {
            "combinator": "and",
            "rules": [{"field": "attributes.tenure_months", "operator": ">=", "value": 2}],
        },
        "texts": {
            "en": {
                "title": "Stay two years, three months free",
                "body": "Your tariff for 24 months, the first three on us.",
                "script": "You have been with us for a while: may I offer you three months free for staying?",
            },
            "zh-CN": {
                "title": "续约两年，免三个月",
                "body": "原资费续约24个月，前三个月免费。",
                "script": "感谢您一直以来的支持，现在续约可免三个月费用，我为您介绍一下好吗？",
            },
            "de": {
                "title": "Zwei Jahre bleiben, drei Monate gratis",
                "body": "Ihr Tarif für 24 Monate, die ersten drei schenken wir Ihnen.",
                "script": "Sie sind schon lange bei uns: Darf ich Ihnen drei Gratismonate anbieten?",
            },
        },
    },
    "stay-12": {
        "category": "retention",
        "goal": "retention",
        "priority": 700,
        "value": "95.00",
        "texts": {
            "en": {"title": "Stay a year, one month free", "body": "Renew in two clicks.", "script": "Renew today?"},
            "zh-CN": {"title": "续约一年，免一个月", "body": "两步即可续约。", "script": "今天就续约，好吗？"},
            "de": {"title": "Ein Jahr bleiben, ein Monat gratis", "body": "Mit zwei Klicks.", "script": "Verlängern?"},
        },
    },
    "device-check": {
        "category": "care",
        "goal": "device-care",
        "priority": 600,
        "value": "20.00",
        "texts": {
            "en": {
                "title": "Free check of your device",
                "body": "Battery, speed, security: ten minutes.",
                "script": "Your phone is some years old: shall we check it, free of charge?",
            },
            "zh-CN": {
                "title": "免费终端检测",
                "body": "电池、速度、安全，十分钟完成。",
                "script": "您的手机已使用多年，我们为您免费检测一下好吗？",
            },
            "de": {"title": "Kostenloser Gerätecheck", "body": "In zehn Minuten.", "script": "Dürfen wir prüfen?"},
        },
    },
    "fibre-500": {
        "category": "upsell",
        "goal": "fibre",
        "priority": 500,
        "value": "140.00",
        "never_with": ["fibre-100", "fibre-500"],
        "eligibility": {"combinator": "and", "rules": [{"field": "attributes.arpu", "operator": ">=", "value": 10}]},
        "texts": {
            "en": {"title": "Fibre 500", "body": "Fibre at home, first month free.", "script": "Is fibre of interest?"},
            "zh-CN": {"title": "500M 光纤宽带", "body": "光纤入户，首月免费。", "script": "您对光纤宽带感兴趣吗？"},
            "de": {"title": "Glasfaser 500", "body": "Der erste Monat gratis.", "script": "Interesse an Glasfaser?"},
        },
    },
    "travel-pack": {
        "category": "roaming",
        "goal": "roaming",
        "priority": 200,
        "value": "12.00",
        "texts": {
            "en": {"title": "Travel pack", "body": "10 GB abroad for a month.", "script": "Travelling soon?"},
            "zh-CN": {"title": "出境流量包", "body": "境外10GB，30天有效。", "script": "近期有出行计划吗？"},
            "de": {"title": "Reisepaket", "body": "10 GB im Ausland.", "script": "Verreisen Sie bald?"},
        },
    },
}


KEEP: dict[str, Any] = {
    "campaign_id": "keep",
    "name": "Keep those who may leave",
    "goal": "retention",
    "contact_class": "retention",
    "purpose": "marketing",
    "category": "retention",
    "audience": {
        "rule": {
            "combinator": "or",
            "rules": [
                {"field": "attributes.churn_risk", "operator": ">=", "value": 0.64},
                {"field": "contract_end", "operator": "withinNextDays", "value": 45},
            ],
        }
    },
    "offers": ["stay-24", "stay-12"],
    "lines": [
        {
            "channels": ["call"],
            "offer_id": "stay-24",
            "role": "lead",
            "attempts": {"max": 3, "gap_hours": 24},
            "score_attribute": "churn_risk",
        },
        {"channels": ["sms", "email"], "offer_id": "stay-12", "score_attribute": "churn_risk"},
        {"channels": ["branch"], "offer_id": "stay-24", "score_attribute": "churn_risk"},
        {"channels": ["hotline"], "offer_id": "stay-24", "score_attribute": "churn_risk"},
        {"channels": ["web"], "offer_id": "stay-12", "score_attribute": "churn_risk"},
    ],
    "control_share": 0.1,
}

CARE: dict[str, Any] = {
    "campaign_id": "care",
    "name": "Look after old devices",
    "goal": "device-care",
    "contact_class": "service",
    "purpose": "service",
    "category": "care",
    "audience": {
        "rule": {
            "combinator": "and",
            "rules": [
                {"field": "attributes.device_age_months", "operator": ">=", "value": 36},
                {"field": "grade", "operator": "in", "value": ["important", "key"]},
            ],
        }
    },
    "offers": ["device-check"],
    "lines": [
        {"channels": ["sms", "email", "call"], "offer_id": "device-check", "role": "lead"},
        {"channels": ["branch"], "offer_id": "device-check", "score_attribute": "churn_risk"},
    ],
    "control_share": 0.05,
}

FIBRE: dict[str, Any] = {
    "campaign_id": "fibre",
    "name": "Fibre for those who have none",
    "goal": "fibre",
    "contact_class": "marketing",
    "purpose": "marketing",
    "category": "upsell",
    "audience": {
        "rule": {
            "combinator": "and",
            "rules": [
                {"field": "products", "operator": "notIn", "value": ["fibre-100"]},
                {"field": "attributes.arpu", "operator": ">=", "value": 14},
            ],
        }
    },
    "offers": ["fibre-500"],
    "lines": [
        {"channels": ["email", "sms"], "offer_id": "fibre-500", "role": "lead"},
        {"channels": ["web"], "offer_id": "fibre-500"},
        {"channels": ["hotline"], "offer_id": "fibre-500"},
    ],
    "control_share": 0.1,
}

_BEGIN_AFTER = {
    "keep": timedelta(hours=5, minutes=30),
    "care": timedelta(days=1, hours=6, minutes=30),
    "fibre": timedelta(days=1, hours=7, minutes=30),
}


def campaigns(start: datetime, days: int, customers: int) -> list[dict[str, Any]]:
    """The plans for so many days from `start`: one wave a day, at half past the hour, for two thirds of the time."""
    return [
        plan
        | {
            "schedule": {
                "start": (start + _BEGIN_AFTER[plan["campaign_id"]]).isoformat(),
                "end": (start + timedelta(days=days)).isoformat(),
                # A third of the customers are in the largest audience.
                "wave_size": max(1, 2 * customers // (3 * days)),
                "wave_every_minutes": 24 * 60,
            }
        }
        for plan in (KEEP, CARE, FIBRE)
    ]


MANAGER = Person("offer_manager", "olivia")
EDITOR = Person("policy_editor", "erin")
APPROVER = Person("policy_approver", "sam")
PLANNER = Person("campaign_planner", "alice")
DIRECTOR = Person("campaign_approver", "bob")


THERE = (409, 428)
"""How the services answer when somebody has done it before: the document exists."""


async def publish_offers(desk: Desk, *, again: bool = False) -> None:
    """The offer manager writes and publishes the catalogue; `again`: unless it is there."""
    for offer_id, content in OFFERS.items():
        path = f"/offers/{offer_id}"
        written = await desk.call("offers", "PUT", path, content, by=MANAGER, expect=THERE if again else ())
        if written.is_success:
            await desk.call("offers", "POST", f"{path}/publication", by=MANAGER)


async def approve_policy(desk: Desk, document: dict[str, Any], *, again: bool = False) -> None:
    """One person writes and submits the contact policy, another approves it; `again`: unless it is there."""
    body = {"policy_id": "house", "document": document}
    drafted = await desk.call("touchpoint", "POST", "/policies", body, by=EDITOR, expect=THERE if again else ())
    if not drafted.is_success:
        return
    sent = await desk.call("touchpoint", "POST", "/policies/house/versions", by=EDITOR)
    path = f"/policies/house/versions/{sent.json()['version']}/approvals"
    await desk.call("touchpoint", "POST", path, by=APPROVER)


async def start_campaigns(desk: Desk, plans: list[dict[str, Any]], *, again: bool = False) -> None:
    """One person writes and submits each plan, another approves it as it was read, and it runs; `again`: unless it is
    there."""
    for plan in plans:
        path = f"/campaigns/{plan['campaign_id']}"
        written = await desk.call("campaign", "POST", "/campaigns", plan, by=PLANNER, expect=THERE if again else ())
        if not written.is_success:
            continue
        sent = await desk.call("campaign", "POST", f"{path}/submissions", by=PLANNER)
        seen = {"If-Match": sent.headers["etag"]}
        await desk.call("campaign", "POST", f"{path}/approvals", by=DIRECTOR, headers=seen)
        await desk.call("campaign", "PUT", f"{path}/state", {"state": "running"}, by=PLANNER)


async def next_wave(desk: Desk, plans: list[dict[str, Any]]) -> datetime | None:
    """When the next wave of any of the plans goes out; None when there is none."""
    found = []
    for plan in plans:
        seen = await desk.call("campaign", "GET", f"/campaigns/{plan['campaign_id']}", by=PLANNER)
        found.append(seen.json()["next_wave_at"])
    return min((datetime.fromisoformat(at) for at in found if at is not None), default=None)
