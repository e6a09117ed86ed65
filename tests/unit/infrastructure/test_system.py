"""A system is started, killed, restarted and ended by the names of its parts."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from rapport.settings import ServiceSettings
from rapport.testing import system as module
from rapport.testing.infrastructure import Endpoints
from rapport.testing.infrastructure.given import KAFKA, POSTGRES, REDIS
from rapport.testing.parts import SERVICES, USUAL_PORTS, Options, Part, part_names, parts, port_names, url
from rapport.testing.processes import ProcessFailed
from rapport.testing.system import System

ENDPOINTS = Endpoints("postgresql://db/admin", "broker:9092", "redis://cache/0")
DATABASES = {service: f"postgresql://db/{service}" for service in SERVICES}
# Answers every GET with 200; keeps nothing.
SERVER = (
    "import http.server, sys\n"
    "class Handler(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self): self.send_response(200); self.end_headers()\n"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()\n"
)


def _parts(options: Options) -> dict[str, Part]:
    return {part.name: part for part in parts(options, ENDPOINTS, DATABASES, USUAL_PORTS.__getitem__)}


class TestParts:
    @pytest.mark.parametrize("options", [Options(), Options(relay_apart=False, simulators=False)])
    def test_every_service_has_an_api_and_a_worker(self, options: Options) -> None:
        names = {f"{service}-{role}" for service in SERVICES for role in ("api", "worker")}
        names |= {"simulators"} if options.simulators else set()
        names |= {"touchpoint-relay"} if options.relay_apart else set()
        assert set(_parts(options)) == set(part_names(options)) == names
        assert set(port_names(options)) <= set(USUAL_PORTS)

    @pytest.mark.parametrize("service", SERVICES)
    def test_is_told_its_own_database_in_names_its_settings_know(self, service: str) -> None:
        settings: type[ServiceSettings] = importlib.import_module(f"{service}_service.settings").Settings
        prefix = f"{service.upper()}_"
        told = {name for name in _parts(Options())[f"{service}-api"].environment if name.startswith(prefix)}
        assert f"{prefix}DATABASE_URL" in told
        assert told <= {f"{prefix}{field}".upper() for field in settings.model_fields}

    def test_the_relay_apart_does_what_the_worker_then_leaves(self) -> None:
        apart = _parts(Options())
        assert apart["touchpoint-relay"].command[-2:] == ("--only", "relay")
        assert "relay" not in apart["touchpoint-worker"].command
        assert "--only" not in _parts(Options(relay_apart=False))["touchpoint-worker"].command

    def test_no_two_parts_share_a_port(self) -> None:
        ports = [USUAL_PORTS[name] for name in port_names(Options())]
        assert len(set(ports)) == len(ports)
        for part in _parts(Options()).values():
            assert part.ready_url.startswith(f"{url(USUAL_PORTS[part.name])}/health/")

    def test_settings_of_the_caller_win(self) -> None:
        told = _parts(Options(settings={"TOUCHPOINT_SMTP_PORT": "25"}))["touchpoint-worker"].environment
        assert told["TOUCHPOINT_SMTP_PORT"] == "25"


@pytest.fixture
def make_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], System]]:
    """Systems of one folder on given servers, whose parts are two small web servers."""
    for name, value in ((POSTGRES, "postgresql://x"), (KAFKA, "x"), (REDIS, "redis://x")):
        monkeypatch.setenv(name, value)

    async def prepared(_: Endpoints) -> dict[str, str]:
        return DATABASES

    def chosen(_options: Options, _endpoints: Endpoints, _databases: object, port: Callable[[str], int]) -> list[Part]:
        names = ("offers-api", "offers-worker")
        return [
            Part(name, (sys.executable, "-c", SERVER, str(port(name))), {}, f"{url(port(name))}/health/ready")
            for name in names
        ]

    monkeypatch.setattr(module, "_prepare", prepared)
    monkeypatch.setattr(module, "parts", chosen)
    yield lambda: System(tmp_path)
    System(tmp_path).stop()


class TestSystem:
    def test_starts_all_and_tells_where_they_are(self, make_system: Callable[[], System]) -> None:
        running = make_system().start()
        connection = HTTPConnection(running.api("offers").removeprefix("http://"))
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        assert make_system().running() == running
        assert running.databases == DATABASES

    def test_status_tells_ready_from_gone(self, make_system: Callable[[], System]) -> None:
        assert make_system().status() == []
        make_system().start()
        make_system().kill("offers-worker")
        found = {part.name: part for part in make_system().status()}
        assert found["offers-api"].ready
        assert found["offers-worker"].pid is None
        assert not found["offers-worker"].ready

    def test_a_killed_part_comes_back_on_its_port(self, make_system: Callable[[], System]) -> None:
        running = make_system().start()
        before = make_system().process("offers-api").pid
        make_system().kill("offers-api")
        make_system().restart("offers-api")
        assert make_system().process("offers-api").pid not in (None, before)
        assert make_system().running() == running

    def test_stop_from_another_process_ends_every_part_and_nothing_else(
        self, make_system: Callable[[], System]
    ) -> None:
        system = make_system()
        system.start()
        stranger = subprocess.Popen(["sleep", "60"])
        assert make_system().stop() == ["offers-api", "offers-worker"]
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()
        assert system.process("offers-api").pid is None
        assert make_system().running() is None
        assert make_system().stop() == []

    def test_a_second_start_replaces_the_parts_of_the_first(self, make_system: Callable[[], System]) -> None:
        make_system().start()
        before = make_system().process("offers-api").pid
        make_system().start()
        assert make_system().process("offers-api").pid not in (None, before)

    def test_a_part_that_fails_takes_the_others_down_and_says_its_last_words(
        self, make_system: Callable[[], System], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        good = Part("offers-api", ("sleep", "60"), {"PATH": "/bin"}, "http://127.0.0.1:1/")
        bad = Part("offers-worker", ("sh", "-c", "echo no coffee; exit 3"), {"PATH": "/bin"}, "http://127.0.0.1:1/")
        monkeypatch.setattr(module, "parts", lambda *_: [bad, good])
        with pytest.raises(ProcessFailed, match=r"(?s)offers-worker ended.*no coffee"):
            make_system().start()
        assert make_system().process("offers-api").pid is None

    async def test_can_be_started_where_a_loop_runs(self, make_system: Callable[[], System]) -> None:
        assert asyncio.get_running_loop().is_running()
        make_system().start()
        assert make_system().process("offers-api").pid is not None

    def test_keeps_the_password_of_the_servers_to_its_owner(
        self, make_system: Callable[[], System], tmp_path: Path
    ) -> None:
        make_system().start()
        file = tmp_path / "system.json"
        assert file.stat().st_mode & 0o077 == 0
        assert json.loads(file.read_text())["endpoints"]["kafka_bootstrap"] == "x"

    def test_refuses_to_kill_a_server_that_is_not_ours(self, make_system: Callable[[], System]) -> None:
        with pytest.raises(ProcessFailed, match="only embedded"):
            make_system().kill("kafka")
