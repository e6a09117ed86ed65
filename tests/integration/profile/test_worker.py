"""The worker as a process: it imports and publishes, and survives `kill -9` at any moment."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from rapport.messaging import topics

World = Any

ROWS = 4000
BAD_EVERY = 50
COLUMNS = {"id": "customer_id", "age": "attributes.age"}


def table() -> str:
    """Every fiftieth row has an age that is none."""
    lines = [f"c{n:05},{'old' if n % BAD_EVERY == 0 else n}" for n in range(ROWS)]
    return "\n".join(["id,age", *lines])


@asynccontextmanager
async def worker(world: World, *kinds: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The process, and the address it answers on."""
    environment = {
        **os.environ,
        "PROFILE_ENVIRONMENT": "test",
        "PROFILE_DATABASE_URL": world.settings.database_url,
        "PROFILE_KAFKA_BOOTSTRAP": world.settings.kafka_bootstrap,
        "PROFILE_WORKER_PORT": "0",
    }
    command = (sys.executable, "-m", "profile_service.worker", "--only", *kinds)
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    try:
        assert process.stderr is not None
        while True:
            line = await asyncio.wait_for(process.stderr.readline(), 30)
            assert line, "the worker ended before it started"
            found = json.loads(line)
            if found["event"] == "worker_started":
                break
        yield process, f"http://127.0.0.1:{found['port']}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_gives_way_to_whoever_serves_a_customer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    for told, lower in ((None, 10), ("0", 0)):
        if told is None:
            monkeypatch.delenv("PROFILE_WORKER_NICE", raising=False)
        else:
            monkeypatch.setenv("PROFILE_WORKER_NICE", told)
        async with worker(world, "imports") as (process, _):
            assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(ours + lower, 19)


async def until(check: Callable[[], Awaitable[bool]], within: float = 60) -> None:
    async with asyncio.timeout(within):
        while not await check():
            await asyncio.sleep(0.005)


@pytest.mark.slow
class TestCrash:
    async def test_an_import_goes_on_after_kill_9_without_doubling_or_losing_a_row(self, world: World) -> None:
        answer = await world.hand_in(table(), COLUMNS, types={"age": "number"})
        place = f"/imports/{answer.json()['import_id']}"

        async def rows_read() -> int:
            read: int = (await world.call("GET", place)).json()["rows_read"]
            return read

        chance = random.Random(7)
        for _kill in range(4):
            reached = await rows_read() + chance.randrange(50, 300)

            async def far_enough(reached: int = reached) -> bool:
                return await rows_read() >= min(reached, ROWS)

            async with worker(world, "imports") as (process, _):
                await until(far_enough)
                await asyncio.sleep(chance.random() * 0.02)
                process.send_signal(signal.SIGKILL)
                await process.wait()
        assert await rows_read() < ROWS

        async def finished() -> bool:
            state: str = (await world.call("GET", place)).json()["state"]
            return state == "finished"

        async with worker(world, "imports"):
            await until(finished)
        found = (await world.call("GET", place)).json()
        bad = ROWS // BAD_EVERY
        assert (found["rows_read"], found["accepted"], found["rejected"]) == (ROWS, ROWS - bad, bad)
        keys = [key for key, _ in await world.published()]
        assert keys == [f"c{n:05}" for n in range(ROWS) if n % BAD_EVERY]
        assert await world.pool.fetchval("select count(*) from customers where version = 1") == ROWS - bad
        assert len(await world.rejects(answer.json()["import_id"])) == bad


class TestWorker:
    async def test_publishes_is_ready_and_stops_when_told(self, world: World) -> None:
        await topics.apply(world.settings.kafka_bootstrap)
        await world.put(name="Ann")
        async with worker(world, "relay", "imports") as (process, address), httpx2.AsyncClient(trust_env=False) as http:
            await until(lambda: _empty(world))
            ready = await http.get(f"{address}/health/ready")
            assert (ready.status_code, ready.json()["status"]) == (200, "ready")
            assert 'rapport_outbox_depth{service="profile"}' in (await http.get(f"{address}/metrics")).text
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 20) == 0


async def _empty(world: World) -> bool:
    found: list[Any] = await world.published()
    return not found
