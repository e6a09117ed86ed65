"""Reports of source systems, from the real topic into the real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from profile_service.consumers import intake_handlers
from rapport.contracts.channel import CustomerReported
from rapport.contracts.envelope import headers
from rapport.messaging import topics
from rapport.messaging.consumer import Consumer
from rapport.messaging.partition import partition_for

World = Any

TOPIC = CustomerReported.topic
PARTITIONS = 12


@dataclass
class Intake:
    """A source system, and the service's consumer in a group of the test's own."""

    world: World
    name: str
    producer: AIOKafkaProducer

    def customer(self, name: str = "c") -> str:
        """A customer id that no other test has: all share the topic."""
        return f"{self.name}-{name}"

    def report(self, report_id: str = "r1", customer: str = "c", **said: Any) -> CustomerReported:
        said.setdefault("at", self.world.clock.now())
        return CustomerReported(customer_id=self.customer(customer), report_id=f"{self.name}-{report_id}", **said)

    async def send(self, *reports: CustomerReported, times: int = 1) -> None:
        for report in [report for report in reports for _ in range(times)]:
            await self.send_raw(report.customer_id, report.model_dump_json().encode(), report.report_id)
        await self.producer.flush()

    async def send_raw(self, customer_id: str, value: bytes | None, event_id: str = "e1") -> None:
        found = headers(
            event_id=event_id, event_type=CustomerReported.event_type, source="crm", at="2026-03-01T09:00:00Z"
        )
        key = customer_id.encode()
        await self.producer.send(TOPIC, value, key, partition=partition_for(key, PARTITIONS), headers=found)

    async def take_in(self) -> None:
        """Run the consumer until it has read all that was sent."""
        consumer = Consumer(
            f"{self.name}.intake",
            intake_handlers(self.world.clock, self.world.settings.keyring()),
            self.world.pool,
            self.world.settings.kafka_bootstrap,
        )
        run = asyncio.create_task(consumer.run())
        try:
            async with asyncio.timeout(30):
                while not consumer.caught_up and not run.done():
                    await asyncio.sleep(0.02)
        finally:
            await consumer.stop()
            await run

    async def read(self, customer: str = "c") -> dict[str, Any]:
        found: dict[str, Any] = await self.world.get(self.customer(customer))
        return found

    async def versions(self, customer: str = "c") -> list[int | None]:
        rows = await self.world.pool.fetch(
            "select value from outbox_events where topic = 'profile.customers' and key = $1 order by id, n",
            self.customer(customer),
        )
        return [None if row["value"] is None else json.loads(row["value"])["version"] for row in rows]

    async def dead_letters(self) -> Sequence[str]:
        """The customers of this test whose reports were set aside."""
        rows = await self.world.pool.fetch("select key from outbox_events where topic like 'dlq.%' order by id, n")
        return [row["key"] for row in rows if row["key"].startswith(self.name)]


@pytest.fixture
async def intake(world: World, unique: str) -> AsyncIterator[Intake]:
    await topics.apply(world.settings.kafka_bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=world.settings.kafka_bootstrap)
    await producer.start()
    yield Intake(world, unique, producer)
    await producer.stop()


class TestReports:
    async def test_create_a_customer_and_publish_the_document(self, intake: Intake) -> None:
        await intake.send(intake.report(name="Ann", phone="+4915123456789", attributes={"age": 40}, tags=("vip",)))
        await intake.take_in()
        found = await intake.read()
        assert (found["name"], found["attributes"], found["tags"]) == ("Ann", {"age": 40}, ["vip"])
        assert await intake.versions() == [1]

    async def test_keep_what_they_leave_out(self, intake: Intake) -> None:
        await intake.world.put(intake.customer(), name="Ann", grade="key", attributes={"age": 40, "job": "nurse"})
        await intake.send(intake.report(grade="general", attributes={"age": 41, "job": None}))
        await intake.take_in()
        found = await intake.read()
        assert (found["name"], found["grade"], found["attributes"]) == ("Ann", "general", {"age": 41})
        assert await intake.versions() == [1, 2]

    async def test_of_one_customer_count_in_order(self, intake: Intake) -> None:
        await intake.send(*[intake.report(f"r{n}", grade=f"g{n}", attributes={f"a{n}": n}) for n in range(20)])
        await intake.take_in()
        found = await intake.read()
        assert (found["grade"], found["attributes"]) == ("g19", {f"a{n}": n for n in range(20)})
        versions = await intake.versions()
        assert versions == list(range(1, len(versions) + 1))

    async def test_delivered_twice_count_once(self, intake: Intake) -> None:
        reports = [intake.report(f"r{n}", customer=f"c{n % 5}", grade=f"g{n}") for n in range(20)]
        await intake.send(*reports, times=2)
        await intake.take_in()
        before = [await intake.versions(f"c{n}") for n in range(5)]
        await intake.send(*reports)
        await intake.take_in()
        assert [await intake.versions(f"c{n}") for n in range(5)] == before
        assert [(await intake.read(f"c{n}"))["grade"] for n in range(5)] == [f"g{n}" for n in range(15, 20)]

    async def test_a_report_counts_once_even_if_it_says_something_else_the_second_time(self, intake: Intake) -> None:
        await intake.send(intake.report(grade="a"), intake.report(grade="b"))
        await intake.take_in()
        assert (await intake.read())["grade"] == "a"

    async def test_that_change_nothing_publish_nothing(self, intake: Intake) -> None:
        await intake.send(intake.report("r1", grade="a"))
        await intake.take_in()
        await intake.send(intake.report("r2", grade="a"))
        await intake.take_in()
        assert await intake.versions() == [1]

    async def test_carry_consents_of_which_the_newest_counts(self, intake: Intake) -> None:
        now = intake.world.clock.now()
        said = {"channel": "call", "purpose": "marketing", "source": "crm"}
        new, old = {**said, "granted": False, "at": now}, {**said, "granted": True, "at": now - timedelta(days=1)}
        await intake.send(intake.report("r1", consents=(new,)), intake.report("r2", consents=(old,)))
        await intake.take_in()
        assert [consent["granted"] for consent in (await intake.read())["consents"]] == [False]
        path = f"/customers/{intake.customer()}/consents?history=true"
        history = (await intake.world.call("GET", path)).json()["items"]
        assert [(item["granted"], item["proof"]) for item in history] == [
            (False, f"{intake.name}-r1"),
            (True, f"{intake.name}-r2"),
        ]

    async def test_add_the_do_not_call_mark_and_never_lift_it(self, intake: Intake) -> None:
        await intake.send(intake.report("r1", do_not_call=True), intake.report("r2", do_not_call=False))
        await intake.take_in()
        assert (await intake.read())["do_not_call"]

    async def test_made_before_an_erasure_do_not_bring_the_customer_back(self, intake: Intake) -> None:
        await intake.world.put(intake.customer(), name="Ann")
        before = intake.world.clock.now()
        intake.world.clock.move(before + timedelta(minutes=1))
        await intake.world.call("DELETE", f"/customers/{intake.customer()}")
        await intake.send(intake.report("r1", name="Ann", at=before))
        await intake.take_in()
        answer = await intake.world.call("GET", f"/customers/{intake.customer()}")
        assert answer.status_code == 404
        assert await intake.dead_letters() == []
        assert (
            await intake.world.pool.fetchval("select count(*) from reports where customer_id = $1", intake.customer())
            == 0
        )


class TestBrokenReports:
    @pytest.mark.parametrize(
        "said",
        [
            {"time_zone": "Mars/Olympus"},
            {"language": "klingon!"},
            {"phone": "+1234567"},
            {"consents": ({"channel": "sms", "purpose": "x", "granted": True, "at": "0001-01-01T00:00:00+14:00"},)},
            {"attributes": {f"a{n}": "x" * 1000 for n in range(70)}},
        ],
    )
    async def test_are_set_aside_and_the_rest_goes_on(self, intake: Intake, said: dict[str, Any]) -> None:
        await intake.send(
            intake.report("r1", "good", name="Ann"),
            intake.report("r2", "bad", **said),
            intake.report("r3", "fine", name="Bob"),
        )
        await intake.take_in()
        assert (await intake.read("good"))["name"] == "Ann"
        assert (await intake.read("fine"))["name"] == "Bob"
        assert await intake.dead_letters() == [intake.customer("bad")]
        answer = await intake.world.call("GET", f"/customers/{intake.customer('bad')}")
        assert answer.status_code == 404

    @pytest.mark.parametrize("value", [b"{", b"{}", None, b'{"customer_id": "somebody-else"}'])
    async def test_that_are_no_reports_are_set_aside(self, intake: Intake, value: bytes | None) -> None:
        await intake.send_raw(intake.customer("bad"), value)
        await intake.send(intake.report("r1", "good", name="Ann"))
        await intake.take_in()
        assert (await intake.read("good"))["name"] == "Ann"
        assert await intake.dead_letters() == [intake.customer("bad")]
