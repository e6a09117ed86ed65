"""The simulators as a process of their own, and a touchpoint service that only takes receipts."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from rapport.clock import SteppedClock

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOKEN = "token-of-a-channel-system"
SEED = 7


@dataclass
class Received:
    """One request at the receiver."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Receiver:
    """Answers receipts with `status` and remembers them; closed until `open`."""

    port: int
    status: int = 200
    requests: list[Received] = field(default_factory=list)
    _server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.requests.append(Received(head[0].split()[1], headers, json.loads(body)))
            writer.write(f"HTTP/1.1 {self.status} Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Simulators:
    """A running process and the way to each of its ports."""

    process: asyncio.subprocess.Process
    clock: SteppedClock
    receiver: Receiver
    sms: httpx2.AsyncClient
    smtp_port: int
    control: httpx2.AsyncClient
    reference: str = "ctc_1"
    """A contact that no other test has."""

    async def send(self, *, key: str | None = None, **changed: Any) -> httpx2.Response:
        body = {"to": "+493023125014", "text": "Your contract ends in May.", "reference": self.reference, **changed}
        return await self.sms.post("/messages", json=body, headers={} if key is None else {"Idempotency-Key": key})

    async def behave(self, **wanted: Any) -> Any:
        answer = await self.control.post("/behaviour", json=wanted)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def received(self, reference: str | None = None) -> list[dict[str, Any]]:
        answer = await self.control.get("/messages", params={"reference": reference or self.reference})
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def due(self) -> int:
        found: int = (await self.control.get("/idle", params={"now": self.clock.now().isoformat()})).json()["due"]
        return found

    async def receipt(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.received())[0]["receipt"]
        return found

    async def until_idle(self) -> None:
        async with asyncio.timeout(10):
            while await self.due():
                await asyncio.sleep(0.01)

    def move_to(self, instant: str) -> None:
        self.clock.move_to(datetime.fromisoformat(instant))


@asynccontextmanager
async def run_simulators(folder: Path) -> AsyncIterator[Simulators]:
    clock = SteppedClock.create(folder / "clock", START)
    receiver = Receiver(free_port())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rapport.testing.simulators", "--clock", f"stepped:{clock.path}"),
        *("--seed", str(SEED), "--touchpoint-url", f"http://127.0.0.1:{receiver.port}"),
        env={**os.environ, "RAPPORT_SIMULATORS_TOKEN": TOKEN},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 20)
        ports = json.loads(line)
        async with (
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{ports['sms_port']}", trust_env=False) as sms,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{ports['control_port']}", trust_env=False) as control,
        ):
            await receiver.open()
            yield Simulators(process, clock, receiver, sms, ports["smtp_port"], control)
    finally:
        await receiver.close()
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture(scope="session")
async def shared_simulators(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulators]:
    """One process for all tests, as starting it takes longer than most of them."""
    async with run_simulators(tmp_path_factory.mktemp("simulators")) as running:
        yield running


@pytest.fixture
async def simulators(shared_simulators: Simulators, unique: str) -> Simulators:
    """The shared process, behaving well, with nothing due and a contact of the test's own."""
    await shared_simulators.behave(mode="ok", delay_s=0, failure_share=0)
    shared_simulators.receiver.status = 200
    shared_simulators.clock.move_to(shared_simulators.clock.now() + timedelta(hours=1))
    await shared_simulators.until_idle()
    shared_simulators.receiver.requests.clear()
    return replace(shared_simulators, reference=f"ctc_{unique}")
