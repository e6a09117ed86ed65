"""What the columns of a file mean."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from profile_service.domain.csv_files import BrokenFile, Row
from profile_service.domain.import_mapping import EXAMPLE, ImportMapping, ImportRow, Reject, RowReader

SAID_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def read(cells: dict[str, str], columns: dict[str, str], **options: Any) -> ImportRow | list[Reject]:
    columns = {"id": "customer_id", **columns}
    mapping = ImportMapping(columns=columns, **options)
    cells = {"id": "c1", **cells}
    return RowReader(mapping, list(cells), SAID_AT).read(Row(7, list(cells.values())))


def said(cells: dict[str, str], columns: dict[str, str], **options: Any) -> dict[str, Any]:
    row = read(cells, columns, **options)
    assert isinstance(row, ImportRow), row
    return row.given()


class TestRows:
    def test_fill_fields_from_columns_and_pass_over_the_others(self) -> None:
        found = said({"Name": " Ann ", "Born": "1985-07-04", "Shoe": "44"}, {"Name": "name", "Born": "birth_date"})
        assert found == {"customer_id": "c1", "name": "Ann", "birth_date": date(1985, 7, 4)}

    def test_an_empty_cell_says_nothing(self) -> None:
        assert said({"Name": "", "Tags": "  "}, {"Name": "name", "Tags": "tags"}) == {"customer_id": "c1"}

    def test_a_default_stands_in_for_an_empty_or_absent_cell(self) -> None:
        columns, defaults = {"Land": "country"}, {"country": "DE", "grade": "general"}
        assert said({"Land": ""}, columns, defaults=defaults) == {
            "customer_id": "c1",
            "country": "DE",
            "grade": "general",
        }
        assert said({"Land": "CN"}, columns, defaults=defaults)["country"] == "CN"

    @pytest.mark.parametrize(
        ("kind", "text", "expected"),
        [
            ("string", "007", "007"),
            ("number", "41", 41),
            ("number", "-1.5", -1.5),
            ("number", "1e3", 1000),
            ("boolean", "Yes", True),
            ("boolean", "0", False),
            ("date", "2026-03-01", "2026-03-01"),
        ],
    )
    def test_attributes_have_the_type_that_is_told(self, kind: str, text: str, expected: object) -> None:
        found = said({"A": text}, {"A": "attributes.a"}, types={"a": kind})["attributes"]
        assert found == {"a": expected}
        assert type(found["a"]) is type(expected)

    def test_lists_are_separated_by_bars(self) -> None:
        found = said({"P": "gold| broadband |", "T": "vip"}, {"P": "holdings", "T": "tags"})
        assert [holding.product for holding in found["holdings"]] == ["gold", "broadband"]
        assert found["tags"] == ("vip",)

    def test_a_consent_counts_from_when_the_file_was_handed_in(self) -> None:
        (consent,) = said({"OK": "no"}, {"OK": "consents.call.marketing"})["consents"]
        assert (consent.channel, consent.purpose, consent.granted, consent.at) == ("call", "marketing", False, SAID_AT)

    def test_external_ids_go_by_system(self) -> None:
        assert said({"CRM": "77"}, {"CRM": "external_ids.crm"})["external_ids"] == {"crm": "77"}

    def test_money_stays_exact(self) -> None:
        assert ImportRow(customer_id="c1", holdings=[{"product": "p", "monthly_value": "19.90"}]).holdings[
            0
        ].monthly_value == Decimal("19.90")


class TestRejects:
    @pytest.mark.parametrize(
        ("field", "text"),
        [
            ("customer_id", "two words"),
            ("time_zone", "Mars/Olympus"),
            ("birth_date", "4.7.1985"),
            ("preferred_channel", "fax"),
            ("do_not_call", "perhaps"),
            ("attributes.age", "forty"),
            ("attributes.age", "nan"),
            ("attributes.age", "inf"),
            ("tags", "x" * 65),
            ("holdings", "x" * 65),
            ("external_ids.crm", "two words"),
            ("consents.call.marketing", "perhaps"),
            ("name", "a\x00b"),
            ("name", "a\udcffb"),
        ],
    )
    def test_name_line_and_column_and_do_not_repeat_the_value(self, field: str, text: str) -> None:
        mapping = ImportMapping(
            columns={"Column": field, **({} if field == "customer_id" else {"id": "customer_id"})},
            types={"age": "number"} if "age" in field else {},
        )
        reader = RowReader(mapping, ["Column", "id"], SAID_AT)
        (reject,) = reader.read(Row(7, [text, "c1"]))
        assert isinstance(reject, Reject)
        assert (reject.line, reject.column) == (7, "Column")
        assert reject.reason
        assert text not in reject.reason

    def test_tell_all_that_is_wrong_with_a_row(self) -> None:
        found = read({"A": "x", "Z": "Nowhere"}, {"A": "attributes.a", "Z": "time_zone"}, types={"a": "number"})
        assert isinstance(found, list)
        assert {reject.column for reject in found} == {"A", "Z"}

    def test_a_missing_customer_id_is_told_by_its_column(self) -> None:
        (reject,) = read({"id": ""}, {})
        assert isinstance(reject, Reject)
        assert reject.column == "id"

    def test_a_row_of_another_width_is_rejected_as_a_whole(self) -> None:
        reader = RowReader(ImportMapping(columns={"id": "customer_id"}), ["id", "b"], SAID_AT)
        assert reader.read(Row(3, ["c1"])) == [Reject(3, "", "has 1 cells, the header has 2")]

    def test_a_record_that_cannot_be_read_is_rejected_as_a_whole(self) -> None:
        reader = RowReader(ImportMapping(columns={"id": "customer_id"}), ["id"], SAID_AT)
        assert reader.read(Row(3, [], "cannot be read")) == [Reject(3, "", "cannot be read")]


class TestImportMapping:
    def test_the_documented_example_is_one(self) -> None:
        ImportMapping.model_validate(EXAMPLE)

    @pytest.mark.parametrize(
        "changed",
        [
            {"columns": {"id": "name"}},
            {"columns": {}},
            {"columns": {"id": "customer_id", "a": "name", "b": "name"}},
            {"columns": {"id": "customer_id", "a": "shoe_size"}},
            {"columns": {"id": "customer_id", "a": "consents.fax.marketing"}},
            {"columns": {"id": "customer_id", "a": "version"}},
            {"types": {"age": "number"}},
            {"defaults": {"shoe_size": "44"}},
            {"delimiter": "x"},
            {"encoding": "utf-7"},
            {"unknown": 1},
        ],
    )
    def test_refuses_what_says_nothing_or_two_things(self, changed: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            ImportMapping.model_validate({"columns": {"id": "customer_id"}, **changed})

    def test_refuses_a_file_without_a_mapped_column(self) -> None:
        with pytest.raises(BrokenFile, match="no column Name"):
            RowReader(ImportMapping(columns={"id": "customer_id", "Name": "name"}), ["id"], SAID_AT)
