"""What the columns of an imported file mean: from a row of text to the fields of a customer, or to why not.

A target is a field of the document, or a part of one: `attributes.<name>`, `external_ids.<system>`,
`consents.<channel>.<purpose>`. `tags` and `holdings` take several values in a cell, separated by `|`; a holding is its
product. An empty cell says nothing: what is known stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from math import isfinite
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from profile_service.domain.csv_files import BrokenFile, Dialect, Row
from profile_service.domain.fields import CustomerFields
from rapport.contracts.vocabulary import Channel, Id

LIST_SEPARATOR = "|"

_PLAIN = (
    *("customer_id", "name", "phone", "email", "account", "household", "language", "country", "region", "time_zone"),
    *("grade", "birth_date", "preferred_channel", "do_not_call", "do_not_disturb_until", "tags", "holdings"),
)
_PARTS = (
    r"attributes\.[A-Za-z][A-Za-z0-9_.-]{0,63}",
    r"external_ids\.[A-Za-z0-9_.-]{1,64}",
    rf"consents\.(?:{'|'.join(Channel)})\.[a-z][a-z0-9_.-]{{0,63}}",
)
_TARGET = re.compile("|".join((*_PLAIN, *_PARTS)))
_YES, _NO = frozenset({"true", "yes", "y", "1"}), frozenset({"false", "no", "n", "0"})


def _target(name: str) -> str:
    if not _TARGET.fullmatch(name):
        raise ValueError("is no field that a column can fill")
    return name


Target = Annotated[str, AfterValidator(_target)]
Column = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Cell = Annotated[str, StringConstraints(min_length=1, max_length=1000)]

EXAMPLE: dict[str, Any] = {
    "columns": {"id": "customer_id", "mobile": "phone", "age": "attributes.age", "products": "holdings"},
    "types": {"age": "number"},
    "defaults": {"country": "DE", "time_zone": "Europe/Berlin", "consents.call.marketing": "yes"},
    "delimiter": ";",
}


class ImportMapping(BaseModel):
    """Columns to fields, and how the file is written."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, json_schema_extra={"examples": [EXAMPLE]}
    )

    columns: Annotated[dict[Column, Target], Field(min_length=1, max_length=500)]
    """Column of the file → field. Other columns are passed over."""
    types: dict[str, Literal["string", "number", "boolean", "date"]] = {}
    """Attribute name → type of its values; text where nothing is said."""
    defaults: dict[Target, Cell] = {}
    """Field → what an empty or absent cell says."""
    delimiter: Literal[",", ";", "|", "\t"] = ","
    encoding: Literal["utf-8", "gb18030"] = "utf-8"

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        targets = list(self.columns.values())
        if "customer_id" not in targets:
            raise ValueError("some column must be the customer_id")
        if len(set(targets)) < len(targets):
            raise ValueError("two columns fill one field")
        unknown = {f"attributes.{name}" for name in self.types} - set(targets) - set(self.defaults)
        if unknown:
            raise ValueError("a type is given for an attribute that no column fills")
        return self

    @property
    def dialect(self) -> Dialect:
        """How the file is written."""
        return Dialect(self.delimiter, self.encoding)


class Reject(NamedTuple):
    """Why a row is not taken. `column` is the file's, the field where a default is to blame, or empty for the row."""

    line: int
    column: str
    reason: str


class ImportRow(CustomerFields):
    """What one row says."""

    customer_id: Id


class RowReader:
    """Reads the rows of one file."""

    def __init__(self, mapping: ImportMapping, header: Sequence[str], said_at: datetime) -> None:
        """Prepare for a file with these columns; its consents count from `said_at`.

        Raises:
            BrokenFile: a mapped column is not in the header.
        """
        missing = [column for column in mapping.columns if column not in header]
        if missing:
            raise BrokenFile(f"has no column {', '.join(missing)}")
        self._width = len(header)
        self._said_at = said_at
        self._columns = {target: column for column, target in mapping.columns.items()}
        self._defaults = mapping.defaults
        self._plan: list[tuple[str, int | None, Callable[[str], Any]]] = [
            (target, header.index(self._columns[target]) if target in self._columns else None, _reader(target, mapping))
            for target in dict.fromkeys((*self._columns, *mapping.defaults))
        ]

    def read(self, row: Row) -> ImportRow | list[Reject]:
        """What the row says, or all that is wrong with it."""
        if row.fault is None and len(row.cells) != self._width:
            row = Row(row.line, row.cells, f"has {len(row.cells)} cells, the header has {self._width}")
        if row.fault is not None:
            return [Reject(row.line, "", row.fault)]
        said: dict[str, Any] = {}
        rejects = []
        for target, index, reader in self._plan:
            text = ("" if index is None else row.cells[index].strip()) or self._defaults.get(target, "")
            if not text:
                continue
            try:
                _put(said, target, reader(_storable(text)), self._said_at)
            except ValueError as error:
                rejects.append(self.reject(row.line, target, str(error)))
        try:
            read = ImportRow.model_validate(said)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            rejects += [self.reject(row.line, ".".join(map(str, fault["loc"])), fault["msg"]) for fault in faults]
        return rejects or read

    def reject(self, line: int, field: str, reason: str) -> Reject:
        """A reject of the row at `line` for `field`, named by its column."""
        while field and field not in self._columns and "." in field:  # an element of a list, a key of a mapping
            field = field.rpartition(".")[0]
        return Reject(line, self._columns.get(field, field), reason.removeprefix("Value error, "))


def _reader(target: str, mapping: ImportMapping) -> Callable[[str], Any]:
    head, _, name = target.partition(".")
    if head == "attributes":
        return _TYPES[mapping.types.get(name, "string")]
    if head in ("consents", "do_not_call"):
        return _boolean
    return _values if head in ("tags", "holdings") else str


def _put(said: dict[str, Any], target: str, value: Any, said_at: datetime) -> None:
    head, _, name = target.partition(".")
    if head == "holdings":
        said[head] = [{"product": product} for product in value]
    elif head == "consents":
        channel, _, purpose = name.partition(".")
        consent = {"channel": channel, "purpose": purpose, "granted": value, "at": said_at, "source": "import"}
        said.setdefault(head, []).append(consent)
    elif name:
        said.setdefault(head, {})[name] = value
    else:
        said[head] = value


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds a NUL character")
    return text


def _values(text: str) -> list[str]:
    return [value for part in text.split(LIST_SEPARATOR) if (value := part.strip())]


def _number(text: str) -> int | float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("is no number") from None
    if not isfinite(value):
        raise ValueError("is no finite number")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _boolean(text: str) -> bool:
    lower = text.lower()
    if lower not in _YES | _NO:
        raise ValueError("is neither yes nor no")
    return lower in _YES


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("is no day as YYYY-MM-DD") from None


_TYPES: Mapping[str, Callable[[str], Any]] = {"string": str, "number": _number, "boolean": _boolean, "date": _day}
