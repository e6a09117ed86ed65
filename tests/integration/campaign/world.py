"""What the tests of the campaign service do all the time, in the words of its users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
import orjson

from campaign_service.consumers import event_handlers
from campaign_service.handlers.execution import do_due_work
from campaign_service.settings import Settings
from rapport.auth import mint_token
from rapport.clock import SteppedClock
from rapport.contracts.campaign import ContactRequested, ContactRequestWithdrawn, PlanChanged
from rapport.contracts.envelope import Envelope, Event
from rapport.contracts.offers import AcceptanceRevoked, OfferAccepted, OfferChanged
from rapport.contracts.profile import CustomerUpserted
from rapport.contracts.touchpoint import ContactReleased, ContactResponded, TimelineEvent
from rapport.contracts.vocabulary import Channel, Outcome
from rapport.db import Pool, transaction

START = "2026-11-02T08:00:00+00:00"
END = "2026-11-12T08:00:00+00:00"
EVERYBODY: dict[str, Any] = {"rule": {"combinator": "and", "rules": []}}
CALL_LINE = {"channels": ["call"], "offer_id": "stay-12", "role": "lead", "attempts": {"max": 3, "gap_hours": 24}}


def plan(**parts: Any) -> dict[str, Any]:
    """A plan for everybody: one call line with three attempts."""
    usual = {
        "name": "Keep them",
        "goal": "stay",
        "contact_class": "retention",
        "purpose": "marketing",
        "category": "retention",
        "audience": EVERYBODY,
        "offers": ["stay-12"],
        "lines": [CALL_LINE],
        "schedule": {"start": START, "end": END},
    }
    return {**usual, **parts}


@dataclass
class World:
    """One running campaign service, without Kafka: events are handed to its handlers."""

    settings: Settings
    pool: Pool
    clock: SteppedClock
    client: httpx2.AsyncClient
    offset: int = 0

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str = "alice",
        role: str = "campaign_planner",
        **headers: str,
    ) -> httpx2.Response:
        """A request; header names with `_` for `-`."""
        token = mint_token(self.settings.jwt_key, roles=[role], subject=by)
        sent = {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, f"/v1/campaigns{path}", json=body, headers=sent)

    async def approved(self, campaign_id: str = "spring", **parts: Any) -> str:
        """An approved campaign whose offers are published."""
        document = plan(**parts)
        await self.consume(*(offer(offer_id, document["goal"]) for offer_id in document["offers"]))
        for step in (
            await self.call("POST", "", {"campaign_id": campaign_id, **document}),
            submitted := await self.call("POST", f"/{campaign_id}/submissions"),
            await self.approve(campaign_id, submitted.headers["ETag"]),
        ):
            assert step.is_success, step.text
        return campaign_id

    async def approve(self, campaign_id: str, tag: str, by: str = "bob") -> httpx2.Response:
        """Approve one version."""
        role = "campaign_approver"
        return await self.call("POST", f"/{campaign_id}/approvals", by=by, role=role, If_Match=tag)

    async def state(self, campaign_id: str, state: str) -> httpx2.Response:
        """Run, pause or stop."""
        return await self.call("PUT", f"/{campaign_id}/state", {"state": state})

    async def running(self, campaign_id: str = "spring", **parts: Any) -> str:
        """A campaign that has been started and has done what was due."""
        await self.approved(campaign_id, **parts)
        assert (await self.state(campaign_id, "running")).is_success
        await self.work()
        return campaign_id

    async def results(self, campaign_id: str = "spring") -> Any:
        """The results as the API tells them."""
        return (await self.call("GET", f"/{campaign_id}/results")).json()

    async def work(self, page: int = 1000) -> int:
        """Do all that is due; in how many transactions."""
        steps = 0
        while await do_due_work(self.pool, self.clock.now(), page=page):
            steps += 1
        return steps

    async def later(self, **span: float) -> None:
        """Let time pass, and do what is due then."""
        self.clock.move_to(self.clock.now() + timedelta(**span))
        await self.work()

    async def consume(self, *events: Event | None, key: str = "", topic: str = "") -> None:
        """Hand events to their handlers, each in a transaction of its own; None is a tombstone of `key` on `topic`."""
        handlers = event_handlers(self.pool, self.clock)
        for event in events:
            envelope = self.envelope(event, key, topic)
            async with transaction(self.pool) as conn:
                await handlers[envelope.topic](conn, [envelope])

    async def consume_batch(self, *events: Event) -> None:
        """Hand events of one topic to its handler in one batch."""
        async with transaction(self.pool) as conn:
            handler = event_handlers(self.pool, self.clock)[events[0].topic]
            await handler(conn, [self.envelope(event) for event in events])

    def envelope(self, event: Event | None, key: str = "", topic: str = "") -> Envelope:
        """As it would come from the log."""
        self.offset += 1
        at = self.clock.now()
        if event is None:
            return Envelope(topic, 0, self.offset, key, f"e{self.offset}", "tombstone", "test", at, None)
        return Envelope(event.topic, 0, self.offset, event.key, f"e{self.offset}", event.event_type, "test", at, event)

    async def customers(self, ids: Iterable[str], attributes: Mapping[str, Any] | None = None) -> None:
        """Known customers, all with these attributes."""
        events = [CustomerUpserted(customer_id=one, version=1, attributes=dict(attributes or {})) for one in ids]
        await self.consume_batch(*events)

    async def sent(self, kind: type[Event] = ContactRequested) -> list[Any]:
        """The events of this type in the outbox, oldest first."""
        rows = await self.pool.fetch("select value from outbox_events where type = $1 order by id, n", kind.event_type)
        return [kind.model_validate_json(row["value"]) for row in rows]

    async def requests(self) -> list[ContactRequested]:
        """All requests that were sent."""
        return await self.sent()

    async def withdrawals(self) -> list[ContactRequestWithdrawn]:
        """All withdrawals that were sent."""
        return await self.sent(ContactRequestWithdrawn)

    async def plans(self) -> list[PlanChanged]:
        """All that was said of plans."""
        return await self.sent(PlanChanged)

    async def dump(self) -> bytes:
        """Everything the service stores about campaigns, to be compared."""
        found = {
            table: [dict(row) for row in await self.pool.fetch(f"select * from {table} order by 1, 2")]
            for table in ("campaigns", "audience", "attempts")
        }
        found["outbox"] = [
            dict(r) for r in await self.pool.fetch("select topic, key, type, value from outbox_events order by id, n")
        ]
        return orjson.dumps(found, default=repr)


def offer(offer_id: str = "stay-12", goal: str = "stay", **parts: Any) -> OfferChanged:
    """A published offer."""
    facts = {"offer_id": offer_id, "version": 1, "state": "published", "category": "x", "goal": goal}
    return OfferChanged.model_validate(facts | parts)


@dataclass
class Timeline:
    """What touchpoint tells about one request, in the order of the customer's timeline."""

    request: ContactRequested
    at: datetime
    seq: int = 0

    def tell(self, kind: type[TimelineEvent], **parts: Any) -> Any:
        """The next entry."""
        self.seq += 1
        facts = {
            "customer_id": self.request.customer_id,
            "seq": self.seq,
            "at": self.at,
            "request_id": self.request.request_id,
            "campaign_id": self.request.campaign_id,
            "goal": self.request.goal,
        }
        return kind.model_validate(facts | parts)

    def released(self, channel: Channel | None = None) -> ContactReleased:
        """It went out."""
        found: ContactReleased = self.tell(ContactReleased, **self._contact(channel))
        return found

    def answered(self, outcome: Outcome, **parts: Any) -> ContactResponded:
        """The customer, or the line, answered."""
        facts = {"outcome": outcome, "outcome_id": f"{self.request.request_id}-{self.seq}"[-64:]}
        found: ContactResponded = self.tell(ContactResponded, **self._contact(None), **facts, **parts)
        return found

    def _contact(self, channel: Channel | None) -> dict[str, Any]:
        return {"contact_id": f"ctc_{self.request.customer_id}", "channel": channel or self.request.channels[0]}


def accepted(customer_id: str, at: datetime, acceptance_id: str = "", **parts: Any) -> OfferAccepted:
    """The ledger took an acceptance on the web."""
    facts = {
        "acceptance_id": acceptance_id or f"acc_{customer_id}",
        "customer_id": customer_id,
        "offer_id": "stay-12",
        "term": "1",
        "goal": "stay",
        "category": "retention",
        "channel": Channel.WEB,
        "at": at,
    }
    return OfferAccepted.model_validate(facts | parts)


def revoked(acceptance: OfferAccepted) -> AcceptanceRevoked:
    """It was taken back."""
    return AcceptanceRevoked.model_validate(acceptance.model_dump())
