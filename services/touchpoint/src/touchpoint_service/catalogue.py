"""The offers as the gate, the pop-up and the senders use them: replicated documents, made ready once per version."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rapport.contracts.offers import OfferChanged
from rapport.db import Connection, Pool
from rapport.ranking import Offer
from rapport.replica import MemoryReplica
from touchpoint_service.repository.replicas import offer_versions


class Catalogue:
    """The replicated offers in memory, at most a quarter of a second old."""

    def __init__(self, pool: Pool) -> None:
        self._replica = MemoryReplica(pool, "replica_offers", Offer.parse)
        self.run = self._replica.run
        self.refresh = self._replica.refresh

    async def current(self, conn: Connection, offer_ids: Collection[str]) -> Mapping[str, Offer]:
        """All offers by id; of `offer_ids` the versions that this transaction sees, or newer ones."""
        if offer_ids:
            newest = await offer_versions(conn, sorted(offer_ids))
            known = self._replica.all()
            if any(i not in known or known[i].document.version < version for i, version in newest.items()):
                await self.refresh()
        return self._replica.all()

    def document(self, offer_id: str) -> OfferChanged | None:
        """The document of an offer, if there is one."""
        offer = self._replica.get(offer_id)
        return None if offer is None else offer.document
