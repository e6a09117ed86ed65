"""What the tests of the offers service do all the time, in the words of its users."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx2
import orjson

from offers_service.consumers import contacts_handler
from offers_service.handlers.ledger import ParsedOffers
from rapport.auth import mint_token
from rapport.clock import FixedClock
from rapport.contracts.envelope import Envelope, Event
from rapport.contracts.offers import OfferChanged
from rapport.contracts.profile import CustomerUpserted
from rapport.contracts.touchpoint import ContactReleased, ContactResponded
from rapport.db import Pool, transaction
from rapport.replica import Replica
from rapport.settings import DEVELOPMENT_KEY
from rapport.web import Api

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEXTS = {"en": {"title": "Fibre 500", "body": "Fast.", "script": "Hello"}, "zh-CN": {"title": "光纤 500"}}


@cache
def authorization(*roles: str, org: str = "/") -> dict[str, str]:
    token = mint_token(DEVELOPMENT_KEY, roles=list(roles), subject="-".join(("a", *roles)), org=org)
    return {"Authorization": f"Bearer {token}"}


def content(**parts: Any) -> dict[str, Any]:
    """An offer that can be published as it is."""
    return {"category": "internet", "goal": "fibre", "texts": TEXTS} | parts


def customer(customer_id: str, version: int = 1, **parts: Any) -> CustomerUpserted:
    """A customer document."""
    return CustomerUpserted.model_validate({"customer_id": customer_id, "version": version} | parts)


@dataclass
class World:
    """One offers service in this process, on a database of its own; events are handed to its consumers."""

    app: Api
    pool: Pool
    clock: FixedClock
    http: httpx2.AsyncClient
    offset: int = 0

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        roles: Sequence[str] = ("offer_manager",),
        org: str = "/",
        **headers: str,
    ) -> httpx2.Response:
        """A request to /v1; further headers with underscores for hyphens."""
        sent = authorization(*roles, org=org) | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, f"/v1{path}", headers=sent, json=body)

    async def write(self, offer_id: str = "o1", tag: str | None = None, **parts: Any) -> httpx2.Response:
        """Write an offer; `tag` is the ETag of the version meant."""
        named = {} if tag is None else {"If_Match": tag}
        return await self.call("PUT", f"/offers/{offer_id}", content(**parts), **named)

    async def published(self, offer_id: str = "o1", **parts: Any) -> None:
        """An offer that customers can have."""
        known = await self.call("GET", f"/offers/{offer_id}")
        written = await self.write(offer_id, known.headers.get("etag"), **parts)
        assert written.is_success, written.text
        answer = await self.call("POST", f"/offers/{offer_id}/publication")
        assert answer.is_success, answer.text
        await self.app.state.catalogue.refresh()

    async def offer(self, offer_id: str = "o1") -> dict[str, Any]:
        found: dict[str, Any] = (await self.call("GET", f"/offers/{offer_id}")).json()
        return found

    async def accept(
        self, customer_id: str = "c1", offer_id: str = "o1", channel: str = "web", **parts: Any
    ) -> httpx2.Response:
        """A customer says yes."""
        headers = {name: parts.pop(name) for name in list(parts) if name[0].isupper()}
        body = {"customer_id": customer_id, "offer_id": offer_id, "channel": channel} | parts
        return await self.call("POST", "/acceptances", body, roles=("storefront",), **headers)

    async def eligible(self, customer_id: str = "c1", query: str = "", *roles: str, **headers: str) -> httpx2.Response:
        """What a storefront gets for a customer."""
        path = f"/customers/{customer_id}/eligible-offers{query}"
        return await self.call("GET", path, roles=roles or ("storefront",), **headers)

    async def customers(self, *ids: str, **parts: Any) -> None:
        """Customers that this service has heard of."""
        await self.hear(*(customer(one, **parts) for one in ids))

    def envelope(self, event: Event | None, key: str = "") -> Envelope:
        """The event as a consumer hands it over; None is the tombstone of a customer."""
        self.offset += 1
        found = event or CustomerUpserted
        return Envelope(
            topic=found.topic,
            partition=0,
            offset=self.offset,
            key=event.key if event else key,
            id=f"e{self.offset}",
            type=found.event_type,
            source="test",
            time=self.clock.now(),
            event=event,
        )

    async def hear(self, *events: Event) -> None:
        """Let the consumers process the events, those of a topic as one batch."""
        await self.process([self.envelope(event) for event in events])

    async def erase(self, customer_id: str) -> None:
        """Let the consumer process a customer's tombstone."""
        await self.process([self.envelope(None, customer_id)])

    async def process(self, envelopes: Iterable[Envelope]) -> None:
        handlers = {
            CustomerUpserted.topic: Replica("replica_customers", self.pool).handler(CustomerUpserted.topic),
            ContactReleased.topic: contacts_handler(ParsedOffers(), self.clock),
        }
        by_topic: dict[str, list[Envelope]] = {}
        for envelope in envelopes:
            by_topic.setdefault(envelope.topic, []).append(envelope)
        for topic, together in by_topic.items():
            async with transaction(self.pool) as conn:
                await handlers[topic](conn, together)

    async def events(self, kind: type[Event] | None = None) -> list[dict[str, Any]]:
        """The bodies of what waits in the outbox, in order; each with its type."""
        rows = await self.pool.fetch("select type, key, value from outbox_events order by id, n")
        found = [orjson.loads(row["value"]) | {"type": row["type"]} for row in rows]
        return [body for body in found if kind is None or body["type"] == kind.event_type]

    async def announced(self) -> list[tuple[int, str, bool]]:
        """Version, state and sold_out of the catalogue documents, in order."""
        return [(event["version"], event["state"], event["sold_out"]) for event in await self.events(OfferChanged)]

    async def rows(self, table: str) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(f"select * from {table} order by 1, 2")]

    def released(self, customer_id: str = "c1", contact_id: str = "ctc1", **parts: Any) -> ContactReleased:
        """Touchpoint put a banner on the web."""
        return ContactReleased.model_validate(self._contact(customer_id, contact_id) | {"request_id": "r1"} | parts)

    def responded(
        self, outcome: str = "accepted", customer_id: str = "c1", contact_id: str = "ctc1", **parts: Any
    ) -> ContactResponded:
        """The customer answered a contact."""
        facts = {"outcome": outcome, "outcome_id": f"out-{contact_id}", "acceptance_id": f"acc-{contact_id}"}
        return ContactResponded.model_validate(self._contact(customer_id, contact_id) | facts | parts)

    def _contact(self, customer_id: str, contact_id: str) -> dict[str, Any]:
        return {
            "customer_id": customer_id,
            "contact_id": contact_id,
            "seq": 1,
            "at": self.clock.now(),
            "channel": "web",
            "offer_id": "o1",
            "goal": "fibre",
        }

    def move(self, **span: float) -> None:
        """Let time pass."""
        self.clock.move(self.clock.now() + timedelta(**span))
