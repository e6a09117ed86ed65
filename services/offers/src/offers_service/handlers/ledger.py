"""Taking, revoking and fulfilling acceptances. Events leave through the outbox of the same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from offers_service import SOURCE
from offers_service.domain import ledger as rules
from offers_service.domain.errors import (
    AlreadyAccepted,
    NotEligible,
    OfferExpired,
    QuotaExhausted,
    SoldOut,
    UnknownAcceptance,
    UnknownCustomer,
    UnknownOffer,
)
from offers_service.domain.ledger import Acceptance, Claim, Facts, Refusal, quota_in_the_way, settle
from offers_service.repository import acceptances, customers, offers
from offers_service.repository.offers import Availability
from rapport.contracts.offers import (
    AcceptanceFulfilled,
    AcceptanceRefused,
    AcceptanceRevoked,
    OfferAccepted,
    OfferChanged,
    Quota,
)
from rapport.contracts.vocabulary import Channel
from rapport.db import Connection
from rapport.errors import DomainError
from rapport.messaging import outbox
from rapport.quotas import in_the_way
from rapport.ranking import Offer
from rapport.telemetry import current_traceparent

LedgerEvent: TypeAlias = OfferAccepted | AcceptanceRefused | AcceptanceRevoked | AcceptanceFulfilled


_REFUSALS: Mapping[str, type[DomainError]] = {
    Refusal.UNKNOWN_OFFER: UnknownOffer,
    Refusal.ALREADY_ACCEPTED: AlreadyAccepted,
    Refusal.OFFER_EXPIRED: OfferExpired,
    Refusal.NOT_ELIGIBLE: NotEligible,
    Refusal.SOLD_OUT: SoldOut,
    Refusal.QUOTA_EXHAUSTED: QuotaExhausted,
}


class ParsedOffers:
    """Announced offers as the ledger needs them, each parsed once for as long as it stays the same."""

    def __init__(self) -> None:
        """Empty; fills with use."""
        self._known: dict[str, tuple[str, Offer]] = {}

    async def current(self, conn: Connection, offer_ids: Collection[str]) -> dict[str, Offer]:
        """The announced ones among these offers, as they are now; their stock must be locked."""
        known = {offer_id: self._known.get(offer_id) for offer_id in offer_ids}
        stamps = {offer_id: found[0] if found else "" for offer_id, found in known.items()}
        current = {}
        for offer_id, stamp, document in await offers.announced_since(conn, stamps):
            kept = known[offer_id]
            if document is not None or kept is None:
                kept = self._known[offer_id] = stamp, Offer.parse(document)
            current[offer_id] = kept[1]
        return current


async def accept(conn: Connection, parsed: ParsedOffers, claim: Claim, now: datetime) -> tuple[Acceptance, bool]:
    """Record that the customer has the offer, and whether that is new: the same claim again gives the same acceptance.

    Raises:
        UnknownOffer, UnknownCustomer, AlreadyAccepted, OfferExpired, NotEligible, SoldOut, QuotaExhausted: nothing is
            recorded.
        AcceptanceIdTaken: the id stands for another customer, offer or term.
    """
    facts = await _facts(conn, parsed, [claim])
    before = _levels(facts)
    rows = settle([claim], facts)
    acceptance = facts.recorded[claim.acceptance_id]
    if rows and claim.customer_id not in facts.customers and acceptance.reason == Refusal.NOT_ELIGIBLE:
        raise UnknownCustomer
    if acceptance.reason is not None:
        raise _REFUSALS[acceptance.reason](**_why(claim, facts))
    await _record(conn, rows, facts, before, now, {})
    return acceptance, bool(rows)


async def accept_reported(
    conn: Connection, parsed: ParsedOffers, claims: Sequence[Claim], now: datetime, traces: Mapping[str, str | None]
) -> None:
    """Record what channels report: each claim not yet known becomes an acceptance or a refusal, and its event.

    Args:
        conn: in a transaction.
        parsed: the cache of this process.
        claims: in the order in which they were reported.
        now: by the service's clock.
        traces: the trace of each claim by its acceptance id.

    Raises:
        AcceptanceIdTaken: an id stands for another customer, offer or term.
    """
    facts = await _facts(conn, parsed, claims)
    before = _levels(facts)
    await _record(conn, settle(claims, facts), facts, before, now, traces)


async def revoke(conn: Connection, parsed: ParsedOffers, acceptance_id: str, now: datetime) -> Acceptance:
    """Take a standing acceptance back for the customer; one revoked already stays as it is.

    Raises:
        UnknownAcceptance: there is none.
        AcceptanceNotStanding: it was refused.
        CoolingOffOver, AlreadyFulfilled: it is too late.
    """
    found = await _locked(conn, acceptance_id)
    if found.state == "revoked":
        return found
    return await _give_back(conn, parsed, found, rules.revoked(found, now), now)


async def fulfil(conn: Connection, acceptance_id: str, reference: str | None, now: datetime) -> Acceptance:
    """Note that what was accepted has been delivered; the first note counts.

    Raises:
        UnknownAcceptance: there is none.
        AcceptanceNotStanding: it was refused, or does not stand any more.
    """
    found = await _locked(conn, acceptance_id)
    if found.state == "accepted" and found.fulfilled_at is not None:
        return found
    row = rules.fulfilled(found, reference, now)
    await acceptances.update(conn, row)
    told = AcceptanceFulfilled(
        acceptance_id=row.acceptance_id,
        customer_id=row.customer_id,
        offer_id=row.offer_id,
        goal=row.goal,
        channel=Channel(row.channel),
        at=now,
        contact_id=row.contact_id,
        reference=reference,
    )
    await _publish(conn, [told], now, {})
    return row


async def fail(
    conn: Connection,
    parsed: ParsedOffers,
    acceptance_id: str,
    note: str | None,
    reference: str | None,
    now: datetime,
) -> Acceptance:
    """Give an acceptance up that cannot be delivered; one given up already stays as it is.

    Raises:
        UnknownAcceptance: there is none.
        AcceptanceNotStanding: it was refused, or the customer has taken it back.
        AlreadyFulfilled: it has been delivered.
    """
    found = await _locked(conn, acceptance_id)
    if found.revoked_because == "not-delivered":
        return found
    return await _give_back(conn, parsed, found, rules.undeliverable(found, note, reference, now), now)


async def _locked(conn: Connection, acceptance_id: str) -> Acceptance:
    """One row of the ledger, under the lock of its customer.

    Raises:
        UnknownAcceptance: there is none.
    """
    found = await acceptances.locked(conn, acceptance_id)
    if found is None:
        raise UnknownAcceptance
    return found


async def _give_back(
    conn: Connection, parsed: ParsedOffers, found: Acceptance, row: Acceptance, now: datetime
) -> Acceptance:
    """Store that `found` has become `row`, which stands no more: its stock and quotas return."""
    stock = await acceptances.lock_stock(conn, [found.offer_id])
    facts = Facts(offers=await parsed.current(conn, stock), stock=stock, customers={})
    facts.counts = await _counts(conn, facts)
    before = _levels(facts)
    rules.count(found, facts, -1)
    await acceptances.update(conn, row)
    await acceptances.drop_count(conn, found)
    await _publish(conn, [_event(row), *await _store_levels(conn, facts, before, now)], now, {})
    return row


async def acceptance_of(conn: Connection, acceptance_id: str) -> Acceptance:
    """One row of the ledger.

    Raises:
        UnknownAcceptance: there is none.
    """
    found = (await acceptances.by_ids(conn, [acceptance_id])).get(acceptance_id)
    if found is None:
        raise UnknownAcceptance
    return found


async def _facts(conn: Connection, parsed: ParsedOffers, claims: Sequence[Claim]) -> Facts:
    """All that is known of these claims, read under the locks of their customers and stock."""
    customer_ids = {claim.customer_id for claim in claims}
    documents = await customers.documents(conn, customer_ids)
    await acceptances.lock_customers(conn, customer_ids)
    stock = await acceptances.lock_stock(conn, {claim.offer_id for claim in claims})
    facts = Facts(
        offers=await parsed.current(conn, stock),
        stock=stock,
        customers=documents,
        recorded=await acceptances.by_ids(conn, {claim.acceptance_id for claim in claims}),
        held=await acceptances.held_by(conn, customer_ids),
    )
    facts.counts = await _counts(conn, facts)
    return facts


async def _counts(conn: Connection, facts: Facts) -> dict[str, Counter[tuple[str, str | None]]]:
    """The counts of those offers that have quotas."""
    limited = [offer_id for offer_id, offer in facts.offers.items() if offer.document.quotas]
    return await acceptances.counts(conn, limited) if limited else {}


def _why(claim: Claim, facts: Facts) -> dict[str, Any]:
    """What a refusal says besides its kind."""
    standing = facts.held.get(claim.customer_id, {}).get((claim.offer_id, claim.term))
    if standing is not None:
        return {"acceptance_id": standing}
    quota = quota_in_the_way(claim, facts)
    return {} if quota is None else {"scope": quota.scope, "name": quota.name}


@dataclass(frozen=True, slots=True)
class _Level:
    """What is left of an offer, as everybody is told, and how many are accepted."""

    accepted: int
    available: Availability


def _levels(facts: Facts) -> dict[str, _Level]:
    return {
        offer_id: _Level(stock.accepted, (stock.sold_out, facts.exhausted(offer_id)))
        for offer_id, stock in facts.stock.items()
    }


async def _record(
    conn: Connection,
    rows: Sequence[Acceptance],
    facts: Facts,
    before: Mapping[str, _Level],
    now: datetime,
    traces: Mapping[str, str | None],
) -> None:
    if not rows:
        return
    await acceptances.insert(conn, rows)
    await acceptances.add_counts(conn, rows)
    announcements = await _store_levels(conn, facts, before, now)
    await _publish(conn, [*(_event(row, _quota_of(row, facts)) for row in rows), *announcements], now, traces)


async def _store_levels(
    conn: Connection, facts: Facts, before: Mapping[str, _Level], now: datetime
) -> list[OfferChanged]:
    """Store the counts that changed; the catalogue documents of offers of which nothing is left thereby, for anybody
    or for a quota, or something again."""
    after = _levels(facts)
    changed = {i: facts.stock[i] for i, level in after.items() if level.accepted != before[i].accepted}
    if not changed:
        return []
    await acceptances.save_stock(conn, changed)
    turned = {i: level.available for i, level in after.items() if level.available != before[i].available}
    documents = await offers.mark_available(conn, turned, now) if turned else []
    return [OfferChanged.model_validate(document) for document in documents]


async def _publish(
    conn: Connection, events: Sequence[LedgerEvent | OfferChanged], now: datetime, traces: Mapping[str, str | None]
) -> None:
    """Each event belongs to the trace of its claim; those without a claim of their own to the current one."""
    current = current_traceparent()
    rows = [
        outbox.row(event, source=SOURCE, now=now, traceparent=traces.get(_claim_of(event), current)) for event in events
    ]
    await outbox.insert(conn, rows)


def _claim_of(event: LedgerEvent | OfferChanged) -> str:
    return "" if isinstance(event, OfferChanged) else event.acceptance_id


def _quota_of(row: Acceptance, facts: Facts) -> Quota | None:
    """The quota that was in the way of a row."""
    if row.reason != Refusal.QUOTA_EXHAUSTED:
        return None
    return in_the_way(facts.exhausted(row.offer_id), *row.share)


def _told_why(row: Acceptance, quota: Quota | None) -> dict[str, Any]:
    """In the words that every reader of the topic knows: for this channel or unit it is sold out."""
    return {"reason": row.reason if quota is None else Refusal.SOLD_OUT.value, "quota": quota}


def _event(row: Acceptance, quota: Quota | None = None) -> LedgerEvent:
    """What the ledger says about a row in its present state; `quota` is what was in its way."""
    facts: dict[str, Any] = {
        "acceptance_id": row.acceptance_id,
        "customer_id": row.customer_id,
        "offer_id": row.offer_id,
        "goal": row.goal,
        "channel": row.channel,
    }
    match row.state:
        case "accepted":
            credit = {"contact_id": row.contact_id, "unit": row.unit, "agent": row.agent, "link_id": row.link_id}
            return OfferAccepted(
                **facts,
                **credit,
                term=row.term,
                category=row.category,
                at=row.at,
                revocable_until=row.revocable_until,
            )
        case "refused":
            return AcceptanceRefused(**facts, at=row.at, contact_id=row.contact_id, **_told_why(row, quota))
        case "revoked":
            return AcceptanceRevoked(**facts, at=row.revoked_at, reason=row.revoked_because, note=row.note)
