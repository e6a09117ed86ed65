"""What the gate is told: the request, the customer, and the world around them. Parsed once, then only read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rapport.clock import from_micros, to_micros
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.vocabulary import Channel
from rapport.phones import has_phone
from rapport.ranking import Offer
from touchpoint_service.domain.policy import Applying, Policy, contact_facts
from touchpoint_service.domain.standing import Standing
from touchpoint_service.domain.zones import plausible_zones


@dataclass(slots=True)
class Request:
    """A live wish to contact a customer. Never changed; not frozen only because frozen ones take far longer to make."""

    request_id: str
    customer_id: str
    channels: tuple[str, ...]
    purpose: str
    category: str
    contact_class: int
    score: float
    goal: str | None
    campaign_id: str | None
    offer_id: str | None
    place: str | None
    at: int
    not_before: int | None
    expires_at: int
    agent: str | None = None
    """The person who asked for it."""
    unit: str | None = None

    @classmethod
    def of(cls, event: ContactRequested) -> Request:
        """From the event that asked for it."""
        return cls(
            event.request_id,
            event.customer_id,
            tuple([c.value for c in event.channels]),
            event.purpose,
            event.category,
            event.contact_class.rank,
            event.score,
            event.goal,
            event.campaign_id,
            event.offer_id,
            event.place,
            to_micros(event.at),
            None if event.not_before is None else to_micros(event.not_before),
            to_micros(event.expires_at),
        )

    def row(self) -> list[Any]:
        """The compact form in which it is stored."""
        asked_by = [] if self.agent is None else [self.agent, self.unit]
        return [
            self.request_id,
            self.customer_id,
            self.channels,
            self.purpose,
            self.category,
            self.contact_class,
            self.score,
            self.goal,
            self.campaign_id,
            self.offer_id,
            self.place,
            self.at,
            self.not_before,
            self.expires_at,
            *asked_by,
        ]

    @classmethod
    def from_row(cls, row: list[Any]) -> Request:
        """From the compact form."""
        request_id, customer_id, channels, *rest = row
        return cls(request_id, customer_id, tuple(channels), *rest)


@dataclass(slots=True)
class Customer:
    """What the gate needs of the customer document. `consents` holds the newest word per (channel, purpose).

    Never changed, like `Request`.
    """

    customer_id: str
    zones: tuple[ZoneInfo, ...]
    """Every zone that may be the customer's: one where it is known, none where nothing is."""
    country: str | None
    region: str | None
    consents: Mapping[tuple[str, str], bool]
    do_not_call: bool
    do_not_disturb_until: int | None
    reachable: frozenset[str]
    document: Mapping[str, Any]

    @property
    def zone(self) -> ZoneInfo | None:
        """The zone, where only one is possible."""
        return self.zones[0] if len(self.zones) == 1 else None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Customer:
        """From the replicated document (`profile.customers`)."""
        newest: dict[tuple[str, str], Mapping[str, Any]] = {}
        for consent in document.get("consents") or ():
            key = consent["channel"], consent["purpose"]
            known = newest.get(key)
            if known is None or _said_at(consent) >= _said_at(known):
                newest[key] = consent
        until = document.get("do_not_disturb_until")
        return cls(
            document["customer_id"],
            plausible_zones(document.get("time_zone"), document.get("country"), document.get("region")),
            document.get("country"),
            document.get("region"),
            {key: consent["granted"] for key, consent in newest.items()},
            bool(document.get("do_not_call")),
            None if until is None else to_micros(datetime.fromisoformat(until)),
            _REACHABLE[has_phone(document), bool(document.get("email"))],
            document,
        )


def _said_at(consent: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(consent["at"])


_NEEDS_ADDRESS = {"call": "phone", "sms": "phone", "email": "email"}
_REACHABLE = {
    (phone, email): frozenset(
        channel.value
        for channel in Channel
        if {"phone": phone, "email": email}.get(_NEEDS_ADDRESS.get(channel.value, ""), True)
    )
    for phone in (False, True)
    for email in (False, True)
}
"""The channels that reach a customer with or without a phone number and an e-mail address."""


@dataclass(slots=True)
class World:
    """What is the same for all customers of a batch. `plans` maps a campaign to its state."""

    plans: Mapping[str, str]
    offers: Mapping[str, Offer]
    minutes_old: int | None = None
    """How old what is known of customers, plans and offers is, where that is older than the policy allows."""


@dataclass(slots=True)
class Facts:
    """All that a rule may look at for one request in one channel."""

    now: int
    policy: Policy
    standing: Standing
    customer: Customer
    request: Request
    world: World
    channel: str
    others: Sequence[Standing] = ()
    """Of the other members of the household."""
    ahead: Sequence[tuple[int, Request]] = ()
    """Waiting requests of the customer that are due later, each with the instant."""
    applying: Applying = field(init=False)
    """The rules of the policy that bind this request in this channel."""

    def __post_init__(self) -> None:
        self.look_at(self.channel)

    def look_at(self, channel: str) -> None:
        """Go on to another channel."""
        self.channel = channel
        request = self.request
        applying = self.policy.applying(channel, request.contact_class, request.purpose)
        self.applying = applying.for_whom(self._asked(), self._local_now()) if applying.conditions else applying

    def _asked(self) -> Mapping[str, Any]:
        request = self.request
        return contact_facts(
            self.customer.document,
            contact_class=request.contact_class,
            purpose=request.purpose,
            category=request.category,
            campaign=request.campaign_id,
            offer=request.offer_id,
            goal=request.goal,
        )

    def _local_now(self) -> datetime:
        """By the customer's clock, which says what day it is for them; by the business's where that is not known."""
        return from_micros(self.now).astimezone(self.customer.zone or self.policy.zone)
