"""What goes to webhooks: queued from the log and by replays, settled after each attempt, deleted in the end.

What always holds:
- an event is queued in the transaction that moves the position behind it, once for each webhook that takes it;
- an endpoint that answers anything but success for days, or says that it is gone, gets nothing more until a person says
  so; the notice of it is published in the transaction that decides it;
- a replay goes on where it was when its worker died, and never floods: while much waits for a webhook, it waits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from rapport.clock import Clock
from rapport.contracts.envelope import Envelope
from rapport.contracts.touchpoint import WebhookDisabled
from rapport.db import Connection
from rapport.messaging import outbox
from touchpoint_service.domain.retries import GIVE_UP, GONE, Health
from touchpoint_service.domain.subscriptions import Wanted, entry_of, event_id
from touchpoint_service.repository import deliveries, webhooks
from touchpoint_service.repository.deliveries import Queued, Settled

_PAGE = 1000
"""Events queued by a replay in one transaction, more or less."""
_MOST_WAITING = 5000
"""While so many wait for a webhook, its replay waits: the table stays small, and what happens now is not behind it."""
_LONGEST_SPAN = timedelta(days=3650)
"""Years without an entry are passed in a few steps; a stretch that holds too much is cut down before it is queued."""
_SHORTEST_SPAN = timedelta(milliseconds=1)
_AT_ONCE = 5000
_DEAD_FACTOR = 4


def queue_events(clock: Clock) -> Callable[[Connection, Sequence[Envelope]], Awaitable[None]]:
    """A handler of timeline events: queues each for the webhooks that take it."""

    async def on_contacts(conn: Connection, envelopes: Sequence[Envelope]) -> None:
        known = [(row, wanted_by(row)) for row in await webhooks.every(conn) if row["state"] != "disabled"]
        if not known:
            return
        queued = [
            Queued(row["webhook_id"], event_id(e.key, e.event.seq), e.key, e.event.seq, e.type)
            for e in envelopes
            if e.event is not None
            for row, wanted in known
            if wanted.takes(e.type, e.key, getattr(e.event, "place", None)) and e.time >= row["created_at"]
        ]
        if queued:
            await deliveries.queue(conn, queued, clock.now())

    return on_contacts


def wanted_by(row: Any) -> Wanted:
    """What a webhook takes."""
    types = None if row["types"] is None else frozenset(row["types"])
    return Wanted(types, row["customer_id"], row["org"])


class Outcome(NamedTuple):
    """An attempt that has ended, of which webhook, and how."""

    webhook_id: str
    settled: Settled
    counts: bool
    """Whether it says something of the endpoint: a ping does not, a test of one's own is no failure."""


async def settle(conn: Connection, outcomes: Sequence[Outcome], failing: frozenset[str], now: datetime) -> list[str]:
    """Note what became of attempts; the webhooks that are disabled by it.

    Args:
        failing: the webhooks that have failures to be forgotten when something comes through.
    """
    await deliveries.settle(conn, [outcome.settled for outcome in outcomes], now)
    by_webhook: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.counts:
            by_webhook.setdefault(outcome.webhook_id, []).append(outcome)
    disabled = []
    for webhook_id in sorted(by_webhook):  # always the same order of locks
        told = [outcome.settled for outcome in by_webhook[webhook_id]]
        delivered = any(each.state == "delivered" for each in told)
        if delivered and webhook_id not in failing:
            continue
        if await _judge(conn, webhook_id, told, delivered=delivered, now=now):
            disabled.append(webhook_id)
    return disabled


async def _judge(conn: Connection, webhook_id: str, told: Sequence[Settled], *, delivered: bool, now: datetime) -> bool:
    """What some attempts say of the endpoint; whether it is disabled by them."""
    row = await webhooks.find(conn, webhook_id, locked=True)
    if row is None:
        return False
    failed = sum(each.state != "delivered" for each in told)
    health = Health(row["failures"], row["failing_since"]).after(delivered=delivered, failed=failed, now=now)
    await webhooks.set_health(conn, webhook_id, *health)
    gone = any(each.status == GONE for each in told)
    if row["state"] != "active" or not (gone or health.is_hopeless(now)):
        return False
    why = "gone" if gone else "failing"
    await webhooks.disable(conn, webhook_id, now, why)
    notice = WebhookDisabled(
        webhook_id=webhook_id,
        at=now,
        reason=why,
        failures=max(failed, health.failures),
        failing_since=health.failing_since or now,
        description=row["description"],
    )
    await outbox.publish(conn, [notice], source="touchpoint", now=now)
    return True


async def replay_pages(conn: Connection, now: datetime) -> bool:
    """A step of one replay, a step for `rapport.steps`; whether there may be more to do at once."""
    replay = await webhooks.next_replay(conn)
    if replay is None:
        return False
    if await deliveries.waiting(conn, replay["webhook_id"], _MOST_WAITING) >= _MOST_WAITING:
        await webhooks.replay_went_on(conn, replay["replay_id"], replay["reached"], replay["span"], 0, None)
        return False
    steps: Mapping[str, Callable[[Connection, Any, datetime], Awaitable[None]]] = {
        "time": _by_time,
        "ids": _by_ids,
        "dead_letters": _dead_letters,
    }
    await steps[replay["kind"]](conn, replay, now)
    return True


async def _by_time(conn: Connection, replay: Any, now: datetime) -> None:
    """The next stretch of time: longer after one with little in it, shorter where there is much."""
    reached, span = replay["reached"], replay["span"]
    end = min(reached + span, replay["until"])
    found = await deliveries.count_entries(conn, replay, reached, end, _PAGE + 1)
    while found > _PAGE and span > _SHORTEST_SPAN:
        span /= 4
        end = min(reached + span, replay["until"])
        found = await deliveries.count_entries(conn, replay, reached, end, _PAGE + 1)
    queued = await deliveries.queue_entries(conn, replay, replay["replay_id"], reached, end, now) if found else 0
    if found < _PAGE // 4:
        span = min(span * 4, _LONGEST_SPAN)
    ended = now if end >= replay["until"] else None
    await webhooks.replay_went_on(conn, replay["replay_id"], end, span, queued, ended)


async def _by_ids(conn: Connection, replay: Any, now: datetime) -> None:
    named = [entry for entry in map(entry_of, replay["event_ids"] or ()) if entry is not None]
    queued = await deliveries.queue_named(conn, replay["webhook_id"], replay["replay_id"], named, now)
    await webhooks.replay_went_on(conn, replay["replay_id"], replay["until"], replay["span"], queued, now)


async def _dead_letters(conn: Connection, replay: Any, now: datetime) -> None:
    revived = await deliveries.revive(conn, replay["webhook_id"], replay["created_at"], now, _PAGE)
    ended = now if revived < _PAGE else None
    await webhooks.replay_went_on(conn, replay["replay_id"], replay["reached"], replay["span"], revived, ended)


def tidy(kept_days: int) -> Callable[[Connection, datetime], Awaitable[bool]]:
    """A step for `rapport.steps`: buries what waits in vain, deletes what ended long ago."""

    async def tidy_deliveries(conn: Connection, now: datetime) -> bool:
        buried = await deliveries.bury(conn, now - GIVE_UP, now, _AT_ONCE)
        kept = timedelta(days=kept_days)
        gone = await deliveries.forget(conn, now - kept, now - kept * _DEAD_FACTOR, _AT_ONCE)
        return _AT_ONCE in (buried, gone)

    return tidy_deliveries
