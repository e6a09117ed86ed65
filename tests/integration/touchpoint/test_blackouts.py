"""Blackouts in a hurry, and what a version in force does to those who wait for a rule of the one before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint

FLOOD: dict[str, Any] = {
    "name": "flood",
    "exempt_classes": ["service_critical"],
    "begins": START.isoformat(),
    "ends": (START + timedelta(days=2)).isoformat(),
}


async def submit(touchpoint: Touchpoint, expect: int = 201, **changes: Any) -> dict[str, Any]:
    answer = await touchpoint.call(
        "POST", "/v1/blackouts", FLOOD | changes, role="policy_editor", subject="nora", expect=expect
    )
    found: dict[str, Any] = answer.json()
    return found


async def approve(touchpoint: Touchpoint, version: dict[str, Any], subject: str = "sam", expect: int = 201) -> None:
    path = f"/v1/policies/{version['policy_id']}/versions/{version['version']}/approvals"
    await touchpoint.call("POST", path, role="policy_approver", subject=subject, expect=expect)


async def lift(touchpoint: Touchpoint, name: str = "flood", expect: int = 201) -> dict[str, Any]:
    path = f"/v1/blackouts/{name}"
    answer = await touchpoint.call("DELETE", path, role="policy_editor", subject="nora", expect=expect)
    found: dict[str, Any] = answer.json()
    return found


async def states(touchpoint: Touchpoint) -> dict[str, str]:
    rows = await touchpoint.pool.fetch("select request_id, state from requests")
    return {row["request_id"]: row["state"] for row in rows}


async def leased(touchpoint: Touchpoint) -> int:
    answer = await touchpoint.call("POST", "/v1/channels/call/leases", {"limit": 5}, role="outbound_agent")
    return len(answer.json()["items"])


async def test_stops_what_comes_and_what_is_out_until_it_is_lifted(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request("r1"))
    version = await submit(touchpoint)
    await touchpoint.hear(touchpoint.request("r2", goal="g2"))
    assert (await states(touchpoint))["r2"] == "released", "it binds nobody before it is approved"
    await approve(touchpoint, version)
    alert = touchpoint.request("alert", goal="g4", contact_class="service_critical", channels=["branch"])
    await touchpoint.hear(touchpoint.request("r3", goal="g3"), alert)
    assert await states(touchpoint) == {"r1": "released", "r2": "released", "r3": "live", "alert": "released"}
    (entry,) = [e for e in await touchpoint.timeline() if e.get("request_id") == "r3"]
    assert entry["because"] == {"reason": "blackout", "rule": "flood", "until": FLOOD["ends"]}
    assert await leased(touchpoint) == 0, "put off"
    listed = await touchpoint.call("GET", "/v1/blackouts", role="compliance")
    assert [(each["name"], each["state"]) for each in listed.json()["items"]] == [("flood", "now")]
    await touchpoint.tick(hours=1)
    await approve(touchpoint, await lift(touchpoint))
    assert await leased(touchpoint) == 2, "at once, not when it would have ended"
    await touchpoint.tick()
    assert (await states(touchpoint))["r3"] == "live", "the cap is full: three, with the alert"
    assert [e["because"]["reason"] for e in await touchpoint.timeline() if e.get("request_id") == "r3"] == [
        "blackout",
        "frequency_cap",
    ]


async def test_everything_else_of_the_policy_in_force_stays_and_the_draft_has_it_too(touchpoint: Touchpoint):
    version = await submit(touchpoint)
    before = (await touchpoint.call("GET", "/v1/policies/in-force", role="compliance")).json()["document"]
    assert version["document"] == before | {"blackouts": version["document"]["blackouts"]}
    assert [each["name"] for each in version["document"]["blackouts"]] == ["flood"]
    draft = (await touchpoint.call("GET", "/v1/policies/house", role="policy_editor")).json()
    assert draft["draft"]["blackouts"] == version["document"]["blackouts"]
    assert draft["author"] == "erin", "who wrote the rest still does not approve it"
    await approve(touchpoint, version)
    lifted = await lift(touchpoint)
    assert lifted["document"] == before
    draft = (await touchpoint.call("GET", "/v1/policies/house", role="policy_editor")).json()
    assert draft["draft"]["blackouts"] == []


async def test_nobody_stops_and_approves_it_alone(touchpoint: Touchpoint):
    await approve(touchpoint, await submit(touchpoint), subject="nora", expect=409)


class TestRefused:
    async def test_a_name_that_is_taken(self, touchpoint: Touchpoint):
        problem = await submit(touchpoint, expect=409, name="three-a-week")
        assert problem["type"].endswith("rule-exists")

    async def test_a_name_that_only_the_draft_has(self, touchpoint: Touchpoint):
        """Submitted as it is, such a draft would be no policy that anybody could read."""
        row = await touchpoint.call("GET", "/v1/policies/house", role="policy_editor")
        document = POLICY | {"minimum_gaps": [{"name": "flood", "hours": 1}]}
        tag = {"If-Match": row.headers["etag"]}
        path = "/v1/policies/house/draft"
        await touchpoint.call("PUT", path, {"document": document}, role="policy_editor", headers=tag)
        assert (await submit(touchpoint, expect=409))["type"].endswith("rule-exists")

    async def test_one_that_is_not_there(self, touchpoint: Touchpoint):
        await lift(touchpoint, "nothing", expect=404)

    async def test_without_a_policy(self, bare: Touchpoint):
        assert (await submit(bare, expect=409))["type"].endswith("nothing-in-force")

    @pytest.mark.parametrize(
        ("wrong", "pointer"), [({"ends": START.isoformat()}, "#"), ({"name": "No!"}, "#/name"), ({"regions": []}, "#")]
    )
    async def test_what_is_no_blackout(self, touchpoint: Touchpoint, wrong: dict[str, Any], pointer: str):
        problem = await submit(touchpoint, expect=422, **wrong)
        assert problem["errors"][0]["pointer"].startswith(pointer)


class TestWhoWaitsForAChangedRule:
    async def test_is_looked_at_when_the_version_comes_into_force(self, touchpoint: Touchpoint):
        await touchpoint.hear(*[touchpoint.request(f"r{n}", goal=f"g{n}") for n in range(4)])
        assert (await states(touchpoint))["r3"] == "live"
        wider = POLICY | {"frequency_caps": [POLICY["frequency_caps"][0] | {"limit": 4}]}  # type: ignore[operator]
        await touchpoint.put_in_force(wider)
        await touchpoint.tick()
        assert (await states(touchpoint))["r3"] == "released"

    async def test_also_when_it_was_scheduled(self, touchpoint: Touchpoint):
        await touchpoint.hear(*[touchpoint.request(f"r{n}", goal=f"g{n}") for n in range(4)])
        await touchpoint.put_in_force(POLICY | {"frequency_caps": []}, activate_at=START + timedelta(hours=5))
        await touchpoint.tick(hours=5, microseconds=-1)
        assert (await states(touchpoint))["r3"] == "live"
        await touchpoint.tick(microseconds=1)
        assert (await states(touchpoint))["r3"] == "released"

    async def test_and_nobody_else_is(self, touchpoint: Touchpoint):
        await touchpoint.hear(*[touchpoint.request(f"r{n}", goal=f"g{n}") for n in range(4)])
        await touchpoint.put_in_force(POLICY | {"minimum_gaps": [{"name": "gap", "hours": 1}]})
        assert await touchpoint.pool.fetchval("select count(*) from wakes_due") == 0
