"""Whether a contact may happen now, and everything that did. Generated from the routes of the service touchpoint by `make clients`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, cast

from rapport_client.paging import async_items, items
from rapport_client.transport import AsyncTransport, Transport, path_of


class AnswerPopupOffersAnswer(TypedDict):
    popup_id: str
    answers: list[AnswerPopupOffersAnswers]


class AnswerPopupOffersAnswers(TypedDict):
    offer_id: str
    answer: str
    contact_id: str
    sale: AnswerPopupOffersAnswersSale


class AnswerPopupOffersAnswersSale(TypedDict):
    acceptance_id: str
    state: str
    reason: str
    text: str


class ApprovalIn(TypedDict):
    """From when on."""

    activate_at: NotRequired[str | None]
    """In force from this instant on, at least a second and at most two years ahead. Left out, at once."""


class BannerIn(TypedDict):
    """An offer that a storefront would like to show a customer."""

    banner_id: NotRequired[str | None]
    """Natural key: the same id twice is one banner. Made up when left out."""
    customer_id: str
    offer_id: str


class Blackout(TypedDict):
    """No contact in `channels` from `begins` on until `ends`, which is outside."""

    name: str
    channels: NotRequired[list[Channel] | None]
    """Applies to contacts in these channels; None is all."""
    purposes: NotRequired[list[str] | None]
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: NotRequired[list[ContactClass]]
    """Classes that this rule does not bind."""
    when: NotRequired[Group | None]
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""
    countries: NotRequired[list[str] | None]
    regions: NotRequired[list[str] | None]
    begins: str
    ends: str


class BlackoutIn(TypedDict):
    """A blackout of the policy in force."""

    name: str
    channels: NotRequired[list[Channel] | None]
    """Applies to contacts in these channels; None is all."""
    purposes: NotRequired[list[str] | None]
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: NotRequired[list[ContactClass]]
    """Classes that this rule does not bind."""
    when: NotRequired[Group | None]
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""
    countries: NotRequired[list[str] | None]
    regions: NotRequired[list[str] | None]
    begins: str
    ends: str


class CalendarWindow(TypedDict):
    """The current day, ISO week or month, in the business zone or the customer's."""

    kind: Literal["calendar"]
    unit: Literal["day", "week", "month"]
    zone: NotRequired[Literal["business", "customer"]]


class CapacityIn(TypedDict):
    """How much a channel or team can take."""

    rate: int
    """Outside of the hours below; 0 is none."""
    per: NotRequired[Literal["second", "minute", "hour"]]
    burst: NotRequired[int]
    """How many may go at once after a rest."""
    zone: NotRequired[str]
    """IANA name: the clock by which the hours are told."""
    hours: NotRequired[list[Hours]]
    """Other rates at hours of the week; the first that fits counts."""


Channel: TypeAlias = "Literal['call', 'branch', 'hotline', 'web', 'sms', 'email']"


class ConsentDefault(TypedDict):
    """What counts in a place where the customer has said nothing: consent is presumed, or not."""

    countries: NotRequired[list[str] | None]
    regions: NotRequired[list[str] | None]
    channels: NotRequired[list[Channel] | None]
    purposes: NotRequired[list[str] | None]
    granted: bool


class ConsentRule(TypedDict):
    """Contacts in `channels` need the customer's consent for their purpose. No record is no consent."""

    channels: NotRequired[list[Channel]]
    exempt_purposes: NotRequired[list[str]]
    defaults: NotRequired[list[ConsentDefault]]
    """Where there is no record: the first that fits speaks; a region's before its country's. None is no
    consent.
    """


ContactClass: TypeAlias = "Literal['service_critical', 'service', 'retention', 'marketing']"


class ContactRequestIn(TypedDict):
    """A wish to contact a customer."""

    request_id: NotRequired[str | None]
    """Natural key: the same id twice is one request. Made up when left out."""
    customer_id: str
    channels: list[Channel]
    """In order of preference: the first that may go."""
    purpose: str
    category: str
    contact_class: ContactClass
    score: NotRequired[float]
    goal: NotRequired[str | None]
    campaign_id: NotRequired[str | None]
    offer_id: NotRequired[str | None]
    place: NotRequired[str | None]
    not_before: NotRequired[str | None]
    expires_at: NotRequired[str | None]
    """From this instant on it is no longer wanted. Needed for a request that may wait."""
    agent: NotRequired[str | None]
    """The person who asks for it: what comes of a link in the message is credited to them and to the caller's
    unit.
    """


class CoolDownRule(TypedDict):
    """After `outcome`, no contact of the same scope for `days`; without days a freeze, until somebody closes
    it.
    """

    name: str
    channels: NotRequired[list[Channel] | None]
    """Applies to contacts in these channels; None is all."""
    purposes: NotRequired[list[str] | None]
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: NotRequired[list[ContactClass]]
    """Classes that this rule does not bind."""
    when: NotRequired[Group | None]
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""
    outcome: Outcome
    scope: NotRequired[Literal["all", "channel", "category", "campaign", "offer", "goal"]]
    days: NotRequired[int | None]
    """None, after a complaint and for everything: until the complaint is dealt with."""


class CreateContactPolicyAnswer(TypedDict):
    policy_id: str
    draft: CreateContactPolicyDraft
    author: str
    revision: int


class CreateContactPolicyDraft(TypedDict):
    name: str
    business_zone: str
    frequency_caps: list[CreateContactPolicyDraftFrequencyCaps]
    quiet_hours: list[CreateContactPolicyDraftQuietHours]


class CreateContactPolicyDraftFrequencyCaps(TypedDict):
    name: str
    limit: int
    window: CreateContactPolicyDraftFrequencyCapsWindow


class CreateContactPolicyDraftFrequencyCapsWindow(TypedDict):
    kind: str
    hours: int


class CreateContactPolicyDraftQuietHours(TypedDict):
    name: str
    channels: list[str]
    start: str
    end: str


class CreateRebuildAnswer(TypedDict):
    rebuild_id: str
    everybody: bool
    dry_run: bool
    created_by: str
    created_at: str
    total: int
    compared: int
    differing: int
    mended: int
    finished_at: str | None
    state: str
    differences: list[GetRebuildDifferences]


class DecideNowBecause(TypedDict):
    reason: str
    rule: str
    counter: int
    limit: int


class DraftIn(TypedDict):
    """A new draft."""

    document: PolicyDocument


class ExplainContactRequestAnswer(TypedDict):
    customer_id: str
    seq: int
    at: str
    time_zone: str
    policy_id: str
    policy_version: int
    request_id: str
    contact_class: str
    score: float
    channels: list[str]
    decision: str
    channel: str
    contact_id: Any
    retry_at: str
    because: DecideNowBecause
    place: int
    rules: list[ExplainContactRequestRules]
    rules_by_channel: list[ExplainContactRequestRulesByChannel]
    competitors: list[ExplainContactRequestCompetitors]
    held_by: list[ExplainContactRequestHeldBy]
    pre_empted: list[Any]
    sentences: list[str]
    decisions: list[ExplainContactRequestDecisions]


class ExplainContactRequestCompetitors(TypedDict):
    request_id: str
    contact_class: str
    decision: str


class ExplainContactRequestDecisions(TypedDict):
    seq: int
    at: str
    kind: str
    explained: bool


class ExplainContactRequestHeldBy(TypedDict):
    request_id: str
    channel: str
    won_together: bool


class ExplainContactRequestRules(TypedDict):
    kind: str
    rule: Any
    objects: bool


class ExplainContactRequestRulesByChannel(TypedDict):
    channel: str
    rules: list[ExplainContactRequestRulesByChannelRules]


class ExplainContactRequestRulesByChannelRules(TypedDict):
    kind: str
    rule: str
    objects: bool
    reason: str
    counter: int
    limit: int
    window_first: str
    window_last: str
    until: str


class FreezeClosureIn(TypedDict):
    """Why a freeze is closed."""

    note: NotRequired[str | None]


class FreezeIn(TypedDict):
    """Nothing is to go to a customer for a while, or until somebody closes the freeze."""

    freeze_id: NotRequired[str | None]
    """Yours, so that asking twice opens one; made here when left out."""
    customer_id: str
    until: NotRequired[str | None]
    """Over by itself from then on; left out: only when it is closed."""
    note: NotRequired[str | None]


class FrequencyCap(TypedDict):
    """At most `limit` contacts in the window, counted per scope. Only contacts in `channels` count."""

    name: str
    channels: NotRequired[list[Channel] | None]
    """Applies to contacts in these channels; None is all."""
    purposes: NotRequired[list[str] | None]
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: NotRequired[list[ContactClass]]
    """Classes that this rule does not bind."""
    when: NotRequired[Group | None]
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""
    scope: NotRequired[Literal["all", "channel", "category", "purpose", "campaign", "offer", "goal"]]
    limit: int
    window: RollingWindow | CalendarWindow
    per: NotRequired[Literal["customer", "household"]]
    """Whose contacts count together. Who belongs to no household is one of their own."""
    weights: NotRequired[dict[str, int]]
    """How many slots a contact in a channel takes, such as 3 for a call; 1 where nothing is said."""
    ignores: NotRequired[list[Outcome]]
    """Contacts that ended in these outcomes do not count for this cap."""
    held: NotRequired[list[HeldSlots]]
    look_ahead_hours: NotRequired[int]
    """A waiting contact of a more important class that is due within so many hours keeps a slot."""


class GetBacklogAnswer(TypedDict):
    channel: str
    waiting: int
    by_place_and_class: list[GetBacklogByPlaceAndClass]
    capacities: list[ListCapacitiesItems]
    empty_at: str
    provider: GetBacklogProvider


class GetBacklogByPlaceAndClass(TypedDict):
    place: str
    contact_class: str
    count: int
    oldest: str
    first_expires: str


class GetBacklogProvider(TypedDict):
    failures: int
    resting_until: Any


class GetContactAnswer(TypedDict):
    contact_id: str
    customer_id: str
    request_id: str
    channel: str
    state: str
    contact_class: str
    offer_id: str
    goal: str
    campaign_id: str


class GetContactRequestAnswer(TypedDict):
    request_id: str
    customer_id: str
    state: str
    channel: str
    contact_id: str
    retry_at: Any
    because: Any
    history: list[GetContactRequestHistory]


class GetContactRequestHistory(TypedDict):
    at: str
    kind: str


class GetPolicyDifferencesAgainst(TypedDict):
    policy_id: str
    version: int


class GetPolicyDifferencesAnswer(TypedDict):
    policy_id: str
    version: int
    against: GetPolicyDifferencesAgainst
    differences: list[GetPolicyDifferencesDifferences]
    sentences: list[str]


class GetPolicyDifferencesDifferences(TypedDict):
    kind: str
    pointer: str
    section: str
    rule: str
    old: int
    new: int


class GetPolicyInForceAnswer(TypedDict):
    policy_id: str
    version: int
    document: dict[str, Any]
    author: str
    submitted_by: str
    submitted_at: str
    from_version: Any
    approved_by: str | None
    approved_at: str | None
    since: str | None
    state: str


class GetPolicyVersionAnswer(TypedDict):
    policy_id: str
    version: int
    document: dict[str, Any]
    author: str
    submitted_by: str
    submitted_at: str
    from_version: Any
    approved_by: str
    approved_at: str
    since: str
    state: str
    what_ifs: list[GetPolicyVersionWhatIfs]


GetPolicyVersionWhatIfs = TypedDict(
    "GetPolicyVersionWhatIfs",
    {"what_if_id": "str", "state": "str", "from": "str", "until": "str", "author": "str", "created_at": "str"},
)


class GetRebuildDifferences(TypedDict):
    customer_id: str
    what: str
    key: str
    stored: list[Any]
    derived: list[GetRebuildDifferencesDerived]
    mended: bool
    text: str


class GetRebuildDifferencesDerived(TypedDict):
    at: str
    channel: str
    state: str


class GetStandingAnswer(TypedDict):
    customer_id: str
    policy_version: int
    budgets: list[GetStandingBudgets]
    goals_met: list[Any]


class GetStandingBudgets(TypedDict):
    rule: str
    scope: str
    key: Any
    used: int
    limit: int
    frees_at: str


class GetWebhookAnswer(TypedDict):
    webhook_id: str
    url: str
    description: str
    types: list[str]
    customer_id: Any
    org: str
    ordered: bool
    state: str
    secrets: list[PostWebhookSecrets]
    revision: int
    created_by: str
    created_at: str
    failures: int
    failing_since: Any
    disabled_at: Any
    disabled_why: Any
    waiting: int


GetWhatIfAnswer = TypedDict(
    "GetWhatIfAnswer",
    {
        "what_if_id": "str",
        "policy_id": "str",
        "version": "int",
        "revision": "Any",
        "against": "GetPolicyDifferencesAgainst",
        "from": "str",
        "until": "str",
        "campaign": "Any",
        "author": "str",
        "created_at": "str",
        "state": "str",
        "progress": "TryPolicyVersionProgress",
        "error": "Any",
        "finished_at": "str",
        "result": "GetWhatIfResult",
        "sentences": "list[str]",
        "limits": "list[str]",
    },
)


class GetWhatIfResult(TypedDict):
    customers: int
    real_contacts: int
    tried: GetWhatIfResultTried
    in_force: GetWhatIfResultTried
    difference: GetWhatIfResultDifference


class GetWhatIfResultDifference(TypedDict):
    contacts: int
    customers_reached: int
    newly_released: int
    newly_blocked: int
    newly_blocked_by: list[GetWhatIfResultDifferenceNewlyBlockedBy]
    other_time: int
    other_day: int
    other_channel: int
    moved: list[GetWhatIfResultDifferenceMoved]


GetWhatIfResultDifferenceMoved = TypedDict(
    "GetWhatIfResultDifferenceMoved", {"from": "str", "to": "str", "requests": "int"}
)


class GetWhatIfResultDifferenceNewlyBlockedBy(TypedDict):
    rule: str
    reason: str
    requests: int


class GetWhatIfResultTried(TypedDict):
    requests: int
    contacts: int
    released: int
    suppressed: int
    expired: int
    withdrawn: int
    waiting: int
    pre_empted: int
    recalled: int
    assumed: int
    customers_reached: int
    contacts_per_customer: GetWhatIfResultTriedContactsPerCustomer
    blocked: list[GetWhatIfResultTriedBlocked]
    reach: list[GetWhatIfResultTriedReach]
    channels: GetWhatIfResultTriedChannels
    days: dict[str, int]


class GetWhatIfResultTriedBlocked(TypedDict):
    rule: str
    reason: str
    deferred: int
    suppressed: int
    expired: int


class GetWhatIfResultTriedChannels(TypedDict):
    call: GetWhatIfResultTriedChannelsCall


class GetWhatIfResultTriedChannelsCall(TypedDict):
    contacts: int
    customers: int


class GetWhatIfResultTriedContactsPerCustomer(TypedDict):
    customers: dict[str, int]
    p50: int
    p95: int
    max: int


class GetWhatIfResultTriedReach(TypedDict):
    campaign_id: str
    contact_class: str
    contacts: int
    customers: int


Group = TypedDict(
    "Group", {"combinator": "Literal['and', 'or']", "not": "NotRequired[bool]", "rules": "list[Rule | Group]"}
)


class HeldSlots(TypedDict):
    """Slots of a cap that only contacts of this class, or a more important one, may use; such contacts use them
    up.
    """

    for_class: ContactClass
    slots: NotRequired[int]
    occasion: NotRequired[Literal["birthday", "contract_end"] | None]
    """Held only before this day of the customer, in expectation of the contact that it will bring; None is
    always.
    """
    lead_days: NotRequired[int]
    """From how many days before an occasion; it ends with the day itself, by the customer's calendar."""


class Hours(TypedDict):
    """A rate at hours of the week, by the wall clock of the capacity's zone."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]]
    start: str
    end: str
    """00:00, or 24:00, is the midnight at the end of the day."""
    rate: int


class LeaseContactsAnswer(TypedDict):
    items: list[LeaseContactsItems]


class LeaseContactsItems(TypedDict):
    contact_id: str
    customer_id: str
    request_id: str
    channel: str
    contact_class: str
    offer_id: str
    goal: str
    campaign_id: str
    place: Any
    leased_until: str
    customer: LeaseContactsItemsCustomer
    offer: LeaseContactsItemsOffer


class LeaseContactsItemsCustomer(TypedDict):
    name: str
    phone: str
    language: str


class LeaseContactsItemsOffer(TypedDict):
    language: str
    title: str
    body: str
    script: str
    objections: list[LeaseContactsItemsOfferObjections]


class LeaseContactsItemsOfferObjections(TypedDict):
    objection: str
    answer: str


class LeasesIn(TypedDict):
    """How many contacts an agent or dialer wants, and for how long."""

    limit: NotRequired[int]
    seconds: NotRequired[int]
    place: NotRequired[str | None]
    """Only contacts for this branch or team, and those for any."""
    campaign_id: NotRequired[str | None]


class LegalHours(TypedDict):
    """Contacts in `channels` only within `hours`, by the customer's own clock."""

    name: str
    channels: NotRequired[list[Channel] | None]
    """Applies to contacts in these channels; None is all."""
    purposes: NotRequired[list[str] | None]
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: NotRequired[list[ContactClass]]
    """Classes that this rule does not bind."""
    when: NotRequired[Group | None]
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""
    countries: NotRequired[list[str] | None]
    regions: NotRequired[list[str] | None]
    hours: WeeklyHours


class ListBlackoutsAnswer(TypedDict):
    items: list[ListBlackoutsItems]


class ListBlackoutsItems(TypedDict):
    name: str
    channels: list[str]
    purposes: Any
    exempt_classes: list[str]
    when: Any
    countries: Any
    regions: list[str]
    begins: str
    ends: str
    state: str


class ListCapacitiesAnswer(TypedDict):
    items: list[ListCapacitiesItems]


class ListCapacitiesItems(TypedDict):
    channel: str
    team: str
    document: dict[str, Any]
    author: str
    revision: int
    left: int
    frees_at: str


class ListContactPoliciesAnswer(TypedDict):
    items: list[CreateContactPolicyAnswer]
    next_cursor: Any


class ListDeliveriesAnswer(TypedDict):
    items: list[PostPingAnswer]
    next_cursor: Any


class ListDraftWhatIfsAnswer(TypedDict):
    items: list[ListVersionWhatIfsItems]
    next_cursor: Any


class ListFreezesAnswer(TypedDict):
    items: list[PostFreezeAnswer]
    next_cursor: Any


class ListPolicyVersionsAnswer(TypedDict):
    items: list[ListPolicyVersionsItems]
    next_cursor: Any


class ListPolicyVersionsItems(TypedDict):
    policy_id: str
    version: int
    author: str
    submitted_by: str
    submitted_at: str
    from_version: Any
    approved_by: str
    approved_at: str
    since: str
    state: str


class ListRecallsAnswer(TypedDict):
    items: list[ListRecallsItems]
    next_cursor: Any


class ListRecallsItems(TypedDict):
    contact_id: str
    customer_id: str
    channel: str
    place: str
    owner: str
    held: str
    reason: str
    recalled_at: str
    remind_at: str
    escalate_at: str
    state: str


class ListReplaysAnswer(TypedDict):
    items: list[PostReplayAnswer]
    next_cursor: Any


class ListVersionWhatIfsAnswer(TypedDict):
    items: list[ListVersionWhatIfsItems]
    next_cursor: Any


ListVersionWhatIfsItems = TypedDict(
    "ListVersionWhatIfsItems",
    {
        "what_if_id": "str",
        "policy_id": "str",
        "version": "int",
        "revision": "Any",
        "against": "GetPolicyDifferencesAgainst",
        "from": "str",
        "until": "str",
        "campaign": "Any",
        "author": "str",
        "created_at": "str",
        "state": "str",
        "progress": "TryPolicyVersionProgress",
        "error": "Any",
        "finished_at": "str",
    },
)


class ListWebhooksAnswer(TypedDict):
    items: list[ListWebhooksItems]
    next_cursor: Any


class ListWebhooksItems(TypedDict):
    webhook_id: str
    url: str
    description: str
    types: list[str]
    customer_id: Any
    org: str
    ordered: bool
    state: str
    secrets: list[PostWebhookSecrets]
    revision: int
    created_by: str
    created_at: str
    failures: int
    failing_since: Any
    disabled_at: Any
    disabled_why: Any


class ListWorkOrdersAnswer(TypedDict):
    items: list[ListWorkOrdersItems]
    next_cursor: Any


class ListWorkOrdersItems(TypedDict):
    work_order_id: str
    customer_id: str
    kind: str
    priority: int
    unit: str
    owner: Any
    subject: str
    offer_id: str
    campaign_id: Any
    acceptance_id: Any
    opened_at: str
    opened_by: str
    respond_by: str
    responded_at: Any
    resolve_by: str
    leased_by: Any
    leased_until: Any
    appointment_at: Any
    escalate_to: str
    escalated_to: Any
    escalated_at: Any
    result: Any
    resolved_at: Any
    resolved_by: Any
    resolving_note: Any
    state: str
    overdue: bool
    originator: PostWorkOrderOriginator


class MinimumGap(TypedDict):
    """At least `hours` between two contacts in `channels`."""

    name: str
    channels: NotRequired[list[Channel] | None]
    """Applies to contacts in these channels; None is all."""
    purposes: NotRequired[list[str] | None]
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: NotRequired[list[ContactClass]]
    """Classes that this rule does not bind."""
    when: NotRequired[Group | None]
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""
    hours: float


class OpenPopupAnswer(TypedDict):
    popup_id: str
    customer_id: str
    at: str
    offers: list[OpenPopupOffers]
    not_now: list[OpenPopupNotNow]
    greeting: OpenPopupGreeting
    warnings: list[OpenPopupOffersWhy]
    promises: list[OpenPopupPromises]
    history: list[OpenPopupHistory]
    work_orders: list[OpenPopupWorkOrders]


class OpenPopupGreeting(TypedDict):
    name: str
    phone: str
    language: str
    grade: str


class OpenPopupHistory(TypedDict):
    at: str
    channel: str
    text: str


class OpenPopupNotNow(TypedDict):
    offer_id: str
    because: OpenPopupNotNowBecause
    text: str
    until: Any


class OpenPopupNotNowBecause(TypedDict):
    reason: str


class OpenPopupOffers(TypedDict):
    offer_id: str
    contact_id: str
    goal: str
    category: str
    image: Any
    title: str
    body: str
    script: str
    why: OpenPopupOffersWhy


class OpenPopupOffersWhy(TypedDict):
    kind: str
    text: str


class OpenPopupPromises(TypedDict):
    offer_id: str
    channel: str
    promised_at: str
    due_at: str
    overdue: bool
    text: str


class OpenPopupWorkOrders(TypedDict):
    work_order_id: str
    kind: str
    priority: int
    unit: str
    owner: Any
    subject: str
    opened_at: str
    resolve_by: str
    appointment_at: Any
    escalated_to: Any
    text: str


class OpeningHours(TypedDict):
    """When branches and call centres work: contacts in `channels` only within `hours`, by the clock of the
    place.
    """

    name: str
    channels: list[Channel]
    purposes: NotRequired[list[str] | None]
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: NotRequired[list[ContactClass]]
    """Classes that this rule does not bind."""
    when: NotRequired[Group | None]
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""
    places: NotRequired[list[str] | None]
    """The branches or teams that these are the hours of; None is all that no other rule for the channel names."""
    zone: str
    """IANA name: the clock on the wall there."""
    country: NotRequired[str | None]
    """Whose public holidays."""
    region: NotRequired[str | None]
    hours: WeeklyHours


Operator: TypeAlias = "Literal['=', '!=', '<', '<=', '>', '>=', 'in', 'notIn', 'between', 'notBetween', 'contains', 'beginsWith', 'endsWith', 'null', 'notNull', 'withinNextDays', 'withinLastDays', 'moreThanDaysAhead', 'moreThanDaysAgo']"

Outcome: TypeAlias = "Literal['delivered', 'opened', 'no_answer', 'busy', 'wrong_number', 'interested', 'refused', 'call_back', 'accepted', 'complaint', 'do_not_contact', 'failed', 'shown', 'dismissed']"


class OutcomeIn(TypedDict):
    """One result of a contact."""

    outcome: Outcome
    outcome_id: NotRequired[str | None]
    """Natural key: the same id twice is one result. Made up when left out; then a retry needs an `Idempotency-
    Key`.
    """
    at: NotRequired[str | None]
    offer_id: NotRequired[str | None]
    call_back_at: NotRequired[str | None]
    agent: NotRequired[str | None]
    note: NotRequired[str | None]


class OutcomesIn(TypedDict):
    """What came of a contact; a call may have several results."""

    outcomes: list[OutcomeIn]


class PageDictStrAny(TypedDict):
    items: list[dict[str, Any]]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


class Period(TypedDict):
    """From `start` to `end` on each of `days`, by the wall clock; `end` is outside."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]]
    start: str
    end: str
    """00:00, or 24:00, is the midnight at the end of the day."""


class PlannedIn(TypedDict):
    """A campaign that has not run: one request for each of its customers, on top of what really was asked for."""

    customers: NotRequired[list[str] | None]
    count: NotRequired[int | None]
    """So many of the known customers, always the same, in place of a list."""
    channels: list[Channel]
    purpose: str
    category: str
    contact_class: ContactClass
    score: NotRequired[float]
    goal: NotRequired[str | None]
    campaign_id: NotRequired[str]
    """It counts as running."""
    offer_id: NotRequired[str | None]
    begins_at: NotRequired[str | None]
    """When the first are asked for; at the start of the what-if when left out."""
    hours: NotRequired[int]
    """How long each request is wanted."""
    per_day: NotRequired[int | None]
    """So many customers a day; all at once when left out."""


class PolicyDocument(TypedDict):
    """All contact rules. Within a kind, rules are looked at in the order in which they stand here."""

    name: str
    business_zone: NotRequired[str]
    """IANA name: the zone of calendar windows that do not name the customer's."""
    max_replica_minutes: NotRequired[int]
    """How old what is known of customers, plans and offers may be. What is older releases nothing until it is
    known.
    """
    consent: NotRequired[ConsentRule]
    do_not_disturb_exempt: NotRequired[list[ContactClass]]
    """Classes that reach a customer who is on a do-not-call list or asked not to be disturbed."""
    blackouts: NotRequired[list[Blackout]]
    legal_hours: NotRequired[list[LegalHours]]
    quiet_hours: NotRequired[list[QuietHours]]
    opening_hours: NotRequired[list[OpeningHours]]
    preferred_hours: NotRequired[list[PreferredHours]]
    minimum_gaps: NotRequired[list[MinimumGap]]
    frequency_caps: NotRequired[list[FrequencyCap]]
    cool_downs: NotRequired[list[CoolDownRule]]
    work_order_holds: NotRequired[list[WorkOrderHold]]
    work_orders: NotRequired[list[WorkOrderRule]]
    units: NotRequired[list[Unit]]
    """Branches and teams that work orders may go to by the name in which a contact has them."""
    gives_back: NotRequired[list[Outcome]]
    """Outcomes that did not reach the customer: the slot is free again, for every cap."""


class PolicyIn(TypedDict):
    """The first draft of a policy."""

    policy_id: str
    document: PolicyDocument


class PopupAnswer(TypedDict):
    """What the customer said to one offer."""

    offer_id: str
    answer: Literal["interested", "refused", "accepted", "later"]
    call_back_at: NotRequired[str | None]
    """For `later`: when to come back to it."""
    note: NotRequired[str | None]


class PopupAnswersIn(TypedDict):
    """What the customer said to the offers shown."""

    answers: list[PopupAnswer]
    lang: NotRequired[str | None]
    """BCP 47, of the words in the answer; English when left out."""


class PopupIn(TypedDict):
    """A customer has appeared: exactly one of customer_id, phone and account says who."""

    customer_id: NotRequired[str | None]
    phone: NotRequired[str | None]
    """In E.164, or as dialled inside `country`."""
    country: NotRequired[str | None]
    """ISO 3166-1 alpha-2: how `phone` is to be read."""
    account: NotRequired[str | None]
    channel: Literal["branch", "hotline"]
    place: NotRequired[str | None]
    agent: NotRequired[str | None]
    limit: NotRequired[int]
    lang: NotRequired[str | None]
    """BCP 47; the customer's own language when left out."""


class PopupMessageIn(TypedDict):
    """An offer that was shown, to be sent to the customer."""

    offer_id: str
    channel: Literal["sms", "email"]
    lang: NotRequired[str | None]
    """BCP 47, of the words in the answer; English when left out. The message is in the customer's own language."""


class PostFreezeAnswer(TypedDict):
    freeze_id: str
    customer_id: str
    rule: Any
    contact_id: Any
    opened_at: str
    opened_by: str
    until: Any
    note: str
    closed_at: str | None
    closed_by: str | None
    closing_note: str | None
    state: str


class PostPingAnswer(TypedDict):
    delivery_id: str
    event_id: str
    type: str
    replay_id: Any
    state: str
    queued_at: str
    attempts: int
    next_try: str
    last_status: int | None
    last_error: str | None
    finished_at: Any


class PostReplayAnswer(TypedDict):
    replay_id: str
    webhook_id: str
    asked_by: str
    created_at: str
    kind: str
    since: str
    until: str
    reached: str
    queued: int
    finished_at: str | None
    state: str
    progress: float


class PostWebhookAnswer(TypedDict):
    webhook_id: str
    url: str
    description: str
    types: list[str]
    customer_id: Any
    org: str
    ordered: bool
    state: str
    secrets: list[PostWebhookSecrets]
    revision: int
    created_by: str
    created_at: str
    failures: int
    failing_since: Any
    disabled_at: Any
    disabled_why: Any
    waiting: int
    secret: str


class PostWebhookSecrets(TypedDict):
    created_at: str
    signs_until: Any


class PostWorkOrderAnswer(TypedDict):
    work_order_id: str
    customer_id: str
    kind: str
    priority: int
    unit: str
    owner: Any
    subject: str
    offer_id: str
    campaign_id: Any
    acceptance_id: Any
    opened_at: str
    opened_by: str
    respond_by: str
    responded_at: str | None
    resolve_by: str
    leased_by: str | None
    leased_until: str | None
    appointment_at: str | None
    escalate_to: str
    escalated_to: Any
    escalated_at: Any
    result: str | None
    resolved_at: str | None
    resolved_by: str | None
    resolving_note: str | None
    state: str
    overdue: bool
    originator: PostWorkOrderOriginator
    comments: list[PostWorkOrderComments]


class PostWorkOrderComments(TypedDict):
    comment_id: str
    at: str
    by: str
    text: str


class PostWorkOrderOriginator(TypedDict):
    channel: str
    place: Any
    unit: str
    agent: str
    contact_id: Any


class PreferredHours(TypedDict):
    """Whom it describes is best reached within `hours`, by their own clock, unless they said when themselves.
    It forbids nothing: of contacts that may be carried out and are equally important, those of now go first.
    """

    name: str
    channels: NotRequired[list[Channel] | None]
    """Applies to contacts in these channels; None is all."""
    purposes: NotRequired[list[str] | None]
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: NotRequired[list[ContactClass]]
    """Classes that this rule does not bind."""
    when: NotRequired[Group | None]
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""
    hours: WeeklyHours


class PutChannelCapacityAnswer(TypedDict):
    channel: str
    team: str
    revision: int


class QuietHours(TypedDict):
    """No contact between `start` and `end` by the customer's own clock; over midnight when `end` is not later."""

    name: str
    channels: NotRequired[list[Channel] | None]
    """Applies to contacts in these channels; None is all."""
    purposes: NotRequired[list[str] | None]
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: NotRequired[list[ContactClass]]
    """Classes that this rule does not bind."""
    when: NotRequired[Group | None]
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""
    start: str
    end: str
    days: NotRequired[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]]]
    """Days on which the period starts."""


class RebuildIn(TypedDict):
    """Which standings to rebuild from their timelines."""

    customer_ids: NotRequired[list[str] | None]
    """Left out: everybody's."""
    dry_run: NotRequired[bool]
    """Only compare: tell what differs, and write nothing."""


class RecallAnswerIn(TypedDict):
    """The channel's answer to a recall."""

    answer: Literal["withdrawn", "too_late"]


class RenewContactLeaseAnswer(TypedDict):
    contact_id: str
    leased_until: str


class RenewalIn(TypedDict):
    """How much longer a lease is held, from now."""

    seconds: NotRequired[int]


class ReplayIn(TypedDict):
    """What is to be sent again: a time, or named events, or all dead letters."""

    since: NotRequired[str | None]
    until: NotRequired[str | None]
    """The instant itself is outside; left out, or ahead: until now."""
    event_ids: NotRequired[list[str] | None]
    dead_letters: NotRequired[bool]


class RequestContactAnswer(TypedDict):
    request_id: str
    customer_id: str
    state: str
    channel: str
    contact_id: str | None
    retry_at: str | None
    because: DecideNowBecause | None


class RollingWindow(TypedDict):
    """The hours before now."""

    kind: NotRequired[Literal["rolling"]]
    hours: int


class RotationIn(TypedDict):
    """How a secret is replaced."""

    overlap_hours: NotRequired[float]
    """For so long every event bears both signatures. 0: the old secret has leaked."""


class Rule(TypedDict):
    """A leaf: one field compared with one value, two bounds, a list, or nothing."""

    field: str
    operator: Operator
    value: NotRequired[bool | int | float | str | list[bool | int | float | str] | None]


class SendPopupOfferAnswer(TypedDict):
    request_id: str
    customer_id: str
    state: str
    channel: str
    contact_id: str
    retry_at: Any
    because: Any
    text: Any


class ShowOfferBannerAnswer(TypedDict):
    banner_id: str
    customer_id: str
    offer_id: str
    state: str
    contact_id: str
    retry_at: Any
    because: Any


class SubmissionIn(TypedDict):
    """What to submit."""

    from_version: NotRequired[int | None]
    """Go back to this approved version: its document is submitted anew. Left out, the draft is submitted."""


TryPolicyVersionAnswer = TypedDict(
    "TryPolicyVersionAnswer",
    {
        "what_if_id": "str",
        "policy_id": "str",
        "version": "int",
        "revision": "Any",
        "against": "GetPolicyDifferencesAgainst",
        "from": "str",
        "until": "str",
        "campaign": "Any",
        "author": "str",
        "created_at": "str",
        "state": "str",
        "progress": "TryPolicyVersionProgress",
        "error": "Any",
        "finished_at": "Any",
        "result": "Any",
    },
)


class TryPolicyVersionProgress(TypedDict):
    done: int
    total: int | None


class Unit(TypedDict):
    """A branch or team: by what name contacts and opening hours call it, and where in the organisation it is."""

    name: str
    """As in `place` of a contact and `places` of opening hours."""
    path: str
    """As in the `org` of its people's tokens."""


class WebhookIn(TypedDict):
    """Who is to be told what."""

    url: str
    """https; plain http only into networks that the settings open."""
    description: NotRequired[str]
    types: NotRequired[list[str] | None]
    """Left out: every type."""
    customer_id: NotRequired[str | None]
    org: NotRequired[str | None]
    """A unit: events that bear a place elsewhere are left out."""
    ordered: NotRequired[bool]
    """A customer's next event waits until the one before it is delivered or dead."""
    state: NotRequired[Literal["active", "paused"]]
    """`paused`: events wait, for three days at most."""


class WeeklyHours(TypedDict):
    """The periods of a week; overlapping ones are one."""

    periods: list[Period]
    holidays: NotRequired[Literal["as_usual", "closed", "as_sunday"]]
    """What a public holiday is: a weekday like any other, a closed day, or a Sunday."""
    holiday_country: NotRequired[str | None]
    """Whose public holidays; None is those where the customer (or the place) is."""
    make_up_workdays: NotRequired[bool]
    """Whether a Saturday worked in exchange for a day off counts as a Friday, and such a Sunday as a Monday."""


WhatIfIn = TypedDict(
    "WhatIfIn",
    {
        "days": "NotRequired[int | None]",
        "from": "NotRequired[str | None]",
        "until": "NotRequired[str | None]",
        "campaign": "NotRequired[PlannedIn | None]",
    },
)


class WorkOrderAppointmentIn(TypedDict):
    """When the customer comes to the unit."""

    at: str


class WorkOrderCommentIn(TypedDict):
    """A word about a work order, for who may see it."""

    comment_id: NotRequired[str | None]
    """Yours, so that saying it twice counts once; made here when left out."""
    text: str


class WorkOrderHold(TypedDict):
    """While a work order of these kinds is open, contacts that the rule binds wait."""

    name: str
    channels: NotRequired[list[Channel] | None]
    """Applies to contacts in these channels; None is all."""
    purposes: NotRequired[list[str] | None]
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: NotRequired[list[ContactClass]]
    """Classes that this rule does not bind."""
    when: NotRequired[Group | None]
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""
    kinds: NotRequired[list[WorkOrderKind] | None]
    """None is all."""


class WorkOrderIn(TypedDict):
    """Somebody else is to do something for a customer."""

    work_order_id: NotRequired[str | None]
    """Yours, so that asking twice opens one; made here when left out."""
    customer_id: str
    kind: WorkOrderKind
    unit: NotRequired[str | None]
    """Whose it is; left out: as the policy says."""
    owner: NotRequired[str | None]
    """The person in the unit whose it is, such as the account manager; left out: anybody's."""
    priority: NotRequired[int | None]
    """1 goes first; left out: as the policy says."""
    subject: NotRequired[str | None]
    note: NotRequired[str | None]
    channel: NotRequired[Channel | None]
    """In which it came up."""
    place: NotRequired[str | None]
    contact_id: NotRequired[str | None]
    offer_id: NotRequired[str | None]
    appointment_at: NotRequired[str | None]
    """When the customer comes to the unit."""


WorkOrderKind: TypeAlias = (
    "Literal['referral', 'account_manager', 'call_back', 'complaint', 'acceptance_refused', 'problem']"
)


class WorkOrderLeaseIn(TypedDict):
    """For how long a work order is taken in hand, from now on."""

    seconds: NotRequired[int]


class WorkOrderReferralIn(TypedDict):
    """To whom a work order goes."""

    unit: NotRequired[str | None]
    """Left out: it stays in its unit."""
    owner: NotRequired[str | None]
    """Left out: anybody's of the unit."""
    note: NotRequired[str | None]


WorkOrderResult: TypeAlias = "Literal['done', 'declined', 'not_reached', 'not_possible', 'cancelled']"


class WorkOrderResultIn(TypedDict):
    """How a work order ended."""

    result: WorkOrderResult
    note: NotRequired[str | None]


class WorkOrderRule(TypedDict):
    """How work orders of a kind are handled. Minutes count while the unit is open."""

    name: str
    kind: WorkOrderKind
    unit: NotRequired[str | None]
    """Whose it is where nobody says; None is the unit in which it came up. An acceptance that was refused goes
    there first.
    """
    opened_by: NotRequired[list[Outcome]]
    """Outcomes of contacts that open one by themselves."""
    priority: NotRequired[int]
    """1 goes first."""
    opening_hours: NotRequired[str | None]
    """The opening-hours rule by which minutes count where no rule names the unit; None is round the clock."""
    respond_minutes: NotRequired[int | None]
    """Until somebody has taken it in hand."""
    resolve_minutes: NotRequired[int | None]
    """Until there is a result."""
    remind_minutes: NotRequired[int | None]
    """So long before each deadline whoever has it is reminded."""
    escalate_after_minutes: NotRequired[int]
    """So long after a deadline that was missed it is escalated."""
    escalate_to: NotRequired[str | None]
    """Who sees and works it from then on, too."""


class Touchpoint:
    """Whether a contact may happen now, and everything that did."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def open_popup(self, body: PopupIn, *, idempotency_key: str | None = None) -> OpenPopupAnswer:
        """A customer has appeared.

        Offers with script and why each, best first; what not to mention now and why; what was said before, in
        every channel; promises, warnings and open work orders. Personal data is masked unless the caller may see
        it.

        Answers from local data alone, also when every other service is down. Showing something new is a contact
        and counts; the same customer within a minute gets the same pop-up.

        Permission: `touchpoint.popup`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "OpenPopupAnswer", self._transport.call("POST", "/v1/popups", body=body, idempotency_key=idempotency_key)
        )

    def send_popup_offer(
        self, popup_id: str, body: PopupMessageIn, *, idempotency_key: str | None = None
    ) -> SendPopupOfferAnswer:
        """Send an offer to the customer.

        An SMS or e-mail about an offer of the pop-up, with a short link to it: what comes of it is credited to
        this agent, and events tell when it was opened and accepted.

        A contact of class `service` and purpose `marketing`, decided at once. What may not go now waits for a
        day at most. The same again changes nothing and gives the state as it is.

        Permission: `touchpoint.popup`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "SendPopupOfferAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/popups/{popup_id}/messages", popup_id=popup_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def answer_popup_offers(
        self, popup_id: str, body: PopupAnswersIn, *, idempotency_key: str | None = None
    ) -> AnswerPopupOffersAnswer:
        """What the customer said.

        The answer to each offer shown. `accepted` recalls every other contact for its goal in the same step.

        To a yes the ledger answers. Where it might say no, because the offer has limited stock, this answer
        waits for it: `sale.state` is then `accepted`, or `refused` with a reason. It is `pending` where the
        ledger has not answered yet; the timeline and the events will tell.

        Permission: `touchpoint.popup`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "AnswerPopupOffersAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/popups/{popup_id}/answers", popup_id=popup_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def show_offer_banner(self, body: BannerIn, *, idempotency_key: str | None = None) -> ShowOfferBannerAnswer:
        """Show a banner.

        Asks whether an offer may be shown to a customer on the web now, and counts it as shown if so.

        For offers without an open contact of their own. What the customer does with it is reported to the
        contact: `dismissed`, `opened`, `interested`, `accepted`. The same `banner_id` again counts once, and so
        does the offer as long as its contact is open.

        Permission: `touchpoint.banner`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "ShowOfferBannerAnswer",
            self._transport.call("POST", "/v1/banners", body=body, idempotency_key=idempotency_key),
        )

    def request_contact(self, body: ContactRequestIn, *, idempotency_key: str | None = None) -> RequestContactAnswer:
        """Ask for a contact.

        Decides at once together with all waiting requests of the customer. What may not go now waits and
        competes again.

        The same `request_id` again changes nothing and gives the state as it is.

        Permission: `touchpoint.request`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "RequestContactAnswer",
            self._transport.call("POST", "/v1/contact-requests", body=body, idempotency_key=idempotency_key),
        )

    def decide_now(self, body: ContactRequestIn, *, idempotency_key: str | None = None) -> RequestContactAnswer:
        """May I contact now?.

        Decides and reserves in one step: `released` with a contact, `deferred` with the time to ask again,
        `suppressed`.

        Without `expires_at` the question is about now only: a deferral is told and nothing waits.

        Permission: `touchpoint.decide`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "RequestContactAnswer",
            self._transport.call("POST", "/v1/decisions", body=body, idempotency_key=idempotency_key),
        )

    def get_contact_request(self, request_id: str) -> GetContactRequestAnswer:
        """State of a request.

        The request as it stands, and every decision about it, oldest first.

        Permission: `touchpoint.timeline`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetContactRequestAnswer",
            self._transport.call("GET", path_of("/v1/contact-requests/{request_id}", request_id=request_id)),
        )

    def withdraw_contact_request(self, request_id: str, *, idempotency_key: str | None = None) -> RequestContactAnswer:
        """Withdraw a request.

        A waiting request ends; a contact that a channel still holds is recalled. Doing it twice changes nothing.

        Permission: `touchpoint.request`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "RequestContactAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/contact-requests/{request_id}/withdrawal", request_id=request_id),
                idempotency_key=idempotency_key,
            ),
        )

    def get_contact(self, contact_id: str) -> GetContactAnswer:
        """State of a contact.

        `open`, `leased`, `sending`, `sent`, `shown`, `closed`, `recalled` or `expired`.

        Permission: `touchpoint.outcome`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetContactAnswer", self._transport.call("GET", path_of("/v1/contacts/{contact_id}", contact_id=contact_id))
        )

    def report_contact_outcomes(
        self, contact_id: str, body: OutcomesIn, *, idempotency_key: str | None = None
    ) -> GetContactAnswer:
        """Report results of a contact.

        One or several results, in their order. `accepted` recalls every other contact for the goal in the same
        step.

        A result whose `outcome_id` is known changes nothing. A result that comes after a recall is recorded and
        counts.

        Permission: `touchpoint.outcome`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `nothing-accepted`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "GetContactAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/contacts/{contact_id}/outcomes", contact_id=contact_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def answer_contact_recall(
        self, contact_id: str, body: RecallAnswerIn, *, idempotency_key: str | None = None
    ) -> GetContactAnswer:
        """Answer a recall.

        `withdrawn`: it did not happen. `too_late`: it did, so it counts against the budget.

        However late it comes, it counts; of several the first.

        Permission: `touchpoint.outcome`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `not-recalled`, `unauthenticated`, `unsupported-
        media-type`, `validation`.
        """
        return cast(
            "GetContactAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/contacts/{contact_id}/recall-answer", contact_id=contact_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def lease_contacts(
        self, channel: Literal["call", "branch"], body: LeasesIn, *, idempotency_key: str | None = None
    ) -> LeaseContactsAnswer:
        """Fetch contacts to carry out.

        Most important first. Each is yours for `seconds`, then it goes back. Quiet hours are looked at anew.

        Name and number are shown to whoever may read personal data.

        Permission: `touchpoint.lease`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "LeaseContactsAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/channels/{channel}/leases", channel=channel),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def renew_contact_lease(
        self, contact_id: str, body: RenewalIn, *, idempotency_key: str | None = None
    ) -> RenewContactLeaseAnswer:
        """Hold a contact longer.

        From now for `seconds`. Ask before carrying it out: a recalled contact says so.

        Permission: `touchpoint.lease`.

        Problems: `body-too-large`, `contact-recalled`, `forbidden`, `lease-lost`, `not-found`,
        `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "RenewContactLeaseAnswer",
            self._transport.call(
                "PUT",
                path_of("/v1/leases/{contact_id}", contact_id=contact_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def return_contact_lease(self, contact_id: str, *, idempotency_key: str | None = None) -> None:
        """Give a contact back.

        The contact was not carried out; somebody else may fetch it.

        Permission: `touchpoint.lease`.

        Problems: `contact-recalled`, `forbidden`, `lease-lost`, `not-found`, `unauthenticated`, `validation`.
        """
        self._transport.call(
            "DELETE", path_of("/v1/leases/{contact_id}", contact_id=contact_id), idempotency_key=idempotency_key
        )

    def get_timeline(
        self,
        customer_id: str,
        *,
        channel: Channel | None = None,
        kind: str | None = None,
        since: str | None = None,
        until: str | None = None,
        lang: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PageDictStrAny:
        """Everything that happened with a customer.

        Newest first, with a sentence for each entry. `since` is included, `until` is not.

        `lang`: BCP 47: English, or Chinese for zh-CN.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.timeline`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageDictStrAny",
            self._transport.call(
                "GET",
                path_of("/v1/customers/{customer_id}/timeline", customer_id=customer_id),
                query={
                    "channel": channel,
                    "kind": kind,
                    "since": since,
                    "until": until,
                    "lang": lang,
                    "limit": limit,
                    "cursor": cursor,
                },
            ),
        )

    def iter_timeline(
        self,
        customer_id: str,
        *,
        channel: Channel | None = None,
        kind: str | None = None,
        since: str | None = None,
        until: str | None = None,
        lang: str | None = None,
        limit: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every item of `get_timeline`, page after page."""
        yield from items(
            self._transport,
            path_of("/v1/customers/{customer_id}/timeline", customer_id=customer_id),
            {"channel": channel, "kind": kind, "since": since, "until": until, "lang": lang, "limit": limit},
        )

    def get_standing(self, customer_id: str) -> GetStandingAnswer:
        """What counts for a customer now.

        For each cap how much of it is used and when the next slot frees; pauses; goals that are met; what is
        held.

        Permission: `touchpoint.timeline`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetStandingAnswer",
            self._transport.call("GET", path_of("/v1/customers/{customer_id}/standing", customer_id=customer_id)),
        )

    def create_contact_policy(self, body: PolicyIn, *, idempotency_key: str | None = None) -> CreateContactPolicyAnswer:
        """Draft a policy.

        A document of named rules; what is wrong with one is told with its pointer.

        Permission: `touchpoint.policy.edit`.

        Problems: `body-too-large`, `forbidden`, `policy-exists`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "CreateContactPolicyAnswer",
            self._transport.call("POST", "/v1/policies", body=body, idempotency_key=idempotency_key),
        )

    def list_contact_policies(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> ListContactPoliciesAnswer:
        """Policies.

        By id.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListContactPoliciesAnswer",
            self._transport.call("GET", "/v1/policies", query={"limit": limit, "cursor": cursor}),
        )

    def iter_contact_policies(self, *, limit: int | None = None) -> Iterator[CreateContactPolicyAnswer]:
        """Every item of `list_contact_policies`, page after page."""
        yield from items(self._transport, "/v1/policies", {"limit": limit})

    def get_policy_in_force(self) -> GetPolicyInForceAnswer:
        """The policy in force.

        The version that every decision is made by. Without one, nothing is released.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`.
        """
        return cast("GetPolicyInForceAnswer", self._transport.call("GET", "/v1/policies/in-force"))

    def get_policy_schema(self) -> dict[str, Any]:
        """The form of a policy.

        JSON Schema of a document: each field with title, description and, under `x-labels`, its name in English
        and Chinese; the values of closed lists under `x-enum-labels`.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("dict[str, Any]", self._transport.call("GET", "/v1/policies/schema"))

    def get_contact_policy(self, policy_id: str) -> CreateContactPolicyAnswer:
        """A policy's draft.

        The draft as it stands; its `ETag` is needed to change it.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "CreateContactPolicyAnswer",
            self._transport.call("GET", path_of("/v1/policies/{policy_id}", policy_id=policy_id)),
        )

    def replace_policy_draft(
        self, policy_id: str, body: DraftIn, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> CreateContactPolicyAnswer:
        """Change a draft.

        Submitted versions stay as they are. Needs `If-Match`.

        Permission: `touchpoint.policy.edit`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "CreateContactPolicyAnswer",
            self._transport.call(
                "PUT",
                path_of("/v1/policies/{policy_id}/draft", policy_id=policy_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    def submit_policy_version(
        self, policy_id: str, body: SubmissionIn | None = None, *, idempotency_key: str | None = None
    ) -> GetPolicyInForceAnswer:
        """Submit the draft, or an earlier version anew.

        Freezes the draft as the next version, to be approved by another person. With `from_version` it goes
        back: the document of that version becomes the next one, and who asks is its author.

        Permission: `touchpoint.policy.edit`.

        Problems: `body-too-large`, `forbidden`, `never-approved`, `not-found`, `unauthenticated`, `unsupported-
        media-type`, `validation`.
        """
        return cast(
            "GetPolicyInForceAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/policies/{policy_id}/versions", policy_id=policy_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def list_policy_versions(
        self, policy_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> ListPolicyVersionsAnswer:
        """All versions of a policy.

        Newest first, without their documents. `state` is `submitted`, `scheduled`, `in_force` or `superseded`;
        `since` tells from when on it is, or was, in force.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListPolicyVersionsAnswer",
            self._transport.call(
                "GET",
                path_of("/v1/policies/{policy_id}/versions", policy_id=policy_id),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    def iter_policy_versions(self, policy_id: str, *, limit: int | None = None) -> Iterator[ListPolicyVersionsItems]:
        """Every item of `list_policy_versions`, page after page."""
        yield from items(
            self._transport, path_of("/v1/policies/{policy_id}/versions", policy_id=policy_id), {"limit": limit}
        )

    def get_policy_version(self, policy_id: str, version: int) -> GetPolicyVersionAnswer:
        """A submitted version.

        The frozen document, who submitted and approved it, its state, and the newest what-ifs of this document.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetPolicyVersionAnswer",
            self._transport.call(
                "GET", path_of("/v1/policies/{policy_id}/versions/{version}", policy_id=policy_id, version=version)
            ),
        )

    def get_policy_differences(
        self, policy_id: str, version: int, *, against: str | None = None, lang: str | None = None
    ) -> GetPolicyDifferencesAnswer:
        """What a version says differently.

        Against what is in force, or another version, or the draft: `old` is that side, `new` is this version.
        Rules are matched by their name within their kind. As data with JSON pointers, and in plain sentences.

        `against`: The older side: a version, `draft`, `in-force`.

        `lang`: BCP 47: English, or Chinese for zh-CN.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetPolicyDifferencesAnswer",
            self._transport.call(
                "GET",
                path_of(
                    "/v1/policies/{policy_id}/versions/{version}/differences", policy_id=policy_id, version=version
                ),
                query={"against": against, "lang": lang},
            ),
        )

    def approve_policy_version(
        self, policy_id: str, version: int, body: ApprovalIn | None = None, *, idempotency_key: str | None = None
    ) -> GetPolicyInForceAnswer:
        """Approve a version.

        By another person than the author and the submitter. Binds every decision that begins after this answer
        or, with `activate_at`, every decision at that instant and later.

        Permission: `touchpoint.policy.approve`.

        Problems: `already-approved`, `body-too-large`, `forbidden`, `not-found`, `not-schedulable`, `own-
        change`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "GetPolicyInForceAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/policies/{policy_id}/versions/{version}/approvals", policy_id=policy_id, version=version),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def cancel_policy_schedule(self, policy_id: str, version: int, *, idempotency_key: str | None = None) -> None:
        """Cancel a scheduled activation.

        Until a second before its instant. The version is submitted as before its approval, and may be approved
        again.

        Permission: `touchpoint.policy.approve`.

        Problems: `forbidden`, `not-found`, `not-scheduled`, `unauthenticated`, `validation`.
        """
        self._transport.call(
            "DELETE",
            path_of("/v1/policies/{policy_id}/versions/{version}/schedule", policy_id=policy_id, version=version),
            idempotency_key=idempotency_key,
        )

    def post_blackout(self, body: BlackoutIn, *, idempotency_key: str | None = None) -> GetPolicyInForceAnswer:
        """Stop contacts for a while.

        The policy in force with this blackout, as a version: it binds every decision and hand-over from the
        moment at which another person approves it (`POST …/versions/{version}/approvals`). The draft has it,
        too.

        Permission: `touchpoint.policy.edit`.

        Problems: `body-too-large`, `forbidden`, `nothing-in-force`, `rule-exists`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "GetPolicyInForceAnswer",
            self._transport.call("POST", "/v1/blackouts", body=body, idempotency_key=idempotency_key),
        )

    def list_blackouts(self) -> ListBlackoutsAnswer:
        """Blackouts in force.

        Of the policy in force, the first to begin first. `state` is `ahead`, `now` or `over`.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("ListBlackoutsAnswer", self._transport.call("GET", "/v1/blackouts"))

    def delete_blackout(self, name: str, *, idempotency_key: str | None = None) -> GetPolicyInForceAnswer:
        """End a blackout before its time.

        The policy in force without it, as a version for another person to approve. Who waits for its end is then
        decided at once.

        Permission: `touchpoint.policy.edit`.

        Problems: `forbidden`, `not-found`, `nothing-in-force`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetPolicyInForceAnswer",
            self._transport.call("DELETE", path_of("/v1/blackouts/{name}", name=name), idempotency_key=idempotency_key),
        )

    def list_capacities(self) -> ListCapacitiesAnswer:
        """All capacities.

        What each channel and team may take, how much of it is left now, and when the next contact may go.

        Permission: `touchpoint.capacity.read`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("ListCapacitiesAnswer", self._transport.call("GET", "/v1/capacities"))

    def put_channel_capacity(
        self, channel: Channel, body: CapacityIn, *, idempotency_key: str | None = None
    ) -> PutChannelCapacityAnswer:
        """Limit a channel.

        From now on. What was handed over before counts against the new rate as it did against the old one.

        Permission: `touchpoint.capacity.edit`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "PutChannelCapacityAnswer",
            self._transport.call(
                "PUT", path_of("/v1/capacities/{channel}", channel=channel), body=body, idempotency_key=idempotency_key
            ),
        )

    def delete_channel_capacity(self, channel: Channel, *, idempotency_key: str | None = None) -> None:
        """Lift the limit of a channel.

        Contacts go as they are fetched; the limits of its teams stay.

        Permission: `touchpoint.capacity.edit`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        self._transport.call(
            "DELETE", path_of("/v1/capacities/{channel}", channel=channel), idempotency_key=idempotency_key
        )

    def put_team_capacity(
        self, channel: Channel, team: str, body: CapacityIn, *, idempotency_key: str | None = None
    ) -> PutChannelCapacityAnswer:
        """Limit a team.

        For who fetches contacts of this place. The limit of the channel holds, too.

        Permission: `touchpoint.capacity.edit`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "PutChannelCapacityAnswer",
            self._transport.call(
                "PUT",
                path_of("/v1/capacities/{channel}/teams/{team}", channel=channel, team=team),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def delete_team_capacity(self, channel: Channel, team: str, *, idempotency_key: str | None = None) -> None:
        """Lift the limit of a team.

        The limit of the channel stays.

        Permission: `touchpoint.capacity.edit`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        self._transport.call(
            "DELETE",
            path_of("/v1/capacities/{channel}/teams/{team}", channel=channel, team=team),
            idempotency_key=idempotency_key,
        )

    def get_backlog(self, channel: Channel) -> GetBacklogAnswer:
        """What waits in a channel.

        Contacts that are ready and not handed over, by place and class; when they will be at the present rate;
        and whether the provider of the channel rests after failures.

        Permission: `touchpoint.capacity.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetBacklogAnswer", self._transport.call("GET", path_of("/v1/channels/{channel}/backlog", channel=channel))
        )

    def create_rebuild(
        self, body: RebuildIn | None = None, *, idempotency_key: str | None = None
    ) -> CreateRebuildAnswer:
        """Rebuild standings from their timelines.

        Of the customers named, or of everybody, while everything goes on. With `dry_run` it only compares. A
        standing that differs from what its timeline tells is replaced, and the customer's waiting requests are
        decided anew.

        Permission: `touchpoint.rebuild`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unknown-customers`, `unsupported-media-
        type`, `validation`.
        """
        return cast(
            "CreateRebuildAnswer",
            self._transport.call("POST", "/v1/standings/rebuilds", body=body, idempotency_key=idempotency_key),
        )

    def get_rebuild(self, rebuild_id: str, *, lang: str | None = None) -> CreateRebuildAnswer:
        """See how far a rebuild is.

        `pending`, `running` or `finished`; customers compared of how many (as counted at the beginning), how
        many differed, and how many were mended. `differences` are the first hundred: `stored` is what the
        standing said, `derived` what the timeline tells, `text` a sentence.

        `lang`: BCP 47: English, or Chinese for zh-CN.

        Permission: `touchpoint.rebuild`.

        Problems: `forbidden`, `unauthenticated`, `unknown-rebuild`, `validation`.
        """
        return cast(
            "CreateRebuildAnswer",
            self._transport.call(
                "GET", path_of("/v1/standings/rebuilds/{rebuild_id}", rebuild_id=rebuild_id), query={"lang": lang}
            ),
        )

    def explain_contact_request(
        self, request_id: str, *, seq: int | None = None, lang: str | None = None
    ) -> ExplainContactRequestAnswer:
        """Why a request was decided so.

        Every rule that was looked at with its figures, who competed and who won, and the same in sentences.

        Decided once more from the facts of that moment. `decisions` lists every decision about the request;
        those that are `explained` can be asked for by `seq`.

        `seq`: Number of the decision on the timeline; the newest when left out.

        `lang`: BCP 47, before `Accept-Language`: English, or Chinese for zh-CN.

        Permission: `touchpoint.timeline`.

        Problems: `facts-deleted`, `forbidden`, `no-such-decision`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ExplainContactRequestAnswer",
            self._transport.call(
                "GET",
                path_of("/v1/contact-requests/{request_id}/explanation", request_id=request_id),
                query={"seq": seq, "lang": lang},
            ),
        )

    def explain_contact(self, contact_id: str, *, lang: str | None = None) -> ExplainContactRequestAnswer:
        """Why a contact was released.

        As for its request, of the decision that released it.

        `lang`: BCP 47, before `Accept-Language`: English, or Chinese for zh-CN.

        Permission: `touchpoint.timeline`.

        Problems: `facts-deleted`, `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ExplainContactRequestAnswer",
            self._transport.call(
                "GET", path_of("/v1/contacts/{contact_id}/explanation", contact_id=contact_id), query={"lang": lang}
            ),
        )

    def list_recalls(
        self,
        *,
        channel: Channel | None = None,
        place: str | None = None,
        state: Literal["waiting", "reminded", "escalated"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ListRecallsAnswer:
        """Recalls that wait for an answer.

        Oldest first: contacts that were recalled while a channel had them in hand (`held`: `leased`, `sending`
        or `shown`). An answer, or a result of the contact, takes one off the list, however late.

        `place`: Of this branch or team, and of none.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.recall.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListRecallsAnswer",
            self._transport.call(
                "GET",
                "/v1/recalls",
                query={"channel": channel, "place": place, "state": state, "limit": limit, "cursor": cursor},
            ),
        )

    def iter_recalls(
        self,
        *,
        channel: Channel | None = None,
        place: str | None = None,
        state: Literal["waiting", "reminded", "escalated"] | None = None,
        limit: int | None = None,
    ) -> Iterator[ListRecallsItems]:
        """Every item of `list_recalls`, page after page."""
        yield from items(
            self._transport, "/v1/recalls", {"channel": channel, "place": place, "state": state, "limit": limit}
        )

    def post_freeze(self, body: FreezeIn, *, idempotency_key: str | None = None) -> PostFreezeAnswer:
        """Leave a customer alone.

        From now on nothing is released to the customer, and what channels still hold is recalled; but for the
        classes that the policy exempts from do-not-disturb. Requests wait. The same `freeze_id` again changes
        nothing.

        Permission: `touchpoint.freeze.open`.

        Problems: `body-too-large`, `forbidden`, `freeze-exists`, `not-found`, `unauthenticated`, `unsupported-
        media-type`, `validation`.
        """
        return cast(
            "PostFreezeAnswer", self._transport.call("POST", "/v1/freezes", body=body, idempotency_key=idempotency_key)
        )

    def list_freezes(
        self,
        *,
        customer_id: str | None = None,
        state: Literal["open", "over", "closed"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ListFreezesAnswer:
        """Freezes.

        Oldest first. `over`: its end has come before anybody closed it.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.freeze.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListFreezesAnswer",
            self._transport.call(
                "GET",
                "/v1/freezes",
                query={"customer_id": customer_id, "state": state, "limit": limit, "cursor": cursor},
            ),
        )

    def iter_freezes(
        self,
        *,
        customer_id: str | None = None,
        state: Literal["open", "over", "closed"] | None = None,
        limit: int | None = None,
    ) -> Iterator[PostFreezeAnswer]:
        """Every item of `list_freezes`, page after page."""
        yield from items(self._transport, "/v1/freezes", {"customer_id": customer_id, "state": state, "limit": limit})

    def get_freeze(self, freeze_id: str) -> PostFreezeAnswer:
        """A freeze.

        Who opened it and why, and how it ended.

        Permission: `touchpoint.freeze.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostFreezeAnswer", self._transport.call("GET", path_of("/v1/freezes/{freeze_id}", freeze_id=freeze_id))
        )

    def post_freeze_closure(
        self, freeze_id: str, body: FreezeClosureIn, *, idempotency_key: str | None = None
    ) -> PostFreezeAnswer:
        """Close a freeze.

        What waits is decided at once, unless another freeze of the customer is open. Doing it twice changes
        nothing.

        Permission: `touchpoint.freeze.close`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "PostFreezeAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/freezes/{freeze_id}/closure", freeze_id=freeze_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def post_work_order(self, body: WorkOrderIn, *, idempotency_key: str | None = None) -> PostWorkOrderAnswer:
        """Hand something over.

        To any unit, whoever asks: the policy says whose it is where the body does not, how important it is, and
        by when there has to be an answer and a result. The caller sees what comes of it. The same
        `work_order_id` again changes nothing.

        Permission: `touchpoint.work_order.open`.

        Problems: `body-too-large`, `branch-closed`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-
        media-type`, `validation`, `work-order-exists`.
        """
        return cast(
            "PostWorkOrderAnswer",
            self._transport.call("POST", "/v1/work-orders", body=body, idempotency_key=idempotency_key),
        )

    def list_work_orders(
        self,
        *,
        state: Literal["open", "taken", "resolved"] | None = None,
        kind: WorkOrderKind | None = None,
        unit: str | None = None,
        owner: str | None = None,
        customer_id: str | None = None,
        overdue: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ListWorkOrdersAnswer:
        """Work orders.

        Those of the caller's unit and below, or that came from there: most important first, then what is due
        first.

        `state`: `taken`: somebody has it in hand.

        `unit`: Of this unit and those below.

        `owner`: Whose it is, or who has it in hand.

        `overdue`: Whether something promised was not done in time.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.work_order.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListWorkOrdersAnswer",
            self._transport.call(
                "GET",
                "/v1/work-orders",
                query={
                    "state": state,
                    "kind": kind,
                    "unit": unit,
                    "owner": owner,
                    "customer_id": customer_id,
                    "overdue": overdue,
                    "limit": limit,
                    "cursor": cursor,
                },
            ),
        )

    def iter_work_orders(
        self,
        *,
        state: Literal["open", "taken", "resolved"] | None = None,
        kind: WorkOrderKind | None = None,
        unit: str | None = None,
        owner: str | None = None,
        customer_id: str | None = None,
        overdue: bool | None = None,
        limit: int | None = None,
    ) -> Iterator[ListWorkOrdersItems]:
        """Every item of `list_work_orders`, page after page."""
        yield from items(
            self._transport,
            "/v1/work-orders",
            {
                "state": state,
                "kind": kind,
                "unit": unit,
                "owner": owner,
                "customer_id": customer_id,
                "overdue": overdue,
                "limit": limit,
            },
        )

    def get_work_order(self, work_order_id: str) -> PostWorkOrderAnswer:
        """A work order.

        Whose it is, who has it in hand, what was promised, what was said, and how it ended.

        Permission: `touchpoint.work_order.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostWorkOrderAnswer",
            self._transport.call("GET", path_of("/v1/work-orders/{work_order_id}", work_order_id=work_order_id)),
        )

    def put_work_order_lease(
        self, work_order_id: str, body: WorkOrderLeaseIn, *, idempotency_key: str | None = None
    ) -> PostWorkOrderAnswer:
        """Take a work order in hand.

        From now on for `seconds`, or longer if it is yours already; then it is in the queue of its unit again.
        To take it the first time is the answer that was promised.

        Permission: `touchpoint.work_order.work`.

        Problems: `body-too-large`, `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`,
        `unsupported-media-type`, `validation`, `work-order-ended`, `work-order-taken`.
        """
        return cast(
            "PostWorkOrderAnswer",
            self._transport.call(
                "PUT",
                path_of("/v1/work-orders/{work_order_id}/lease", work_order_id=work_order_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def delete_work_order_lease(self, work_order_id: str, *, idempotency_key: str | None = None) -> PostWorkOrderAnswer:
        """Give a work order back.

        Somebody else of its unit may take it.

        Permission: `touchpoint.work_order.work`.

        Problems: `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`, `validation`, `work-order-
        ended`, `work-order-taken`.
        """
        return cast(
            "PostWorkOrderAnswer",
            self._transport.call(
                "DELETE",
                path_of("/v1/work-orders/{work_order_id}/lease", work_order_id=work_order_id),
                idempotency_key=idempotency_key,
            ),
        )

    def post_work_order_referral(
        self, work_order_id: str, body: WorkOrderReferralIn, *, idempotency_key: str | None = None
    ) -> ListWorkOrdersItems:
        """Pass a work order on.

        To another team, branch or person. What was promised to the customer stays promised. The answer shows the
        order as it is now, also to who passed it on and does not see it any more.

        Permission: `touchpoint.work_order.assign`.

        Problems: `body-too-large`, `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`,
        `unsupported-media-type`, `validation`, `work-order-ended`, `work-order-taken`.
        """
        return cast(
            "ListWorkOrdersItems",
            self._transport.call(
                "POST",
                path_of("/v1/work-orders/{work_order_id}/referrals", work_order_id=work_order_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def post_work_order_comment(
        self, work_order_id: str, body: WorkOrderCommentIn, *, idempotency_key: str | None = None
    ) -> PostWorkOrderAnswer:
        """Say something about a work order.

        Its originator may, too. The same `comment_id` counts once.

        Permission: `touchpoint.work_order.work`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`, `work-order-ended`, `work-order-exists`.
        """
        return cast(
            "PostWorkOrderAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/work-orders/{work_order_id}/comments", work_order_id=work_order_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def put_work_order_appointment(
        self, work_order_id: str, body: WorkOrderAppointmentIn, *, idempotency_key: str | None = None
    ) -> PostWorkOrderAnswer:
        """Agree when the customer comes.

        Within the opening hours of its unit, as the policy has them; another time takes the place of the one
        before. The result is promised from then on where that is later. Its originator may agree on one, too.

        Permission: `touchpoint.work_order.work`.

        Problems: `body-too-large`, `branch-closed`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-
        media-type`, `validation`, `work-order-ended`.
        """
        return cast(
            "PostWorkOrderAnswer",
            self._transport.call(
                "PUT",
                path_of("/v1/work-orders/{work_order_id}/appointment", work_order_id=work_order_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def post_work_order_result(
        self, work_order_id: str, body: WorkOrderResultIn, *, idempotency_key: str | None = None
    ) -> PostWorkOrderAnswer:
        """Say how a work order ended.

        It is on the customer's timeline, for whoever asked; contacts that waited for it are decided at once. The
        same result again changes nothing. Who asked for it may call it off (`cancelled`).

        Permission: `touchpoint.work_order.work`.

        Problems: `body-too-large`, `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`,
        `unsupported-media-type`, `validation`, `work-order-ended`, `work-order-taken`.
        """
        return cast(
            "PostWorkOrderAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/work-orders/{work_order_id}/result", work_order_id=work_order_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def try_policy_version(
        self, policy_id: str, version: int, body: WhatIfIn | None = None, *, idempotency_key: str | None = None
    ) -> TryPolicyVersionAnswer:
        """Try a version on the past.

        Replays what was asked for and what became of it under this version and under the one in force, and
        compares. Changes nothing else. `campaign` lays planned requests on top of the past.

        Permission: `touchpoint.policy.try`.

        Problems: `body-too-large`, `forbidden`, `no-policy-in-force`, `not-found`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "TryPolicyVersionAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/policies/{policy_id}/versions/{version}/what-ifs", policy_id=policy_id, version=version),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def list_version_what_ifs(
        self, policy_id: str, version: int, *, limit: int | None = None, cursor: str | None = None
    ) -> ListVersionWhatIfsAnswer:
        """What-ifs of a version.

        Newest first, without results: all that tried this version's document, also while it was a draft.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListVersionWhatIfsAnswer",
            self._transport.call(
                "GET",
                path_of("/v1/policies/{policy_id}/versions/{version}/what-ifs", policy_id=policy_id, version=version),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    def iter_version_what_ifs(
        self, policy_id: str, version: int, *, limit: int | None = None
    ) -> Iterator[ListVersionWhatIfsItems]:
        """Every item of `list_version_what_ifs`, page after page."""
        yield from items(
            self._transport,
            path_of("/v1/policies/{policy_id}/versions/{version}/what-ifs", policy_id=policy_id, version=version),
            {"limit": limit},
        )

    def try_policy_draft(
        self, policy_id: str, body: WhatIfIn | None = None, *, idempotency_key: str | None = None
    ) -> TryPolicyVersionAnswer:
        """Try a draft on the past.

        As for a version, with the draft as it stands. Once the same document is submitted, its version shows it.

        Permission: `touchpoint.policy.try`.

        Problems: `body-too-large`, `forbidden`, `no-policy-in-force`, `not-found`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "TryPolicyVersionAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/policies/{policy_id}/draft/what-ifs", policy_id=policy_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def list_draft_what_ifs(
        self, policy_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> ListDraftWhatIfsAnswer:
        """What-ifs of drafts.

        Newest first, without results: of whatever was the draft then; `revision` says which.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListDraftWhatIfsAnswer",
            self._transport.call(
                "GET",
                path_of("/v1/policies/{policy_id}/draft/what-ifs", policy_id=policy_id),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    def iter_draft_what_ifs(self, policy_id: str, *, limit: int | None = None) -> Iterator[ListVersionWhatIfsItems]:
        """Every item of `list_draft_what_ifs`, page after page."""
        yield from items(
            self._transport, path_of("/v1/policies/{policy_id}/draft/what-ifs", policy_id=policy_id), {"limit": limit}
        )

    def get_what_if(self, policy_id: str, what_if_id: str, *, lang: str | None = None) -> GetWhatIfAnswer:
        """A what-if.

        How far it is, in customers, and once it is done its result: both runs, the differences, the same in
        sentences, and what it cannot know.

        `lang`: BCP 47: English, or Chinese for zh-CN.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetWhatIfAnswer",
            self._transport.call(
                "GET",
                path_of("/v1/policies/{policy_id}/what-ifs/{what_if_id}", policy_id=policy_id, what_if_id=what_if_id),
                query={"lang": lang},
            ),
        )

    def cancel_what_if(self, policy_id: str, what_if_id: str, *, idempotency_key: str | None = None) -> None:
        """Cancel a what-if.

        It stays in the lists, as cancelled and without a result.

        Permission: `touchpoint.policy.try`.

        Problems: `already-finished`, `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        self._transport.call(
            "DELETE",
            path_of("/v1/policies/{policy_id}/what-ifs/{what_if_id}", policy_id=policy_id, what_if_id=what_if_id),
            idempotency_key=idempotency_key,
        )

    def post_webhook(self, body: WebhookIn, *, idempotency_key: str | None = None) -> PostWebhookAnswer:
        """Be told by HTTP.

        Events are posted as JSON and signed as Standard Webhooks has it. The `secret` is shown now and never
        again.

        Permission: `touchpoint.webhook.edit`.

        Problems: `address-forbidden`, `body-too-large`, `forbidden`, `too-many-webhooks`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "PostWebhookAnswer",
            self._transport.call("POST", "/v1/webhooks", body=body, idempotency_key=idempotency_key),
        )

    def list_webhooks(self, *, limit: int | None = None, cursor: str | None = None) -> ListWebhooksAnswer:
        """Webhooks.

        Oldest first.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListWebhooksAnswer", self._transport.call("GET", "/v1/webhooks", query={"limit": limit, "cursor": cursor})
        )

    def iter_webhooks(self, *, limit: int | None = None) -> Iterator[ListWebhooksItems]:
        """Every item of `list_webhooks`, page after page."""
        yield from items(self._transport, "/v1/webhooks", {"limit": limit})

    def get_webhook(self, webhook_id: str) -> GetWebhookAnswer:
        """A webhook.

        How it has been answering, and how much waits for it: `waiting` is counted up to 10,000.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetWebhookAnswer", self._transport.call("GET", path_of("/v1/webhooks/{webhook_id}", webhook_id=webhook_id))
        )

    def put_webhook(
        self, webhook_id: str, body: WebhookIn, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> GetWebhookAnswer:
        """Change a webhook.

        The whole description. `active` brings back one that was disabled; what happened meanwhile comes by a
        replay.

        Permission: `touchpoint.webhook.edit`.

        Problems: `address-forbidden`, `body-too-large`, `forbidden`, `not-found`, `precondition-failed`,
        `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "GetWebhookAnswer",
            self._transport.call(
                "PUT",
                path_of("/v1/webhooks/{webhook_id}", webhook_id=webhook_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    def delete_webhook(self, webhook_id: str, *, idempotency_key: str | None = None) -> None:
        """Be told no more.

        Its deliveries and replays are deleted, too.

        Permission: `touchpoint.webhook.edit`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        self._transport.call(
            "DELETE", path_of("/v1/webhooks/{webhook_id}", webhook_id=webhook_id), idempotency_key=idempotency_key
        )

    def post_secret_rotation(
        self, webhook_id: str, body: RotationIn, *, idempotency_key: str | None = None
    ) -> PostWebhookAnswer:
        """Replace a secret.

        Until the overlap is over every event bears the signatures of both, so receivers change when they like.

        Permission: `touchpoint.webhook.edit`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "PostWebhookAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/webhooks/{webhook_id}/secret-rotations", webhook_id=webhook_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def post_ping(self, webhook_id: str, *, idempotency_key: str | None = None) -> PostPingAnswer:
        """Send a ping.

        A signed event of the type `ping`, tried once, the way that events take; also to a webhook that is not
        active.

        Permission: `touchpoint.webhook.edit`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostPingAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/webhooks/{webhook_id}/pings", webhook_id=webhook_id),
                idempotency_key=idempotency_key,
            ),
        )

    def list_deliveries(
        self,
        webhook_id: str,
        *,
        state: Literal["due", "delivered", "dead"] | None = None,
        event_id: str | None = None,
        replay_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ListDeliveriesAnswer:
        """What became of events.

        Newest first. `dead`: given up after three days, or because the endpoint is gone; a replay sends them
        again.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListDeliveriesAnswer",
            self._transport.call(
                "GET",
                path_of("/v1/webhooks/{webhook_id}/deliveries", webhook_id=webhook_id),
                query={"state": state, "event_id": event_id, "replay_id": replay_id, "limit": limit, "cursor": cursor},
            ),
        )

    def iter_deliveries(
        self,
        webhook_id: str,
        *,
        state: Literal["due", "delivered", "dead"] | None = None,
        event_id: str | None = None,
        replay_id: str | None = None,
        limit: int | None = None,
    ) -> Iterator[PostPingAnswer]:
        """Every item of `list_deliveries`, page after page."""
        yield from items(
            self._transport,
            path_of("/v1/webhooks/{webhook_id}/deliveries", webhook_id=webhook_id),
            {"state": state, "event_id": event_id, "replay_id": replay_id, "limit": limit},
        )

    def get_delivery(self, webhook_id: str, delivery_id: str) -> PostPingAnswer:
        """A delivery.

        How often it was tried, what the endpoint last said, and when it is tried again.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostPingAnswer",
            self._transport.call(
                "GET",
                path_of(
                    "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", webhook_id=webhook_id, delivery_id=delivery_id
                ),
            ),
        )

    def post_replay(self, webhook_id: str, body: ReplayIn, *, idempotency_key: str | None = None) -> PostReplayAnswer:
        """Send events again.

        Of a time, of named events, or all dead letters: as far as the webhook's filters take them, under the ids
        that they had, so that who has them can tell. One at a time; `progress` says how far it is.

        Permission: `touchpoint.webhook.edit`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `replay-running`, `unauthenticated`, `unsupported-
        media-type`, `validation`, `webhook-not-active`.
        """
        return cast(
            "PostReplayAnswer",
            self._transport.call(
                "POST",
                path_of("/v1/webhooks/{webhook_id}/replays", webhook_id=webhook_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def list_replays(
        self, webhook_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> ListReplaysAnswer:
        """Replays.

        Newest first.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListReplaysAnswer",
            self._transport.call(
                "GET",
                path_of("/v1/webhooks/{webhook_id}/replays", webhook_id=webhook_id),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    def iter_replays(self, webhook_id: str, *, limit: int | None = None) -> Iterator[PostReplayAnswer]:
        """Every item of `list_replays`, page after page."""
        yield from items(
            self._transport, path_of("/v1/webhooks/{webhook_id}/replays", webhook_id=webhook_id), {"limit": limit}
        )

    def get_replay(self, webhook_id: str, replay_id: str) -> PostReplayAnswer:
        """A replay.

        `running`, `finished` or `cancelled`; how much was queued, and how far it is, from 0 to 1.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostReplayAnswer",
            self._transport.call(
                "GET",
                path_of("/v1/webhooks/{webhook_id}/replays/{replay_id}", webhook_id=webhook_id, replay_id=replay_id),
            ),
        )

    def delete_replay(self, webhook_id: str, replay_id: str, *, idempotency_key: str | None = None) -> PostReplayAnswer:
        """Cancel a replay.

        Nothing more is queued; what is queued already is delivered. One that has ended stays as it is.

        Permission: `touchpoint.webhook.edit`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostReplayAnswer",
            self._transport.call(
                "DELETE",
                path_of("/v1/webhooks/{webhook_id}/replays/{replay_id}", webhook_id=webhook_id, replay_id=replay_id),
                idempotency_key=idempotency_key,
            ),
        )


class AsyncTouchpoint:
    """Whether a contact may happen now, and everything that did."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def open_popup(self, body: PopupIn, *, idempotency_key: str | None = None) -> OpenPopupAnswer:
        """A customer has appeared.

        Offers with script and why each, best first; what not to mention now and why; what was said before, in
        every channel; promises, warnings and open work orders. Personal data is masked unless the caller may see
        it.

        Answers from local data alone, also when every other service is down. Showing something new is a contact
        and counts; the same customer within a minute gets the same pop-up.

        Permission: `touchpoint.popup`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "OpenPopupAnswer",
            await self._transport.call("POST", "/v1/popups", body=body, idempotency_key=idempotency_key),
        )

    async def send_popup_offer(
        self, popup_id: str, body: PopupMessageIn, *, idempotency_key: str | None = None
    ) -> SendPopupOfferAnswer:
        """Send an offer to the customer.

        An SMS or e-mail about an offer of the pop-up, with a short link to it: what comes of it is credited to
        this agent, and events tell when it was opened and accepted.

        A contact of class `service` and purpose `marketing`, decided at once. What may not go now waits for a
        day at most. The same again changes nothing and gives the state as it is.

        Permission: `touchpoint.popup`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "SendPopupOfferAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/popups/{popup_id}/messages", popup_id=popup_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def answer_popup_offers(
        self, popup_id: str, body: PopupAnswersIn, *, idempotency_key: str | None = None
    ) -> AnswerPopupOffersAnswer:
        """What the customer said.

        The answer to each offer shown. `accepted` recalls every other contact for its goal in the same step.

        To a yes the ledger answers. Where it might say no, because the offer has limited stock, this answer
        waits for it: `sale.state` is then `accepted`, or `refused` with a reason. It is `pending` where the
        ledger has not answered yet; the timeline and the events will tell.

        Permission: `touchpoint.popup`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "AnswerPopupOffersAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/popups/{popup_id}/answers", popup_id=popup_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def show_offer_banner(self, body: BannerIn, *, idempotency_key: str | None = None) -> ShowOfferBannerAnswer:
        """Show a banner.

        Asks whether an offer may be shown to a customer on the web now, and counts it as shown if so.

        For offers without an open contact of their own. What the customer does with it is reported to the
        contact: `dismissed`, `opened`, `interested`, `accepted`. The same `banner_id` again counts once, and so
        does the offer as long as its contact is open.

        Permission: `touchpoint.banner`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "ShowOfferBannerAnswer",
            await self._transport.call("POST", "/v1/banners", body=body, idempotency_key=idempotency_key),
        )

    async def request_contact(
        self, body: ContactRequestIn, *, idempotency_key: str | None = None
    ) -> RequestContactAnswer:
        """Ask for a contact.

        Decides at once together with all waiting requests of the customer. What may not go now waits and
        competes again.

        The same `request_id` again changes nothing and gives the state as it is.

        Permission: `touchpoint.request`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "RequestContactAnswer",
            await self._transport.call("POST", "/v1/contact-requests", body=body, idempotency_key=idempotency_key),
        )

    async def decide_now(self, body: ContactRequestIn, *, idempotency_key: str | None = None) -> RequestContactAnswer:
        """May I contact now?.

        Decides and reserves in one step: `released` with a contact, `deferred` with the time to ask again,
        `suppressed`.

        Without `expires_at` the question is about now only: a deferral is told and nothing waits.

        Permission: `touchpoint.decide`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "RequestContactAnswer",
            await self._transport.call("POST", "/v1/decisions", body=body, idempotency_key=idempotency_key),
        )

    async def get_contact_request(self, request_id: str) -> GetContactRequestAnswer:
        """State of a request.

        The request as it stands, and every decision about it, oldest first.

        Permission: `touchpoint.timeline`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetContactRequestAnswer",
            await self._transport.call("GET", path_of("/v1/contact-requests/{request_id}", request_id=request_id)),
        )

    async def withdraw_contact_request(
        self, request_id: str, *, idempotency_key: str | None = None
    ) -> RequestContactAnswer:
        """Withdraw a request.

        A waiting request ends; a contact that a channel still holds is recalled. Doing it twice changes nothing.

        Permission: `touchpoint.request`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "RequestContactAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/contact-requests/{request_id}/withdrawal", request_id=request_id),
                idempotency_key=idempotency_key,
            ),
        )

    async def get_contact(self, contact_id: str) -> GetContactAnswer:
        """State of a contact.

        `open`, `leased`, `sending`, `sent`, `shown`, `closed`, `recalled` or `expired`.

        Permission: `touchpoint.outcome`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetContactAnswer",
            await self._transport.call("GET", path_of("/v1/contacts/{contact_id}", contact_id=contact_id)),
        )

    async def report_contact_outcomes(
        self, contact_id: str, body: OutcomesIn, *, idempotency_key: str | None = None
    ) -> GetContactAnswer:
        """Report results of a contact.

        One or several results, in their order. `accepted` recalls every other contact for the goal in the same
        step.

        A result whose `outcome_id` is known changes nothing. A result that comes after a recall is recorded and
        counts.

        Permission: `touchpoint.outcome`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `nothing-accepted`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "GetContactAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/contacts/{contact_id}/outcomes", contact_id=contact_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def answer_contact_recall(
        self, contact_id: str, body: RecallAnswerIn, *, idempotency_key: str | None = None
    ) -> GetContactAnswer:
        """Answer a recall.

        `withdrawn`: it did not happen. `too_late`: it did, so it counts against the budget.

        However late it comes, it counts; of several the first.

        Permission: `touchpoint.outcome`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `not-recalled`, `unauthenticated`, `unsupported-
        media-type`, `validation`.
        """
        return cast(
            "GetContactAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/contacts/{contact_id}/recall-answer", contact_id=contact_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def lease_contacts(
        self, channel: Literal["call", "branch"], body: LeasesIn, *, idempotency_key: str | None = None
    ) -> LeaseContactsAnswer:
        """Fetch contacts to carry out.

        Most important first. Each is yours for `seconds`, then it goes back. Quiet hours are looked at anew.

        Name and number are shown to whoever may read personal data.

        Permission: `touchpoint.lease`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "LeaseContactsAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/channels/{channel}/leases", channel=channel),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def renew_contact_lease(
        self, contact_id: str, body: RenewalIn, *, idempotency_key: str | None = None
    ) -> RenewContactLeaseAnswer:
        """Hold a contact longer.

        From now for `seconds`. Ask before carrying it out: a recalled contact says so.

        Permission: `touchpoint.lease`.

        Problems: `body-too-large`, `contact-recalled`, `forbidden`, `lease-lost`, `not-found`,
        `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "RenewContactLeaseAnswer",
            await self._transport.call(
                "PUT",
                path_of("/v1/leases/{contact_id}", contact_id=contact_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def return_contact_lease(self, contact_id: str, *, idempotency_key: str | None = None) -> None:
        """Give a contact back.

        The contact was not carried out; somebody else may fetch it.

        Permission: `touchpoint.lease`.

        Problems: `contact-recalled`, `forbidden`, `lease-lost`, `not-found`, `unauthenticated`, `validation`.
        """
        await self._transport.call(
            "DELETE", path_of("/v1/leases/{contact_id}", contact_id=contact_id), idempotency_key=idempotency_key
        )

    async def get_timeline(
        self,
        customer_id: str,
        *,
        channel: Channel | None = None,
        kind: str | None = None,
        since: str | None = None,
        until: str | None = None,
        lang: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PageDictStrAny:
        """Everything that happened with a customer.

        Newest first, with a sentence for each entry. `since` is included, `until` is not.

        `lang`: BCP 47: English, or Chinese for zh-CN.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.timeline`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageDictStrAny",
            await self._transport.call(
                "GET",
                path_of("/v1/customers/{customer_id}/timeline", customer_id=customer_id),
                query={
                    "channel": channel,
                    "kind": kind,
                    "since": since,
                    "until": until,
                    "lang": lang,
                    "limit": limit,
                    "cursor": cursor,
                },
            ),
        )

    async def iter_timeline(
        self,
        customer_id: str,
        *,
        channel: Channel | None = None,
        kind: str | None = None,
        since: str | None = None,
        until: str | None = None,
        lang: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """Every item of `get_timeline`, page after page."""
        async for item in async_items(
            self._transport,
            path_of("/v1/customers/{customer_id}/timeline", customer_id=customer_id),
            {"channel": channel, "kind": kind, "since": since, "until": until, "lang": lang, "limit": limit},
        ):
            yield item

    async def get_standing(self, customer_id: str) -> GetStandingAnswer:
        """What counts for a customer now.

        For each cap how much of it is used and when the next slot frees; pauses; goals that are met; what is
        held.

        Permission: `touchpoint.timeline`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetStandingAnswer",
            await self._transport.call("GET", path_of("/v1/customers/{customer_id}/standing", customer_id=customer_id)),
        )

    async def create_contact_policy(
        self, body: PolicyIn, *, idempotency_key: str | None = None
    ) -> CreateContactPolicyAnswer:
        """Draft a policy.

        A document of named rules; what is wrong with one is told with its pointer.

        Permission: `touchpoint.policy.edit`.

        Problems: `body-too-large`, `forbidden`, `policy-exists`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "CreateContactPolicyAnswer",
            await self._transport.call("POST", "/v1/policies", body=body, idempotency_key=idempotency_key),
        )

    async def list_contact_policies(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> ListContactPoliciesAnswer:
        """Policies.

        By id.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListContactPoliciesAnswer",
            await self._transport.call("GET", "/v1/policies", query={"limit": limit, "cursor": cursor}),
        )

    async def iter_contact_policies(self, *, limit: int | None = None) -> AsyncIterator[CreateContactPolicyAnswer]:
        """Every item of `list_contact_policies`, page after page."""
        async for item in async_items(self._transport, "/v1/policies", {"limit": limit}):
            yield item

    async def get_policy_in_force(self) -> GetPolicyInForceAnswer:
        """The policy in force.

        The version that every decision is made by. Without one, nothing is released.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`.
        """
        return cast("GetPolicyInForceAnswer", await self._transport.call("GET", "/v1/policies/in-force"))

    async def get_policy_schema(self) -> dict[str, Any]:
        """The form of a policy.

        JSON Schema of a document: each field with title, description and, under `x-labels`, its name in English
        and Chinese; the values of closed lists under `x-enum-labels`.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("dict[str, Any]", await self._transport.call("GET", "/v1/policies/schema"))

    async def get_contact_policy(self, policy_id: str) -> CreateContactPolicyAnswer:
        """A policy's draft.

        The draft as it stands; its `ETag` is needed to change it.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "CreateContactPolicyAnswer",
            await self._transport.call("GET", path_of("/v1/policies/{policy_id}", policy_id=policy_id)),
        )

    async def replace_policy_draft(
        self, policy_id: str, body: DraftIn, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> CreateContactPolicyAnswer:
        """Change a draft.

        Submitted versions stay as they are. Needs `If-Match`.

        Permission: `touchpoint.policy.edit`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "CreateContactPolicyAnswer",
            await self._transport.call(
                "PUT",
                path_of("/v1/policies/{policy_id}/draft", policy_id=policy_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    async def submit_policy_version(
        self, policy_id: str, body: SubmissionIn | None = None, *, idempotency_key: str | None = None
    ) -> GetPolicyInForceAnswer:
        """Submit the draft, or an earlier version anew.

        Freezes the draft as the next version, to be approved by another person. With `from_version` it goes
        back: the document of that version becomes the next one, and who asks is its author.

        Permission: `touchpoint.policy.edit`.

        Problems: `body-too-large`, `forbidden`, `never-approved`, `not-found`, `unauthenticated`, `unsupported-
        media-type`, `validation`.
        """
        return cast(
            "GetPolicyInForceAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/policies/{policy_id}/versions", policy_id=policy_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def list_policy_versions(
        self, policy_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> ListPolicyVersionsAnswer:
        """All versions of a policy.

        Newest first, without their documents. `state` is `submitted`, `scheduled`, `in_force` or `superseded`;
        `since` tells from when on it is, or was, in force.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListPolicyVersionsAnswer",
            await self._transport.call(
                "GET",
                path_of("/v1/policies/{policy_id}/versions", policy_id=policy_id),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    async def iter_policy_versions(
        self, policy_id: str, *, limit: int | None = None
    ) -> AsyncIterator[ListPolicyVersionsItems]:
        """Every item of `list_policy_versions`, page after page."""
        async for item in async_items(
            self._transport, path_of("/v1/policies/{policy_id}/versions", policy_id=policy_id), {"limit": limit}
        ):
            yield item

    async def get_policy_version(self, policy_id: str, version: int) -> GetPolicyVersionAnswer:
        """A submitted version.

        The frozen document, who submitted and approved it, its state, and the newest what-ifs of this document.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetPolicyVersionAnswer",
            await self._transport.call(
                "GET", path_of("/v1/policies/{policy_id}/versions/{version}", policy_id=policy_id, version=version)
            ),
        )

    async def get_policy_differences(
        self, policy_id: str, version: int, *, against: str | None = None, lang: str | None = None
    ) -> GetPolicyDifferencesAnswer:
        """What a version says differently.

        Against what is in force, or another version, or the draft: `old` is that side, `new` is this version.
        Rules are matched by their name within their kind. As data with JSON pointers, and in plain sentences.

        `against`: The older side: a version, `draft`, `in-force`.

        `lang`: BCP 47: English, or Chinese for zh-CN.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetPolicyDifferencesAnswer",
            await self._transport.call(
                "GET",
                path_of(
                    "/v1/policies/{policy_id}/versions/{version}/differences", policy_id=policy_id, version=version
                ),
                query={"against": against, "lang": lang},
            ),
        )

    async def approve_policy_version(
        self, policy_id: str, version: int, body: ApprovalIn | None = None, *, idempotency_key: str | None = None
    ) -> GetPolicyInForceAnswer:
        """Approve a version.

        By another person than the author and the submitter. Binds every decision that begins after this answer
        or, with `activate_at`, every decision at that instant and later.

        Permission: `touchpoint.policy.approve`.

        Problems: `already-approved`, `body-too-large`, `forbidden`, `not-found`, `not-schedulable`, `own-
        change`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "GetPolicyInForceAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/policies/{policy_id}/versions/{version}/approvals", policy_id=policy_id, version=version),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def cancel_policy_schedule(self, policy_id: str, version: int, *, idempotency_key: str | None = None) -> None:
        """Cancel a scheduled activation.

        Until a second before its instant. The version is submitted as before its approval, and may be approved
        again.

        Permission: `touchpoint.policy.approve`.

        Problems: `forbidden`, `not-found`, `not-scheduled`, `unauthenticated`, `validation`.
        """
        await self._transport.call(
            "DELETE",
            path_of("/v1/policies/{policy_id}/versions/{version}/schedule", policy_id=policy_id, version=version),
            idempotency_key=idempotency_key,
        )

    async def post_blackout(self, body: BlackoutIn, *, idempotency_key: str | None = None) -> GetPolicyInForceAnswer:
        """Stop contacts for a while.

        The policy in force with this blackout, as a version: it binds every decision and hand-over from the
        moment at which another person approves it (`POST …/versions/{version}/approvals`). The draft has it,
        too.

        Permission: `touchpoint.policy.edit`.

        Problems: `body-too-large`, `forbidden`, `nothing-in-force`, `rule-exists`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "GetPolicyInForceAnswer",
            await self._transport.call("POST", "/v1/blackouts", body=body, idempotency_key=idempotency_key),
        )

    async def list_blackouts(self) -> ListBlackoutsAnswer:
        """Blackouts in force.

        Of the policy in force, the first to begin first. `state` is `ahead`, `now` or `over`.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("ListBlackoutsAnswer", await self._transport.call("GET", "/v1/blackouts"))

    async def delete_blackout(self, name: str, *, idempotency_key: str | None = None) -> GetPolicyInForceAnswer:
        """End a blackout before its time.

        The policy in force without it, as a version for another person to approve. Who waits for its end is then
        decided at once.

        Permission: `touchpoint.policy.edit`.

        Problems: `forbidden`, `not-found`, `nothing-in-force`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetPolicyInForceAnswer",
            await self._transport.call(
                "DELETE", path_of("/v1/blackouts/{name}", name=name), idempotency_key=idempotency_key
            ),
        )

    async def list_capacities(self) -> ListCapacitiesAnswer:
        """All capacities.

        What each channel and team may take, how much of it is left now, and when the next contact may go.

        Permission: `touchpoint.capacity.read`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("ListCapacitiesAnswer", await self._transport.call("GET", "/v1/capacities"))

    async def put_channel_capacity(
        self, channel: Channel, body: CapacityIn, *, idempotency_key: str | None = None
    ) -> PutChannelCapacityAnswer:
        """Limit a channel.

        From now on. What was handed over before counts against the new rate as it did against the old one.

        Permission: `touchpoint.capacity.edit`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "PutChannelCapacityAnswer",
            await self._transport.call(
                "PUT", path_of("/v1/capacities/{channel}", channel=channel), body=body, idempotency_key=idempotency_key
            ),
        )

    async def delete_channel_capacity(self, channel: Channel, *, idempotency_key: str | None = None) -> None:
        """Lift the limit of a channel.

        Contacts go as they are fetched; the limits of its teams stay.

        Permission: `touchpoint.capacity.edit`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        await self._transport.call(
            "DELETE", path_of("/v1/capacities/{channel}", channel=channel), idempotency_key=idempotency_key
        )

    async def put_team_capacity(
        self, channel: Channel, team: str, body: CapacityIn, *, idempotency_key: str | None = None
    ) -> PutChannelCapacityAnswer:
        """Limit a team.

        For who fetches contacts of this place. The limit of the channel holds, too.

        Permission: `touchpoint.capacity.edit`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "PutChannelCapacityAnswer",
            await self._transport.call(
                "PUT",
                path_of("/v1/capacities/{channel}/teams/{team}", channel=channel, team=team),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def delete_team_capacity(self, channel: Channel, team: str, *, idempotency_key: str | None = None) -> None:
        """Lift the limit of a team.

        The limit of the channel stays.

        Permission: `touchpoint.capacity.edit`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        await self._transport.call(
            "DELETE",
            path_of("/v1/capacities/{channel}/teams/{team}", channel=channel, team=team),
            idempotency_key=idempotency_key,
        )

    async def get_backlog(self, channel: Channel) -> GetBacklogAnswer:
        """What waits in a channel.

        Contacts that are ready and not handed over, by place and class; when they will be at the present rate;
        and whether the provider of the channel rests after failures.

        Permission: `touchpoint.capacity.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetBacklogAnswer",
            await self._transport.call("GET", path_of("/v1/channels/{channel}/backlog", channel=channel)),
        )

    async def create_rebuild(
        self, body: RebuildIn | None = None, *, idempotency_key: str | None = None
    ) -> CreateRebuildAnswer:
        """Rebuild standings from their timelines.

        Of the customers named, or of everybody, while everything goes on. With `dry_run` it only compares. A
        standing that differs from what its timeline tells is replaced, and the customer's waiting requests are
        decided anew.

        Permission: `touchpoint.rebuild`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unknown-customers`, `unsupported-media-
        type`, `validation`.
        """
        return cast(
            "CreateRebuildAnswer",
            await self._transport.call("POST", "/v1/standings/rebuilds", body=body, idempotency_key=idempotency_key),
        )

    async def get_rebuild(self, rebuild_id: str, *, lang: str | None = None) -> CreateRebuildAnswer:
        """See how far a rebuild is.

        `pending`, `running` or `finished`; customers compared of how many (as counted at the beginning), how
        many differed, and how many were mended. `differences` are the first hundred: `stored` is what the
        standing said, `derived` what the timeline tells, `text` a sentence.

        `lang`: BCP 47: English, or Chinese for zh-CN.

        Permission: `touchpoint.rebuild`.

        Problems: `forbidden`, `unauthenticated`, `unknown-rebuild`, `validation`.
        """
        return cast(
            "CreateRebuildAnswer",
            await self._transport.call(
                "GET", path_of("/v1/standings/rebuilds/{rebuild_id}", rebuild_id=rebuild_id), query={"lang": lang}
            ),
        )

    async def explain_contact_request(
        self, request_id: str, *, seq: int | None = None, lang: str | None = None
    ) -> ExplainContactRequestAnswer:
        """Why a request was decided so.

        Every rule that was looked at with its figures, who competed and who won, and the same in sentences.

        Decided once more from the facts of that moment. `decisions` lists every decision about the request;
        those that are `explained` can be asked for by `seq`.

        `seq`: Number of the decision on the timeline; the newest when left out.

        `lang`: BCP 47, before `Accept-Language`: English, or Chinese for zh-CN.

        Permission: `touchpoint.timeline`.

        Problems: `facts-deleted`, `forbidden`, `no-such-decision`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ExplainContactRequestAnswer",
            await self._transport.call(
                "GET",
                path_of("/v1/contact-requests/{request_id}/explanation", request_id=request_id),
                query={"seq": seq, "lang": lang},
            ),
        )

    async def explain_contact(self, contact_id: str, *, lang: str | None = None) -> ExplainContactRequestAnswer:
        """Why a contact was released.

        As for its request, of the decision that released it.

        `lang`: BCP 47, before `Accept-Language`: English, or Chinese for zh-CN.

        Permission: `touchpoint.timeline`.

        Problems: `facts-deleted`, `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ExplainContactRequestAnswer",
            await self._transport.call(
                "GET", path_of("/v1/contacts/{contact_id}/explanation", contact_id=contact_id), query={"lang": lang}
            ),
        )

    async def list_recalls(
        self,
        *,
        channel: Channel | None = None,
        place: str | None = None,
        state: Literal["waiting", "reminded", "escalated"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ListRecallsAnswer:
        """Recalls that wait for an answer.

        Oldest first: contacts that were recalled while a channel had them in hand (`held`: `leased`, `sending`
        or `shown`). An answer, or a result of the contact, takes one off the list, however late.

        `place`: Of this branch or team, and of none.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.recall.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListRecallsAnswer",
            await self._transport.call(
                "GET",
                "/v1/recalls",
                query={"channel": channel, "place": place, "state": state, "limit": limit, "cursor": cursor},
            ),
        )

    async def iter_recalls(
        self,
        *,
        channel: Channel | None = None,
        place: str | None = None,
        state: Literal["waiting", "reminded", "escalated"] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[ListRecallsItems]:
        """Every item of `list_recalls`, page after page."""
        async for item in async_items(
            self._transport, "/v1/recalls", {"channel": channel, "place": place, "state": state, "limit": limit}
        ):
            yield item

    async def post_freeze(self, body: FreezeIn, *, idempotency_key: str | None = None) -> PostFreezeAnswer:
        """Leave a customer alone.

        From now on nothing is released to the customer, and what channels still hold is recalled; but for the
        classes that the policy exempts from do-not-disturb. Requests wait. The same `freeze_id` again changes
        nothing.

        Permission: `touchpoint.freeze.open`.

        Problems: `body-too-large`, `forbidden`, `freeze-exists`, `not-found`, `unauthenticated`, `unsupported-
        media-type`, `validation`.
        """
        return cast(
            "PostFreezeAnswer",
            await self._transport.call("POST", "/v1/freezes", body=body, idempotency_key=idempotency_key),
        )

    async def list_freezes(
        self,
        *,
        customer_id: str | None = None,
        state: Literal["open", "over", "closed"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ListFreezesAnswer:
        """Freezes.

        Oldest first. `over`: its end has come before anybody closed it.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.freeze.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListFreezesAnswer",
            await self._transport.call(
                "GET",
                "/v1/freezes",
                query={"customer_id": customer_id, "state": state, "limit": limit, "cursor": cursor},
            ),
        )

    async def iter_freezes(
        self,
        *,
        customer_id: str | None = None,
        state: Literal["open", "over", "closed"] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[PostFreezeAnswer]:
        """Every item of `list_freezes`, page after page."""
        async for item in async_items(
            self._transport, "/v1/freezes", {"customer_id": customer_id, "state": state, "limit": limit}
        ):
            yield item

    async def get_freeze(self, freeze_id: str) -> PostFreezeAnswer:
        """A freeze.

        Who opened it and why, and how it ended.

        Permission: `touchpoint.freeze.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostFreezeAnswer",
            await self._transport.call("GET", path_of("/v1/freezes/{freeze_id}", freeze_id=freeze_id)),
        )

    async def post_freeze_closure(
        self, freeze_id: str, body: FreezeClosureIn, *, idempotency_key: str | None = None
    ) -> PostFreezeAnswer:
        """Close a freeze.

        What waits is decided at once, unless another freeze of the customer is open. Doing it twice changes
        nothing.

        Permission: `touchpoint.freeze.close`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "PostFreezeAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/freezes/{freeze_id}/closure", freeze_id=freeze_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def post_work_order(self, body: WorkOrderIn, *, idempotency_key: str | None = None) -> PostWorkOrderAnswer:
        """Hand something over.

        To any unit, whoever asks: the policy says whose it is where the body does not, how important it is, and
        by when there has to be an answer and a result. The caller sees what comes of it. The same
        `work_order_id` again changes nothing.

        Permission: `touchpoint.work_order.open`.

        Problems: `body-too-large`, `branch-closed`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-
        media-type`, `validation`, `work-order-exists`.
        """
        return cast(
            "PostWorkOrderAnswer",
            await self._transport.call("POST", "/v1/work-orders", body=body, idempotency_key=idempotency_key),
        )

    async def list_work_orders(
        self,
        *,
        state: Literal["open", "taken", "resolved"] | None = None,
        kind: WorkOrderKind | None = None,
        unit: str | None = None,
        owner: str | None = None,
        customer_id: str | None = None,
        overdue: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ListWorkOrdersAnswer:
        """Work orders.

        Those of the caller's unit and below, or that came from there: most important first, then what is due
        first.

        `state`: `taken`: somebody has it in hand.

        `unit`: Of this unit and those below.

        `owner`: Whose it is, or who has it in hand.

        `overdue`: Whether something promised was not done in time.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.work_order.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListWorkOrdersAnswer",
            await self._transport.call(
                "GET",
                "/v1/work-orders",
                query={
                    "state": state,
                    "kind": kind,
                    "unit": unit,
                    "owner": owner,
                    "customer_id": customer_id,
                    "overdue": overdue,
                    "limit": limit,
                    "cursor": cursor,
                },
            ),
        )

    async def iter_work_orders(
        self,
        *,
        state: Literal["open", "taken", "resolved"] | None = None,
        kind: WorkOrderKind | None = None,
        unit: str | None = None,
        owner: str | None = None,
        customer_id: str | None = None,
        overdue: bool | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[ListWorkOrdersItems]:
        """Every item of `list_work_orders`, page after page."""
        async for item in async_items(
            self._transport,
            "/v1/work-orders",
            {
                "state": state,
                "kind": kind,
                "unit": unit,
                "owner": owner,
                "customer_id": customer_id,
                "overdue": overdue,
                "limit": limit,
            },
        ):
            yield item

    async def get_work_order(self, work_order_id: str) -> PostWorkOrderAnswer:
        """A work order.

        Whose it is, who has it in hand, what was promised, what was said, and how it ended.

        Permission: `touchpoint.work_order.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostWorkOrderAnswer",
            await self._transport.call("GET", path_of("/v1/work-orders/{work_order_id}", work_order_id=work_order_id)),
        )

    async def put_work_order_lease(
        self, work_order_id: str, body: WorkOrderLeaseIn, *, idempotency_key: str | None = None
    ) -> PostWorkOrderAnswer:
        """Take a work order in hand.

        From now on for `seconds`, or longer if it is yours already; then it is in the queue of its unit again.
        To take it the first time is the answer that was promised.

        Permission: `touchpoint.work_order.work`.

        Problems: `body-too-large`, `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`,
        `unsupported-media-type`, `validation`, `work-order-ended`, `work-order-taken`.
        """
        return cast(
            "PostWorkOrderAnswer",
            await self._transport.call(
                "PUT",
                path_of("/v1/work-orders/{work_order_id}/lease", work_order_id=work_order_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def delete_work_order_lease(
        self, work_order_id: str, *, idempotency_key: str | None = None
    ) -> PostWorkOrderAnswer:
        """Give a work order back.

        Somebody else of its unit may take it.

        Permission: `touchpoint.work_order.work`.

        Problems: `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`, `validation`, `work-order-
        ended`, `work-order-taken`.
        """
        return cast(
            "PostWorkOrderAnswer",
            await self._transport.call(
                "DELETE",
                path_of("/v1/work-orders/{work_order_id}/lease", work_order_id=work_order_id),
                idempotency_key=idempotency_key,
            ),
        )

    async def post_work_order_referral(
        self, work_order_id: str, body: WorkOrderReferralIn, *, idempotency_key: str | None = None
    ) -> ListWorkOrdersItems:
        """Pass a work order on.

        To another team, branch or person. What was promised to the customer stays promised. The answer shows the
        order as it is now, also to who passed it on and does not see it any more.

        Permission: `touchpoint.work_order.assign`.

        Problems: `body-too-large`, `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`,
        `unsupported-media-type`, `validation`, `work-order-ended`, `work-order-taken`.
        """
        return cast(
            "ListWorkOrdersItems",
            await self._transport.call(
                "POST",
                path_of("/v1/work-orders/{work_order_id}/referrals", work_order_id=work_order_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def post_work_order_comment(
        self, work_order_id: str, body: WorkOrderCommentIn, *, idempotency_key: str | None = None
    ) -> PostWorkOrderAnswer:
        """Say something about a work order.

        Its originator may, too. The same `comment_id` counts once.

        Permission: `touchpoint.work_order.work`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`, `work-order-ended`, `work-order-exists`.
        """
        return cast(
            "PostWorkOrderAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/work-orders/{work_order_id}/comments", work_order_id=work_order_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def put_work_order_appointment(
        self, work_order_id: str, body: WorkOrderAppointmentIn, *, idempotency_key: str | None = None
    ) -> PostWorkOrderAnswer:
        """Agree when the customer comes.

        Within the opening hours of its unit, as the policy has them; another time takes the place of the one
        before. The result is promised from then on where that is later. Its originator may agree on one, too.

        Permission: `touchpoint.work_order.work`.

        Problems: `body-too-large`, `branch-closed`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-
        media-type`, `validation`, `work-order-ended`.
        """
        return cast(
            "PostWorkOrderAnswer",
            await self._transport.call(
                "PUT",
                path_of("/v1/work-orders/{work_order_id}/appointment", work_order_id=work_order_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def post_work_order_result(
        self, work_order_id: str, body: WorkOrderResultIn, *, idempotency_key: str | None = None
    ) -> PostWorkOrderAnswer:
        """Say how a work order ended.

        It is on the customer's timeline, for whoever asked; contacts that waited for it are decided at once. The
        same result again changes nothing. Who asked for it may call it off (`cancelled`).

        Permission: `touchpoint.work_order.work`.

        Problems: `body-too-large`, `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`,
        `unsupported-media-type`, `validation`, `work-order-ended`, `work-order-taken`.
        """
        return cast(
            "PostWorkOrderAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/work-orders/{work_order_id}/result", work_order_id=work_order_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def try_policy_version(
        self, policy_id: str, version: int, body: WhatIfIn | None = None, *, idempotency_key: str | None = None
    ) -> TryPolicyVersionAnswer:
        """Try a version on the past.

        Replays what was asked for and what became of it under this version and under the one in force, and
        compares. Changes nothing else. `campaign` lays planned requests on top of the past.

        Permission: `touchpoint.policy.try`.

        Problems: `body-too-large`, `forbidden`, `no-policy-in-force`, `not-found`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "TryPolicyVersionAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/policies/{policy_id}/versions/{version}/what-ifs", policy_id=policy_id, version=version),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def list_version_what_ifs(
        self, policy_id: str, version: int, *, limit: int | None = None, cursor: str | None = None
    ) -> ListVersionWhatIfsAnswer:
        """What-ifs of a version.

        Newest first, without results: all that tried this version's document, also while it was a draft.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListVersionWhatIfsAnswer",
            await self._transport.call(
                "GET",
                path_of("/v1/policies/{policy_id}/versions/{version}/what-ifs", policy_id=policy_id, version=version),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    async def iter_version_what_ifs(
        self, policy_id: str, version: int, *, limit: int | None = None
    ) -> AsyncIterator[ListVersionWhatIfsItems]:
        """Every item of `list_version_what_ifs`, page after page."""
        async for item in async_items(
            self._transport,
            path_of("/v1/policies/{policy_id}/versions/{version}/what-ifs", policy_id=policy_id, version=version),
            {"limit": limit},
        ):
            yield item

    async def try_policy_draft(
        self, policy_id: str, body: WhatIfIn | None = None, *, idempotency_key: str | None = None
    ) -> TryPolicyVersionAnswer:
        """Try a draft on the past.

        As for a version, with the draft as it stands. Once the same document is submitted, its version shows it.

        Permission: `touchpoint.policy.try`.

        Problems: `body-too-large`, `forbidden`, `no-policy-in-force`, `not-found`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "TryPolicyVersionAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/policies/{policy_id}/draft/what-ifs", policy_id=policy_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def list_draft_what_ifs(
        self, policy_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> ListDraftWhatIfsAnswer:
        """What-ifs of drafts.

        Newest first, without results: of whatever was the draft then; `revision` says which.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListDraftWhatIfsAnswer",
            await self._transport.call(
                "GET",
                path_of("/v1/policies/{policy_id}/draft/what-ifs", policy_id=policy_id),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    async def iter_draft_what_ifs(
        self, policy_id: str, *, limit: int | None = None
    ) -> AsyncIterator[ListVersionWhatIfsItems]:
        """Every item of `list_draft_what_ifs`, page after page."""
        async for item in async_items(
            self._transport, path_of("/v1/policies/{policy_id}/draft/what-ifs", policy_id=policy_id), {"limit": limit}
        ):
            yield item

    async def get_what_if(self, policy_id: str, what_if_id: str, *, lang: str | None = None) -> GetWhatIfAnswer:
        """A what-if.

        How far it is, in customers, and once it is done its result: both runs, the differences, the same in
        sentences, and what it cannot know.

        `lang`: BCP 47: English, or Chinese for zh-CN.

        Permission: `touchpoint.policy.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetWhatIfAnswer",
            await self._transport.call(
                "GET",
                path_of("/v1/policies/{policy_id}/what-ifs/{what_if_id}", policy_id=policy_id, what_if_id=what_if_id),
                query={"lang": lang},
            ),
        )

    async def cancel_what_if(self, policy_id: str, what_if_id: str, *, idempotency_key: str | None = None) -> None:
        """Cancel a what-if.

        It stays in the lists, as cancelled and without a result.

        Permission: `touchpoint.policy.try`.

        Problems: `already-finished`, `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        await self._transport.call(
            "DELETE",
            path_of("/v1/policies/{policy_id}/what-ifs/{what_if_id}", policy_id=policy_id, what_if_id=what_if_id),
            idempotency_key=idempotency_key,
        )

    async def post_webhook(self, body: WebhookIn, *, idempotency_key: str | None = None) -> PostWebhookAnswer:
        """Be told by HTTP.

        Events are posted as JSON and signed as Standard Webhooks has it. The `secret` is shown now and never
        again.

        Permission: `touchpoint.webhook.edit`.

        Problems: `address-forbidden`, `body-too-large`, `forbidden`, `too-many-webhooks`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "PostWebhookAnswer",
            await self._transport.call("POST", "/v1/webhooks", body=body, idempotency_key=idempotency_key),
        )

    async def list_webhooks(self, *, limit: int | None = None, cursor: str | None = None) -> ListWebhooksAnswer:
        """Webhooks.

        Oldest first.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListWebhooksAnswer",
            await self._transport.call("GET", "/v1/webhooks", query={"limit": limit, "cursor": cursor}),
        )

    async def iter_webhooks(self, *, limit: int | None = None) -> AsyncIterator[ListWebhooksItems]:
        """Every item of `list_webhooks`, page after page."""
        async for item in async_items(self._transport, "/v1/webhooks", {"limit": limit}):
            yield item

    async def get_webhook(self, webhook_id: str) -> GetWebhookAnswer:
        """A webhook.

        How it has been answering, and how much waits for it: `waiting` is counted up to 10,000.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "GetWebhookAnswer",
            await self._transport.call("GET", path_of("/v1/webhooks/{webhook_id}", webhook_id=webhook_id)),
        )

    async def put_webhook(
        self, webhook_id: str, body: WebhookIn, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> GetWebhookAnswer:
        """Change a webhook.

        The whole description. `active` brings back one that was disabled; what happened meanwhile comes by a
        replay.

        Permission: `touchpoint.webhook.edit`.

        Problems: `address-forbidden`, `body-too-large`, `forbidden`, `not-found`, `precondition-failed`,
        `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "GetWebhookAnswer",
            await self._transport.call(
                "PUT",
                path_of("/v1/webhooks/{webhook_id}", webhook_id=webhook_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    async def delete_webhook(self, webhook_id: str, *, idempotency_key: str | None = None) -> None:
        """Be told no more.

        Its deliveries and replays are deleted, too.

        Permission: `touchpoint.webhook.edit`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        await self._transport.call(
            "DELETE", path_of("/v1/webhooks/{webhook_id}", webhook_id=webhook_id), idempotency_key=idempotency_key
        )

    async def post_secret_rotation(
        self, webhook_id: str, body: RotationIn, *, idempotency_key: str | None = None
    ) -> PostWebhookAnswer:
        """Replace a secret.

        Until the overlap is over every event bears the signatures of both, so receivers change when they like.

        Permission: `touchpoint.webhook.edit`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "PostWebhookAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/webhooks/{webhook_id}/secret-rotations", webhook_id=webhook_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def post_ping(self, webhook_id: str, *, idempotency_key: str | None = None) -> PostPingAnswer:
        """Send a ping.

        A signed event of the type `ping`, tried once, the way that events take; also to a webhook that is not
        active.

        Permission: `touchpoint.webhook.edit`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostPingAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/webhooks/{webhook_id}/pings", webhook_id=webhook_id),
                idempotency_key=idempotency_key,
            ),
        )

    async def list_deliveries(
        self,
        webhook_id: str,
        *,
        state: Literal["due", "delivered", "dead"] | None = None,
        event_id: str | None = None,
        replay_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ListDeliveriesAnswer:
        """What became of events.

        Newest first. `dead`: given up after three days, or because the endpoint is gone; a replay sends them
        again.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListDeliveriesAnswer",
            await self._transport.call(
                "GET",
                path_of("/v1/webhooks/{webhook_id}/deliveries", webhook_id=webhook_id),
                query={"state": state, "event_id": event_id, "replay_id": replay_id, "limit": limit, "cursor": cursor},
            ),
        )

    async def iter_deliveries(
        self,
        webhook_id: str,
        *,
        state: Literal["due", "delivered", "dead"] | None = None,
        event_id: str | None = None,
        replay_id: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[PostPingAnswer]:
        """Every item of `list_deliveries`, page after page."""
        async for item in async_items(
            self._transport,
            path_of("/v1/webhooks/{webhook_id}/deliveries", webhook_id=webhook_id),
            {"state": state, "event_id": event_id, "replay_id": replay_id, "limit": limit},
        ):
            yield item

    async def get_delivery(self, webhook_id: str, delivery_id: str) -> PostPingAnswer:
        """A delivery.

        How often it was tried, what the endpoint last said, and when it is tried again.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostPingAnswer",
            await self._transport.call(
                "GET",
                path_of(
                    "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", webhook_id=webhook_id, delivery_id=delivery_id
                ),
            ),
        )

    async def post_replay(
        self, webhook_id: str, body: ReplayIn, *, idempotency_key: str | None = None
    ) -> PostReplayAnswer:
        """Send events again.

        Of a time, of named events, or all dead letters: as far as the webhook's filters take them, under the ids
        that they had, so that who has them can tell. One at a time; `progress` says how far it is.

        Permission: `touchpoint.webhook.edit`.

        Problems: `body-too-large`, `forbidden`, `not-found`, `replay-running`, `unauthenticated`, `unsupported-
        media-type`, `validation`, `webhook-not-active`.
        """
        return cast(
            "PostReplayAnswer",
            await self._transport.call(
                "POST",
                path_of("/v1/webhooks/{webhook_id}/replays", webhook_id=webhook_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def list_replays(
        self, webhook_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> ListReplaysAnswer:
        """Replays.

        Newest first.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "ListReplaysAnswer",
            await self._transport.call(
                "GET",
                path_of("/v1/webhooks/{webhook_id}/replays", webhook_id=webhook_id),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    async def iter_replays(self, webhook_id: str, *, limit: int | None = None) -> AsyncIterator[PostReplayAnswer]:
        """Every item of `list_replays`, page after page."""
        async for item in async_items(
            self._transport, path_of("/v1/webhooks/{webhook_id}/replays", webhook_id=webhook_id), {"limit": limit}
        ):
            yield item

    async def get_replay(self, webhook_id: str, replay_id: str) -> PostReplayAnswer:
        """A replay.

        `running`, `finished` or `cancelled`; how much was queued, and how far it is, from 0 to 1.

        Permission: `touchpoint.webhook.read`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostReplayAnswer",
            await self._transport.call(
                "GET",
                path_of("/v1/webhooks/{webhook_id}/replays/{replay_id}", webhook_id=webhook_id, replay_id=replay_id),
            ),
        )

    async def delete_replay(
        self, webhook_id: str, replay_id: str, *, idempotency_key: str | None = None
    ) -> PostReplayAnswer:
        """Cancel a replay.

        Nothing more is queued; what is queued already is delivered. One that has ended stays as it is.

        Permission: `touchpoint.webhook.edit`.

        Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
        """
        return cast(
            "PostReplayAnswer",
            await self._transport.call(
                "DELETE",
                path_of("/v1/webhooks/{webhook_id}/replays/{replay_id}", webhook_id=webhook_id, replay_id=replay_id),
                idempotency_key=idempotency_key,
            ),
        )
