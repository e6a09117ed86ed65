"""Looking after a system under kills: dead parts are started again, quiet is waited for, standings are compared."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from rapport.clock import SteppedClock
from rapport.testing.settle import Settler, providers_quiet
from rapport.testing.system import Running, System
from rapport_cli.desk import Desk, Person

OPERATOR = Person("operator", "olga")


async def revive(system: System, running: Running) -> None:
    """Start what has ended, as a supervisor does: a process that starts while its database is away gives up."""
    for name in running.urls:
        if system.process(name).pid is None:
            await asyncio.to_thread(system.restart, name, wait=False)


async def rest(running: Running, clock: SteppedClock) -> None:
    """Once nobody moves the clock any more, the system comes to rest and stays there."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        providers = providers_quiet(client, running.urls["simulators"], clock)
        bootstrap = running.endpoints.kafka_bootstrap
        async with Settler(running.databases, bootstrap, extra=[providers], timeout=120) as settler:
            await settler.settle(clock.now())


async def rebuild(desk: Desk) -> dict[str, Any]:
    """Compare every standing with its timeline, and change nothing."""
    asked = await desk.call("touchpoint", "POST", "/standings/rebuilds", {"dry_run": True}, by=OPERATOR)
    path = f"/standings/rebuilds/{asked.json()['rebuild_id']}"
    async with asyncio.timeout(120):
        while True:
            found: dict[str, Any] = (await desk.call("touchpoint", "GET", path, by=OPERATOR)).json()
            if found["state"] == "finished":
                return found
            await asyncio.sleep(0.2)
