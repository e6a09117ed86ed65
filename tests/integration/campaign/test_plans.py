"""Plans over HTTP: written, approved by somebody else, run, paused, stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.campaign.world import END, World, offer, plan

from campaign_service.api import PLAN_BYTES
from campaign_service.domain.plan import MAX_LIST
from rapport.web import undocumented_routes, unprotected_routes


class TestWriting:
    async def test_files_a_draft_and_tells_where(self, world: World) -> None:
        answer = await world.call("POST", "", {"campaign_id": "spring", **plan()})
        assert answer.status_code == 201
        assert (answer.headers["Location"], answer.headers["ETag"]) == ("/v1/campaigns/spring", '"1"')
        assert (answer.json()["state"], answer.json()["authors"]) == ("draft", ["alice"])

    async def test_makes_an_id_when_none_is_given(self, world: World) -> None:
        answer = await world.call("POST", "", plan())
        assert answer.json()["campaign_id"].startswith("cmp_")

    async def test_gives_back_what_was_written(self, world: World) -> None:
        written = plan(audience={"list": ["c-1", "c-2"]}, control_share=0.2)
        await world.call("POST", "", {"campaign_id": "spring", **written})
        answer = await world.call("GET", "/spring")
        assert answer.headers["ETag"] == '"1"'
        found = answer.json()["plan"]
        assert found["audience"]["list"] == ["c-1", "c-2"]
        again = await world.call("PUT", "/spring", found, If_Match='"1"')
        assert again.status_code == 200

    async def test_refuses_a_second_plan_of_one_id(self, world: World) -> None:
        await world.call("POST", "", {"campaign_id": "spring", **plan()})
        answer = await world.call("POST", "", {"campaign_id": "spring", **plan()})
        assert (answer.status_code, answer.json()["type"]) == (409, "campaign-exists")

    async def test_gives_the_first_answer_again_for_the_same_key(self, world: World) -> None:
        first = await world.call("POST", "", plan(), Idempotency_Key="k-1")
        again = await world.call("POST", "", plan(), Idempotency_Key="k-1")
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json() == first.json()
        assert again.headers["Location"] == first.headers["Location"]
        other = await world.call("POST", "", plan(goal="leave"), Idempotency_Key="k-1")
        assert (other.status_code, other.json()["type"]) == (422, "idempotency-key-reused")
        assert await world.pool.fetchval("select count(*) from campaigns") == 1

    async def test_lists_in_pages(self, world: World) -> None:
        for number in range(3):
            await world.call("POST", "", {"campaign_id": f"c-{number}", **plan()})
        first = (await world.call("GET", "?limit=2")).json()
        rest = (await world.call("GET", f"?limit=2&cursor={first['next_cursor']}")).json()
        assert [one["campaign_id"] for one in first["items"] + rest["items"]] == ["c-0", "c-1", "c-2"]
        assert rest["next_cursor"] is None
        assert (await world.call("GET", "?state=running")).json()["items"] == []

    @pytest.mark.parametrize(
        ("parts", "pointer"),
        [
            ({"control_share": 0.95}, "#/control_share"),
            ({"audience": {}}, "#/audience"),
            ({"audience": {"rule": {"combinator": "and", "rules": [{"field": "shoe", "operator": "null"}]}}}, None),
            ({"lines": [{"channels": ["call"], "offer_id": "other"}]}, "#"),
            ({"lines": [{"channels": ["pigeon"]}]}, "#/lines/0/channels/0"),
            ({"name": "no\0name"}, None),
            ({"unheard_of": 1}, "#/unheard_of"),
        ],
    )
    async def test_refuses_a_malformed_plan_and_says_where(
        self, world: World, parts: dict[str, Any], pointer: str | None
    ) -> None:
        answer = await world.call("POST", "", plan(**parts))
        assert answer.status_code == 422, answer.text
        if pointer is not None:
            assert answer.json()["errors"][0]["pointer"] == pointer
        assert await world.pool.fetchval("select count(*) from campaigns") == 0

    async def test_names_the_place_of_a_fault_in_the_rule(self, world: World) -> None:
        rule = {"combinator": "or", "rules": [{"field": "grade", "operator": "=", "value": 7}]}
        answer = await world.call("POST", "", plan(audience={"rule": rule}))
        assert [one["pointer"] for one in answer.json()["errors"]] == ["#/audience/rule/rules/0/value"]

    async def test_refuses_a_body_that_is_no_json(self, world: World) -> None:
        token = (await world.call("GET", "")).request.headers["Authorization"]
        answer = await world.client.post(
            "/v1/campaigns", content=b"{", headers={"Content-Type": "application/json", "Authorization": token}
        )
        assert (answer.status_code, answer.json()["type"]) == (422, "validation")

    async def test_takes_a_list_as_long_as_it_may_be_and_no_longer(self, world: World) -> None:
        customers = [f"{number:064}" for number in range(MAX_LIST)]
        written = await world.call("POST", "", {"campaign_id": "spring", **plan(audience={"list": customers})})
        assert written.status_code == 201
        too_long = await world.call("POST", "", plan(audience={"list": [*customers, "c"]}))
        assert too_long.status_code == 422
        assert (await world.call("POST", "", plan(name="n" * PLAN_BYTES))).status_code == 413

    async def test_knows_no_other_campaign(self, world: World) -> None:
        for method, path in (("GET", ""), ("GET", "/results"), ("POST", "/submissions")):
            answer = await world.call(method, f"/nowhere{path}")
            assert (answer.status_code, answer.json()["type"]) == (404, "not-found")


class TestEditing:
    async def test_takes_an_approval_back(self, world: World) -> None:
        await world.approved()
        edited = await world.call("PUT", "/spring", plan(name="Keep all of them"), by="carol", If_Match='"3"')
        assert (edited.json()["state"], edited.json()["approved_by"], edited.json()["version"]) == ("draft", None, 4)
        assert edited.json()["authors"] == ["alice", "carol"]
        assert (await world.state("spring", "running")).json()["type"] == "wrong-state"

    async def test_needs_the_version_that_is_meant(self, world: World) -> None:
        await world.call("POST", "", {"campaign_id": "spring", **plan()})
        assert (await world.call("PUT", "/spring", plan())).status_code == 428
        assert (await world.call("PUT", "/spring", plan(), If_Match='"1"')).status_code == 200
        stale = await world.call("PUT", "/spring", plan(name="Lost"), If_Match='"1"')
        assert (stale.status_code, stale.json()["type"]) == (412, "precondition-failed")
        assert (await world.call("GET", "/spring")).json()["name"] == "Keep them"

    async def test_is_over_once_the_campaign_has_been_started(self, world: World) -> None:
        await world.running()
        answer = await world.call("PUT", "/spring", plan(), If_Match='"4"')
        assert (answer.status_code, answer.json()["state"]) == (409, "running")


class TestApproval:
    async def test_is_refused_to_everybody_who_had_a_part_in_the_plan(self, world: World) -> None:
        await world.consume(offer())
        await world.call("POST", "", {"campaign_id": "spring", **plan()}, by="alice")
        await world.call("PUT", "/spring", plan(), by="carol", If_Match='"1"')
        submitted = await world.call("POST", "/spring/submissions", by="dora")
        for subject in ("alice", "carol", "dora"):
            answer = await world.approve("spring", submitted.headers["ETag"], by=subject)
            assert (answer.status_code, answer.json()["type"]) == (409, "own-change")
        assert (await world.approve("spring", submitted.headers["ETag"], by="bob")).json()["approved_by"] == "bob"

    async def test_is_of_the_version_that_was_read(self, world: World) -> None:
        await world.consume(offer())
        await world.call("POST", "", {"campaign_id": "spring", **plan()})
        read = await world.call("POST", "/spring/submissions")
        await world.call("PUT", "/spring", plan(control_share=0.9), If_Match=read.headers["ETag"])
        await world.call("POST", "/spring/submissions")
        assert (await world.approve("spring", read.headers["ETag"])).status_code == 412
        unsaid = await world.call("POST", "/spring/approvals", by="bob", role="campaign_approver")
        assert unsaid.status_code == 428

    async def test_needs_a_submission(self, world: World) -> None:
        await world.call("POST", "", {"campaign_id": "spring", **plan()})
        answer = await world.approve("spring", '"1"')
        assert (answer.status_code, answer.json()["type"]) == (409, "wrong-state")

    @pytest.mark.parametrize(
        "published",
        [
            None,
            offer(state="withdrawn"),
            offer(goal="leave"),
            offer(valid_until="2026-11-02T08:00:00Z"),
        ],
    )
    async def test_is_not_asked_for_with_an_offer_that_cannot_be_used(self, world: World, published: Any) -> None:
        if published is not None:
            await world.consume(published)
        await world.call("POST", "", {"campaign_id": "spring", **plan()})
        answer = await world.call("POST", "/spring/submissions")
        assert (answer.status_code, answer.json()["type"]) == (409, "offer-not-usable")
        assert answer.json()["offer_id"] == "stay-12"
        assert (await world.call("GET", "/spring")).json()["state"] == "draft"

    @pytest.mark.parametrize(
        ("method", "path", "body", "role"),
        [
            ("POST", "", plan(), "campaign_approver"),
            ("PUT", "/spring", plan(), "campaign_approver"),
            ("POST", "/spring/submissions", None, "campaign_approver"),
            ("POST", "/spring/approvals", None, "campaign_planner"),
            ("PUT", "/spring/state", {"state": "running"}, "branch_agent"),
            ("GET", "/spring", None, "branch_agent"),
            ("GET", "/spring/results", None, "branch_agent"),
            ("GET", "", None, "branch_agent"),
        ],
    )
    async def test_and_everything_else_needs_its_permission(
        self, world: World, method: str, path: str, body: Any, role: str
    ) -> None:
        assert (await world.call(method, path, body, role=role)).status_code == 403


class TestState:
    async def test_goes_its_way_and_tells_each_step(self, world: World) -> None:
        await world.running()
        for state in ("paused", "running", "stopped"):
            assert (await world.state("spring", state)).json()["state"] == state
        told = [(one.version, one.state) for one in await world.plans()]
        states = ["draft", "submitted", "approved", "running", "paused", "running", "stopped"]
        assert told == list(enumerate(states, start=1))
        assert {one.goal for one in await world.plans()} == {"stay"}

    async def test_changes_nothing_when_it_is_so_already(self, world: World) -> None:
        await world.running()
        before = await world.dump()
        assert (await world.state("spring", "running")).status_code == 200
        assert await world.dump() == before

    async def test_knows_no_way_back_from_a_stop(self, world: World) -> None:
        await world.running()
        await world.state("spring", "stopped")
        for state in ("running", "paused"):
            answer = await world.state("spring", state)
            assert (answer.status_code, answer.json()["type"], answer.json()["state"]) == (
                409,
                "wrong-state",
                "stopped",
            )

    async def test_does_not_run_after_its_end(self, world: World) -> None:
        await world.approved()
        world.clock.move_to(world.clock.now() + timedelta(days=10))
        answer = await world.state("spring", "running")
        assert (answer.status_code, answer.json()["type"]) == (409, "schedule-over")
        assert END.replace("+00:00", "") in answer.json()["detail"]

    async def test_is_one_of_three(self, world: World) -> None:
        await world.approved()
        assert (await world.state("spring", "finished")).status_code == 422


class TestDocumentation:
    async def test_of_every_route_is_complete(self, world: World) -> None:
        app = world.client._transport.app  # type: ignore[attr-defined]
        assert undocumented_routes(app) == []
        assert unprotected_routes(app) == []
