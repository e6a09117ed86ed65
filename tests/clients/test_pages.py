"""Four pages on one customer: what is accepted on one changes the other three, within a second.

The time is that of the pages' own clock: from the key that was pressed to the change on the screen.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from tests.e2e.conftest import House, until

from rapport_cli.pages import links

SHOTS = Path(__file__).resolve().parents[2] / "var" / "pages"
FOUR = ("branch", "hotline", "dialer", "storefront")
CHANNELS = ("call", "branch", "hotline", "web")
CARD = "[data-state]"
SECOND = 1000.0  # milliseconds

ACCEPTS = {"branch": "a", "hotline": "a", "dialer": "a", "storefront": "1"}
"""The key that accepts."""


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A window of its own, in English."""
    context = await browser.new_context(viewport={"width": 1280, "height": 860}, locale="en")
    context.set_default_timeout(15_000)
    yield context
    await context.close()


async def opened(context: BrowserContext, house: House, name: str, *, customer: str | None, lang: str = "en") -> Page:
    """A page as `rapport up` links to it; an error in it fails the test."""
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"{name}: {error}"))
    await page.goto(links(house.running.urls["pages"], customer=customer, lang=lang)[name])
    return page


async def everywhere(house: House) -> tuple[str, str]:
    """A customer for whom a contact is open in each of the four channels; and the offer."""
    offer_id = await house.offer()
    customer_id = await house.customer()
    await house.campaign(offer_id, [customer_id], CHANNELS)

    async def all_out() -> bool:
        return set(await house.held(customer_id)) == set(CHANNELS)

    await until(all_out, "a contact is open in each of the four channels")
    return customer_id, offer_id


async def changed_at(page: Page, state: str) -> float:
    """When the card came to this state, by the page's clock."""
    card = page.locator(f'{CARD}[data-state="{state}"]').first
    await card.wait_for()
    return float(await card.get_attribute("data-changed-at") or "nan")


@pytest.mark.parametrize("where", FOUR)
async def test_accepted_on_one_page_changes_the_others_within_a_second(
    house: House, context: BrowserContext, where: str
):
    customer_id, offer_id = await everywhere(house)
    pages = {name: await opened(context, house, name, customer=customer_id) for name in FOUR}
    await pages["dialer"].keyboard.press("f")
    for page in pages.values():
        await page.locator(f'{CARD}[data-state="open"]').first.wait_for()
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

    took = {}
    for name in set(FOUR) - {where}:
        took[name] = await changed_at(pages[name], "gone") - pressed
    for name, page in pages.items():
        SHOTS.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=SHOTS / f"accepted-at-{where}-{name}.png")
    print(where, {name: f"{milliseconds:.0f} ms" for name, milliseconds in took.items()})  # noqa: T201
    assert max(took.values()) < SECOND, took
