"""The figures of a campaign, counted from its audience and attempts."""

from __future__ import annotations

from typing import Any

from rapport.db import Connection

_ATTEMPTS = """
select channel, count(*) as planned, count(requested_at) as requested, count(*) filter (where released) as released,
    count(*) filter (where delivered) as delivered,
    count(*) filter (where status = 'deferred') as deferred,
    count(*) filter (where status = 'recalled') as recalled,
    count(*) filter (where status = 'suppressed') as suppressed,
    count(*) filter (where status = 'expired') as expired,
    count(*) filter (where status = 'withdrawn') as withdrawn
from attempts where campaign_id = $1 group by channel
"""

_OUTCOMES = """
select channel, outcome, count(*) from attempts, unnest(outcomes) as outcome where campaign_id = $1
group by channel, outcome
"""

_MEMBERS = """
with contacted as materialized (
    select distinct customer_id from attempts where campaign_id = $1 and released
)
select m.control, c.customer_id is not null as contacted,
    case when not m.revoked then m.accepted_in end as accepted_in, count(*)
from audience m left join contacted c using (customer_id) where m.campaign_id = $1
group by 1, 2, 3
"""


async def attempts(conn: Connection, campaign_id: str) -> list[Any]:
    """Per channel of the newest release (null: never released), how many attempts came how far."""
    return await conn.fetch(_ATTEMPTS, campaign_id)


async def outcomes(conn: Connection, campaign_id: str) -> list[Any]:
    """(channel, outcome, count) of all that was reported."""
    return await conn.fetch(_OUTCOMES, campaign_id)


async def members(conn: Connection, campaign_id: str) -> list[Any]:
    """(control, contacted, channel of the acceptance that stands, count)."""
    return await conn.fetch(_MEMBERS, campaign_id)
