"""A customer appears, and what they say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from rapport.auth import Principal
from rapport.contracts.vocabulary import (
    Id,
    SensibleInstant,
)
from rapport.personal import may_read
from rapport.sealing import Keyring
from touchpoint_service.handlers.popup_answers import Answer
from touchpoint_service.handlers.popups import Appearance
from touchpoint_service.schemas.body import Body, Place, example


class PopupIn(Body):
    """A customer has appeared: exactly one of customer_id, phone and account says who."""

    model_config = example({"phone": "+4915123456789", "channel": "hotline", "agent": "a-17", "limit": 3})

    customer_id: Id | None = None
    phone: Annotated[str, Field(min_length=3, max_length=40)] | None = None
    """In E.164, or as dialled inside `country`."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """ISO 3166-1 alpha-2: how `phone` is to be read."""
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

    def to_appearance(self, caller: Principal, keys: Keyring) -> Appearance:
        """As the use case takes it; the caller is the agent unless another is named."""
        shown = keys if may_read(caller) else None
        agent = self.agent or caller.subject
        return Appearance(self.channel, self.place, agent, self.limit, self.lang, caller.org, shown)


class PopupAnswer(Body):
    """What the customer said to one offer."""

    offer_id: Id
    answer: Literal["interested", "refused", "accepted", "later"]
    call_back_at: SensibleInstant | None = None
    """For `later`: when to come back to it."""
    note: Annotated[str, Field(max_length=500)] | None = None

    def to_answer(self) -> Answer:
        """As the use case takes it."""
        return Answer(self.offer_id, self.answer, self.call_back_at, self.note)


class PopupMessageIn(Body):
    """An offer that was shown, to be sent to the customer."""

    model_config = example({"offer_id": "term-deposit-2026", "channel": "sms"})

    offer_id: Id
    channel: Literal["sms", "email"]
    lang: Annotated[str, Field(max_length=35)] | None = None
    """BCP 47, of the words in the answer; English when left out. The message is in the customer's own language."""


class PopupAnswersIn(Body):
    """What the customer said to the offers shown."""

    model_config = example({"answers": [{"offer_id": "term-deposit-2026", "answer": "interested"}]})

    answers: Annotated[tuple[PopupAnswer, ...], Field(min_length=1, max_length=10)]
    lang: Annotated[str, Field(max_length=35)] | None = None
    """BCP 47, of the words in the answer; English when left out."""
