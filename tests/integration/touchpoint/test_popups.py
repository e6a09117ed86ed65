"""The pop-up and its answers, as counters and hotlines see them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.integration.touchpoint.conftest import START, Touchpoint
from tests.integration.touchpoint.test_one_budget import capped

from rapport.contracts.offers import AcceptanceRefused
from rapport.roles import ROLES


async def show(touchpoint: Touchpoint, role: str = "branch_agent", **body):
    plain = {"customer_id": "c1", "channel": "branch"}
    answer = await touchpoint.call("POST", "/v1/popups", plain | body, role=role)
    return answer.json()


def refusal(acceptance_id: str) -> AcceptanceRefused:
    return AcceptanceRefused(
        acceptance_id=acceptance_id,
        customer_id="c1",
        offer_id="o1",
        goal="loan",
        channel="branch",
        at=START,
        reason="sold-out",
    )


class TestPopups:
    async def test_shows_what_interested_first_then_by_rank_with_script_and_history(self, touchpoint: Touchpoint):
        await touchpoint.hear(
            touchpoint.offer("low", priority=1),
            touchpoint.offer("high", priority=900, goal="card"),
            touchpoint.request(),
        )
        await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "interested"))
        found = await show(touchpoint, lang="zh-CN")
        assert [o["offer_id"] for o in found["offers"]] == ["o1", "high", "low"]
        assert found["offers"][0]["script"] == "Say it."
        assert found["offers"][0]["title"] == "优惠"
        assert [h["text"] for h in found["history"]] == ["外呼：有意向（优惠）。", "已下发至外呼（优惠）。"]
        assert (await touchpoint.kinds())[-2:] == ["contact.released", "contact.delivered"]

    async def test_the_same_customer_within_a_minute_gets_the_same(self, touchpoint: Touchpoint):
        first = await show(touchpoint)
        assert await show(touchpoint) == first
        await touchpoint.tick(minutes=1)
        assert (await show(touchpoint))["popup_id"] != first["popup_id"]

    async def test_a_contact_that_waits_for_the_customer_comes_first(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.offer("top", priority=999), touchpoint.request(channels=["branch"]))
        waiting = await touchpoint.contact("branch")
        found = await show(touchpoint)
        assert [(o["offer_id"], o["contact_id"] == waiting) for o in found["offers"]] == [("o1", True), ("top", False)]

    async def test_an_acceptance_at_the_counter_recalls_the_call(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        found = await show(touchpoint)
        body = {"answers": [{"offer_id": "o1", "answer": "accepted"}]}
        for _ in range(2):
            await touchpoint.call("POST", f"/v1/popups/{found['popup_id']}/answers", body, role="branch_agent")
        kinds = await touchpoint.kinds()
        assert kinds[-2:] == ["contact.responded", "contact.recalled"]
        assert (await touchpoint.states())["call"] == "recalled"
        await touchpoint.tick(minutes=5)
        assert (await show(touchpoint))["offers"] == []

    async def test_a_used_budget_shows_nothing_new_and_says_why(self, touchpoint: Touchpoint):
        await touchpoint.hear(*[touchpoint.request(f"r{n}") for n in range(3)])
        found = await show(touchpoint)
        assert found["offers"] == []
        assert found["not_now"][0]["because"]["reason"] == "frequency_cap"
        assert "3 of 3" in found["not_now"][0]["text"]

    async def test_by_phone_and_unknown(self, touchpoint: Touchpoint):
        assert (await show(touchpoint, customer_id=None, phone="+4930123456"))["customer_id"] == "c1"
        for who in ({"phone": "+4930999999"}, {"account": "none"}, {"customer_id": "nobody"}):
            body = {"channel": "branch"} | who
            await touchpoint.call("POST", "/v1/popups", body, role="branch_agent", expect=404)
        await touchpoint.call("POST", "/v1/popups", {"channel": "branch"}, role="branch_agent", expect=422)

    async def test_an_answer_to_what_was_not_shown_is_refused(self, touchpoint: Touchpoint):
        found = await show(touchpoint)
        body = {"answers": [{"offer_id": "none", "answer": "accepted"}]}
        answer = await touchpoint.call(
            "POST", f"/v1/popups/{found['popup_id']}/answers", body, role="branch_agent", expect=422
        )
        assert answer.json()["errors"][0]["pointer"] == "#/answers/0/offer_id"


class TestSending:
    """An offer of the pop-up by SMS or e-mail."""

    async def send(self, touchpoint: Touchpoint, popup_id: str, expect: int = 202, role: str = "hotline_agent", **body):
        path, plain = f"/v1/popups/{popup_id}/messages", {"offer_id": "o1", "channel": "sms"}
        return (await touchpoint.call("POST", path, plain | body, role=role, expect=expect)).json()

    async def test_it_is_a_contact_of_its_own_asked_for_once_and_by_this_agent(self, touchpoint: Touchpoint):
        popup = await show(touchpoint, role="hotline_agent", channel="hotline")
        sent = await self.send(touchpoint, popup["popup_id"])
        assert (sent["state"], sent["channel"], sent["text"]) == ("released", "sms", None)
        assert sent["contact_id"] not in {o["contact_id"] for o in popup["offers"]}
        assert await self.send(touchpoint, popup["popup_id"]) == sent
        assert (await touchpoint.states())["sms"] == "open"
        released = [e for e in await touchpoint.timeline() if e.get("contact_id") == sent["contact_id"]]
        assert [(e["kind"], e["purpose"], e["contact_class"], e["offer_id"], e["goal"]) for e in released] == [
            ("contact.released", "marketing", "service", "o1", "loan")
        ]
        assert (released[0]["agent"], released[0]["unit"]) == ("tester", "/")
        other = await self.send(touchpoint, popup["popup_id"], channel="email")
        assert other["request_id"] != sent["request_id"]
        await touchpoint.check()

    async def test_what_may_not_go_says_why_in_words(self, touchpoint: Touchpoint):
        await touchpoint.put_in_force(capped(1))
        popup = await show(touchpoint)
        late = await self.send(touchpoint, popup["popup_id"], role="branch_agent", lang="zh-CN")
        assert (late["state"], late["contact_id"], late["because"]["reason"]) == ("suppressed", None, "frequency_cap")
        assert "1" in late["text"]
        assert not late["text"].isascii()
        await touchpoint.hear(touchpoint.customer(version=2, do_not_disturb_until="2030-01-01T00:00:00+00:00"))
        never = await self.send(touchpoint, popup["popup_id"], role="branch_agent", channel="email")
        assert never["state"] == "suppressed"
        assert never["text"] == "the customer does not want to be disturbed"

    async def test_an_acceptance_takes_it_back(self, touchpoint: Touchpoint):
        popup = await show(touchpoint)
        sent = await self.send(touchpoint, popup["popup_id"], role="branch_agent")
        body = {"answers": [{"offer_id": "o1", "answer": "accepted"}]}
        await touchpoint.call("POST", f"/v1/popups/{popup['popup_id']}/answers", body, role="branch_agent")
        assert (await touchpoint.states())["sms"] == "recalled"
        assert (await self.send(touchpoint, popup["popup_id"], role="branch_agent"))["contact_id"] == sent["contact_id"]

    async def test_only_what_was_shown_where_a_message_goes(self, touchpoint: Touchpoint):
        popup = await show(touchpoint)
        problem = await self.send(touchpoint, popup["popup_id"], expect=422, offer_id="none")
        assert problem["errors"][0]["pointer"] == "#/offer_id"
        await self.send(touchpoint, popup["popup_id"], expect=422, channel="call")
        await self.send(touchpoint, "pop_none", expect=404)
        await self.send(touchpoint, popup["popup_id"], expect=403, role="compliance")


class TestWhatToKnow:
    """What is on the screen besides the offers."""

    async def test_who_is_there_masked_for_who_may_not_read_it(self, touchpoint: Touchpoint, monkeypatch):
        greeting = {"name": "Ada", "phone": "+4930123456", "language": "de", "grade": None}
        await touchpoint.hear(touchpoint.customer(version=2, name="Ada", language="de"))
        assert (await show(touchpoint))["greeting"] == greeting
        stored = await touchpoint.pool.fetchval("select body::text from popups")
        assert "Ada" not in stored
        monkeypatch.setitem(ROLES, "kiosk", frozenset({"touchpoint.popup"}))
        assert (await show(touchpoint, "kiosk"))["greeting"] == greeting | {"name": "A***", "phone": None}

    async def test_what_was_promised_is_told_until_somebody_comes_back_to_it(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        due = START + timedelta(days=2)
        await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "call_back", call_back_at=due))
        (promise,) = (await show(touchpoint))["promises"]
        assert (promise["offer_id"], promise["overdue"], promise["due_at"]) == ("o1", False, due.isoformat())
        assert promise["text"] == (
            "Asked in a call on Tue 03 Mar 13:00 to be called back about Offer o1, on Thu 05 Mar 13:00."
        )
        await touchpoint.tick(days=3)
        again = await show(touchpoint, lang="zh-CN")
        assert again["promises"][0]["overdue"]
        assert (
            again["promises"][0]["text"] == "客户于 2026-03-03 13:00（外呼）要求就“优惠”回电，时间 2026-03-05 13:00。"
        )
        assert again["offers"][0]["why"]["kind"] == "promised"
        said = {"answers": [{"offer_id": "o1", "answer": "refused"}]}
        await touchpoint.call("POST", f"/v1/popups/{again['popup_id']}/answers", said, role="branch_agent")
        await touchpoint.tick(days=1)
        assert (await show(touchpoint))["promises"] == []

    async def test_who_has_complained_is_warned_of(self, touchpoint: Touchpoint):
        assert (await show(touchpoint))["warnings"] == []
        await touchpoint.hear(touchpoint.request())
        await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "complaint"))
        await touchpoint.call("POST", "/v1/freezes", {"customer_id": "c1"}, role="complaint_desk", expect=201)
        found = await show(touchpoint, channel="hotline")
        assert [w["kind"] for w in found["warnings"]] == ["complaint_open", "complained"]
        assert found["warnings"][1]["text"] == "Complained in a call on Tue 03 Mar 13:00."
        assert found["offers"] == []

    async def test_what_the_customer_has_is_not_to_be_offered_and_why(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.offer("o2", goal="loan"), touchpoint.offer("o3", goal="card"))
        await touchpoint.hear(touchpoint.request())
        await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "accepted"))
        found = await show(touchpoint)
        assert [o["offer_id"] for o in found["offers"]] == ["o3"]
        reasons = {n["offer_id"]: (n["because"]["reason"], n["text"]) for n in found["not_now"]}
        assert reasons["o1"] == ("already_accepted", "The customer has it.")
        assert reasons["o2"][0] == "goal_met"

    async def test_offers_are_told_by_their_titles(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "interested"))
        found = await show(touchpoint)
        assert found["history"][0] == {"at": found["at"], "channel": "call", "text": "Call: interested (Offer o1)."}
        assert found["offers"][0]["why"]["text"] == "Was interested in a call on Tue 03 Mar 13:00."


class TestSale:
    """What the ledger says to a yes."""

    async def say_yes(self, touchpoint: Touchpoint, popup, **headers: str):
        body = {"answers": [{"offer_id": "o1", "answer": "accepted"}]}
        path = f"/v1/popups/{popup['popup_id']}/answers"
        answer = await touchpoint.call("POST", path, body, role="branch_agent", headers=headers)
        return answer.json()["answers"][0]["sale"]

    async def test_of_an_offer_without_limit_is_not_waited_for(self, touchpoint: Touchpoint):
        sale = await self.say_yes(touchpoint, await show(touchpoint))
        assert sale["state"] == "pending"
        assert sale["acceptance_id"].startswith("acc_")

    async def test_of_limited_stock_is_waited_for_and_the_refusal_is_this_answer(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.offer("o1", version=2, stock=5))
        popup = await show(touchpoint)

        async def refuse() -> None:
            while not (ids := [e.get("acceptance_id") for e in await touchpoint.timeline() if e.get("acceptance_id")]):
                await asyncio.sleep(0.01)
            await touchpoint.hear(refusal(str(ids[0])))

        key = {"Idempotency-Key": "k-1"}
        sale, _ = await asyncio.gather(self.say_yes(touchpoint, popup, **key), refuse())
        assert (sale["state"], sale["reason"]) == ("refused", "sold-out")
        assert sale["text"] == "Sold out: none is left for this customer."
        assert await self.say_yes(touchpoint, popup, **key) == sale  # as it was first answered in the end
        assert (await touchpoint.call("GET", "/v1/customers/c1/standing", role="compliance")).json()["goals_met"] == []

    async def test_that_the_ledger_is_slow_to_settle_is_pending(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.offer("o1", version=2, stock=5))
        touchpoint.app.state.settings = touchpoint.app.state.settings.model_copy(update={"sale_answer_seconds": 0.1})
        assert (await self.say_yes(touchpoint, await show(touchpoint)))["state"] == "pending"
