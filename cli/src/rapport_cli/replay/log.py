"""Reads a contact log by its mapping: who was contacted, and what came of it.

What always holds:
- each row is taken as a whole or rejected with its line, its column and the reason; a rejected row hinders no other;
- contacts of a customer are in the order in which they happened;
- what a customer is comes from the first of the customer's rows.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO
from zoneinfo import ZoneInfo, available_timezones

from rapport_cli.replay.mapping import LogMapping, MappingError

MAX_ATTEMPTS = 500
_ID = re.compile(r"[A-Za-z0-9._~-]{1,40}")
"""Shorter than ids may be: those of requests are made from it."""
_GZIP = b"\x1f\x8b"
_DIGITS = 6  # of a row number that stands for a customer


class Reject(NamedTuple):
    """Why a row is not taken. `column` is empty where the whole row is to blame."""

    line: int
    column: str
    reason: str


class BrokenLog(ValueError):
    """Nothing of the log can be used; the message says why."""


class Contact(NamedTuple):
    """A contact of the log: its outcome, and when it was; None: a gap after the outcome of the one before."""

    outcome: str
    at: datetime | None = None


@dataclass(slots=True)
class Customer:
    """Somebody in the log. `cells` has a text for each of `Log.targets`."""

    customer_id: str
    line: int
    cells: tuple[str, ...]
    contacts: list[Contact]


@dataclass(slots=True)
class Log:
    """What a log says."""

    targets: tuple[str, ...]
    """Fields of the customer document, as an import names them."""
    customers: list[Customer] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rows: int = 0

    @property
    def contacts(self) -> int:
        """How many contacts it has."""
        return sum(len(customer.contacts) for customer in self.customers)


class _Bad(ValueError):
    """One cell is wrong."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def read_log(path: Path, mapping: LogMapping, progress: Callable[[float], None] = lambda _: None) -> Log:
    """Read a CSV file, plain or compressed by gzip. `progress` is told the share of the file that has been read.

    Raises:
        BrokenLog: it cannot be read, or lacks a column that the mapping names.
        MappingError: the mapping names an encoding or a time zone that does not exist.
    """
    customer = mapping.customer
    log = Log((*customer.fields, *(f"attributes.{attribute.target}" for attribute in customer.attributes)))
    try:
        with path.open("rb") as raw:
            size = path.stat().st_size or 1
            with _text(raw, mapping.encoding) as text:
                records = _records(text, mapping.delimiter)
                rows = _Rows(mapping, next(records, (1, []))[1], log)
                for line, cells in records:
                    rows.take(line, cells)
                    if log.rows % 5000 == 0:
                        progress(raw.tell() / size)
    except (OSError, EOFError) as error:
        raise BrokenLog(f"{path} cannot be read: {error}") from None
    progress(1.0)
    return log


def _text(raw: BinaryIO | gzip.GzipFile, encoding: str) -> TextIO:
    """The file as text; bytes that are none of the encoding become lone surrogates, which no row may have."""
    compressed = raw.read(2) == _GZIP
    raw.seek(0)
    try:
        "".encode(encoding)
    except LookupError:
        raise MappingError(f"encoding: {encoding!r} is none that Python knows") from None
    how = encoding.replace("utf-8", "utf-8-sig")  # with or without a byte order mark
    if compressed:
        raw = gzip.GzipFile(fileobj=raw)
    return io.TextIOWrapper(raw, encoding=how, errors="surrogateescape", newline="")


def _records(text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of its first line; blank lines are none."""
    reader = csv.reader(text, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise BrokenLog(f"line {line}: {error}; does a quoted cell not end?") from None


class _Rows:
    """Takes the rows of one log."""

    def __init__(self, mapping: LogMapping, header: Sequence[str], log: Log) -> None:
        names = [name.strip() for name in header]
        missing = [column for column in mapping.columns if column not in names]
        if missing:
            there = ", ".join(names) if names else "nothing at all: the file is empty"
            raise BrokenLog(f"line 1: the log has no column {', '.join(missing)}; it has {there}")
        at = names.index
        customer = mapping.customer
        self._mapping = mapping
        self._log = log
        self._width = len(names)
        self._id = None if customer.id is None else at(customer.id)
        self._attempts = None if mapping.attempts is None else at(mapping.attempts)
        self._outcome = at(mapping.outcome.column)
        self._date = [at(column) for column in mapping.date.columns] if mapping.date else []
        self._zone = _zone(mapping)
        self._cells: list[tuple[str, int, Callable[[str], object]]] = [
            *((column, at(column), str) for column in customer.fields.values()),
            *((a.column, at(a.column), _TYPES[a.type]) for a in customer.attributes),
        ]
        self._known: dict[str, Customer] = {}

    def take(self, line: int, cells: list[str]) -> None:
        """Take the row into the log, or reject it."""
        self._log.rows += 1
        try:
            self._take(line, cells)
        except _Bad as bad:
            self._log.rejects.append(Reject(line, bad.column, str(bad)))

    def _take(self, line: int, cells: list[str]) -> None:
        if len(cells) != self._width:
            raise _Bad("", f"has {len(cells)} cells, the header has {self._width}")
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            raise _Bad("", f"holds bytes that are not {self._mapping.encoding}") from None
        customer_id = self._customer_id(cells)
        known = self._known.get(customer_id)
        contacts = self._contacts(cells)
        if known is None:
            self._known[customer_id] = found = Customer(customer_id, line, self._said(cells), contacts)
            self._log.customers.append(found)
            return
        if self._mapping.form == "wide":
            raise _Bad(self._mapping.customer.id or "", f"is on line {known.line} already: a wide log has one row each")
        before, (contact,) = known.contacts[-1].at, contacts
        if before is not None and contact.at is not None and contact.at < before:
            raise _Bad(" ".join(self._mapping.date.columns if self._mapping.date else ()), _BACKWARDS)
        known.contacts.append(contact)

    def _customer_id(self, cells: list[str]) -> str:
        prefix = self._mapping.customer.prefix
        if self._id is None:
            return f"{prefix}{self._log.rows:0{_DIGITS}}"
        found = prefix + cells[self._id].strip()
        if found == prefix or not _ID.fullmatch(found):
            raise _Bad(self._mapping.customer.id or "", "is no id: 1 to 40 of the characters A-Z a-z 0-9 . _ ~ -")
        return found

    def _contacts(self, cells: list[str]) -> list[Contact]:
        said = self._mapping.outcome
        outcome = said.values.get(cells[self._outcome].strip())
        if outcome is None:
            raise _Bad(said.column, f"is {cells[self._outcome].strip()!r}, not one of {', '.join(said.values)}")
        at = self._at(cells)
        if self._attempts is None:
            return [Contact(outcome.value, at)]
        attempts = self._number_of_contacts(cells[self._attempts].strip())
        outcomes = [said.before.value] * (attempts - 1) + [outcome.value]
        return [Contact(outcomes[0], at), *map(Contact, outcomes[1:])]

    def _number_of_contacts(self, text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= MAX_ATTEMPTS:
            raise _Bad(self._mapping.attempts or "", f"is no whole number from 1 to {MAX_ATTEMPTS}")
        return int(text)

    def _at(self, cells: list[str]) -> datetime | None:
        if self._mapping.date is None:
            return None
        text = " ".join(cells[index].strip() for index in self._date)
        try:
            at = datetime.strptime(text, self._mapping.date.format)  # noqa: DTZ007 - given the log's own zone below
        except ValueError:
            column = " ".join(self._mapping.date.columns)
            raise _Bad(column, f"{text!r} is no date as {self._mapping.date.format}") from None
        return at if at.tzinfo else at.replace(tzinfo=self._zone)

    def _said(self, cells: list[str]) -> tuple[str, ...]:
        found = []
        for column, index, read in self._cells:
            text = cells[index].strip()
            try:
                if text:
                    read(text)
            except ValueError as error:
                raise _Bad(column, str(error)) from None
            found.append(text)
        return tuple(found)


_BACKWARDS = "lies before an earlier row of the customer: a long log is in the order of time"
_BOOLEANS = frozenset({"true", "false", "yes", "no", "y", "n", "1", "0"})


def _zone(mapping: LogMapping) -> ZoneInfo | None:
    if mapping.date is None:
        return None
    if mapping.date.zone not in available_timezones():
        raise MappingError(f"date/zone: {mapping.date.zone!r} is no time zone of the IANA database")
    return ZoneInfo(mapping.date.zone)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("is no number") from None
    if not isfinite(value):
        raise ValueError("is no finite number")
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError("is neither yes nor no")
    return True


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day as YYYY-MM-DD") from None


_TYPES: dict[str, Callable[[str], object]] = {"string": str, "number": _number, "boolean": _boolean, "date": _day}
