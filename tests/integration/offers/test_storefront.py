"""What a storefront gets for a customer: eligible offers in order, contacts first, cheap when nothing has changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.integration.offers.world import NOW, TEXTS, World, customer

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

    async def test_not_where_the_quota_is_exhausted(self, world: World) -> None:
        await world.customers("c1", "c2")
        north = {"scope": "unit", "name": "/north", "limit": 1}
        await world.published(quotas=[north])
        await world.accept("c2", unit="/north/7")
        await world.app.state.catalogue.refresh()
        path = "/customers/c1/eligible-offers"
        for unit, expected in (("/north", 0), ("/north/8", 0), ("/northwest", 1), ("/", 1)):
            answer = await world.call("GET", path, roles=("storefront",), org=unit)
            assert len(answer.json()["items"]) == expected, unit
        why = await world.call("GET", f"{path}?explain=true", roles=("storefront", "offer_manager"), org="/north")
        (refused,) = why.json()["refused"]
        assert (refused["reason"], refused["detail"]) == ("quota_exhausted", "/north")

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ([], 1),
            ([("web", False, 1)], 0),
            ([("web", False, 1), ("web", True, 2)], 1),
            ([("web", True, 1), ("web", False, 2)], 0),
            ([("sms", False, 1)], 1),
        ],
    )
    async def test_not_to_who_said_no_to_marketing_there(
        self, world: World, words: list[tuple[str, bool, int]], expected: int
    ) -> None:
        consents = [
            {"channel": channel, "purpose": "marketing", "granted": granted, "at": NOW + timedelta(hours=hour)}
            for channel, granted, hour in words
        ]
        await world.customers("c1", consents=consents)
        await world.published()
        assert len(await shown(world)) == expected


class TestForEverybody:
    async def look(self, world: World, query: str = "", **headers: str) -> httpx2.Response:
        return await world.call("GET", f"/eligible-offers{query}", roles=("storefront",), **headers)

    async def test_what_asks_for_nothing_of_the_customer_by_rank_and_without_the_agents_words(
        self, world: World
    ) -> None:
        await world.published("o1", priority=1)
        await world.published("o2", priority=2, never_with=["dsl"])
        stranger = {"combinator": "and", "rules": [{"field": "attributes.age", "operator": "null"}]}
        await world.published("o3", eligibility=stranger)
        await world.published("o4", channels=["call"])
        await world.published("o5", stock=0)
        items = (await self.look(world)).json()["items"]
        assert [item["offer_id"] for item in items] == ["o2", "o1"]
        priced = {"price", "price_period", "currency"}
        assert items[0].keys() == {"offer_id", "title", "body", "image", "goal", "valid_until"} | priced
        assert [item["title"] for item in (await self.look(world, "?lang=zh-CN&limit=1")).json()["items"]] == [
            "光纤 500"
        ]

    async def test_any_cache_may_keep_it_but_not_past_a_beginning_or_an_end(self, world: World) -> None:
        await world.published("o1", valid_until=(NOW + timedelta(seconds=9)).isoformat())
        await world.published("o2", valid_from=(NOW + timedelta(seconds=7)).isoformat())
        heard = []
        for seconds in (0, 3, 2, 2):
            world.move(seconds=seconds)
            heard.append((await self.look(world)).headers["cache-control"])
        assert heard == [f"public, max-age={seconds}" for seconds in (5, 4, 2, 2)]
        world.move(seconds=2)
        last = await self.look(world)
        assert last.headers["cache-control"] == "public, max-age=5"
        assert [item["offer_id"] for item in last.json()["items"]] == ["o2"]

    async def test_a_copy_is_worthless_once_the_catalogue_has_changed(self, world: World) -> None:
        await world.published()
        first = await self.look(world)
        assert (await self.look(world, If_None_Match=first.headers["etag"])).status_code == 304
        await world.call("POST", "/offers/o1/withdrawal")
        await world.app.state.catalogue.refresh()
        changed = await self.look(world, If_None_Match=first.headers["etag"])
        assert (changed.status_code, changed.json()["items"]) == (200, [])


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

    async def test_no_cache_may_serve_it_unasked_or_to_another_caller(self, world: World) -> None:
        await world.customers("c1")
        answer = await world.eligible()
        assert (answer.headers["cache-control"], answer.headers["vary"]) == ("private, no-cache", "Authorization")

    @pytest.mark.parametrize(
        "change",
        [
            "accepted on the web",
            "accepted in a call",
            "revoked",
            "consent",
            "product",
            "published",
            "withdrawn",
            "sold out",
            "quota",
            "end",
            "contact",
            "erased",
        ],
    )
    async def test_whatever_changes_it_makes_a_copy_worthless(self, world: World, change: str) -> None:
        await world.customers("c1", "c2")
        until = (NOW + timedelta(hours=1)).isoformat()
        quotas = [{"scope": "channel", "name": "web", "limit": 2}]
        await world.published("o1", stock=3, never_with=["dsl"], valid_until=until, quotas=quotas)
        await world.published("o2", goal="other")
        await world.accept("c2", "o2", acceptance_id="a0")
        await world.accept("c1", "o2", acceptance_id="a1")
        first = await world.eligible()
        unchanged = await world.eligible("c1", "", If_None_Match=first.headers["etag"])
        assert unchanged.status_code == 304
        match change:
            case "accepted on the web":
                await world.accept()
            case "accepted in a call":
                await world.hear(world.responded(channel="call"))
            case "revoked":
                await world.call("POST", "/acceptances/a1/revocation", roles=("storefront",))
            case "consent":
                refused = {"channel": "web", "purpose": "marketing", "granted": False, "at": NOW, "source": "shop"}
                await world.hear(customer("c1", 2, consents=[refused]))
            case "product":
                await world.hear(customer("c1", 2, holdings=[{"product": "dsl"}]))
            case "published":
                texts = {language: {"title": "New"} for language in TEXTS}
                await world.published("o1", stock=3, quotas=quotas, valid_until=until, texts=texts)
            case "withdrawn":
                await world.call("POST", "/offers/o1/withdrawal")
            case "sold out":
                for number in range(3):
                    await world.customers(f"d{number}")
                    assert (await world.accept(f"d{number}", channel="branch")).status_code == 201
            case "quota":
                for number in range(2):
                    await world.customers(f"d{number}")
                    assert (await world.accept(f"d{number}")).status_code == 201
            case "end":
                world.move(hours=1)
            case "contact":
                await world.hear(world.released())
            case "erased":
                await world.erase("c1")
        await world.app.state.catalogue.refresh()
        changed = await world.eligible("c1", "", If_None_Match=first.headers["etag"])
        assert changed.status_code == (404 if change == "erased" else 200)
        assert changed.headers.get("etag") != first.headers["etag"]

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
