"""Webhooks as their owners see them: describe, rotate the secret, ask for a ping or a replay, see what became of it.

What always holds:
- a secret leaves the service once, in the answer of the request that made it; where it is stored it is sealed, for this
  webhook only;
- a webhook gets what happens from its creation on; what was before comes by a replay.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from rapport.db import Connection, Queryable, lock
from rapport.errors import Conflict, FieldError, Malformed, NotFound
from rapport.ids import new_id
from rapport.sealing import seal, unseal
from touchpoint_service.domain.subscriptions import entry_of, event_body
from touchpoint_service.repository import deliveries, webhooks
from touchpoint_service.repository.webhooks import WebhookRow

MOST_WEBHOOKS = 50
"""With sixteen requests under way to each, what one worker may have open files for."""

MOST_COUNTED = 10_000
_FIRST_SPAN = timedelta(minutes=1)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any timeline: who asks for the year 1 means everything."""
_SECRET_BYTES = 32  # Standard Webhooks: between 24 and 64


class TooManyWebhooks(Conflict):
    """There are as many webhooks as one installation may have."""


class ReplayRunning(Conflict):
    """A replay of this webhook is under way; it can be cancelled."""


class WebhookNotActive(Conflict):
    """Nothing is sent to this webhook until it is made active again."""


class Made(NamedTuple):
    """A webhook as it is shown, and the secret that nobody will see again."""

    shown: dict[str, Any]
    secret: str


@lru_cache(maxsize=4)
def sealing_key(secret: str) -> bytes:
    """The key of 32 bytes that a secret of the settings stands for. It is long and random, so one hash is enough."""
    return hmac.digest(secret.encode(), b"rapport webhook secrets", "sha256")


def signing_secrets(row: Any, key: bytes, now: datetime) -> list[str]:
    """What to sign with: the newest secret, and older ones until their time is over."""
    context = _context(row["webhook_id"])
    return [
        unseal(key, each["sealed"], context)
        for each in row["secrets"]
        if each["until"] is None or datetime.fromisoformat(each["until"]) > now
    ]


async def create_webhook(conn: Connection, row: WebhookRow, key: bytes, by: str, now: datetime) -> Made:
    """A new webhook with its first secret.

    Raises:
        TooManyWebhooks: there is no room for another.
    """
    await lock(conn, "touchpoint.webhooks")
    if await webhooks.count(conn) >= MOST_WEBHOOKS:
        raise TooManyWebhooks(f"there are {MOST_WEBHOOKS} already")
    webhook_id = new_id("whk", now)
    secret = _new_secret()
    await webhooks.add(conn, webhook_id, row, [_sealed(webhook_id, secret, key, now)], by, now)
    return Made(await see_webhook(conn, webhook_id), secret)


async def rotate_secret(conn: Connection, webhook_id: str, overlap: timedelta, key: bytes, now: datetime) -> Made:
    """A new secret; the one before signs as well until the overlap is over.

    Raises:
        NotFound: there is no such webhook.
    """
    row = await _locked(conn, webhook_id)
    until = (now + overlap).isoformat()
    older = [each | {"until": each["until"] or until} for each in row["secrets"]]
    kept = [each for each in older if datetime.fromisoformat(each["until"]) > now]
    secret = _new_secret()
    await webhooks.set_secrets(conn, webhook_id, [_sealed(webhook_id, secret, key, now), *kept])
    return Made(await see_webhook(conn, webhook_id), secret)


async def change_webhook(conn: Connection, webhook_id: str, row: WebhookRow) -> dict[str, Any]:
    """Describe it anew; the webhook as it is then. The row must be locked by `lock_webhook`."""
    await webhooks.change(conn, webhook_id, row)
    return await see_webhook(conn, webhook_id)


async def lock_webhook(conn: Connection, webhook_id: str) -> int:
    """Hold a webhook until the transaction ends; its revision.

    Raises:
        NotFound: there is no such webhook.
    """
    revision: int = (await _locked(conn, webhook_id))["revision"]
    return revision


async def see_webhook(conn: Queryable, webhook_id: str) -> dict[str, Any]:
    """A webhook without its secrets, and how many events wait for it.

    Raises:
        NotFound: there is no such webhook.
    """
    row = await webhooks.find(conn, webhook_id)
    if row is None:
        raise NotFound(f"there is no webhook {webhook_id}")
    return shown(row) | {"waiting": await deliveries.waiting(conn, webhook_id, MOST_COUNTED)}


def shown(row: Any) -> dict[str, Any]:
    """A webhook as it is listed."""
    secrets = [{"created_at": each["created_at"], "signs_until": each["until"]} for each in row["secrets"]]
    return dict(row) | {"secrets": secrets}


async def ask_for_ping(conn: Connection, webhook_id: str, by: str, now: datetime) -> dict[str, Any]:
    """Let a worker send a ping, whatever the webhook's state; its delivery.

    Raises:
        NotFound: there is no such webhook.
    """
    await see_webhook(conn, webhook_id)
    event_id = new_id("ping", now)
    data = orjson.dumps({"webhook_id": webhook_id, "asked_by": by})
    body = event_body(event_id, "ping", rfc3339(now), data).decode()
    number = await deliveries.queue_ping(conn, webhook_id, event_id, body, now)
    return delivery_shown(await deliveries.find(conn, webhook_id, number))


class Again(NamedTuple):
    """What is to be sent again: a time, or events, or else all dead letters."""

    since: datetime | None
    until: datetime | None
    event_ids: Sequence[str] | None


async def ask_for_replay(conn: Connection, webhook_id: str, again: Again, by: str, now: datetime) -> dict[str, Any]:
    """Let a worker queue events anew.

    Raises:
        NotFound: there is no such webhook.
        WebhookNotActive: nothing would come of it.
        ReplayRunning: one at a time.
        Malformed: an id that names no event.
    """
    row = await _locked(conn, webhook_id)
    if row["state"] != "active":
        raise WebhookNotActive(f"webhook {webhook_id} is {row['state']}")
    for number, event in enumerate(again.event_ids or ()):
        if entry_of(event) is None:
            raise Malformed("no event", errors=[FieldError(f"#/event_ids/{number}", "as in c-1001.17")])
    kind = "ids" if again.event_ids else "time" if again.since else "dead_letters"
    since = max(again.since or now, _EARLIEST)
    until = max(min(again.until or now, now), _EARLIEST)
    replay_id = new_id("rpl", now)
    ids = list(dict.fromkeys(again.event_ids)) if again.event_ids else None
    asked = await webhooks.add_replay(
        conn,
        replay_id,
        webhook_id,
        by,
        now,
        kind=kind,
        since=min(since, until),
        until=until,
        event_ids=ids,
        span=_FIRST_SPAN,
    )
    if not asked:
        raise ReplayRunning(f"a replay of webhook {webhook_id} is under way")
    return await see_replay(conn, webhook_id, replay_id)


async def see_replay(conn: Queryable, webhook_id: str, replay_id: str) -> dict[str, Any]:
    """A replay, and how far it is.

    Raises:
        NotFound: there is no such replay.
    """
    row = await webhooks.replay(conn, webhook_id, replay_id)
    if row is None:
        raise NotFound(f"there is no replay {replay_id}")
    return replay_shown(row)


def replay_shown(row: Any) -> dict[str, Any]:
    """A replay as it is shown: `progress` is the share of its time that is queued, from 0 to 1."""
    told = dict(row)
    cancelled = told.pop("cancelled")
    whole = (row["until"] - row["since"]) / timedelta(seconds=1)
    done = (row["reached"] - row["since"]) / timedelta(seconds=1)
    finished = row["finished_at"] is not None
    told["state"] = "cancelled" if cancelled else "finished" if finished else "running"
    told["progress"] = 1.0 if finished and not cancelled else min(round(done / whole, 4), 0.9999) if whole else 0.0
    return told


def delivery_shown(row: Any) -> dict[str, Any]:
    """A delivery as it is shown."""
    told = dict(row)
    number = told.pop("number")
    if told["state"] != "due":
        told["next_try"] = None
    return {"delivery_id": str(number), **told, "replay_id": told["replay_id"] or None}


def rfc3339(at: datetime) -> str:
    """As the relay writes an event's time, so that it is the same wherever the event is read."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


async def _locked(conn: Connection, webhook_id: str) -> Any:
    row = await webhooks.find(conn, webhook_id, locked=True)
    if row is None:
        raise NotFound(f"there is no webhook {webhook_id}")
    return row


def _sealed(webhook_id: str, secret: str, key: bytes, now: datetime) -> dict[str, Any]:
    return {"sealed": seal(key, secret, _context(webhook_id)), "created_at": now.isoformat(), "until": None}


def _context(webhook_id: str) -> bytes:
    return f"webhook/{webhook_id}".encode()


def _new_secret() -> str:
    return f"whsec_{b64encode(os.urandom(_SECRET_BYTES)).decode()}"
