"""Cutting CSV files into pieces and reading them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profile_service.domain.csv_files import MAX_LINE_BYTES, BrokenFile, CsvFile, Dialect, read

COMMA = Dialect()


def cut(text: str | bytes, rows: int = 2, dialect: Dialect = COMMA) -> list[tuple[int, list[str]]]:
    """Line and cells of each record, read back piece by piece."""
    raw = text.encode(dialect.encoding) if isinstance(text, str) else text
    found = []
    for piece in CsvFile(io.BytesIO(raw), dialect).pieces(rows):
        rows_read = list(read(piece, dialect))
        assert len(rows_read) == piece.rows <= rows
        found += [(row.line, row.cells) for row in rows_read]
    return found


class TestPieces:
    def test_counts_lines_from_the_header_as_an_editor_shows_them(self) -> None:
        assert cut("a,b\n1,2\n3,4\n5,6\n") == [(2, ["1", "2"]), (3, ["3", "4"]), (4, ["5", "6"])]

    def test_a_quoted_line_break_does_not_end_a_record(self) -> None:
        assert cut('a,b\n1,"x\ny"\n3,"z\n"\n5,6\n', rows=1) == [(2, ["1", "x\ny"]), (4, ["3", "z\n"]), (6, ["5", "6"])]

    def test_blank_lines_count_as_lines_but_are_no_records(self) -> None:
        assert cut("a,b\n\n1,2\n\n\n3,4\n\n", rows=1) == [(3, ["1", "2"]), (6, ["3", "4"])]

    def test_a_file_need_not_end_with_a_line_break(self) -> None:
        assert cut("a,b\r\n1,2\r\n3,4") == [(2, ["1", "2"]), (3, ["3", "4"])]

    def test_a_byte_order_mark_is_no_part_of_the_header(self) -> None:
        assert CsvFile(io.BytesIO(b"\xef\xbb\xbfid,b\n"), COMMA).header == ["id", "b"]

    def test_a_header_alone_has_no_pieces(self) -> None:
        assert cut("a,b\n") == []

    def test_reads_other_delimiters_and_encodings(self) -> None:
        dialect = Dialect("|", "gb18030")
        assert cut('名|b\n"张|伟"|丨\n', dialect=dialect) == [(2, ["张|伟", "丨"])]

    def test_a_quote_that_never_ends_costs_one_record_and_no_memory(self) -> None:
        lines = ['a,b\n1,"never\n', *(f"{number},{'x' * 90}\n" for number in range(3000))]
        found = [
            row
            for piece in CsvFile(io.BytesIO("".join(lines).encode()), COMMA).pieces(100)
            for row in read(piece, COMMA)
        ]
        faults = [row for row in found if row.fault]
        assert [row.line for row in faults] == [2]
        assert faults[0].fault is not None
        assert "up to line" in faults[0].fault
        assert 1000 < len(found) < 3000

    @settings(max_examples=200)
    @given(
        st.lists(st.lists(st.text(st.sampled_from('ab,;"\r\n é中'), max_size=6), min_size=2, max_size=2), max_size=12),
        st.integers(1, 4),
    )
    def test_pieces_hold_what_the_whole_file_holds(self, rows: list[list[str]], piece_rows: int) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["a", "b"])
        writer.writerows(rows)
        assert [cells for _, cells in cut(text.getvalue(), piece_rows)] == rows


class TestBrokenFiles:
    @pytest.mark.parametrize("raw", [b"", b"\n\n", b"a,b,a\n1,2,3\n", b"a, a\n"])
    def test_a_file_needs_a_header_of_different_names(self, raw: bytes) -> None:
        with pytest.raises(BrokenFile):
            CsvFile(io.BytesIO(raw), COMMA)

    def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(self) -> None:
        file = CsvFile(io.BytesIO(b"a,b\n" + b"x" * (MAX_LINE_BYTES + 1)), COMMA)
        with pytest.raises(BrokenFile):
            list(file.pieces(10))
