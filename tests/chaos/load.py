"""The load under which processes are killed: requests by Kafka and HTTP, outcomes, acceptances on the web, pop-ups.

Everything it sends has a natural key and is sent again until it is taken, as a careful client does; so whatever was
answered or acknowledged must be found afterwards, once.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx2
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from rapport.clock import SteppedClock
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.channel import CustomerReported, OutcomeReported
from rapport.contracts.envelope import ContractError, Event, decode, headers
from rapport.contracts.touchpoint import ContactReleased
from rapport.messaging.clients import abort_producer, close_consumer, start_producer
from rapport.testing.system import Running
from rapport_cli.desk import Desk, Person, Refused

CUSTOMERS = 200
AT_HOME = 90
"""So many of them live in households of three."""
STOCK = 40
GOALS = ("card", "loan", "fund")
CHANNELS = ("call", "branch", "hotline", "web", "sms", "email")
OUTCOMES = ("refused", "interested", "no_answer", "accepted", "busy", "delivered", "complaint")
POLICY = {
    "name": "Chaos",
    "frequency_caps": [
        {
            "name": "nine-a-week",
            "limit": 9,
            "window": {"kind": "rolling", "hours": 168},
            "held": [{"for_class": "service"}],
            "look_ahead_hours": 2,
        },
        {"name": "home", "per": "household", "limit": 12, "window": {"kind": "rolling", "hours": 24}},
        {
            "name": "calls",
            "scope": "channel",
            "channels": ["call"],
            "limit": 3,
            "window": {"kind": "calendar", "unit": "day"},
        },
    ],
    "cool_downs": [
        {"name": "rest", "outcome": "refused", "scope": "goal", "days": 1},
        {"name": "complained", "outcome": "complaint", "scope": "all"},
    ],
    "work_order_holds": [{"name": "no-selling", "kinds": ["problem"], "purposes": ["marketing"], "channels": ["call"]}],
    "work_orders": [
        {
            "name": "problems",
            "kind": "problem",
            "respond_minutes": 3,
            "resolve_minutes": 8,
            "remind_minutes": 1,
            "escalate_to": "/head",
        }
    ],
}
MANAGER = Person("channel_manager", "mona")
COMPLAINTS = Person("complaint_desk", "kim")
_AWAY = (httpx2.HTTPError, Refused, KafkaError, OSError, TimeoutError)


class Load:
    """Customers, agents and channel systems at work until told to stop."""

    def __init__(self, running: Running, clock: SteppedClock, desk: Desk, seed: int) -> None:
        self._clock = clock
        self._bootstrap = running.endpoints.kafka_bootstrap
        self._desk = desk
        self._dice = random.Random(seed)
        self._run = f"{datetime.now(UTC):%H%M%S}-{seed}"
        self._stopping = False
        self._open: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()
        self._released: asyncio.Queue[ContactReleased] = asyncio.Queue()
        self.done: Counter[str] = Counter()

    def stop(self) -> None:
        """Send nothing new."""
        self._stopping = True

    async def prepare(self) -> None:
        """Customers, offers and a policy, before anything is killed."""
        editor, approver = Person("policy_editor", "erin"), Person("policy_approver", "sam")
        manager = Person("offer_manager", "olivia")
        await self._desk.call("touchpoint", "POST", "/policies", {"policy_id": "p", "document": POLICY}, by=editor)
        await self._desk.call("touchpoint", "POST", "/policies/p/versions", by=editor)
        await self._desk.call("touchpoint", "POST", "/policies/p/versions/1/approvals", by=approver)
        for channel, rate in (("sms", 20), ("call", 3)):
            capacity = {"rate": rate, "per": "second", "burst": 5}
            await self._desk.call("touchpoint", "PUT", f"/capacities/{channel}", capacity, by=MANAGER)
        for goal in GOALS:
            text = {"title": goal, "body": "Good.", "script": "Say it."}
            body = {"category": "sales", "goal": goal, "stock": STOCK, "texts": {"en": text, "zh-CN": text}}
            await self._desk.call("offers", "PUT", f"/offers/{goal}-1", body, by=manager)
            await self._desk.call("offers", "POST", f"/offers/{goal}-1/publication", by=manager)
        consents = [
            {"channel": c, "purpose": "marketing", "granted": True, "at": "2026-01-01T00:00:00Z"}
            for c in ("call", "sms", "email")
        ]
        for number in range(CUSTOMERS):
            await self._send(
                CustomerReported.model_validate(
                    {
                        "customer_id": f"k{number}",
                        "report_id": f"{self._run}-{number}",
                        "at": self._clock.now(),
                        "phone": f"+4930{number:07d}",
                        "email": f"k{number}@example.com",
                        "time_zone": "Europe/Berlin",
                        "household": f"home-{number // 3}" if number < AT_HOME else None,
                        "consents": consents,
                    }
                )
            )

    async def run(self) -> None:
        """Everybody at once, until `stop`."""
        await asyncio.gather(
            self._repeat(self._request, 0.02),
            self._repeat(self._ask_now, 0.05),
            self._repeat(self._appear, 0.1),
            self._repeat(self._fetch, 0.3),
            self._repeat(self._shop, 0.1),
            self._repeat(self._freeze, 0.5),
            self._repeat(self._thaw, 0.3),
            self._repeat(self._hand_over, 0.4),
            self._repeat(self._finish, 0.3),
            self._repeat(self._pass_time, 0.1),
            self._listen(),
            self._report(),
        )

    async def _pass_time(self, number: int) -> None:
        """Some ten minutes in ten seconds, so that deferrals return and requests expire under the kills as well."""
        self._clock.move_to(self._clock.now() + timedelta(seconds=self._dice.uniform(0, 12)))

    async def _repeat(self, step: Callable[[int], Awaitable[None]], pause: float) -> None:
        number = 0
        while not self._stopping:
            number += 1
            await step(number)
            self.done[step.__name__] += 1
            await asyncio.sleep(pause * self._dice.random() * 2)

    async def _insist(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Until it is answered; a service that is being killed may not answer several times."""
        while True:
            try:
                return await call()
            except _AWAY:
                await asyncio.sleep(0.2)

    def _customer(self) -> str:
        return f"k{self._dice.randrange(CUSTOMERS)}"

    def _wish(self, number: int, kind: str) -> dict[str, Any]:
        now, goal = self._clock.now(), self._dice.choice(GOALS)
        ahead = {"not_before": (now + timedelta(minutes=20)).isoformat()} if self._dice.random() < 0.1 else {}
        return ahead | {
            "request_id": f"{self._run}.{kind}.{number}",
            "customer_id": self._customer(),
            "channels": [self._dice.choice(CHANNELS)],
            "purpose": "marketing",
            "category": "sales",
            "contact_class": self._dice.choice(["service", "retention", "marketing"]),
            "goal": goal,
            "offer_id": f"{goal}-1",
            "expires_at": (now + timedelta(hours=2)).isoformat(),
        }

    async def _request(self, number: int) -> None:
        wish = self._wish(number, "kafka") | {"at": self._clock.now()}
        await self._send(ContactRequested.model_validate(wish))

    async def _ask_now(self, number: int) -> None:
        wish = self._wish(number, "http")
        by = Person("channel_system", "switch")
        await self._insist(lambda: self._desk.call("touchpoint", "POST", "/decisions", wish, by=by))

    async def _appear(self, number: int) -> None:
        body = {"customer_id": self._customer(), "channel": self._dice.choice(["branch", "hotline"])}
        by = Person("branch_agent", "bea")
        popup = (await self._insist(lambda: self._desk.call("touchpoint", "POST", "/popups", body, by=by))).json()
        if popup["offers"] and self._dice.random() < 0.3:
            said = {"answers": [{"offer_id": popup["offers"][0]["offer_id"], "answer": "accepted"}]}
            path = f"/popups/{popup['popup_id']}/answers"
            await self._insist(lambda: self._desk.call("touchpoint", "POST", path, said, by=by))

    async def _fetch(self, number: int) -> None:
        """A dialer takes calls, and gives some of them back."""
        by, body = Person("outbound_agent", "ann"), {"limit": 3, "seconds": 30}
        leased = await self._insist(lambda: self._desk.call("touchpoint", "POST", "/channels/call/leases", body, by=by))
        for task in leased.json()["items"]:
            if self._dice.random() < 0.3:
                path = f"/leases/{task['contact_id']}"
                await self._insist(partial(self._desk.call, "touchpoint", "DELETE", path, by=by, expect=(404, 409)))

    async def _shop(self, number: int) -> None:
        body = {
            "acceptance_id": f"acc-{self._run}-{number}",
            "customer_id": self._customer(),
            "offer_id": f"{self._dice.choice(GOALS)}-1",
            "channel": "web",
        }
        by = Person("storefront", "shop")
        await self._insist(lambda: self._desk.call("offers", "POST", "/acceptances", body, by=by, expect=(404, 409)))

    async def _freeze(self, number: int) -> None:
        """Somebody complains by letter."""
        body = {"freeze_id": f"frz-{self._run}-{number}", "customer_id": self._customer()}
        await self._insist(lambda: self._desk.call("touchpoint", "POST", "/freezes", body, by=COMPLAINTS))

    async def _thaw(self, number: int) -> None:
        """The oldest complaints are dealt with."""
        path = "/freezes?state=open&limit=3"
        found = await self._insist(lambda: self._desk.call("touchpoint", "GET", path, by=COMPLAINTS))
        for freeze in found.json()["items"]:
            closing = f"/freezes/{freeze['freeze_id']}/closure"
            await self._insist(partial(self._desk.call, "touchpoint", "POST", closing, {}, by=COMPLAINTS))

    async def _hand_over(self, number: int) -> None:
        """Something comes up that another desk is to do."""
        body = {"work_order_id": f"wo-{self._run}-{number}", "customer_id": self._customer(), "kind": "problem"}
        await self._insist(lambda: self._desk.call("touchpoint", "POST", "/work-orders", body, by=COMPLAINTS))

    async def _finish(self, number: int) -> None:
        """The most important orders are taken in hand, and every other one ends."""
        path = "/work-orders?limit=3&state=open"
        found = await self._insist(lambda: self._desk.call("touchpoint", "GET", path, by=COMPLAINTS))
        for place, order in enumerate(found.json()["items"]):
            one, result = f"/work-orders/{order['work_order_id']}", {"result": "done"}
            steps = [("PUT", f"{one}/lease", {"seconds": 60}), ("POST", f"{one}/result", result)]
            for method, step, body in steps[: 1 + (number + place) % 2]:
                await self._insist(partial(self._desk.call, "touchpoint", method, step, body, by=COMPLAINTS))

    async def _listen(self) -> None:
        """Learn of released contacts as a channel system does; a broker that is away is waited for."""
        while not self._stopping:
            consumer = AIOKafkaConsumer(
                "touchpoint.contacts", bootstrap_servers=self._bootstrap, auto_offset_reset="earliest"
            )
            try:
                await consumer.start()
                while not self._stopping:
                    for place, records in (await consumer.getmany(timeout_ms=200)).items():
                        for r in records:
                            self._hear(place.topic, place.partition, r)
            except _AWAY:
                await asyncio.sleep(0.5)
            finally:
                await close_consumer(consumer)

    def _hear(self, topic: str, partition: int, record: Any) -> None:
        try:
            event = decode(
                topic=topic,
                partition=partition,
                offset=record.offset,
                key=record.key,
                value=record.value,
                record_headers=record.headers,
            ).event
        except ContractError:
            return
        if isinstance(event, ContactReleased):
            self._released.put_nowait(event)

    async def _report(self) -> None:
        """Report an outcome of most contacts, through the topic or the API; some twice."""
        while not self._stopping:
            try:
                contact = await asyncio.wait_for(self._released.get(), 0.5)
            except TimeoutError:
                continue
            dice = random.Random(contact.contact_id)
            outcome = dice.choice(OUTCOMES)
            said = {"outcome_id": f"o.{contact.contact_id}", "outcome": outcome}
            if dice.random() < 0.3:
                path, by = f"/contacts/{contact.contact_id}/outcomes", Person("outbound_agent", "ann")
                body = {"outcomes": [said]}
                await self._insist(partial(self._desk.call, "touchpoint", "POST", path, body, by=by))
            else:
                event = OutcomeReported.model_validate(
                    said
                    | {"customer_id": contact.customer_id, "contact_id": contact.contact_id, "at": self._clock.now()}
                )
                for _ in range(1 + (dice.random() < 0.2)):
                    await self._send(event)
            self.done["_report"] += 1

    async def _send(self, event: Event) -> None:
        """Until the broker has it; it may have it twice then."""

        async def send() -> None:
            producer = await self._producer()
            head = headers(
                event_id=f"{event.event_type}.{id(event)}",
                event_type=event.event_type,
                source="/chaos",
                at=self._clock.now().isoformat(),
            )
            body = event.model_dump_json(exclude_none=True).encode()
            try:
                await asyncio.wait_for(producer.send_and_wait(event.topic, body, event.key.encode(), headers=head), 10)
            except BaseException:
                await self.close()
                raise

        await self._insist(send)

    async def _producer(self) -> AIOKafkaProducer:
        async with self._opening:  # of all who send at once, one opens it
            if self._open is None:
                self._open = await start_producer(self._bootstrap, max_batch_bytes=16_384)
            return self._open

    async def close(self) -> None:
        """Give the producer up."""
        producer, self._open = self._open, None
        if producer is not None:
            await abort_producer(producer)
