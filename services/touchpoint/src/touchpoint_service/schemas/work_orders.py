"""What somebody else is to do for a customer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from rapport.auth import Principal
from rapport.contracts.vocabulary import (
    Channel,
    Id,
    SensibleInstant,
    UnitPath,
    WorkOrderKind,
    WorkOrderResult,
)
from touchpoint_service.handlers.work_orders import NewOrder, Origin
from touchpoint_service.schemas.body import Body, Place, example


class WorkOrderIn(Body):
    """Somebody else is to do something for a customer."""

    model_config = example(
        {
            "customer_id": "c-1001",
            "kind": "referral",
            "unit": "/north/branch-7",
            "subject": "Wants to see the savings plan on paper",
            "note": "Prefers the afternoon.",
            "channel": "call",
            "offer_id": "savings-plan",
        }
    )

    work_order_id: Id | None = None
    """Yours, so that asking twice opens one; made here when left out."""
    customer_id: Id
    kind: WorkOrderKind
    unit: UnitPath | None = None
    """Whose it is; left out: as the policy says."""
    owner: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The person in the unit whose it is, such as the account manager; left out: anybody's."""
    priority: Annotated[int, Field(ge=1, le=9)] | None = None
    """1 goes first; left out: as the policy says."""
    subject: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    note: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    channel: Channel | None = None
    """In which it came up."""
    place: Place | None = None
    contact_id: Id | None = None
    offer_id: Id | None = None
    appointment_at: SensibleInstant | None = None
    """When the customer comes to the unit."""

    def to_order(self, work_order_id: str, caller: Principal) -> NewOrder:
        """As it is opened; the caller is its originator."""
        return NewOrder(
            work_order_id,
            self.customer_id,
            self.kind,
            Origin(
                None if self.channel is None else self.channel.value,
                self.place,
                caller.org.rstrip("/") or "/",
                caller.subject,
                self.contact_id,
            ),
            self.unit,
            self.owner,
            self.priority,
            self.subject,
            self.note,
            offer_id=self.offer_id,
            opened_by=caller.subject,
            appointment_at=self.appointment_at,
        )


class WorkOrderLeaseIn(Body):
    """For how long a work order is taken in hand, from now on."""

    model_config = example({"seconds": 900})

    seconds: Annotated[int, Field(ge=10, le=28_800)] = 900


class WorkOrderReferralIn(Body):
    """To whom a work order goes."""

    model_config = example({"unit": "/north", "owner": "kim", "note": "Has moved; nearer to you."})

    unit: UnitPath | None = None
    """Left out: it stays in its unit."""
    owner: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Left out: anybody's of the unit."""
    note: Annotated[str, Field(min_length=1, max_length=2000)] | None = None

    @model_validator(mode="after")
    def somewhere(self) -> WorkOrderReferralIn:
        """To nobody in particular and nowhere else would be no referral."""
        if self.unit is None and self.owner is None:
            raise ValueError("give unit or owner")
        return self


class WorkOrderCommentIn(Body):
    """A word about a work order, for who may see it."""

    model_config = example({"text": "Not at home before six."})

    comment_id: Id | None = None
    """Yours, so that saying it twice counts once; made here when left out."""
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class WorkOrderAppointmentIn(Body):
    """When the customer comes to the unit."""

    model_config = example({"at": "2026-03-06T15:30:00+01:00"})

    at: SensibleInstant


class WorkOrderResultIn(Body):
    """How a work order ended."""

    model_config = example({"result": "done", "note": "Signed the savings plan."})

    result: WorkOrderResult
    note: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
