"""What-ifs as jobs: who asked for what, how far it is, and what came of it.

A worker claims a job by raising its `attempt`; from then on everything it writes names that number, so that a worker
that was given up writes nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rapport.db import Connection

GIVEN_UP_SECONDS = 20
"""A worker that has not been heard of for so long is taken for dead."""
MOST_ATTEMPTS = 5
"""A job that has ended so many workers is not given to another."""

_SHOWN = """
select what_if_id, policy_id, version, revision, baseline_id, baseline_version, since, until, planned, author,
    created_at, state, customers, customers_done, error, finished_at {more} from what_ifs
"""


async def add(conn: Connection, row: dict[str, Any]) -> None:
    """Put down a job that nobody works on yet."""
    names = list(row)
    values = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    await conn.execute(f"insert into what_ifs ({', '.join(names)}) values ({values})", *row.values())


async def what_if(conn: Connection, policy_id: str, what_if_id: str) -> Any:
    """One with its result, or None."""
    return await conn.fetchrow(
        f"{_SHOWN.format(more=', result')} where policy_id = $1 and what_if_id = $2", policy_id, what_if_id
    )


async def what_ifs(
    conn: Connection, policy_id: str, version: int | None, before: tuple[datetime, str] | None, limit: int
) -> list[Any]:
    """Newest first, without results: of the draft (`version` None) or of a version's document, whatever it was then.

    A version is the document: what was tried as a draft and submitted unchanged was tried.
    """
    at, what_if_id = before or (None, None)
    return await conn.fetch(
        f"""
        {_SHOWN.format(more="")}
        where policy_id = $1 and ($3::timestamptz is null or (created_at, what_if_id) < ($3, $4))
            and case when $2::integer is null then version is null
                else document::jsonb = (
                    select document::jsonb from policy_versions where policy_id = $1 and version = $2
                ) end
        order by created_at desc, what_if_id desc limit $5
        """,
        policy_id,
        version,
        at,
        what_if_id,
        limit,
    )


async def cancel(conn: Connection, policy_id: str, what_if_id: str, now: datetime) -> bool:
    """End one that is not finished; whether it was not."""
    done = await conn.fetchval(
        """
        update what_ifs set state = 'cancelled', finished_at = $3, attempt = attempt + 1
        where policy_id = $1 and what_if_id = $2 and state in ('queued', 'running') returning true
        """,
        policy_id,
        what_if_id,
        now,
    )
    if done:
        await conn.execute("delete from what_if_parts where what_if_id = $1", what_if_id)
    return bool(done)


async def claim(conn: Connection) -> Any:
    """The oldest job that nobody works on, ours from now on; None when there is none."""
    return await conn.fetchrow(
        f"""
        update what_ifs set state = 'running', attempt = attempt + 1, beat_at = clock_timestamp()
        where what_if_id = (
            select what_if_id from what_ifs
            where state = 'queued'
                or state = 'running' and beat_at < clock_timestamp() - interval '{GIVEN_UP_SECONDS} seconds'
            order by created_at, what_if_id limit 1 for update skip locked
        )
        returning what_if_id, attempt, policy_id, version, document, baseline_id, baseline_version, since, until,
            planned
        """
    )


async def beat(conn: Connection, what_if_id: str, attempt: int) -> bool:
    """Say that we still work on it; whether it is still ours."""
    return bool(
        await conn.fetchval(
            "update what_ifs set beat_at = clock_timestamp() "
            "where what_if_id = $1 and attempt = $2 and state = 'running' returning true",
            what_if_id,
            attempt,
        )
    )


async def leave(conn: Connection, what_if_id: str, attempt: int) -> None:
    """Give a job back: it waits for the next worker."""
    await conn.execute(
        "update what_ifs set state = 'queued' where what_if_id = $1 and attempt = $2 and state = 'running'",
        what_if_id,
        attempt,
    )


async def plan_parts(
    conn: Connection,
    what_if_id: str,
    attempt: int,
    asked: list[str] | None,
    parts: Sequence[tuple[str | None, str | None, int]],
) -> None:
    """Put down the parts of a job, and the customers of its campaign, once."""
    ours = await conn.fetchval(
        "update what_ifs set customers = $3, asked = $4 "
        "where what_if_id = $1 and attempt = $2 and customers is null returning true",
        what_if_id,
        attempt,
        sum(customers for _, _, customers in parts),
        asked,
    )
    if ours:
        await conn.executemany(
            "insert into what_if_parts (what_if_id, number, after, upto, customers) values ($1, $2, $3, $4, $5)",
            [(what_if_id, number, *part) for number, part in enumerate(parts)],
        )


async def audience(conn: Connection, what_if_id: str) -> tuple[bool, list[str] | None]:
    """Whether the parts are put down, and the customers of the campaign, as far as they are known."""
    row = await conn.fetchrow("select customers is not null, asked from what_ifs where what_if_id = $1", what_if_id)
    return (False, None) if row is None else (row[0], row[1])


async def open_parts(conn: Connection, what_if_id: str) -> list[Any]:
    """number, after, upto of the parts that are still to be done."""
    return await conn.fetch(
        "select number, after, upto from what_if_parts where what_if_id = $1 and tally is null order by number",
        what_if_id,
    )


async def finish_part(conn: Connection, what_if_id: str, attempt: int, number: int, tally: list[list[Any]]) -> bool:
    """Keep what was counted in a part; False when the job is not ours any more."""
    return bool(
        await conn.fetchval(
            """
            with ours as (
                update what_ifs w set customers_done = customers_done + p.customers, beat_at = clock_timestamp()
                from what_if_parts p
                where w.what_if_id = $1 and w.attempt = $2 and w.state = 'running'
                    and p.what_if_id = $1 and p.number = $3 and p.tally is null
                returning w.what_if_id
            )
            update what_if_parts p set tally = $4 from ours
            where p.what_if_id = ours.what_if_id and p.number = $3 returning true
            """,
            what_if_id,
            attempt,
            number,
            tally,
        )
    )


async def tallies(conn: Connection, what_if_id: str) -> list[list[list[Any]]]:
    """What was counted in the parts."""
    rows = await conn.fetch("select tally from what_if_parts where what_if_id = $1 order by number", what_if_id)
    return [row[0] for row in rows]


async def finish(
    conn: Connection,
    what_if_id: str,
    attempt: int,
    now: datetime,
    *,
    result: dict[str, Any] | None = None,
    error: str | None = None,
) -> bool:
    """Done with this result, or failed with this error; False when the job is not ours any more."""
    done = await conn.fetchval(
        """
        update what_ifs set state = $4, result = $5, error = $6, finished_at = $3
        where what_if_id = $1 and attempt = $2 and state = 'running' returning true
        """,
        what_if_id,
        attempt,
        now,
        "failed" if result is None else "done",
        result,
        error,
    )
    if done:
        await conn.execute("delete from what_if_parts where what_if_id = $1", what_if_id)
    return bool(done)
