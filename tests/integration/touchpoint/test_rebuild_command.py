"""`rapport rebuild` against an API and a worker as processes of their own."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack

import httpx2
import orjson
import pytest
from tests.integration.touchpoint.conftest import Touchpoint
from typer.testing import CliRunner

from rapport.auth import mint_token
from rapport.settings import DEVELOPMENT_KEY
from rapport_cli.main import app

LIFE = """
insert into timeline (customer_id, seq, at, type, contact_id, request_id, channel, body)
select c, 1, now(), 'touchpoint.contact.released.v1', 'ctc' || c, 'r' || c, 'call', json_build_object(
    'customer_id', c, 'seq', 1, 'at', now(), 'contact_id', 'ctc' || c, 'request_id', 'r' || c, 'channel', 'call',
    'purpose', 'marketing', 'category', 'loans', 'contact_class', 'marketing')
from unnest(array['a', 'b', 'c']) as c
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
async def url(bare: Touchpoint) -> AsyncIterator[str]:
    """The address of a service that works on the database of `bare`, where three standings are missing."""
    await bare.pool.execute(LIFE)
    settings, port = bare.app.state.settings, free_port()
    told = {
        "TOUCHPOINT_ENVIRONMENT": "development",
        "TOUCHPOINT_DATABASE_URL": settings.database_url,
        "TOUCHPOINT_PORT": str(port),
        "TOUCHPOINT_WORKER_PORT": "0",
        "TOUCHPOINT_REBUILD_POLL_SECONDS": "0.05",
        "TOUCHPOINT_REBUILD_PAGE": "2",
    }
    modules = (["touchpoint_service.main"], ["touchpoint_service.worker", "--only", "rebuilds"])
    with ExitStack() as ending:
        for module in modules:
            process = subprocess.Popen(
                [sys.executable, "-m", *module],
                env=os.environ | told,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            ending.callback(process.wait, 20)
            ending.callback(process.terminate)
        address = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(trust_env=False) as client, asyncio.timeout(60):
            while not await is_up(client, address):
                await asyncio.sleep(0.1)
        yield address


async def is_up(client: httpx2.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/health/ready")).is_success
    except httpx2.TransportError:
        return False


async def rapport(url: str, *words: str, role: str = "operator") -> tuple[int, str]:
    """The command, in a thread as it has a loop of its own."""
    token = mint_token(DEVELOPMENT_KEY, roles=[role], subject="olga")
    told = ["rebuild", "--url", url, "--token", token, *words]
    found = await asyncio.to_thread(CliRunner().invoke, app, told)
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.exit_code, found.output


async def test_finds_differences_mends_them_and_finds_none(url: str):
    code, text = await rapport(url, "--dry-run")
    assert code == 1
    assert "There was no standing." in text
    assert "3 differ, 0 set right" in text

    code, text = await rapport(url, "--customer", "b", "--lang", "zh-CN")
    assert code == 0
    assert "没有接触现状。" in text
    assert "1 compared, 1 differ, 1 set right" in text

    code, text = await rapport(url, "--json")
    found = orjson.loads(text)
    assert code == 0
    assert (found["compared"], found["mended"], found["state"]) == (3, 2, "finished")

    code, text = await rapport(url, "--dry-run")
    assert (code, text.strip()) == (0, "3 compared, 0 differ, 0 set right")


async def test_tells_wrong_use_from_failure(url: str):
    code, text = await rapport(url, "--customer", "nobody")
    assert code == 2, text
    assert "#/customer_ids/0" in text
    assert (await rapport(url, "--nonsense"))[0] == 2
    code, text = await rapport(url, role="branch_agent")
    assert code == 1
    assert "403" in text
    code, text = await rapport("http://127.0.0.1:9", "--dry-run")
    assert code == 1
    assert "does not answer" in text
