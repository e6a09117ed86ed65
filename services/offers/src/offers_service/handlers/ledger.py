"""Taking, revoking and fulfilling acceptances. Events leave through the outbox of the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from offers_service import SOURCE, repository
from offers_service.domain.errors import (
    AcceptanceNotStanding,
    AlreadyAccepted,
    NotEligible,
    OfferExpired,
    SoldOut,
    UnknownAcceptance,
    UnknownCustomer,
    UnknownOffer,
)
from offers_service.domain.ledger import Acceptance, Claim, Facts, Refusal, Stock, settle
from rapport.contracts.offers import AcceptanceRefused, AcceptanceRevoked, OfferAccepted, OfferChanged
from rapport.db import Connection
from rapport.errors import DomainError
from rapport.messaging import outbox
from rapport.ranking import Offer
from rapport.telemetry import current_traceparent

LedgerEvent: TypeAlias = OfferAccepted | AcceptanceRefused | AcceptanceRevoked


_REFUSALS: Mapping[str, type[DomainError]] = {
    Refusal.UNKNOWN_OFFER: UnknownOffer,
    Refusal.ALREADY_ACCEPTED: AlreadyAccepted,
    Refusal.OFFER_EXPIRED: OfferExpired,
    Refusal.NOT_ELIGIBLE: NotEligible,
    Refusal.SOLD_OUT: SoldOut,
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
        for offer_id, stamp, document in await repository.announced_since(conn, stamps):
            kept = known[offer_id]
            if document is not None or kept is None:
                kept = self._known[offer_id] = stamp, Offer.parse(document)
            current[offer_id] = kept[1]
        return current


async def accept(conn: Connection, parsed: ParsedOffers, claim: Claim, now: datetime) -> tuple[Acceptance, bool]:
    """Record that the customer has the offer, and whether that is new: the same claim again gives the same acceptance.

    Raises:
        UnknownOffer, UnknownCustomer, AlreadyAccepted, OfferExpired, NotEligible, SoldOut: nothing is recorded.
        AcceptanceIdTaken: the id stands for another customer, offer or term.
    """
    facts = await _facts(conn, parsed, [claim])
    counted = _counted(facts.stock)
    rows = settle([claim], facts)
    acceptance = facts.recorded[claim.acceptance_id]
    if rows and claim.customer_id not in facts.customers and acceptance.reason == Refusal.NOT_ELIGIBLE:
        raise UnknownCustomer
    if acceptance.reason is not None:
        standing = facts.held.get(claim.customer_id, {}).get((claim.offer_id, claim.term))
        raise _REFUSALS[acceptance.reason](**({"acceptance_id": standing} if standing else {}))
    await _record(conn, rows, facts.stock, counted, now, {})
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
    counted = _counted(facts.stock)
    await _record(conn, settle(claims, facts), facts.stock, counted, now, traces)


async def revoke(conn: Connection, acceptance_id: str, now: datetime) -> Acceptance:
    """Take a standing acceptance back and return its stock; one revoked already stays as it is.

    Raises:
        UnknownAcceptance: there is none.
        AcceptanceNotStanding: it was refused.
    """
    found = await acceptance_of(conn, acceptance_id)
    await repository.lock_customers(conn, [found.customer_id])
    stock = await repository.lock_stock(conn, [found.offer_id])
    found = await acceptance_of(conn, acceptance_id)
    if found.state == "revoked":
        return found
    if found.state == "refused":
        raise AcceptanceNotStanding
    counted = _counted(stock)
    stock[found.offer_id].accepted -= 1
    revoked = replace(found, state="revoked", revoked_at=now)
    await repository.revoke(conn, acceptance_id, now)
    await _publish(conn, [_event(revoked), *await _store_stock(conn, stock, counted, now)], now, {})
    return revoked


async def fulfil(conn: Connection, acceptance_id: str, reference: str | None, now: datetime) -> Acceptance:
    """Note that what was accepted has been delivered; the first note counts.

    Raises:
        UnknownAcceptance: there is none.
        AcceptanceNotStanding: it was refused or revoked.
    """
    fulfilled = await repository.fulfil(conn, acceptance_id, reference, now)
    if fulfilled is None:
        await acceptance_of(conn, acceptance_id)
        raise AcceptanceNotStanding
    return fulfilled


async def acceptance_of(conn: Connection, acceptance_id: str) -> Acceptance:
    """One row of the ledger.

    Raises:
        UnknownAcceptance: there is none.
    """
    found = (await repository.acceptances(conn, [acceptance_id])).get(acceptance_id)
    if found is None:
        raise UnknownAcceptance
    return found


async def _facts(conn: Connection, parsed: ParsedOffers, claims: Sequence[Claim]) -> Facts:
    """All that is known of these claims, read under the locks of their customers and stock."""
    customer_ids = {claim.customer_id for claim in claims}
    documents = await repository.customers(conn, customer_ids)
    await repository.lock_customers(conn, customer_ids)
    stock = await repository.lock_stock(conn, {claim.offer_id for claim in claims})
    return Facts(
        offers=await parsed.current(conn, stock),
        stock=stock,
        customers=documents,
        recorded=await repository.acceptances(conn, {claim.acceptance_id for claim in claims}),
        held=await repository.held_by(conn, customer_ids),
    )


def _counted(stock: Mapping[str, Stock]) -> dict[str, Stock]:
    return {offer_id: replace(level) for offer_id, level in stock.items()}


async def _record(
    conn: Connection,
    rows: Sequence[Acceptance],
    stock: Mapping[str, Stock],
    counted: Mapping[str, Stock],
    now: datetime,
    traces: Mapping[str, str | None],
) -> None:
    if not rows:
        return
    await repository.insert_acceptances(conn, rows)
    announcements = await _store_stock(conn, stock, counted, now)
    await _publish(conn, [*map(_event, rows), *announcements], now, traces)


async def _store_stock(
    conn: Connection, stock: Mapping[str, Stock], counted: Mapping[str, Stock], now: datetime
) -> list[OfferChanged]:
    """Store the counts that changed; the catalogue documents of offers that sold out thereby, or are there again."""
    changed = {offer_id: level for offer_id, level in stock.items() if level != counted[offer_id]}
    if not changed:
        return []
    await repository.save_stock(conn, changed)
    turned = {offer_id: s.sold_out for offer_id, s in changed.items() if s.sold_out is not counted[offer_id].sold_out}
    documents = await repository.mark_sold_out(conn, turned, now) if turned else []
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


def _event(row: Acceptance) -> LedgerEvent:
    """What the ledger says about a row in its present state."""
    facts: dict[str, Any] = {
        "acceptance_id": row.acceptance_id,
        "customer_id": row.customer_id,
        "offer_id": row.offer_id,
        "goal": row.goal,
        "channel": row.channel,
    }
    match row.state:
        case "accepted":
            return OfferAccepted(**facts, term=row.term, category=row.category, at=row.at, contact_id=row.contact_id)
        case "refused":
            return AcceptanceRefused(**facts, at=row.at, contact_id=row.contact_id, reason=row.reason)
        case "revoked":
            return AcceptanceRevoked(**facts, at=row.revoked_at)
