"""What the house has decided before the month begins: offers, the contact policy, and the campaigns that compete."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rapport_cli.desk import Desk, Person

POLICY: dict[str, Any] = {
    "name": "House rules",
    "business_zone": "Europe/Berlin",
    "frequency_caps": [{"name": "six-a-week", "limit": 6, "window": {"kind": "rolling", "hours": 168}}],
    "quiet_hours": [{"name": "night", "channels": ["call", "sms"], "start": "20:00", "end": "09:00"}],
}
_STAY = {"title": "Stay", "body": "Two months free.", "script": "May I tell you about it?"}
OFFERS: dict[str, dict[str, Any]] = {
    "stay-12": {"category": "retention", "goal": "retention-2026", "texts": {"en": _STAY, "zh-CN": _STAY}}
}


def campaigns(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The plans for the time from `start` to `end`."""
    return [
        {
            "campaign_id": "keep",
            "name": "Keep those who may leave",
            "goal": "retention-2026",
            "contact_class": "retention",
            "purpose": "marketing",
            "category": "retention",
            "audience": {"rule": {"combinator": "and", "rules": []}},
            "offers": ["stay-12"],
            "lines": [
                {"channels": [channel], "offer_id": "stay-12", "role": "lead" if channel == "call" else "cooperate"}
                for channel in ("call", "sms", "branch", "hotline", "web")
            ],
            "schedule": {"start": start.isoformat(), "end": end.isoformat()},
        }
    ]


async def publish_offers(desk: Desk) -> None:
    """The offer manager writes and publishes the catalogue."""
    manager = Person("offer_manager", "olivia")
    for offer_id, content in OFFERS.items():
        await desk.call("offers", "PUT", f"/offers/{offer_id}", content, by=manager)
        await desk.call("offers", "POST", f"/offers/{offer_id}/publication", by=manager)


async def approve_policy(desk: Desk) -> None:
    """One person writes and submits the contact policy, another approves it."""
    editor = Person("policy_editor", "erin")
    await desk.call("touchpoint", "POST", "/policies", {"policy_id": "house", "document": POLICY}, by=editor)
    sent = await desk.call("touchpoint", "POST", "/policies/house/versions", by=editor)
    path = f"/policies/house/versions/{sent.json()['version']}/approvals"
    await desk.call("touchpoint", "POST", path, by=Person("policy_approver", "sam"))


async def start_campaigns(desk: Desk, plans: list[dict[str, Any]]) -> None:
    """One person writes and submits each plan, another approves it, and it runs."""
    planner = Person("campaign_planner", "alice")
    for plan in plans:
        path = f"/campaigns/{plan['campaign_id']}"
        await desk.call("campaign", "POST", "/campaigns", plan, by=planner)
        sent = await desk.call("campaign", "POST", f"{path}/submissions", by=planner)
        seen = {"If-Match": sent.headers["etag"]}
        await desk.call("campaign", "POST", f"{path}/approvals", by=Person("campaign_approver", "bob"), headers=seen)
        await desk.call("campaign", "PUT", f"{path}/state", {"state": "running"}, by=planner)
