"""What came of the contacts: attempts brought up to date, further ones planned, acceptances noted, customers erased."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaign_service.domain.acceptances import Member
from campaign_service.domain.attempts import Attempt, NextAttempt
from campaign_service.domain.plan import Line
from campaign_service.domain.requests import request_id
from rapport.db import Connection

_ATTEMPT = (
    "customer_id, request_id, campaign_id, line, attempt, counted, status, seq, channel, released, delivered, outcomes"
)


@dataclass(frozen=True, slots=True)
class Running:
    """What the follow-up of an attempt needs of its campaign."""

    state: str
    ends_at: datetime
    lines: tuple[Line, ...]


async def attempts(conn: Connection, wanted: Iterable[tuple[str, str]]) -> dict[str, Attempt]:
    """Those of these (customer, request) that are ours, locked, by request."""
    keys = sorted(set(wanted))
    rows = await conn.fetch(
        f"""
        select {_ATTEMPT} from attempts
        where (customer_id, request_id) in (select * from unnest($1::text[], $2::text[]))
        order by customer_id, request_id for update
        """,
        [customer for customer, _ in keys],
        [request for _, request in keys],
    )
    return {row["request_id"]: Attempt(*row) for row in rows}


async def campaigns(conn: Connection, campaign_ids: Iterable[str]) -> dict[str, Running]:
    """State, end and lines of these campaigns."""
    rows = await conn.fetch(
        "select campaign_id, state, ends_at, plan -> 'lines' from campaigns where campaign_id = any($1::text[])",
        list(set(campaign_ids)),
    )
    return {row[0]: Running(row[1], row[2], tuple(Line.model_validate(line) for line in row[3])) for row in rows}


async def save_attempts(conn: Connection, changed: Sequence[Attempt]) -> None:
    """Write back locked attempts."""
    await conn.execute(
        """
        update attempts a set status = w.status, seq = w.seq, channel = w.channel, released = w.released,
            delivered = w.delivered, outcomes = string_to_array(w.outcomes, ',')
        from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::boolean[], $7::boolean[],
            $8::text[]) as w (customer_id, request_id, status, seq, channel, released, delivered, outcomes)
        where a.customer_id = w.customer_id and a.request_id = w.request_id
        """,
        [a.customer_id for a in changed],
        [a.request_id for a in changed],
        [a.status for a in changed],
        [a.seq for a in changed],
        [a.channel for a in changed],
        [a.released for a in changed],
        [a.delivered for a in changed],
        [",".join(a.outcomes) for a in changed],
    )


async def plan_attempts(conn: Connection, following: Sequence[tuple[Attempt, NextAttempt]]) -> None:
    """Plan further attempts: once each, and only for members who have not accepted."""
    await conn.execute(
        """
        insert into attempts (customer_id, request_id, campaign_id, line, attempt, counted, not_before)
        select w.* from unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::smallint[],
            $7::timestamptz[]) as w (customer_id, request_id, campaign_id, line, attempt, counted, not_before)
        join audience m on m.customer_id = w.customer_id and m.campaign_id = w.campaign_id and m.acceptance_id is null
        on conflict do nothing
        """,
        [a.customer_id for a, _ in following],
        [request_id(a.campaign_id, a.line, a.customer_id, next_.attempt) for a, next_ in following],
        [a.campaign_id for a, _ in following],
        [a.line for a, _ in following],
        [next_.attempt for _, next_ in following],
        [next_.counted for _, next_ in following],
        [next_.not_before for _, next_ in following],
    )


async def end_lines(conn: Connection, ended: Sequence[Attempt]) -> list[tuple[str, str]]:
    """Drop what was planned after these attempts; (customer, request) of what has gone out and may still happen."""
    keys = (
        [a.customer_id for a in ended],
        [a.campaign_id for a in ended],
        [a.line for a in ended],
        [a.attempt for a in ended],
    )
    later = """
        unnest($1::text[], $2::text[], $3::smallint[], $4::smallint[]) as w (customer_id, campaign_id, line, attempt)
        where a.customer_id = w.customer_id and a.campaign_id = w.campaign_id and a.line = w.line
            and a.attempt > w.attempt
        """
    await conn.execute(f"delete from attempts a using {later} and a.requested_at is null", *keys)
    rows = await conn.fetch(
        f"select distinct a.customer_id, a.request_id from attempts a, {later} "
        "and a.status in ('requested', 'deferred', 'released')",
        *keys,
    )
    return [(row[0], row[1]) for row in rows]


async def members(conn: Connection, customer_ids: Iterable[str], goals: Iterable[str]) -> list[Member]:
    """The memberships of these customers in campaigns with these goals, locked."""
    rows = await conn.fetch(
        """
        select m.customer_id, m.campaign_id, c.goal, c.resolved_at, c.ends_at, m.acceptance_id, m.accepted_at,
            m.accepted_in, m.revoked
        from audience m join campaigns c using (campaign_id)
        where m.customer_id = any($1::text[]) and c.goal = any($2::text[])
        order by m.customer_id, m.campaign_id for update of m
        """,
        list(set(customer_ids)),
        list(set(goals)),
    )
    return [Member(*row) for row in rows]


async def save_members(conn: Connection, changed: Sequence[Member]) -> None:
    """Write back locked members, and drop what was planned for them."""
    await conn.execute(
        """
        update audience m set acceptance_id = w.acceptance_id, accepted_at = w.accepted_at,
            accepted_in = w.accepted_in, revoked = w.revoked
        from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::boolean[])
            as w (customer_id, campaign_id, acceptance_id, accepted_at, accepted_in, revoked)
        where m.customer_id = w.customer_id and m.campaign_id = w.campaign_id
        """,
        [m.customer_id for m in changed],
        [m.campaign_id for m in changed],
        [m.acceptance_id for m in changed],
        [m.accepted_at for m in changed],
        [m.accepted_in for m in changed],
        [m.revoked for m in changed],
    )
    await conn.execute(
        """
        delete from attempts where requested_at is null
            and (customer_id, campaign_id) in (select * from unnest($1::text[], $2::text[]))
        """,
        [m.customer_id for m in changed],
        [m.campaign_id for m in changed],
    )


async def erase(conn: Connection, customer_ids: Sequence[str]) -> None:
    """Forget these customers: their memberships, their attempts, and their ids in the lists of plans."""
    # Plans first: whoever sends a page locks the plan before its attempts, too.
    await conn.execute(
        """
        update campaigns set plan = jsonb_set(plan, '{audience,list}', (plan #> '{audience,list}') - $1::text[])
        where plan #> '{audience,list}' ?| $1::text[]
        """,
        customer_ids,
    )
    await conn.execute("delete from audience where customer_id = any($1::text[])", customer_ids)
    await conn.execute("delete from attempts where customer_id = any($1::text[])", customer_ids)
