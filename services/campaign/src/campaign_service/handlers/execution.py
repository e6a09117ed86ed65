"""A running campaign: the audience is taken once, then requests go out page by page.

What always holds:
- one transaction writes a page's attempts, its outbox rows and the cursor behind it, with the campaign's row locked; so
  a crash leaves neither a gap nor a duplicate, and a pause or a stop takes effect between two pages;
- nothing goes out that is not running, or whose end has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from campaign_service.domain.control import in_control
from campaign_service.domain.plan import Plan
from campaign_service.domain.requests import request_id, score
from campaign_service.domain.waves import Cursor, next_page
from campaign_service.handlers.plans import SOURCE, finish_campaign
from campaign_service.repository import campaigns, execution
from campaign_service.repository.campaigns import Campaign
from campaign_service.repository.execution import Ask
from rapport.contracts.campaign import ContactRequested
from rapport.db import Connection, Pool, transaction, try_lock
from rapport.messaging import outbox

LEADER = "campaign.timers"


async def do_due_work(pool: Pool, now: datetime, *, page: int) -> bool:
    """Do one transaction of what is due for longest; False when nothing is, or another worker is at it.

    Args:
        pool: of the service's database.
        now: the instant.
        page: how many requests to send at most.
    """
    if await execution.due_campaign(pool, now) is None:
        return False
    async with transaction(pool) as conn:
        if not await try_lock(conn, LEADER):
            return False
        campaign_id = await execution.due_campaign(conn, now)
        if campaign_id is None:
            return False
        campaign = await campaigns.find(conn, campaign_id, lock=True)
        assert campaign is not None
        await _advance(conn, campaign, now, page)
        return True


async def _advance(conn: Connection, campaign: Campaign, now: datetime, page: int) -> None:
    """Take the campaign one step on; what became undue while its row was waited for is left alone."""
    if campaign.state not in ("running", "paused"):
        return
    if now >= campaign.ends_at:
        await finish_campaign(conn, campaign, now)
        return
    if campaign.state == "paused":
        return
    plan = await campaigns.plan_of(conn, campaign.campaign_id)
    planned = await execution.take_planned(conn, campaign.campaign_id, page, now)
    if planned:
        await _send(conn, campaign, plan, planned, now)
    elif campaign.next_wave_at is not None and campaign.next_wave_at <= now:
        if campaign.resolved_at is None:
            await _take_audience(conn, campaign, plan, now)
        else:
            await _send_page(conn, campaign, plan, campaign.next_wave_at, now, page)


async def _take_audience(conn: Connection, campaign: Campaign, plan: Plan, now: datetime) -> None:
    """Fix who belongs to the campaign, who of them is in the control group, and in which order the others are asked."""
    place = 0
    async for customers in execution.audience_of(conn, campaign.campaign_id, plan.audience, now):
        found: list[tuple[str, bool, int | None]] = []
        for customer in customers:
            if in_control(campaign.campaign_id, customer, plan.control_share):
                found.append((customer, True, None))
            else:
                found.append((customer, False, place))
                place += 1
        await execution.add_members(conn, campaign.campaign_id, found)
    campaign.resolved_at, campaign.targets = now, place
    if not place:
        campaign.next_wave_at = None
    await campaigns.save(conn, campaign)


async def _send_page(
    conn: Connection, campaign: Campaign, plan: Plan, due_at: datetime, now: datetime, page: int
) -> None:
    """Ask for the next targets of the wave, one request per line each, and move the cursor behind them."""
    ordinals, cursor = next_page(
        Cursor(campaign.asked, due_at),
        campaign.targets,
        page=max(1, page // len(plan.lines)),
        wave_size=plan.schedule.wave_size,
        every=plan.schedule.wave_every,
    )
    asks = [
        Ask(customer, request_id(campaign.campaign_id, line, customer, 1), line, None, attributes)
        for customer, attributes in await execution.targets(conn, campaign.campaign_id, ordinals)
        for line in range(len(plan.lines))
    ]
    await execution.add_first_attempts(conn, campaign.campaign_id, asks, now)
    await _send(conn, campaign, plan, asks, now)
    campaign.asked, campaign.next_wave_at = cursor.ordinal, cursor.due_at
    await campaigns.save(conn, campaign)


async def _send(conn: Connection, campaign: Campaign, plan: Plan, asks: Sequence[Ask], now: datetime) -> None:
    events = []
    for ask in asks:
        line = plan.lines[ask.line]
        events.append(
            ContactRequested(
                request_id=ask.request_id,
                customer_id=ask.customer_id,
                channels=line.channels,
                purpose=plan.purpose,
                category=plan.category,
                contact_class=plan.contact_class,
                score=score(line, ask.attributes),
                goal=plan.goal,
                campaign_id=campaign.campaign_id,
                offer_id=line.offer_id,
                place=line.place,
                at=now,
                not_before=ask.not_before,
                expires_at=campaign.ends_at,
            )
        )
    await outbox.publish(conn, events, source=SOURCE, now=now)
