"""Approval of offers by another person, what is kept of their history, and what publication demands of texts."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.integration.offers.world import TEXTS, World, content

from rapport.contracts.offers import OfferChanged

BOTH = ("offer_manager", "offer_approver")


async def submit(world: World, **call: Any) -> httpx2.Response:
    return await world.call("POST", "/offers/o1/submissions", **call)


async def approve(world: World, tag: str, *roles: str) -> httpx2.Response:
    return await world.call("POST", "/offers/o1/approvals", roles=roles or ("offer_approver",), If_Match=tag)


async def publish(world: World) -> httpx2.Response:
    return await world.call("POST", "/offers/o1/publication")


class TestApproval:
    async def test_what_is_above_a_limit_needs_another_person(self, world: World) -> None:
        written = await world.write(value="1000.01", cost="200.01", stock=10_001)
        assert written.json()["above"] == ["/value", "/cost", "/stock"]
        alone = await publish(world)
        assert (alone.status_code, alone.json()["type"]) == (409, "approval-needed")
        assert alone.json()["above"] == ["/value", "/cost", "/stock"]
        assert await world.events() == []
        submitted = await submit(world)
        assert (submitted.json()["state"], submitted.json()["submitted_by"]) == ("submitted", "a-offer_manager")
        assert (await publish(world)).json()["type"] == "approval-needed"
        approved = await approve(world, submitted.headers["etag"])
        assert (approved.json()["state"], approved.json()["approved_by"]) == ("approved", "a-offer_approver")
        assert await world.events() == []
        published = await publish(world)
        assert (published.status_code, published.json()["state"]) == (200, "published")
        assert [event["value"] for event in await world.events(OfferChanged)] == ["1000.01"]

    async def test_up_to_the_limits_a_manager_publishes_alone(self, world: World) -> None:
        written = await world.write(value="1000.00", cost="200.00", stock=10_000)
        assert written.json()["above"] == []
        assert (await publish(world)).status_code == 200

    async def test_never_ones_own(self, world: World) -> None:
        await world.call("PUT", "/offers/o1", content(value="5000"), roles=BOTH)
        submitted = await submit(world)
        assert (await approve(world, submitted.headers["etag"], *BOTH)).json()["type"] == "own-change"
        await world.write(tag=submitted.headers["etag"], value="6000")
        by_both = await submit(world, roles=BOTH)
        assert (await approve(world, by_both.headers["etag"], *BOTH)).json()["type"] == "own-change"
        assert (await approve(world, by_both.headers["etag"])).status_code == 200

    async def test_who_wrote_only_a_part_may_not_approve_either(self, world: World) -> None:
        await world.call("PUT", "/offers/o1", content(value="5000"), roles=BOTH)
        edited = await world.write(tag='"1"', value="6000")
        assert edited.json()["authors"] == ["a-offer_manager-offer_approver", "a-offer_manager"]
        submitted = await submit(world)
        assert (await approve(world, submitted.headers["etag"], *BOTH)).json()["type"] == "own-change"

    async def test_an_edit_takes_the_approval_away(self, world: World) -> None:
        await world.write(value="5000")
        approved = await approve(world, (await submit(world)).headers["etag"])
        edited = await world.write(tag=approved.headers["etag"], value="5001")
        found = edited.json()
        assert (found["state"], found["submitted_by"], found["approved_by"]) == ("draft", None, None)
        assert (await publish(world)).json()["type"] == "approval-needed"

    async def test_an_approver_names_what_they_have_seen(self, world: World) -> None:
        await world.write(value="5000")
        await submit(world)
        blind = await world.call("POST", "/offers/o1/approvals", roles=("offer_approver",))
        assert (blind.status_code, blind.json()["type"]) == (428, "precondition-required")
        assert (await approve(world, '"1"')).status_code == 412

    async def test_only_what_is_submitted_can_be_approved(self, world: World) -> None:
        await world.write(value="5000")
        assert (await approve(world, '"1"')).json()["type"] == "not-submitted"
        approved = await approve(world, (await submit(world)).headers["etag"])
        assert (await approve(world, approved.headers["etag"])).json()["type"] == "not-submitted"
        assert (await submit(world)).json()["type"] == "nothing-to-approve"
        await publish(world)
        assert (await submit(world)).json()["type"] == "nothing-to-approve"

    async def test_what_could_not_be_published_is_not_submitted(self, world: World) -> None:
        await world.write(texts={"en": {"title": "Fibre"}})
        assert (await submit(world)).json()["type"] == "offer-incomplete"

    async def test_submitting_twice_is_submitting_once(self, world: World) -> None:
        await world.write(value="5000")
        assert (await submit(world)).headers["etag"] == (await submit(world)).headers["etag"]

    async def test_a_withdrawn_offer_needs_approval_anew(self, world: World) -> None:
        await world.write(value="5000")
        await approve(world, (await submit(world)).headers["etag"])
        await publish(world)
        await world.call("POST", "/offers/o1/withdrawal")
        assert (await publish(world)).json()["type"] == "approval-needed"
        assert (await approve(world, (await submit(world)).headers["etag"])).status_code == 200
        assert (await publish(world)).status_code == 200

    async def test_of_an_edit_and_an_approval_at_once_one_is_refused(self, world: World) -> None:
        await world.write(value="5000")
        tag = (await submit(world)).headers["etag"]
        answers = await asyncio.gather(approve(world, tag), world.write(tag=tag, value="9000"))
        assert sorted(answer.status_code for answer in answers) == [200, 412]

    @pytest.mark.parametrize("roles", [("offer_manager",), ("storefront",), ("compliance",)])
    async def test_needs_the_permission(self, world: World, roles: tuple[str, ...]) -> None:
        await world.write(value="5000")
        await submit(world)
        assert (await approve(world, '"2"', *roles)).status_code == 403


class TestTexts:
    async def test_a_text_that_cannot_be_filled_in_is_not_published(self, world: World) -> None:
        texts = TEXTS | {"en": {"title": "Hi {{ customer.name }}", "scripts": {"sms": "{{ customer.shoe_size }}"}}}
        await world.write(texts=texts)
        answer = await publish(world)
        assert (answer.status_code, answer.json()["type"]) == (409, "texts-not-fillable")
        assert answer.json()["faults"] == [
            {"pointer": "/texts/en/title", "message": "customer.name may be unknown and needs a default"},
            {"pointer": "/texts/en/scripts/sms", "message": "there is no variable customer.shoe_size"},
        ]
        assert await world.events() == []

    @pytest.mark.parametrize(
        ("parts", "pointer"),
        [
            ({"suitability": {"combinator": "xor", "rules": []}}, "#/suitability/combinator"),
            ({"applicability": {"combinator": "and", "rules": [{"field": "x", "operator": "="}]}}, "#/applicability"),
            (
                {"propensity": {"by_segment": [{"name": "n", "rule": {"combinator": "xor", "rules": []}, "value": 1}]}},
                "#/propensity/by_segment/0/rule",
            ),
            ({"propensity": {"default": 1.5}}, "#/propensity/default"),
            ({"propensity": {"defualt": 0.5}}, "#/propensity/defualt"),
            ({"only_after": ["a b"]}, "#/only_after/0"),
            ({"context": {"fax": 1}}, "#/context"),
            ({"lever": 11}, "#/lever"),
            ({"cost": "-1"}, "#/cost"),
            ({"cooling_off_days": 400}, "#/cooling_off_days"),
            ({"quotas": [{"scope": "team", "name": "x", "limit": 1}]}, "#/quotas/0/scope"),
            ({"texts": {"en": {"title": "t", "scripts": {"fax": "x"}}}}, "#/texts/en/scripts"),
        ],
    )
    async def test_names_what_is_malformed(self, world: World, parts: dict[str, Any], pointer: str) -> None:
        answer = await world.write(**parts)
        assert answer.status_code == 422
        assert any(error["pointer"].startswith(pointer) for error in answer.json()["errors"]), answer.text

    @pytest.mark.parametrize(
        "quotas",
        [
            [{"scope": "channel", "name": "fax", "limit": 1}],
            [{"scope": "unit", "name": "/north", "limit": 1}, {"scope": "unit", "name": "/north", "limit": 2}],
        ],
    )
    async def test_a_quota_is_for_one_place_that_there_is(self, world: World, quotas: list[Any]) -> None:
        assert (await world.write(quotas=quotas)).status_code == 422


class TestHistory:
    async def test_keeps_each_step_with_who_took_it(self, world: World) -> None:
        await world.write(value="5000")
        await world.write(tag='"1"', value="6000")
        await approve(world, (await submit(world)).headers["etag"])
        await publish(world)
        await world.call("POST", "/offers/o1/withdrawal")
        page = (await world.call("GET", "/offers/o1/versions")).json()
        assert [(step["version"], step["state"], step["by"]) for step in page["items"]] == [
            (6, "withdrawn", "a-offer_manager"),
            (5, "published", "a-offer_manager"),
            (4, "approved", "a-offer_approver"),
            (3, "submitted", "a-offer_manager"),
            (2, "draft", "a-offer_manager"),
            (1, "draft", "a-offer_manager"),
        ]
        first = (await world.call("GET", "/offers/o1/versions/1")).json()
        assert (first["content"]["value"], first["state"]) == ("5000", "draft")

    async def test_tells_the_differences(self, world: World) -> None:
        await world.write()
        await world.write(tag='"1"', value="7", texts=TEXTS | {"en": {"title": "Fibre", "body": "Fast."}})
        await world.write(tag='"2"', value="8", texts=TEXTS | {"en": {"title": "Fibre", "body": "Fast."}})
        against_the_first = (await world.call("GET", "/offers/o1/versions/3/differences?against=1")).json()
        assert (against_the_first["version"], against_the_first["against"]) == (3, 1)
        assert against_the_first["differences"] == [
            {"pointer": "/value", "old": "0", "new": "8"},
            {"pointer": "/texts/en/title", "old": "Fibre 500", "new": "Fibre"},
            {"pointer": "/texts/en/script", "old": "Hello", "new": ""},
        ]
        last = (await world.call("GET", "/offers/o1/versions/3/differences")).json()
        assert last["differences"] == [{"pointer": "/value", "old": "7", "new": "8"}]

    async def test_pages(self, world: World) -> None:
        for number in range(4):
            await world.write(tag=f'"{number}"' if number else None, priority=number)
        first = (await world.call("GET", "/offers/o1/versions?limit=3")).json()
        assert [step["version"] for step in first["items"]] == [4, 3, 2]
        second = (await world.call("GET", f"/offers/o1/versions?limit=3&cursor={first['next_cursor']}")).json()
        assert ([step["version"] for step in second["items"]], second["next_cursor"]) == ([1], None)

    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("/offers/nobody/versions", "unknown-offer"),
            ("/offers/nobody/versions/1", "unknown-offer"),
            ("/offers/o1/versions/9", "unknown-version"),
            ("/offers/o1/versions/1/differences", "unknown-version"),
            ("/offers/o1/versions/1/differences?against=9", "unknown-version"),
        ],
    )
    async def test_names_what_there_is_not(self, world: World, path: str, kind: str) -> None:
        await world.write()
        answer = await world.call("GET", path)
        assert (answer.status_code, answer.json()["type"]) == (404, kind)
