"""A short month of few customers, played twice on real servers: what is reported, and that it is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rapport.contracts.vocabulary import Channel, Outcome, Reason
from rapport_cli.demo.scenes import SCENES
from rapport_cli.report import DECISIONS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CUSTOMERS = 200
TIMED = {"seconds", "phases", "work_seconds", "recall_ms"}
"""Members of the report that tell how fast the machine was."""


def _demo(state: Path) -> dict[str, Any]:
    """The report of a run that has ended well, as it was printed."""
    command = [sys.executable, "-m", "rapport_cli.main", "demo", "--json", "--state", str(state), "--seed", "4"]
    done = subprocess.run(
        [*command, "--customers", str(CUSTOMERS), "--days", "4"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    assert printed == json.loads((state / "demo" / "report.json").read_text())
    return printed


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def report(state: Path) -> dict[str, Any]:
    return _demo(state)


class TestReport:
    def test_is_good(self, report: dict[str, Any]) -> None:
        assert report["ok"] is True
        assert report["over_cap"] == 0
        assert report["released_after_acceptance"] == 0
        assert report["invariants"] == {"checked": 10, "broken": []}

    def test_tells_what_has_happened(self, report: dict[str, Any]) -> None:
        assert report["data"] == "synthetic"
        assert report["customers"] == CUSTOMERS
        assert report["decisions"].keys() == set(DECISIONS)
        assert report["reasons"].keys() <= set(Reason)
        assert report["outcomes"].keys() <= set(Outcome)
        assert report["channels"].keys() == set(Channel)
        assert report["requests"] > CUSTOMERS
        assert report["seconds"] > 0

    def test_adds_up(self, report: dict[str, Any]) -> None:
        channels = report["channels"].values()
        assert sum(channel["released"] for channel in channels) == report["decisions"]["released"]
        assert sum(channel["accepted"] for channel in channels) == report["outcomes"]["accepted"] > 0
        assert sum(channel["recalled"] for channel in channels) == report["recalled"] > 0
        ends = sum(report["decisions"][kind] for kind in ("released", "suppressed", "expired", "withdrawn"))
        assert ends == report["requests"] + report["pre_empted"], "whose slot was taken is released or ended once more"

    def test_shows_rules_at_work(self, report: dict[str, Any]) -> None:
        shown = {"quiet_hours", "legal_hours", "no_consent", "minimum_gap", "frequency_cap", "slot_held"}
        assert shown <= report["reasons"].keys()

    def test_plays_the_scenes(self, report: dict[str, Any], state: Path) -> None:
        page = (state / "demo" / "report.html").read_text()
        for scene in SCENES:
            assert f">{scene.title}<" in page
        assert report["pre_empted"] >= 1
        assert report["recalls_too_late"] >= 1

    def test_comes_as_a_page_that_loads_nothing(self, report: dict[str, Any], state: Path) -> None:
        page = (state / "demo" / "report.html").read_text()
        assert page.count("<svg") == 5
        assert page.count('class="story"') >= 3
        assert "src=" not in page
        assert "@import" not in page


class TestSameSeed:
    def test_gives_the_same_report(self, report: dict[str, Any], state: Path) -> None:
        again = _demo(state)
        assert _untimed(again) == _untimed(report)


def _untimed(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in TIMED}
