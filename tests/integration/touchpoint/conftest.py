"""A touchpoint service in this process, on a database of its own: the API over ASGI, the worker's use cases by call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from tests.lending import lent_app, lent_database

from rapport.auth import mint_token
from rapport.clock import FixedClock
from rapport.contracts.campaign import ContactRequested, PlanChanged
from rapport.contracts.channel import OutcomeReported
from rapport.contracts.envelope import Envelope, Event
from rapport.contracts.offers import OfferChanged
from rapport.contracts.profile import CustomerUpserted
from rapport.db import Pool, connect, transaction
from rapport.phones import phone_index, seal_phone
from rapport.settings import DEVELOPMENT_KEY
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.consumers import outcome_handlers, request_handlers
from touchpoint_service.freshness import REPLICAS_GROUP, TOPICS
from touchpoint_service.handlers.replicas import replica_handlers
from touchpoint_service.main import create_app
from touchpoint_service.settings import Settings
from touchpoint_service.timers import Timers

START = datetime(2026, 3, 3, 12, tzinfo=UTC)
CHANNELS = ("call", "branch", "hotline", "web", "sms", "email")
POLICY = {
    "name": "test",
    "business_zone": "Europe/Berlin",
    "frequency_caps": [{"name": "three-a-week", "limit": 3, "window": {"kind": "rolling", "hours": 168}}],
}


@dataclass
class Touchpoint:
    """The service under test, and what a test says to it."""

    app: FastAPI
    client: httpx2.AsyncClient
    pool: Pool
    clock: FixedClock
    offset: int = 0

    def headers(self, *roles: str, subject: str = "tester") -> dict[str, str]:
        """A bearer token with these roles."""
        token = mint_token(DEVELOPMENT_KEY, roles=list(roles), subject=subject, org="/", lifetime=timedelta(days=1))
        return {"Authorization": f"Bearer {token}"}

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str,
        subject: str = "tester",
        expect: int | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> httpx2.Response:
        """One request; fails unless the status is as expected, or a success."""
        answer = await self.client.request(
            method, path, json=body, headers=self.headers(role, subject=subject) | dict(headers)
        )
        if expect is None:
            assert answer.is_success, answer.text
        else:
            assert answer.status_code == expect, answer.text
        return answer

    async def put_in_force(
        self, document: dict[str, Any], policy_id: str = "house", activate_at: datetime | None = None
    ) -> int:
        """Draft, submit and approve by two people, at once or for an instant; the version."""
        if (await self.pool.fetchval("select 1 from policies where policy_id = $1", policy_id)) is None:
            body = {"policy_id": policy_id, "document": document}
            await self.call("POST", "/v1/policies", body, role="policy_editor", subject="erin")
        else:
            known = await self.call("GET", f"/v1/policies/{policy_id}", role="policy_editor")
            tag = {"If-Match": known.headers["etag"]}
            await self.call(
                "PUT",
                f"/v1/policies/{policy_id}/draft",
                {"document": document},
                role="policy_editor",
                subject="erin",
                headers=tag,
            )
        sent = await self.call("POST", f"/v1/policies/{policy_id}/versions", role="policy_editor", subject="erin")
        number: int = sent.json()["version"]
        path = f"/v1/policies/{policy_id}/versions/{number}/approvals"
        when = None if activate_at is None else {"activate_at": activate_at.isoformat()}
        await self.call("POST", path, when, role="policy_approver", subject="sam")
        return number

    def envelope(self, event: Event | None, *, topic: str = "", key: str = "") -> Envelope:
        """The event as a consumer hands it over; None is a tombstone."""
        self.offset += 1
        kind = "" if event is None else event.event_type
        return Envelope(
            topic if event is None else event.topic,
            0,
            self.offset,
            key if event is None else event.key,
            f"e{self.offset}",
            kind,
            "/test",
            self.clock.now(),
            event,
        )

    async def hear(self, *events: Event) -> None:
        """Let the consumer of each event's topic process them, each topic's together, as one batch and transaction."""
        handlers = request_handlers(self.app.state.gate, self.clock) | outcome_handlers(self.app.state.gate, self.clock)
        handlers |= replica_handlers(self.pool, self.clock)
        by_topic: dict[str, list[Envelope]] = {}
        for event in events:
            by_topic.setdefault(event.topic, []).append(self.envelope(event))
        for topic, envelopes in by_topic.items():
            async with transaction(self.pool) as conn:
                await handlers[topic](conn, envelopes)
        await self.app.state.catalogue.refresh()

    async def tick(self, **later: float) -> None:
        """Move the clock and do all that is due."""
        self.clock.move(self.clock.now() + timedelta(**later))
        timers = Timers(self.pool, self.clock, self.app.state.gate, lambda: frozenset(range(12)))
        while await timers.once():
            pass

    async def timeline(self, customer_id: str = "c1") -> list[dict[str, Any]]:
        """The customer's timeline, oldest first."""
        rows = await self.pool.fetch("select type, body from timeline where customer_id = $1 order by seq", customer_id)
        return [row["body"] | {"kind": row["type"].split(".", 1)[1].removesuffix(".v1")} for row in rows]

    async def kinds(self, customer_id: str = "c1") -> list[str]:
        """What happened, in short."""
        return [entry["kind"] for entry in await self.timeline(customer_id)]

    def customer(self, customer_id: str = "c1", version: int = 1, **changes: Any) -> CustomerUpserted:
        """A customer who may be contacted everywhere; the phone is sealed, as profile sends it."""
        phone = changes.pop("phone", "+4930123456")
        if phone is not None:
            keys = self.app.state.keys
            sealed = seal_phone(keys, customer_id, phone)
            changes = {"phone_sealed": sealed, "phone_index": phone_index(keys, phone)} | changes
        consents = [
            {"channel": c, "purpose": "marketing", "granted": True, "at": "2026-01-01T00:00:00Z"} for c in CHANNELS
        ]
        plain = {
            "customer_id": customer_id,
            "version": version,
            "time_zone": "Europe/Berlin",
            "language": "en",
            "country": "DE",
            "name": "Ada Example",
            "email": "ada@example.com",
            "consents": consents,
        }
        return CustomerUpserted.model_validate(plain | changes)

    def offer(self, offer_id: str = "o1", version: int = 1, **changes: Any) -> OfferChanged:
        """A published offer."""
        text = {"title": f"Offer {offer_id}", "body": "Good.", "script": "Say it."}
        plain = {
            "offer_id": offer_id,
            "version": version,
            "state": "published",
            "category": "loans",
            "goal": "loan",
            "texts": {"en": text, "zh-CN": text | {"title": "优惠"}},
        }
        return OfferChanged.model_validate(plain | changes)

    def plan(self, state: str = "running", version: int = 1, campaign_id: str = "cmp") -> PlanChanged:
        """A plan."""
        return PlanChanged.model_validate(
            {
                "campaign_id": campaign_id,
                "version": version,
                "state": state,
                "name": "Loans",
                "contact_class": "marketing",
                "goal": "loan",
                "channels": ["call"],
            }
        )

    def request(self, request_id: str = "r1", customer_id: str = "c1", **changes: Any) -> ContactRequested:
        """A request for a call."""
        plain = {
            "request_id": request_id,
            "customer_id": customer_id,
            "channels": ["call"],
            "purpose": "marketing",
            "category": "loans",
            "contact_class": "marketing",
            "goal": "loan",
            "campaign_id": "cmp",
            "offer_id": "o1",
            "at": self.clock.now(),
            "expires_at": self.clock.now() + timedelta(days=30),
        }
        return ContactRequested.model_validate(plain | changes)

    def said(self, contact_id: str, outcome: str, customer_id: str = "c1", **more: Any) -> OutcomeReported:
        """A channel's report."""
        self.offset += 1
        plain = {
            "outcome_id": f"out{self.offset}",
            "customer_id": customer_id,
            "contact_id": contact_id,
            "outcome": outcome,
            "at": self.clock.now(),
        }
        return OutcomeReported.model_validate(plain | more)

    async def contact(self, channel: str = "call", customer_id: str = "c1") -> str:
        """The newest contact of a customer in a channel."""
        found: str = await self.pool.fetchval(
            "select contact_id from contacts where customer_id = $1 and channel = $2 "
            "order by released_at desc, contact_id desc",
            customer_id,
            channel,
        )
        return found

    async def states(self, customer_id: str = "c1") -> dict[str, str]:
        """State of each contact, by channel."""
        rows = await self.pool.fetch("select channel, state from contacts where customer_id = $1", customer_id)
        return {row["channel"]: row["state"] for row in rows}

    async def check(self) -> None:
        """What must hold whatever was done: numbering, outbox = timeline, requests ended once, live counts."""
        for row in await self.pool.fetch("select customer_id, seq, live from standings"):
            entries = await self.timeline(row["customer_id"])
            assert [e["seq"] for e in entries] == list(range(1, row["seq"] + 1))
            live = await self.pool.fetchval(
                "select count(*) from requests where customer_id = $1 and state = 'live'", row["customer_id"]
            )
            assert live == row["live"]
        sent = await self.pool.fetch(
            "select value from outbox_events where topic = 'touchpoint.contacts' order by id, n"
        )
        stored = await self.pool.fetchval("select count(*) from timeline")
        assert len(sent) == stored
        by_customer: dict[str, list[int]] = {}
        for row in sent:
            body = orjson.loads(row["value"])
            by_customer.setdefault(body["customer_id"], []).append(body["seq"])
        assert all(seqs == sorted(seqs) for seqs in by_customer.values())


async def say_fresh(url: str, seconds_ago: float | None = None) -> None:
    """Everything of so many seconds ago is known; None: of ever, since tests hand in documents without a consumer."""
    conn = await connect(url)
    await conn.execute(
        """
        insert into consumer_positions
        select $1, topic, 0, 0, coalesce(clock_timestamp() - $3 * interval '1 second', 'infinity')
        from unnest($2::text[]) as t (topic)
        on conflict (consumer_group, topic, partition) do update set fresh_at = excluded.fresh_at
        """,
        REPLICAS_GROUP,
        TOPICS,
        seconds_ago,
    )
    await conn.close()


@asynccontextmanager
async def touchpoint_on(infrastructure: Endpoints) -> AsyncIterator[Touchpoint]:
    """A service with an empty database."""
    async with lent_database(infrastructure, "touchpoint") as url:
        await say_fresh(url)
        told = Settings(environment="test", database_url=url, kafka_bootstrap=infrastructure.kafka_bootstrap)
        with lent_app(url, lambda: create_app(told)) as app:
            clock = app.state.clock = FixedClock(START)
            async with app.router.lifespan_context(app):
                transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
                async with httpx2.AsyncClient(transport=transport, base_url="http://touchpoint") as client:
                    yield Touchpoint(app, client, app.state.pool, clock)


@pytest.fixture
async def bare(infrastructure: Endpoints) -> AsyncIterator[Touchpoint]:
    """A service that knows nothing, not even a policy."""
    async with touchpoint_on(infrastructure) as service:
        yield service


@pytest.fixture
async def touchpoint(bare: Touchpoint) -> AsyncIterator[Touchpoint]:
    """A service with a policy in force, one customer, one offer and one running plan. Checked afterwards."""
    await bare.put_in_force(POLICY)
    await bare.hear(bare.customer(), bare.offer(), bare.plan())
    yield bare
    await bare.check()
