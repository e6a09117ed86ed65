"""Webhooks: from the timeline to an endpoint, through the worker's real parts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from tests.integration.touchpoint.conftest import START, Touchpoint, touchpoint_on
from tests.integration.touchpoint.listening import writing
from tests.integration.touchpoint.receiving import Receiver, receiving

from rapport.contracts import REGISTRY
from rapport.contracts.envelope import Envelope
from rapport.db import transaction
from rapport.messaging import topics
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.domain.addresses import networks
from touchpoint_service.handlers.deliveries import queue_events, replay_pages, tidy
from touchpoint_service.posting import Addresses
from touchpoint_service.webhooks import Deliverer

RELEASED = "touchpoint.contact.released.v1"
RECALLED = "touchpoint.contact.recalled.v1"
LOCAL = "127.0.0.0/8"


@pytest.fixture
async def service(infrastructure: Endpoints) -> AsyncIterator[Touchpoint]:
    """A service whose webhooks may lead to this machine."""
    async with touchpoint_on(infrastructure) as found:
        settings = found.app.state.settings
        found.app.state.settings = settings.model_copy(
            update={"webhook_allowed_networks": LOCAL, "webhook_timeout_seconds": 1.0, "webhook_concurrency": 4}
        )
        found.app.state.webhook_addresses = Addresses(networks(LOCAL))
        yield found


async def subscribe(service: Touchpoint, receiver: Receiver, expect: int = 201, **changes: Any) -> dict[str, Any]:
    """A webhook to the receiver, which learns its secret."""
    body = {"url": receiver.url} | changes
    made: dict[str, Any] = (await service.call("POST", "/v1/webhooks", body, role="integrator", expect=expect)).json()
    if expect == 201:
        receiver.secrets = [made["secret"]]
    return made


async def see(service: Touchpoint, made: dict[str, Any], path: str = "") -> Any:
    return (await service.call("GET", f"/v1/webhooks/{made['webhook_id']}{path}", role="integrator")).json()


async def deliveries(service: Touchpoint, made: dict[str, Any], **query: str) -> dict[str, dict[str, Any]]:
    """The newest delivery of each event."""
    words = "&".join(f"{name}={value}" for name, value in query.items())
    found = (await see(service, made, f"/deliveries?limit=200&{words}"))["items"]
    return {each["event_id"]: each for each in reversed(found)}


async def happen(
    service: Touchpoint, *entries: tuple[str, int], kind: str = RELEASED, heard: bool = True, **body: Any
) -> list[Envelope]:
    """Entries of timelines, as the gate writes them and the relay sends them; by default given to the consumer, too."""
    envelopes = []
    at = service.clock.now()
    for customer_id, seq in entries:
        contact = {"request_id": f"r{seq}", "contact_id": f"ctc_{customer_id}_{seq}", "channel": "call"}
        more = {"reason": "already_accepted"} if kind == RECALLED else {}
        told = {"customer_id": customer_id, "seq": seq, "at": at.isoformat(), **contact, **more, **body}
        raw = orjson.dumps(told)
        await service.pool.execute(
            "insert into timeline (customer_id, seq, at, type, body) values ($1, $2, $3, $4, $5)",
            customer_id,
            seq,
            at,
            kind,
            raw,
        )
        event = REGISTRY[kind].model_validate_json(raw)
        envelopes.append(
            Envelope("touchpoint.contacts", 0, 0, customer_id, f"{customer_id}.{seq}", kind, "touchpoint", at, event)
        )
    if heard:
        await hear(service, envelopes)
    return envelopes


async def hear(service: Touchpoint, envelopes: list[Envelope]) -> None:
    async with transaction(service.pool) as conn:
        await queue_events(service.clock)(conn, envelopes)


@asynccontextmanager
async def delivering(service: Touchpoint) -> AsyncIterator[Deliverer]:
    """The part of the worker that posts."""
    deliverer = Deliverer(service.pool, service.app.state.settings, service.clock)
    running = asyncio.create_task(deliverer.run())
    try:
        yield deliverer
    finally:
        deliverer.stop()
        await running


async def settled(service: Touchpoint, count: int = 0, seconds: float = 10) -> None:
    """Wait until no more than so many deliveries are due by now, or being sent."""
    async with asyncio.timeout(seconds):
        while True:
            due = await service.pool.fetchval(
                "select count(*) from webhook_deliveries where state = 'due' and (next_try <= $1 or lease is not null)",
                service.clock.now(),
            )
            if due <= count:
                return
            await asyncio.sleep(0.02)


async def replayed(service: Touchpoint) -> None:
    while True:
        async with transaction(service.pool) as conn:
            if not await replay_pages(conn, service.clock.now()):
                return


class TestAWebhook:
    async def test_is_told_once_what_it_asked_for_signed(self, service: Touchpoint):
        async with receiving() as receiver, receiving() as other, delivering(service):
            made = await subscribe(service, receiver, types=[RELEASED], org="/north")
            everything = await subscribe(service, other, customer_id="c2")
            told = await happen(service, ("c1", 1), place="/north/b7")
            told += await happen(service, ("c1", 2), place="/south/b1")
            told += await happen(service, ("c2", 1), ("c1", 3), kind=RECALLED)
            await hear(service, told)  # the relay has sent it twice
            told += await happen(service, ("c2", 2))
            await receiver.until(2)
            await other.until(2)
            await settled(service)
            assert sorted(receiver.ids()) == ["c1.1", "c2.2"]
            assert sorted(other.ids()) == ["c2.1", "c2.2"]
            (first,) = [event for event in receiver.events if event["id"] == "c1.1"]
            assert (first["_verified"], first["_signatures"]) == (1, 1)
            assert first["type"] == RELEASED
            assert first["time"] == "2026-03-03T12:00:00.000000Z"
            body = await service.pool.fetchval("select body from timeline where customer_id = 'c1' and seq = 1")
            assert first["data"] == body
            found = await deliveries(service, made)
            assert {(d["state"], d["attempts"], d["last_status"]) for d in found.values()} == {("delivered", 1, 204)}
            assert (await see(service, everything))["waiting"] == 0

    async def test_shows_its_secret_once_and_stores_it_sealed(self, service: Touchpoint):
        async with receiving() as receiver:
            key = {"Idempotency-Key": "k1"}
            body = {"url": receiver.url}
            first = await service.call("POST", "/v1/webhooks", body, role="integrator", headers=key)
            again = await service.call("POST", "/v1/webhooks", body, role="integrator", headers=key)
            secret = first.json()["secret"]
            assert again.json() == first.json() | {"secret": None}
            assert again.headers["Idempotency-Replayed"] == "true"
            listed = (await service.call("GET", "/v1/webhooks", role="compliance")).text
            assert secret not in listed
            assert secret not in (await service.call("GET", first.headers["location"], role="operator")).text
            for table in ("webhooks", "idempotency_keys"):
                rows = await service.pool.fetch(f"select * from {table}")
                assert rows
                assert secret not in repr([dict(row) for row in rows])
            await service.call("POST", "/v1/webhooks", body, role="compliance", expect=403)

    async def test_is_signed_with_both_secrets_while_one_replaces_the_other(self, service: Touchpoint):
        async with receiving() as receiver, delivering(service):
            made = await subscribe(service, receiver)
            path = f"/v1/webhooks/{made['webhook_id']}/secret-rotations"
            rotated = (await service.call("POST", path, {"overlap_hours": 2}, role="integrator")).json()
            assert rotated["secret"] != made["secret"]
            receiver.secrets = [rotated["secret"], made["secret"]]
            await asyncio.sleep(1.1)  # until the worker has looked again
            await happen(service, ("c1", 1))
            await receiver.until(1)
            assert (receiver.events[0]["_verified"], receiver.events[0]["_signatures"]) == (2, 2)
            service.clock.move(START + timedelta(hours=3))
            receiver.secrets = [rotated["secret"]]
            await asyncio.sleep(1.1)
            await happen(service, ("c1", 2))
            await receiver.until(2)
            assert (receiver.events[1]["_verified"], receiver.events[1]["_signatures"]) == (1, 1)

    async def test_whose_secret_does_not_open_waits_for_a_new_one(self, service: Touchpoint):
        async with receiving() as receiver:
            made = await subscribe(service, receiver)
            await happen(service, ("c1", 1))
            other = service.app.state.settings.model_copy(update={"webhook_key": "another"})
            service.app.state.settings = other
            async with delivering(service):
                await asyncio.sleep(0.3)
                assert receiver.events == []
                path = f"/v1/webhooks/{made['webhook_id']}/secret-rotations"
                rotated = await service.call("POST", path, {"overlap_hours": 0}, role="integrator")
                receiver.secrets = [rotated.json()["secret"]]
                await receiver.until(1)
                assert receiver.events[0]["_verified"] == 1

    async def test_is_described_anew_by_who_knows_its_present_state(self, service: Touchpoint):
        async with receiving() as receiver:
            made = await subscribe(service, receiver)
            path = f"/v1/webhooks/{made['webhook_id']}"
            body = {"url": receiver.url, "description": "other", "state": "paused"}
            changed = await service.call("PUT", path, body, role="integrator", headers={"If-Match": '"1"'})
            assert (changed.json()["description"], changed.json()["state"]) == ("other", "paused")
            await service.call("PUT", path, body, role="integrator", headers={"If-Match": '"1"'}, expect=412)
            await service.call("DELETE", path, role="integrator", expect=204)
            await service.call("DELETE", path, role="integrator", expect=404)
            await service.call("GET", path, role="integrator", expect=404)

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            ({"url": "http://127.0.0.1:9/in"}, "address-forbidden"),
            ({"url": "https://127.0.0.1/in"}, "address-forbidden"),
            ({"url": "https://2130706433/in"}, "address-forbidden"),
            ({"url": "https://localhost/in"}, "address-forbidden"),
            ({"url": "https://169.254.169.254/latest/meta-data"}, "address-forbidden"),
            ({"url": "https://[::ffff:10.0.0.1]/in"}, "address-forbidden"),
            ({"url": "http://93.184.215.14/in"}, "address-forbidden"),
            ({"url": "https://no-such-host.invalid/in"}, "address-forbidden"),
            ({"url": "ftp://93.184.215.14/in"}, "validation"),
            ({"url": "https://me:secret@93.184.215.14/in"}, "validation"),
            ({"url": "https://93.184.215.14/in", "types": ["no.such.type"]}, "validation"),
            ({"url": "https://93.184.215.14/in", "types": [f"{RELEASED},{RECALLED}"]}, "validation"),
        ],
    )
    async def test_leads_into_no_network_that_the_settings_do_not_open(
        self, service: Touchpoint, body: dict[str, Any], kind: str
    ):
        service.app.state.webhook_addresses = Addresses(())
        answer = await service.call("POST", "/v1/webhooks", body, role="integrator", expect=422)
        assert answer.json()["type"] == kind

    async def test_is_not_posted_to_once_its_host_leads_elsewhere(self, service: Touchpoint):
        async with receiving() as receiver:
            made = await subscribe(service, receiver)
            service.app.state.settings = service.app.state.settings.model_copy(update={"webhook_allowed_networks": ""})
            async with delivering(service):
                await happen(service, ("c1", 1))
                async with asyncio.timeout(5):
                    while not (await deliveries(service, made))["c1.1"]["last_error"]:
                        await asyncio.sleep(0.02)
            assert receiver.events == []
            assert "must not reach" in (await deliveries(service, made))["c1.1"]["last_error"]


class TestDeliveries:
    async def test_are_tried_again_and_in_the_end_given_up_and_sent_once_more_when_asked_for(self, service: Touchpoint):
        async with receiving(answer=lambda _: 503) as receiver, delivering(service):
            made = await subscribe(service, receiver)
            await happen(service, ("c1", 1))
            for hours in (0, 1, 10, 24, 48, 66):
                service.clock.move(START + timedelta(hours=hours))
                count = len(receiver.events)
                await settled(service)
                assert hours == 0 or len(receiver.events) > count - 1
            service.clock.move(START + timedelta(hours=72, minutes=1))
            await settled(service)
            (dead,) = (await deliveries(service, made)).values()
            assert (dead["state"], dead["last_status"], dead["next_try"]) == ("dead", 503, None)
            assert dead["attempts"] == len(receiver.events) >= 6
            assert set(receiver.ids()) == {"c1.1"}
            receiver.answer = lambda _: 200
            asked = await self.replay(service, made, dead_letters=True)
            await replayed(service)
            await settled(service)
            assert (await see(service, made, f"/replays/{asked['replay_id']}"))["queued"] == 1
            (back,) = (await deliveries(service, made)).values()
            assert (back["state"], back["attempts"]) == ("delivered", 1)

    async def test_wait_as_long_as_the_endpoint_asks(self, service: Touchpoint):
        async with receiving(answer=lambda _: 429, headers="Retry-After: 3600\r\n") as receiver, delivering(service):
            made = await subscribe(service, receiver)
            await happen(service, ("c1", 1))
            await receiver.until(1)
            await settled(service)
            (one,) = (await deliveries(service, made)).values()
            assert datetime.fromisoformat(one["next_try"]) == START + timedelta(hours=1)

    async def test_follow_no_redirect(self, service: Touchpoint):
        async with receiving() as target, receiving(answer=lambda _: 307) as receiver, delivering(service):
            receiver.headers = f"Location: {target.url}\r\n"
            made = await subscribe(service, receiver)
            await happen(service, ("c1", 1))
            await receiver.until(1)
            await settled(service)
            assert target.events == []
            assert (await deliveries(service, made))["c1.1"]["last_status"] == 307

    async def test_of_a_customer_come_in_order_when_that_is_asked_for(self, service: Touchpoint):
        refused = set()

        def first_time(event: dict[str, Any]) -> int:
            if event["id"].endswith(".1") and event["id"] not in refused:
                refused.add(event["id"])
                return 500
            return 200

        async with receiving(answer=first_time, delay=0.01) as receiver, delivering(service):
            made = await subscribe(service, receiver, ordered=True)
            await happen(service, *((f"c{n % 5}", 1 + n // 5) for n in range(40)))
            await receiver.until(5)
            await settled(service, count=35)
            assert sorted(receiver.ids()) == [f"c{n}.1" for n in range(5)], "the others wait for their first one"
            service.clock.move(START + timedelta(minutes=1))
            await receiver.until(45)
            await settled(service)
            for n in range(5):
                of_one = [each for each in receiver.ids() if each.startswith(f"c{n}.")]
                assert of_one == [f"c{n}.1", *(f"c{n}.{seq}" for seq in range(1, 9))]
            assert {d["state"] for d in (await deliveries(service, made)).values()} == {"delivered"}

    async def test_to_a_slow_endpoint_hold_up_no_other(self, service: Touchpoint):
        async with receiving(delay=30) as slow, receiving() as quick, delivering(service):
            await subscribe(service, slow)
            await subscribe(service, quick)
            await happen(service, *(("c1", seq) for seq in range(1, 301)))
            began = asyncio.get_running_loop().time()
            await quick.until(300)
            assert asyncio.get_running_loop().time() - began < 5
            assert len(slow.events) <= 4 * 5, "four at a time, each until its time is over"

    async def test_to_a_paused_webhook_wait_and_then_go_or_are_buried(self, service: Touchpoint):
        async with receiving() as receiver, delivering(service):
            made = await subscribe(service, receiver, state="paused")
            path = f"/v1/webhooks/{made['webhook_id']}"
            await happen(service, ("c1", 1))
            service.clock.move(START + timedelta(days=3, seconds=1))
            await happen(service, ("c1", 2))
            async with transaction(service.pool) as conn:
                await tidy(7)(conn, service.clock.now())
            await service.call("PUT", path, {"url": receiver.url}, role="integrator")
            await receiver.until(1)
            await settled(service)
            found = await deliveries(service, made)
            assert (found["c1.1"]["state"], found["c1.2"]["state"]) == ("dead", "delivered")
            assert receiver.ids() == ["c1.2"]
            service.clock.move(START + timedelta(days=11))
            async with transaction(service.pool) as conn:
                await tidy(7)(conn, service.clock.now())
            assert list(await deliveries(service, made)) == ["c1.1"], "dead letters stay longer"

    async def test_of_an_erased_customer_are_gone(self, service: Touchpoint):
        async with receiving() as receiver:
            made = await subscribe(service, receiver)
            await service.hear(service.customer("c1"))
            await happen(service, ("c1", 1), ("c2", 1))
            async with transaction(service.pool) as conn:
                from touchpoint_service.repository.replicas import erase

                await erase(conn, ["c1"])
            assert list(await deliveries(service, made)) == ["c2.1"]

    @staticmethod
    async def replay(service: Touchpoint, made: dict[str, Any], expect: int = 202, **body: Any) -> dict[str, Any]:
        path = f"/v1/webhooks/{made['webhook_id']}/replays"
        answer = await service.call("POST", path, body, role="integrator", expect=expect)
        found: dict[str, Any] = answer.json()
        return found


class TestAnEndpoint:
    async def test_that_says_it_is_gone_is_told_nothing_more(self, service: Touchpoint):
        async with receiving(answer=lambda _: 410) as receiver, delivering(service):
            made = await subscribe(service, receiver, description="CRM")
            await happen(service, ("c1", 1))
            await receiver.until(1)
            await settled(service)
            await happen(service, ("c1", 2))
            seen = await see(service, made)
            assert (seen["state"], seen["disabled_why"], seen["waiting"]) == ("disabled", "gone", 0)
            (notice,) = await service.pool.fetch("select * from outbox_events where topic = 'touchpoint.webhooks'")
            assert notice["type"] == "touchpoint.webhook.disabled.v1"
            assert notice["key"] == made["webhook_id"]
            assert orjson.loads(notice["value"])["description"] == "CRM"
            assert len(receiver.events) == 1
            # Somebody mends it; what happened meanwhile comes by a replay.
            receiver.answer = lambda _: 200
            path = f"/v1/webhooks/{made['webhook_id']}"
            await TestDeliveries.replay(service, made, 409, event_ids=["c1.2"])
            await service.call("PUT", path, {"url": receiver.url}, role="integrator")
            await TestDeliveries.replay(service, made, event_ids=["c1.2", "c1.1"])
            await replayed(service)
            await receiver.until(3)
            assert sorted(receiver.ids()[1:]) == ["c1.1", "c1.2"]

    async def test_that_fails_for_days_is_left_alone(self, service: Touchpoint):
        async with receiving(answer=lambda _: 500) as receiver, delivering(service):
            made = await subscribe(service, receiver)
            await happen(service, *(("c1", seq) for seq in range(1, 26)))
            await receiver.until(25)
            await settled(service)
            seen = await see(service, made)
            assert (seen["state"], seen["failures"]) == ("active", 25)
            assert datetime.fromisoformat(seen["failing_since"]) == START
            # One that comes through: it works again.
            receiver.answer = lambda event: 200 if event["id"] == "c1.26" else 500
            await asyncio.sleep(1.1)
            await happen(service, ("c1", 26))
            await receiver.until(26)
            await settled(service)
            assert (await see(service, made))["failures"] == 0
            await happen(service, *(("c2", seq) for seq in range(1, 26)))
            await receiver.until(51)
            await settled(service)
            service.clock.move(START + timedelta(days=3))
            await settled(service, count=1000)
            async with asyncio.timeout(5):
                while (await see(service, made))["state"] == "active":
                    await asyncio.sleep(0.02)
            assert (await see(service, made))["disabled_why"] == "failing"
            assert await service.pool.fetchval(
                "select count(*) from outbox_events where topic = $1", "touchpoint.webhooks"
            )

    async def test_can_be_pinged_in_any_state(self, service: Touchpoint):
        async with receiving() as receiver, delivering(service):
            made = await subscribe(service, receiver, state="paused")
            path = f"/v1/webhooks/{made['webhook_id']}/pings"
            answer = await service.call("POST", path, role="integrator", expect=202)
            await receiver.until(1)
            await settled(service)
            assert receiver.events[0]["type"] == "ping"
            assert receiver.events[0]["_verified"] == 1
            seen = (await service.call("GET", answer.headers["location"], role="integrator")).json()
            assert (seen["state"], seen["last_status"]) == ("delivered", 204)
            receiver.answer = lambda _: 500
            answer = await service.call("POST", path, role="integrator", expect=202)
            await receiver.until(2)
            await settled(service)
            seen = (await service.call("GET", answer.headers["location"], role="integrator")).json()
            assert (seen["state"], seen["last_status"]) == ("dead", 500)
            assert (await see(service, made))["failures"] == 0


class TestAReplay:
    async def test_of_a_time_sends_again_what_the_webhook_takes(self, service: Touchpoint):
        async with receiving() as receiver:
            told = []
            for hour in range(6):
                service.clock.move(START + timedelta(hours=hour))
                told += await happen(service, (f"c{hour}", 1), (f"c{hour}", 2), place="/north/b7")
                await happen(service, (f"c{hour}", 3), place="/south/b7")
                await happen(service, (f"c{hour}", 4), kind=RECALLED)
            service.clock.move(START + timedelta(hours=6))
            made = await subscribe(service, receiver, types=[RELEASED], org="north")
            await hear(service, told)  # late: they were before there was this webhook
            assert await deliveries(service, made) == {}
            since, until = START + timedelta(hours=1), START + timedelta(hours=4)
            asked = await TestDeliveries.replay(service, made, since=since.isoformat(), until=until.isoformat())
            assert (asked["state"], asked["progress"], asked["kind"]) == ("running", 0.0, "time")
            await TestDeliveries.replay(service, made, 409, since=since.isoformat())
            await replayed(service)
            seen = await see(service, made, f"/replays/{asked['replay_id']}")
            assert (seen["state"], seen["progress"], seen["queued"]) == ("finished", 1.0, 6)
            async with delivering(service):
                await receiver.until(6)
                await settled(service)
            assert sorted(receiver.ids()) == sorted(f"c{n}.{seq}" for n in (1, 2, 3) for seq in (1, 2))
            listed = await see(service, made, "/replays")
            assert [each["replay_id"] for each in listed["items"]] == [asked["replay_id"]]

    async def test_of_much_goes_in_pages_and_can_be_cancelled(self, service: Touchpoint):
        async with receiving() as receiver:
            await service.pool.execute(
                """
                insert into timeline (customer_id, seq, at, type, body)
                select 'k' || n, 1, $1::timestamptz + n * interval '0.1 second', $2, json_build_object('seq', 1)
                from generate_series(0, 7999) as n
                """,
                START - timedelta(hours=1),
                RELEASED,
            )
            made = await subscribe(service, receiver)
            asked = await TestDeliveries.replay(service, made, since="0001-01-01T00:00:00+14:00")
            path = f"/replays/{asked['replay_id']}"
            seen = []
            for _ in range(200):
                async with transaction(service.pool) as conn:
                    more = await replay_pages(conn, service.clock.now())
                seen.append(await see(service, made, path))
                if not more:
                    break
            queued = [each["queued"] for each in seen]
            assert queued == sorted(queued)
            assert all(0 <= after - before <= 1000 for before, after in zip([0, *queued], queued, strict=False))
            assert seen[-1]["state"] == "running", "while much waits for the webhook, the replay waits"
            assert 5000 <= queued[-1] < 8000
            assert 0 < seen[-1]["progress"] < 1
            full = f"/v1/webhooks/{made['webhook_id']}{path}"
            cancelled = (await service.call("DELETE", full, role="integrator", expect=200)).json()
            assert (cancelled["state"], cancelled["queued"]) == ("cancelled", queued[-1])
            await replayed(service)
            assert (await see(service, made, path))["queued"] == queued[-1]

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"dead_letters": True, "event_ids": ["c1.1"]},
            {"until": "2026-03-03T12:00:00Z"},
            {"since": "2026-03-03T12:00:00Z", "until": "2026-03-03T11:00:00Z"},
            {"event_ids": ["nonsense"]},
            {"since": "2026-03-03T12:00:00Z", "until": "0001-01-01T00:00:00+14:00"},
            {"event_ids": ["c1.99999999999999999999"]},
        ],
    )
    async def test_that_makes_no_sense_is_refused(self, service: Touchpoint, body: dict[str, Any]):
        async with receiving() as receiver:
            made = await subscribe(service, receiver)
            await TestDeliveries.replay(service, made, 422, **body)


@contextmanager
def worker(service: Touchpoint, infrastructure: Endpoints) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process that tells webhooks."""
    told = {
        "TOUCHPOINT_ENVIRONMENT": "test",
        "TOUCHPOINT_DATABASE_URL": service.app.state.settings.database_url,
        "TOUCHPOINT_KAFKA_BOOTSTRAP": infrastructure.kafka_bootstrap,
        "TOUCHPOINT_WORKER_PORT": "0",
        "TOUCHPOINT_WEBHOOK_ALLOWED_NETWORKS": LOCAL,
        "TOUCHPOINT_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-m", "touchpoint_service.worker", "--only", "webhooks"]
    with subprocess.Popen(command, env=os.environ | told) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=20)


class TestAKilledWorker:
    @pytest.mark.timeout(600)
    async def test_is_followed_by_one_that_sends_the_rest_under_the_same_ids(
        self, service: Touchpoint, infrastructure: Endpoints, unique: str
    ):
        await topics.apply(infrastructure.kafka_bootstrap)
        count = 400
        service.clock.move(START + timedelta(hours=1))  # what other tests have left in the log was before the webhook
        at = service.clock.now().isoformat()
        ours = [(f"{unique}-{n % 20}", 1 + n // 20) for n in range(count)]  # other tests write to the log meanwhile
        async with receiving(delay=0.05) as receiver:
            made = await subscribe(service, receiver)
            await happen(service, *ours)
            await service.pool.execute("update webhook_deliveries set next_try = now() - interval '1 second'")
            await service.pool.execute("update webhook_deliveries set queued_at = now()")
            sessions = """
                select count(*) from pg_stat_activity
                where datname = current_database() and application_name = 'touchpoint-worker'
            """
            with worker(service, infrastructure) as process:
                await receiver.until(100, 120)
                process.kill()
                process.wait()
            cut = len(receiver.events)
            async with asyncio.timeout(30):
                while await service.pool.fetchval(sessions):  # what the server had begun for it may still lease
                    await asyncio.sleep(0.05)
            dead = await service.pool.fetchval(
                "select array_agg(distinct lease) from webhook_deliveries where lease is not null"
            )
            # As when the lease has ended, or the pause before the next try.
            hurry = """
                update webhook_deliveries set next_try = now()
                where next_try > now() and (lease is null or lease = any($1))
            """
            with worker(service, infrastructure):
                async with asyncio.timeout(120):
                    while (await see(service, made))["waiting"]:
                        await service.pool.execute(hurry, dead or [])
                        await asyncio.sleep(0.05)
                # And the whole way, from the log: an event that the relay sends twice comes once.
                before = len(receiver.events)
                await happen(service, (unique, 1), (unique, 2), heard=False)
                async with writing(infrastructure.kafka_bootstrap) as log:
                    await log.write([unique], seq=1, at=at)
                    await log.write([unique], seq=1, at=at)
                    await log.write([unique], seq=2, at=at)
                await receiver.until(before + 2, 120)
                async with asyncio.timeout(60):
                    while (await see(service, made))["waiting"]:
                        await asyncio.sleep(0.05)
                assert sorted(receiver.ids()[before:]) == [f"{unique}.1", f"{unique}.2"]
                del receiver.events[before:]
        assert cut < count
        assert set(receiver.ids()) == {f"{customer_id}.{seq}" for customer_id, seq in ours}
        assert len(receiver.events) <= count + 2 * 16, "only what was under way is sent twice"
        assert all(event["_verified"] == 1 for event in receiver.events)
        states = await service.pool.fetch(
            "select state, count(*) from webhook_deliveries where customer_id like $1 || '%' group by state", unique
        )
        assert {row["state"]: row["count"] for row in states} == {"delivered": count + 2}
