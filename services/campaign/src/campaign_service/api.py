"""The HTTP edge: plans, their approval and state, and their results."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Query, Response

from campaign_service.domain.plan import Plan
from campaign_service.handlers import plans
from campaign_service.handlers.plans import CampaignExists, OfferNotUsable, OwnChange, ScheduleOver, WrongState
from campaign_service.repository import campaigns, results
from campaign_service.repository.campaigns import Campaign
from campaign_service.schemas import CampaignDocument, CampaignSummary, NewCampaign, Results, StateChange
from rapport.auth import Principal, requires
from rapport.contracts.campaign import PlanState
from rapport.contracts.vocabulary import Id
from rapport.errors import NotFound, PreconditionFailed, PreconditionRequired
from rapport.ids import new_id
from rapport.problems import problem_responses
from rapport.web import IfMatch, Now, Page, PagingQuery, Reading, Router, Writing, body_limit, check_if_match, etag

router = Router()

Reader = Annotated[Principal, requires("campaign.read")]
Editor = Annotated[Principal, requires("campaign.edit")]
Approver = Annotated[Principal, requires("campaign.approve")]
Runner = Annotated[Principal, requires("campaign.run")]
CampaignId = Annotated[Id, Path(description="The campaign.")]

PLAN_BYTES = 4 << 20
"""A list of 50,000 customers, with ids as long as they may be."""


@router.post("/campaigns", status_code=201, summary="Write a plan", responses=problem_responses(CampaignExists))
@body_limit(PLAN_BYTES)
async def create_campaign(
    body: NewCampaign, caller: Editor, conn: Writing, now: Now, response: Response
) -> CampaignSummary:
    """File a new plan as a draft."""
    campaign_id = body.campaign_id or new_id("cmp", now)
    campaign = await plans.create_campaign(conn, campaign_id, body.plan(), caller.subject, now)
    response.headers["Location"] = f"/v1/campaigns/{campaign_id}"
    return _summary(campaign, response)


@router.put(
    "/campaigns/{campaign_id}",
    summary="Edit a plan",
    responses=problem_responses(NotFound, WrongState, PreconditionFailed, PreconditionRequired),
)
@body_limit(PLAN_BYTES)
async def edit_campaign(
    campaign_id: CampaignId,
    body: Plan,
    caller: Editor,
    conn: Writing,
    now: Now,
    response: Response,
    if_match: IfMatch = None,
) -> CampaignSummary:
    """Replace the document of a plan that has not been started. It is a draft again: an edit takes an approval back."""
    campaign = await plans.get_campaign(conn, campaign_id, lock=True)
    check_if_match(if_match, campaign.version, required=True)
    await plans.edit_campaign(conn, campaign, body, caller.subject, now)
    return _summary(campaign, response)


@router.get("/campaigns/{campaign_id}", summary="Read a plan", responses=problem_responses(NotFound))
async def get_campaign(campaign_id: CampaignId, _caller: Reader, conn: Reading, response: Response) -> CampaignDocument:
    """The plan with its state and how far it has got."""
    campaign = await plans.get_campaign(conn, campaign_id)
    response.headers["ETag"] = etag(campaign.version)
    return CampaignDocument.model_validate(asdict(campaign) | {"plan": await campaigns.plan_of(conn, campaign_id)})


@router.get("/campaigns", summary="List plans", responses=problem_responses())
async def list_campaigns(
    paging: PagingQuery,
    _caller: Reader,
    conn: Reading,
    state: Annotated[PlanState | None, Query(description="Only plans in this state.")] = None,
) -> Page[CampaignSummary]:
    """All plans in the order of their ids, without their documents."""
    after = paging.after(tuple[str])
    found = await campaigns.page(conn, after[0] if after else "", paging.fetch, state)
    return paging.page([CampaignSummary.model_validate(one) for one in found], lambda one: (one.campaign_id,))


@router.post(
    "/campaigns/{campaign_id}/submissions",
    summary="Submit a plan for approval",
    responses=problem_responses(NotFound, WrongState, OfferNotUsable, ScheduleOver),
)
async def submit_campaign(
    campaign_id: CampaignId, caller: Editor, conn: Writing, now: Now, response: Response
) -> CampaignSummary:
    """Ask somebody else to approve the draft. Its offers must be published and of the plan's goal."""
    campaign = await plans.get_campaign(conn, campaign_id, lock=True)
    await plans.submit_campaign(conn, campaign, caller.subject, now)
    return _summary(campaign, response)


@router.post(
    "/campaigns/{campaign_id}/approvals",
    summary="Approve a plan",
    responses=problem_responses(NotFound, WrongState, OwnChange, PreconditionFailed, PreconditionRequired),
)
async def approve_campaign(
    campaign_id: CampaignId, caller: Approver, conn: Writing, now: Now, response: Response, if_match: IfMatch = None
) -> CampaignSummary:
    """Approve the plan exactly as it was read: `If-Match` says which version. Nobody approves what they wrote."""
    campaign = await plans.get_campaign(conn, campaign_id, lock=True)
    check_if_match(if_match, campaign.version, required=True)
    await plans.approve_campaign(conn, campaign, caller.subject, now)
    return _summary(campaign, response)


@router.put(
    "/campaigns/{campaign_id}/state",
    summary="Run, pause or stop a campaign",
    responses=problem_responses(NotFound, WrongState, ScheduleOver),
)
async def set_campaign_state(
    campaign_id: CampaignId, body: StateChange, _caller: Runner, conn: Writing, now: Now, response: Response
) -> CampaignSummary:
    """Start an approved plan, hold it, go on, or stop it for good, which also recalls what was not delivered."""
    campaign = await plans.get_campaign(conn, campaign_id, lock=True)
    await plans.set_state(conn, campaign, body.state, now)
    return _summary(campaign, response)


@router.get("/campaigns/{campaign_id}/results", summary="Read the results", responses=problem_responses(NotFound))
async def get_campaign_results(campaign_id: CampaignId, _caller: Reader, conn: Reading) -> Results:
    """What came of the contacts, by channel, and how often people accepted, against the control group."""
    return Results.model_validate(await results.count(conn, await plans.get_campaign(conn, campaign_id)))


def _summary(campaign: Campaign, response: Response) -> CampaignSummary:
    response.headers["ETag"] = etag(campaign.version)
    return CampaignSummary.model_validate(campaign)
