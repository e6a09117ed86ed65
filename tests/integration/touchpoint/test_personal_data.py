"""What touchpoint shows and keeps of a customer's phone, which it holds sealed."""

from __future__ import annotations

from typing import Any

import httpx2
import orjson
import pytest
from structlog.testing import capture_logs

from rapport.contracts.profile import CustomerUpserted
from touchpoint_service.senders import Sender, sms_sender

Touchpoint = Any

PHONE = "+4930123456"


async def pop_up(touchpoint: Touchpoint, expect: int = 201, **who: Any) -> dict[str, Any]:
    body = {"channel": "hotline", **who}
    answer = await touchpoint.call("POST", "/v1/popups", body, role="hotline_agent", expect=expect)
    found: dict[str, Any] = answer.json()
    return found


async def leases(touchpoint: Touchpoint, role: str, **headers: str) -> list[dict[str, Any]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await touchpoint.call("POST", "/v1/channels/call/leases", {"limit": 10}, role=role, headers=named)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


class TestPopUpByPhone:
    @pytest.mark.parametrize(
        "who",
        [
            {"phone": PHONE},
            {"phone": "+49 (0)30 123456"},
            {"phone": "030 123456", "country": "DE"},
            {"phone": "0049 30 123456", "country": "DE"},
        ],
    )
    async def test_finds_the_customer_however_it_is_dialled(self, touchpoint: Touchpoint, who: dict[str, Any]):
        assert (await pop_up(touchpoint, **who))["customer_id"] == "c1"

    async def test_says_what_it_cannot_read_and_does_not_repeat_it(self, touchpoint: Touchpoint):
        for phone in ("030 123456", "call me", "+49"):
            found = await pop_up(touchpoint, 422, phone=phone)
            assert found["errors"][0]["pointer"] == "#/phone"
            assert phone not in str(found)

    async def test_a_phone_of_two_customers_tells_neither(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.customer("c2"))
        await pop_up(touchpoint, 404, phone=PHONE)

    async def test_follows_a_change_of_the_phone(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.customer(version=2, phone="+4930999999"))
        await pop_up(touchpoint, 404, phone=PHONE)
        assert (await pop_up(touchpoint, phone="+4930999999"))["customer_id"] == "c1"

    async def test_looks_the_index_up(self, touchpoint: Touchpoint):
        """Whatever the planner thinks of a table of one row: the index is there and serves."""
        async with touchpoint.pool.acquire() as conn, conn.transaction():
            await conn.execute("set local enable_seqscan = off")
            plan = await conn.fetch("explain select id from replica_customers where doc->>'phone_index' = $1", "0" * 32)
        assert "replica_customers_phone_index" in str(plan)


class TestLease:
    async def test_shows_the_number_to_who_may_read_it_and_logs_that(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        with capture_logs() as logs:
            (item,) = await leases(touchpoint, "outbound_agent")
        assert item["customer"]["phone"] == PHONE
        (line,) = [line for line in logs if line["event"] == "personal_data_read"]
        assert (line["where"], line["subject"], line["customers"]) == ("lease_contacts", "tester", ["c1"])
        assert PHONE not in str(logs)

    async def test_shows_nothing_personal_to_others_and_logs_nothing(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        with capture_logs() as logs:
            (item,) = await leases(touchpoint, "channel_system")
        assert item["customer"] == {"name": "A***", "phone": None, "language": "en", "grade": None}
        assert [line for line in logs if line["event"] == "personal_data_read"] == []

    async def test_an_answer_kept_for_a_retry_is_kept_sealed(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        first = await leases(touchpoint, "outbound_agent", Idempotency_Key="k1")
        again = await leases(touchpoint, "outbound_agent", Idempotency_Key="k1")
        assert first == again
        assert first[0]["customer"]["phone"] == PHONE
        (kept,) = await touchpoint.pool.fetch("select body from idempotency_keys")
        assert not any(word in kept["body"] for word in (PHONE.encode(), b"Ada", b"c1"))

    async def test_an_answer_kept_in_clear_before_is_given_again(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        await leases(touchpoint, "outbound_agent", Idempotency_Key="k1")
        await touchpoint.pool.execute("update idempotency_keys set body = $1", b'{"items":[]}')
        assert await leases(touchpoint, "outbound_agent", Idempotency_Key="k1") == []

    async def test_a_phone_that_does_not_open_hides_no_other(self, touchpoint: Touchpoint):
        other = touchpoint.customer("c2")
        await touchpoint.hear(touchpoint.customer(version=2, phone_sealed=other.phone_sealed), other)
        await touchpoint.hear(touchpoint.request(), touchpoint.request("r2", "c2"))
        with capture_logs() as logs:
            found = {
                item["customer_id"]: item["customer"]["phone"] for item in await leases(touchpoint, "outbound_agent")
            }
        assert found == {"c1": None, "c2": PHONE}
        assert ("phone_unreadable", "c1") in [(line["event"], line.get("customer")) for line in logs]


async def test_a_document_in_clear_from_before_is_good_for_a_call(touchpoint: Touchpoint):
    plain = touchpoint.customer(version=2, phone=None).model_dump() | {"phone": PHONE}
    await touchpoint.hear(CustomerUpserted.model_validate(plain))
    await touchpoint.hear(touchpoint.request())
    (item,) = await leases(touchpoint, "outbound_agent")
    assert item["customer"]["phone"] == PHONE


async def test_an_sms_goes_to_the_number_and_one_that_does_not_open_is_put_off(touchpoint: Touchpoint):
    other = touchpoint.customer("c2")
    await touchpoint.hear(touchpoint.customer(version=2, phone_sealed=other.phone_sealed), other)
    await touchpoint.hear(*[touchpoint.request(f"r-{who}", who, channels=["sms"]) for who in ("c1", "c2")])
    sent = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(orjson.loads(request.content)["to"])
        return httpx2.Response(202, json={})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        state = touchpoint.app.state
        send = sms_sender(state.settings, client)
        sender = Sender("sms", send, state.pool, touchpoint.clock, state.gate, state.catalogue.document, str)
        with capture_logs() as logs:
            assert await sender.once() == 2
            assert await sender.once() == 0
    assert sent == [PHONE]
    assert PHONE not in str(logs)
    states = await touchpoint.pool.fetch("select customer_id, state, next_try from contacts order by customer_id")
    assert [(row["customer_id"], row["state"]) for row in states] == [("c1", "open"), ("c2", "sent")]
    assert states[0]["next_try"] > touchpoint.clock.now()
