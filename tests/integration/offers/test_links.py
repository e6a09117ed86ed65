"""Short links: for one customer and one offer, opened without a token, credited to who sent them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from tests.integration.offers.api_process import ApiProcess
from tests.integration.offers.world import NOW, World

from offers_service.worker import forget_repetitions
from rapport.contracts.offers import LinkOpened, LinkSent, OfferAccepted
from rapport.db import transaction
from rapport.links import link_of, seal, seal_id
from rapport.settings import DEVELOPMENT_KEY
from rapport.web import Guesses

UNKNOWN = (404, "unknown-link")


async def sent(world: World, customer_id: str = "c1", **parts: Any) -> dict[str, Any]:
    """A link that the hotline has made."""
    answer = await attempt(world, customer_id, **parts)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def attempt(world: World, customer_id: str = "c1", **parts: Any) -> httpx2.Response:
    body = {"customer_id": customer_id, "offer_id": "o1", "contact_id": "ctc9"} | parts
    return await world.call("POST", "/links", body, roles=("hotline_agent",), org="/hotline")


async def opened(world: World, token: str, accept: str = "text/html") -> httpx2.Response:
    return await world.http.get(f"/l/{token}", headers={"Accept": accept}, follow_redirects=False)


def told(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


@pytest.fixture(autouse=True)
async def offer(world: World) -> None:
    await world.customers("c1", "c2")
    await world.published()


class TestSending:
    async def test_gives_an_address_that_fits_into_an_sms_and_tells_without_the_token(self, world: World) -> None:
        found = await sent(world, expires_in=3600)
        assert found["url"] == f"http://127.0.0.1:8102/l/{found['token']}"
        assert len(found["token"]) <= 22
        assert (found["agent"], found["contact_id"], found["expires_at"]) == (
            "a-hotline_agent",
            "ctc9",
            "2026-03-02T10:00:00Z",
        )
        (event,) = await world.events(LinkSent)
        assert (event["link_id"], event["agent"], event["contact_id"]) == (found["link_id"], found["agent"], "ctc9")
        assert found["token"] not in str(event)
        assert found["token"] not in str(await world.rows("links"))

    async def test_ends_no_later_than_its_offer(self, world: World) -> None:
        await world.published("o2", valid_until=(NOW + timedelta(hours=2)).isoformat())
        assert (await sent(world, offer_id="o2"))["expires_at"] == "2026-03-02T11:00:00Z"
        world.move(hours=2)
        assert told(await attempt(world, offer_id="o2")) == (409, "offer-expired")

    async def test_needs_an_offer_in_force_and_a_customer(self, world: World) -> None:
        assert told(await attempt(world, offer_id="nope")) == (404, "unknown-offer")
        assert told(await attempt(world, "stranger")) == (404, "unknown-customer")
        await world.call("POST", "/offers/o1/withdrawal")
        assert told(await attempt(world)) == (409, "offer-expired")

    async def test_is_for_who_talks_to_customers(self, world: World) -> None:
        body = {"customer_id": "c1", "offer_id": "o1"}
        assert (await world.call("POST", "/links", body, roles=("storefront",))).status_code == 403

    async def test_a_retry_with_its_key_is_one_link(self, world: World) -> None:
        body = {"customer_id": "c1", "offer_id": "o1"}
        answers = [
            await world.call("POST", "/links", body, roles=("hotline_agent",), Idempotency_Key="k") for _ in range(2)
        ]
        assert answers[0].json() == answers[1].json()
        assert len(await world.rows("links")) == 1


class TestOpening:
    async def test_leads_to_the_storefront_with_a_claim_that_it_can_check(self, world: World) -> None:
        found = await sent(world)
        answer = await opened(world, found["token"])
        assert answer.status_code == 302
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        address = urlsplit(answer.headers["location"])
        assert address._replace(query="").geturl() == "http://127.0.0.1:8080/offers"
        query = parse_qs(address.query)
        assert (query["offer"], query["link"]) == (["o1"], [found["token"]])
        claims = jwt.decode(query["claim"][0], OctKey.import_key(DEVELOPMENT_KEY), algorithms=["HS256"]).claims
        assert (claims["sub"], claims["offer_id"], claims["aud"]) == ("c1", "o1", "storefront")
        assert claims["exp"] - claims["iat"] == 600

    async def test_a_claim_is_no_token_for_any_service(self, world: World) -> None:
        answer = await opened(world, (await sent(world))["token"])
        claim = parse_qs(urlsplit(answer.headers["location"]).query)["claim"][0]
        head = {"Authorization": f"Bearer {claim}"}
        assert (await world.http.get("/v1/customers/c1/eligible-offers", headers=head)).status_code == 401

    async def test_answers_json_to_who_asks_for_it(self, world: World) -> None:
        answer = await opened(world, (await sent(world))["token"], "application/json")
        assert answer.status_code == 200
        assert answer.json()["offer_id"] == "o1"
        assert answer.json()["url"].startswith("http://127.0.0.1:8080/offers?offer=o1&link=")

    async def test_is_told_the_first_time_and_counted_each_time(self, world: World) -> None:
        found = await sent(world)
        world.move(minutes=5)
        await asyncio.gather(*(opened(world, found["token"]) for _ in range(8)))
        (event,) = await world.events(LinkOpened)
        assert (event["link_id"], event["contact_id"], event["at"]) == (
            found["link_id"],
            "ctc9",
            "2026-03-02T09:05:00Z",
        )
        world.move(minutes=5)
        await opened(world, found["token"])
        read = await world.call("GET", f"/links/{found['link_id']}", roles=("hotline_agent",))
        assert (read.json()["opens"], read.json()["opened_at"]) == (9, "2026-03-02T09:05:00Z")
        assert "token" not in read.json()

    async def test_until_its_end(self, world: World) -> None:
        found = await sent(world, expires_in=60)
        world.move(seconds=60, microseconds=-1)
        assert (await opened(world, found["token"])).status_code == 302
        world.move(microseconds=1)
        assert told(await opened(world, found["token"])) == (410, "link-expired")

    async def test_every_guess_hears_the_same(self, world: World) -> None:
        token = (await sent(world))["token"]
        flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
        another = seal(10**9, [DEVELOPMENT_KEY])
        for guess in (flipped, another, "x", "A" * 20, "A" * 2000, "%00"):
            answer = await opened(world, guess)
            assert told(answer) == UNKNOWN
            assert answer.json().keys() == {"type", "title", "status", "detail", "instance"}
        assert await world.events(LinkOpened) == []

    async def test_not_after_its_customer_was_erased(self, world: World) -> None:
        token = (await sent(world))["token"]
        await world.erase("c1")
        assert told(await opened(world, token)) == UNKNOWN
        assert await world.rows("links") == []

    async def test_is_forgotten_a_month_after_its_end(self, world: World) -> None:
        token = (await sent(world, expires_in=60))["token"]
        for days, expected in ((29, (410, "link-expired")), (2, UNKNOWN)):
            world.move(days=days)
            async with transaction(world.pool) as conn:
                await forget_repetitions(conn, world.clock.now())
            assert told(await opened(world, token)) == expected


class TestOfMessages:
    """Touchpoint sends a message with a link, and tells of its contact; nobody asks for the link."""

    @staticmethod
    def token(contact_id: str = "ctc1") -> str:
        return seal_id(link_of(contact_id), [DEVELOPMENT_KEY])

    async def released(self, world: World, contact_id: str = "ctc1", **parts: Any) -> None:
        facts: dict[str, Any] = {"channel": "sms", "expires_at": NOW + timedelta(days=1)} | parts
        await world.hear(world.released(contact_id=contact_id, **facts))

    async def test_opens_once_the_contact_is_released_and_credits_who_asked_for_it(self, world: World) -> None:
        await self.released(world, agent="hana", unit="/hotline")
        assert (await opened(world, self.token())).status_code == 302
        (event,) = await world.events(LinkOpened)
        assert (event["contact_id"], event["agent"], event["channel"]) == ("ctc1", "hana", "sms")
        row = (await world.accept(link=self.token())).json()
        assert (row["contact_id"], row["agent"], row["link_id"]) == ("ctc1", "hana", link_of("ctc1"))
        read = (await world.call("GET", f"/links/{link_of('ctc1')}", roles=("hotline_agent",))).json()
        assert (read["agent"], read["unit"], read["opens"]) == ("hana", "/hotline", 1)

    async def test_of_a_campaign_credits_the_contact_alone(self, world: World) -> None:
        await self.released(world)
        row = (await world.accept(link=self.token())).json()
        assert (row["contact_id"], row["agent"]) == ("ctc1", None)
        read = (await world.call("GET", f"/links/{link_of('ctc1')}", roles=("hotline_agent",))).json()
        assert read["agent"] is None

    async def test_told_twice_is_one_link(self, world: World) -> None:
        await self.released(world)
        await opened(world, self.token())
        await self.released(world, agent="mallory")
        (row,) = await world.rows("links")
        assert (row["opens"], row["agent"]) == (1, "")

    async def test_only_messages_about_an_offer_have_one(self, world: World) -> None:
        await self.released(world, channel="call")
        await self.released(world, "ctc2", offer_id=None)
        await self.released(world, "ctc3", customer_id="stranger")
        await self.released(world, "ctc4", offer_id="nope")
        await self.released(world, "ctc5", channel="email")
        assert [row["contact_id"] for row in await world.rows("links")] == ["ctc5"]
        assert told(await opened(world, self.token())) == UNKNOWN

    async def test_is_good_for_a_week_after_the_last_instant_to_send_it(self, world: World) -> None:
        await self.released(world)
        world.move(days=8, microseconds=-1)
        assert (await opened(world, self.token())).status_code == 302
        world.move(microseconds=1)
        assert told(await opened(world, self.token())) == (410, "link-expired")

    async def test_never_longer_than_its_offer_or_a_key_is_kept(self, world: World) -> None:
        await world.published("o2", valid_until=(NOW + timedelta(hours=2)).isoformat())
        await self.released(world, "ctc1", offer_id="o2")
        await self.released(world, "ctc2", expires_at=NOW + timedelta(days=365))
        ends = {row["contact_id"]: row["expires_at"] - NOW for row in await world.rows("links")}
        assert ends == {"ctc1": timedelta(hours=2), "ctc2": timedelta(days=90)}

    async def test_is_for_its_customer_and_its_offer_alone_and_goes_with_the_customer(self, world: World) -> None:
        await self.released(world)
        assert told(await world.accept("c2", link=self.token())) == (409, "link-not-for-this")
        await world.erase("c1")
        assert told(await opened(world, self.token())) == UNKNOWN

    async def test_a_guess_hears_what_every_guess_hears(self, world: World) -> None:
        await self.released(world)
        token = self.token()
        flipped = ("A" if token[0] != "A" else "B") + token[1:]
        for guess in (flipped, self.token("ctc2"), "A" * 32):
            assert told(await opened(world, guess)) == UNKNOWN


class TestPreviewers:
    @pytest.mark.parametrize(
        ("method", "agent"), [("HEAD", "Mozilla/5.0"), ("GET", "WhatsApp/2.23.20.0"), ("GET", "Slackbot 1.0")]
    )
    async def test_get_the_offer_alone_and_open_nothing(self, world: World, method: str, agent: str) -> None:
        found = await sent(world)
        answer = await world.http.request(
            method, f"/l/{found['token']}", headers={"User-Agent": agent}, follow_redirects=False
        )
        assert (answer.status_code, answer.headers["location"]) == (302, "http://127.0.0.1:8080/offers?offer=o1")
        assert await world.events(LinkOpened) == []
        read = await world.call("GET", f"/links/{found['link_id']}", roles=("hotline_agent",))
        assert (read.json()["opens"], read.json()["opened_at"]) == (0, None)

    async def test_hear_what_everybody_hears_of_links_that_are_none(self, world: World) -> None:
        token = (await sent(world, expires_in=60))["token"]
        bot = {"User-Agent": "TelegramBot (like TwitterBot)"}
        assert told(await world.http.get("/l/x", headers=bot)) == UNKNOWN
        world.move(seconds=60)
        assert told(await world.http.get(f"/l/{token}", headers=bot)) == (410, "link-expired")


class TestGuessing:
    async def test_is_refused_in_every_process_whatever_is_asked_for_but_for_who_has_not_guessed(
        self, world: World, apis: list[ApiProcess], http: httpx2.AsyncClient
    ) -> None:
        """A /64 of IPv6 is one caller; the addresses are what a proxy on this machine says."""
        world.clock.move(datetime.now(UTC))  # as it is in the processes
        token = (await sent(world))["token"]
        place = f"2001:db8:{token_hex(2)}:{token_hex(2)}"

        async def guess(api: ApiProcess, text: str, host: str) -> httpx2.Response:
            address = {"X-Forwarded-For": host}
            return await http.get(f"http://127.0.0.1:{api.port}/l/{text}", headers=address, follow_redirects=False)

        assert [(await guess(apis[0], token, f"{place}::1")).status_code for _ in range(25)] == [302] * 25
        answers = [await guess(api, "x" * 20, f"{place}::{number}") for number in range(1, 41) for api in apis]
        assert [told(answer) for answer in answers[:20]] == [UNKNOWN] * 20
        refused = [answer for answer in answers if answer.status_code != 404]
        assert {told(answer) for answer in refused} == {(429, "too-many-guesses")}
        assert {1 <= int(answer.headers["retry-after"]) <= 3 for answer in refused} == {True}
        assert len(refused) >= 20
        assert (await guess(apis[0], token, "2001:db8::1")).status_code == 302

    async def test_is_counted_by_each_process_alone_while_redis_is_away(self, world: World) -> None:
        away = Guesses("redis://127.0.0.1:1/0", "link", burst=3, interval_seconds=60)
        world.app.state.guesses = away
        assert [(await opened(world, "x")).status_code for _ in range(5)] == [404, 404, 404, 429, 429]
        assert told(await opened(world, (await sent(world))["token"]))[0] == 429


class TestAccepting:
    async def test_credits_the_contact_and_the_agent_that_sent_it(self, world: World) -> None:
        found = await sent(world)
        answer = await world.accept(link=found["token"])
        assert answer.status_code == 201
        row = answer.json()
        assert (row["contact_id"], row["agent"], row["link_id"], row["channel"]) == (
            "ctc9",
            "a-hotline_agent",
            found["link_id"],
            "web",
        )
        (event,) = await world.events(OfferAccepted)
        assert (event["contact_id"], event["agent"], event["link_id"]) == ("ctc9", "a-hotline_agent", found["link_id"])

    async def test_only_for_its_customer_and_its_offer(self, world: World) -> None:
        token = (await sent(world))["token"]
        await world.published("o2")
        assert told(await world.accept("c2", link=token)) == (409, "link-not-for-this")
        assert told(await world.accept("c1", "o2", link=token)) == (409, "link-not-for-this")
        assert await world.rows("acceptances") == []

    async def test_not_with_one_that_is_over_or_made_up(self, world: World) -> None:
        token = (await sent(world, expires_in=60))["token"]
        assert told(await world.accept(link="no such thing")) == UNKNOWN
        world.move(seconds=60)
        assert told(await world.accept(link=token)) == (410, "link-expired")
