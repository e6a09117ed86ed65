"""What a storefront gets for a customer: eligible offers in order, contacts first, cheap when nothing has changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.offers.world import NOW, TEXTS, World

from rapport.contracts.touchpoint import ContactExpired, ContactRecalled

ADULT = {"combinator": "and", "rules": [{"field": "attributes.age", "operator": ">=", "value": 18}]}


async def shown(world: World, customer_id: str = "c1", query: str = "") -> list[str]:
    """The ids of the offers shown, in order."""
    answer = await world.eligible(customer_id, query)
    assert answer.status_code == 200, answer.text
    return [item["offer_id"] for item in answer.json()["items"]]


class TestOrder:
    async def test_by_priority_then_value_then_id(self, world: World) -> None:
        await world.customers("c1")
        for offer_id, priority, value in (("o1", 1, "9"), ("o2", 5, "1"), ("o3", 5, "10.5"), ("o4", 5, "1")):
            await world.published(offer_id, priority=priority, value=value, goal=offer_id)
        assert await shown(world) == ["o3", "o2", "o4", "o1"]
        assert await shown(world, query="?limit=2") == ["o3", "o2"]

    async def test_offers_of_open_web_contacts_come_first_with_their_contact(self, world: World) -> None:
        await world.customers("c1", "c2")
        for offer_id, priority in (("o1", 1), ("o2", 2), ("o3", 3)):
            await world.published(offer_id, priority=priority, goal=offer_id)
        await world.hear(world.released(offer_id="o1"), world.released("c2", "ctc2", offer_id="o2"))
        items = (await world.eligible()).json()["items"]
        assert [(item["offer_id"], item["contact_id"]) for item in items] == [
            ("o1", "ctc1"),
            ("o3", None),
            ("o2", None),
        ]
        assert await shown(world, query="?channel=branch") == ["o3", "o2", "o1"]

    async def test_a_contact_makes_nobody_eligible(self, world: World) -> None:
        await world.customers("c1")
        await world.published(eligibility=ADULT)
        await world.hear(world.released())
        assert await shown(world) == []


class TestContacts:
    @pytest.fixture(autouse=True)
    async def banner(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        until = NOW + timedelta(days=1)
        await world.hear(world.released(contact_id="ctc1", expires_at=until), world.released(contact_id="ctc2"))

    async def contact(self, world: World) -> Any:
        return (await world.eligible()).json()["items"][0]["contact_id"]

    async def test_the_oldest_open_one_is_shown(self, world: World) -> None:
        assert await self.contact(world) == "ctc1"

    @pytest.mark.parametrize("ending", ["recalled", "expired", "responded"])
    async def test_closed_ones_are_not(self, world: World, ending: str) -> None:
        facts = {"customer_id": "c1", "contact_id": "ctc1", "seq": 2, "at": NOW, "channel": "web"}
        await world.hear(
            {
                "recalled": ContactRecalled.model_validate(facts | {"reason": "goal_met"}),
                "expired": ContactExpired.model_validate(facts),
                "responded": world.responded("dismissed"),
            }[ending]
        )
        assert await self.contact(world) == "ctc2"

    async def test_those_past_their_time_are_not(self, world: World) -> None:
        world.move(days=1, microseconds=-1)
        assert await self.contact(world) == "ctc1"
        world.move(microseconds=1)
        assert await self.contact(world) == "ctc2"


class TestWhatIsOffered:
    @pytest.mark.parametrize(
        "parts",
        [
            {"eligibility": ADULT},
            {"channels": ["call"]},
            {"never_with": ["dsl"]},
            {"stock": 0},
            {"valid_from": (NOW + timedelta(seconds=1)).isoformat()},
        ],
    )
    async def test_not_what_the_customer_may_not_have(self, world: World, parts: dict[str, Any]) -> None:
        await world.customers("c1", attributes={"age": 17}, holdings=[{"product": "dsl"}])
        await world.published("o1", **parts)
        await world.published("o2", goal="another")
        assert await shown(world) == ["o2"]

    async def test_not_for_a_goal_that_is_met_until_it_is_revoked(self, world: World) -> None:
        await world.customers("c1")
        await world.published("o1", goal="fibre")
        await world.published("o2", goal="fibre")
        await world.published("o3", goal="mobile")
        await world.accept(acceptance_id="a1")
        assert await shown(world) == ["o3"]
        await world.call("POST", "/acceptances/a1/revocation", roles=("storefront",))
        assert await shown(world) == ["o1", "o2", "o3"]

    async def test_drafts_and_withdrawn_ones_are_not(self, world: World) -> None:
        await world.customers("c1")
        await world.published("o1")
        await world.write("o2")
        assert await shown(world) == ["o1"]
        await world.call("POST", "/offers/o1/withdrawal")
        await world.app.state.catalogue.refresh()
        assert await shown(world) == []

    async def test_the_version_in_force_is_shown_while_another_is_edited(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        await world.write(tag='"2"', texts={lang: {"title": "Next"} for lang in TEXTS})
        await world.app.state.catalogue.refresh()
        assert (await world.eligible()).json()["items"][0]["title"] == "Fibre 500"

    async def test_a_sold_out_offer_disappears_and_comes_back(self, world: World) -> None:
        await world.customers("c1", "c2")
        await world.published(stock=1)
        await world.accept(acceptance_id="a1")
        await world.app.state.catalogue.refresh()
        assert await shown(world, "c2") == []
        await world.call("POST", "/acceptances/a1/revocation", roles=("storefront",))
        await world.app.state.catalogue.refresh()
        assert await shown(world, "c2") == ["o1"]


class TestTexts:
    @pytest.mark.parametrize(
        ("query", "own", "title"),
        [
            ("?lang=zh-CN", "en", "光纤 500"),
            ("?lang=zh-TW", "en", "光纤 500"),
            ("?lang=en-GB", "zh-CN", "Fibre 500"),
            ("?lang=fr", "zh-CN", "Fibre 500"),
            ("", "zh-CN", "光纤 500"),
            ("", None, "Fibre 500"),
        ],
    )
    async def test_in_the_language_that_serves_best(
        self, world: World, query: str, own: str | None, title: str
    ) -> None:
        await world.customers("c1", language=own)
        await world.published()
        assert (await world.eligible("c1", query)).json()["items"][0]["title"] == title


class TestExplanation:
    async def test_says_why_not_and_what_the_rank_is_made_of(self, world: World) -> None:
        await world.customers("c1", attributes={"age": 17})
        await world.published("o1", priority=7, value="12.50")
        await world.published("o2", eligibility=ADULT)
        await world.published("o3", channels=["call"])
        answer = (await world.eligible("c1", "?explain=true", "storefront", "offer_manager")).json()
        (item,) = answer["items"]
        assert (item["priority"], item["value"], item["currency"]) == (7, "12.50", "EUR")
        reasons = {refused["offer_id"]: refused["reason"] for refused in answer["refused"]}
        assert reasons == {"o2": "not_eligible", "o3": "other_channel"}
        (failed,) = next(r["failed"] for r in answer["refused"] if r["offer_id"] == "o2")
        assert failed["pointer"] == "/rules/0"
        assert "18" in failed["text"]
        assert "17" not in failed["text"]

    async def test_needs_a_permission_of_its_own(self, world: World) -> None:
        await world.customers("c1")
        assert (await world.eligible("c1", "?explain=true")).status_code == 403
        plain = (await world.eligible()).json()
        assert plain.keys() == {"customer_id", "items"}

    async def test_the_worth_of_a_customer_is_nobody_elses_business(self, world: World) -> None:
        await world.customers("c1")
        await world.published(value="99.00")
        assert "99" not in (await world.eligible()).text


class TestHttp:
    async def test_an_unchanged_answer_is_not_sent_again(self, world: World) -> None:
        await world.customers("c1")
        await world.published()
        first = await world.eligible()
        assert first.headers["cache-control"] == "private, no-cache"
        again = await world.eligible("c1", "", If_None_Match=first.headers["etag"])
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        await world.hear(world.released())
        changed = await world.eligible("c1", "", If_None_Match=first.headers["etag"])
        assert changed.status_code == 200
        assert changed.headers["etag"] != first.headers["etag"]

    async def test_a_customer_that_is_not_known_or_erased(self, world: World) -> None:
        await world.customers("c1")
        await world.erase("c1")
        for one in ("c1", "stranger"):
            answer = await world.eligible(one)
            assert (answer.status_code, answer.json()["type"]) == (404, "unknown-customer")

    @pytest.mark.parametrize("query", ["?channel=fax", "?limit=0", "?limit=51", "?lang=x_y", "?explain=perhaps"])
    async def test_refuses_a_wrong_question(self, world: World, query: str) -> None:
        await world.customers("c1")
        assert (await world.eligible("c1", query)).status_code == 422
