"""Acceptances over HTTP: one per customer, offer and term, within the stock; revoked and fulfilled."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.offers.world import NOW, World

from rapport.contracts.offers import AcceptanceRevoked, OfferAccepted

ADULT = {"combinator": "and", "rules": [{"field": "attributes.age", "operator": ">=", "value": 18}]}


class TestAccepting:
    async def test_gives_the_offer_to_the_customer_and_tells(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        answer = await world.accept(contact_id="ctc9")
        assert answer.status_code == 201
        found = answer.json()
        assert found["acceptance_id"].startswith("acc_")
        assert (found["state"], found["term"], found["goal"], found["category"]) == (
            "accepted",
            "1",
            "fibre",
            "internet",
        )
        (event,) = await world.events(OfferAccepted)
        told = ("acceptance_id", "customer_id", "offer_id", "term", "goal", "category", "channel", "contact_id", "at")
        assert {name: event[name] for name in told} == {name: found[name] for name in told}
        read = await world.call("GET", f"/acceptances/{found['acceptance_id']}")
        assert read.json() == found

    async def test_a_second_one_for_the_same_term_is_refused_and_names_the_first(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        first = (await world.accept()).json()
        second = await world.accept(channel="call")
        assert (second.status_code, second.json()["type"]) == (409, "already-accepted")
        assert second.json()["acceptance_id"] == first["acceptance_id"]
        assert (await world.accept(term="2")).status_code == 201
        assert (await world.offer())["accepted"] == 2

    async def test_the_same_acceptance_id_again_gives_the_same_acceptance(self, world: World) -> None:
        await world.customers("c1")
        await world.published(stock=1)
        first = await world.accept(acceptance_id="a1")
        world.move(days=1)
        second = await world.accept(acceptance_id="a1", channel="call")
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert len(await world.events(OfferAccepted)) == 1

    async def test_an_acceptance_id_of_another_claim_is_refused(self, world: World) -> None:
        await world.customers("c1", "c2")
        await world.published()
        await world.accept(acceptance_id="a1")
        answer = await world.accept("c2", acceptance_id="a1")
        assert (answer.status_code, answer.json()["type"]) == (409, "acceptance-id-taken")

    async def test_a_retry_with_its_key_gets_the_first_answer(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        first, second = [await world.accept(Idempotency_Key="k") for _ in range(2)]
        assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
        assert second.headers["idempotency-replayed"] == "true"
        assert (await world.accept(Idempotency_Key="k", term="2")).json()["type"] == "idempotency-key-reused"
        assert len(await world.rows("acceptances")) == 1

    async def test_sells_what_there_is_and_tells_when_nothing_is_left(self, world: World) -> None:
        await world.customers("c1", "c2", "c3")
        await world.published(stock=2)
        answers = [await world.accept(one) for one in ("c1", "c2", "c3")]
        assert [answer.status_code for answer in answers] == [201, 201, 409]
        assert answers[2].json()["type"] == "sold-out"
        assert await world.announced() == [(2, "published", False), (3, "published", True)]
        offer = await world.offer()
        assert (offer["sold_out"], offer["accepted"], offer["in_force"], offer["version"]) == (True, 2, 3, 3)

    async def test_a_refusal_writes_nothing(self, world: World) -> None:
        await world.customers("c1")
        await world.published(stock=0)
        before = await world.events()
        assert (await world.accept(acceptance_id="a1")).json()["type"] == "sold-out"
        assert await world.rows("acceptances") == []
        assert await world.events() == before

    @pytest.mark.parametrize(
        ("parts", "refusal"),
        [
            ({"valid_until": (NOW + timedelta(days=1)).isoformat()}, "offer-expired"),
            ({"valid_from": (NOW + timedelta(days=3)).isoformat()}, "offer-expired"),
            ({"eligibility": ADULT}, "not-eligible"),
            ({"never_with": ["dsl"]}, "not-eligible"),
        ],
    )
    async def test_says_why_not(self, world: World, parts: dict[str, Any], refusal: str) -> None:
        await world.customers("c1", attributes={"age": 17}, holdings=[{"product": "dsl"}])
        await world.published(**parts)
        world.move(days=2)
        answer = await world.accept()
        assert (answer.status_code, answer.json()["type"]) == (409, refusal)

    async def test_a_withdrawn_offer_has_expired_and_a_draft_is_unknown(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        await world.call("POST", "/offers/o1/withdrawal")
        assert (await world.accept()).json()["type"] == "offer-expired"
        await world.write("o2")
        for offer_id in ("o2", "nope"):
            answer = await world.accept(offer_id=offer_id)
            assert (answer.status_code, answer.json()["type"]) == (404, "unknown-offer")

    async def test_the_content_in_force_counts_not_the_draft(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        await world.write(tag='"2"', goal="another", eligibility=ADULT)
        assert (await world.accept()).json()["goal"] == "fibre"

    async def test_a_customer_that_is_not_known_or_erased(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        await world.erase("c1")
        for one in ("c1", "stranger"):
            answer = await world.accept(one)
            assert (answer.status_code, answer.json()["type"]) == (404, "unknown-customer")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"customer_id": "c1", "offer_id": "o1"},
            {"customer_id": "c 1", "offer_id": "o1", "channel": "web"},
            {"customer_id": "c1", "offer_id": "o1", "channel": "fax"},
            {"customer_id": "c1", "offer_id": "o1", "channel": "web", "term": 1},
            {"customer_id": "c1", "offer_id": "o1", "channel": "web", "colour": "red"},
            {"customer_id": "c1", "offer_id": "o1", "channel": "web", "acceptance_id": "x" * 65},
            [],
            "yes",
        ],
    )
    async def test_refuses_what_is_malformed(self, world: World, body: Any) -> None:
        answer = await world.call("POST", "/acceptances", body, roles=("storefront",))
        assert (answer.status_code, answer.json()["type"]) == (422, "validation")

    async def test_sixty_at_once_for_ten_pieces(self, world: World) -> None:
        ids = [f"c{n}" for n in range(30)]
        await world.customers(*ids)
        await world.published(stock=10)
        answers = await asyncio.gather(*(world.accept(one) for one in ids * 2))
        kinds = [answer.json().get("type", "accepted") for answer in answers]
        assert kinds.count("accepted") == 10
        assert set(kinds) <= {"accepted", "already-accepted", "sold-out"}
        assert len(await world.events(OfferAccepted)) == 10
        assert await world.announced() == [(2, "published", False), (3, "published", True)]

    async def test_of_offers_that_exclude_each_other_at_once_one_is_accepted(self, world: World) -> None:
        ids = [f"c{n}" for n in range(20)]
        await world.customers(*ids)
        await world.published("o1", never_with=["o2"])
        await world.published("o2", never_with=["o1"])
        answers = await asyncio.gather(*(world.accept(one, offer_id) for one in ids for offer_id in ("o1", "o2")))
        assert sorted(answer.status_code for answer in answers) == [201] * 20 + [409] * 20


class TestRevoking:
    async def test_returns_the_piece_and_tells(self, world: World) -> None:
        await world.customers("c1", "c2")
        await world.published(stock=1)
        found = (await world.accept()).json()
        world.move(hours=1)
        path = f"/acceptances/{found['acceptance_id']}/revocation"
        answer = await world.call("POST", path, roles=("storefront",))
        assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
        assert answer.json()["revoked_at"] == "2026-03-02T10:00:00Z"
        (event,) = await world.events(AcceptanceRevoked)
        assert (event["acceptance_id"], event["goal"], event["at"]) == (
            found["acceptance_id"],
            "fibre",
            "2026-03-02T10:00:00Z",
        )
        assert [state[2] for state in await world.announced()] == [False, True, False]
        assert (await world.accept("c2")).status_code == 201

    async def test_twice_is_once(self, world: World) -> None:
        await world.customers("c1")
        await world.published(stock=5)
        found = (await world.accept()).json()
        path = f"/acceptances/{found['acceptance_id']}/revocation"
        answers = await asyncio.gather(*(world.call("POST", path, roles=("storefront",)) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(await world.events(AcceptanceRevoked)) == 1
        assert (await world.offer())["accepted"] == 0

    async def test_the_customer_may_have_it_again_under_a_new_id(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        await world.accept(acceptance_id="a1")
        await world.call("POST", "/acceptances/a1/revocation", roles=("storefront",))
        assert (await world.accept(acceptance_id="a2")).status_code == 201
        again = await world.accept(acceptance_id="a1")
        assert (again.status_code, again.json()["state"]) == (200, "revoked")

    async def test_needs_one_that_exists(self, world: World) -> None:
        answer = await world.call("POST", "/acceptances/nope/revocation", roles=("storefront",))
        assert (answer.status_code, answer.json()["type"]) == (404, "unknown-acceptance")


class TestFulfilling:
    async def test_notes_it_once(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        await world.accept(acceptance_id="a1")
        for reference in ("order-1", "order-2"):
            path = "/acceptances/a1/fulfilment"
            answer = await world.call("POST", path, {"reference": reference}, roles=("storefront",))
            assert (answer.status_code, answer.json()["reference"]) == (200, "order-1")
            assert answer.json()["fulfilled_at"] == "2026-03-02T09:00:00Z"
            world.move(hours=1)

    async def test_needs_one_that_stands(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        await world.accept(acceptance_id="a1")
        await world.call("POST", "/acceptances/a1/revocation", roles=("storefront",))
        answer = await world.call("POST", "/acceptances/a1/fulfilment", {}, roles=("storefront",))
        assert (answer.status_code, answer.json()["type"]) == (409, "acceptance-not-standing")
        answer = await world.call("POST", "/acceptances/nope/fulfilment", {}, roles=("storefront",))
        assert answer.status_code == 404
