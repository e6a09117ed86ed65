"""The envelope of every event: CloudEvents 1.0 in Kafka's binary content mode.

An event is a frozen pydantic model that names its type, its topic and its key. On the wire the attributes are `ce_*`
headers and the body is the model as JSON; a W3C `traceparent` header carries the trace. A record without a value is a
tombstone: the key is gone.

What always holds:
- a type name belongs to exactly one class and one topic (`register` refuses a second one);
- readers ignore fields they do not know, so a producer may add optional fields at any time;
- decoding never guesses: whatever breaks the contract raises `ContractError` with the reason;
- no text holds a NUL: PostgreSQL keeps none, so such a record would fail at every retry instead of being set aside.

Source: CloudEvents 1.0.2, Kafka protocol binding 1.0.2, section 3.2; W3C Trace Context level 1, section 3.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

SPEC_VERSION = b"1.0"
CONTENT_TYPE = b"application/json"

_ESCAPED_NUL = b"\\u0000"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The escape itself, not a backslash followed by these letters."""
_TRACE = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""A malformed `traceparent` is ignored, as its standard asks: a broken trace is no reason to lose a fact."""


class ContractError(Exception):
    """A record that breaks the contract of its topic; the message says how."""


class Event(BaseModel):
    """One fact, frozen. Subclasses set `event_type` and `topic`, and `key_field` if the key is not the customer id."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    event_type: ClassVar[str] = ""
    topic: ClassVar[str] = ""
    key_field: ClassVar[str] = "customer_id"

    @property
    def key(self) -> str:
        """The record's key: records of one key stay in order."""
        return str(getattr(self, self.key_field))


class Envelope(NamedTuple):
    """A decoded record: where it stood, its CloudEvents attributes, and its event (None for a tombstone)."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    type: str
    source: str
    time: datetime
    event: Any
    traceparent: str | None = None


REGISTRY: dict[str, type[Event]] = {}


def register(*classes: type[Event]) -> None:
    """Make event classes known to `decode`.

    Raises:
        ValueError: a class has no type or topic, or its type is already taken by another class.
    """
    for cls in classes:
        if not cls.event_type or not cls.topic:
            raise ValueError(f"{cls.__name__} names no event_type or no topic")
        if REGISTRY.setdefault(cls.event_type, cls) is not cls:
            raise ValueError(f"{cls.event_type} is already {REGISTRY[cls.event_type].__name__}")


Headers = list[tuple[str, bytes]]


class Header:
    """Makes the record headers of events that have source and time in common."""

    def __init__(self, *, source: str, at: str) -> None:
        """`at` is RFC 3339 text in UTC."""
        self._spec = ("ce_specversion", SPEC_VERSION)
        self._source = ("ce_source", source.encode())
        self._time = ("ce_time", at.encode())
        self._content = ("content-type", CONTENT_TYPE)

    def of(self, event_id: bytes, event_type: bytes, traceparent: bytes = b"") -> Headers:
        """The headers of one event; an empty `traceparent`: it belongs to no trace."""
        found = [self._spec, ("ce_id", event_id), self._source, ("ce_type", event_type), self._time, self._content]
        if traceparent:
            found.append(("traceparent", traceparent))
        return found


def headers(*, event_id: str, event_type: str, source: str, at: str, traceparent: str | None = None) -> Headers:
    """The record headers of one event. `at` is RFC 3339 text in UTC."""
    return Header(source=source, at=at).of(event_id.encode(), event_type.encode(), (traceparent or "").encode())


@lru_cache(maxsize=4096)
def _parse_time(raw: bytes) -> datetime:
    at = datetime.fromisoformat(raw.decode("ascii"))
    if at.tzinfo is None:
        raise ValueError("ce_time has no offset")
    return at


def decode(
    *,
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    record_headers: Iterable[tuple[str, bytes]],
) -> Envelope:
    """Decode one record.

    Raises:
        ContractError: no key, a missing or malformed `ce_*` header, an unknown type, a type of another topic, a body
            that is not the type's JSON, or a key that is not the body's key.
    """
    found = dict(record_headers)
    if key is None:
        raise ContractError("record has no key")
    try:
        text_key = key.decode()
        attributes = found["ce_id"].decode(), found["ce_type"].decode(), found["ce_source"].decode()
        if found["ce_specversion"] != SPEC_VERSION:
            raise ContractError(f"ce_specversion is {found['ce_specversion']!r}, not 1.0")
        if "\x00" in text_key or "\x00" in "".join(attributes):
            raise ContractError("the key or a header holds a NUL character")
        at = _parse_time(found["ce_time"])
    except KeyError as missing:
        raise ContractError(f"header {missing.args[0]} is missing") from None
    except (AttributeError, ValueError) as error:  # Kafka knows headers without a value: None, which has no decode
        raise ContractError(f"malformed header or key: {error}") from None
    event_id, event_type, source = attributes
    trace = found.get("traceparent")
    event = None if value is None else _body(topic, event_type, text_key, value)
    traceparent = trace.decode() if trace and _TRACE.fullmatch(trace) else None
    return Envelope(topic, partition, offset, text_key, event_id, event_type, source, at, event, traceparent)


def _body(topic: str, event_type: str, key: str, value: bytes) -> Event:
    cls = REGISTRY.get(event_type)
    if cls is None:
        raise ContractError(f"unknown event type {event_type!r}")
    if cls.topic != topic:
        raise ContractError(f"{event_type} belongs on {cls.topic}, not on {topic}")
    if _ESCAPED_NUL in value and _NUL.search(value):
        raise ContractError("the body holds a NUL character")
    try:
        event = cls.model_validate_json(value)
    except ValidationError as error:
        raise ContractError(_first_errors(error)) from None
    if event.key != key:
        raise ContractError(f"key {key!r} is not the body's {cls.key_field} {event.key!r}")
    return event


def _first_errors(error: ValidationError, at_most: int = 5) -> str:
    """Where and what, never the offending value: it may be personal data."""
    found: Sequence[Any] = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"/{'/'.join(map(str, e['loc']))}: {e['msg']}" for e in found[:at_most])
