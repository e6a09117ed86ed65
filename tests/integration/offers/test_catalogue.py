"""Offers over HTTP: written, published, edited again, withdrawn."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.offers.world import NOW, TEXTS, World, content

from offers_service.schemas.offers import OFFER_EXAMPLE
from rapport.contracts.offers import OfferChanged
from rapport.web import undocumented_routes, unprotected_routes

RULE = {"combinator": "and", "rules": [{"field": "attributes.age", "operator": ">=", "value": 18}]}


class TestWriting:
    async def test_creates_a_draft_that_nobody_is_told_of(self, world: World) -> None:
        answer = await world.write()
        assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
        assert (answer.json()["state"], answer.json()["in_force"]) == ("draft", None)
        assert await world.events() == []

    async def test_gives_back_what_was_written(self, world: World) -> None:
        await world.call("PUT", "/offers/o1", OFFER_EXAMPLE)
        found = await world.offer()
        assert {name: found[name] for name in OFFER_EXAMPLE} == OFFER_EXAMPLE | {"valid_until": "2026-12-31T23:00:00Z"}

    async def test_the_same_content_again_makes_no_version(self, world: World) -> None:
        tag = (await world.write()).headers["etag"]
        again = await world.write(tag=tag)
        assert (again.status_code, again.headers["etag"]) == (200, tag)

    async def test_an_offer_that_exists_is_not_overwritten_unseen(self, world: World) -> None:
        await world.write()
        blind = await world.write(priority=1)
        assert (blind.status_code, blind.json()["type"]) == (428, "precondition-required")
        await world.write(priority=2, tag='"1"')
        stale = await world.write(priority=3, tag='"1"')
        assert (stale.status_code, stale.json()["type"]) == (412, "precondition-failed")
        assert (await world.offer())["priority"] == 2

    async def test_a_version_is_meant_of_an_offer_that_does_not_exist(self, world: World) -> None:
        assert (await world.write(tag='"1"')).status_code == 412
        assert await world.rows("offers") == []

    async def test_of_two_writers_at_once_one_creates(self, world: World) -> None:
        answers = await asyncio.gather(*(world.write(priority=n) for n in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 428, 428, 428, 428]
        assert (await world.offer())["version"] == 1

    @pytest.mark.parametrize(
        ("parts", "pointer"),
        [
            ({"priority": 1001}, "#/priority"),
            ({"value": "-1"}, "#/value"),
            ({"value": "1.005"}, "#/value"),
            ({"currency": "euro"}, "#/currency"),
            ({"goal": "Fibre"}, "#/goal"),
            ({"stock": -1}, "#/stock"),
            ({"channels": []}, "#/channels"),
            ({"channels": ["fax"]}, "#/channels/0"),
            ({"never_with": ["a b"]}, "#/never_with/0"),
            ({"valid_until": "2026-01-01T00:00:00"}, "#/valid_until"),
            ({"image": "javascript:alert(1)"}, "#/image"),
            ({"texts": {"en": {"title": ""}}}, "#/texts/en/title"),
            ({"colour": "red"}, "#/colour"),
            ({"eligibility": {"combinator": "and", "rules": [{"field": "shoe", "operator": "="}]}}, "#/eligibility"),
            ({"eligibility": {"combinator": "xor", "rules": []}}, "#/eligibility/combinator"),
        ],
    )
    async def test_names_what_is_malformed(self, world: World, parts: dict[str, Any], pointer: str) -> None:
        answer = await world.write(**parts)
        assert (answer.status_code, answer.json()["status"]) == (422, 422)
        assert any(error["pointer"].startswith(pointer) for error in answer.json()["errors"]), answer.text
        assert await world.rows("offers") == []

    async def test_names_the_leaf_of_a_rule_by_its_pointer(self, world: World) -> None:
        rules = [RULE["rules"][0], {"field": "attributes.age", "operator": "contains", "value": "x"}]
        answer = await world.write(eligibility={"combinator": "and", "rules": rules})
        assert [error["pointer"] for error in answer.json()["errors"]] == ["#/eligibility/rules/1/operator"]

    @pytest.mark.parametrize(("languages", "written"), [(120, 201), (140, 413)])
    async def test_is_no_larger_than_an_event_may_be(self, world: World, languages: int, written: int) -> None:
        long = {"title": "t", "script": "s" * 4000}
        texts = TEXTS | {f"x{chr(97 + n % 26)}{chr(97 + n // 26)}": long for n in range(languages)}
        assert (await world.write(texts=texts)).status_code == written
        assert (await world.call("POST", "/offers/o1/publication")).is_success is (written == 201)

    async def test_refuses_text_that_cannot_be_stored(self, world: World) -> None:
        answer = await world.write(texts=TEXTS | {"de": {"title": "a\u0000b"}})
        assert (answer.status_code, answer.json()["type"]) == (422, "validation")

    async def test_validity_must_leave_some_time(self, world: World) -> None:
        at = NOW.isoformat()
        answer = await world.write(valid_from=at, valid_until=at)
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (
            422,
            "valid_from must lie before valid_until",
        )

    async def test_a_retry_with_its_key_creates_once(self, world: World) -> None:
        first, second = [await world.call("PUT", "/offers/o1", content(), Idempotency_Key="k") for _ in range(2)]
        assert (first.status_code, second.status_code) == (201, 201)
        assert second.headers["idempotency-replayed"] == "true"
        assert second.headers["etag"] == '"1"'


class TestPublishing:
    async def test_announces_the_whole_document(self, world: World) -> None:
        await world.call("PUT", "/offers/o1", OFFER_EXAMPLE)
        answer = await world.call("POST", "/offers/o1/publication", If_Match='"1"')
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        assert (answer.json()["state"], answer.json()["in_force"]) == ("published", 2)
        (event,) = await world.events(OfferChanged)
        expected = OfferChanged.model_validate(OFFER_EXAMPLE | {"offer_id": "o1", "version": 2, "state": "published"})
        assert OfferChanged.model_validate(event) == expected

    async def test_an_edit_waits_for_its_publication(self, world: World) -> None:
        await world.published(priority=1)
        answer = await world.write(tag='"2"', priority=9)
        assert (answer.json()["version"], answer.json()["state"], answer.json()["in_force"]) == (3, "draft", 2)
        assert await world.announced() == [(2, "published", False)]
        await world.call("POST", "/offers/o1/publication")
        assert [event["priority"] for event in await world.events(OfferChanged)] == [1, 9]
        assert (await world.offer())["in_force"] == 4

    async def test_publishing_twice_announces_once(self, world: World) -> None:
        await world.published()
        again = await world.call("POST", "/offers/o1/publication")
        assert (again.status_code, again.headers["etag"]) == (200, '"2"')
        assert await world.announced() == [(2, "published", False)]

    @pytest.mark.parametrize(("texts", "missing"), [({}, ["en", "zh-CN"]), ({"en": TEXTS["en"]}, ["zh-CN"])])
    async def test_needs_texts_in_both_languages(self, world: World, texts: Any, missing: list[str]) -> None:
        await world.write(texts=texts)
        answer = await world.call("POST", "/offers/o1/publication")
        assert (answer.status_code, answer.json()["type"]) == (409, "offer-incomplete")
        assert answer.json()["missing"] == [f"/texts/{language}" for language in missing]
        assert await world.events() == []

    async def test_refuses_an_offer_whose_time_is_over(self, world: World) -> None:
        await world.write(valid_until=NOW.isoformat())
        answer = await world.call("POST", "/offers/o1/publication")
        assert (answer.status_code, answer.json()["type"]) == (409, "offer-expired")
        await world.write(tag='"1"', valid_until=(NOW + timedelta(microseconds=1)).isoformat())
        assert (await world.call("POST", "/offers/o1/publication")).status_code == 200

    async def test_refuses_a_stock_below_what_is_accepted(self, world: World) -> None:
        await world.customers("c1", "c2")
        await world.published(stock=3)
        for one in ("c1", "c2"):
            await world.accept(one)
        await world.write(tag='"2"', stock=1)
        answer = await world.call("POST", "/offers/o1/publication")
        assert (answer.status_code, answer.json()["type"], answer.json()["accepted"]) == (
            409,
            "stock-below-accepted",
            2,
        )
        await world.write(tag='"3"', stock=2)
        await world.call("POST", "/offers/o1/publication")
        assert (await world.announced())[-1] == (5, "published", True)

    async def test_publishes_only_the_version_that_was_seen(self, world: World) -> None:
        await world.write()
        await world.write(tag='"1"', priority=7)
        answer = await world.call("POST", "/offers/o1/publication", If_Match='"1"')
        assert answer.status_code == 412
        assert await world.events() == []

    async def test_knows_only_offers_that_exist(self, world: World) -> None:
        for step in ("publication", "withdrawal"):
            answer = await world.call("POST", f"/offers/nope/{step}")
            assert (answer.status_code, answer.json()["type"]) == (404, "unknown-offer")
        assert (await world.call("GET", "/offers/nope")).status_code == 404


class TestWithdrawing:
    async def test_takes_what_is_in_force_away_and_keeps_the_draft(self, world: World) -> None:
        await world.published(priority=1)
        await world.write(tag='"2"', priority=9)
        answer = await world.call("POST", "/offers/o1/withdrawal")
        assert (answer.json()["state"], answer.json()["in_force"], answer.json()["version"]) == ("withdrawn", None, 4)
        assert await world.announced() == [(2, "published", False), (4, "withdrawn", False)]
        assert (await world.events(OfferChanged))[-1]["priority"] == 1
        await world.call("POST", "/offers/o1/publication")
        assert (await world.events(OfferChanged))[-1]["priority"] == 9

    async def test_twice_is_once(self, world: World) -> None:
        await world.published()
        for _ in range(2):
            assert (await world.call("POST", "/offers/o1/withdrawal")).headers["etag"] == '"3"'

    async def test_needs_something_in_force(self, world: World) -> None:
        await world.write()
        answer = await world.call("POST", "/offers/o1/withdrawal")
        assert (answer.status_code, answer.json()["type"]) == (409, "offer-not-published")


class TestListing:
    async def test_pages_by_id_and_filters_by_state(self, world: World) -> None:
        for offer_id in ("o3", "o1", "o2"):
            await world.write(offer_id)
        await world.published("o4")
        first = (await world.call("GET", "/offers?limit=3")).json()
        assert [item["offer_id"] for item in first["items"]] == ["o1", "o2", "o3"]
        second = (await world.call("GET", f"/offers?limit=3&cursor={first['next_cursor']}")).json()
        assert ([item["offer_id"] for item in second["items"]], second["next_cursor"]) == (["o4"], None)
        drafts = (await world.call("GET", "/offers?state=draft")).json()
        assert [item["offer_id"] for item in drafts["items"]] == ["o1", "o2", "o3"]

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=x", "state=gone"])
    async def test_refuses_a_wrong_question(self, world: World, query: str) -> None:
        assert (await world.call("GET", f"/offers?{query}")).status_code == 422


class TestRoutes:
    async def test_all_are_protected_and_documented(self, world: World) -> None:
        assert unprotected_routes(world.app) == []
        assert undocumented_routes(world.app) == []

    @pytest.mark.parametrize(
        ("method", "path", "role"),
        [
            ("PUT", "/offers/o1", "campaign_planner"),
            ("POST", "/offers/o1/publication", "storefront"),
            ("GET", "/offers", "storefront"),
            ("POST", "/acceptances", "offer_manager"),
            ("GET", "/customers/c1/eligible-offers", "offer_manager"),
        ],
    )
    async def test_each_needs_its_permission(self, world: World, method: str, path: str, role: str) -> None:
        body = None if method == "GET" else content()
        assert (await world.call(method, path, body, roles=(role,))).status_code == 403

    async def test_a_stranger_is_turned_away(self, world: World) -> None:
        answer = await world.http.get("/v1/offers")
        assert (answer.status_code, answer.json()["type"]) == (401, "unauthenticated")
