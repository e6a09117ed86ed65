"""What touchpoint reads from Kafka. Groups of their own, so that an acceptance never waits behind bulk requests, and
neither behind what goes to webhooks.

Each handler gets the messages of one topic inside a transaction, locks their customers, hands them to one use case and
writes everything in bulk.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapport.clock import Clock, to_micros
from rapport.contracts.campaign import ContactRequested, ContactRequestWithdrawn
from rapport.contracts.envelope import Envelope
from rapport.contracts.offers import AcceptanceFulfilled, LinkOpened
from rapport.db import Connection
from rapport.messaging.consumer import BatchHandler, PoisonMessage
from touchpoint_service.domain.facts import Request
from touchpoint_service.handlers.acceptances import settle_acceptances
from touchpoint_service.handlers.gate import Arrival, Gate
from touchpoint_service.handlers.outcomes import Report, UnfitReport, note_openings, report_outcomes
from touchpoint_service.handlers.requests import take_in
from touchpoint_service.repository.work import Work

REQUESTS_GROUP = "touchpoint.requests"
OUTCOMES_GROUP = "touchpoint.outcomes"
WEBHOOKS_GROUP = "touchpoint.webhooks"


def request_handlers(gate: Gate, clock: Clock) -> dict[str, BatchHandler]:
    """Handlers of the group that takes in requests."""

    async def on_requests(conn: Connection, envelopes: Sequence[Envelope]) -> None:
        work = Work(conn, to_micros(clock.now()))
        await work.lock(e.key for e in envelopes)
        arrivals = [
            Arrival(Request.of(e.event), e.partition, e.traceparent)
            for e in envelopes
            if isinstance(e.event, ContactRequested)
        ]
        withdrawals = [e.event for e in envelopes if isinstance(e.event, ContactRequestWithdrawn)]
        await take_in(work, gate, arrivals, withdrawals)
        await work.flush()

    return {ContactRequested.topic: on_requests}


def outcome_handlers(gate: Gate, clock: Clock) -> dict[str, BatchHandler]:
    """Handlers of the group that takes in what became of contacts."""

    async def on_channel_events(conn: Connection, envelopes: Sequence[Envelope]) -> None:
        work = Work(conn, to_micros(clock.now()))
        await work.lock(e.key for e in envelopes)
        reports = [Report(e.event, e.traceparent) for e in envelopes]
        try:
            await report_outcomes(work, gate, reports)
        except UnfitReport as unfit:
            blamed = next(e for e in envelopes if e.event is unfit.report.outcome)
            raise PoisonMessage(unfit.detail, blamed) from unfit
        await work.flush()

    async def on_acceptances(conn: Connection, envelopes: Sequence[Envelope]) -> None:
        said = [(e.event, e.traceparent) for e in envelopes if not isinstance(e.event, AcceptanceFulfilled)]
        if not said:  # a delivery opens and closes nothing
            return
        work = Work(conn, to_micros(clock.now()))
        await work.lock(event.customer_id for event, _ in said)
        await settle_acceptances(work, gate, said)
        await work.flush()

    async def on_links(conn: Connection, envelopes: Sequence[Envelope]) -> None:
        said = [(e.event, e.traceparent) for e in envelopes if isinstance(e.event, LinkOpened) and e.event.contact_id]
        if not said:
            return
        work = Work(conn, to_micros(clock.now()))
        await work.lock(event.customer_id for event, _ in said)
        await note_openings(work, gate, said)
        await work.flush()

    return {
        "channel.events": on_channel_events,
        "offers.acceptances": on_acceptances,
        "offers.links": on_links,
    }
