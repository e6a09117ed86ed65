"""Who gets the offer: claims of customers on offers, settled one after the other.

What always holds, whatever claims come in whatever order:
- of an offer no more are accepted than there is stock, and of a quota no more than its limit;
- a customer has an offer at most once per term, until it is revoked;
- an acceptance id is settled once: the same claim again changes nothing, another claim under it is refused loudly.

The caller holds the locks of the customers and of the stock, so the facts stay true until the result is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from offers_service.domain.errors import (
    AcceptanceIdTaken,
    AcceptanceNotStanding,
    AlreadyFulfilled,
    CoolingOffOver,
)
from rapport.contracts.offers import Quota
from rapport.quotas import exhausted, in_the_way
from rapport.ranking import Offer, is_eligible


class Refusal(StrEnum):
    """Why a claim is not honoured, in the order in which it is looked at."""

    UNKNOWN_OFFER = "unknown-offer"
    ALREADY_ACCEPTED = "already-accepted"
    OFFER_EXPIRED = "offer-expired"
    NOT_ELIGIBLE = "not-eligible"
    SOLD_OUT = "sold-out"
    QUOTA_EXHAUSTED = "quota-exhausted"


@dataclass(frozen=True, slots=True)
class Claim:
    """A customer said yes to an offer, at an instant, in a channel."""

    acceptance_id: str
    customer_id: str
    offer_id: str
    channel: str
    at: datetime
    term: str = "1"
    contact_id: str | None = None
    goal: str | None = None
    """The goal of the contact, for the refusal of an offer that nobody knows."""
    unit: str | None = None
    """Of whoever took it, for quotas."""
    agent: str | None = None
    """Who is credited with it."""
    link_id: str | None = None
    """The short link through which it came."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A row of the ledger. A refused one has a reason."""

    acceptance_id: str
    customer_id: str
    offer_id: str
    term: str
    goal: str
    category: str | None
    channel: str
    contact_id: str | None
    at: datetime
    state: Literal["accepted", "refused", "revoked"]
    reason: str | None = None
    revoked_at: datetime | None = None
    fulfilled_at: datetime | None = None
    reference: str | None = None
    unit: str | None = None
    agent: str | None = None
    link_id: str | None = None
    revocable_until: datetime | None = None
    revoked_because: Literal["withdrawn", "not-delivered"] | None = None
    note: str | None = None

    @property
    def share(self) -> tuple[str, str | None]:
        """Under which quotas it counts."""
        return self.channel, self.unit

    @property
    def slot(self) -> tuple[str, str, str]:
        """What can be held only once."""
        return self.customer_id, self.offer_id, self.term


@dataclass(slots=True)
class Stock:
    """How many of an offer there are (None: without limit) and how many are accepted."""

    total: int | None
    accepted: int

    @property
    def sold_out(self) -> bool:
        """Nothing is left."""
        return self.total is not None and self.accepted >= self.total


@dataclass(slots=True)
class Facts:
    """What is known under the locks. `settle` keeps `stock`, `recorded`, `held` and `counts` true as it goes."""

    offers: Mapping[str, Offer]
    stock: dict[str, Stock]
    customers: Mapping[str, Mapping[str, Any]]
    recorded: dict[str, Acceptance] = field(default_factory=dict)
    """Rows by acceptance id: those of the claims."""
    held: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)
    """Per customer what stands accepted: offer and term to acceptance id."""
    counts: dict[str, Counter[tuple[str, str | None]]] = field(default_factory=dict)
    """Per offer that has quotas, how many stand accepted by channel and unit."""

    def exhausted(self, offer_id: str) -> tuple[Quota, ...]:
        """The quotas of the offer of which nothing is left."""
        offer = self.offers.get(offer_id)
        quotas = offer.document.quotas if offer else ()
        return exhausted(quotas, self.counts.get(offer_id, {})) if quotas else ()


def settle(claims: Iterable[Claim], facts: Facts) -> list[Acceptance]:
    """The new rows of the ledger, in the order of the claims; none for a claim that is already recorded.

    Raises:
        AcceptanceIdTaken: a claim's id is recorded for another customer, offer or term. `facts` are spoilt then.
    """
    rows: list[Acceptance] = []
    for claim in claims:
        earlier = facts.recorded.get(claim.acceptance_id)
        if earlier is None:
            row = _row(claim, facts.offers.get(claim.offer_id), _refusal(claim, facts))
            facts.recorded[row.acceptance_id] = row
            if row.state == "accepted":
                count(row, facts, 1)
                facts.held.setdefault(row.customer_id, {})[row.offer_id, row.term] = row.acceptance_id
            rows.append(row)
        elif earlier.slot != (claim.customer_id, claim.offer_id, claim.term):
            raise AcceptanceIdTaken(f"{claim.acceptance_id} stands for another customer, offer or term")
    return rows


def count(row: Acceptance, facts: Facts, number: int) -> None:
    """A row takes a piece (1), or gives it back (-1)."""
    facts.stock[row.offer_id].accepted += number
    if row.offer_id in facts.counts:
        facts.counts[row.offer_id][row.share] += number


def revoked(row: Acceptance, now: datetime) -> Acceptance:
    """The acceptance, taken back by the customer.

    Within its cooling-off period that is a right, also when the delivery was quicker; an offer without such a period
    may be taken back until it is delivered.

    Raises:
        AcceptanceNotStanding: it was refused.
        CoolingOffOver: `now` lies after the period; its end itself is outside.
        AlreadyFulfilled: there is no period, and it has been delivered.
    """
    if row.state != "accepted":
        raise AcceptanceNotStanding
    if row.revocable_until is not None and now >= row.revocable_until:
        raise CoolingOffOver(until=row.revocable_until.isoformat())
    if row.revocable_until is None and row.fulfilled_at is not None:
        raise AlreadyFulfilled
    return replace(row, state="revoked", revoked_at=now, revoked_because="withdrawn")


def fulfilled(row: Acceptance, reference: str | None, now: datetime) -> Acceptance:
    """The acceptance, delivered.

    Raises:
        AcceptanceNotStanding: it was refused, or does not stand any more.
    """
    if row.state != "accepted":
        raise AcceptanceNotStanding
    return replace(row, fulfilled_at=now, reference=reference)


def undeliverable(row: Acceptance, note: str | None, reference: str | None, now: datetime) -> Acceptance:
    """The acceptance, given up because it cannot be delivered, however long the customer might have thought it over.

    Raises:
        AcceptanceNotStanding: it was refused, or the customer has taken it back.
        AlreadyFulfilled: it has been delivered.
    """
    if row.state != "accepted":
        raise AcceptanceNotStanding
    if row.fulfilled_at is not None:
        raise AlreadyFulfilled
    return replace(
        row, state="revoked", revoked_at=now, revoked_because="not-delivered", note=note, reference=reference
    )


def quota_in_the_way(claim: Claim, facts: Facts) -> Quota | None:
    """The exhausted quota in which the claim would count, if any."""
    return in_the_way(facts.exhausted(claim.offer_id), claim.channel, claim.unit)


def _refusal(claim: Claim, facts: Facts) -> Refusal | None:
    offer = facts.offers.get(claim.offer_id)
    if offer is None:
        return Refusal.UNKNOWN_OFFER
    held = facts.held.get(claim.customer_id, {})
    if (claim.offer_id, claim.term) in held:
        return Refusal.ALREADY_ACCEPTED
    if not offer.in_force(claim.at):
        return Refusal.OFFER_EXPIRED
    customer = facts.customers.get(claim.customer_id)
    taken = {offer_id for offer_id, _term in held}
    if customer is None or not is_eligible(offer, customer, taken, claim.at, proposing=False):
        return Refusal.NOT_ELIGIBLE
    if facts.stock[claim.offer_id].sold_out:
        return Refusal.SOLD_OUT
    return Refusal.QUOTA_EXHAUSTED if quota_in_the_way(claim, facts) else None


def _row(claim: Claim, offer: Offer | None, refusal: Refusal | None) -> Acceptance:
    days = offer.document.cooling_off_days if offer else None
    return Acceptance(
        acceptance_id=claim.acceptance_id,
        customer_id=claim.customer_id,
        offer_id=claim.offer_id,
        term=claim.term,
        goal=offer.goal if offer else claim.goal or "unknown",
        category=offer.category if offer else None,
        channel=claim.channel,
        contact_id=claim.contact_id,
        at=claim.at,
        state="refused" if refusal else "accepted",
        reason=refusal,
        unit=claim.unit,
        agent=claim.agent,
        link_id=claim.link_id,
        revocable_until=None if days is None or refusal else claim.at + timedelta(days=days),
    )
