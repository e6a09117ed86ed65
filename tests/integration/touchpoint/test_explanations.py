"""Explanations by the API: every rule's figures, who won, in two languages, now and for earlier decisions."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.touchpoint.conftest import POLICY, Touchpoint
from tests.integration.touchpoint.test_one_budget import appear, capped

from touchpoint_service.api.explanations import preferred


async def explained(touchpoint: Touchpoint, request_id: str, query: str = "", **headers: str) -> dict[str, Any]:
    path = f"/v1/contact-requests/{request_id}/explanation{query}"
    answer = await touchpoint.call("GET", path, role="compliance", headers=headers)
    found: dict[str, Any] = answer.json()
    return found


def rule(found: dict[str, Any], kind: str, channel: str = "call") -> dict[str, Any]:
    looks = next(c["rules"] for c in found["rules_by_channel"] if c["channel"] == channel)
    return next(look for look in looks if look["kind"] == kind)


@pytest.fixture
async def in_shanghai(touchpoint: Touchpoint) -> Touchpoint:
    """A customer in Shanghai, one contact a week, and a retention request that has won it from a marketing one."""
    await touchpoint.put_in_force(capped(1))
    await touchpoint.hear(touchpoint.customer(version=2, time_zone="Asia/Shanghai"))
    await touchpoint.hear(
        touchpoint.request("ad"), touchpoint.request("stay", contact_class="retention", goal="renewal", offer_id=None)
    )
    return touchpoint


class TestDeferral:
    async def test_every_rule_with_its_figures(self, in_shanghai: Touchpoint):
        found = await explained(in_shanghai, "ad")
        assert (found["decision"], found["policy_version"], found["time_zone"]) == ("deferred", 2, "Asia/Shanghai")
        assert found["because"]["reason"] == "frequency_cap"
        assert [look["kind"] for look in found["rules"]] == [
            "stale_replica",
            "campaign_stopped",
            "goal_met",
            "do_not_disturb",
            "not_eligible",
        ]
        assert not any(look["objects"] for look in found["rules"])
        cap = rule(found, "frequency_cap")
        assert (cap["rule"], cap["objects"], cap["counter"], cap["limit"]) == ("three-a-week", True, 1, 1)
        assert cap["window_first"] == "2026-02-24T12:00:00.000001Z"
        assert cap["window_last"] == "2026-03-03T12:00:00Z"
        assert cap["until"] == "2026-03-10T12:00:00+00:00"

    async def test_who_competed_and_who_won(self, in_shanghai: Touchpoint):
        found = await explained(in_shanghai, "ad")
        (other,) = found["competitors"]
        assert (other["request_id"], other["contact_class"], other["decision"]) == ("stay", "retention", "released")
        assert (other["ahead"], found["place"]) == (True, 2)
        (holder,) = found["held_by"]
        assert (holder["request_id"], holder["won_together"]) == ("stay", True)
        winner = await explained(in_shanghai, "stay")
        assert (winner["place"], winner["competitors"][0]["ahead"]) == (1, False)

    async def test_in_english(self, in_shanghai: Touchpoint):
        first, *others = (await explained(in_shanghai, "ad"))["sentences"]
        assert first == (
            "Not called: 1 of 1 contacts in the last 7 days (rule three-a-week); "
            "frees on Tuesday 10 March 2026 at 20:00 Shanghai time."
        )
        assert others == [
            "Won by: renewal, class retention.",
            "Decided together with 1 other request, as number 2 by class, score and age.",
            "By version 2 of the policy house.",
        ]

    async def test_in_chinese(self, in_shanghai: Touchpoint):
        chinese = [
            "未外呼：最近 7 天内已有 1/1 次接触（规则 three-a-week）；名额将于北京时间 2026-03-10 星期二 20:00 释放。",
            "胜出：renewal（等级：挽留）。",
            "与其他 1 个请求一并决定，按等级、得分和先后排第 2 位。",
            "依据策略 house 第 2 版。",
        ]
        assert (await explained(in_shanghai, "ad", "?lang=zh-CN"))["sentences"] == chinese
        headers = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
        assert (await explained(in_shanghai, "ad", **headers))["sentences"] == chinese
        assert (await explained(in_shanghai, "ad", "?lang=en", **headers))["sentences"][0].startswith("Not called")

    async def test_says_which_language_it_is_in(self, in_shanghai: Touchpoint):
        path = "/v1/contact-requests/ad/explanation"
        answer = await in_shanghai.call("GET", path, role="compliance", headers={"Accept-Language": "zh"})
        assert (answer.headers["content-language"], answer.headers["vary"]) == ("zh-CN", "Accept-Language")


class TestOtherDecisions:
    async def test_what_was_pre_empted(self, touchpoint: Touchpoint):
        await touchpoint.put_in_force(capped(1))
        await touchpoint.hear(touchpoint.request("ad"))
        await touchpoint.hear(touchpoint.request("care", contact_class="service", goal="care", offer_id=None))
        found = await explained(touchpoint, "care")
        assert found["decision"] == "released"
        assert [c["request_id"] for c in found["pre_empted"]] == ["ad"]
        assert "Took the place of: Offer o1, class marketing." in found["sentences"]
        loser = await explained(touchpoint, "ad")
        assert "Won by: care, class service." in loser["sentences"]
        assert [d["kind"] for d in loser["decisions"]] == ["released", "deferred"]

    async def test_an_earlier_one(self, in_shanghai: Touchpoint):
        await in_shanghai.tick(days=7)
        found = await explained(in_shanghai, "ad")
        assert found["decision"] == "released"
        assert found["sentences"][0] == (
            "Released to call on Tuesday 10 March 2026 at 20:00 Shanghai time: no rule objected."
        )
        first, last = found["decisions"]
        assert (first["kind"], last["kind"], last["seq"]) == ("deferred", "released", found["seq"])
        assert first["explained"]
        again = await explained(in_shanghai, "ad", f"?seq={first['seq']}")
        assert (again["decision"], again["seq"]) == ("deferred", first["seq"])

    async def test_the_facts_of_that_time_count_and_not_those_of_today(self, in_shanghai: Touchpoint):
        await in_shanghai.put_in_force(capped(9))
        await in_shanghai.hear(in_shanghai.customer(version=3, consents=[]), in_shanghai.plan("paused", version=2))
        found = await explained(in_shanghai, "ad")
        assert (found["because"]["reason"], found["policy_version"]) == ("frequency_cap", 2)

    async def test_a_contact(self, in_shanghai: Touchpoint):
        contact = await in_shanghai.contact()
        answer = await in_shanghai.call("GET", f"/v1/contacts/{contact}/explanation", role="compliance")
        assert (answer.json()["request_id"], answer.json()["contact_id"]) == ("stay", contact)

    async def test_a_pop_up(self, touchpoint: Touchpoint):
        popup = await appear(touchpoint, "branch")
        found = await explained(touchpoint, popup)
        assert (found["decision"], found["channel"], found["offer_id"]) == ("released", "branch", "o1")

    async def test_two_decisions_about_a_customer_in_one_transaction(self, touchpoint: Touchpoint):
        """A request that waits goes out along with a pop-up's own: both are explained, whichever is decided first."""
        await touchpoint.hear(touchpoint.plan("paused", version=2), touchpoint.request(channels=["web"]))
        await touchpoint.hear(touchpoint.plan("running", version=3))
        popup = await appear(touchpoint, "branch")
        assert (await explained(touchpoint, popup))["decision"] == "released"
        assert (await explained(touchpoint, "r1"))["decision"] == "released"

    async def test_without_policy_or_customer_no_rule_is_asked(self, bare: Touchpoint):
        await bare.hear(bare.request(customer_id="ghost"))
        found = await explained(bare, "r1")
        assert (found["because"]["reason"], found["rules"]) == ("no_policy", [])
        await bare.put_in_force(POLICY)
        await bare.tick(minutes=1)
        found = await explained(bare, "r1")
        assert found["because"]["reason"] == "unknown_customer"
        assert found["sentences"][0] == (
            "Not called: the customer is not known; looked at again on Tuesday 3 March 2026 at 13:02 Berlin time "
            "at the latest."
        )

    async def test_every_channel_that_was_asked_for(self, touchpoint: Touchpoint):
        night = {"name": "night", "channels": ["call"], "start": "08:00", "end": "20:00"}
        await touchpoint.put_in_force(POLICY | {"quiet_hours": [night]})
        await touchpoint.hear(touchpoint.request(channels=["call", "sms"]))
        found = await explained(touchpoint, "r1")
        assert found["channel"] == "sms"
        assert (rule(found, "quiet_hours")["objects"], rule(found, "quiet_hours", "sms")["objects"]) == (True, False)
        assert found["sentences"][1] == (
            "Call came first and could not be: it is quiet hours where the customer is (rule night)."
        )


class TestProblems:
    async def problem(self, touchpoint: Touchpoint, path: str, expect: int) -> str:
        answer = await touchpoint.call("GET", path, role="compliance", expect=expect)
        found: str = answer.json()["type"]
        return found

    async def test_nobody_knows_the_request_or_the_contact(self, touchpoint: Touchpoint):
        for path in ("/v1/contact-requests/none/explanation", "/v1/contacts/none/explanation"):
            assert (await self.problem(touchpoint, path, 404)).endswith("not-found")

    async def test_nothing_was_decided_yet_or_under_this_number(self, touchpoint: Touchpoint):
        later = touchpoint.clock.now().replace(day=20)
        await touchpoint.hear(touchpoint.request("later", not_before=later), touchpoint.request())
        path = "/v1/contact-requests/{}/explanation"
        assert (await self.problem(touchpoint, path.format("later"), 404)).endswith("no-such-decision")
        assert (await self.problem(touchpoint, path.format("r1") + "?seq=99", 404)).endswith("no-such-decision")

    async def test_the_facts_are_gone(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        path = "/v1/contact-requests/r1/explanation"
        await touchpoint.pool.execute("update timeline set facts_id = null")
        assert (await self.problem(touchpoint, path, 410)).endswith("facts-deleted")

    async def test_the_documents_are_gone(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        await touchpoint.hear(touchpoint.customer(version=2), touchpoint.offer(version=2))
        for table in ("offer_documents", "customer_documents"):
            await touchpoint.pool.execute(f"delete from {table}")
            path = "/v1/contact-requests/r1/explanation"
            assert (await self.problem(touchpoint, path, 410)).endswith("facts-deleted")

    async def test_who_may_not_see_timelines_may_not_see_why(self, touchpoint: Touchpoint):
        path = "/v1/contact-requests/r1/explanation"
        await touchpoint.call("GET", path, role="policy_editor", expect=403)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "en"),
        ("zh-CN", "zh"),
        ("ZH-hans-CN", "zh"),
        ("en;q=0.5, zh;q=0.6", "zh"),
        ("en, zh;q=0.9", "en"),
        ("zh;q=0", "en"),
        ("zh;q=x", "en"),
    ],
)
def test_the_preferred_language(header: str | None, language: str):
    assert preferred(header) == language
