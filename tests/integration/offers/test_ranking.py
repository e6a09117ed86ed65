"""The ranking document: written, submitted, approved by another person, in force, and what it does to the order."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.integration.offers.world import World

from offers_service.schemas.rankings import RANKING_EXAMPLE
from rapport.contracts.offers import RankingChanged

BOTH = ("offer_manager", "offer_approver")
ON = {"on": True, "weight": 1.0}


async def write(
    world: World, tag: str | None = None, *, roles: Any = ("offer_manager",), **parts: Any
) -> httpx2.Response:
    named = {} if tag is None else {"If_Match": tag}
    return await world.call("PUT", "/ranking", parts, roles=roles, **named)


async def submit(world: World, roles: Any = ("offer_manager",)) -> httpx2.Response:
    return await world.call("POST", "/ranking/submissions", roles=roles)


async def approve(world: World, tag: str, *roles: str) -> httpx2.Response:
    return await world.call("POST", "/ranking/approvals", roles=roles or ("offer_approver",), If_Match=tag)


async def in_force(world: World, **parts: Any) -> None:
    """Weights by which the service ranks."""
    known = await world.call("GET", "/ranking")
    await write(world, known.headers.get("etag"), **parts)
    answer = await approve(world, (await submit(world)).headers["etag"])
    assert answer.is_success, answer.text
    await world.app.state.rankings.refresh()


async def shown(world: World, query: str = "") -> list[str]:
    return [item["offer_id"] for item in (await world.eligible("c1", query)).json()["items"]]


class TestRanking:
    async def test_until_somebody_writes_one_the_defaults_are_told(self, world: World) -> None:
        found = (await world.call("GET", "/ranking")).json()
        assert (found["version"], found["in_force"]) == (0, None)
        assert found["content"]["value"] == ON
        assert [name for name in ("propensity", "context", "lever") if found["content"][name]["on"]] == []

    async def test_comes_into_force_by_another_persons_approval(self, world: World) -> None:
        written = await world.call("PUT", "/ranking", RANKING_EXAMPLE)
        assert (written.status_code, written.json()["state"], written.headers["etag"]) == (200, "draft", '"1"')
        assert await world.events() == []
        submitted = await submit(world)
        approved = await approve(world, submitted.headers["etag"])
        assert (approved.json()["state"], approved.json()["approved_by"]) == ("published", "a-offer_approver")
        (event,) = await world.events(RankingChanged)
        told = {"ranking_id": "house", "version": 3, "approved_by": "a-offer_approver", "type": event["type"]}
        assert event == RANKING_EXAMPLE | told
        assert approved.json()["in_force"] == {name: value for name, value in event.items() if name != "type"}

    async def test_never_ones_own(self, world: World) -> None:
        await write(world, roles=BOTH, refused_days=1)
        await write(world, '"1"', refused_days=2)
        submitted = await submit(world)
        assert (await approve(world, submitted.headers["etag"], *BOTH)).json()["type"] == "own-change"
        assert await world.events() == []
        assert (await approve(world, submitted.headers["etag"])).is_success

    async def test_an_edit_takes_the_submission_away_and_leaves_what_is_in_force(self, world: World) -> None:
        await in_force(world, refused_days=3)
        tag = (await world.call("GET", "/ranking")).headers["etag"]
        await write(world, tag, refused_days=4)
        submitted = await submit(world)
        edited = await write(world, submitted.headers["etag"], refused_days=5)
        assert (edited.json()["state"], edited.json()["in_force"]["refused_days"]) == ("draft", 3)
        assert (await approve(world, edited.headers["etag"])).json()["type"] == "not-submitted"

    async def test_is_not_overwritten_unseen(self, world: World) -> None:
        await write(world, refused_days=1)
        assert (await write(world, refused_days=2)).status_code == 428
        assert (await write(world, '"7"', refused_days=2)).status_code == 412
        assert (await write(world, '"1"', refused_days=1)).headers["etag"] == '"1"', "the same content is no version"
        assert (await world.call("POST", "/ranking/approvals", roles=("offer_approver",))).status_code == 428

    async def test_nothing_to_approve(self, world: World) -> None:
        assert (await submit(world)).json()["type"] == "nothing-to-approve"
        await in_force(world, refused_days=3)
        assert (await submit(world)).json()["type"] == "nothing-to-approve"

    async def test_of_two_first_writers_one_writes(self, world: World) -> None:
        answers = await asyncio.gather(*(write(world, refused_days=n) for n in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 428, 428, 428]

    async def test_keeps_its_history(self, world: World) -> None:
        await in_force(world, refused_days=3)
        steps = (await world.call("GET", "/ranking/versions")).json()["items"]
        assert [(s["version"], s["state"], s["by"], s["content"]["refused_days"]) for s in steps] == [
            (3, "published", "a-offer_approver", 3),
            (2, "submitted", "a-offer_manager", 3),
            (1, "draft", "a-offer_manager", 3),
        ]

    @pytest.mark.parametrize(
        "parts",
        [
            {"value": {"on": True, "weight": 11}},
            {"value": {"weight": -1}},
            {"refused_days": 93},
            {"x": 1},
            {"lever": {"of": True}},
        ],
    )
    async def test_refuses_what_makes_no_sense(self, world: World, parts: dict[str, Any]) -> None:
        assert (await write(world, **parts)).status_code == 422


class TestOrder:
    async def test_the_weights_in_force_decide(self, world: World) -> None:
        await world.customers("c1", tags=["saver"])
        rule = {"combinator": "and", "rules": [{"field": "tags", "operator": "contains", "value": "saver"}]}
        likely = {"default": 0.1, "by_segment": [{"name": "savers", "rule": rule, "value": 0.9}]}
        await world.published("dear", value="100", goal="a", propensity={"default": 0.2}, lever=0.1)
        await world.published("likely", value="50", goal="b", propensity=likely)
        await world.published("branchy", value="60", goal="c", propensity={"default": 0.5}, context={"branch": 10})
        assert await shown(world) == ["dear", "branchy", "likely"]
        await in_force(world, propensity=ON)
        assert await shown(world) == ["likely", "branchy", "dear"]
        assert await shown(world, "?channel=branch") == ["likely", "branchy", "dear"]
        await in_force(world, propensity=ON, context=ON)
        assert await shown(world, "?channel=branch") == ["branchy", "likely", "dear"]
        await in_force(world, value={"on": False}, lever=ON)
        assert (await shown(world))[-1] == "dear"

    async def test_every_factor_of_every_candidate_is_told(self, world: World) -> None:
        await world.customers("c1")
        await world.published("a", value="100", cost="20", goal="a", propensity={"default": 0.25}, lever=2)
        old = {"combinator": "and", "rules": [{"field": "attributes.age", "operator": ">", "value": 60}]}
        await world.published("b", goal="b", suitability=old)
        await in_force(world, propensity=ON)
        answer = (await world.eligible("c1", "?explain=true", "storefront", "offer_manager")).json()
        (item,), (refused,) = answer["items"], answer["refused"]
        assert (item["score"], item["segment"], item["promised"]) == (20.0, None, False)
        assert item["factors"] == [
            {"factor": "propensity", "figure": 0.25, "weight": 1.0, "share": 0.25},
            {"factor": "context", "figure": 1.0, "weight": 0.0, "share": 1.0},
            {"factor": "value", "figure": 80.0, "weight": 1.0, "share": 80.0},
            {"factor": "lever", "figure": 2.0, "weight": 0.0, "share": 1.0},
        ]
        assert (refused["reason"], refused["layer"]) == ("not_suitable", "suitability")
        assert refused["failed"] == [{"pointer": "/rules/0", "text": "age is more than 60"}]
        assert len(refused["factors"]) == 4
