"""Who sees personal data in clear, and the log of who did.

What always holds: an answer shows a name, telephone number, e-mail address, account or birth date in clear only to a
caller with `profile.read_pii`, and then `personal_data_read` says in the log who read which customers. The log has no
value in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rapport.auth import Principal
from rapport.phones import clear_phone
from rapport.sealing import Keyring, Unreadable
from rapport.telemetry import get_logger

_log = get_logger()

HIDDEN = "***"
"""Stands for what is not shown, however long it is."""


def may_read(caller: Principal) -> bool:
    """Whether this caller sees personal data in clear."""
    return "profile.read_pii" in caller.permissions


def log_read(caller: Principal, customer_ids: Iterable[str], *, where: str) -> None:
    """Log that the caller was shown personal data of these customers; of none, nothing.

    Args:
        caller: who may read it.
        customer_ids: whose data was shown.
        where: the name of the route.
    """
    if customers := list(customer_ids):
        _log.info("personal_data_read", subject=caller.subject, org=caller.org, where=where, customers=customers)


def initial(text: str) -> str:
    """What is shown of a name, or of another such text, where it is not shown in clear."""
    return f"{text[:1]}{HIDDEN}"


def shown_phone(keys: Keyring, customer: Mapping[str, Any]) -> str | None:
    """The phone of a customer document for an answer: one that does not open is logged, and hides no other."""
    try:
        return clear_phone(keys, customer)
    except Unreadable:
        _log.error("phone_unreadable", customer=customer["customer_id"])
        return None
