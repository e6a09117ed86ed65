"""How customers change. Whichever way a change comes (API, Kafka, file, list), it goes through `change`.

What always holds:
- a change is made while the customer's row is locked, raises the version by one and publishes the whole document in the
  same transaction; what changes nothing writes and publishes nothing;
- the changes of one customer in one call make one new version;
- what is stored and published has no phone in clear;
- a change that cannot be made is handed back and hinders no other;
- what was said before a customer's erasure does not bring the customer back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from profile_service.domain import documents
from profile_service.domain.documents import MAX_DOCUMENT_BYTES, CustomerTooLarge
from profile_service.repository import customers as repository
from profile_service.repository.customers import Erasure, Statement, Stored
from rapport.contracts.profile import Consent, CustomerUpserted
from rapport.db import Connection
from rapport.errors import Conflict, DomainError
from rapport.messaging import outbox
from rapport.sealing import Keyring
from rapport.telemetry import current_traceparent

SOURCE = "profile"


class CustomerErased(Conflict):
    """This was said before the customer was erased."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something to be done to one customer's document."""

    customer_id: str
    apply: Callable[[CustomerUpserted], CustomerUpserted]
    """From the document as it is to the document as it shall be, without regard to `statements`. A customer who is not
    there yet has version 0. Raises DomainError to refuse."""
    statements: Sequence[Statement] = ()
    said_at: datetime | None = None
    """When the source said so; None is now."""
    report_id: str | None = None
    """Natural key: of the customer's changes with the same one only the first counts, ever."""
    traceparent: str | None = field(default_factory=current_traceparent)


Refusal = tuple[Change, DomainError]


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of changes."""

    documents: Mapping[str, CustomerUpserted]
    """Of each customer named, as of now."""
    written: frozenset[str]
    """The customers with a new version."""
    refused: Sequence[Refusal]


async def change(conn: Connection, changes: Sequence[Change], *, keys: Keyring, now: datetime) -> Changed:
    """Make changes in the order given."""
    await repository.share_do_not_call_list(conn)
    while True:
        try:
            async with conn.transaction():  # a savepoint
                return await _change(conn, changes, keys, now)
        except repository.CreatedMeanwhile:
            continue


async def _change(conn: Connection, changes: Sequence[Change], keys: Keyring, now: datetime) -> Changed:
    before = await repository.lock_customers(conn, (one.customer_id for one in changes))
    erasures = await repository.erasures(conn, before)
    after = dict(before)
    made: defaultdict[str, list[Change]] = defaultdict(list)
    timely, refused = _timely(changes, erasures)
    for one in await _unheard(conn, timely, now):
        try:
            after[one.customer_id] = _applied(one, after[one.customer_id], keys)
        except DomainError as error:
            refused.append((one, error))
        else:
            made[one.customer_id].append(one)
    changed = [
        customer_id
        for customer_id in made
        if before[customer_id].version == 0 or before[customer_id] != after[customer_id]
    ]
    await _obey_do_not_call_list(conn, changed, before, after)
    too_large = await _write(conn, changed, after, made, erasures, now)
    for customer_id in too_large:
        after[customer_id] = before[customer_id]
        too_much = CustomerTooLarge("the document would be larger than 64 KiB")
        refused += [(one, too_much) for one in made.pop(customer_id)]
    if statements := [said for ones in made.values() for one in ones for said in one.statements]:
        await repository.record_statements(conn, statements)
    return Changed(after, frozenset(changed) - too_large, refused)


async def change_one(conn: Connection, one: Change, *, keys: Keyring, now: datetime) -> CustomerUpserted:
    """Make one change; the document then.

    Raises:
        DomainError: the change is refused.
    """
    changed = await change(conn, [one], keys=keys, now=now)
    for _, error in changed.refused:
        raise error
    return changed.documents[one.customer_id]


def _timely(changes: Iterable[Change], erasures: Mapping[str, Erasure]) -> tuple[list[Change], list[Refusal]]:
    """The changes that were not said before an erasure, and those that were."""
    timely: list[Change] = []
    refused: list[Refusal] = []
    for one in changes:
        erasure = erasures.get(one.customer_id)
        if erasure and one.said_at is not None and one.said_at <= erasure.at:
            refused.append((one, CustomerErased("this was said before the customer was erased")))
        else:
            timely.append(one)
    return timely, refused


async def _unheard(conn: Connection, changes: Sequence[Change], now: datetime) -> list[Change]:
    """The changes without those whose report has been heard before."""
    first = {(one.customer_id, one.report_id): one for one in reversed(changes) if one.report_id is not None}
    fresh = await repository.new_reports(conn, [key for key in first if key[1] is not None], now) if first else set()
    return [
        one
        for one in changes
        if one.report_id is None or ((key := (one.customer_id, one.report_id)) in fresh and first[key] is one)
    ]


def _applied(one: Change, known: CustomerUpserted, keys: Keyring) -> CustomerUpserted:
    document = documents.sealed(one.apply(known), keys)
    if not one.statements:
        return document
    return documents.with_consents(document, map(_consent, one.statements))


def _consent(said: Statement) -> Consent:
    return Consent(channel=said.channel, purpose=said.purpose, granted=said.granted, at=said.at, source=said.source)


async def _obey_do_not_call_list(
    conn: Connection,
    changed: Iterable[str],
    before: Mapping[str, CustomerUpserted],
    after: dict[str, CustomerUpserted],
) -> None:
    """Mark the customers who get a phone that is on the list."""
    phones = {
        customer_id: index
        for customer_id in changed
        if (index := after[customer_id].phone_index) is not None and index != before[customer_id].phone_index
    }
    listed = await repository.listed_phones(conn, set(phones.values())) if phones else set()
    for customer_id, index in phones.items():
        if index in listed:
            after[customer_id] = after[customer_id].model_copy(update={"do_not_call": True})


async def _write(
    conn: Connection,
    changed: Iterable[str],
    after: dict[str, CustomerUpserted],
    made: Mapping[str, Sequence[Change]],
    erasures: Mapping[str, Erasure],
    now: datetime,
) -> set[str]:
    """Store and publish new versions; the customers whose document is too large for that."""
    new: list[Stored] = []
    known: list[Stored] = []
    published, too_large = [], set()
    for customer_id in changed:
        erased = erasures.get(customer_id)
        present = after[customer_id].version
        version = max(present, erased.version if erased else 0) + 1
        document = after[customer_id].model_copy(update={"version": version})
        try:
            row = outbox.row(document, source=SOURCE, now=now, traceparent=made[customer_id][-1].traceparent)
        except outbox.EventTooLarge:
            too_large.add(customer_id)
            continue
        body = row[-1]
        assert body is not None  # only a tombstone has none
        if len(body) > MAX_DOCUMENT_BYTES:
            too_large.add(customer_id)
            continue
        after[customer_id] = document
        (known if present else new).append(Stored(customer_id, version, body))
        published.append(row)
    if published:
        await repository.write_customers(conn, new, known)
        await outbox.insert(conn, published)
    return too_large
