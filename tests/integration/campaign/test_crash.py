"""A worker that is killed in the middle of a wave: whoever comes next goes on without a gap or a duplicate."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.integration.campaign.world import CALL_LINE, World

KILLS = 4
MEMBERS = 3000
LINES = [CALL_LINE, *({"channels": [channel]} for channel in ("sms", "branch", "hotline", "web"))]


@pytest.mark.slow
class TestKilledWorker:
    async def test_asks_everybody_exactly_once_per_line(self, world: World) -> None:
        customers = [f"c-{number:05}" for number in range(MEMBERS)]
        await world.customers(customers)
        await world.approved(lines=LINES, control_share=0.1)
        await world.state("spring", "running")
        moments = random.Random()
        died_at = []
        for kill in range(KILLS):
            with timers(world) as worker:
                await progress(world, MEMBERS * (kill + 1) // (KILLS + 2))
                await asyncio.sleep(moments.random() * 0.03)
                worker.kill()
                worker.wait()
            died_at.append(await asked(world))
        assert sorted(set(died_at)) == died_at, "each worker goes on where the one before it died"
        assert died_at[-1] < MEMBERS * 0.89, "the last one was killed before the end"
        with timers(world):
            await done(world)
        control = {row["customer_id"]: row["control"] for row in await world.pool.fetch("select * from audience")}
        expected = {f"spring.{line}.{c}.1" for c in customers for line in range(5) if not control[c]}
        sent = [request.request_id for request in await world.requests()]
        assert len(control) == MEMBERS
        assert len(sent) == len(expected)
        assert set(sent) == expected
        assert {row[0] for row in await world.pool.fetch("select request_id from attempts")} == expected


@contextmanager
def timers(world: World) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process that does what is due by the clock, in small pages."""
    told = {
        "CAMPAIGN_ENVIRONMENT": "test",
        "CAMPAIGN_DATABASE_URL": world.settings.database_url,
        "CAMPAIGN_CLOCK": world.settings.clock,
        "CAMPAIGN_WORKER_PORT": "0",
        "CAMPAIGN_PAGE": "50",
    }
    command = [sys.executable, "-m", "campaign_service.worker", "--only", "timers"]
    with subprocess.Popen(command, env=os.environ | told, stderr=subprocess.DEVNULL) as worker:
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait(timeout=20)


async def asked(world: World) -> int:
    """How many targets have had their turn."""
    found: int = await world.pool.fetchval("select asked from campaigns")
    return found


async def progress(world: World, members: int) -> None:
    """Wait until so many have."""
    async with asyncio.timeout(60):
        while await asked(world) < members:
            await asyncio.sleep(0.002)


async def done(world: World) -> None:
    """Wait until all have."""
    async with asyncio.timeout(60):
        while await world.pool.fetchval("select next_wave_at is not null from campaigns"):
            await asyncio.sleep(0.01)
