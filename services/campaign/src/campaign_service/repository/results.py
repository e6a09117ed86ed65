"""The figures of a campaign, counted from its audience and attempts."""

from __future__ import annotations

from campaign_service.domain.results import STAGES, Figures, add_up
from campaign_service.repository.campaigns import Campaign
from rapport.db import Connection

_ATTEMPTS = """
select channel, count(*) - count(requested_at) as planned, count(requested_at) as requested,
    count(*) filter (where released) as released,
    count(*) filter (where delivered) as delivered,
    count(*) filter (where status = 'deferred') as deferred,
    count(*) filter (where status = 'suppressed') as suppressed,
    count(*) filter (where status = 'expired') as expired,
    count(*) filter (where status = 'withdrawn') as withdrawn,
    count(*) filter (where status = 'recalled') as recalled
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
select m.control, c.customer_id is not null, case when not m.revoked then m.accepted_in end, count(*)
from audience m left join contacted c using (customer_id) where m.campaign_id = $1
group by 1, 2, 3
"""


async def count(conn: Connection, campaign: Campaign) -> Figures:
    """The figures as they are now; all zero before the audience is taken."""
    attempts = await conn.fetch(_ATTEMPTS, campaign.campaign_id)
    outcomes = await conn.fetch(_OUTCOMES, campaign.campaign_id)
    members = await conn.fetch(_MEMBERS, campaign.campaign_id)
    return add_up(
        Figures(campaign.campaign_id, campaign.state),
        [(row["channel"], {stage: row[stage] for stage in STAGES}) for row in attempts],
        [(row[0], row[1], row[2]) for row in outcomes],
        [(row[0], row[1], row[2], row[3]) for row in members],
    )
