"""Capacities and what of them is spent, how providers fare, and what waits for either.

Who hands contacts over locks the circuit, then the capacities of the channel in the order of their teams, then
contacts; so two who do never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rapport.clock import from_micros
from rapport.db import Connection, Queryable


async def lock(conn: Connection, channel: str, teams: Sequence[str]) -> list[Any]:
    """`team`, `document` and `arrival` of those of these capacities that exist, locked until the transaction ends."""
    return await conn.fetch(
        "select team, document, arrival from capacities where channel = $1 and team = any($2::text[]) "
        "order by team for update",
        channel,
        teams,
    )


async def spend(conn: Connection, channel: str, team: str, arrival: int, frees_at: int | None) -> None:
    """Write down what is spent of a locked capacity, and when the next contact may go; None is never."""
    await conn.execute(
        "update capacities set arrival = $3, frees_at = coalesce($4::timestamptz, 'infinity') "
        "where channel = $1 and team = $2",
        channel,
        team,
        arrival,
        None if frees_at is None else from_micros(frees_at),
    )


async def put(
    conn: Connection, channel: str, team: str, document: Mapping[str, Any], author: str, frees_at: int | None
) -> int:
    """Set a capacity; what was spent of the former one stays spent. The new revision."""
    revision: int = await conn.fetchval(
        """
        insert into capacities (channel, team, document, author, frees_at)
        values ($1, $2, $3, $4, coalesce($5::timestamptz, 'infinity'))
        on conflict (channel, team) do update set document = excluded.document, author = excluded.author,
            revision = capacities.revision + 1, frees_at = excluded.frees_at
        returning revision
        """,
        channel,
        team,
        document,
        author,
        None if frees_at is None else from_micros(frees_at),
    )
    return revision


async def remove(conn: Connection, channel: str, team: str) -> bool:
    """Hand over without limit; False when there was none."""
    done = await conn.fetchval("delete from capacities where channel = $1 and team = $2 returning true", channel, team)
    return bool(done)


async def every(conn: Queryable) -> list[Any]:
    """All capacities: channel, team, document, author, revision, arrival."""
    return await conn.fetch(
        "select channel, team, document, author, revision, arrival from capacities order by channel, team"
    )


async def exhausted(conn: Queryable, now: datetime) -> set[str]:
    """Channels that have spent what they may take, or a team of which has."""
    return {row[0] for row in await conn.fetch("select distinct channel from capacities where frees_at > $1", now)}


async def waiting(conn: Queryable, channel: str, now: datetime) -> list[Any]:
    """What is ready and waits to be handed over: place, contact_class, count, oldest, expires; by place and class."""
    return await conn.fetch(
        """
        select place, contact_class, count(*) as count, min(released_at) as oldest, min(expires_at) as expires
        from contacts where channel = $1 and state = 'open' and expires_at > $2
            and (next_try is null or next_try <= $2)
        group by place, contact_class order by place nulls first, contact_class
        """,
        channel,
        now,
    )


async def ready(conn: Queryable, now: datetime) -> list[Any]:
    """The same for all channels together: channel, contact_class, count, oldest."""
    return await conn.fetch(
        """
        select channel, contact_class, count(*) as count, min(released_at) as oldest
        from contacts where state = 'open' and expires_at > $1 and (next_try is null or next_try <= $1)
        group by channel, contact_class
        """,
        now,
    )


async def resting(conn: Queryable, now: datetime) -> set[str]:
    """Channels whose provider is left alone."""
    return {row[0] for row in await conn.fetch("select channel from circuits where retry_at > $1", now)}


async def circuit(conn: Queryable, channel: str) -> Any:
    """`failures`, `opened` and `retry_at` of a channel's provider, or None before its first failure."""
    return await conn.fetchrow("select failures, opened, retry_at from circuits where channel = $1", channel)


async def lock_circuit(conn: Connection, channel: str) -> Any:
    """The same, locked until the transaction ends."""
    await conn.execute("insert into circuits (channel) values ($1) on conflict do nothing", channel)
    return await conn.fetchrow("select failures, opened, retry_at from circuits where channel = $1 for update", channel)


async def set_circuit(conn: Connection, channel: str, failures: int, opened: int, retry_at: datetime | None) -> None:
    """How the provider of a channel fares; no `retry_at` is that it may be tried at once."""
    await conn.execute(
        "update circuits set failures = $2, opened = $3, retry_at = coalesce($4::timestamptz, '-infinity') "
        "where channel = $1",
        channel,
        failures,
        opened,
        retry_at,
    )
