"""Pre-emption on the real database: who yields, who does not, and what becomes of the request that yielded."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.integration.touchpoint.conftest import POLICY, Touchpoint
from tests.integration.touchpoint.test_one_budget import capped


@pytest.fixture
async def full(touchpoint: Touchpoint) -> Touchpoint:
    """One contact a week, and a marketing call has it."""
    await touchpoint.put_in_force(capped(1))
    await touchpoint.hear(touchpoint.request("ad"))
    assert await touchpoint.kinds() == ["contact.released"]
    return touchpoint


def care(touchpoint: Touchpoint, request_id: str = "care", **changes):
    return touchpoint.request(request_id, contact_class="service", goal="care", offer_id=None, **changes)


async def state(touchpoint: Touchpoint, request_id: str) -> str:
    found: str = await touchpoint.pool.fetchval("select state from requests where request_id = $1", request_id)
    return found


class TestTaking:
    async def test_the_slot_of_a_waiting_contact_and_its_request_waits_again(self, full: Touchpoint):
        lost = await full.contact()
        await full.hear(care(full))
        kinds = await full.kinds()
        assert kinds == ["contact.released", "contact.recalled", "contact.released", "contact.deferred"]
        recalled, released, deferred = (await full.timeline())[1:]
        assert (recalled["contact_id"], recalled["reason"], recalled["state"]) == (lost, "pre_empted", "open")
        assert (released["request_id"], recalled["caused_by"]) == ("care", released["contact_id"])
        assert (deferred["request_id"], deferred["because"]["reason"]) == ("ad", "frequency_cap")
        assert (await state(full, "ad"), await state(full, "care")) == ("live", "released")

    async def test_is_told_in_words(self, full: Touchpoint):
        await full.hear(care(full))
        answer = await full.call("GET", "/v1/customers/c1/timeline", role="compliance")
        assert "Recalled from call: a more important contact took its place." in [
            e["text"] for e in answer.json()["items"]
        ]
        answer = await full.call("GET", "/v1/customers/c1/timeline?lang=zh-CN", role="compliance")
        assert "已从外呼召回：被更重要的接触取代。" in [e["text"] for e in answer.json()["items"]]

    async def test_the_request_that_yielded_goes_out_when_there_is_room(self, full: Touchpoint):
        await full.hear(care(full))
        await full.tick(hours=168)
        assert await state(full, "ad") == "released"
        newest = (await full.timeline())[-1]
        assert (newest["kind"], newest["request_id"]) == ("contact.released", "ad")

    async def test_a_question_takes_it_too(self, full: Touchpoint):
        body = {
            "request_id": "now",
            "customer_id": "c1",
            "channels": ["call"],
            "purpose": "marketing",
            "category": "care",
            "contact_class": "service",
        }
        answer = await full.call("POST", "/v1/decisions", body, role="channel_system")
        assert answer.json()["state"] == "released"
        assert await state(full, "ad") == "live"

    async def test_the_agent_who_fetches_next_gets_the_more_important_one(self, full: Touchpoint):
        await full.hear(care(full))
        answer = await full.call("POST", "/v1/channels/call/leases", {"limit": 5}, role="outbound_agent")
        assert [item["request_id"] for item in answer.json()["items"]] == ["care"]


class TestNotTaking:
    async def test_from_an_agent_who_has_it_in_hand(self, full: Touchpoint):
        await full.call("POST", "/v1/channels/call/leases", {"limit": 1}, role="outbound_agent")
        await full.hear(care(full))
        assert await full.kinds() == ["contact.released", "contact.deferred"]
        assert (await state(full, "ad"), await state(full, "care")) == ("released", "live")

    async def test_from_a_message_that_is_about_to_be_sent(self, touchpoint: Touchpoint):
        await touchpoint.put_in_force(capped(1))
        await touchpoint.hear(touchpoint.request("ad", channels=["sms"]))
        await touchpoint.hear(care(touchpoint))
        assert await touchpoint.kinds() == ["contact.released", "contact.deferred"]

    async def test_but_from_one_that_waits_for_the_morning(self, touchpoint: Touchpoint):
        await touchpoint.put_in_force(capped(1))
        await touchpoint.hear(touchpoint.request("ad", channels=["sms"]))
        morning = touchpoint.clock.now() + timedelta(hours=8)
        await touchpoint.pool.execute("update contacts set next_try = $1", morning)
        await touchpoint.hear(care(touchpoint))
        assert (await state(touchpoint, "ad"), await state(touchpoint, "care")) == ("live", "released")

    async def test_from_an_equal(self, full: Touchpoint):
        await full.hear(full.request("other", score=1.0))
        assert await full.kinds() == ["contact.released", "contact.deferred"]

    async def test_once_the_agent_gives_it_back_the_next_look_takes_it(self, full: Touchpoint):
        body = {"limit": 1, "seconds": 60}
        await full.call("POST", "/v1/channels/call/leases", body, role="outbound_agent")
        await full.hear(care(full))
        await full.tick(seconds=61)
        await full.hear(full.request("nudge"))  # whatever has the customer looked at
        assert await state(full, "care") == "released"


class TestAtOnce:
    async def test_fetching_and_taking_race_and_never_both_happen(self, touchpoint: Touchpoint):
        customers = [f"c{n}" for n in range(2, 42)]
        await touchpoint.put_in_force(capped(1))
        await touchpoint.hear(*(touchpoint.customer(c) for c in customers))
        await touchpoint.hear(*(touchpoint.request(f"ad{c}", c) for c in customers))

        async def fetch() -> list[str]:
            answer = await touchpoint.call("POST", "/v1/channels/call/leases", {"limit": 4}, role="outbound_agent")
            return [item["contact_id"] for item in answer.json()["items"]]

        fetching = [fetch() for _ in range(10)]
        taking = [touchpoint.hear(care(touchpoint, f"care{c}", customer_id=c)) for c in customers]
        done = await asyncio.gather(*fetching, *taking)
        in_hand = {contact for found in done[:10] for contact in found or ()}
        taken = {
            row[0]
            for row in await touchpoint.pool.fetch(
                "select contact_id from timeline where type = 'touchpoint.contact.recalled.v1'"
            )
        }
        assert not in_hand & taken
        standing = await touchpoint.pool.fetch("select body from standings where customer_id = any($1)", customers)
        assert [len(row["body"]["e"]) for row in standing] == [1] * len(customers)
        await touchpoint.check()

    async def test_a_batch_in_which_all_yield_in_turn(self, touchpoint: Touchpoint):
        """Marketing, then retention, then service, each in a batch of its own: the last has the slot."""
        await touchpoint.put_in_force(POLICY | {"frequency_caps": capped(1)["frequency_caps"]})
        for contact_class in ("marketing", "retention", "service"):
            await touchpoint.hear(touchpoint.request(contact_class, contact_class=contact_class))
        states = {c: await state(touchpoint, c) for c in ("marketing", "retention", "service")}
        assert states == {"marketing": "live", "retention": "live", "service": "released"}


class TestPopUp:
    async def test_does_not_show_a_contact_whose_slot_is_taken_while_it_is_made(self, touchpoint: Touchpoint):
        """A more important request waits for its hour, which has come when the customer appears; no timer ran yet."""
        one_of_each = capped(1)["frequency_caps"][0] | {"scope": "category"}
        await touchpoint.put_in_force(POLICY | {"frequency_caps": [one_of_each]})
        await touchpoint.hear(touchpoint.offer("o2", goal="card", category="cards"))
        await touchpoint.hear(touchpoint.request("ad", channels=["branch"]))
        later = touchpoint.clock.now() + timedelta(hours=1)
        await touchpoint.hear(care(touchpoint, not_before=later))
        touchpoint.clock.move(later)
        body = {"customer_id": "c1", "channel": "branch", "limit": 3}
        shown = await touchpoint.call("POST", "/v1/popups", body, role="branch_agent")
        recalled = [e["contact_id"] for e in await touchpoint.timeline() if e["kind"] == "contact.recalled"]
        delivered = [e["contact_id"] for e in await touchpoint.timeline() if e["kind"] == "contact.delivered"]
        assert len(recalled) == 1
        assert not set(recalled) & {offer["contact_id"] for offer in shown.json()["offers"]}
        assert not set(recalled) & set(delivered)
