"""Acceptances over HTTP: one per customer, offer and term, within the stock; revoked and fulfilled."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.integration.offers.world import NOW, World

from rapport.contracts.offers import (
    AcceptanceFulfilled,
    AcceptanceRefused,
    AcceptanceRevoked,
    OfferAccepted,
    OfferChanged,
)

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


class TestQuotas:
    WEB = ({"scope": "channel", "name": "web", "limit": 2},)
    NORTH = ({"scope": "unit", "name": "/north", "limit": 1},)

    async def test_of_a_channel_is_counted_beside_the_stock(self, world: World) -> None:
        await world.customers("c1", "c2", "c3")
        await world.published(stock=10, quotas=self.WEB)
        answers = [await world.accept(one) for one in ("c1", "c2", "c3")]
        assert [answer.status_code for answer in answers] == [201, 201, 409]
        refusal = answers[2].json()
        assert (refusal["type"], refusal["scope"], refusal["name"]) == ("quota-exhausted", "channel", "web")
        assert (await world.accept("c3", channel="branch")).status_code == 201
        catalogue = await world.events(OfferChanged)
        assert [[quota["name"] for quota in each["exhausted_quotas"]] for each in catalogue] == [[], ["web"]]

    async def test_of_a_unit_is_the_callers_or_one_below(self, world: World) -> None:
        await world.customers("c1", "c2", "c3")
        await world.published(quotas=self.NORTH)
        assert (await world.accept("c1", unit="/north/branch-7")).json()["unit"] == "/north/branch-7"
        assert (await world.accept("c2", unit="/north")).json()["type"] == "quota-exhausted"
        own = (await world.accept("c2")).json()
        assert (own["state"], own["unit"]) == ("accepted", "/")
        assert (await world.accept("c3", unit="/northwest")).status_code == 201

    async def test_nobody_takes_for_a_unit_that_is_not_theirs(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        body = {"customer_id": "c1", "offer_id": "o1", "channel": "web", "unit": "/south"}
        answer = await world.call("POST", "/acceptances", body, roles=("storefront",), org="/north")
        assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")

    async def test_what_is_revoked_may_be_had_again_and_is_told(self, world: World) -> None:
        await world.customers("c1", "c2")
        await world.published(quotas=self.NORTH)
        await world.accept("c1", unit="/north", acceptance_id="a1")
        await world.call("POST", "/acceptances/a1/revocation", roles=("storefront",))
        assert [len(each["exhausted_quotas"]) for each in await world.events(OfferChanged)] == [0, 1, 0]
        assert (await world.accept("c2", unit="/north")).status_code == 201

    async def test_one_set_later_knows_what_was_accepted_before(self, world: World) -> None:
        await world.customers("c1", "c2", "c3")
        await world.published()
        for one in ("c1", "c2"):
            await world.accept(one)
        await world.published(quotas=self.WEB)
        assert (await world.events(OfferChanged))[-1]["exhausted_quotas"] == [*self.WEB]
        assert (await world.accept("c3")).json()["type"] == "quota-exhausted"

    async def test_a_report_that_comes_too_late_for_its_quota_is_sold_out_for_it(self, world: World) -> None:
        await world.customers("c1", "c2")
        await world.published(quotas=({"scope": "channel", "name": "call", "limit": 1},))
        await world.hear(world.responded(channel="call"), world.responded("accepted", "c2", "ctc2", channel="call"))
        (refused,) = await world.events(AcceptanceRefused)
        assert (refused["customer_id"], refused["reason"], refused["quota"]["name"]) == ("c2", "sold-out", "call")
        assert {row["reason"] for row in await world.rows("acceptances")} == {None, "quota-exhausted"}

    async def test_of_a_unit_counts_what_the_unit_reports(self, world: World) -> None:
        await world.customers("c1", "c2")
        await world.published(quotas=self.NORTH)
        said = [
            world.responded("accepted", one, f"ctc-{one}", channel="branch", unit="/north/7", agent="bea")
            for one in ("c1", "c2")
        ]
        await world.hear(*said)
        rows = await world.rows("acceptances")
        assert [(row["state"], row["unit"], row["agent"]) for row in rows] == [
            ("accepted", "/north/7", "bea"),
            ("refused", "/north/7", "bea"),
        ]

    async def test_sixty_at_once_never_overdraw_one(self, world: World) -> None:
        ids = [f"c{n}" for n in range(60)]
        await world.customers(*ids)
        await world.published(stock=50, quotas=(*self.NORTH, {"scope": "channel", "name": "web", "limit": 7}))
        answers = await asyncio.gather(
            *(world.accept(one, unit=("/north/7", "/south")[number % 2]) for number, one in enumerate(ids))
        )
        taken = [answer.json()["unit"] for answer in answers if answer.status_code == 201]
        assert (len(taken), taken.count("/north/7")) == (7, 1)

    @pytest.mark.parametrize(
        "quota",
        [
            {"scope": "channel", "name": "fax", "limit": 1},
            {"scope": "unit", "name": "north", "limit": 1},
            {"scope": "unit", "name": "/north", "limit": -1},
            {"scope": "team", "name": "/north", "limit": 1},
        ],
    )
    async def test_of_nobody_is_refused(self, world: World, quota: dict[str, Any]) -> None:
        assert (await world.write(quotas=[quota])).status_code == 422

    async def test_twice_for_the_same_is_refused(self, world: World) -> None:
        assert (await world.write(quotas=[*self.NORTH, *self.NORTH])).status_code == 422


class TestRevoking:
    async def test_only_within_the_period_that_the_offer_had_then(self, world: World) -> None:
        await world.customers("c1", "c2")
        await world.published(cooling_off_days=14)
        for number, one in enumerate(("c1", "c2")):
            found = (await world.accept(one, acceptance_id=f"a{number}")).json()
            assert found["revocable_until"] == "2026-03-16T09:00:00Z"
        await world.published(cooling_off_days=1)
        world.move(days=14, microseconds=-1)
        assert (await self.revoke(world, "a0")).status_code == 200
        world.move(microseconds=1)
        refused = await self.revoke(world, "a1")
        assert (refused.status_code, refused.json()["type"]) == (409, "cooling-off-over")
        assert refused.json()["until"] == "2026-03-16T09:00:00+00:00"
        assert (await self.revoke(world, "a0")).status_code == 200

    async def test_without_a_period_until_it_is_delivered(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        await world.accept(acceptance_id="a1")
        await world.call("POST", "/acceptances/a1/fulfilment", {}, roles=("channel_system",))
        answer = await self.revoke(world, "a1")
        assert (answer.status_code, answer.json()["type"]) == (409, "already-fulfilled")

    @pytest.mark.parametrize("role", ["storefront", "channel_system", "hotline_agent", "branch_agent"])
    async def test_is_for_everybody_to_whom_a_customer_may_say_it(self, world: World, role: str) -> None:
        await world.customers("c1")
        await world.published()
        await world.accept(acceptance_id="a1")
        assert (await self.revoke(world, "a1", role)).json()["revoked_because"] == "withdrawn"

    async def revoke(self, world: World, acceptance_id: str, role: str = "storefront") -> httpx2.Response:
        return await world.call("POST", f"/acceptances/{acceptance_id}/revocation", roles=(role,))

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
    async def settle(self, world: World, **body: Any) -> httpx2.Response:
        return await world.call("POST", "/acceptances/a1/fulfilment", body, roles=("channel_system",))

    async def test_is_told_once(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        await world.accept(acceptance_id="a1", contact_id="ctc1")
        for _ in range(2):
            assert (await self.settle(world, reference="order-1")).status_code == 200
        (event,) = await world.events(AcceptanceFulfilled)
        assert (event["acceptance_id"], event["reference"], event["contact_id"]) == ("a1", "order-1", "ctc1")

    async def test_that_failed_returns_the_piece_and_opens_the_goal(self, world: World) -> None:
        await world.customers("c1", "c2")
        await world.published(stock=1, quotas=({"scope": "channel", "name": "web", "limit": 1},), cooling_off_days=0)
        await world.accept(acceptance_id="a1")
        for _ in range(2):
            answer = await self.settle(world, result="failed", reason="no line", reference="order-1")
            assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
        assert (answer.json()["revoked_because"], answer.json()["note"]) == ("not-delivered", "no line")
        (event,) = await world.events(AcceptanceRevoked)
        assert (event["reason"], event["note"]) == ("not-delivered", "no line")
        assert [(e["sold_out"], len(e["exhausted_quotas"])) for e in await world.events(OfferChanged)] == [
            (False, 0),
            (True, 1),
            (False, 0),
        ]
        assert (await self.settle(world)).json()["type"] == "acceptance-not-standing"
        assert (await world.accept("c2")).status_code == 201

    async def test_does_not_fail_once_it_was_done(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        await world.accept(acceptance_id="a1")
        await self.settle(world)
        answer = await self.settle(world, result="failed", reason="no line")
        assert (answer.status_code, answer.json()["type"]) == (409, "already-fulfilled")

    @pytest.mark.parametrize("body", [{"result": "failed"}, {"reason": "no line"}, {"result": "lost", "reason": "x"}])
    async def test_a_failure_says_why_and_nothing_else_does(self, world: World, body: dict[str, Any]) -> None:
        assert (await self.settle(world, **body)).status_code == 422

    async def test_a_revocation_and_a_delivery_at_once_leave_one_of_the_two(self, world: World) -> None:
        ids = [f"c{n}" for n in range(20)]
        await world.customers(*ids)
        await world.published(stock=20)
        for one in ids:
            await world.accept(one, acceptance_id=one)
        calls = [
            world.call(
                "POST", f"/acceptances/{one}/{what}", {} if what == "fulfilment" else None, roles=("storefront",)
            )
            for one in ids
            for what in ("revocation", "fulfilment")
        ]
        answers = await asyncio.gather(*calls)
        assert sorted(answer.status_code for answer in answers) == [200] * 20 + [409] * 20
        rows = await world.rows("acceptances")
        assert all((row["state"] == "revoked") != (row["fulfilled_at"] is not None) for row in rows)
        standing = sum(row["state"] == "accepted" for row in rows)
        assert (await world.offer())["accepted"] == standing
        assert sum(row["accepted"] for row in await world.rows("acceptance_counts")) == standing

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
