"""Drives the month: moves the clock, lets customers and agents act, and waits until that is worked through."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from rapport.clock import SteppedClock
from rapport.testing.parts import Options
from rapport.testing.settle import Settler
from rapport.testing.system import Running, System
from rapport_cli.demo import plans
from rapport_cli.desk import Desk, Person
from rapport_cli.report import Report

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
_CHANNELS = ("call", "sms", "email")


async def play(running: Running, clock: SteppedClock, customers: int) -> Report:
    """The shortest main job for a handful of customers."""
    report = Report("synthetic", customers=customers)
    services = Settler(running.databases, running.endpoints.kafka_bootstrap)
    async with Desk(running) as desk, services as settler:
        for number in range(customers):
            body = {
                "name": f"Customer {number}",
                "phone": f"+49301234{number:03}",
                "language": "en",
                "country": "DE",
                "time_zone": "Europe/Berlin",
                "consents": [
                    {"channel": c, "purpose": "marketing", "granted": True, "at": START.isoformat(), "source": "web"}
                    for c in _CHANNELS
                ],
            }
            await desk.call("profile", "PUT", f"/customers/c-{number}", body, by=Person("data_steward", "dana"))
        await plans.publish_offers(desk)
        await plans.approve_policy(desk)
        await settler.settle(clock.now())
        await plans.start_campaigns(desk, plans.campaigns(START, START + timedelta(days=30)))
        await settler.settle(clock.now())
        clock.move_to(START + timedelta(hours=3))
        await settler.settle(clock.now())
        agent = Person("outbound_agent", "dialer-1")
        fetched = await desk.call("touchpoint", "POST", "/channels/call/leases", {"limit": customers}, by=agent)
        for item in fetched.json()["items"]:
            said = {"outcomes": [{"outcome": "accepted"}]}
            await desk.call("touchpoint", "POST", f"/contacts/{item['contact_id']}/outcomes", said, by=agent)
        await settler.settle(clock.now())
        for number in range(customers):
            path = f"/customers/c-{number}/timeline"
            page = await desk.call("touchpoint", "GET", path, by=Person("compliance", "carla"))
            for entry in page.json()["items"]:
                _count(report, entry)
    return report


def _count(report: Report, entry: dict[str, str]) -> None:
    kind = entry["kind"].removeprefix("contact.")
    if kind in report.decisions:
        report.decisions[kind] += 1
    if kind == "released":
        report.channel(entry["channel"]).released += 1
    elif kind == "recalled":
        report.recalled += 1
        report.channel(entry["channel"]).recalled += 1
    elif kind == "responded":
        report.outcomes[entry["outcome"]] = report.outcomes.get(entry["outcome"], 0) + 1
        report.channel(entry["channel"]).accepted += entry["outcome"] == "accepted"


async def run_demo(state: Path, console: Console, *, customers: int = 5) -> Report:
    """Start everything in a folder of its own, play, and end what was started."""
    begun = time.monotonic()
    folder = state / "demo" / "run"
    clock = SteppedClock.create(folder / "clock", START)
    with console.status("Starting") as shown:
        options = Options(clock=f"stepped:{clock.path}")
        system = System(folder, options, progress=lambda step: shown.update(f"Starting: {step}"))
        running = system.start(fresh=True)
    try:
        with console.status("Playing"):
            report = await play(running, clock, customers)
    finally:
        with console.status("Ending"):
            system.stop()
    report.seconds = time.monotonic() - begun
    return report
