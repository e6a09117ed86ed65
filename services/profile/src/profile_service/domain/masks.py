"""What those who may not read personal data see of it: enough to tell two customers apart in a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from rapport.personal import HIDDEN, initial


def _last_digits(text: str) -> str:
    return HIDDEN + (text[-2:] if len(text) > 4 else "")


def _email(text: str) -> str:
    local, _, domain = text.rpartition("@")
    return f"{initial(local)}@{domain}"


def _birth_date(day: date) -> str:
    return f"{day.year:04d}-**-**"


MASKS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {"name": initial, "phone": _last_digits, "email": _email, "account": _last_digits, "birth_date": _birth_date}
)
"""By field of the customer document: how a known value is shown."""
