"""What the offers service reads from Kafka: customers, and what became of contacts.

Two groups, so that acceptances are settled only once the customers are there: a worker that starts with both logs to
read would otherwise refuse people that it has not heard of yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from offers_service.domain.ledger import Claim
from offers_service.handlers.ledger import ParsedOffers, accept_reported
from offers_service.handlers.links import keep_for_messages
from offers_service.repository import contacts
from rapport.clock import Clock
from rapport.contracts.envelope import Envelope
from rapport.contracts.touchpoint import (
    ContactExpired,
    ContactRecalled,
    ContactReleased,
    ContactResponded,
    TimelineEvent,
)
from rapport.contracts.vocabulary import Channel, Outcome
from rapport.db import Connection
from rapport.messaging.consumer import BatchHandler, PoisonMessage

CUSTOMERS_GROUP = "offers.replicas"
CONTACTS_GROUP = "offers.events"


def contacts_handler(parsed: ParsedOffers, clock: Clock) -> BatchHandler:
    """Keeps the open contacts of the web, the links of messages and what was said of offers; settles what was accepted
    in any channel."""

    async def on_contacts(conn: Connection, envelopes: Sequence[Envelope]) -> None:
        now = clock.now()
        await _follow_web_contacts(conn, envelopes, now)
        await keep_for_messages(conn, [e.event for e in envelopes if isinstance(e.event, ContactReleased)])
        await contacts.keep_words(conn, _words(envelopes))
        accepted = [envelope for envelope in envelopes if _is_acceptance(envelope)]
        if accepted:
            traces = {envelope.event.acceptance_id: envelope.traceparent for envelope in accepted}
            await accept_reported(conn, parsed, [_claim(envelope) for envelope in accepted], now, traces)

    return on_contacts


async def _follow_web_contacts(conn: Connection, envelopes: Sequence[Envelope], now: datetime) -> None:
    opened, closed = [], []
    for envelope in envelopes:
        event: TimelineEvent = envelope.event
        if event.channel is not Channel.WEB or event.contact_id is None:
            continue
        if isinstance(event, ContactReleased) and event.offer_id is not None:
            opened.append((event.customer_id, event.contact_id, event.offer_id, event.expires_at))
        elif isinstance(event, ContactResponded | ContactRecalled | ContactExpired):
            closed.append((event.customer_id, event.contact_id))
    if opened:
        await contacts.open_web_contacts(conn, opened)
    if closed:  # after the openings: a contact is released once, so within a batch nothing reopens
        await contacts.close_web_contacts(conn, closed, now)


_KINDS = {Outcome.REFUSED: "refused", Outcome.INTERESTED: "promised", Outcome.CALL_BACK: "promised"}


def _words(envelopes: Sequence[Envelope]) -> Iterator[tuple[str, str, str, datetime, datetime | None]]:
    """What customers said of offers, as the ranking needs it."""
    for envelope in envelopes:
        event = envelope.event
        if isinstance(event, ContactResponded) and event.outcome in _KINDS and event.offer_id is not None:
            yield event.customer_id, event.offer_id, _KINDS[event.outcome], event.at, event.call_back_at


def _is_acceptance(envelope: Envelope) -> bool:
    return isinstance(envelope.event, ContactResponded) and envelope.event.outcome is Outcome.ACCEPTED


def _claim(envelope: Envelope) -> Claim:
    event: ContactResponded = envelope.event
    if event.acceptance_id is None or event.offer_id is None:
        raise PoisonMessage("an accepted contact needs an acceptance_id and an offer_id", envelope)
    return Claim(
        acceptance_id=event.acceptance_id,
        customer_id=event.customer_id,
        offer_id=event.offer_id,
        channel=event.channel,
        at=event.at,
        contact_id=event.contact_id,
        goal=event.goal,
        unit=event.unit,
        agent=event.agent,
    )
