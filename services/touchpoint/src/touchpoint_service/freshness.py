"""How old is what this service knows of customers, offers and plans: looked up now and then, and growing in between."""

from __future__ import annotations

import asyncio
import math
import time

from prometheus_client import Gauge

from rapport.contracts.campaign import PlanChanged
from rapport.contracts.offers import OfferChanged
from rapport.contracts.profile import CustomerUpserted
from rapport.db import Connection, Pool
from rapport.messaging.retry import is_transient
from touchpoint_service.repository.replicas import age

REPLICAS_GROUP = "touchpoint.replicas"
"""Reads them."""
TOPICS = (CustomerUpserted.topic, OfferChanged.topic, PlanChanged.topic)
"""What replicas are kept of."""

_POLL_SECONDS = 1.0
_FRESH_SECONDS = 30.0
"""Half of the least that a policy can ask for."""

replica_age = Gauge("rapport_replica_age_seconds", "How old what is known of customers, offers and plans is")


class Freshness:
    """The age of the oldest replica, in real seconds. A database that is away makes it no younger."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._age = math.inf
        self._at = time.monotonic()
        self.ever = False
        """Whether they have been known to be fresh since this process began: no policy finds them too old then."""

    @property
    def age(self) -> float:
        """Everything that the broker had so many seconds ago is known here; infinite where that is not known."""
        return self._age + (time.monotonic() - self._at)

    async def refresh(self, conn: Connection | None = None) -> None:
        """Look it up now. Whoever is in a transaction gives its connection: to wait for a second one while holding the
        first would let all of a pool wait for each other."""
        began = time.monotonic()  # before the look: an answer that takes long makes it no younger
        self._age = await age(conn or self._pool, REPLICAS_GROUP, TOPICS)
        self._at = began
        self.ever = self.ever or self._age < _FRESH_SECONDS
        replica_age.set(self._age)

    async def run(self) -> None:
        """Look it up every second until cancelled."""
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            try:
                await self.refresh()
            except Exception as error:
                if not is_transient(error):
                    raise
