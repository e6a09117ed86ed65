"""Clients, samples and pages against running services. One file, because starting the system costs most of the time."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from clients import node
from playwright.async_api import Browser, BrowserContext, expect
from tests.clients import samples
from tests.clients.browsing import ACCEPTS, FOUR, changed_at, everywhere, opened, shot
from tests.e2e import test_links as links
from tests.e2e.conftest import MANAGER, STEWARD, House, until
from tests.e2e.test_links import TEXTS, message_of

from rapport.testing.parts import SERVICES
from rapport_cli.desk import Person
from rapport_client import AsyncRapport, AsyncTask, ContactRecalled, NotThere, Problem, Rapport

SECOND = 1000.0  # milliseconds
ADVISER = Person("branch_agent", "bea")
DIALER = Person("outbound_agent", "dialer-1")
SHOP = Person("storefront", "shop")
SYSTEM = Person("channel_system", "switch")


def told(house: House, person: Person) -> dict[str, Any]:
    """How a client of this person is made: straight to the services."""
    return {"token": house.desk.token(person), "urls": {each: house.running.api(each) for each in SERVICES}}


async def accepted_on_the_web(house: House, customer_id: str, offer_id: str) -> None:
    async with AsyncRapport(**told(house, SHOP)) as shop:

        async def banner() -> Any:
            items = (await shop.offers.list_eligible_offers(customer_id, channel="web"))["items"]
            return next((i for i in items if i["offer_id"] == offer_id and i["contact_id"]), None)

        item = await until(banner, "the banner shows")
        await shop.offers.accept_offer(
            {"customer_id": customer_id, "offer_id": offer_id, "channel": "web", "contact_id": item["contact_id"]}
        )


class TestPython:
    async def test_a_popup_is_opened_once_per_key_and_answered(self, house: House):
        customer_id, offer_id = await everywhere(house)
        with Rapport(**told(house, ADVISER)) as rapport:
            ask: Any = {"customer_id": customer_id, "channel": "branch", "place": "branch-7"}
            popup, again = (rapport.touchpoint.open_popup(ask, idempotency_key=f"key-{customer_id}") for _ in range(2))
            assert popup == again
            assert popup["offers"][0]["offer_id"] == offer_id
            answers: Any = {"answers": [{"offer_id": offer_id, "answer": "accepted"}]}
            said = rapport.touchpoint.answer_popup_offers(popup["popup_id"], answers)
            assert said["answers"][0]["answer"] == "accepted"
            kinds = [entry["kind"] for entry in rapport.touchpoint.iter_timeline(customer_id, limit=2)]
        assert len(kinds) > 4, "more than two pages"
        assert kinds.count("contact.recalled") == 3

    async def test_a_task_is_taken_back_while_it_is_in_hand(self, house: House):
        customer_id, offer_id = await everywhere(house)
        tasks: list[AsyncTask] = []

        async def work(rapport: AsyncRapport) -> None:
            async with rapport.lease("call", seconds=10) as task:
                assert task is not None
                tasks.append(task)
                assert task.contact["customer_id"] == customer_id
                await task.renew(10)
                assert not task.recalled
                await accepted_on_the_web(house, customer_id, offer_id)
                await until(lambda: asyncio.wait_for(task.gone.wait(), 10), "renewing finds it recalled")

        async with AsyncRapport(**told(house, DIALER)) as rapport:
            with pytest.raises(ContactRecalled):
                await work(rapport)
            assert tasks[0].recalled
            await tasks[0].answer_recall("withdrawn")

    async def test_a_task_that_nobody_reports_goes_to_the_next(self, house: House):
        await everywhere(house)
        with Rapport(**told(house, DIALER)) as rapport:
            with rapport.lease("call") as first:
                assert first is not None
            with rapport.lease("call") as second:
                assert second is not None
                assert second.contact_id == first.contact_id
                assert second.report({"outcome": "refused"})["state"] == "closed"

    async def test_events_come_as_they_happen_and_go_on_after_the_last_one(self, house: House):
        customer_id, offer_id = await everywhere(house)
        recalled = ["touchpoint.contact.recalled.v1"]
        async with AsyncRapport(**told(house, DIALER)) as rapport:
            first = asyncio.ensure_future(anext(rapport.events(recalled, customer_id=customer_id)))
            await asyncio.sleep(0.5)  # until it is subscribed: what happened before is not live
            await accepted_on_the_web(house, customer_id, offer_id)
            event = await asyncio.wait_for(first, 10)
            assert (event.type, event.data["accepted_in"]) == (recalled[0], "web")
            seen = {event.data["channel"]}
            async for later in rapport.events(recalled, customer_id=customer_id, last_event_id=event.position):
                assert later.id != event.id
                seen.add(later.data["channel"])
                if len(seen) == 3:
                    break
        assert seen == {"call", "branch", "hotline"}

    async def test_a_refusal_is_a_problem_with_its_type(self, house: House):
        with Rapport(**told(house, ADVISER)) as rapport:
            with pytest.raises(NotThere) as unknown:
                rapport.touchpoint.open_popup({"phone": "+49000000000", "channel": "branch"})
            assert unknown.value.type == "not-found"
            with pytest.raises(Problem) as forbidden:
                rapport.offers.list_eligible_offers("ada")
            assert forbidden.value.type == "forbidden"
            body: Any = {"channel": "branch"}
            with pytest.raises(Problem) as malformed:
                rapport.touchpoint.open_popup(body)
            assert malformed.value.errors


class TestTypeScript:
    def test_types_fit_and_it_does_what_it_says(self):
        node.types()
        node.test()

    async def test_works_with_the_services(self, house: House):
        customer_id, offer_id = await everywhere(house)
        desk = house.desk
        given = {
            "customer": customer_id,
            "offer": offer_id,
            "urls": {each: house.running.api(each) for each in SERVICES},
            "branch": desk.token(ADVISER),
            "dialer": desk.token(DIALER),
            "system": desk.token(SYSTEM),
        }
        script = str(node.ROOT / "typescript" / "test" / "running.ts")
        node.run(["--test", script], environment={"RAPPORT_GIVEN": json.dumps(given)})


class TestSamples:
    """What the pages for other programmers show works as it stands there."""

    @pytest.fixture
    async def variables(self, house: House) -> dict[str, str]:
        """What `make up` prints, and the customer that it knows."""
        there = await house.desk.call("profile", "GET", "/customers/ada", by=STEWARD, expect=(404,))
        if not there.is_success:
            await house.customer("ada", name="Ada Example", account="a-ada")
        offer_id = await house.offer()

        async def offered() -> Any:
            path = "/customers/ada/eligible-offers?channel=web&limit=50"
            items = (await house.desk.call("offers", "GET", path, by=SHOP)).json()["items"]
            return any(item["offer_id"] == offer_id for item in items)

        await until(offered, "the offer is for her")
        tokens = {"BRANCH": ADVISER, "HOTLINE": Person("hotline_agent", "hal"), "SHOP": SHOP, "SYSTEM": SYSTEM}
        address = f"{house.running.urls['pages']}/api"
        return {"RAPPORT_URL": address} | {name: house.desk.token(person) for name, person in tokens.items()}

    @pytest.mark.parametrize("page", samples.DOCS, ids=lambda page: page.stem)
    async def test_run(self, house: House, variables: dict[str, str], page: Path, tmp_path: Path):
        found = samples.blocks(page)
        assert {language for language, _ in found} == {"sh", "python", "ts"}
        await asyncio.gather(
            *(asyncio.to_thread(samples.run, language, text, variables, tmp_path) for language, text in found)
        )


class TestPages:
    @pytest.fixture
    async def context(self, browser: Browser) -> AsyncIterator[BrowserContext]:
        """A window of its own."""
        context = await browser.new_context(viewport={"width": 1280, "height": 860}, locale="en")
        context.set_default_timeout(15_000)
        yield context
        await context.close()

    @pytest.mark.parametrize("where", FOUR)
    async def test_accepted_on_one_changes_the_others_within_a_second(
        self, house: House, context: BrowserContext, where: str
    ):
        """By the pages' own clock: from the key that was pressed to the change on the screen."""
        customer_id, _ = await everywhere(house)
        pages = {name: await opened(context, house, name, customer=customer_id) for name in FOUR}
        await pages["dialer"].keyboard.press("f")
        for page in pages.values():
            await page.locator('[data-state="open"]').first.wait_for()
        for name in ("branch", "hotline", "dialer"):
            await expect(pages[name].locator(".status")).to_have_class(re.compile("live|polling"))

        await pages[where].bring_to_front()
        await pages[where].keyboard.press(ACCEPTS[where])
        if where == "dialer":
            done = pages[where].locator("#done")
            await done.wait_for()
            pressed = float(await done.get_attribute("data-changed-at") or "nan")
        else:
            pressed = await changed_at(pages[where], "accepted")
            await expect(pages[where].locator('[data-state="accepted"] .notice.good')).to_be_visible()  # confirmed
        took = {name: await changed_at(pages[name], "gone") - pressed for name in FOUR if name != where}
        for name, page in pages.items():
            await shot(page, f"accepted-at-{where}-{name}")
        print({name: f"{milliseconds:.0f} ms" for name, milliseconds in took.items()})  # noqa: T201
        assert max(took.values()) < SECOND, took

    async def test_a_link_from_the_hotline_is_opened_and_accepted_and_the_desk_sees_it(
        self, house: House, context: BrowserContext
    ):
        customer_id, offer_id = await everywhere(house)
        desk = await opened(context, house, "hotline", customer=customer_id)
        card = desk.locator(f'[data-offer="{offer_id}"]')
        await expect(card).to_have_attribute("data-state", "open")
        await desk.keyboard.press("k")
        await expect(card).to_have_attribute("data-link", "made")
        url = await card.locator("code.link").inner_text()
        await shot(desk, "link-made")
        shop = await opened(context, house, "storefront", customer=None)
        await shop.goto(url)
        tile = shop.locator("[data-offer]").first
        await expect(tile).to_have_attribute("data-offer", offer_id)
        await expect(tile.get_by_text("This is what we told you about.")).to_be_visible()
        assert "link=" not in shop.url
        await shot(shop, "link-opened-in-the-shop")
        await expect(card).to_have_attribute("data-link", "opened")
        await shop.keyboard.press("1")
        await expect(tile).to_have_attribute("data-state", "accepted")
        await desk.bring_to_front()
        await expect(card).to_have_attribute("data-link", "accepted")
        await expect(card.get_by_role("button", name="Accepts")).to_have_count(0)
        await shot(desk, "link-accepted")
        await desk.keyboard.press("g")
        await expect(card.get_by_text("在网上接受")).to_be_visible()
        await shot(desk, "link-accepted-chinese")
        (row,) = (await house.desk.call("offers", "GET", f"/acceptances?customer_id={customer_id}", by=MANAGER)).json()[
            "items"
        ]
        assert row["link_id"].startswith("lnk_")
        assert row["agent"]

    async def test_an_offer_is_sent_by_sms_and_the_desk_sees_what_comes_of_it(
        self, house: House, context: BrowserContext
    ):
        customer_id, offer_id = await everywhere(house, texts=TEXTS)
        desk = await opened(context, house, "hotline", customer=customer_id)
        card = desk.locator(f'[data-offer="{offer_id}"]')
        await expect(card).to_have_attribute("data-state", "open")
        await shot(desk, "sms-to-send")
        await desk.keyboard.press("s")
        await expect(card).to_have_attribute("data-link", "sent")
        await shot(desk, "sms-sent")
        contact_id, text = await message_of(house, customer_id)
        await links.opened(house, contact_id, text.removeprefix("Two months free: "))
        await expect(card).to_have_attribute("data-link", "opened")
        await shot(desk, "sms-opened")

    async def test_can_be_used_with_the_keyboard_alone_and_in_both_languages(
        self, house: House, context: BrowserContext
    ):
        customer_id, offer_id = await everywhere(house)
        page = await opened(context, house, "branch", customer=None)
        await expect(page.get_by_text("Nobody is here yet")).to_be_visible()
        await shot(page, "empty")
        keys = page.keyboard
        await keys.press("/")
        await keys.type("nobody-here")
        await keys.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("Nobody, or more than one, is known by this.")
        await keys.press("Control+A")
        await keys.type(customer_id)
        await keys.press("Enter")
        card = page.locator(f'[data-offer="{offer_id}"]')
        await expect(card).to_have_attribute("data-state", "open")

        await keys.press("g")
        await expect(page.get_by_role("button", name="有意向").first).to_be_visible()
        await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        await shot(page, "chinese")
        await keys.press("l")
        await expect(card.get_by_label("什么时候？")).to_be_focused()
        await keys.press("Enter")
        await expect(card).to_have_attribute("data-state", "later")
        await keys.press("a")  # the chosen offer has its answer; the key must not reach another one
        await page.wait_for_timeout(300)
        assert await page.locator('[data-state="accepted"]').count() == 0
        await keys.press("g")
        await expect(card.get_by_text("Noted: will be contacted again.")).to_be_visible()

    async def test_ask_for_a_token_where_there_is_none_and_never_leave_it_in_the_address(
        self, house: House, context: BrowserContext
    ):
        page = await context.new_page()
        await page.goto(f"{house.running.urls['pages']}/storefront.html")
        await expect(page.get_by_text("This page needs a token")).to_be_visible()
        linked = await opened(context, house, "storefront", customer="nobody-here")
        await expect(linked.get_by_role("alert")).to_have_text("This customer is not known.")
        assert "token" not in linked.url
