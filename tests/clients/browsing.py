"""The four pages in a browser, as somebody who works with them sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page
from tests.e2e.conftest import House, until

from rapport_cli.pages import links

SHOTS = Path(__file__).resolve().parents[2] / "var" / "pages"
FOUR = ("branch", "hotline", "dialer", "storefront")
CHANNELS = ("call", "branch", "hotline", "web")
ACCEPTS = {"branch": "a", "hotline": "a", "dialer": "a", "storefront": "1"}
"""The key that accepts."""


async def opened(context: BrowserContext, house: House, name: str, *, customer: str | None, lang: str = "en") -> Page:
    """A page as `rapport up` links to it; an error in it fails the test."""
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"{name}: {error}"))
    await page.goto(links(house.running.urls["pages"], customer=customer, lang=lang)[name])
    return page


async def everywhere(house: House, **parts: Any) -> tuple[str, str]:
    """A customer for whom a contact is open in each of the four channels; and the offer, with these `parts`."""
    offer_id = await house.offer(**parts)
    customer_id = await house.customer()
    await house.campaign(offer_id, [customer_id], CHANNELS)

    async def all_out() -> bool:
        return set(await house.held(customer_id)) == set(CHANNELS)

    await until(all_out, "a contact is open in each of the four channels")
    return customer_id, offer_id


async def changed_at(page: Page, state: str) -> float:
    """When a card came to this state, in milliseconds of the page's own clock."""
    card = page.locator(f'[data-state="{state}"]').first
    await card.wait_for()
    return float(await card.get_attribute("data-changed-at") or "nan")


async def shot(page: Page, name: str) -> None:
    """Keep how the page looks."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SHOTS / f"{name}.png")
