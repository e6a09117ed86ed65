"""Telephone numbers on the whole system: at rest in clear nowhere, masked in every answer, and enough for a pop-up."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from aiokafka import AIOKafkaProducer
from tests.e2e.conftest import DIALER, STEWARD, House, until

from rapport.auth import mint_token
from rapport.contracts.channel import CustomerReported
from rapport.contracts.envelope import headers
from rapport.db import connect
from rapport.messaging.partition import partition_for
from rapport.messaging.topics import all_topics, with_dead_letters
from rapport.roles import ROLES
from rapport.settings import DEVELOPMENT_KEY
from rapport.testing.parts import SERVICES
from rapport_cli.checker.logs import KafkaLog
from rapport_cli.desk import Person
from rapport_cli.replay.setting import import_file

AGENT = Person("hotline_agent", "hal")
BLIND = sorted(role for role, permissions in ROLES.items() if "profile.read_pii" not in permissions)
"""The roles whose holders must not see personal data, not even if they hold all of them."""
SAID_IN_CLEAR = "channel.customers"
"""What source systems write, and what was broken in it: they have no keys."""


@dataclass
class People:
    """Customers that came in by each way, and what must not be seen of them."""

    phones: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)
    offer_id: str = ""
    campaign_id: str = ""

    @property
    def ids(self) -> list[str]:
        return list(self.phones)

    def needles(self) -> list[str]:
        """The numbers without prefix, as text and as PostgreSQL shows bytes."""
        digits = [phone[3:] for phone in self.phones.values()]
        return digits + [one.encode().hex() for one in digits]


def personal(customer_id: str, phone: str) -> dict[str, Any]:
    """A customer all of whose personal data can be told from anything else."""
    return {
        "name": f"Planted {customer_id[::-1]}",
        "phone": phone,
        "email": f"planted.{customer_id[::-1]}@example.org",
        "account": f"acct-{customer_id[::-1]}",
        "birth_date": "1971-02-03",
    }


_known: list[People] = []


@pytest.fixture
async def people(house: House) -> People:
    """Once for all tests of this file."""
    if not _known:
        _known.append(await come_in(house))
    return _known[0]


async def come_in(house: House) -> People:
    found, run = People(), secrets.token_hex(4)
    for way in ("http", "kafka", "import", "listed"):
        found.phones[f"pii-{run}-{way}"] = f"+49151{secrets.randbelow(90_000_000) + 10_000_000}"
    http, kafka, imported, listed = found.phones.items()
    consents = [
        {"channel": c, "purpose": "marketing", "granted": True, "at": "2026-01-01T00:00:00Z", "source": "test"}
        for c in ("call", "sms", "email")
    ]
    plain = {"country": "DE", "time_zone": "Europe/Berlin", "consents": consents}
    key = {"Idempotency-Key": f"put-{run}"}
    await house.desk.call("profile", "PUT", f"/customers/{http[0]}", personal(*http) | plain, by=STEWARD, headers=key)
    await report(
        house,
        CustomerReported(customer_id=kafka[0], report_id=f"r-{run}", at=datetime.now(UTC), **personal(*kafka), **plain),
    )
    header = ",".join(("id", *personal(*imported)))
    row = ",".join((imported[0], *personal(*imported).values()))
    columns = {"id": "customer_id"} | {name: name for name in personal(*imported)}
    mapping = {"columns": columns, "defaults": {"country": "DE"}}
    _, state = await import_file(house.desk, f"{header}\n{row}\n".encode(), mapping, 1, lambda _: None)
    assert (state["accepted"], state["rejected"]) == (1, 0)
    body = {"phones": [listed[1]], "source": "regulator"}
    await house.desk.call("profile", "POST", "/do-not-call-lists", body, by=STEWARD)
    await house.desk.call("profile", "PUT", f"/customers/{listed[0]}", personal(*listed), by=STEWARD)
    for customer_id in found.ids:
        await house.known_everywhere(customer_id)
    found.offer_id = await house.offer()
    found.campaign_id = await house.campaign(found.offer_id, [http[0], kafka[0]], ("sms", "call"))

    async def held() -> bool:
        found.contacts = await house.held(http[0])
        return set(found.contacts) == {"sms", "call"}

    await until(held, "an SMS and a call are released")
    return found


async def report(house: House, said: CustomerReported) -> None:
    """Tell of a customer as a source system does."""
    producer = AIOKafkaProducer(bootstrap_servers=house.running.endpoints.kafka_bootstrap)
    await producer.start()
    key = said.customer_id.encode()
    partitions = next(topic.partitions for topic in all_topics() if topic.name == said.topic)
    told = headers(event_id=said.report_id, event_type=said.event_type, source="crm", at=said.at.isoformat())
    try:
        await producer.send_and_wait(
            said.topic, said.model_dump_json().encode(), key, partition=partition_for(key, partitions), headers=told
        )
    finally:
        await producer.stop()


async def test_a_message_goes_to_the_number_that_nobody_stored(house: House, people: People) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        for customer_id in people.ids[:2]:
            contact_id = (await house.held(customer_id))["sms"]
            address = f"{house.running.urls['simulators']}/messages?reference={contact_id}"

            async def sent(address: str = address) -> Any:
                return (await client.get(address)).json()["items"]

            (message,) = await until(sent, "the provider has the message")
            assert message["to"] == people.phones[customer_id]


async def test_the_dialer_gets_the_number_twice_under_one_key_and_only_who_may_read_it(
    house: House, people: People
) -> None:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    items = [
        (
            await house.desk.call("touchpoint", "POST", "/channels/call/leases", {"limit": 500}, by=DIALER, headers=key)
        ).json()["items"]
        for _ in range(2)
    ]
    assert items[0] == items[1]
    numbers = {item["customer_id"]: item["customer"]["phone"] for item in items[0]}
    assert {numbers[customer_id] for customer_id in people.ids[:2]} == set(list(people.phones.values())[:2])


async def test_profile_shows_it_by_role_and_finds_it_however_it_is_dialled(house: House, people: People) -> None:
    for customer_id, phone in people.phones.items():
        for query in (f"phone=%2B{phone[1:]}", f"phone=0{phone[3:]}&country=DE"):
            found = (await house.desk.call("profile", "GET", f"/customers?{query}", by=STEWARD)).json()["items"]
            assert [(one["customer_id"], one["phone"]) for one in found] == [(customer_id, phone)]
    marked = (await house.desk.call("profile", "GET", f"/customers/{people.ids[3]}", by=STEWARD)).json()
    assert marked["do_not_call"] is True


async def test_no_number_lies_in_clear_in_any_table(house: House, people: People) -> None:
    seen = set()
    for service in SERVICES:
        conn = await connect(house.running.databases[service])
        try:
            tables = await conn.fetch("select quote_ident(tablename) from pg_tables where schemaname = 'public'")
            for (table,) in tables:
                texts = f"(select row_to_json(t)::text as text from {table} t) as shown"
                query = f"select count(*) from {texts} where position($1 in text) > 0"
                for needle in people.needles():
                    assert await conn.fetchval(query, needle) == 0, f"{service}.{table} holds a phone"
                if await conn.fetchval(query, personal(people.ids[0], "")["email"]):
                    seen.add(f"{service}.{table}")
        finally:
            await conn.close()
    assert seen >= {"profile.customers", "touchpoint.replica_customers"}, "the same search finds what is in clear"


async def test_no_number_lies_in_clear_on_any_topic_of_ours(house: House, people: People) -> None:
    heard = set()
    async with KafkaLog(house.running.endpoints.kafka_bootstrap) as log:
        for topic in with_dead_letters(all_topics()):
            if topic.name.endswith(SAID_IN_CLEAR) or not any((await log.ends(topic.name)).values()):
                continue
            async for page in log.read(topic.name):
                for record in page:
                    value = (record.value or b"").decode(errors="replace")
                    for phone in people.phones.values():
                        assert phone not in value, f"{topic.name} holds a phone"
                    if people.ids[0] in value:
                        heard.add(topic.name)
    assert "profile.customers" in heard


async def test_no_answer_shows_personal_data_to_those_who_may_not_read_it(house: House, people: People) -> None:
    token = mint_token(DEVELOPMENT_KEY, roles=BLIND, subject="blind")
    known = await places(house, people)
    answered = set()
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30) as client:
        for service in SERVICES:
            base = house.running.api(service)
            document = (await client.get(f"{base}/openapi.json")).json()
            for path, operations in document["paths"].items():
                if "get" not in operations or "/events" in path:
                    continue
                for values in known:
                    address = re.sub(r"\{(\w+)\}", lambda m, v=values: v.get(m[1], "none"), path)  # type: ignore[misc]
                    answer = await client.get(base + address)
                    check(answer, people, f"GET {path}")
                    if answer.status_code == httpx2.codes.OK:
                        answered.add(f"{service} {path}")
        posts = [("/v1/channels/call/leases", {"limit": 500, "seconds": 10})]
        for path, body in posts:
            answer = await client.post(f"{house.running.api('touchpoint')}{path}", json=body)
            assert answer.is_success
            check(answer, people, f"POST {path}")
    assert {
        "profile /v1/customers",
        "profile /v1/customers/{customer_id}",
        "touchpoint /v1/customers/{customer_id}/timeline",
        "touchpoint /v1/contacts/{contact_id}",
        "campaign /v1/campaigns/{campaign_id}",
        "offers /v1/customers/{customer_id}/eligible-offers",
    } <= answered, sorted(answered)


async def places(house: House, people: People) -> list[dict[str, str]]:
    """Values for the path parameters of routes, for each customer."""
    timeline = await house.timeline(people.ids[0])
    common = {
        "campaign_id": people.campaign_id,
        "offer_id": people.offer_id,
        "policy_id": "e2e",
        "version": "1",
        "channel": "call",
        "contact_id": people.contacts["call"],
        "request_id": next(entry["request_id"] for entry in timeline if entry.get("request_id")),
    }
    return [{**common, "customer_id": customer_id} for customer_id in people.ids]


def check(answer: httpx2.Response, people: People, where: str) -> None:
    for customer_id, phone in people.phones.items():
        for name, value in personal(customer_id, phone).items():
            assert name == "birth_date" or value not in answer.text, f"{where} shows the {name}"
        assert phone[3:] not in answer.text, f"{where} shows the number"
    assert "1971-02-03" not in answer.text, f"{where} shows the birth date"


async def test_a_pop_up_by_phone_needs_no_other_service(house: House, people: People) -> None:
    killed = [f"{service}-{part}" for service in ("profile", "offers", "campaign") for part in ("api", "worker")]
    for name in killed:
        house.system.kill(name)
    try:
        assert {one.name for one in house.system.status() if not one.ready} >= set(killed)
        for customer_id, phone in people.phones.items():
            for who in ({"phone": phone}, {"phone": f"0{phone[3:6]} {phone[6:]}", "country": "DE"}):
                body = {"channel": "hotline", **who}
                answer = await house.desk.call("touchpoint", "POST", "/popups", body, by=AGENT)
                assert answer.json()["customer_id"] == customer_id
        account = {"channel": "branch", "account": personal(*next(iter(people.phones.items())))["account"]}
        answer = await house.desk.call("touchpoint", "POST", "/popups", account, by=Person("branch_agent", "bea"))
        assert answer.json()["customer_id"] == people.ids[0]
    finally:
        for name in killed:
            house.system.restart(name, wait=False)
        for name in killed:

            async def ready(name: str = name) -> bool:
                return next(one.ready for one in house.system.status() if one.name == name)

            await until(ready, f"{name} is back", 60)
