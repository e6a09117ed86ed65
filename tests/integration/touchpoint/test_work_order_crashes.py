"""Work orders while the processes that handle them are killed: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.touchpoint.conftest import POLICY, Touchpoint

from rapport.auth import mint_token
from rapport.clock import to_micros
from rapport.contracts.vocabulary import WorkOrderKind
from rapport.db import transaction
from rapport.settings import DEVELOPMENT_KEY
from rapport.testing.processes import LOOPBACK, ManagedProcess, free_port
from touchpoint_service.handlers.work_orders import NewOrder, Origin, begin
from touchpoint_service.repository.work import Work

pytestmark = pytest.mark.slow

CUSTOMERS = [f"k{number}" for number in range(20)]
DESK: dict[str, Any] = POLICY | {
    "work_orders": [
        {
            "name": "problems",
            "kind": "problem",
            "unit": "/north",
            "respond_minutes": 60,
            "resolve_minutes": 600,
            "remind_minutes": 10,
            "escalate_to": "/head",
        }
    ]
}
TIMERS = """
import asyncio, sys
from rapport.clock import SystemClock
from rapport.db import connect_pool
from touchpoint_service import timers
from touchpoint_service.catalogue import Catalogue
from touchpoint_service.handlers.gate import Gate

async def main():
    pool = await connect_pool(sys.argv[1], application_name="timers", settled_plans=True)
    timers.PAGE = 8
    print("ready", flush=True)
    await timers.Timers(pool, SystemClock(), Gate(Catalogue(pool)), lambda: frozenset(range(12))).run()

asyncio.run(main())
"""


@pytest.fixture
async def desk(bare: Touchpoint) -> AsyncIterator[Touchpoint]:
    """Customers and a policy; afterwards all must fit together."""
    bare.clock.move(datetime.now(UTC) - timedelta(days=9))
    await bare.put_in_force(DESK)
    await bare.hear(*(bare.customer(customer_id) for customer_id in CUSTOMERS))
    yield bare
    await bare.check()
    open_orders = "select work_order_id from work_orders where result is null order by 1"
    standing = "select o->>0 from standings, json_array_elements(body->'o') as o order by 1"
    assert [r[0] for r in await bare.pool.fetch(open_orders)] == [r[0] for r in await bare.pool.fetch(standing)]


async def test_two_workers_that_are_killed_tell_of_each_promise_once(desk: Touchpoint, tmp_path: Path):
    """Real timers, by the real clock: everything has been due for days."""
    orders = 300
    async with transaction(desk.pool) as conn:
        work = Work(conn, to_micros(desk.clock.now()))
        await work.lock(CUSTOMERS)
        policy = await desk.app.state.gate.policy(work)
        for number in range(orders):
            customer_id = CUSTOMERS[number % len(CUSTOMERS)]
            await begin(work, policy, NewOrder(f"w{number}", customer_id, WorkOrderKind.PROBLEM, Origin()))
        await work.flush()
    left = "select count(*) from work_order_alarms"
    total = await desk.pool.fetchval(left)
    assert total == 4 * orders

    processes = [ManagedProcess(f"timers-{number}", tmp_path) for number in range(2)]
    command = [sys.executable, "-c", TIMERS, desk.app.state.settings.database_url]
    dice, died_at = random.Random(), []
    try:
        for kill in range(4):
            for process in processes:
                await asyncio.to_thread(process.start, command)
            async with asyncio.timeout(60):
                while await desk.pool.fetchval(left) > total * (5 - kill) // 6:
                    await asyncio.sleep(0.002)
            await asyncio.sleep(dice.random() * 0.02)
            for process in processes:
                process.kill()
            died_at.append(await desk.pool.fetchval(left))
        assert died_at[-1] > 0, "they were killed before the end"
        for process in processes:
            await asyncio.to_thread(process.start, command)
        async with asyncio.timeout(60):
            while await desk.pool.fetchval(left):
                await asyncio.sleep(0.01)
    finally:
        for process in processes:
            process.end()
    rows = await desk.pool.fetch(
        "select type, body->>'work_order_id' as o, body->>'about' as about, count(*) from timeline "
        "where type like '%reminded%' or type like '%escalated%' group by 1, 2, 3"
    )
    assert len(rows) == total
    assert {row["count"] for row in rows} == {1}


async def test_an_api_that_is_killed_keeps_what_it_has_answered(desk: Touchpoint, tmp_path: Path):
    """Agents open, take and end orders, and repeat what was not answered; the API is killed meanwhile."""
    port = free_port()
    told = {
        "TOUCHPOINT_ENVIRONMENT": "test",
        "TOUCHPOINT_DATABASE_URL": desk.app.state.settings.database_url,
        "TOUCHPOINT_KAFKA_BOOTSTRAP": desk.app.state.settings.kafka_bootstrap,
        "TOUCHPOINT_PORT": str(port),
    }
    api = ManagedProcess("api", tmp_path)

    def start() -> None:
        api.start([sys.executable, "-m", "touchpoint_service.main"], environment=os.environ | told)

    answered: dict[str, str] = {}
    async with httpx2.AsyncClient(base_url=f"http://{LOOPBACK}:{port}/v1", timeout=5, trust_env=False) as client:

        async def insist(agent: int, method: str, path: str, body: Any, expect: Callable[[int], bool]) -> None:
            token = mint_token(DEVELOPMENT_KEY, roles=["branch_agent"], subject=f"a{agent}", org="/north")
            headers = {"Authorization": f"Bearer {token}"}
            while True:
                try:
                    answer = await client.request(method, path, json=body, headers=headers)
                except httpx2.HTTPError:
                    await asyncio.sleep(0.02)
                    continue
                if answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    assert expect(answer.status_code), answer.text
                    return

        async def agent(number: int) -> None:
            for turn in range(12):
                order = f"w{number}-{turn}"
                body = {"work_order_id": order, "customer_id": CUSTOMERS[(number + turn) % 20], "kind": "problem"}
                await insist(number, "POST", "/work-orders", body, lambda status: status == HTTPStatus.CREATED)
                answered[order] = "open"
                path = f"/work-orders/{order}"
                await insist(number, "PUT", f"{path}/lease", {"seconds": 900}, lambda status: status == HTTPStatus.OK)
                comment = {"comment_id": f"k-{order}", "text": "hm"}
                await insist(number, "POST", f"{path}/comments", comment, lambda s: s == HTTPStatus.CREATED)
                if turn % 3:
                    done = {"result": "done"}
                    await insist(number, "POST", f"{path}/result", done, lambda status: status == HTTPStatus.OK)
                    answered[order] = "done"

        async def kill(left: int) -> None:
            for _ in range(left):
                seen = len(answered)
                async with asyncio.timeout(60):
                    while len(answered) < seen + 8:
                        await asyncio.sleep(0.005)
                await asyncio.sleep(random.random() * 0.05)
                api.kill()
                await asyncio.to_thread(start)

        try:
            await asyncio.to_thread(start)
            await asyncio.gather(kill(3), *map(agent, range(6)))
        finally:
            api.end()
    rows = await desk.pool.fetch("select work_order_id, coalesce(result, 'open') from work_orders")
    assert {row[0]: row[1] for row in rows} == answered
    counts = await desk.pool.fetch(
        "select body->>'work_order_id' as o, type, count(*) from timeline where type like '%work_order%' group by 1, 2"
    )
    assert {row["count"] for row in counts} == {1}, "opened, taken, commented and ended once each"
    assert len(counts) == sum(4 if state == "done" else 3 for state in answered.values())
