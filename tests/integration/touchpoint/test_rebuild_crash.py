"""A rebuild whose worker is killed again and again: the next one goes on where it died, and nobody is done twice."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.integration.touchpoint.conftest import Touchpoint

CUSTOMERS = 30_000
FILL = """
with made as (select 'k' || lpad(n::text, 6, '0') as c, n from generate_series(1, $1::int) as n),
told as (
    insert into timeline (customer_id, seq, at, type, contact_id, request_id, channel, body)
    select c, 1, now(), 'touchpoint.contact.released.v1', 'ctc' || n, 'r' || n, 'call', json_build_object(
        'customer_id', c, 'seq', 1, 'at', now(), 'contact_id', 'ctc' || n, 'request_id', 'r' || n, 'channel', 'call',
        'purpose', 'marketing', 'category', 'loans', 'contact_class', 'marketing')
    from made
)
insert into standings (customer_id) select c from made
"""


@pytest.mark.slow
class TestKilledWorker:
    async def test_is_followed_by_one_that_goes_on_where_it_died(self, bare: Touchpoint):
        await bare.pool.execute(FILL, CUSTOMERS)
        asked = (await bare.call("POST", "/v1/standings/rebuilds", role="operator")).json()
        moments = random.Random()
        died_at = []
        for kill in range(4):
            with worker(bare) as process:
                await reach(bare, CUSTOMERS * (kill + 1) // 6)
                await asyncio.sleep(moments.random() * 0.03)
                process.kill()
                process.wait()
            died_at.append(await compared(bare))
        assert sorted(set(died_at)) == died_at, "each goes on where the one before it died"
        assert died_at[-1] < CUSTOMERS, "the last one was killed before the end"
        with worker(bare), worker(bare):
            await reach(bare, CUSTOMERS)
        path = f"/v1/standings/rebuilds/{asked['rebuild_id']}"
        async with asyncio.timeout(20):
            while (seen := (await bare.call("GET", path, role="operator")).json())["state"] != "finished":
                await asyncio.sleep(0.02)
        assert (seen["total"], seen["compared"], seen["differing"], seen["mended"]) == (CUSTOMERS,) * 4
        wrong = "select count(*) from standings where seq <> 1 or json_array_length(body->'e') <> 1"
        assert await bare.pool.fetchval(wrong) == 0


@contextmanager
def worker(touchpoint: Touchpoint) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process that rebuilds, in small pages."""
    told = {
        "TOUCHPOINT_ENVIRONMENT": "test",
        "TOUCHPOINT_DATABASE_URL": touchpoint.app.state.settings.database_url,
        "TOUCHPOINT_WORKER_PORT": "0",
        "TOUCHPOINT_REBUILD_PAGE": "40",
        "TOUCHPOINT_REBUILD_POLL_SECONDS": "0.05",
    }
    command = [sys.executable, "-m", "touchpoint_service.worker", "--only", "rebuilds"]
    with subprocess.Popen(command, env=os.environ | told, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=20)


async def compared(touchpoint: Touchpoint) -> int:
    found: int = await touchpoint.pool.fetchval("select compared from standing_rebuilds")
    return found


async def reach(touchpoint: Touchpoint, customers: int) -> None:
    """Wait until so many have been compared."""
    async with asyncio.timeout(120):
        while await compared(touchpoint) < customers:
            await asyncio.sleep(0.005)
