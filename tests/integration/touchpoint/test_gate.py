"""Requests through the consumer and the API: released, deferred, suppressed, expired, withdrawn; and each only once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint


async def test_a_request_is_released_once_however_often_it_comes(touchpoint: Touchpoint):
    request = touchpoint.request()
    await touchpoint.hear(request, request)
    await touchpoint.hear(request)
    assert await touchpoint.kinds() == ["contact.released"]
    assert await touchpoint.states() == {"call": "open"}


async def test_what_the_cap_stops_waits_and_goes_at_the_exact_instant(touchpoint: Touchpoint):
    await touchpoint.hear(*[touchpoint.request(f"r{n}") for n in range(3)])
    contact = await touchpoint.pool.fetch("select contact_id from contacts")
    await touchpoint.hear(*[touchpoint.said(row["contact_id"], "refused") for row in contact])
    await touchpoint.tick(hours=1)
    await touchpoint.hear(touchpoint.request("late"))
    deferred = (await touchpoint.timeline())[-1]
    assert (deferred["kind"], deferred["because"]["reason"]) == ("contact.deferred", "frequency_cap")
    assert deferred["because"]["counter"] == 3
    await touchpoint.tick(days=6, hours=22, minutes=59, seconds=59)
    assert (await touchpoint.kinds())[-1] == "contact.deferred"
    await touchpoint.tick(seconds=1)
    assert (await touchpoint.kinds())[-1] == "contact.released"
    assert touchpoint.clock.now() == START + timedelta(days=7)


async def test_a_slot_given_back_goes_to_the_most_important_that_waits(touchpoint: Touchpoint):
    await touchpoint.hear(*[touchpoint.request(f"r{n}") for n in range(3)])
    await touchpoint.hear(
        touchpoint.request("plain"), touchpoint.request("care", contact_class="service", category="care")
    )
    first = await touchpoint.contact()
    await touchpoint.hear(touchpoint.said(first, "no_answer"))
    released = [e["request_id"] for e in await touchpoint.timeline() if e["kind"] == "contact.released"]
    assert released[-1] == "care"
    assert len(released) == 4


async def test_what_waits_is_decided_by_the_policy_of_its_moment(touchpoint: Touchpoint):
    await touchpoint.put_in_force(POLICY | {"quiet_hours": [{"name": "all-day", "start": "00:00", "end": "23:59"}]})
    await touchpoint.hear(touchpoint.request(expires_at=START + timedelta(days=2)))
    closed = {"name": "closed", "limit": 0, "window": {"kind": "rolling", "hours": 1}}
    await touchpoint.put_in_force(POLICY | {"frequency_caps": [closed]})
    await touchpoint.tick(hours=11)
    assert await touchpoint.kinds() == ["contact.deferred", "contact.suppressed"]


async def test_a_contact_nobody_takes_up_expires_and_gives_its_slot_back(touchpoint: Touchpoint):
    await touchpoint.hear(*[touchpoint.request(f"r{n}", expires_at=START + timedelta(hours=5)) for n in range(3)])
    await touchpoint.hear(touchpoint.request("next"))
    await touchpoint.tick(hours=5)
    kinds = await touchpoint.kinds()
    assert kinds.count("contact.expired") == 3
    assert kinds[-1] == "contact.released"


async def test_without_a_policy_nothing_goes(bare: Touchpoint):
    await bare.hear(bare.customer(), bare.offer(), bare.plan())
    await bare.hear(bare.request())
    assert (await bare.timeline())[0]["because"]["reason"] == "no_policy"


async def test_what_is_unknown_waits_and_goes_once_it_is_known(bare: Touchpoint):
    await bare.put_in_force(POLICY)
    await bare.hear(bare.request())
    assert (await bare.timeline())[-1]["because"]["reason"] == "unknown_customer"
    await bare.hear(bare.customer())
    await bare.tick()
    assert (await bare.timeline())[-1]["because"]["rule"] == "unknown-campaign"
    await bare.hear(bare.plan())
    await bare.tick()
    assert (await bare.timeline())[-1]["because"]["rule"] == "unknown-offer"
    await bare.hear(bare.offer())
    await bare.tick()
    assert (await bare.kinds())[-1] == "contact.released"
    await bare.check()


async def test_stop_means_stop(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request("open"), touchpoint.request("later", not_before=START + timedelta(days=1)))
    await touchpoint.hear(touchpoint.plan("stopped", version=2))
    await touchpoint.tick()
    await touchpoint.hear(touchpoint.request("after"))
    await touchpoint.tick(days=2)
    timeline = await touchpoint.timeline()
    assert {e["request_id"]: (e["kind"], e.get("reason") or e["because"]["reason"]) for e in timeline[1:]} == {
        "open": ("contact.recalled", "campaign_stopped"),
        "after": ("contact.suppressed", "campaign_stopped"),
        "later": ("contact.suppressed", "campaign_stopped"),
    }
    assert await touchpoint.states() == {"call": "recalled"}


async def test_a_paused_plan_holds_its_requests_until_it_runs_again(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.plan("paused", version=2))
    await touchpoint.hear(touchpoint.request())
    await touchpoint.tick(days=1)
    await touchpoint.hear(touchpoint.plan("running", version=3))
    await touchpoint.tick()
    assert await touchpoint.kinds() == ["contact.deferred", "contact.released"]


async def test_withdrawal_ends_what_waits_and_recalls_what_is_out(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request("out"), touchpoint.request("waits", not_before=START + timedelta(days=1)))
    for request_id in ("out", "waits", "out"):
        await touchpoint.call("POST", f"/v1/contact-requests/{request_id}/withdrawal", role="channel_system")
    assert (await touchpoint.kinds())[1:] == ["contact.recalled", "contact.withdrawn"]
    await touchpoint.tick(days=2)
    assert len(await touchpoint.kinds()) == 3


async def test_consent_withdrawn_while_waiting_stops_the_contact(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request(not_before=START + timedelta(days=1)))
    await touchpoint.hear(touchpoint.customer(version=2, consents=[]))
    await touchpoint.tick(days=1)
    assert (await touchpoint.timeline())[-1]["because"]["reason"] == "no_consent"


async def test_erasure_leaves_nothing(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request())
    contact = await touchpoint.contact()
    from rapport.db import transaction
    from rapport.replica import Replica
    from touchpoint_service.handlers.replicas import customers_changed

    keep = Replica("replica_customers", touchpoint.pool, on_changes=customers_changed(touchpoint.clock))
    async with transaction(touchpoint.pool) as conn:
        await keep.apply(conn, [touchpoint.envelope(None, topic="profile.customers", key="c1")])
    for table in ("standings", "requests", "contacts", "timeline", "reports", "popups"):
        assert await touchpoint.pool.fetchval(f"select count(*) from {table} where customer_id = 'c1'") == 0
    assert await touchpoint.pool.fetchval("select count(*) from replica_customers") == 0
    told = await touchpoint.pool.fetchval(
        "select count(*) from outbox_events where type = 'touchpoint.contact.recalled.v1' and key = 'c1'"
    )
    assert told == 1
    assert contact
    await touchpoint.pool.execute("delete from outbox")


QUESTION = {
    "request_id": "now1",
    "customer_id": "c1",
    "channels": ["call"],
    "purpose": "marketing",
    "category": "loans",
    "contact_class": "marketing",
}


class TestDecisions:
    async def ask(self, touchpoint: Touchpoint, **changes):
        answer = await touchpoint.call("POST", "/v1/decisions", QUESTION | changes, role="channel_system")
        return answer.json()

    async def test_released_reserves_and_the_same_question_gets_the_same_answer(self, touchpoint: Touchpoint):
        first = await self.ask(touchpoint)
        assert first["state"] == "released"
        assert await self.ask(touchpoint) == first
        assert await touchpoint.kinds() == ["contact.released"]

    async def test_deferred_tells_when_and_keeps_nothing_waiting(self, touchpoint: Touchpoint):
        await touchpoint.hear(*[touchpoint.request(f"r{n}") for n in range(3)])
        found = await self.ask(touchpoint)
        assert (found["state"], found["because"]["reason"]) == ("deferred", "frequency_cap")
        assert (await touchpoint.kinds())[-2:] == ["contact.deferred", "contact.withdrawn"]

    async def test_with_an_expiry_it_waits(self, touchpoint: Touchpoint):
        await touchpoint.hear(*[touchpoint.request(f"r{n}") for n in range(3)])
        found = await self.ask(touchpoint, expires_at=(START + timedelta(days=8)).isoformat())
        assert found["state"] == "deferred"
        await touchpoint.tick(days=7)
        shown = await touchpoint.call("GET", "/v1/contact-requests/now1", role="compliance")
        assert shown.json()["state"] == "released"
        assert [h["kind"] for h in shown.json()["history"]] == ["contact.deferred", "contact.released"]

    async def test_unknown_customer_is_a_decision(self, touchpoint: Touchpoint):
        found = await self.ask(touchpoint, customer_id="nobody")
        assert found["because"]["reason"] == "unknown_customer"


async def test_many_decisions_about_a_new_offer_do_not_wait_for_each_other(touchpoint: Touchpoint):
    """More than the pool has connections, each in its transaction, and none knows the offer's newest version yet."""
    document = touchpoint.offer("o2", goal="other").model_dump_json()
    await touchpoint.pool.execute("insert into replica_offers values ('o2', 1, $1)", document)
    wish = {"channels": ["web"], "purpose": "marketing", "category": "loans", "contact_class": "marketing"}
    async with asyncio.timeout(20):
        answers = await asyncio.gather(
            *(
                touchpoint.call(
                    "POST",
                    "/v1/decisions",
                    wish | {"request_id": f"n{number}", "customer_id": "c1", "offer_id": "o2"},
                    role="channel_system",
                )
                for number in range(60)
            )
        )
    assert [answer.json()["state"] for answer in answers].count("released") == 3
