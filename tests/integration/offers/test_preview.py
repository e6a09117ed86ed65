"""A draft on a real customer: what is said, which layer and leaf is to blame, which factors, which place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.integration.offers.world import TEXTS, World

OLD = {"combinator": "and", "rules": [{"field": "attributes.age", "operator": ">", "value": 60}]}
ENGLISH = {
    "title": "Fibre",
    "body": "",
    "script": 'Dear {{ customer.name | default: "customer" }}, {{ offer.price }} a month.',
    "scripts": {"sms": "{{ offer.title }}!"},
    "objections": [{"objection": "Too dear.", "answer": "Less than you pay: {{ offer.price }}."}],
}


async def preview(world: World, query: str = "", *roles: str) -> httpx2.Response:
    path = f"/offers/o1/preview?customer_id=c1{query}"
    return await world.call("GET", path, roles=roles or ("offer_manager",))


class TestPreview:
    async def test_of_a_draft_that_nobody_has_published(self, world: World) -> None:
        await world.customers("c1", name="Ada", language="en", attributes={"age": 40})
        await world.published("other", goal="tv", value="50")
        await world.write(price="30", value="100", texts=TEXTS | {"en": ENGLISH}, applicability={**OLD, "not": True})
        found = (await preview(world)).json()
        assert found["texts"] == {
            "language": "en",
            "title": "Fibre",
            "body": "",
            "script": "Dear customer, EUR 30.00 a month.",
            "objections": [{"objection": "Too dear.", "answer": "Less than you pay: EUR 30.00."}],
        }
        assert (found["faults"], found["reason"], found["place"], found["of"]) == ([], None, 1, 2)
        assert found["layers"] == [{"layer": "applicability", "fits": True, "failed": []}]
        assert [share["factor"] for share in found["factors"]] == ["propensity", "context", "value", "lever"]
        assert await world.rows("contact_facts") == []

    async def test_tells_every_layer_with_the_leaves_to_blame(self, world: World) -> None:
        await world.customers("c1", attributes={"age": 40})
        await world.write(eligibility=OLD, suitability=OLD)
        found = (await preview(world, "&lang=zh-CN")).json()
        leaves = [{"pointer": "/rules/0", "text": "年龄大于60"}]
        assert found["layers"] == [
            {"layer": "eligibility", "fits": False, "failed": leaves},
            {"layer": "suitability", "fits": False, "failed": leaves},
        ]
        assert (found["reason"], found["place"]) == ("not_eligible", None)

    async def test_of_what_is_edited_and_not_of_what_is_in_force(self, world: World) -> None:
        await world.customers("c1")
        await world.published("o1", value="1")
        await world.published("other", goal="tv", value="5")
        await world.write(tag='"2"', value="9")
        found = (await preview(world)).json()
        assert (found["place"], found["of"], found["score"]) == (1, 2, 9.0)
        shown = (await world.eligible()).json()["items"]
        assert [item["offer_id"] for item in shown] == ["other", "o1"]

    async def test_tells_faults_of_texts(self, world: World) -> None:
        await world.customers("c1")
        await world.write(texts=TEXTS | {"en": {"title": "{{ customer.shoe }}"}})
        found = (await preview(world, "&lang=en")).json()
        assert found["faults"] == [{"pointer": "/texts/en/title", "message": "there is no variable customer.shoe"}]

    @pytest.mark.parametrize(("channel", "script"), [("sms", "Fibre!"), ("call", "Dear customer, EUR 30.00 a month.")])
    async def test_in_the_words_of_the_channel(self, world: World, channel: str, script: str) -> None:
        await world.customers("c1", name="Ada")
        await world.write(price="30", texts=TEXTS | {"en": ENGLISH})
        assert (await preview(world, f"&channel={channel}&lang=en")).json()["texts"]["script"] == script

    async def test_the_name_for_who_may_see_it(self, world: World) -> None:
        await world.customers("c1", name="Ada")
        await world.write(price="30", texts=TEXTS | {"en": ENGLISH})
        found = (await preview(world, "&lang=en", "offer_manager", "data_steward")).json()
        assert found["texts"]["script"].startswith("Dear Ada")

    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("/offers/nobody/preview?customer_id=c1", "unknown-offer"),
            ("/offers/o1/preview?customer_id=x", "unknown-customer"),
        ],
    )
    async def test_names_what_there_is_not(self, world: World, path: str, kind: str) -> None:
        await world.customers("c1")
        await world.write()
        answer = await world.call("GET", path)
        assert (answer.status_code, answer.json()["type"]) == (404, kind)

    async def test_needs_the_permission(self, world: World) -> None:
        await world.write()
        assert (await preview(world, "", "storefront")).status_code == 403


class TestVariables:
    async def test_are_listed_in_both_languages(self, world: World) -> None:
        items = (await world.call("GET", "/text-variables")).json()["items"]
        named = {item["name"]: item for item in items}
        assert named["customer.name"] == {
            "name": "customer.name",
            "label": {"en": "name", "zh-CN": "姓名"},
            "needs_default": True,
            "personal": True,
            "only_in": [],
        }
        assert named["offer.link"]["only_in"] == ["sms", "email"]
        assert not named["offer.title"]["needs_default"]


class TestStorefront:
    async def test_fills_in_and_speaks_as_the_channel(self, world: World) -> None:
        await world.customers("c1", name="Ada", language="en")
        await world.published(price="30", texts=TEXTS | {"en": ENGLISH})
        (item,) = (await world.eligible()).json()["items"]
        assert (item["script"], item["objections"]) == ("Dear customer, EUR 30.00 a month.", [])
        assert (item["price"], item["price_period"], item["currency"]) == ("30", "once", "EUR")
        (told,) = (await world.eligible("c1", "?channel=hotline", "storefront", "hotline_agent")).json()["items"]
        assert told["script"] == "Dear Ada, EUR 30.00 a month."
        assert told["objections"] == [{"objection": "Too dear.", "answer": "Less than you pay: EUR 30.00."}]
        (short,) = (await world.eligible("c1", "?channel=sms")).json()["items"]
        assert short["script"] == "Fibre!"

    async def test_one_customers_words_are_not_anothers(self, world: World) -> None:
        await world.customers("c1", name="Ada", language="en")
        await world.customers("c2", name="Bob", language="en")
        await world.published(price="30", texts=TEXTS | {"en": ENGLISH})
        both = [
            (await world.eligible(one, "?channel=call", "storefront", "hotline_agent")).json()["items"][0]["script"]
            for one in ("c1", "c2", "c1")
        ]
        assert [script[:8] for script in both] == ["Dear Ada", "Dear Bob", "Dear Ada"]


def words(world: World, outcome: str, at: Any = None, **parts: Any) -> Any:
    facts = {"channel": "call", "acceptance_id": None, "contact_id": "k1"} | parts
    return world.responded(outcome, **facts, at=at or world.clock.now())


class TestLifting:
    async def shown(self, world: World, customer_id: str = "c1") -> list[str]:
        return [item["offer_id"] for item in (await world.eligible(customer_id)).json()["items"]]

    async def test_what_was_refused_lately_anywhere_is_not_shown(self, world: World) -> None:
        await world.customers("c1", "c2")
        await world.published("o1")
        await world.published("o2", goal="tv")
        await world.hear(words(world, "refused"))
        assert await self.shown(world) == ["o2"]
        assert await self.shown(world, "c2") == ["o1", "o2"]
        answer = (await world.eligible("c1", "?explain=true", "storefront", "offer_manager")).json()
        assert [(r["offer_id"], r["reason"]) for r in answer["refused"]] == [("o1", "recently_refused")]
        world.move(days=30)
        assert await self.shown(world) == ["o1", "o2"]

    @pytest.mark.parametrize("outcome", ["interested", "call_back"])
    async def test_what_was_promised_anywhere_goes_first(self, world: World, outcome: str) -> None:
        await world.customers("c1")
        await world.published("o1", priority=1)
        await world.published("o2", goal="tv")
        await world.hear(words(world, outcome))
        assert await self.shown(world) == ["o1", "o2"]
        world.move(days=30)
        assert await self.shown(world) == ["o2", "o1"]

    async def test_a_promised_call_counts_from_its_time_on(self, world: World) -> None:
        await world.customers("c1")
        await world.published("o1", priority=1)
        await world.published("o2", goal="tv")
        later = world.clock.now() + timedelta(days=20)
        await world.hear(words(world, "call_back", call_back_at=later))
        world.move(days=49)
        assert await self.shown(world) == ["o1", "o2"]

    async def test_the_newest_word_counts_in_whatever_order_it_comes(self, world: World) -> None:
        await world.customers("c1")
        await world.published("o1")
        refused = words(world, "refused")
        world.move(hours=1)
        interested = words(world, "interested")
        await world.hear(interested)
        await world.hear(refused)
        assert await self.shown(world) == ["o1"]
        await world.hear(refused, interested)
        assert [row["kind"] for row in await world.rows("contact_facts")] == ["promised"]

    async def test_delivered_twice_is_once(self, world: World) -> None:
        await world.customers("c1")
        for _ in range(2):
            await world.hear(words(world, "refused"))
        assert len(await world.rows("contact_facts")) == 1

    async def test_of_strangers_nothing_is_kept_and_of_erased_ones_nothing_left(self, world: World) -> None:
        await world.hear(words(world, "refused"))
        assert await world.rows("contact_facts") == []
        await world.customers("c1")
        await world.hear(words(world, "refused"))
        await world.erase("c1")
        assert await world.rows("contact_facts") == []

    async def test_once_accepted_a_promise_is_kept(self, world: World) -> None:
        await world.customers("c1")
        await world.published("o1", priority=1)
        await world.published("o2", goal="tv")
        await world.hear(words(world, "interested"))
        world.move(minutes=1)
        accepted = (await world.accept()).json()
        world.move(minutes=1)
        await world.call("POST", f"/acceptances/{accepted['acceptance_id']}/revocation", roles=("storefront",))
        assert await self.shown(world) == ["o2", "o1"]

    async def test_never_after_also_when_it_was_taken_back(self, world: World) -> None:
        await world.customers("c1")
        await world.published("o1")
        await world.published("starter", goal="tv", never_after=["o1"])
        accepted = (await world.accept()).json()
        await world.call("POST", f"/acceptances/{accepted['acceptance_id']}/revocation", roles=("storefront",))
        assert await self.shown(world) == ["o1"]


class TestHousehold:
    async def test_what_one_member_has_is_not_offered_to_the_others(self, world: World) -> None:
        await world.customers("c1", "c2", household="home")
        await world.customers("c3", household="next-door")
        await world.customers("c4")
        await world.published("o1", per_household=True)
        await world.accept("c2")
        lifting = TestLifting()
        assert await lifting.shown(world, "c1") == []
        assert await lifting.shown(world, "c3") == await lifting.shown(world, "c4") == ["o1"]

    async def test_what_one_member_was_interested_in_goes_first_for_all(self, world: World) -> None:
        await world.customers("c1", "c2", household="home")
        await world.published("o1", priority=1)
        await world.published("o2", goal="tv")
        await world.hear(words(world, "interested", customer_id="c2"))
        lifting = TestLifting()
        assert await lifting.shown(world, "c1") == await lifting.shown(world, "c2") == ["o1", "o2"]
        world.move(hours=1)
        await world.hear(words(world, "refused"))
        assert await lifting.shown(world, "c1") == ["o2"]
        assert await lifting.shown(world, "c2") == ["o1", "o2"]
