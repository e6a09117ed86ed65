"""Plans: written by one person, approved by another, run, paused, stopped.

What always holds:
- a state changes only along `lifecycle`, with the plan's row locked; each change is published with the next version;
- an edit takes a submission and an approval back;
- once a stop has committed, no further request of the plan goes out: every page looks at the state under the same lock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from campaign_service.domain.lifecycle import may_approve, may_become
from campaign_service.domain.plan import Plan
from campaign_service.domain.waves import resumed
from campaign_service.repository import campaigns, execution
from campaign_service.repository.campaigns import Campaign
from rapport.contracts.campaign import PlanChanged, PlanState
from rapport.db import Connection
from rapport.errors import Conflict, NotFound
from rapport.messaging import outbox
from rapport.rules import CUSTOMER

SOURCE = "campaign"


class CampaignExists(Conflict):
    """There is already a campaign of this id."""


class WrongState(Conflict):
    """The plan is in a state in which this cannot be done."""


class OwnChange(Conflict):
    """Nobody approves what they wrote or submitted themselves."""


class OfferNotUsable(Conflict):
    """An offer of the plan is not published, no longer valid, or serves another goal."""


class ScheduleOver(Conflict):
    """The schedule's end has passed."""


async def create_campaign(conn: Connection, campaign_id: str, plan: Plan, author: str, now: datetime) -> Campaign:
    """Store a plan as a draft.

    Raises:
        InvalidRule: the audience's rule does not fit the customer document.
        CampaignExists: the id is taken.
    """
    _check_rule(plan)
    if not await campaigns.add(conn, campaign_id, plan, author, now):
        raise CampaignExists(f"there is a campaign {campaign_id} already")
    campaign = await get_campaign(conn, campaign_id)
    await _publish(conn, campaign, plan, now)
    return campaign


async def edit_campaign(conn: Connection, campaign: Campaign, plan: Plan, author: str, now: datetime) -> None:
    """Replace the document of a locked campaign; it is a draft again.

    Raises:
        InvalidRule: the audience's rule does not fit the customer document.
        WrongState: the campaign has been started or stopped.
    """
    _check_rule(plan)
    campaign.name, campaign.goal, campaign.ends_at = plan.name, plan.goal, plan.schedule.end
    campaign.authors = sorted({*campaign.authors, author})
    campaign.approved_by = None
    await _become(conn, campaign, "draft", plan, now, edited=True)


async def submit_campaign(conn: Connection, campaign: Campaign, submitter: str, now: datetime) -> None:
    """Ask for the approval of a locked draft.

    Raises:
        WrongState: it is no draft.
        ScheduleOver: it could not run any more.
        OfferNotUsable: an offer is not published, no longer valid at the schedule's start, or of another goal.
    """
    plan = await campaigns.plan_of(conn, campaign.campaign_id)
    _check_state(campaign, "submitted")
    _check_schedule(campaign, now)
    await _check_offers(conn, plan)
    campaign.authors = sorted({*campaign.authors, submitter})
    await _become(conn, campaign, "submitted", plan, now)


async def approve_campaign(conn: Connection, campaign: Campaign, approver: str, now: datetime) -> None:
    """Approve a locked, submitted campaign as it stands.

    Raises:
        WrongState: it has not been submitted.
        OwnChange: the approver has written or submitted it.
    """
    _check_state(campaign, "approved")
    if not may_approve(approver, campaign.authors):
        raise OwnChange("whoever wrote or submitted a plan cannot approve it")
    campaign.approved_by = approver
    await _become(conn, campaign, "approved", await campaigns.plan_of(conn, campaign.campaign_id), now)


async def set_state(conn: Connection, campaign: Campaign, wanted: PlanState, now: datetime) -> None:
    """Run, pause or stop a locked campaign; what is so already stays as it is.

    Raises:
        WrongState: it cannot go there from where it is.
        ScheduleOver: it should run after its end.
    """
    if campaign.state == wanted:
        return
    _check_state(campaign, wanted)
    plan = await campaigns.plan_of(conn, campaign.campaign_id)
    if wanted == "running":
        _check_schedule(campaign, now)
        if campaign.started_at is None:
            campaign.started_at, campaign.next_wave_at = now, max(plan.schedule.start, now)
        else:
            campaign.next_wave_at = resumed(campaign.next_wave_at, now)
    await _become(conn, campaign, wanted, plan, now)


async def finish_campaign(conn: Connection, campaign: Campaign, now: datetime) -> None:
    """End a locked campaign whose schedule is over."""
    await _become(conn, campaign, "finished", await campaigns.plan_of(conn, campaign.campaign_id), now)


async def get_campaign(conn: Connection, campaign_id: str, *, lock: bool = False) -> Campaign:
    """The campaign; with `lock`, kept as it is until the transaction ends.

    Raises:
        NotFound: there is none of this id.
    """
    campaign = await campaigns.find(conn, campaign_id, lock=lock)
    if campaign is None:
        raise NotFound(f"there is no campaign {campaign_id}")
    return campaign


async def _become(
    conn: Connection, campaign: Campaign, state: PlanState, plan: Plan, now: datetime, *, edited: bool = False
) -> None:
    _check_state(campaign, state)
    campaign.state = state
    campaign.version += 1
    campaign.changed_at = now
    if state in ("stopped", "finished"):
        campaign.next_wave_at = None
        await execution.drop_planned(conn, campaign.campaign_id)
    await campaigns.save(conn, campaign, plan if edited else None)
    await _publish(conn, campaign, plan, now)


async def _publish(conn: Connection, campaign: Campaign, plan: Plan, now: datetime) -> None:
    event = PlanChanged(
        campaign_id=campaign.campaign_id,
        version=campaign.version,
        state=campaign.state,
        name=plan.name,
        contact_class=plan.contact_class,
        goal=plan.goal,
        channels=plan.channels,
        offers=plan.offers,
        control_share=plan.control_share,
    )
    await outbox.publish(conn, [event], source=SOURCE, now=now)


def _check_rule(plan: Plan) -> None:
    if plan.audience.rule is not None:
        CUSTOMER.check(plan.audience.rule, "#/audience/rule")


def _check_state(campaign: Campaign, wanted: PlanState) -> None:
    if not may_become(campaign.state, wanted):
        raise WrongState(f"a plan that is {campaign.state} cannot become {wanted}", state=campaign.state)


def _check_schedule(campaign: Campaign, now: datetime) -> None:
    if now >= campaign.ends_at:
        raise ScheduleOver(f"the schedule ended at {campaign.ends_at.isoformat()}")


async def _check_offers(conn: Connection, plan: Plan) -> None:
    known = await campaigns.offers(conn, plan.offers)
    for offer_id in plan.offers:
        problem = _unusable(known.get(offer_id), plan)
        if problem is not None:
            raise OfferNotUsable(f"offer {offer_id} {problem}", offer_id=offer_id)


def _unusable(offer: dict[str, Any] | None, plan: Plan) -> str | None:
    if offer is None or offer["state"] != "published":
        return "is not published"
    if offer["goal"] != plan.goal:
        return f"serves the goal {offer['goal']}, not {plan.goal}"
    until = offer.get("valid_until")
    if until is not None and datetime.fromisoformat(until) <= plan.schedule.start:
        return "is no longer valid when the campaign starts"
    return None
