"""Short links from the message to the acceptance: real processes, a simulated provider, the public interface only."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from tests.e2e.conftest import SYSTEM, House, until

from rapport.links import link_of
from rapport_cli.desk import Person

SHOP = Person("storefront", "shop")
HOTLINE = Person("hotline_agent", "hana")
WITH_LINK = {"title": "Stay", "body": "Two months free.", "scripts": {"sms": "Two months free: {{ offer.link }}"}}
TEXTS = {"en": WITH_LINK, "zh-CN": WITH_LINK}


async def message_of(house: House, customer_id: str) -> tuple[str, str]:
    """The contact of the customer's SMS, and the text that the provider got."""

    async def released() -> Any:
        return (await house.held(customer_id)).get("sms")

    contact_id: str = await until(released, "the SMS is released")
    address = f"{house.running.urls['simulators']}/messages?reference={contact_id}"
    async with httpx2.AsyncClient(trust_env=False) as client:

        async def sent() -> Any:
            return (await client.get(address)).json()["items"]

        (message,) = await until(sent, "the provider has the message")
    return contact_id, message["text"]


async def opened(house: House, contact_id: str, url: str) -> None:
    """Open the link in a browser, once the offers worker has read of the contact."""

    async def known() -> Any:
        path = f"/links/{link_of(contact_id)}"
        return (await house.desk.call("offers", "GET", path, by=HOTLINE, expect=(404,))).is_success

    await until(known, "the link is known")
    async with httpx2.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(url, follow_redirects=False)
    assert answer.status_code == 302, answer.text


async def accepted(house: House, customer_id: str, offer_id: str, link: str) -> dict[str, Any]:
    body = {"customer_id": customer_id, "offer_id": offer_id, "channel": "web", "link": link}
    row: dict[str, Any] = (await house.desk.call("offers", "POST", "/acceptances", body, by=SHOP)).json()
    return row


async def test_an_sms_of_a_campaign_opens_the_offer_and_is_credited(house: House) -> None:
    offer_id = await house.offer(texts=TEXTS)
    customer_id = await house.customer()
    await house.campaign(offer_id, [customer_id], ("sms",))
    contact_id, text = await message_of(house, customer_id)
    found = re.fullmatch(rf"Two months free: ({re.escape(house.running.api('offers'))}/l/([A-Za-z0-9_-]+))", text)
    assert found is not None, text
    await opened(house, contact_id, found[1])

    async def seen() -> Any:
        return [e for e in await house.timeline(customer_id) if e.get("outcome") == "opened"]

    (entry,) = await until(seen, "the timeline tells that it was opened")
    assert (entry["contact_id"], entry["channel"]) == (contact_id, "sms")
    row = await accepted(house, customer_id, offer_id, found[2])
    assert (row["contact_id"], row["agent"]) == (contact_id, None)

    async def settled() -> Any:
        return [e for e in await house.timeline(customer_id) if e.get("status") == "accepted"]

    (confirmed,) = await until(settled, "the acceptance is on the timeline")
    assert confirmed["contact_id"] == contact_id


async def test_an_offer_of_a_pop_up_is_sent_while_the_customer_is_on_the_phone(house: House) -> None:
    offer_id = await house.offer(texts=TEXTS)
    customer_id = await house.customer()
    await house.offer_is_known(offer_id)
    body = {"customer_id": customer_id, "channel": "hotline", "limit": 10}
    popup = (await house.desk.call("touchpoint", "POST", "/popups", body, by=HOTLINE)).json()
    assert offer_id in {o["offer_id"] for o in popup["offers"]}, popup
    path, asked = f"/popups/{popup['popup_id']}/messages", {"offer_id": offer_id, "channel": "sms"}
    sent = (await house.desk.call("touchpoint", "POST", path, asked, by=HOTLINE)).json()
    assert (sent["state"], sent["because"]) == ("released", None), sent
    contact_id, text = await message_of(house, customer_id)
    assert contact_id == sent["contact_id"]
    url = text.removeprefix("Two months free: ")
    await opened(house, contact_id, url)
    row = await accepted(house, customer_id, offer_id, url.rpartition("/")[2])
    assert (row["contact_id"], row["agent"]) == (contact_id, "hana")


async def test_an_sms_that_an_agent_asked_for_credits_the_agent(house: House) -> None:
    offer_id = await house.offer(texts=TEXTS)
    customer_id = await house.customer()
    request = {
        "customer_id": customer_id,
        "offer_id": offer_id,
        "channels": ["sms"],
        "purpose": "marketing",
        "category": "retention",
        "contact_class": "retention",
        "agent": "hana",
        "expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    }
    await house.offer_is_known(offer_id)
    await house.desk.call("touchpoint", "POST", "/contact-requests", request, by=SYSTEM)
    contact_id, text = await message_of(house, customer_id)
    url = text.removeprefix("Two months free: ")
    await opened(house, contact_id, url)
    row = await accepted(house, customer_id, offer_id, url.rpartition("/")[2])
    assert (row["contact_id"], row["agent"]) == (contact_id, "hana")
    read = (await house.desk.call("offers", "GET", f"/links/{row['link_id']}", by=HOTLINE)).json()
    assert (read["agent"], read["unit"], read["opens"]) == ("hana", "/", 1)
