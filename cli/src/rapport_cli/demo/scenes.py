"""Five scenes with people of their own, on the first morning: what the gate does when contacts compete.

What always holds: nobody of a scene takes part in the month, each scene is played through the public interface, one
step after the other with a settled system in between, and what is told of it is the timeline's own word.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rapport_cli.demo.story import Story, lines_of
from rapport_cli.desk import Desk, Person
from rapport_cli.replay.setting import STEWARD

CRM = Person("channel_system", "crm")
DIALER = Person("outbound_agent", "dialer-9")
SHOP = Person("storefront", "web-shop")

_ZONE = ZoneInfo("Asia/Shanghai")
_PATIENCE = timedelta(days=3)
"""For how long the requests of a scene are wanted: every one has ended before a month has."""

Settle = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is in it, and what it shows."""

    title: str
    about: str
    cast: Mapping[str, Mapping[str, Any]]
    """Customer → what is special about them."""
    play: Callable[[_Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Stage:
    """What a scene is played on."""

    desk: Desk
    settle: Settle
    until: str
    """When the requests are no longer wanted."""

    async def ask(self, request_id: str, customer_id: str, channel: str, offer: str, contact_class: str) -> None:
        """A system wishes a contact."""
        goal, category = _OFFERS[offer]
        body = {
            "request_id": f"scene.{request_id}",
            "customer_id": customer_id,
            "channels": [channel],
            "purpose": "marketing",
            "category": category,
            "contact_class": contact_class,
            "goal": goal,
            "offer_id": offer,
            "expires_at": self.until,
        }
        await self.desk.call("touchpoint", "POST", "/contact-requests", body, by=CRM)
        await self.settle()


_OFFERS = {
    "travel-pack": ("roaming", "roaming"),
    "fibre-500": ("fibre", "upsell"),
    "device-check": ("device-care", "care"),
    "stay-24": ("retention", "retention"),
    "stay-12": ("retention", "retention"),
}
"""Goal and category."""


async def _held(stage: _Stage) -> None:
    await stage.ask("held-1", "s-vera", "web", "travel-pack", "marketing")
    await stage.ask("held-2", "s-vera", "hotline", "fibre-500", "marketing")
    await stage.ask("held-3", "s-vera", "hotline", "device-check", "service")


async def _pre_emption(stage: _Stage) -> None:
    await stage.ask("yield-1", "s-leo", "web", "travel-pack", "marketing")
    await stage.ask("yield-2", "s-leo", "web", "stay-12", "retention")


async def _household(stage: _Stage) -> None:
    await stage.ask("home-1", "s-mei", "web", "travel-pack", "marketing")
    await stage.ask("home-2", "s-jun", "hotline", "travel-pack", "marketing")
    await stage.ask("home-3", "s-mei", "hotline", "fibre-500", "marketing")


async def _deferral(stage: _Stage) -> None:
    await stage.ask("later-1", "s-ana", "email", "travel-pack", "marketing")
    await stage.ask("later-2", "s-ana", "sms", "fibre-500", "marketing")


async def _too_late(stage: _Stage) -> None:
    """The dialer rings while the customer says yes in the web shop."""
    await stage.ask("late-1", "s-tom", "call", "stay-24", "retention")
    wanted = {"limit": 1, "seconds": 600}
    leased = await stage.desk.call("touchpoint", "POST", "/channels/call/leases", wanted, by=DIALER)
    (task,) = leased.json()["items"]
    accepted = {
        "acceptance_id": "scene.late",
        "customer_id": "s-tom",
        "offer_id": "stay-12",
        "channel": "web",
    }
    await stage.desk.call("offers", "POST", "/acceptances", accepted, by=SHOP)
    await stage.settle()
    path = f"/contacts/{task['contact_id']}"
    await stage.desk.call("touchpoint", "POST", f"{path}/recall-answer", {"answer": "too_late"}, by=DIALER)
    said = {"outcomes": [{"outcome": "interested", "outcome_id": "scene.late"}]}
    await stage.desk.call("touchpoint", "POST", f"{path}/outcomes", said, by=DIALER)
    await stage.settle()


_VIP, _FAMILY = {"tags": ["vip"]}, {"tags": ["family-plan"], "household": "s-home"}
SCENES = (
    Scene(
        "A slot is held",
        "Two contacts in two days, one of them for service: the second offer waits in vain, the device check goes.",
        {"s-vera": {"name": "Vera Vogel"} | _VIP},
        _held,
    ),
    Scene(
        "A more important contact takes the slot",
        "The banner has been shown to nobody yet; the renewal takes its place, and it competes again.",
        {"s-leo": {"name": "Leo Lang"} | _VIP},
        _pre_emption,
    ),
    Scene(
        "A household shares its budget",
        "Two contacts a day for the family: the third waits until the first is a day old.",
        {"s-mei": {"name": "李梅", "language": "zh-CN"} | _FAMILY, "s-jun": {"name": "李军"} | _FAMILY},
        _household,
    ),
    Scene(
        "What was deferred goes out later",
        "Messages keep twenty hours apart, and then the night is over first.",
        {"s-ana": {"name": "Ana Alves"}},
        _deferral,
    ),
    Scene(
        "A recall is answered too late",
        "Yes in the web shop, while the dialer is ringing: the call counts all the same, and says so.",
        {"s-tom": {"name": "Tom Tran"}},
        _too_late,
    ),
)


async def open_scenes(desk: Desk) -> None:
    """Bring in the people of all scenes."""
    for customer_id, special in _cast().items():
        await desk.call("profile", "PUT", f"/customers/{customer_id}", _person(customer_id, special), by=STEWARD)


async def play(desk: Desk, settle: Settle, until: str) -> None:
    """Play all scenes, one after the other."""
    for scene in SCENES:
        await scene.play(_Stage(desk, settle, until))


async def tell(desk: Desk) -> list[Story]:
    """What the timelines say of them by now."""
    stories = []
    for scene in SCENES:
        lines = [line for customer_id in scene.cast for line in await lines_of(desk, customer_id, _ZONE)]
        lines.sort(key=lambda line: line.at)
        names = ", ".join(f"{special['name']} ({customer_id})" for customer_id, special in scene.cast.items())
        stories.append(Story(scene.title, f"{scene.about} {names}; times are those of {_ZONE.key}.", lines))
    return stories


def patience(now: datetime) -> str:
    """Until when requests that are made now are wanted."""
    return (now + _PATIENCE).isoformat()


def _cast() -> dict[str, Mapping[str, Any]]:
    return {customer_id: special for scene in SCENES for customer_id, special in scene.cast.items()}


def _person(customer_id: str, special: Mapping[str, Any]) -> dict[str, Any]:
    number = list(_cast()).index(customer_id)
    consents: Sequence[Mapping[str, Any]] = [
        {"channel": channel, "purpose": "marketing", "granted": True, "at": "2026-01-01T00:00:00Z", "source": "form"}
        for channel in ("call", "sms", "email")
    ]
    plain: dict[str, Any] = {
        "phone": f"+86137000000{number:02}",
        "email": f"{customer_id}@example.com",
        "language": "en",
        "country": "CN",
        "region": "CN-SH",
        "time_zone": _ZONE.key,
        "attributes": {"tenure_months": 30, "arpu": 12},  # no campaign of the month is for them
        "consents": consents,
    }
    return plain | dict(special)
