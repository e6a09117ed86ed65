"""The generator as the build runs it: what is committed is what the classes say, and a broken contract stops it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rapport.contracts import REGISTRY
from rapport.contracts.generate import HERE, main

OUTCOME = "channel.outcome.reported.v1"

Edit = Callable[[dict[str, Any]], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the committed contracts, to plant changes in."""
    for part in ("schemas", "examples"):
        shutil.copytree(HERE / part, tmp_path / part)
    shutil.copy(HERE / "asyncapi.yaml", tmp_path)
    return tmp_path


def edit(path: Path, change: Edit) -> None:
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestCommittedContracts:
    def test_are_what_the_classes_say(self) -> None:
        assert main(["--check"]) == 0

    def test_are_all_written_from_nothing_but_the_examples(self, folder: Path) -> None:
        committed = contents(folder)
        shutil.rmtree(folder / "schemas")
        (folder / "asyncapi.yaml").unlink()
        assert main([], folder) == 0
        assert contents(folder) == committed

    def test_have_no_schema_beside_those_of_the_registry(self) -> None:
        assert {path.stem for path in (HERE / "schemas").glob("*.json")} == set(REGISTRY)


class TestCheck:
    """In the copies the *committed* side is changed: what it has and the class lacks was removed from the class."""

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda s: s["properties"].update(mood={"type": "string", "default": ""}), "/mood: the field was removed"),
            (lambda s: s["required"].remove("contact_id"), "/contact_id: the field became required"),
            (lambda s: s["$defs"]["Outcome"]["enum"].append("sulked"), "/outcome: the value 'sulked' was removed"),
            (lambda s: s["properties"]["note"]["anyOf"][0].update(maxLength=900), "/note: maxLength 900 became 500"),
            (lambda s: s.update({"x-topic": "channel.outcomes"}), "x-topic 'channel.outcomes' became"),
        ],
    )
    def test_a_breaking_change_fails_and_names_type_place_and_reason(
        self, folder: Path, capsys: pytest.CaptureFixture[str], change: Edit, said: str
    ) -> None:
        edit(folder / "schemas" / f"{OUTCOME}.json", change)
        before = contents(folder)
        assert main(["--check"], folder) == 1
        assert main([], folder) == 1
        assert contents(folder) == before, "nothing is written over a contract that would break"
        error = capsys.readouterr().err
        assert f"{OUTCOME} at /" in error
        assert said in error
        assert "new type with the next .v<n>" in error

    def test_a_type_that_went_away_fails(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        shutil.copy(folder / "schemas" / f"{OUTCOME}.json", folder / "schemas" / "channel.mood.reported.v1.json")
        assert main(["--check"], folder) == 1
        assert "channel.mood.reported.v1 at /: the type was removed" in capsys.readouterr().err

    def test_an_additive_change_only_wants_to_be_written(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        committed = contents(folder)
        edit(folder / "schemas" / f"{OUTCOME}.json", lambda s: s["properties"].pop("agent"))
        assert main(["--check"], folder) == 1
        assert f"{OUTCOME}.json is out of date" in capsys.readouterr().err
        assert main([], folder) == 0
        assert contents(folder) == committed
        assert main(["--check"], folder) == 0

    def test_a_stale_document_fails(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "asyncapi.yaml").write_text("asyncapi: 3.0.0\n", "utf-8")
        assert main(["--check"], folder) == 1
        assert "asyncapi.yaml is out of date" in capsys.readouterr().err


class TestExamples:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda e: e.update(outcom="busy"), "is not what the model writes"),
            (lambda e: e.update(outcome="sulked"), "outcome"),
            (lambda e: e.pop("contact_id"), "contact_id"),
        ],
    )
    def test_a_faulty_one_fails(
        self, folder: Path, capsys: pytest.CaptureFixture[str], change: Edit, said: str
    ) -> None:
        edit(folder / "examples" / f"{OUTCOME}.json", change)
        assert main(["--check"], folder) == 1
        error = capsys.readouterr().err
        assert f"examples/{OUTCOME}.json" in error
        assert said in error

    def test_a_missing_one_fails(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "examples" / f"{OUTCOME}.json").unlink()
        assert main(["--check"], folder) == 1
        assert f"examples/{OUTCOME}.json: missing" in capsys.readouterr().err

    def test_one_of_no_type_fails(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "examples" / "channel.mood.reported.v1.json").write_text("{}")
        assert main(["--check"], folder) == 1
        assert "channel.mood.reported.v1.json: no such event type" in capsys.readouterr().err
