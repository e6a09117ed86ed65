"""What follows when another service's document changes: who waited for it is woken, a stopped plan is cleared away.

Waking only notes that a customer is to be looked at; a timer, which locks the customer, does the rest.
"""

from __future__ import annotations

from rapport.clock import Clock, to_micros
from rapport.contracts.campaign import PlanChanged
from rapport.contracts.offers import OfferChanged, RankingChanged
from rapport.contracts.profile import CustomerUpserted
from rapport.contracts.vocabulary import Reason
from rapport.db import Connection, Pool
from rapport.messaging.batch import BatchHandler
from rapport.replica import Changes, Former, OnChanges, Replica
from touchpoint_service.domain.standing import CLOSED
from touchpoint_service.handlers.contacts import recall
from touchpoint_service.repository import replicas
from touchpoint_service.repository.work import Work


def replica_handlers(pool: Pool, clock: Clock) -> dict[str, BatchHandler]:
    """The handler of each topic that a replica is kept of. What decisions have looked at is kept when it is replaced.

    Plans are not: a decision's facts hold the state of each. Nor is the ranking: no decision looks at it.
    """
    kept: tuple[tuple[str, str, OnChanges, str | None], ...] = (
        (CustomerUpserted.topic, "replica_customers", customers_changed(clock), "customer_documents"),
        (OfferChanged.topic, "replica_offers", offers_changed, "offer_documents"),
        (PlanChanged.topic, "replica_plans", plans_changed, None),
        (RankingChanged.topic, "replica_rankings", ranking_changed, None),
    )
    handlers = {}
    for topic, table, on_changes, former in kept:
        history = None if former is None else Former(former, clock)
        handlers[topic] = Replica(table, pool, on_changes=on_changes, former=history).handler(topic)
    return handlers


def customers_changed(clock: Clock) -> OnChanges:
    """New customers get a standing, and their waiting requests a look. Erased ones leave nothing behind."""

    async def on_changes(conn: Connection, changes: Changes) -> None:
        if changes.erased:
            await _erase(conn, clock, changes.erased)
        if changes.created:
            await replicas.add_standings(conn, sorted(changes.created))
        await replicas.wake_customers(conn, [e.key for e in changes.written])

    return on_changes


async def plans_changed(conn: Connection, changes: Changes) -> None:
    """Waiting requests of a plan that runs, or has ended, get a look; what a stopped plan had released is recalled.

    Decisions hold the plans that they read until they commit, so none that saw the plan before is missed here.
    """
    for event in changes.written:
        assert isinstance(event, PlanChanged)
        if event.state in ("running", "stopped", "finished"):
            await replicas.wake_campaign(conn, event.campaign_id)
        if event.state == "stopped":
            await replicas.recall_campaign(conn, event.campaign_id, Reason.CAMPAIGN_STOPPED.value)


async def offers_changed(conn: Connection, changes: Changes) -> None:
    """Requests that wait for an offer get a look."""
    await replicas.wake_offers(conn, [e.key for e in changes.written])


async def ranking_changed(_conn: Connection, _changes: Changes) -> None:
    """Nobody waits for another order of offers."""


async def _erase(conn: Connection, clock: Clock, customer_ids: tuple[str, ...]) -> None:
    """Take back what channels still hold, tell so, and forget the customer."""
    work = Work(conn, to_micros(clock.now()))
    await work.lock(customer_ids)
    held = {e.contact_id for s in work.standings.values() for e in s.entries if e.state != CLOSED}
    for contact in (await work.contacts(held)).values():
        recall(work, contact, Reason.WITHDRAWN, caused_by="erasure")
    await work.flush()
    await replicas.erase(conn, sorted(customer_ids))
