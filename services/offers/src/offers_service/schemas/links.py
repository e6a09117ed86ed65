"""Short links: what they are asked for with, and how they are told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from offers_service.schemas.body import Body
from rapport.contracts.vocabulary import Channel, Id


class LinkRequest(Body):
    """To whom, for what and by which channel a link is sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "c-1001",
                    "offer_id": "term-deposit-2026",
                    "contact_id": "ctc_0192f0c1a2b37c4d8e5f60718293a4b5",
                    "channel": "sms",
                    "expires_in": 604800,
                }
            ]
        }
    )

    customer_id: Id
    offer_id: Id
    contact_id: Id | None = None
    """The contact in which it is sent, such as the hotline's: what comes of the link is told of it."""
    channel: Channel = Channel.SMS
    """By which it is sent."""
    expires_in: Annotated[int, Field(ge=60, le=90 * 86_400)] = 7 * 86_400
    """Seconds."""


class Link(BaseModel):
    """A short link, without its token."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    link_id: Id
    customer_id: Id
    offer_id: Id
    channel: Channel
    contact_id: Id | None
    agent: str | None
    """Who sent it, or asked for the message that carries it; null: a campaign did."""
    unit: str | None = None
    """Whose unit that is."""
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    """The first time."""
    opens: int


class NewLink(Link):
    """A link that was just made."""

    token: str
    url: str


class OpenedLink(BaseModel):
    """Where a link leads."""

    offer_id: Id
    url: str
    expires_at: datetime
