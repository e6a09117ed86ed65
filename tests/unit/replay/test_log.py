"""A log becomes customers with their contacts; what cannot be taken is told with its line and column."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rapport_cli.replay.log import MAX_ATTEMPTS, BrokenLog, Contact, Log, Reject, read_log
from rapport_cli.replay.mapping import LogMapping, MappingError

WIDE: dict[str, Any] = {
    "name": "crm",
    "form": "wide",
    "delimiter": ";",
    "customer": {"id": "client", "prefix": "crm-", "attributes": [{"column": "age", "type": "number"}]},
    "attempts": "calls",
    "outcome": {"column": "result", "values": {"sold": "accepted", "lost": "refused"}, "before": "no_answer"},
}
LONG: dict[str, Any] = {
    "name": "crm",
    "form": "long",
    "customer": {"id": "client", "fields": {"phone": "mobile"}},
    "outcome": {"column": "result", "values": {"sold": "accepted", "lost": "refused", "away": "no_answer"}},
    "date": {"columns": ["day", "time"], "format": "%d.%m.%Y %H:%M", "zone": "Europe/Lisbon"},
}


def _read(tmp_path: Path, mapping: dict[str, Any], text: str | bytes) -> Log:
    file = tmp_path / "log.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_log(file, LogMapping.model_validate(mapping))


def _wide(tmp_path: Path, *rows: str, **changed: Any) -> Log:
    return _read(tmp_path, WIDE | changed, "\n".join(("client;age;calls;result;more", *rows)))


def _long(tmp_path: Path, *rows: str, **changed: Any) -> Log:
    return _read(tmp_path, LONG | changed, "\n".join(("client,mobile,day,time,result", *rows)))


class TestWideLogs:
    def test_a_row_is_a_customer_whose_last_contact_has_the_outcome(self, tmp_path: Path) -> None:
        log = _wide(tmp_path, "7;41;3;sold;x", "8;;1;lost;x")
        assert log.targets == ("attributes.age",)
        first, second = log.customers
        assert (first.customer_id, first.line, first.cells) == ("crm-7", 2, ("41",))
        assert [c.outcome for c in first.contacts] == ["no_answer", "no_answer", "accepted"]
        assert (second.customer_id, second.cells, second.contacts) == ("crm-8", ("",), [Contact("refused")])
        assert (log.rows, log.contacts, log.rejects) == (2, 4, [])

    def test_rows_without_an_id_are_numbered_with_the_rejected_ones(self, tmp_path: Path) -> None:
        log = _wide(tmp_path, "7;41;1;sold;x", "7;41;0;sold;x", "7;41;1;sold;x", customer={"prefix": "r"})
        assert [customer.customer_id for customer in log.customers] == ["r000001", "r000003"]

    def test_a_date_is_that_of_the_first_contact(self, tmp_path: Path) -> None:
        date = {"columns": ["more"], "format": "%Y-%m-%d"}
        (customer,) = _wide(tmp_path, "7;41;2;sold;2026-03-02", date=date).customers
        assert [contact.at for contact in customer.contacts] == [datetime(2026, 3, 2, tzinfo=UTC), None]

    @pytest.mark.parametrize(
        ("row", "column", "reason"),
        [
            ("7;41;2;sold", "", "has 4 cells, the header has 5"),
            (";41;2;sold;x", "client", "is no id"),
            ("a b;41;2;sold;x", "client", "is no id"),
            (f"{'a' * 37};41;2;sold;x", "client", "is no id"),
            ("7;old;2;sold;x", "age", "is no number"),
            ("7;inf;2;sold;x", "age", "is no finite number"),
            ("7;41;;sold;x", "calls", "is no whole number from 1"),
            ("7;41;0;sold;x", "calls", "is no whole number from 1"),
            ("7;41;2.0;sold;x", "calls", "is no whole number from 1"),
            ("7;41;²;sold;x", "calls", "is no whole number from 1"),
            (f"7;41;{MAX_ATTEMPTS + 1};sold;x", "calls", "is no whole number from 1"),
            ("7;41;2;SOLD;x", "result", "is 'SOLD', not one of sold, lost"),
            ("1;41;2;sold;x", "client", "is on line 2 already"),
        ],
    )
    def test_a_bad_row_is_rejected_alone(self, tmp_path: Path, row: str, column: str, reason: str) -> None:
        log = _wide(tmp_path, "1;30;1;lost;x", row, "3;30;1;lost;x")
        assert [customer.customer_id for customer in log.customers] == ["crm-1", "crm-3"]
        assert log.rows == 3
        (reject,) = log.rejects
        assert reject[:2] == (3, column)
        assert reject.reason.startswith(reason)

    def test_the_most_contacts_are_taken(self, tmp_path: Path) -> None:
        assert _wide(tmp_path, f"7;41;{MAX_ATTEMPTS};sold;x").contacts == MAX_ATTEMPTS

    def test_lines_count_as_in_the_file(self, tmp_path: Path) -> None:
        log = _wide(tmp_path, "", '1;30;1;lost;"two', 'lines"', "", "2;30;x;lost;x")
        assert [customer.line for customer in log.customers] == [3]
        assert log.rejects == [Reject(6, "calls", f"is no whole number from 1 to {MAX_ATTEMPTS}")]


class TestLongLogs:
    def test_rows_of_a_customer_are_its_contacts(self, tmp_path: Path) -> None:
        log = _long(
            tmp_path,
            "a,+351910000001,02.03.2026,09:30,away",
            "b,+351910000002,02.03.2026,09:40,lost",
            "a,+351910000003,29.03.2026,09:30,sold",
        )
        first, second = log.customers
        assert first.contacts == [
            Contact("no_answer", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
            Contact("accepted", datetime(2026, 3, 29, 8, 30, tzinfo=UTC)),  # Lisbon has summer time since that night
        ]
        assert second.contacts == [Contact("refused", datetime(2026, 3, 2, 9, 40, tzinfo=UTC))]
        assert (first.line, first.cells) == (2, ("+351910000001",))

    def test_without_a_date_contacts_follow_each_other(self, tmp_path: Path) -> None:
        (customer,) = _long(tmp_path, "a,1,,,away", "a,1,,,sold", date=None).customers
        assert customer.contacts == [Contact("no_answer"), Contact("accepted")]

    def test_two_contacts_may_be_at_one_instant(self, tmp_path: Path) -> None:
        row = "a,1,02.03.2026,09:30,away"
        assert _long(tmp_path, row, row).contacts == 2

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("a,1,2026-03-02,09:30,away", "'2026-03-02 09:30' is no date as %d.%m.%Y %H:%M"),
            ("a,1,30.02.2026,09:30,away", "'30.02.2026 09:30' is no date as"),
            ("a,1,02.03.2026,09:29,away", "lies before an earlier row of the customer"),
        ],
    )
    def test_a_bad_date_is_told_by_its_columns(self, tmp_path: Path, row: str, reason: str) -> None:
        log = _long(tmp_path, "a,1,02.03.2026,09:30,away", row)
        assert log.contacts == 1
        assert log.rejects[0][:2] == (3, "day time")
        assert log.rejects[0].reason.startswith(reason)


class TestFiles:
    def test_gzip_is_seen_by_the_content(self, tmp_path: Path) -> None:
        text = "client;age;calls;result\n7;41;2;sold\n"
        assert _read(tmp_path, WIDE, gzip.compress(text.encode())).contacts == 2

    def test_a_byte_order_mark_is_no_part_of_the_header(self, tmp_path: Path) -> None:
        assert _read(tmp_path, WIDE, b"\xef\xbb\xbfclient;age;calls;result\n7;41;2;sold\n").contacts == 2

    def test_another_encoding(self, tmp_path: Path) -> None:
        customer = {"id": "client", "fields": {"name": "姓名"}}
        raw = "client;姓名;calls;result\n7;王伟;2;sold\n".encode("gb18030")
        (found,) = _read(tmp_path, WIDE | {"customer": customer, "encoding": "gb18030"}, raw).customers
        assert found.cells == ("王伟",)

    def test_bytes_of_another_encoding_reject_their_row(self, tmp_path: Path) -> None:
        log = _read(tmp_path, WIDE, b"client;age;calls;result;x\n7;41;2;sold;\xff\n8;41;2;sold;x\n")
        assert [customer.customer_id for customer in log.customers] == ["crm-8"]
        assert log.rejects == [Reject(2, "", "holds bytes that are not utf-8")]

    def test_a_missing_column_is_named_beside_those_there(self, tmp_path: Path) -> None:
        with pytest.raises(BrokenLog, match="line 1: the log has no column age, calls; it has client, result"):
            _read(tmp_path, WIDE, "client;result\n")

    def test_an_empty_file_is_no_log(self, tmp_path: Path) -> None:
        with pytest.raises(BrokenLog, match="the file is empty"):
            _read(tmp_path, WIDE, "")

    def test_a_cut_archive_is_no_log(self, tmp_path: Path) -> None:
        whole = gzip.compress(b"client;age;calls;result\n" + b"7;41;2;sold\n" * 50)
        with pytest.raises(BrokenLog, match=r"log\.csv cannot be read"):
            _read(tmp_path, WIDE, whole[: len(whole) // 2])

    def test_a_quoted_cell_without_an_end_is_told_by_its_line(self, tmp_path: Path) -> None:
        text = 'client;age;calls;result\n7;41;2;sold\n8;41;2;"sold\n' + "9;41;2;sold\n" * 20_000
        with pytest.raises(BrokenLog, match="line 3: field larger than field limit"):
            _read(tmp_path, WIDE, text)

    @pytest.mark.parametrize(
        ("changed", "told"),
        [({"encoding": "morse"}, "encoding: 'morse'"), ({"date": {"columns": ["age"], "zone": "Mars"}}, "date/zone")],
    )
    def test_an_encoding_or_zone_that_does_not_exist(self, tmp_path: Path, changed: Any, told: str) -> None:
        with pytest.raises(MappingError, match=told):
            _read(tmp_path, WIDE | changed, "client;age;calls;result\n")

    def test_progress_ends_at_the_whole(self, tmp_path: Path) -> None:
        file = tmp_path / "log.csv"
        file.write_text("client;age;calls;result\n" + "".join(f"{n};41;1;sold\n" for n in range(12_000)))
        told: list[float] = []
        read_log(file, LogMapping.model_validate(WIDE), told.append)
        assert len(told) == 3
        assert told == sorted(told)
        assert told[-1] == 1.0
