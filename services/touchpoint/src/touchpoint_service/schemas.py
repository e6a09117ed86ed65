"""The bodies that touchpoint's routes take. What comes back is built from stored facts and described in the routes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from rapport.auth import Principal
from rapport.clock import to_micros
from rapport.contracts.channel import OutcomeReported
from rapport.contracts.vocabulary import Channel, ContactClass, Id, Name, Outcome
from rapport.errors import FieldError, Malformed
from touchpoint_service.domain.capacity import CapacityDocument
from touchpoint_service.domain.facts import Request
from touchpoint_service.domain.planned import CAMPAIGN
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.time_rules import Blackout
from touchpoint_service.domain.windows import HOUR
from touchpoint_service.handlers.popup_answers import Answer
from touchpoint_service.handlers.popups import Appearance
from touchpoint_service.handlers.what_ifs import LONGEST, Question
from touchpoint_service.repository.freezes import FreezeRow

Place = Annotated[str, Field(min_length=1, max_length=64)]


POLICY_EXAMPLE: dict[str, Any] = {
    "name": "House rules",
    "business_zone": "Europe/Berlin",
    "frequency_caps": [{"name": "three-a-week", "limit": 3, "window": {"kind": "rolling", "hours": 168}}],
    "quiet_hours": [{"name": "night", "channels": ["call", "sms"], "start": "20:00", "end": "08:00"}],
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _example(body: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [body]})


class ContactRequestIn(_Body):
    """A wish to contact a customer."""

    model_config = _example(
        {
            "request_id": "req-2026-11-0042",
            "customer_id": "c-1001",
            "channels": ["call", "sms"],
            "purpose": "marketing",
            "category": "savings",
            "contact_class": "marketing",
            "score": 0.7,
            "goal": "term-deposit",
            "campaign_id": "cmp-autumn",
            "offer_id": "term-deposit-2026",
            "expires_at": "2026-12-01T00:00:00+00:00",
        }
    )

    request_id: Id | None = None
    """Natural key: the same id twice is one request. Made up when left out."""
    customer_id: Id
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=6)]
    """In order of preference: the first that may go."""
    purpose: Name
    category: Name
    contact_class: ContactClass
    score: Annotated[float, Field(ge=0, le=1)] = 0.5
    goal: Name | None = None
    campaign_id: Id | None = None
    offer_id: Id | None = None
    place: Place | None = None
    not_before: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    """From this instant on it is no longer wanted. Needed for a request that may wait."""

    @model_validator(mode="after")
    def in_order(self) -> ContactRequestIn:
        """It may be wanted for some time."""
        if self.not_before and self.expires_at and self.not_before >= self.expires_at:
            raise ValueError("not_before is not before expires_at")
        return self

    def to_request(self, request_id: str, now: datetime, expires_at: datetime) -> Request:
        """As the gate sees it."""
        return Request(
            request_id,
            self.customer_id,
            tuple(c.value for c in self.channels),
            self.purpose,
            self.category,
            self.contact_class.rank,
            self.score,
            self.goal,
            self.campaign_id,
            self.offer_id,
            self.place,
            to_micros(now),
            None if self.not_before is None else to_micros(self.not_before),
            to_micros(expires_at),
        )


class OutcomeIn(_Body):
    """One result of a contact."""

    outcome: Outcome
    outcome_id: Id | None = None
    """Natural key: the same id twice is one result. Made up when left out; then a retry needs an `Idempotency-Key`."""
    at: AwareDatetime | None = None
    offer_id: Id | None = None
    call_back_at: AwareDatetime | None = None
    agent: Annotated[str, Field(max_length=64)] | None = None
    note: Annotated[str, Field(max_length=500)] | None = None

    @model_validator(mode="after")
    def complete(self) -> OutcomeIn:
        """A call-back has a time."""
        if self.outcome is Outcome.CALL_BACK and self.call_back_at is None:
            raise ValueError("call_back needs call_back_at")
        return self

    def to_event(
        self, customer_id: str, contact_id: str, outcome_id: str, now: datetime, agent: str
    ) -> OutcomeReported:
        """As a channel system would have sent it."""
        return OutcomeReported(
            outcome_id=outcome_id,
            customer_id=customer_id,
            contact_id=contact_id,
            outcome=self.outcome,
            at=self.at or now,
            offer_id=self.offer_id,
            call_back_at=self.call_back_at,
            agent=self.agent or agent,
            note=self.note,
        )


class OutcomesIn(_Body):
    """What came of a contact; a call may have several results."""

    model_config = _example(
        {"outcomes": [{"outcome_id": "out-77", "outcome": "call_back", "call_back_at": "2026-11-24T15:00:00+01:00"}]}
    )

    outcomes: Annotated[tuple[OutcomeIn, ...], Field(min_length=1, max_length=20)]


class RecallAnswerIn(_Body):
    """The channel's answer to a recall."""

    model_config = _example({"answer": "withdrawn"})

    answer: Literal["withdrawn", "too_late"]


class LeasesIn(_Body):
    """How many contacts an agent or dialer wants, and for how long."""

    model_config = _example({"limit": 10, "seconds": 300, "place": "branch-7"})

    limit: Annotated[int, Field(ge=1, le=500)] = 1
    seconds: Annotated[int, Field(ge=10, le=3600)] = 300
    place: Place | None = None
    """Only contacts for this branch or team, and those for any."""
    campaign_id: Id | None = None


class RenewalIn(_Body):
    """How much longer a lease is held, from now."""

    model_config = _example({"seconds": 300})

    seconds: Annotated[int, Field(ge=10, le=3600)] = 300


class PolicyIn(_Body):
    """The first draft of a policy."""

    model_config = _example({"policy_id": "house", "document": POLICY_EXAMPLE})

    policy_id: Id
    document: PolicyDocument

    @field_validator("policy_id")
    @classmethod
    def no_path_of_ours(cls, value: str) -> str:
        """`/v1/policies/in-force` and the like are paths of their own."""
        if value in ("in-force", "schema"):
            raise ValueError("this id stands for something else")
        return value


class DraftIn(_Body):
    """A new draft."""

    model_config = _example({"document": POLICY_EXAMPLE})

    document: PolicyDocument


class BlackoutIn(Blackout):
    """A blackout of the policy in force."""

    model_config = _example(
        {
            "name": "flood-2026-03",
            "channels": ["call", "sms"],
            "exempt_classes": ["service_critical"],
            "regions": ["DE-BY"],
            "begins": "2026-03-03T12:00:00+00:00",
            "ends": "2026-03-05T12:00:00+00:00",
        }
    )


class CapacityIn(CapacityDocument):
    """How much a channel or team can take."""

    model_config = _example(
        {
            "rate": 60,
            "per": "hour",
            "burst": 5,
            "zone": "Asia/Shanghai",
            "hours": [{"days": ["mon", "tue"], "start": "09:00", "end": "12:00", "rate": 120}],
        }
    )


class SubmissionIn(_Body):
    """What to submit."""

    model_config = _example({"from_version": 3})

    from_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """Go back to this approved version: its document is submitted anew. Left out, the draft is submitted."""


class ApprovalIn(_Body):
    """From when on."""

    model_config = _example({"activate_at": "2026-12-01T00:00:00+01:00"})

    activate_at: AwareDatetime | None = None
    """In force from this instant on, at least a second and at most two years ahead. Left out, at once."""


class PlannedIn(_Body):
    """A campaign that has not run: one request for each of its customers, on top of what really was asked for."""

    customers: Annotated[tuple[Id, ...], Field(min_length=1, max_length=100_000)] | None = None
    count: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """So many of the known customers, always the same, in place of a list."""
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=6)]
    purpose: Name
    category: Name
    contact_class: ContactClass
    score: Annotated[float, Field(ge=0, le=1)] = 0.5
    goal: Name | None = None
    campaign_id: Id = CAMPAIGN
    """It counts as running."""
    offer_id: Id | None = None
    begins_at: AwareDatetime | None = None
    """When the first are asked for; at the start of the what-if when left out."""
    hours: Annotated[int, Field(ge=1, le=92 * 24)] = 7 * 24
    """How long each request is wanted."""
    per_day: Annotated[int, Field(ge=1)] | None = None
    """So many customers a day; all at once when left out."""

    @model_validator(mode="after")
    def one_audience(self) -> PlannedIn:
        """A list and a number could differ."""
        if (self.customers is None) == (self.count is None):
            raise ValueError("give either customers or count")
        return self

    def to_stored(self, since: datetime) -> dict[str, Any]:
        """As the job keeps it; who is asked for by number is looked up later."""
        facts = self.model_dump(include={"purpose", "category", "score", "goal", "campaign_id", "offer_id", "per_day"})
        asked = None if self.customers is None else list(dict.fromkeys(self.customers))
        return facts | {
            "customers": asked,
            "count": self.count if asked is None else len(asked),
            "channels": [channel.value for channel in self.channels],
            "contact_class": self.contact_class.rank,
            "begins_at": to_micros(self.begins_at or since),
            "lasts": self.hours * HOUR,
        }


class WhatIfIn(_Body):
    """Over which time a policy is tried, and with which campaign on top."""

    model_config = _example(
        {
            "days": 30,
            "campaign": {
                "count": 5000,
                "channels": ["sms"],
                "purpose": "marketing",
                "category": "savings",
                "contact_class": "marketing",
            },
        }
    )

    days: Annotated[int, Field(ge=1, le=92)] | None = None
    """Up to now, or to `until`. 30 when neither this nor `from` is given."""
    since: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until: AwareDatetime | None = None
    """Excluded; never later than now."""
    campaign: PlannedIn | None = None

    @model_validator(mode="after")
    def one_beginning(self) -> WhatIfIn:
        """Two beginnings could differ."""
        if self.days is not None and self.since is not None:
            raise ValueError("give either days or from")
        return self

    def to_question(self, now: datetime) -> Question:
        """As the use case takes it.

        Raises:
            Malformed: the time is empty or longer than 92 days.
        """
        until = min(self.until or now, now)
        since = until - timedelta(days=self.days or 30) if self.since is None else self.since
        if not timedelta(0) < until - since <= LONGEST:
            raise Malformed("which time?", errors=[FieldError("#/from", "must lie 92 days or less before `until`")])
        return Question(since, until, None if self.campaign is None else self.campaign.to_stored(since))


class PopupIn(_Body):
    """A customer has appeared: exactly one of customer_id, phone and account says who."""

    model_config = _example({"phone": "+4915123456789", "channel": "hotline", "agent": "a-17", "limit": 3})

    customer_id: Id | None = None
    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")] | None = None
    account: Id | None = None
    channel: Literal["branch", "hotline"]
    place: Place | None = None
    agent: Annotated[str, Field(max_length=64)] | None = None
    limit: Annotated[int, Field(ge=1, le=10)] = 3
    lang: Annotated[str, Field(max_length=35)] | None = None
    """BCP 47; the customer's own language when left out."""

    @model_validator(mode="after")
    def one_identity(self) -> PopupIn:
        """Two identities could name two people."""
        if sum(x is not None for x in (self.customer_id, self.phone, self.account)) != 1:
            raise ValueError("give exactly one of customer_id, phone and account")
        return self

    def to_appearance(self, caller: Principal) -> Appearance:
        """As the use case takes it; the caller is the agent unless another is named."""
        reveal = "profile.read_pii" in caller.permissions
        return Appearance(self.channel, self.place, self.agent or caller.subject, self.limit, self.lang, reveal)


class PopupAnswer(_Body):
    """What the customer said to one offer."""

    offer_id: Id
    answer: Literal["interested", "refused", "accepted", "later"]
    call_back_at: AwareDatetime | None = None
    """For `later`: when to come back to it."""
    note: Annotated[str, Field(max_length=500)] | None = None

    def to_answer(self) -> Answer:
        """As the use case takes it."""
        return Answer(self.offer_id, self.answer, self.call_back_at, self.note)


class PopupAnswersIn(_Body):
    """What the customer said to the offers shown."""

    model_config = _example({"answers": [{"offer_id": "term-deposit-2026", "answer": "interested"}]})

    answers: Annotated[tuple[PopupAnswer, ...], Field(min_length=1, max_length=10)]
    lang: Annotated[str, Field(max_length=35)] | None = None
    """BCP 47, of the words in the answer; English when left out."""


class FreezeIn(_Body):
    """Nothing is to go to a customer for a while, or until somebody closes the freeze."""

    model_config = _example({"customer_id": "c-1001", "note": "Complained by letter, case 4711."})

    freeze_id: Id | None = None
    """Yours, so that asking twice opens one; made here when left out."""
    customer_id: Id
    until: AwareDatetime | None = None
    """Over by itself from then on; left out: only when it is closed."""
    note: Annotated[str, Field(min_length=1, max_length=500)] | None = None

    def to_row(self, freeze_id: str, now: datetime, by: str) -> FreezeRow:
        """As it is opened.

        Raises:
            Malformed: it would be over already.
        """
        if self.until is not None and self.until <= now:
            raise Malformed("the freeze would be over", errors=[FieldError("#/until", "must be later than now")])
        return FreezeRow(freeze_id, self.customer_id, None, None, now, by, self.until, self.note)


class FreezeClosureIn(_Body):
    """Why a freeze is closed."""

    model_config = _example({"note": "Apologised by letter; case 4711 is closed."})

    note: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class RebuildIn(_Body):
    """Which standings to rebuild from their timelines."""

    model_config = _example({"customer_ids": ["c-1001", "c-1002"], "dry_run": True})

    customer_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)] | None = None
    """Left out: everybody's."""
    dry_run: bool = False
    """Only compare: tell what differs, and write nothing."""
