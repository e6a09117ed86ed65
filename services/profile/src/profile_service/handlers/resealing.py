"""Phones that are not sealed as they would be today: in clear from before they were sealed, or by an older key.

What always holds: a customer's phone is sealed anew by an ordinary change, with a version of its own, so replicas get
it, too. Once nothing is left, an older key may be taken out of the settings.
"""

from __future__ import annotations

from datetime import datetime

from profile_service.handlers.changes import Change, change
from profile_service.repository import customers as repository
from rapport.contracts.profile import CustomerUpserted
from rapport.db import Connection
from rapport.phones import phone_index
from rapport.sealing import Keyring
from rapport.steps import Step

_AT_ONCE = 500


def resealer(keys: Keyring) -> Step:
    """The step that seals some more; whether there may be more."""

    async def reseal(conn: Connection, now: datetime) -> bool:
        listed = await _do_not_call_phones(conn, keys)
        customer_ids = await repository.sealed_by(conn, ["", *keys.older_ids], most=_AT_ONCE)
        changes = [Change(customer_id, _as_it_is) for customer_id in customer_ids]
        changed = await change(conn, changes, keys=keys, now=now) if changes else None
        return listed or (changed is not None and bool(changed.written))

    return reseal


async def _do_not_call_phones(conn: Connection, keys: Keyring) -> bool:
    """Put indexes in the place of listed phones that lie in clear; whether there were any."""
    clear = await repository.clear_do_not_call_phones(conn, most=_AT_ONCE)
    if clear:
        await repository.own_do_not_call_list(conn)
        await repository.index_do_not_call_phones(conn, {phone: phone_index(keys, phone) for phone in clear})
    return bool(clear)


def _as_it_is(known: CustomerUpserted) -> CustomerUpserted:
    return known
