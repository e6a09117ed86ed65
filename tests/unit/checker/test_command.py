"""`rapport check`: what it prints and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from rapport_cli.checker import Findings, command
from rapport_cli.checker.check import SERVICES

GIVEN = [f"--database={service}=postgresql://nowhere/{service}" for service in SERVICES]


def run(monkeypatch: pytest.MonkeyPatch, findings: Findings, *arguments: str) -> Any:
    async def check(databases: dict[str, str], bootstrap: str, **_: Any) -> Findings:
        assert databases["offers"] == "postgresql://nowhere/offers"
        assert bootstrap == "nowhere:9092"
        return findings

    monkeypatch.setattr(command, "check", check)
    app = typer.Typer()
    command.register(app)
    return CliRunner().invoke(app, [*GIVEN, "--bootstrap=nowhere:9092", *arguments])


def broken() -> Findings:
    findings = Findings(checked=list(range(1, 11)))
    for number in range(70):
        findings.add(2, f"c{number}", "was called again")
    return findings


def test_all_well_is_exit_0(monkeypatch: pytest.MonkeyPatch):
    result = run(monkeypatch, Findings(checked=list(range(1, 11))))
    assert result.exit_code == 0
    assert result.output.count("holds") == 10


def test_a_violation_is_exit_1_and_is_shown(monkeypatch: pytest.MonkeyPatch):
    result = run(monkeypatch, broken())
    assert result.exit_code == 1
    assert "broken × 70" in result.output
    assert "invariant 2, c0: was called again" in result.output


def test_json_for_machines(monkeypatch: pytest.MonkeyPatch):
    result = run(monkeypatch, broken(), "--json")
    told = json.loads(result.output)
    assert (result.exit_code, told["ok"], told["counts"]) == (1, False, {"2": 70})
    assert told["broken"][0] == {"invariant": 2, "key": "c0", "what": "was called again"}
    assert len(told["broken"]) == 50
    assert told["figures"]["released_after_acceptance"] == 0


def test_without_a_system_it_says_what_to_do(tmp_path: Path):
    app = typer.Typer()
    command.register(app)
    result = CliRunner().invoke(app, ["--state", str(tmp_path)])
    assert result.exit_code == 1


@pytest.mark.parametrize("given", ["billing=postgresql://x", "offers"])
def test_a_wrong_database_is_wrong_use(given: str):
    app = typer.Typer()
    command.register(app)
    assert CliRunner().invoke(app, ["--database", given]).exit_code == 2
