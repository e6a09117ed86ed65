"""Whom an agent is about to talk to, as far as the caller may know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapport.personal import initial, shown_phone
from rapport.sealing import Keyring


def greeting(document: Mapping[str, Any], keys: Keyring | None) -> dict[str, Any]:
    """Name, phone, language and grade from a customer's document, which is empty where there is none.

    It belongs into an answer and never into a table: what is stored must hold no personal data in clear.

    Args:
        document: as replicated; the phone is unsealed, at some microseconds.
        keys: None for a caller who may not read personal data (`rapport.personal.may_read`), and sees an initial.
    """
    name = document.get("name")
    return {
        "name": name if keys is not None or name is None else initial(name),
        "phone": None if keys is None else shown_phone(keys, document),
        "language": document.get("language") or "en",
        "grade": document.get("grade"),
    }
