"""`rapport up --world`: a small world on the running system, and ten things to try with curl.

What always holds: doing it again changes nothing, and each of the commands works, in any order and more than once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rapport.testing.parts import SERVICES
from rapport.testing.settle import Settler
from rapport.testing.system import Running
from rapport_cli.demo import intake, plans
from rapport_cli.demo.channels import ADVISER, DIALER, SHOP
from rapport_cli.demo.world import people
from rapport_cli.desk import Desk, Person
from rapport_cli.replay.setting import STEWARD
from rapport_cli.replay.wire import Post

SEED = 1
CUSTOMERS = 300
VISITOR = "ada"
"""The customer of the tour: everybody has something for her."""

_DAYS = 30
_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Auckland")
_CHANNELS = ("call", "sms", "email")
_READER = Person("compliance", "carla")
_TOKENS = {
    "BRANCH": ADVISER,
    "HOTLINE": Person("hotline_agent", "hotline-1"),
    "SHOP": SHOP,
    "DIALER": DIALER,
    "COMPLIANCE": _READER,
    "PLANNER": plans.PLANNER,
    "SYSTEM": Person("channel_system", "crm"),
}
"""Shell variable → whose token it holds."""

# Quiet hours would make the tour depend on the time of day.
_POLICY = {**plans.POLICY, "quiet_hours": [], "legal_hours": []}


@dataclass(frozen=True, slots=True)
class Try:
    """One thing to try."""

    what: str
    command: str


@dataclass(frozen=True, slots=True)
class Tour:
    """What is printed: shell variables to set first, then what to try."""

    variables: dict[str, str]
    tries: tuple[Try, ...]
    visitor: str = VISITOR

    def script(self) -> str:
        """All of it, to be pasted into a shell."""
        lines = [f"export {name}='{value}'" for name, value in self.variables.items()]
        for number, one in enumerate(self.tries, start=1):
            lines += [f"# {number}. {one.what}", one.command]
        return "\n".join(lines)


async def open_world(running: Running) -> Tour:
    """Bring in customers, offers, policy and campaigns, unless they are there, and write the tour.

    Raises:
        Refused: a service refused what the world needs.
        NotQuiet: the system does not come to rest.
    """
    settler = Settler(running.databases, running.endpoints.kafka_bootstrap)
    async with settler, Desk(running) as desk, Post(running.endpoints.kafka_bootstrap, "crm") as post:
        now = datetime.now(UTC)
        inhabitants = people(SEED, CUSTOMERS, now.date())
        await intake.hand_in_file(desk, inhabitants, lambda _: None)
        await post.partitions("channel.customers")
        await intake.report_contracts(post, inhabitants, now)
        await desk.call("profile", "PUT", f"/customers/{VISITOR}", _visitor(now), by=STEWARD)
        await plans.publish_offers(desk, again=True)
        await plans.approve_policy(desk, _POLICY, again=True)
        await settler.settle(datetime.now(UTC))
        # Two days back, so that the first wave of each plan goes out at once.
        usual = plans.campaigns(now - timedelta(days=2), _DAYS, CUSTOMERS)
        await plans.start_campaigns(desk, [_welcome(now), *usual], again=True)
        await settler.settle(datetime.now(UTC))
        return await _tour(desk, running)


def _visitor(now: datetime) -> dict[str, Any]:
    """A customer in whose country it is day, and who may be contacted everywhere."""
    awake = [zone for zone in _ZONES if 9 <= now.astimezone(ZoneInfo(zone)).hour < 19]
    said = "2026-01-01T00:00:00Z"
    return {
        "name": "Ada Example",
        "phone": "+4915199999999",
        "email": "ada@example.com",
        "account": "a-ada",
        "language": "en",
        "country": "DE",
        "time_zone": (awake or ["UTC"])[0],
        "grade": "key",
        "attributes": {"tenure_months": 30, "arpu": 55, "churn_risk": 0.1},
        "holdings": [{"product": "mobile-l", "monthly_value": "34.90"}],
        "consents": [
            {"channel": channel, "purpose": "marketing", "granted": True, "at": said, "source": "web-form"}
            for channel in _CHANNELS
        ],
    }


def _welcome(now: datetime) -> dict[str, Any]:
    """A campaign for the visitor alone: a call task, a branch to-do, a hotline note and a banner for one goal."""
    return {
        **{name: value for name, value in plans.KEEP.items() if name != "control_share"},
        "campaign_id": "tour",
        "name": "Tour",
        "audience": {"list": [VISITOR]},
        "lines": [{"channels": [channel], "offer_id": "stay-24"} for channel in ("call", "branch", "hotline", "web")],
        "schedule": {"start": now.isoformat(), "end": (now + timedelta(days=_DAYS)).isoformat()},
    }


async def _tour(desk: Desk, running: Running) -> Tour:
    page = await desk.call("touchpoint", "GET", f"/customers/{VISITOR}/timeline?kind=contact.released", by=_READER)
    held = {one["channel"]: one["contact_id"] for one in page.json()["items"] if one.get("campaign_id") == "tour"}
    addresses = {service.upper(): f"{running.api(service)}/v1" for service in SERVICES}
    gateway = {"RAPPORT_URL": f"{running.urls['pages']}/api"} if "pages" in running.urls else {}
    tokens = {name: desk.token(person) for name, person in _TOKENS.items()}
    asked = {
        "request_id": "tour-question",
        "customer_id": VISITOR,
        "channels": ["sms"],
        "purpose": "marketing",
        "category": "retention",
        "contact_class": "retention",
        "goal": "retention",
        "offer_id": "stay-24",
    }
    accepted = {
        "acceptance_id": "tour-acceptance",
        "customer_id": VISITOR,
        "offer_id": "stay-24",
        "channel": "web",
        "contact_id": held["web"],
    }
    tries = (
        Try("Ada's call task waits for a dialer", _get("DIALER", f"$TOUCHPOINT/contacts/{held['call']}")),
        Try(
            "Ada sits down at a branch: offers, script, what was said elsewhere",
            _post("BRANCH", "$TOUCHPOINT/popups", {"account": "a-ada", "channel": "branch", "place": "branch-7"}),
        ),
        Try(
            "At home she opens the web shop",
            _get("SHOP", f"$OFFERS/customers/{VISITOR}/eligible-offers?channel=web&limit=3"),
        ),
        Try("She accepts there", _post("SHOP", "$OFFERS/acceptances", accepted)),
        Try(
            "The call task has vanished: its state is recalled", _get("DIALER", f"$TOUCHPOINT/contacts/{held['call']}")
        ),
        Try("Her timeline, newest first", _get("COMPLIANCE", f"$TOUCHPOINT/customers/{VISITOR}/timeline?limit=10")),
        Try("The same in Chinese", _get("COMPLIANCE", f"$TOUCHPOINT/customers/{VISITOR}/timeline?limit=5&lang=zh-CN")),
        Try("May I send her an SMS about it now? No, and why", _post("SYSTEM", "$TOUCHPOINT/decisions", asked)),
        Try("What counts against her budget", _get("COMPLIANCE", f"$TOUCHPOINT/customers/{VISITOR}/standing")),
        Try("What has come of the campaign", _get("PLANNER", "$CAMPAIGN/campaigns/tour/results")),
    )
    return Tour(addresses | gateway | tokens, tries)


def _get(token: str, address: str) -> str:
    return f'curl -sSf -H "Authorization: Bearer ${token}" "{address}"'


def _post(token: str, address: str, body: dict[str, Any]) -> str:
    told = f'-H "Authorization: Bearer ${token}" -H "Content-Type: application/json"'
    return f"curl -sSf {told} -d '{json.dumps(body)}' \"{address}\""
