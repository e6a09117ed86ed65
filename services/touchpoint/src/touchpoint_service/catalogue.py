"""The offers as the gate, the pop-up and the senders use them: replicated documents, made ready once per version."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rapport.contracts.offers import OfferChanged
from rapport.db import Connection, Pool
from rapport.ranking import DEFAULT, Offer
from rapport.replica import MemoryReplica
from touchpoint_service.repository.replicas import offer_versions


class Catalogue:
    """The replicated offers in memory, at most a quarter of a second old."""

    def __init__(self, pool: Pool) -> None:
        self._replica = MemoryReplica(pool, "replica_offers", Offer.parse)
        self.run = self._replica.run
        self.refresh = self._replica.refresh
        self._sorted_from: Mapping[str, Offer] = {}
        self._foremost: dict[str, list[str]] = {}

    async def current(self, conn: Connection, offer_ids: Collection[str]) -> Mapping[str, Offer]:
        """All offers by id; of `offer_ids` the versions that this transaction sees, or newer ones."""
        return await self.at_least(conn, await offer_versions(conn, sorted(offer_ids)) if offer_ids else {})

    async def at_least(self, conn: Connection, versions: Mapping[str, int]) -> Mapping[str, Offer]:
        """All offers by id; those named in these versions, or newer ones."""
        known = self._replica.all()
        if any(i not in known or known[i].document.version < version for i, version in versions.items()):
            await self.refresh(conn)
        return self._replica.all()

    def foremost(self, channel: str, limit: int) -> Sequence[str]:
        """The offers that come first in a channel for whoever may have them: where a ranking mostly ends."""
        offers = self._replica.all()
        if offers is not self._sorted_from:
            self._sorted_from, self._foremost = offers, {}
        found = self._foremost.get(channel)
        if found is None:
            meant = (o for o in offers.values() if channel in o.document.channels)
            best = sorted(meant, key=lambda o: o.place(channel, DEFAULT).best)
            found = self._foremost[channel] = [o.offer_id for o in best]
        return found[:limit]

    def document(self, offer_id: str) -> OfferChanged | None:
        """The document of an offer, if there is one."""
        offer = self._replica.get(offer_id)
        return None if offer is None else offer.document
