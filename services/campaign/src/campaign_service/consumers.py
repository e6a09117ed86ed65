"""What campaign reads from Kafka: customers and offers as replicas, and what came of contacts and acceptances."""

from __future__ import annotations

from collections.abc import Sequence

from campaign_service.handlers.outcomes import follow_contacts, settle_acceptances
from campaign_service.repository import outcomes
from rapport.clock import Clock
from rapport.contracts.envelope import Envelope
from rapport.contracts.offers import AcceptanceRevoked, OfferAccepted, OfferChanged
from rapport.contracts.profile import CustomerUpserted
from rapport.contracts.touchpoint import TimelineEvent
from rapport.db import Connection, Pool
from rapport.messaging.consumer import BatchHandler
from rapport.replica import Changes, Replica

GROUP = "campaign.events"


def event_handlers(pool: Pool, clock: Clock) -> dict[str, BatchHandler]:
    """Handlers of the one group, by topic."""

    async def on_contacts(conn: Connection, envelopes: Sequence[Envelope]) -> None:
        entries = [e.event for e in envelopes if isinstance(e.event, TimelineEvent)]
        await follow_contacts(conn, entries, clock.now())

    async def on_acceptances(conn: Connection, envelopes: Sequence[Envelope]) -> None:
        events = [e.event for e in envelopes if isinstance(e.event, OfferAccepted | AcceptanceRevoked)]
        await settle_acceptances(conn, events)

    return {
        TimelineEvent.topic: on_contacts,
        OfferAccepted.topic: on_acceptances,
        CustomerUpserted.topic: Replica("replica_customers", pool, on_changes=_erase).handler(CustomerUpserted.topic),
        OfferChanged.topic: Replica("replica_offers", pool).handler(OfferChanged.topic),
    }


async def _erase(conn: Connection, changes: Changes) -> None:
    if changes.erased:
        await outcomes.erase(conn, changes.erased)
