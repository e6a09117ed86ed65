"""The mapping: what the columns of a contact log mean, and which campaign it is replayed as.

A mapping that validates is complete: every column that it names is asked for in the log's header, every value of the
outcome column has a meaning, and what is not in the log has a default here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from rapport.contracts.vocabulary import ContactClass, Id, Name, Outcome

SHIPPED = Path(__file__).parent / "mappings"
"""Mappings of public logs, each named after its file."""

MAX_WINDOW_HOURS = 2208
"""92 days: the longest window of a frequency cap."""

_ATTRIBUTE = "[A-Za-z][A-Za-z0-9_.-]{0,63}"

Column = Annotated[str, Field(min_length=1, max_length=200)]
CustomerField = Literal["phone", "email", "name", "account", "language", "country", "region", "time_zone", "grade"]


class MappingError(ValueError):
    """The mapping cannot be used; the message says where and why."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Attribute(_Part):
    """A column that becomes an attribute of the customer."""

    column: Column
    name: Annotated[str, Field(pattern=f"^{_ATTRIBUTE}$")] | None = None
    """The attribute; the column's own name when left out."""
    type: Literal["string", "number", "boolean", "date"] = "string"

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if self.name is None and not re.fullmatch(_ATTRIBUTE, self.column):
            raise ValueError(f"the attribute {self.column!r} needs a `name`: letters, digits and . _ -")
        return self

    @property
    def target(self) -> str:
        """What the attribute is called."""
        return self.name or self.column


class CustomerMapping(_Part):
    """Who the rows are about."""

    id: Column | None = None
    """Column with the customer's id. Without one each row is a customer of its own, numbered from 1."""
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{0,16}$")] = ""
    """Stands before each id."""
    fields: dict[CustomerField, Column] = {}
    """Field of the customer document → column. Without a phone customers get numbers that nobody can have."""
    attributes: tuple[Attribute, ...] = ()
    defaults: dict[CustomerField, str] = {}
    """What an empty or missing field is."""


class OutcomeMapping(_Part):
    """What came of a contact."""

    column: Column
    values: Annotated[dict[str, Outcome], Field(min_length=1)]
    """Value in the log → outcome. A row with another value is rejected."""
    before: Outcome = Outcome.REFUSED
    """In a wide log: the outcome of every contact before the last, to which the column belongs."""

    @model_validator(mode="after")
    def _tell_able(self) -> Self:
        for outcome in (*self.values.values(), self.before):
            if outcome is Outcome.CALL_BACK:
                raise ValueError("call_back needs a time, which logs do not have: use no_answer or interested")
        return self


class DateMapping(_Part):
    """When a contact was: in a wide log the first one of the row."""

    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    """Their texts are joined by spaces, in this order."""
    format: str = "%Y-%m-%d"
    """As Python's strptime has it, such as `%Y %b %d`."""
    zone: str = "UTC"
    """IANA name: where the log's clock hung. Used where the format has no offset."""


class CampaignMapping(_Part):
    """The one campaign that the contacts belong to."""

    id: Id = "replay"
    name: Annotated[str, Field(min_length=1, max_length=120)] = "Replay"
    goal: Name = "goal"
    offer: Id = "offer"
    category: Name = "replay"
    purpose: Name = "marketing"
    contact_class: ContactClass = ContactClass.MARKETING


class CapMapping(_Part):
    """At most `limit` contacts of the campaign in the log's channel within `window_hours`."""

    limit: Annotated[int, Field(ge=0, le=1000)] = 3
    """0 is no cap."""
    window_hours: Annotated[int, Field(ge=1, le=MAX_WINDOW_HOURS)] = MAX_WINDOW_HOURS


class LogMapping(_Part):
    """A contact log as the replay reads it."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    """What the report calls the data."""
    form: Literal["wide", "long"]
    """Wide: one row per customer, with the number of contacts. Long: one row per contact, those of a customer in the
    order of time."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8"
    customer: CustomerMapping = CustomerMapping()
    attempts: Column | None = None
    """Wide logs: the column with the number of contacts."""
    outcome: OutcomeMapping
    date: DateMapping | None = None
    start: AwareDatetime = datetime(2026, 1, 5, 9, tzinfo=UTC)
    """The first contact of every customer for whom the log has no date."""
    gap_hours: Annotated[float, Field(gt=0, le=MAX_WINDOW_HOURS)] = 24
    """From the outcome of a contact to the next one, where the log has no date for it."""
    lifetime_hours: Annotated[float, Field(gt=0, le=MAX_WINDOW_HOURS)] = 24
    """How long a contact may wait for its release. The gate ends one at once that would have to wait longer."""
    channel: Literal["call", "branch", "hotline", "web"] = "call"
    """Where the log's contacts happened. Messages are not replayed: the system would send them itself."""
    also_open: tuple[Literal["call", "branch", "hotline", "web"], ...] = ()
    """Channels in which each customer also has an open contact for the same goal."""
    campaign: CampaignMapping = CampaignMapping()
    cap: CapMapping = CapMapping()

    @model_validator(mode="after")
    def _fits_its_form(self) -> Self:
        if (self.form == "wide") != (self.attempts is not None):
            raise ValueError("`attempts` names the number of contacts in a wide log, and only there")
        if self.form == "long" and self.customer.id is None:
            raise ValueError("a long log needs `customer.id`: several rows are one customer")
        if self.channel in self.also_open:
            raise ValueError(f"`also_open` names {self.channel}, the channel of the log itself")
        twice = _twice(attribute.target for attribute in self.customer.attributes)
        if twice:
            raise ValueError(f"two columns fill the attribute {twice}")
        return self

    @property
    def gap(self) -> timedelta:
        """`gap_hours` as a duration."""
        return timedelta(hours=self.gap_hours)

    @property
    def lifetime(self) -> timedelta:
        """`lifetime_hours` as a duration."""
        return timedelta(hours=self.lifetime_hours)

    @property
    def columns(self) -> list[str]:
        """All columns that the log must have."""
        customer = self.customer
        found = [customer.id, *customer.fields.values(), *(a.column for a in customer.attributes), self.attempts]
        found += [self.outcome.column, *(self.date.columns if self.date else ())]
        return list(dict.fromkeys(column for column in found if column is not None))

    def with_cap(self, limit: int | None) -> LogMapping:
        """The same with another limit; None keeps it."""
        return self if limit is None else self.model_copy(update={"cap": self.cap.model_copy(update={"limit": limit})})


def load(path: Path) -> LogMapping:
    """The mapping in a YAML file.

    Raises:
        MappingError: it cannot be read, or is no mapping.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: cannot be read ({error})") from None
    except yaml.YAMLError as error:
        raise MappingError(f"{path} is no YAML: {error}") from None
    try:
        return LogMapping.model_validate(raw)
    except ValidationError as error:
        raise MappingError("\n".join(f"{path}{_told(fault)}" for fault in error.errors(include_url=False))) from None


def mapping_for(log: Path) -> Path:
    """The shipped mapping for a log of this file name.

    Raises:
        MappingError: none is shipped.
    """
    found = SHIPPED / f"{log.name.partition('.')[0]}.yaml"
    if not found.is_file():
        shipped = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.yaml")))
        raise MappingError(f"no mapping is shipped for {log.name} (only for {shipped}): write one and pass --mapping")
    return found


def _told(fault: Any) -> str:
    where = "/".join(str(part) for part in fault["loc"] if part != "[key]")
    if fault["type"] == "string_type" and isinstance(fault["input"], bool):
        return f", {where}: YAML reads yes, no, on and off as truth values; put quotes around them"
    return f", {where}: {fault['msg'].removeprefix('Value error, ')}" if where else f": {fault['msg']}"


def _twice(names: Any) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return str(name)
        seen.add(name)
    return None
