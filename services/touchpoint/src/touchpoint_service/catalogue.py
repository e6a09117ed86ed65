"""The offers as the gate, the pop-up and the senders use them: replicated documents, parsed once per version."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.contracts.offers import OfferChanged
from rapport.db import Connection, Pool
from rapport.replica import MemoryReplica
from rapport.rules import CUSTOMER, InvalidRule, compile_predicate
from rapport.rules.tree import read_tree
from touchpoint_service.domain.facts import Offer
from touchpoint_service.domain.windows import from_micros, to_micros
from touchpoint_service.repository.replicas import offer_versions


@dataclass(frozen=True, slots=True)
class BookedOffer:
    """One offer: its document, and what the gate needs of it."""

    document: OfferChanged
    gate: Offer


class Catalogue:
    """The replicated offers in memory, at most a quarter of a second old."""

    def __init__(self, pool: Pool) -> None:
        self._replica = MemoryReplica(pool, "replica_offers", _parse)
        self._seen: Mapping[str, BookedOffer] = {}
        self._gate: dict[str, Offer] = {}
        self.run = self._replica.run
        self.refresh = self._replica.refresh

    @property
    def loaded(self) -> bool:
        """Whether the offers have been read once."""
        return self._replica.loaded

    async def for_gate(self, conn: Connection, offer_ids: Collection[str]) -> Mapping[str, Offer]:
        """The offers as the gate sees them, by id; of `offer_ids` the versions that this transaction sees, or newer."""
        if offer_ids:
            newest = await offer_versions(conn, sorted(offer_ids))
            known = self._replica.all()
            if any(i not in known or known[i].document.version < version for i, version in newest.items()):
                await self.refresh()
        now = self._replica.all()
        if now is not self._seen:
            self._gate = {offer_id: booked.gate for offer_id, booked in now.items()}
            self._seen = now
        return self._gate

    def document(self, offer_id: str) -> OfferChanged | None:
        """The whole document of an offer."""
        booked = self._replica.get(offer_id)
        return None if booked is None else booked.document

    def documents(self) -> list[OfferChanged]:
        """All documents."""
        return [booked.document for booked in self._replica.all().values()]


def _parse(raw: Any) -> BookedOffer:
    document = OfferChanged.model_validate(raw)
    return BookedOffer(
        document,
        Offer(
            document.offer_id,
            document.goal,
            document.category,
            document.state == "published",
            None if document.valid_from is None else to_micros(document.valid_from),
            None if document.valid_until is None else to_micros(document.valid_until),
            _eligibility(document.eligibility),
        ),
    )


def _eligibility(tree: dict[str, Any] | None) -> Callable[[Mapping[str, Any], int], bool]:
    """The rule as a predicate. One that this version of the language does not know lets nobody through."""
    if tree is None:
        return lambda _document, _now: True
    try:
        predicate = compile_predicate(read_tree(tree), CUSTOMER)
    except InvalidRule:
        return lambda _document, _now: False
    at: Callable[[int], datetime] = from_micros
    return lambda document, now: predicate(document, at(now))
