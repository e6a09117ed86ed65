"""A whole Rapport on real servers, as separate processes, for the tests of this folder; and a desk to call it from."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.lending import run_system

from rapport.db import connect
from rapport.testing.parts import Options
from rapport.testing.system import Running, System
from rapport_cli.desk import Desk, Person

STATE = Path(__file__).resolve().parents[2] / "var" / "test-e2e"
STEWARD = Person("data_steward", "dana")
MANAGER = Person("offer_manager", "olivia")
PLANNER = Person("campaign_planner", "alice")
APPROVER = Person("campaign_approver", "bob")
COMPLIANCE = Person("compliance", "carla")
DIALER = Person("outbound_agent", "dialer-1")
SYSTEM = Person("channel_system", "switch")
POLICY = {
    "name": "End to end",
    "frequency_caps": [{"name": "ten-a-week", "limit": 10, "window": {"kind": "rolling", "hours": 168}}],
}


@dataclass
class House:
    """A running system with a policy in force and one offer, and what tests do with it."""

    system: System
    running: Running
    desk: Desk

    async def customer(self, customer_id: str | None = None, **parts: Any) -> str:
        """A customer of one's own, known everywhere."""
        customer_id = customer_id or f"e2e-{uuid.uuid4().hex[:12]}"
        consents = [
            {"channel": c, "purpose": "marketing", "granted": True, "at": "2026-01-01T00:00:00Z", "source": "test"}
            for c in ("call", "sms", "email")
        ]
        body = {
            "name": "E2E",
            "phone": "+4930123456",
            "country": "DE",
            "time_zone": "Europe/Berlin",
            "consents": consents,
        } | parts
        await self.desk.call("profile", "PUT", f"/customers/{customer_id}", body, by=STEWARD)
        await self.known_everywhere(customer_id)
        return customer_id

    async def known_everywhere(self, customer_id: str) -> None:
        """Wait until each replica has the customer."""

        async def known() -> bool:
            """An audience is taken once: whom campaign does not know yet is not in it."""
            found = []
            for service in ("touchpoint", "offers", "campaign"):
                conn = await connect(self.running.databases[service])
                found.append(
                    await conn.fetchval("select exists (select from replica_customers where id = $1)", customer_id)
                )
                await conn.close()
            return all(found)

        await until(known, "every service knows the customer")

    async def offer(self, **parts: Any) -> str:
        """A published offer with a goal of its own."""
        offer_id = f"offer-{uuid.uuid4().hex[:8]}"
        text = {"title": "Stay", "body": "Two months free.", "script": "May I?"}
        body = {"category": "retention", "goal": f"goal-{offer_id}", "texts": {"en": text, "zh-CN": text}} | parts
        await self.desk.call("offers", "PUT", f"/offers/{offer_id}", body, by=MANAGER)
        await self.desk.call("offers", "POST", f"/offers/{offer_id}/publication", by=MANAGER)
        return offer_id

    async def offer_is_known(self, offer_id: str) -> None:
        """Wait until touchpoint has the offer: a message about one that it does not know has no words, and fails."""
        conn = await connect(self.running.databases["touchpoint"])

        async def known() -> Any:
            return await conn.fetchval("select exists (select from replica_offers where id = $1)", offer_id)

        await until(known, "touchpoint knows the offer")
        await conn.close()
        await asyncio.sleep(0.5)  # its APIs and senders look at their copies four times a second

    async def campaign(self, offer_id: str, customers: list[str], channels: tuple[str, ...]) -> str:
        """A running campaign that asks for each customer in each channel."""
        now = datetime.now(UTC)
        campaign_id = f"cmp-{uuid.uuid4().hex[:8]}"
        plan = {
            "campaign_id": campaign_id,
            "name": "E2E",
            "goal": f"goal-{offer_id}",
            "contact_class": "retention",
            "purpose": "marketing",
            "category": "retention",
            "audience": {"list": customers},
            "offers": [offer_id],
            "lines": [{"channels": [c], "offer_id": offer_id, "role": "lead"} for c in channels],
            "schedule": {"start": now.isoformat(), "end": (now + timedelta(days=3)).isoformat()},
        }
        path = f"/campaigns/{campaign_id}"
        await self.desk.call("campaign", "POST", "/campaigns", plan, by=PLANNER)

        async def submitted() -> Any:
            sent = await self.desk.call("campaign", "POST", f"{path}/submissions", by=PLANNER, expect=(409,))
            return sent if sent.is_success else None  # the offer may still be on its way

        sent = await until(submitted, "the campaign can be submitted")
        tag = {"If-Match": sent.headers["etag"]}
        await self.desk.call("campaign", "POST", f"{path}/approvals", by=APPROVER, headers=tag)
        await self.desk.call("campaign", "PUT", f"{path}/state", {"state": "running"}, by=PLANNER)
        return campaign_id

    async def timeline(self, customer_id: str) -> list[dict[str, Any]]:
        """Oldest first."""
        path = f"/customers/{customer_id}/timeline?limit=200"
        page = await self.desk.call("touchpoint", "GET", path, by=COMPLIANCE, expect=(404,))
        found: list[dict[str, Any]] = page.json().get("items", [])
        return found[::-1]

    async def held(self, customer_id: str) -> dict[str, str]:
        """Contact by channel, of all that was released."""
        entries = await self.timeline(customer_id)
        return {e["channel"]: e["contact_id"] for e in entries if e["kind"] == "contact.released"}


async def until(look: Callable[[], Awaitable[Any]], what: str, seconds: float = 30) -> Any:
    """What `look` gives once it is true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await look()):
        assert asyncio.get_running_loop().time() < deadline, f"in {seconds} s it did not come about that {what}"
        await asyncio.sleep(0.05)
    return found


@pytest.fixture(scope="session")
def started() -> tuple[System, Running]:
    """The system itself, ended behind the last test that shares it."""
    return run_system(STATE, Options())


@pytest.fixture
async def house(started: tuple[System, Running]) -> AsyncIterator[House]:
    """The running system, with a policy in force."""
    system, running = started
    async with Desk(running) as desk:
        editor, approver = Person("policy_editor", "erin"), Person("policy_approver", "sam")
        known = await desk.call("touchpoint", "GET", "/policies/in-force", by=COMPLIANCE, expect=(404,))
        if not known.is_success:
            await desk.call("touchpoint", "POST", "/policies", {"policy_id": "e2e", "document": POLICY}, by=editor)
            await desk.call("touchpoint", "POST", "/policies/e2e/versions", by=editor)
            await desk.call("touchpoint", "POST", "/policies/e2e/versions/1/approvals", by=approver)
        yield House(system, running, desk)
