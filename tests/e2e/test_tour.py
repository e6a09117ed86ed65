"""`rapport up --world` prints what to try; whoever tries it, in order and then again, finds that it works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rapport.testing.processes import wait_until
from rapport.testing.system import System

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def _up(state: Path, *options: str) -> str:
    command = [sys.executable, "-m", "rapport_cli.main", "up", "--world", "--state", str(state), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    state = tmp_path_factory.mktemp("tour")
    yield state
    System(state).stop()


@pytest.fixture(scope="module")
def tour(state: Path) -> dict[str, Any]:
    """What `up --world --json` says on an empty system."""
    found: dict[str, Any] = json.loads(_up(state, "--json"))["tour"]
    return found


def _try(tour: dict[str, Any], number: int) -> Any:
    """The answer to a command, counted from 1, as a shell gives it."""
    one = tour["tries"][number - 1]
    done = subprocess.run(
        ["/bin/sh", "-c", one["command"]],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **tour["variables"], "no_proxy": "127.0.0.1"},
    )
    assert done.returncode == 0, f"{one['what']}: {one['command']}\n{done.stderr}"
    return json.loads(done.stdout)


class TestTour:
    def test_shows_an_acceptance_on_the_web_stopping_the_call(self, tour: dict[str, Any]) -> None:
        assert len(tour["tries"]) == 10
        waiting, popup, shop, accepted = (_try(tour, number) for number in (1, 2, 3, 4))
        assert waiting["state"] == "open"
        assert popup["offers"][0]["offer_id"] == "stay-24"
        assert "stay-24" in [offer["offer_id"] for offer in shop["items"]]
        assert accepted["state"] == "accepted"
        wait_until(lambda: _try(tour, 5)["state"] == "recalled", 10, "the call task to vanish")
        assert _try(tour, 5)["contact_id"] == waiting["contact_id"]
        timeline, chinese, asked, standing = (_try(tour, number) for number in (6, 7, 8, 9))
        recalled = {one["channel"] for one in timeline["items"] if one["kind"] == "contact.recalled"}
        assert recalled == {"call", "branch", "hotline"}
        assert chinese["items"][0]["text"].endswith("。")
        assert asked["state"] == "suppressed"
        assert asked["because"]["reason"] == "already_accepted"
        assert "retention" in str(standing["goals_met"])
        wait_until(lambda: _try(tour, 10)["channels"]["web"]["accepted"] == 1, 10, "the campaign to count it")

    def test_works_again_after_it_was_printed_again(self, state: Path, tour: dict[str, Any]) -> None:
        printed = _up(state)
        assert all(one["command"] in printed for one in tour["tries"])
        assert [_try(tour, number)["state"] for number in (1, 4, 5, 8)] == [
            "recalled",
            "accepted",
            "recalled",
            "suppressed",
        ]
