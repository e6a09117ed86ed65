"""Cuts a CSV file into pieces that can be read on their own, and reads them.

What always holds:
- a piece begins and ends between two records, also where a quoted cell holds line breaks; one reader decides for both
  cutting and reading, so they never disagree;
- neither holds more than one piece in memory; a line or a cell without an end stops at a limit;
- blank lines are no records. Line numbers count lines of the file from 1, and a record has that of its first line.

Source: RFC 4180.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_LINE_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"


class BrokenFile(ValueError):
    """No part of the file can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written."""

    delimiter: str = ","
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some consecutive records, as they stand in the file."""

    first_line: int
    rows: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its cells, or why it has none."""

    line: int
    cells: list[str]
    fault: str | None = None


class CsvFile:
    """A file being cut: the header is known at once, the pieces come on demand."""

    def __init__(self, file: BinaryIO, dialect: Dialect) -> None:
        """Read the header.

        Raises:
            BrokenFile: there is none, or it names a column twice.
        """
        self._seen: list[bytes] = []
        self._records = _Records(self._remembered(_lines(file)), dialect)
        first = next(self._records, None)
        if first is None or first.fault:
            raise BrokenFile("has no header")
        self.header = [name.strip() for name in first.cells]
        if len(set(self.header)) < len(self.header):
            raise BrokenFile("names a column twice in its header")
        self._seen.clear()

    def pieces(self, rows: int) -> Iterator[Piece]:
        """The records behind the header, `rows` to a piece.

        Raises:
            BrokenFile: a line is longer than a mebibyte.
        """
        first_line, count = self._records.next_line, 0
        for _record in self._records:
            count += 1
            if count == rows:
                yield Piece(first_line, count, b"".join(self._seen))
                self._seen.clear()
                first_line, count = self._records.next_line, 0
        if count:
            yield Piece(first_line, count, b"".join(self._seen))

    def _remembered(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        for line in lines:
            self._seen.append(line)
            yield line


def read(piece: Piece, dialect: Dialect) -> Iterator[Row]:
    """The records of a piece. Bytes that are none of the encoding become lone surrogates, which no field accepts."""
    return _Records(_lines(io.BytesIO(piece.data)), dialect, first_line=piece.first_line)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES):
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            raise BrokenFile("has a line longer than a mebibyte: is it CSV?")
        yield line


class _Records(Iterator[Row]):
    """The records of lines, without blank ones."""

    def __init__(self, lines: Iterator[bytes], dialect: Dialect, first_line: int = 1) -> None:
        text = (line.removeprefix(_BOM).decode(dialect.encoding, "surrogateescape") for line in lines)
        self._reader = csv.reader(text, delimiter=dialect.delimiter)
        self._first_line = first_line

    @property
    def next_line(self) -> int:
        return self._first_line + self._reader.line_num

    def __next__(self) -> Row:
        while True:
            line = self.next_line
            try:
                cells = next(self._reader)
            except csv.Error:  # the reader goes on behind the line where it gave up
                return Row(line, [], f"cannot be read up to line {self.next_line - 1}: does a quoted cell not end?")
            if cells:
                return Row(line, cells)
