"""`rapport what-if` against a real API and a real worker."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import orjson
import pytest
from tests.integration.touchpoint.conftest import POLICY, Touchpoint

NO_SERVICE = "http://127.0.0.1:9"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@asynccontextmanager
async def served(service: Touchpoint) -> AsyncIterator[str]:
    """An API and a worker of their own on the service's database; the address."""
    settings = service.app.state.settings
    url = f"http://127.0.0.1:{free_port()}"
    environment = os.environ | {
        "TOUCHPOINT_ENVIRONMENT": "test",
        "TOUCHPOINT_DATABASE_URL": settings.database_url,
        "TOUCHPOINT_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "TOUCHPOINT_PORT": url.rpartition(":")[2],
        "TOUCHPOINT_WORKER_PORT": "0",
    }
    commands = (("main",), ("worker", "--only", "what-ifs"))
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"touchpoint_service.{module}", *arguments, env=environment
        )
        for module, *arguments in commands
    ]
    try:
        async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
            for _ in range(300):
                try:
                    await client.get("/health/live")
                    break
                except httpx2.HTTPError:
                    await asyncio.sleep(0.1)
        yield url
    finally:
        for process in processes:
            process.terminate()
            await process.wait()


async def rapport(*words: str) -> tuple[int, str, str]:
    """Exit code, output and complaints of the command."""
    command = (sys.executable, "-m", "rapport_cli.main", *words)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=os.environ | {"COLUMNS": "200"}
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
async def lived(touchpoint: Touchpoint) -> Touchpoint:
    """Three contacts, an hour ago by the real clock, and a draft that would have let one go."""
    touchpoint.clock.move(datetime.now(UTC) - timedelta(hours=1))
    await touchpoint.hear(*[touchpoint.request(f"r{n}") for n in range(3)])
    one = {"name": "one-a-week", "limit": 1, "window": {"kind": "rolling", "hours": 168}}
    known = await touchpoint.call("GET", "/v1/policies/house", role="policy_editor")
    body = {"document": POLICY | {"frequency_caps": [one]}}
    tag = {"If-Match": known.headers["etag"]}
    await touchpoint.call("PUT", "/v1/policies/house/draft", body, role="policy_editor", headers=tag)
    return touchpoint


async def test_tells_what_a_draft_would_have_done(lived: Touchpoint):
    token = lived.headers("policy_editor")["Authorization"].removeprefix("Bearer ")
    common = ("--token", token, "--days", "2")
    async with served(lived) as url:
        code, out, err = await rapport("what-if", "house", *common, "--url", url)
        assert code == 0, err
        assert "1 contacts instead of 3 (-67 %)" in out
        code, out, err = await rapport("what-if", "house", *common, "--url", url, "--version", "1", "--json")
        assert code == 0, err
        found: dict[str, Any] = orjson.loads(out)
        assert (found["version"], found["state"], found["result"]["tried"]["contacts"]) == (1, "done", 3)
        code, _, err = await rapport("what-if", "nothing", *common, "--url", url)
        assert code == 1
        assert "404" in err
    code, _, err = await rapport("what-if", "house", *common, "--url", NO_SERVICE)
    assert code == 1
    assert "does not answer" in err
