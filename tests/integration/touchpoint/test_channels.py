"""Leases, quiet hours at hand-over and policies, as their callers see them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint


class TestLeases:
    async def fetch(self, touchpoint: Touchpoint, subject: str = "ann", **body):
        answer = await touchpoint.call("POST", "/v1/channels/call/leases", body, role="outbound_agent", subject=subject)
        return answer.json()["items"]

    async def test_nobody_gets_the_same_contact_twice(self, touchpoint: Touchpoint):
        await touchpoint.hear(*[touchpoint.customer(f"c{n}") for n in range(2, 40)])
        await touchpoint.hear(*[touchpoint.request(f"r{n}", f"c{n}") for n in range(2, 40)])
        rounds = await asyncio.gather(*[self.fetch(touchpoint, f"agent{n}", limit=6) for n in range(10)])
        taken = [item["contact_id"] for items in rounds for item in items]
        assert len(taken) == len(set(taken)) == 38

    async def test_the_most_important_first(self, touchpoint: Touchpoint):
        await touchpoint.hear(
            touchpoint.request("plain"),
            touchpoint.request("care", contact_class="service", score=0.1),
            touchpoint.request("hot", score=0.9),
        )
        items = await self.fetch(touchpoint, limit=10)
        assert [i["request_id"] for i in items] == ["care", "hot", "plain"]
        assert items[0]["customer"]["phone"] == "+4930123456"
        assert items[0]["offer"]["script"] == "Say it."

    async def test_a_lapsed_lease_returns_the_task(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        (first,) = await self.fetch(touchpoint, seconds=60)
        assert await self.fetch(touchpoint, "bob") == []
        await touchpoint.tick(seconds=60)
        (second,) = await self.fetch(touchpoint, "bob")
        assert second["contact_id"] == first["contact_id"]
        path = f"/v1/leases/{first['contact_id']}"
        await touchpoint.call("PUT", path, {}, role="outbound_agent", subject="ann", expect=409)
        await touchpoint.call("PUT", path, {"seconds": 600}, role="outbound_agent", subject="bob")
        await touchpoint.call("DELETE", path, role="outbound_agent", subject="bob")
        assert len(await self.fetch(touchpoint, "ann")) == 1

    async def test_a_recalled_lease_says_so(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        (item,) = await self.fetch(touchpoint)
        await touchpoint.hear(touchpoint.plan("stopped", version=2))
        await touchpoint.tick()
        answer = await touchpoint.call(
            "PUT", f"/v1/leases/{item['contact_id']}", {}, role="outbound_agent", subject="ann", expect=409
        )
        assert answer.json()["type"] == "contact-recalled"

    async def test_quiet_hours_that_began_since_the_release_hold_it_back(self, touchpoint: Touchpoint):
        night = {"name": "night", "channels": ["call"], "start": "20:00", "end": "08:00"}
        await touchpoint.put_in_force(POLICY | {"quiet_hours": [night]})
        await touchpoint.hear(touchpoint.request())
        await touchpoint.tick(hours=8)  # 21:00 in Berlin
        assert await self.fetch(touchpoint) == []
        await touchpoint.tick(hours=11)
        assert len(await self.fetch(touchpoint)) == 1

    async def test_only_the_places_own(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request("north", place="north"), touchpoint.request("any"))
        assert [i["request_id"] for i in await self.fetch(touchpoint, limit=5, place="south")] == ["any"]
        assert [i["request_id"] for i in await self.fetch(touchpoint, limit=5, place="north")] == ["north"]


class TestPolicies:
    async def test_nobody_approves_their_own(self, bare: Touchpoint):
        body = {"policy_id": "p", "document": POLICY}
        await bare.call("POST", "/v1/policies", body, role="policy_editor", subject="erin")
        await bare.call("POST", "/v1/policies", body, role="policy_editor", subject="erin", expect=409)
        await bare.call("POST", "/v1/policies/p/versions", role="policy_editor", subject="mia")
        path = "/v1/policies/p/versions/1/approvals"
        for own in ("erin", "mia"):
            await bare.call("POST", path, role="policy_approver", subject=own, expect=409)
        await bare.call("GET", "/v1/policies/in-force", role="compliance", expect=404)
        await bare.call("POST", path, role="policy_approver", subject="sam")
        await bare.call("POST", path, role="policy_approver", subject="tom", expect=409)
        shown = await bare.call("GET", "/v1/policies/in-force", role="compliance")
        assert (shown.json()["version"], shown.json()["approved_by"]) == (1, "sam")

    async def test_binds_the_next_decision_and_is_stamped_on_it(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request("one"))
        await touchpoint.put_in_force(POLICY | {"minimum_gaps": [{"name": "day", "hours": 24}]})
        await touchpoint.hear(touchpoint.request("two"))
        found = await touchpoint.timeline()
        assert [(e["kind"], e["policy_version"]) for e in found] == [("contact.released", 1), ("contact.deferred", 2)]

    async def test_a_stale_or_missing_if_match_is_refused(self, touchpoint: Touchpoint):
        body = {"document": POLICY}
        path = "/v1/policies/house/draft"
        await touchpoint.call("PUT", path, body, role="policy_editor", expect=428)
        await touchpoint.call("PUT", path, body, role="policy_editor", expect=412, headers={"If-Match": '"9"'})
        await touchpoint.call("PUT", path, body, role="policy_editor", headers={"If-Match": '"1"'})

    async def test_what_is_wrong_is_pointed_at(self, bare: Touchpoint):
        bad = POLICY | {
            "frequency_caps": [{"name": "x", "limit": -1, "window": {"kind": "rolling", "hours": 10**6}}],
            "quiet_hours": [{"name": "y", "start": "08:00", "end": "08:00"}],
        }
        answer = await bare.call(
            "POST", "/v1/policies", {"policy_id": "p", "document": bad}, role="policy_editor", expect=422
        )
        assert {e["pointer"] for e in answer.json()["errors"]} == {
            "#/document/frequency_caps/0/limit",
            "#/document/frequency_caps/0/window/hours",
            "#/document/quiet_hours/0",
        }


class TestCustomers:
    async def test_timeline_pages_newest_first_and_filters(self, touchpoint: Touchpoint):
        await touchpoint.hear(*[touchpoint.request(f"r{n}") for n in range(5)])
        first = (await touchpoint.call("GET", "/v1/customers/c1/timeline?limit=2", role="compliance")).json()
        second = (
            await touchpoint.call(
                "GET", f"/v1/customers/c1/timeline?limit=200&cursor={first['next_cursor']}", role="compliance"
            )
        ).json()
        assert [e["seq"] for e in first["items"] + second["items"]] == [5, 4, 3, 2, 1]
        assert second["next_cursor"] is None
        path = "/v1/customers/c1/timeline?kind=contact.deferred&channel=call"
        found = (await touchpoint.call("GET", path, role="compliance")).json()["items"]
        assert [e["kind"] for e in found] == ["contact.deferred"] * 2
        assert found[0]["text"].startswith("Not yet (call): 3 of 3 contacts are used (rule three-a-week)")
        empty = await touchpoint.call("GET", "/v1/customers/c1/timeline?until=2020-01-01T00:00:00Z", role="compliance")
        assert empty.json() == {"items": [], "next_cursor": None}
        await touchpoint.call("GET", "/v1/customers/nobody/timeline", role="compliance", expect=404)

    async def test_standing_tells_what_is_used_and_when_it_frees(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request("one"), touchpoint.request("two"))
        found = (await touchpoint.call("GET", "/v1/customers/c1/standing", role="compliance")).json()
        (budget,) = found["budgets"]
        assert (budget["used"], budget["limit"]) == (2, 3)
        assert budget["frees_at"] == (START + timedelta(days=7)).isoformat()
        assert len(found["held"]) == 2
