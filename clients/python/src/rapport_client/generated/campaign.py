"""Plans: whom to contact, for what, in which channels, and whether it worked. Generated from the routes of the service campaign by `make clients`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Literal, NotRequired, TypeAlias, TypedDict, cast

from rapport_client.paging import async_items, items
from rapport_client.transport import AsyncTransport, Transport, path_of


class Attempts(TypedDict):
    """How often a line tries to reach a customer. A call-back that the customer asked for does not count."""

    max: NotRequired[int]
    gap_hours: NotRequired[float]
    """From an attempt that did not reach the customer to the next."""


class AudienceInput(TypedDict):
    """Whom the campaign is for: those who fulfil a rule, or a list. Taken once, when the campaign starts."""

    rule: NotRequired[GroupInput | None]
    """A rule tree over the customer document."""
    list: NotRequired[list[str] | None]
    """Customer ids; those that are not known when the campaign starts are left out."""


class AudienceOutput(TypedDict):
    """Whom the campaign is for: those who fulfil a rule, or a list. Taken once, when the campaign starts."""

    rule: NotRequired[GroupOutput | None]
    """A rule tree over the customer document."""
    list: NotRequired[list[str] | None]
    """Customer ids; those that are not known when the campaign starts are left out."""


class CampaignDocument(TypedDict):
    """A campaign with its plan."""

    campaign_id: str
    version: int
    """Rises with every edit and every change of state; also the `ETag`."""
    state: Literal["draft", "submitted", "approved", "running", "paused", "stopped", "finished"]
    name: str
    goal: str
    ends_at: str
    authors: list[str]
    """Who wrote or submitted the plan; none of them may approve it."""
    approved_by: str | None
    created_at: str
    changed_at: str
    started_at: str | None
    resolved_at: str | None
    """When the audience was taken."""
    targets: int
    """Members of the audience outside the control group."""
    asked: int
    """How many of them have had their turn."""
    next_wave_at: str | None
    plan: PlanOutput


class CampaignSummary(TypedDict):
    """A campaign without its plan."""

    campaign_id: str
    version: int
    """Rises with every edit and every change of state; also the `ETag`."""
    state: Literal["draft", "submitted", "approved", "running", "paused", "stopped", "finished"]
    name: str
    goal: str
    ends_at: str
    authors: list[str]
    """Who wrote or submitted the plan; none of them may approve it."""
    approved_by: str | None
    created_at: str
    changed_at: str
    started_at: str | None
    resolved_at: str | None
    """When the audience was taken."""
    targets: int
    """Members of the audience outside the control group."""
    asked: int
    """How many of them have had their turn."""
    next_wave_at: str | None


Channel: TypeAlias = "Literal['call', 'branch', 'hotline', 'web', 'sms', 'email']"


class ChannelResults(TypedDict):
    """What came of the contacts in one channel."""

    stages: Stages
    """Only what was released there; what never was has no channel."""
    responded: dict[str, int]
    accepted: int
    """Acceptances made in this channel, whichever contact led to them."""


ContactClass: TypeAlias = "Literal['service_critical', 'service', 'retention', 'marketing']"

GroupInput = TypedDict(
    "GroupInput", {"combinator": "Literal['and', 'or']", "not": "NotRequired[bool]", "rules": "list[Rule | GroupInput]"}
)

GroupOutput = TypedDict(
    "GroupOutput",
    {"combinator": "Literal['and', 'or']", "not": "NotRequired[bool]", "rules": "list[Rule | GroupOutput]"},
)


class Line(TypedDict):
    """One request per customer: a call with its attempts, a to-do at the branch, a message, a banner."""

    channels: list[Channel]
    """In order of preference: the first that may go."""
    offer_id: NotRequired[str | None]
    place: NotRequired[str | None]
    """Branch or team that should do it; null is any."""
    role: NotRequired[Literal["lead", "cooperate"]]
    attempts: NotRequired[Attempts]
    score: NotRequired[float | None]
    """Larger goes first within the class. Null: 0.75 for a leading line, 0.5 for the others."""
    score_attribute: NotRequired[str | None]
    """The customer's attribute to take the score from, cut to 0–1; without a number there, `score` counts."""


class NewCampaign(TypedDict):
    """A plan, and the id to file it under."""

    name: str
    goal: str
    """What is to be accepted: an acceptance of it, in any channel, ends all lines for that customer."""
    contact_class: ContactClass
    purpose: str
    """What consent is asked for."""
    category: str
    audience: AudienceInput
    offers: NotRequired[list[str]]
    """Each must be published and of the plan's goal when the plan is submitted."""
    lines: list[Line]
    """Every customer of the audience who is not in the control group gets one request per line."""
    schedule: Schedule
    control_share: NotRequired[float]
    """Share of the audience that is not contacted, for comparison."""
    campaign_id: NotRequired[str | None]
    """Chosen by the caller, or null for a new one."""


Operator: TypeAlias = "Literal['=', '!=', '<', '<=', '>', '>=', 'in', 'notIn', 'between', 'notBetween', 'contains', 'beginsWith', 'endsWith', 'null', 'notNull', 'withinNextDays', 'withinLastDays', 'moreThanDaysAhead', 'moreThanDaysAgo']"

Outcome: TypeAlias = "Literal['delivered', 'opened', 'no_answer', 'busy', 'wrong_number', 'interested', 'refused', 'call_back', 'accepted', 'complaint', 'do_not_contact', 'failed', 'shown', 'dismissed']"


class PageCampaignSummary(TypedDict):
    items: list[CampaignSummary]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


class PlanInput(TypedDict):
    """What a planner writes and somebody else approves."""

    name: str
    goal: str
    """What is to be accepted: an acceptance of it, in any channel, ends all lines for that customer."""
    contact_class: ContactClass
    purpose: str
    """What consent is asked for."""
    category: str
    audience: AudienceInput
    offers: NotRequired[list[str]]
    """Each must be published and of the plan's goal when the plan is submitted."""
    lines: list[Line]
    """Every customer of the audience who is not in the control group gets one request per line."""
    schedule: Schedule
    control_share: NotRequired[float]
    """Share of the audience that is not contacted, for comparison."""


class PlanOutput(TypedDict):
    """What a planner writes and somebody else approves."""

    name: str
    goal: str
    """What is to be accepted: an acceptance of it, in any channel, ends all lines for that customer."""
    contact_class: ContactClass
    purpose: str
    """What consent is asked for."""
    category: str
    audience: AudienceOutput
    offers: NotRequired[list[str]]
    """Each must be published and of the plan's goal when the plan is submitted."""
    lines: list[Line]
    """Every customer of the audience who is not in the control group gets one request per line."""
    schedule: Schedule
    control_share: NotRequired[float]
    """Share of the audience that is not contacted, for comparison."""


class Results(TypedDict):
    """Where a campaign stands. Contacts are counted by attempt, people by customer."""

    campaign_id: str
    state: Literal["draft", "submitted", "approved", "running", "paused", "stopped", "finished"]
    stages: Stages
    responded: dict[str, int]
    channels: dict[str, ChannelResults]
    audience: Side
    targeted: Side
    """Everybody outside the control group, contacted or not: the fair comparison with it."""
    contacted: Side
    """Those of them to whom at least one contact was released."""
    control: Side
    lift: float | None
    """The rate of `targeted` less that of `control`; null without members on both sides."""


class Rule(TypedDict):
    """A leaf: one field compared with one value, two bounds, a list, or nothing."""

    field: str
    operator: Operator
    value: NotRequired[bool | int | float | str | list[bool | int | float | str] | None]


class Schedule(TypedDict):
    """When requests go out, and when they are no longer wanted."""

    start: str
    end: str
    """Requests expire and the campaign is over; the instant itself is outside."""
    wave_size: NotRequired[int | None]
    """Customers per wave; null: all at once."""
    wave_every_minutes: NotRequired[int | None]


class Side(TypedDict):
    """How many customers, and how many of them have accepted the goal."""

    members: int
    accepted: int
    rate: float | None


class Stages(TypedDict):
    """How far contacts have come, by attempt."""

    planned: NotRequired[int]
    """Further attempts that go out with the next page."""
    requested: NotRequired[int]
    released: NotRequired[int]
    """Released at least once, also when recalled later."""
    delivered: NotRequired[int]
    """Reached the customer: shown, delivered, or answered by them."""
    deferred: NotRequired[int]
    suppressed: NotRequired[int]
    expired: NotRequired[int]
    withdrawn: NotRequired[int]
    recalled: NotRequired[int]


class StateChange(TypedDict):
    """Where a campaign should go."""

    state: Literal["running", "paused", "stopped"]


class Campaign:
    """Plans: whom to contact, for what, in which channels, and whether it worked."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_campaign(self, body: NewCampaign, *, idempotency_key: str | None = None) -> CampaignSummary:
        """Write a plan.

        File a new plan as a draft.

        Permission: `campaign.edit`.

        Problems: `body-too-large`, `campaign-exists`, `forbidden`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "CampaignSummary", self._transport.call("POST", "/v1/campaigns", body=body, idempotency_key=idempotency_key)
        )

    def list_campaigns(
        self,
        *,
        state: Literal["draft", "submitted", "approved", "running", "paused", "stopped", "finished"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PageCampaignSummary:
        """List plans.

        All plans in the order of their ids, without their documents.

        `state`: Only plans in this state.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `campaign.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageCampaignSummary",
            self._transport.call("GET", "/v1/campaigns", query={"state": state, "limit": limit, "cursor": cursor}),
        )

    def iter_campaigns(
        self,
        *,
        state: Literal["draft", "submitted", "approved", "running", "paused", "stopped", "finished"] | None = None,
        limit: int | None = None,
    ) -> Iterator[CampaignSummary]:
        """Every item of `list_campaigns`, page after page."""
        yield from items(self._transport, "/v1/campaigns", {"state": state, "limit": limit})

    def edit_campaign(
        self, campaign_id: str, body: PlanInput, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> CampaignSummary:
        """Edit a plan.

        Replace the document of a plan that has not been started. It is a draft again: an edit takes an approval
        back.

        Permission: `campaign.edit`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `unsupported-media-type`, `validation`, `wrong-state`.
        """
        return cast(
            "CampaignSummary",
            self._transport.call(
                "PUT",
                path_of("/v1/campaigns/{campaign_id}", campaign_id=campaign_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    def get_campaign(self, campaign_id: str) -> CampaignDocument:
        """Read a plan.

        The plan with its state and how far it has got.

        Permission: `campaign.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "CampaignDocument",
            self._transport.call("GET", path_of("/v1/campaigns/{campaign_id}", campaign_id=campaign_id)),
        )

    def submit_campaign(self, campaign_id: str, *, idempotency_key: str | None = None) -> CampaignSummary:
        """Submit a plan for approval.

        Ask somebody else to approve the draft. Its offers must be published and of the plan's goal.

        Permission: `campaign.edit`.

        Problems: `forbidden`, `not-found`, `offer-not-usable`, `schedule-over`, `unauthenticated`, `validation`,
        `wrong-state`.
        """
        return cast(
            "CampaignSummary",
            self._transport.call(
                "POST",
                path_of("/v1/campaigns/{campaign_id}/submissions", campaign_id=campaign_id),
                idempotency_key=idempotency_key,
            ),
        )

    def approve_campaign(
        self, campaign_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> CampaignSummary:
        """Approve a plan.

        Approve the plan exactly as it was read: `If-Match` says which version. Nobody approves what they wrote.

        Permission: `campaign.approve`.

        Problems: `forbidden`, `not-found`, `own-change`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `validation`, `wrong-state`.
        """
        return cast(
            "CampaignSummary",
            self._transport.call(
                "POST",
                path_of("/v1/campaigns/{campaign_id}/approvals", campaign_id=campaign_id),
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    def set_campaign_state(
        self, campaign_id: str, body: StateChange, *, idempotency_key: str | None = None
    ) -> CampaignSummary:
        """Run, pause or stop a campaign.

        Start an approved plan, hold it, go on, or stop it for good, which also recalls what was not delivered.

        Permission: `campaign.run`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `schedule-over`, `unauthenticated`, `unsupported-
        media-type`, `validation`, `wrong-state`.
        """
        return cast(
            "CampaignSummary",
            self._transport.call(
                "PUT",
                path_of("/v1/campaigns/{campaign_id}/state", campaign_id=campaign_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def get_campaign_results(self, campaign_id: str) -> Results:
        """Read the results.

        What came of the contacts, by channel, and how often people accepted, against the control group.

        Permission: `campaign.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "Results",
            self._transport.call("GET", path_of("/v1/campaigns/{campaign_id}/results", campaign_id=campaign_id)),
        )


class AsyncCampaign:
    """Plans: whom to contact, for what, in which channels, and whether it worked."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create_campaign(self, body: NewCampaign, *, idempotency_key: str | None = None) -> CampaignSummary:
        """Write a plan.

        File a new plan as a draft.

        Permission: `campaign.edit`.

        Problems: `body-too-large`, `campaign-exists`, `forbidden`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "CampaignSummary",
            await self._transport.call("POST", "/v1/campaigns", body=body, idempotency_key=idempotency_key),
        )

    async def list_campaigns(
        self,
        *,
        state: Literal["draft", "submitted", "approved", "running", "paused", "stopped", "finished"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PageCampaignSummary:
        """List plans.

        All plans in the order of their ids, without their documents.

        `state`: Only plans in this state.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `campaign.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageCampaignSummary",
            await self._transport.call(
                "GET", "/v1/campaigns", query={"state": state, "limit": limit, "cursor": cursor}
            ),
        )

    async def iter_campaigns(
        self,
        *,
        state: Literal["draft", "submitted", "approved", "running", "paused", "stopped", "finished"] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CampaignSummary]:
        """Every item of `list_campaigns`, page after page."""
        async for item in async_items(self._transport, "/v1/campaigns", {"state": state, "limit": limit}):
            yield item

    async def edit_campaign(
        self, campaign_id: str, body: PlanInput, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> CampaignSummary:
        """Edit a plan.

        Replace the document of a plan that has not been started. It is a draft again: an edit takes an approval
        back.

        Permission: `campaign.edit`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `unsupported-media-type`, `validation`, `wrong-state`.
        """
        return cast(
            "CampaignSummary",
            await self._transport.call(
                "PUT",
                path_of("/v1/campaigns/{campaign_id}", campaign_id=campaign_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    async def get_campaign(self, campaign_id: str) -> CampaignDocument:
        """Read a plan.

        The plan with its state and how far it has got.

        Permission: `campaign.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "CampaignDocument",
            await self._transport.call("GET", path_of("/v1/campaigns/{campaign_id}", campaign_id=campaign_id)),
        )

    async def submit_campaign(self, campaign_id: str, *, idempotency_key: str | None = None) -> CampaignSummary:
        """Submit a plan for approval.

        Ask somebody else to approve the draft. Its offers must be published and of the plan's goal.

        Permission: `campaign.edit`.

        Problems: `forbidden`, `not-found`, `offer-not-usable`, `schedule-over`, `unauthenticated`, `validation`,
        `wrong-state`.
        """
        return cast(
            "CampaignSummary",
            await self._transport.call(
                "POST",
                path_of("/v1/campaigns/{campaign_id}/submissions", campaign_id=campaign_id),
                idempotency_key=idempotency_key,
            ),
        )

    async def approve_campaign(
        self, campaign_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> CampaignSummary:
        """Approve a plan.

        Approve the plan exactly as it was read: `If-Match` says which version. Nobody approves what they wrote.

        Permission: `campaign.approve`.

        Problems: `forbidden`, `not-found`, `own-change`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `validation`, `wrong-state`.
        """
        return cast(
            "CampaignSummary",
            await self._transport.call(
                "POST",
                path_of("/v1/campaigns/{campaign_id}/approvals", campaign_id=campaign_id),
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    async def set_campaign_state(
        self, campaign_id: str, body: StateChange, *, idempotency_key: str | None = None
    ) -> CampaignSummary:
        """Run, pause or stop a campaign.

        Start an approved plan, hold it, go on, or stop it for good, which also recalls what was not delivered.

        Permission: `campaign.run`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `schedule-over`, `unauthenticated`, `unsupported-
        media-type`, `validation`, `wrong-state`.
        """
        return cast(
            "CampaignSummary",
            await self._transport.call(
                "PUT",
                path_of("/v1/campaigns/{campaign_id}/state", campaign_id=campaign_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def get_campaign_results(self, campaign_id: str) -> Results:
        """Read the results.

        What came of the contacts, by channel, and how often people accepted, against the control group.

        Permission: `campaign.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "Results",
            await self._transport.call("GET", path_of("/v1/campaigns/{campaign_id}/results", campaign_id=campaign_id)),
        )
