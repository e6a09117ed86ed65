"""The register of webhooks, and what was asked to be sent to them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from rapport.db import Connection, Queryable


class WebhookRow(NamedTuple):
    """A webhook as a person describes it."""

    url: str
    description: str
    types: list[str] | None
    customer_id: str | None
    org: str | None
    ordered: bool
    state: str


_SHOWN = """webhook_id, url, description, types, customer_id, org, ordered, state, secrets, revision, created_by,
    created_at, failures, failing_since, disabled_at, disabled_why"""
_REPLAY = """replay_id, webhook_id, asked_by, created_at, kind, since, until, reached, queued, finished_at, cancelled"""


async def add(
    conn: Connection, webhook_id: str, row: WebhookRow, secrets: list[dict[str, Any]], by: str, now: datetime
) -> None:
    """A new webhook."""
    await conn.execute(
        """
        insert into webhooks (webhook_id, url, description, types, customer_id, org, ordered, state, secrets,
            created_by, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        webhook_id,
        *row,
        secrets,
        by,
        now,
    )


async def count(conn: Queryable) -> int:
    """How many there are."""
    found: int = await conn.fetchval("select count(*) from webhooks")
    return found


async def find(conn: Queryable, webhook_id: str, *, locked: bool = False) -> Any:
    """A webhook, or None. `locked` holds it until the transaction ends."""
    held = "for update" if locked else ""
    return await conn.fetchrow(f"select {_SHOWN} from webhooks where webhook_id = $1 {held}", webhook_id)


async def page(conn: Queryable, after: tuple[datetime, str] | None, limit: int) -> list[Any]:
    """Webhooks, oldest first."""
    since, webhook_id = after or (None, None)
    return await conn.fetch(
        f"""
        select {_SHOWN} from webhooks
        where $1::timestamptz is null or (created_at, webhook_id) > ($1, $2::text)
        order by created_at, webhook_id limit $3
        """,
        since,
        webhook_id,
        limit,
    )


async def change(conn: Connection, webhook_id: str, row: WebhookRow) -> None:
    """Describe it anew. One that is made active again begins without failures."""
    await conn.execute(
        """
        update webhooks set url = $2, description = $3, types = $4, customer_id = $5, org = $6, ordered = $7,
            state = $8, revision = revision + 1,
            failures = case when state <> 'active' and $8 = 'active' then 0 else failures end,
            failing_since = case when state <> 'active' and $8 = 'active' then null else failing_since end,
            disabled_at = null, disabled_why = null
        where webhook_id = $1
        """,
        webhook_id,
        *row,
    )


async def set_secrets(conn: Connection, webhook_id: str, secrets: list[dict[str, Any]]) -> None:
    """Other secrets."""
    await conn.execute(
        "update webhooks set secrets = $2, revision = revision + 1 where webhook_id = $1", webhook_id, secrets
    )


async def set_health(conn: Connection, webhook_id: str, failures: int, since: datetime | None) -> None:
    """How it has been answering."""
    await conn.execute(
        "update webhooks set failures = $2, failing_since = $3 where webhook_id = $1", webhook_id, failures, since
    )


async def disable(conn: Connection, webhook_id: str, now: datetime, why: str) -> None:
    """Nothing goes to it any more."""
    await conn.execute(
        """
        update webhooks set state = 'disabled', disabled_at = $2, disabled_why = $3, revision = revision + 1
        where webhook_id = $1
        """,
        webhook_id,
        now,
        why,
    )


async def delete(conn: Connection, webhook_id: str) -> bool:
    """Forget it, with all that is on its way; whether there was one."""
    return bool(await conn.fetchval("delete from webhooks where webhook_id = $1 returning true", webhook_id))


async def every(conn: Queryable) -> list[Any]:
    """All of them."""
    return await conn.fetch(f"select {_SHOWN} from webhooks")


async def add_replay(
    conn: Connection,
    replay_id: str,
    webhook_id: str,
    by: str,
    now: datetime,
    *,
    kind: str,
    since: datetime,
    until: datetime,
    event_ids: Sequence[str] | None,
    span: timedelta,
) -> bool:
    """Ask for a replay, unless one of the webhook is under way; whether it was."""
    return bool(
        await conn.fetchval(
            """
            insert into webhook_replays
                (replay_id, webhook_id, asked_by, created_at, kind, since, until, event_ids, reached, span)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $6, $9)
            on conflict (webhook_id) where finished_at is null do nothing returning true
            """,
            replay_id,
            webhook_id,
            by,
            now,
            kind,
            since,
            until,
            event_ids,
            span,
        )
    )


async def replay(conn: Queryable, webhook_id: str, replay_id: str) -> Any:
    """A replay, or None."""
    return await conn.fetchrow(
        f"select {_REPLAY} from webhook_replays where webhook_id = $1 and replay_id = $2", webhook_id, replay_id
    )


async def replays(conn: Queryable, webhook_id: str, after: tuple[datetime, str] | None, limit: int) -> list[Any]:
    """Replays of a webhook, newest first."""
    before, replay_id = after or (None, None)
    return await conn.fetch(
        f"""
        select {_REPLAY} from webhook_replays
        where webhook_id = $1 and ($2::timestamptz is null or (created_at, replay_id) < ($2, $3::text))
        order by created_at desc, replay_id desc limit $4
        """,
        webhook_id,
        before,
        replay_id,
        limit,
    )


async def cancel_replay(conn: Connection, webhook_id: str, replay_id: str, now: datetime) -> None:
    """Queue no more for it."""
    await conn.execute(
        """
        update webhook_replays set finished_at = $3, cancelled = true, event_ids = null
        where webhook_id = $1 and replay_id = $2 and finished_at is null
        """,
        webhook_id,
        replay_id,
        now,
    )


async def next_replay(conn: Connection) -> Any:
    """The replay that has waited longest and nobody works on, with its webhook; held until the transaction ends."""
    return await conn.fetchrow(
        """
        select r.*, w.types, w.customer_id, w.org, w.state from webhook_replays r join webhooks w using (webhook_id)
        where r.finished_at is null order by r.looked_at nulls first, r.created_at limit 1 for update of r skip locked
        """
    )


async def replay_went_on(
    conn: Connection, replay_id: str, reached: datetime, span: timedelta, queued: int, finished_at: datetime | None
) -> None:
    """How far it is."""
    await conn.execute(
        """
        update webhook_replays set reached = $2, span = $3, queued = queued + $4, finished_at = $5,
            event_ids = case when $5::timestamptz is null then event_ids end, looked_at = clock_timestamp()
        where replay_id = $1
        """,
        replay_id,
        reached,
        span,
        queued,
        finished_at,
    )
