"""What people and channel systems do with one customer, and the do-not-call lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from profile_service.domain import documents
from profile_service.domain.fields import CustomerFields
from profile_service.handlers.changes import SOURCE, Change, change, change_one
from profile_service.repository import customers as repository
from profile_service.repository.customers import Statement
from rapport.contracts.profile import Consent, CustomerUpserted
from rapport.db import Connection
from rapport.errors import NotFound
from rapport.messaging import outbox
from rapport.messaging.outbox import Tombstone
from rapport.phones import phone_index
from rapport.sealing import Keyring

Permit = Callable[[CustomerUpserted], None]
"""Looks at the locked document (version 0: there is none) and raises DomainError to refuse."""


class UnknownCustomer(NotFound):
    """There is no such customer."""


async def put_customer(
    conn: Connection, customer_id: str, fields: CustomerFields, *, permit: Permit, by: str, keys: Keyring, now: datetime
) -> tuple[CustomerUpserted, bool]:
    """Make the document say exactly `fields`; the document then, and whether it is new.

    Raises:
        DomainError: `permit` refuses, the phone is no number, or the document would be too large.
    """
    created = False

    def apply(known: CustomerUpserted) -> CustomerUpserted:
        nonlocal created
        permit(known)
        created = known.version == 0
        return documents.replaced(known, fields.given(), keys)

    said = _statements(customer_id, fields.consents, by=by, now=now)
    return await change_one(conn, Change(customer_id, apply, said), keys=keys, now=now), created


async def patch_customer(
    conn: Connection, customer_id: str, fields: CustomerFields, *, permit: Permit, by: str, keys: Keyring, now: datetime
) -> CustomerUpserted:
    """Change only what `fields` were given; the document then.

    Raises:
        UnknownCustomer: there is nobody to change.
        DomainError: `permit` refuses, the phone is no number, or the document would be too large.
    """

    def apply(known: CustomerUpserted) -> CustomerUpserted:
        _exists(known)
        permit(known)
        return documents.patched(known, fields.given(), keys)

    said = _statements(customer_id, fields.consents, by=by, now=now)
    return await change_one(conn, Change(customer_id, apply, said), keys=keys, now=now)


async def record_consent(
    conn: Connection, customer_id: str, consent: Consent, *, proof: str | None, by: str, keys: Keyring, now: datetime
) -> Consent:
    """Record what the customer said about one channel and purpose; the consent that counts then.

    Raises:
        UnknownCustomer: there is nobody to have said it.
    """
    said = [statement(customer_id, consent, proof=proof, by=by, now=now)]
    document = await change_one(conn, Change(customer_id, _exists, said), keys=keys, now=now)
    place = consent.channel, consent.purpose
    return next(found for found in document.consents if (found.channel, found.purpose) == place)


async def erase_customer(conn: Connection, customer_id: str, *, permit: Permit, now: datetime) -> None:
    """Erase a customer here, and everywhere else by a tombstone.

    Raises:
        UnknownCustomer: there is nobody to erase.
        DomainError: `permit` refuses.
    """
    known = (await repository.lock_customers(conn, [customer_id]))[customer_id]
    permit(_exists(known))
    await repository.erase(conn, customer_id, version=known.version, now=now)
    tombstone = Tombstone(CustomerUpserted.topic, customer_id, CustomerUpserted.event_type)
    await outbox.publish(conn, [tombstone], source=SOURCE, now=now)


async def list_do_not_call(
    conn: Connection,
    *,
    phones: Iterable[str],
    customer_ids: Iterable[str],
    source: str,
    keys: Keyring,
    now: datetime,
) -> tuple[int, list[str]]:
    """Mark customers, and phones whether or not anybody has them yet: whoever gets one later is marked then.

    Of a phone only its blind index is kept.

    Returns:
        How many customers are newly marked, and which of `customer_ids` are nobody's.
    """
    await repository.own_do_not_call_list(conn)
    listed, named = sorted({phone_index(keys, phone) for phone in phones}), sorted(set(customer_ids))
    await repository.list_phones(conn, listed, source=source, now=now)
    concerned = await repository.customers_named(conn, customer_ids=named, indexes=listed)
    marks = [Change(customer_id, _not_to_be_called) for customer_id in sorted(concerned)]
    changed = await change(conn, marks, keys=keys, now=now)
    nobody = [customer_id for customer_id in named if customer_id not in concerned]
    return len(changed.written), nobody


def statement(customer_id: str, consent: Consent, *, proof: str | None, by: str, now: datetime) -> Statement:
    """A consent to be recorded. One from the future counts as given now: it must not outlast what is said tomorrow."""
    at = min(consent.at, now)
    return Statement(customer_id, consent.channel, consent.purpose, at, consent.granted, consent.source, proof, now, by)


def _statements(customer_id: str, consents: Sequence[Consent], *, by: str, now: datetime) -> list[Statement]:
    return [statement(customer_id, consent, proof=None, by=by, now=now) for consent in consents]


def _exists(known: CustomerUpserted) -> CustomerUpserted:
    if known.version == 0:
        raise UnknownCustomer("there is no such customer")
    return known


def _not_to_be_called(known: CustomerUpserted) -> CustomerUpserted:
    return _exists(known).model_copy(update={"do_not_call": True})
