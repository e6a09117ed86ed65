"""`kill -9` of workers, relay, APIs, broker and database at random moments under load; then every invariant is proved.

Short here; `make chaos MINUTES=n` goes on for as long as asked. The seed is printed: it decides who is killed and when,
and what the load does.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.chaos.care import rebuild, rest, revive
from tests.chaos.load import CUSTOMERS, Load

from rapport.clock import SteppedClock
from rapport.testing.parts import Options
from rapport.testing.system import Running, System
from rapport_cli.checker import check
from rapport_cli.desk import Desk

STATE = Path(__file__).resolve().parents[2] / "var" / "test-chaos"
VICTIMS = {
    "touchpoint-worker": 6,
    "touchpoint-relay": 6,
    "touchpoint-api": 3,
    "offers-worker": 2,
    "offers-api": 2,
    "profile-worker": 1,
    "kafka": 1,
    "postgres": 1,
}
"""How often each is killed in a short run: 22 times in all."""


REPORTS = 100
"""So many outcomes at least must have been reported."""


def _order(dice: random.Random) -> list[str]:
    names = [name for name, times in VICTIMS.items() for _ in range(times)]
    dice.shuffle(names)
    return names


async def _kill_at_random(system: System, running: Running, dice: random.Random, minutes: float) -> int:
    """Kill and start again, one after the other; how many times."""
    until = time.monotonic() + minutes * 60
    kills = 0
    while True:
        for name in _order(dice):
            await asyncio.sleep(dice.uniform(0.3, 1.2))
            await asyncio.to_thread(system.kill, name)
            kills += 1
            await asyncio.sleep(dice.uniform(0, 0.5))
            if name in ("kafka", "postgres"):
                await asyncio.to_thread(system.restart, name)
            await revive(system, running)
        if time.monotonic() >= until:
            return kills


async def _enough(system: System, running: Running, load: Load) -> None:
    """Let the load go on for a while where the machine was too slow to report much under the kills."""
    until = time.monotonic() + 120
    while load.done["_report"] <= REPORTS and time.monotonic() < until:
        await revive(system, running)
        await asyncio.sleep(0.2)


@pytest.mark.timeout(0)
async def test_no_kill_breaks_an_invariant():
    seed = int(os.environ.get("RAPPORT_CHAOS_SEED") or time.time())
    minutes = float(os.environ.get("RAPPORT_CHAOS_MINUTES") or 0)
    print(f"RAPPORT_CHAOS_SEED={seed}")  # noqa: T201
    dice = random.Random(seed)
    clock = SteppedClock.create(STATE / "clock", datetime.now(UTC))
    system = System(STATE, Options(clock=f"stepped:{clock.path}", failure_share=0.2, seed=seed))
    running = await asyncio.to_thread(system.start, fresh=True)
    try:
        async with Desk(running) as desk:
            load = Load(running, clock, desk, seed)
            await load.prepare()
            await rest(running, clock)
            working = asyncio.create_task(load.run())
            kills = await _kill_at_random(system, running, dice, minutes)
            await _enough(system, running, load)
            load.stop()
            while not working.done():
                await revive(system, running)
                await asyncio.sleep(1)
            await working
            await load.close()
        clock.move_to(clock.now() + timedelta(hours=1))  # what a killed sender had in hand lapses
        await rest(running, clock)
        async with Desk(running) as desk:
            rebuilt = await rebuild(desk)
        found = await check(running.databases, running.endpoints.kafka_bootstrap)
    finally:
        await asyncio.to_thread(system.stop)
    assert found.ok, "\n".join(map(str, found.broken))
    assert found.checked
    assert rebuilt["compared"] >= CUSTOMERS
    assert rebuilt["differing"] == 0, rebuilt["differences"]
    assert kills >= 20
    assert load.done["_report"] > REPORTS, load.done
