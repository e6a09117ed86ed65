"""Pop-ups rank by the replicated ranking and by what the customer and the household have; texts are filled in."""

from __future__ import annotations

from typing import Any

from tests.integration.touchpoint.conftest import Touchpoint

from rapport.contracts.offers import AcceptanceRevoked, OfferAccepted, RankingChanged
from touchpoint_service.senders import wording

SAVERS = {"combinator": "and", "rules": [{"field": "tags", "operator": "contains", "value": "saver"}]}
LIKELY = {"default": 0.1, "by_segment": [{"name": "savers", "rule": SAVERS, "value": 0.9}]}
LINK = "https://go.example/l/abc"
WORDS = {
    "title": "Loan",
    "body": 'Good for you, {{ customer.name | default: "dear customer" }}.',
    "script": '{{ customer.name | default: "Hello" }}, may I?',
}


def ranking(version: int, **parts: Any) -> RankingChanged:
    return RankingChanged.model_validate({"ranking_id": "house", "version": version} | parts)


async def shown(touchpoint: Touchpoint, customer_id: str = "c1") -> list[str]:
    await touchpoint.tick(minutes=2)  # the same pop-up is given for a minute
    body = {"customer_id": customer_id, "channel": "branch", "limit": 9}
    answer = await touchpoint.call("POST", "/v1/popups", body, role="branch_agent")
    return [offer["offer_id"] for offer in answer.json()["offers"]]


class TestOrder:
    async def test_is_that_of_the_ranking_in_force(self, touchpoint: Touchpoint) -> None:
        await touchpoint.hear(
            touchpoint.offer("o1", 2, value=100, propensity={"default": 0.2}),
            touchpoint.offer("o2", value=50, propensity=LIKELY, goal="card"),
            *(touchpoint.customer(one, tags=["saver"]) for one in ("c2", "c3", "c4")),
        )
        assert await shown(touchpoint, "c2") == ["o1", "o2"]
        await touchpoint.hear(ranking(1, propensity={"on": True}))
        assert await shown(touchpoint) == ["o1", "o2"]
        assert await shown(touchpoint, "c3") == ["o2", "o1"]
        await touchpoint.hear(ranking(2, propensity={"on": True, "weight": 0}))
        assert await shown(touchpoint, "c4") == ["o1", "o2"]

    async def test_an_older_ranking_changes_nothing(self, touchpoint: Touchpoint) -> None:
        await touchpoint.hear(ranking(2, refused_days=5), ranking(1, refused_days=9))
        await touchpoint.hear(ranking(2, refused_days=9))
        assert touchpoint.app.state.catalogue.weights.document.refused_days == 5

    async def test_the_foremost_are_those_that_may_come_first(self, touchpoint: Touchpoint) -> None:
        catalogue = touchpoint.app.state.catalogue
        await touchpoint.hear(
            touchpoint.offer("o1", 2, value=100, propensity={"default": 0.2}),
            touchpoint.offer("o2", value=50, propensity=LIKELY),
            ranking(1, propensity={"on": True}),
        )
        assert catalogue.foremost("branch", 1) == ["o2"]
        await touchpoint.hear(ranking(2))
        assert catalogue.foremost("branch", 1) == ["o1"]


class TestOtherOffers:
    async def accept(self, touchpoint: Touchpoint, offer_id: str, customer_id: str = "c1") -> None:
        facts: dict[str, Any] = {
            "acceptance_id": f"a-{offer_id}",
            "customer_id": customer_id,
            "offer_id": offer_id,
            "channel": "web",
        }
        facts |= {"goal": offer_id, "at": touchpoint.clock.now()}
        await touchpoint.hear(OfferAccepted.model_validate(facts | {"term": "1", "category": "loans"}))

    async def test_once_accepted_even_if_taken_back(self, touchpoint: Touchpoint) -> None:
        await touchpoint.hear(
            touchpoint.offer("premium", goal="premium"),
            touchpoint.offer("starter", goal="starter", never_after=["premium"]),
        )
        assert "starter" in await shown(touchpoint)
        await self.accept(touchpoint, "premium")
        assert "starter" not in await shown(touchpoint)
        gone: dict[str, Any] = {
            "acceptance_id": "a-premium",
            "customer_id": "c1",
            "offer_id": "premium",
            "channel": "web",
        }
        gone |= {"goal": "premium", "at": touchpoint.clock.now()}
        await touchpoint.hear(AcceptanceRevoked.model_validate(gone))
        found = await shown(touchpoint)
        assert "premium" in found
        assert "starter" not in found

    async def test_once_in_a_household(self, touchpoint: Touchpoint) -> None:
        await touchpoint.hear(
            touchpoint.offer("router", goal="router", per_household=True),
            touchpoint.offer("sim", goal="sim"),
            touchpoint.customer("c2", household="home"),
            touchpoint.customer("c1", 2, household="home"),
        )
        assert {"router", "sim"} <= set(await shown(touchpoint))
        await self.accept(touchpoint, "router", "c2")
        await self.accept(touchpoint, "sim", "c2")
        found = await shown(touchpoint)
        assert "router" not in found
        assert "sim" in found


class TestTexts:
    async def test_an_agent_gets_them_filled_in(self, touchpoint: Touchpoint) -> None:
        pair = {"objection": "Too dear", "answer": "It is not."}
        texts = {"en": WORDS | {"scripts": {"call": "Call: {{ offer.title }}"}, "objections": [pair]}}
        await touchpoint.hear(touchpoint.offer("o1", 2, texts=texts), touchpoint.request())
        body = {"seconds": 60, "limit": 1}
        answer = await touchpoint.call("POST", "/v1/channels/call/leases", body, role="outbound_agent")
        (item,) = answer.json()["items"]
        assert item["offer"] == {
            "language": "en",
            "title": "Loan",
            "body": "Good for you, Ada Example.",
            "script": "Call: Loan",
            "objections": [pair],
        }

    async def test_the_name_only_for_who_may_see_it(self, touchpoint: Touchpoint) -> None:
        await touchpoint.hear(touchpoint.offer("o1", 2, texts={"en": WORDS}), touchpoint.request())
        body = {"seconds": 60, "limit": 1}
        answer = await touchpoint.call("POST", "/v1/channels/call/leases", body, role="channel_system")
        (item,) = answer.json()["items"]
        assert item["offer"]["script"] == "Hello, may I?"

    def test_a_message_goes_to_the_customer_themselves(self, touchpoint: Touchpoint) -> None:
        customer = touchpoint.customer().model_dump(mode="json")
        plain = touchpoint.offer(texts={"en": WORDS})
        assert wording(plain, "sms", customer, LINK) == "Loan. Good for you, Ada Example."
        own = touchpoint.offer("o2", texts={"en": WORDS | {"scripts": {"sms": "Short.", "email": "Long."}}})
        assert (wording(own, "sms", customer, LINK), wording(own, "email", customer, LINK)) == ("Short.", "Loan. Long.")
        assert wording(None, "sms", customer, LINK) is None
        assert wording(touchpoint.offer("o3", texts={}), "sms", customer, LINK) is None
        linked = touchpoint.offer("o4", texts={"en": WORDS | {"scripts": {"sms": "Look: {{ offer.link }}"}}})
        assert wording(linked, "sms", customer, LINK) == f"Look: {LINK}"
