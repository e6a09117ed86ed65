"""The offers and their ranking as the gate, the pop-up and the senders use them: replicas, made ready once."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from rapport.contracts.offers import OfferChanged
from rapport.db import Connection, Pool
from rapport.ranking import DEFAULT, HOUSE, Offer, Weights
from rapport.replica import MemoryReplica
from touchpoint_service.repository.replicas import offer_versions


class Catalogue:
    """The replicated offers and ranking in memory, at most a quarter of a second old."""

    def __init__(self, pool: Pool) -> None:
        self._replica = MemoryReplica(pool, "replica_offers", Offer.parse)
        self._rankings = MemoryReplica(pool, "replica_rankings", Weights.parse)
        self._sorted_from: tuple[Mapping[str, Offer], Weights] = {}, DEFAULT
        self._looks_back = False
        self._foremost: dict[str, list[str]] = {}

    async def run(self) -> None:
        """Keep both up to date until cancelled."""
        await asyncio.gather(self._replica.run(), self._rankings.run())

    async def refresh(self, conn: Connection | None = None) -> None:
        """Look at both now. Whoever is in a transaction gives its connection."""
        await self._replica.refresh(conn)
        await self._rankings.refresh(conn)

    @property
    def weights(self) -> Weights:
        """The ranking in force."""
        return self._rankings.get(HOUSE) or DEFAULT

    async def current(self, conn: Connection, offer_ids: Collection[str]) -> Mapping[str, Offer]:
        """All offers by id; of `offer_ids` the versions that this transaction sees, or newer ones."""
        return await self.at_least(conn, await offer_versions(conn, sorted(offer_ids)) if offer_ids else {})

    async def at_least(self, conn: Connection, versions: Mapping[str, int]) -> Mapping[str, Offer]:
        """All offers by id; those named in these versions, or newer ones."""
        known = self._replica.all()
        if any(i not in known or known[i].document.version < version for i, version in versions.items()):
            await self._replica.refresh(conn)
        return self._replica.all()

    def foremost(self, channel: str, limit: int) -> Sequence[str]:
        """The offers that come first in a channel for whoever may have them: where a ranking mostly ends.

        Where a place depends on the customer, it is the best that there can be.
        """
        offers, weights = self._seen()
        found = self._foremost.get(channel)
        if found is None:
            meant = (o for o in offers.values() if channel in o.document.channels)
            best = sorted(meant, key=lambda o: o.place(channel, weights).best)
            found = self._foremost[channel] = [o.offer_id for o in best]
        return found[:limit]

    @property
    def looks_back(self) -> bool:
        """Whether some offer depends on what was accepted at any time, also if it was taken back."""
        self._seen()
        return self._looks_back

    def _seen(self) -> tuple[Mapping[str, Offer], Weights]:
        """Offers and weights as they are; what is known of former ones is forgotten."""
        offers, weights = self._replica.all(), self.weights
        if offers is not self._sorted_from[0] or weights is not self._sorted_from[1]:
            self._sorted_from, self._foremost = (offers, weights), {}
            self._looks_back = any(o.document.never_after for o in offers.values())
        return offers, weights

    def offer(self, offer_id: str) -> Offer | None:
        """An offer made ready, if there is one."""
        return self._replica.get(offer_id)

    def document(self, offer_id: str) -> OfferChanged | None:
        """The document of an offer, if there is one."""
        offer = self._replica.get(offer_id)
        return None if offer is None else offer.document
