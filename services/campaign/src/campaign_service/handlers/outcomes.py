"""What other services say, and what follows for a campaign: further attempts, ended lines, successes, erasure.

Each handler takes a batch of one topic, in order per customer, inside the consumer's transaction. Repetitions change
nothing: timeline entries count by their number, acceptances by their id, further attempts by their natural id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from campaign_service.domain.acceptances import Member, settle
from campaign_service.domain.attempts import ENDING, Attempt, NextAttempt, next_attempt, take_in
from campaign_service.handlers.plans import SOURCE
from campaign_service.repository import outcomes
from rapport.contracts.campaign import ContactRequestWithdrawn
from rapport.contracts.offers import AcceptanceRevoked, OfferAccepted
from rapport.contracts.touchpoint import ContactResponded, TimelineEvent
from rapport.db import Connection
from rapport.messaging import outbox


async def follow_contacts(conn: Connection, entries: Sequence[TimelineEvent], now: datetime) -> None:
    """Bring attempts up to date, plan the next ones, and withdraw what is out for a line that has ended."""
    ours = [(e, e.request_id) for e in entries if e.request_id is not None and e.campaign_id is not None]
    if not ours:
        return
    attempts = await outcomes.attempts(conn, ((e.customer_id, request) for e, request in ours))
    if not attempts:
        return
    running = await outcomes.campaigns(conn, (a.campaign_id for a in attempts.values()))
    changed: dict[str, Attempt] = {}
    following: list[tuple[Attempt, NextAttempt]] = []
    ended: list[Attempt] = []
    for entry, request in ours:
        attempt = attempts.get(request)
        if attempt is None or not take_in(attempt, entry):
            continue
        changed[request] = attempt
        campaign = running[attempt.campaign_id]
        if not isinstance(entry, ContactResponded) or campaign.state not in ("running", "paused"):
            continue
        if entry.outcome in ENDING:
            ended.append(attempt)
        else:
            next_ = next_attempt(attempt, entry, campaign.lines[attempt.line].attempts, campaign.ends_at)
            if next_ is not None:
                following.append((attempt, next_))
    await outcomes.save_attempts(conn, list(changed.values()))
    if following:
        await outcomes.plan_attempts(conn, following)
    if ended:
        withdrawn = await outcomes.end_lines(conn, ended)
        events = [ContactRequestWithdrawn(request_id=r, customer_id=c, at=now) for c, r in withdrawn]
        await outbox.publish(conn, events, source=SOURCE, now=now)


async def settle_acceptances(conn: Connection, events: Sequence[OfferAccepted | AcceptanceRevoked]) -> None:
    """Note who has accepted the goal of a campaign that they belong to: all their lines end.

    What is out already is not withdrawn here: the gate recalls it by the same acceptance.
    """
    members = await outcomes.members(conn, (e.customer_id for e in events), (e.goal for e in events))
    of_customer: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        of_customer[member.customer_id].append(member)
    changed = {
        (member.customer_id, member.campaign_id): member
        for event in events
        for member in of_customer[event.customer_id]
        if settle(member, event)
    }
    if changed:
        await outcomes.save_members(conn, list(changed.values()))
