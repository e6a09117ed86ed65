"""A mapping is complete, or says where it is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rapport.settings import home
from rapport_cli.replay.mapping import SHIPPED, LogMapping, MappingError, load, mapping_for

WIDE: dict[str, Any] = {
    "name": "crm",
    "form": "wide",
    "attempts": "calls",
    "outcome": {"column": "result", "values": {"sold": "accepted", "lost": "refused"}},
}
LONG: dict[str, Any] = {
    "name": "crm",
    "form": "long",
    "customer": {"id": "client"},
    "outcome": {"column": "result", "values": {"sold": "accepted"}},
}


def _load(tmp_path: Path, mapping: Any) -> LogMapping:
    file = tmp_path / "mapping.yaml"
    file.write_text(mapping if isinstance(mapping, str) else yaml.safe_dump(mapping), encoding="utf-8")
    return load(file)


class TestLoad:
    def test_knows_every_column_it_needs_once(self, tmp_path: Path) -> None:
        customer = {
            "id": "client",
            "fields": {"phone": "mobile"},
            "attributes": [{"column": "age", "type": "number"}, {"column": "client", "name": "number"}],
        }
        mapping = _load(tmp_path, WIDE | {"customer": customer, "date": {"columns": ["year", "month"]}})
        assert mapping.columns == ["client", "mobile", "age", "calls", "result", "year", "month"]

    def test_another_cap_leaves_the_rest(self, tmp_path: Path) -> None:
        mapping = _load(tmp_path, WIDE | {"cap": {"limit": 5, "window_hours": 48}})
        assert mapping.with_cap(None) is mapping
        assert mapping.with_cap(0).cap.limit == 0
        assert mapping.with_cap(0).cap.window_hours == 48

    @pytest.mark.parametrize(
        ("mapping", "told"),
        [
            (WIDE | {"attempts": None}, "`attempts` names the number of contacts in a wide log"),
            (LONG | {"attempts": "calls"}, "`attempts` names the number of contacts in a wide log"),
            (LONG | {"customer": {}}, "a long log needs `customer.id`"),
            (WIDE | {"also_open": ["call"]}, "`also_open` names call, the channel of the log itself"),
            (WIDE | {"channel": "sms"}, ", channel: "),
            (WIDE | {"colour": "red"}, ", colour: "),
            (WIDE | {"cap": {"limit": -1}}, ", cap/limit: "),
            (WIDE | {"cap": {"window_hours": 2209}}, ", cap/window_hours: "),
            (WIDE | {"outcome": {"column": "y", "values": {"yes": "bought"}}}, ", outcome/values/yes: "),
            (WIDE | {"outcome": {"column": "y", "values": {"later": "call_back"}}}, "call_back needs a time"),
            (WIDE | {"customer": {"attributes": [{"column": "a b"}]}}, "the attribute 'a b' needs a `name`"),
            (
                WIDE | {"customer": {"attributes": [{"column": "age"}, {"column": "years", "name": "age"}]}},
                "two columns fill the attribute age",
            ),
            ("name: crm\nform: wide\nattempts: n\noutcome: {column: y, values: {yes: accepted}}", "put quotes around"),
            ("a: [", "is no YAML"),
            ("", "mapping.yaml: "),
        ],
    )
    def test_says_what_is_wrong_and_where(self, tmp_path: Path, mapping: Any, told: str) -> None:
        with pytest.raises(MappingError) as raised:
            _load(tmp_path, mapping)
        assert told in str(raised.value)

    def test_says_which_file_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(MappingError, match=r"absent\.yaml: cannot be read"):
            load(tmp_path / "absent.yaml")


class TestShippedMappings:
    @pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
    def test_can_be_loaded_and_are_found_by_the_name_of_the_log(self, file: Path) -> None:
        assert load(file).name
        assert mapping_for(Path("somewhere") / f"{file.stem}.csv.gz") == file

    def test_an_unknown_log_needs_a_mapping_of_its_own(self) -> None:
        with pytest.raises(
            MappingError, match=r"no mapping is shipped for calls\.csv \(only for .*bank-additional-full"
        ):
            mapping_for(Path("calls.csv"))

    def test_the_bank_log_is_replayed_as_one_campaign_of_three_calls(self) -> None:
        mapping = load(SHIPPED / "bank-additional-full.yaml")
        assert (mapping.channel, mapping.also_open) == ("call", ("branch", "web"))
        assert (mapping.cap.limit, mapping.cap.window_hours) == (3, 2208)
        assert mapping.gap_hours == 24
        assert "duration" not in mapping.columns


class TestDocumentation:
    def test_its_examples_are_mappings(self, tmp_path: Path) -> None:
        page = (home() / "docs" / "replay.md").read_text(encoding="utf-8")
        examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
        assert {_load(tmp_path, example).form for example in examples} == {"wide", "long"}
