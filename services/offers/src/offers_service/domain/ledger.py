"""Who gets the offer: claims of customers on offers, settled one after the other.

What always holds, whatever claims come in whatever order:
- of an offer no more are accepted than there is stock;
- a customer has an offer at most once per term, until it is revoked;
- an acceptance id is settled once: the same claim again changes nothing, another claim under it is refused loudly.

The caller holds the locks of the customers and of the stock, so the facts stay true until the result is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from offers_service.domain.errors import AcceptanceIdTaken
from rapport.ranking import Offer, is_eligible


class Refusal(StrEnum):
    """Why a claim is not honoured, in the order in which it is looked at."""

    UNKNOWN_OFFER = "unknown-offer"
    ALREADY_ACCEPTED = "already-accepted"
    OFFER_EXPIRED = "offer-expired"
    NOT_ELIGIBLE = "not-eligible"
    SOLD_OUT = "sold-out"


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
    """What is known under the locks. `settle` keeps `stock`, `recorded` and `held` true as it goes."""

    offers: Mapping[str, Offer]
    stock: dict[str, Stock]
    customers: Mapping[str, Mapping[str, Any]]
    recorded: dict[str, Acceptance] = field(default_factory=dict)
    """Rows by acceptance id: those of the claims."""
    held: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)
    """Per customer what stands accepted: offer and term to acceptance id."""


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
                facts.stock[row.offer_id].accepted += 1
                facts.held.setdefault(row.customer_id, {})[row.offer_id, row.term] = row.acceptance_id
            rows.append(row)
        elif earlier.slot != (claim.customer_id, claim.offer_id, claim.term):
            raise AcceptanceIdTaken(f"{claim.acceptance_id} stands for another customer, offer or term")
    return rows


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
    return Refusal.SOLD_OUT if facts.stock[claim.offer_id].sold_out else None


def _row(claim: Claim, offer: Offer | None, refusal: Refusal | None) -> Acceptance:
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
    )
