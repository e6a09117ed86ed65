"""What a crash leaves behind: workers killed at random moments, and servers that die and come back."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from rapport.db import create_database
from rapport.messaging import session
from rapport.messaging.relay import Relay
from rapport.testing.infrastructure.embedded import Embedded

WORKER = Path(__file__).with_name("echo_worker.py")
KILLS = 8


class Worker:
    """A child process that is killed and begun again."""

    def __init__(self, world: Any) -> None:
        self._command = [sys.executable, str(WORKER), world.url, world.bootstrap, world.name]
        self._process: asyncio.subprocess.Process | None = None

    async def begin(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )

    async def kill(self) -> None:
        assert self._process is not None
        assert self._process.returncode is None, "ended by itself"
        self._process.kill()
        await self._process.wait()


@pytest.mark.slow
async def test_workers_killed_at_any_moment_make_each_effect_once(world: Any, eventually: Any) -> None:
    random.seed(7)
    echoes = await world.make_topic("echoes")
    workers = [Worker(world), Worker(world)]
    for worker in workers:
        await worker.begin()
    sent = 0
    for _ in range(KILLS):
        for _ in range(random.randrange(4, 14)):
            await world.send(range(sent, sent + 50))
            sent += 50
            await asyncio.sleep(random.random() / 10)
        victim = random.choice(workers)
        await victim.kill()
        await victim.begin()
    await world.processed(range(sent), within=40)
    await eventually(world.outbox_empty)
    for worker in workers:
        await worker.kill()
    arrived: dict[bytes, list[int]] = defaultdict(list)
    for record in await world.records(echoes):
        arrived[record.key].append(orjson.loads(record.value)["number"])
    for key, numbers in arrived.items():
        assert list(dict.fromkeys(numbers)) == list(range(int(key[1:]), sent, 10)), "each echo, first in order"
    assert len(arrived) == 10


@pytest.fixture(scope="module")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Embedded]:
    embedded = Embedded(tmp_path_factory.mktemp("servers"))
    await asyncio.to_thread(embedded.start)
    yield embedded
    await asyncio.to_thread(embedded.stop)


@pytest.mark.slow
class TestServersThatComeBack:
    @pytest.fixture
    async def own_world(self, servers: Embedded, unique: str, make_world: Callable[..., Any]) -> AsyncIterator[Any]:
        endpoints = await asyncio.to_thread(servers.start)
        url = await create_database(endpoints.postgres_url, unique)
        async with make_world(endpoints.kafka_bootstrap, url, unique) as world:
            yield world

    @pytest.mark.parametrize(("server", "deaths"), [("kafka", 1), ("postgres", 3)])
    async def test_consumer_and_relay_go_on_by_themselves(
        self, servers: Embedded, own_world: Any, eventually: Any, server: str, deaths: int
    ) -> None:
        world = own_world
        runs = [world.start(Relay(world.url, world.bootstrap, world.name)), world.start(world.consumer(lanes=2))]
        published = 0
        for round_ in range(deaths):
            for _ in range(10):
                published += await _publish(world, published)
            await asyncio.sleep(0.1 * round_)
            servers.kill(server)
            if server == "kafka":  # the outbox takes what comes meanwhile
                published += await _publish(world, published)
            await asyncio.sleep(1 + round_)
            await asyncio.to_thread(servers.restart, server)
        published += await _publish(world, published)

        async def all_processed() -> bool:
            return bool(await world.outbox_empty() and await world.positions() == await world.ends())

        await eventually(all_processed, within=60)
        assert not any(run.done() for run in runs)
        records = {(record.partition, record.offset) for record in await world.records()}
        effects = await world.pool.fetch("select number, partition, log_offset from effects")
        assert len(effects) == len(records)
        assert {(row["partition"], row["log_offset"]) for row in effects} == records
        assert {row["number"] for row in effects} == set(range(published))

    async def test_what_is_read_grows_old_while_the_broker_is_away(
        self, servers: Embedded, own_world: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = own_world
        monkeypatch.setattr(session, "_FRESHNESS_SECONDS", 0.0)
        world.start(world.consumer(tells_freshness=True))

        async def is_fresh() -> bool:
            return bool(await world.age() < 3)

        async def is_old() -> bool:
            return bool(await world.age() > 4)

        await eventually(is_fresh)
        servers.kill("kafka")
        await eventually(is_old, within=15)
        await asyncio.to_thread(servers.restart, "kafka")
        await eventually(is_fresh, within=60)


async def _publish(world: Any, first: int) -> int:
    """Write 50 events, and again when the answer to the commit was lost; how many."""
    while True:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
            await world.publish(range(first, first + 50))
            return 50
        await asyncio.sleep(0.05)
