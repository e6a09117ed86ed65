"""The real system through the command line: up, killed in parts, and down."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rapport.testing.infrastructure.embedded import COMPONENTS, Embedded
from rapport.testing.parts import SERVICES, Options, part_names
from rapport.testing.processes import wait_until
from rapport.testing.system import System

pytestmark = pytest.mark.slow


def _rapport(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rapport_cli.main", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    state = tmp_path_factory.mktemp("system")
    yield state
    System(state).stop()


class TestUpAndDown:
    def test_up_leaves_everything_running_and_ready(self, state: Path) -> None:
        done = _rapport("up", "--json", "--state", str(state))
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert set(told["urls"]) == set(part_names(Options(pages=True)))
        assert set(told["pages"]) == {"branch", "hotline", "dialer", "storefront"}
        shown = _rapport("status", "--json", "--state", str(state))
        assert shown.returncode == 0
        assert all(part["ready"] for part in json.loads(shown.stdout))

    @pytest.mark.parametrize("name", ["touchpoint-api", "touchpoint-relay", "redis", "postgres"])
    def test_a_killed_part_comes_back_and_all_are_ready_again(self, state: Path, name: str) -> None:
        system = System(state, Options(usual_ports=True, pages=True))
        if name in COMPONENTS and not isinstance(system.infrastructure, Embedded):
            pytest.skip("given servers are not ours to kill")
        system.kill(name)
        system.restart(name)
        wait_until(lambda: all(part.ready for part in system.status()), 60, "all parts to be ready again")

    def test_status_names_the_one_that_is_gone(self, state: Path) -> None:
        System(state).kill("offers-api")
        shown = _rapport("status", "--json", "--state", str(state))
        assert shown.returncode == 1
        assert [part["name"] for part in json.loads(shown.stdout) if not part["ready"]] == ["offers-api"]

    def test_down_ends_all_of_it(self, state: Path) -> None:
        done = _rapport("down", "--state", str(state))
        assert done.returncode == 0
        assert all(f"{service}-worker" in done.stdout for service in SERVICES)
        assert list(state.glob("*.pid")) == []
        assert _rapport("status", "--state", str(state)).returncode == 1


class TestWrongUse:
    @pytest.mark.parametrize("arguments", [("migrate", "nothing"), ("up", "--nothing"), ("topics", "nothing")])
    def test_ends_with_2(self, arguments: tuple[str, ...]) -> None:
        assert _rapport(*arguments).returncode == 2

    def test_down_where_nothing_runs_says_so(self, tmp_path: Path) -> None:
        done = _rapport("down", "--state", str(tmp_path))
        assert (done.returncode, done.stdout.strip()) == (0, "No service ran.")
