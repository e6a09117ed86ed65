"""Accepted in one channel, stopped in every other: real processes, real broker, through the public interface only."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.e2e.conftest import COMPLIANCE, DIALER, PLANNER, SYSTEM, House, until

from rapport_cli.desk import Person

FOUR = ("call", "branch", "hotline", "web")


async def accept_by_call(house: House, customer_id: str, offer_id: str) -> None:
    contact_id = (await house.held(customer_id))["call"]

    async def leased() -> Any:
        items = await house.desk.call("touchpoint", "POST", "/channels/call/leases", {"limit": 100}, by=DIALER)
        return [i for i in items.json()["items"] if i["contact_id"] == contact_id]

    await until(leased, "the dialer gets the call")
    body = {"outcomes": [{"outcome": "accepted"}]}
    await house.desk.call("touchpoint", "POST", f"/contacts/{contact_id}/outcomes", body, by=DIALER)


async def accept_at(house: House, channel: str, customer_id: str, offer_id: str) -> None:
    agent = Person(f"{channel}_agent", "bea")
    body = {"customer_id": customer_id, "channel": channel, "place": "branch-7"}
    popup = (await house.desk.call("touchpoint", "POST", "/popups", body, by=agent)).json()
    assert popup["offers"][0]["offer_id"] == offer_id
    said = {"answers": [{"offer_id": offer_id, "answer": "accepted"}]}
    await house.desk.call("touchpoint", "POST", f"/popups/{popup['popup_id']}/answers", said, by=agent)


async def accept_on_the_web(house: House, customer_id: str, offer_id: str) -> None:
    shop = Person("storefront", "shop")
    path = f"/customers/{customer_id}/eligible-offers?channel=web"

    async def banner() -> Any:
        items = (await house.desk.call("offers", "GET", path, by=shop, expect=(404,))).json().get("items", [])
        return [i for i in items if i["offer_id"] == offer_id and i.get("contact_id")]

    (item,) = await until(banner, "the banner shows")
    body = {"customer_id": customer_id, "offer_id": offer_id, "channel": "web", "contact_id": item["contact_id"]}
    await house.desk.call("offers", "POST", "/acceptances", body, by=shop)


@pytest.mark.parametrize("channel", FOUR)
async def test_accepted_in_one_channel_stops_the_others(house: House, channel: str):
    offer_id = await house.offer()
    customer_id = await house.customer()
    campaign_id = await house.campaign(offer_id, [customer_id], FOUR)

    async def all_out() -> bool:
        return set(await house.held(customer_id)) == set(FOUR)

    await until(all_out, "a contact is open in each of the four channels")
    if channel == "call":
        await accept_by_call(house, customer_id, offer_id)
    elif channel == "web":
        await accept_on_the_web(house, customer_id, offer_id)
    else:
        await accept_at(house, channel, customer_id, offer_id)

    async def settled() -> Any:
        entries = await house.timeline(customer_id)
        return any(e["kind"] == "acceptance.settled" and e["status"] == "accepted" for e in entries) and entries

    entries = await until(settled, "the ledger has confirmed")
    recalled = {e["channel"]: e["accepted_in"] for e in entries if e["kind"] == "contact.recalled"}
    assert recalled == {other: channel for other in FOUR if other != channel}

    again = {
        "customer_id": customer_id,
        "channels": ["call"],
        "purpose": "marketing",
        "category": "retention",
        "contact_class": "service",
        "goal": f"goal-{offer_id}",
        "offer_id": offer_id,
    }
    answer = await house.desk.call("touchpoint", "POST", "/decisions", again, by=SYSTEM)
    assert (answer.json()["state"], answer.json()["because"]["reason"]) == ("suppressed", "already_accepted")

    contacts = await house.held(customer_id)
    for other in set(FOUR) - {channel}:
        state = await house.desk.call("touchpoint", "GET", f"/contacts/{contacts[other]}", by=DIALER)
        assert state.json()["state"] == "recalled"

    async def counted() -> Any:
        path = f"/campaigns/{campaign_id}/results"
        results = (await house.desk.call("campaign", "GET", path, by=PLANNER)).json()
        return results["channels"].get(channel, {}).get("accepted") == 1

    await until(counted, "the campaign has counted the acceptance")
    path = f"/customers/{customer_id}/eligible-offers?channel=web"
    shown = (await house.desk.call("offers", "GET", path, by=Person("storefront", "shop"))).json()["items"]
    assert offer_id not in [i["offer_id"] for i in shown]
    standing = await house.desk.call("touchpoint", "GET", f"/customers/{customer_id}/standing", by=COMPLIANCE)
    assert f"goal-{offer_id}" not in [h["goal"] for h in standing.json()["held"]]


async def test_a_sold_out_offer_is_refused_and_the_refusal_is_on_the_timeline(house: House):
    offer_id = await house.offer(stock=1)
    customers = [await house.customer() for _ in range(2)]
    await house.campaign(offer_id, customers, ("call",))
    for customer_id in customers:

        async def out(who: str = customer_id) -> Any:
            return (await house.held(who)).get("call")

        contact_id = await until(out, "the call is released")
        body = {"outcomes": [{"outcome": "accepted"}]}
        await house.desk.call("touchpoint", "POST", f"/contacts/{contact_id}/outcomes", body, by=DIALER)

        async def settled(who: str = customer_id) -> Any:
            return [e["status"] for e in await house.timeline(who) if e["kind"] == "acceptance.settled"]

        # Who is first counts by the ledger, and the two may lie in different partitions.
        assert await until(settled, "it is settled") == ["accepted" if customer_id == customers[0] else "refused"]


async def test_the_last_piece_goes_once_and_the_counter_hears_so_within_the_answer(house: House):
    offer_id = await house.offer(stock=1, priority=1000)
    agent, sales = Person("branch_agent", "bea"), []

    await house.offer_is_known(offer_id)
    for _ in range(2):
        customer_id = await house.customer()
        body = {"customer_id": customer_id, "channel": "branch", "limit": 10}
        popup = (await house.desk.call("touchpoint", "POST", "/popups", body, by=agent)).json()
        assert offer_id in [o["offer_id"] for o in popup["offers"]]
        sales.append((popup["popup_id"], customer_id))
    said = {"answers": [{"offer_id": offer_id, "answer": "accepted"}]}
    answers = await asyncio.gather(
        *[house.desk.call("touchpoint", "POST", f"/popups/{popup}/answers", said, by=agent) for popup, _ in sales]
    )
    told = sorted((a.json()["answers"][0]["sale"] for a in answers), key=lambda sale: str(sale["state"]))
    assert [(sale["state"], sale["reason"]) for sale in told] == [("accepted", None), ("refused", "sold-out")]
    assert told[1]["text"] == "Sold out: none is left for this customer."


async def test_a_link_from_the_hotline_is_seen_there_and_taken_back_the_customer_may_be_asked_again(house: House):
    offer_id = await house.offer(cooling_off_days=14)
    customer_id = await house.customer()
    hotline, shop = Person("hotline_agent", "hana"), Person("storefront", "shop")

    await house.campaign(offer_id, [customer_id], ("hotline",))

    async def released() -> Any:
        return (await house.held(customer_id)).get("hotline")

    contact_id = await until(released, "the hotline has the contact")
    body = {"customer_id": customer_id, "channel": "hotline"}
    popup = (await house.desk.call("touchpoint", "POST", "/popups", body, by=hotline)).json()
    assert popup["offers"][0]["contact_id"] == contact_id
    about = {"customer_id": customer_id, "offer_id": offer_id}
    made = await house.desk.call("offers", "POST", "/links", about | {"contact_id": contact_id}, by=hotline)
    token = made.json()["token"]
    async with httpx2.AsyncClient(base_url=house.running.api("offers"), trust_env=False) as browser:
        assert (await browser.get(f"/l/{token}", follow_redirects=False)).status_code == 302

    async def opened() -> Any:
        return [e for e in await house.timeline(customer_id) if e.get("outcome") == "opened"]

    (seen,) = await until(opened, "the hotline sees that the link was opened")
    assert (seen["contact_id"], seen["channel"]) == (contact_id, "hotline")
    accepted = await house.desk.call(
        "offers", "POST", "/acceptances", about | {"channel": "web", "link": token}, by=shop
    )
    row = accepted.json()
    assert (row["contact_id"], row["agent"]) == (contact_id, "hana")

    async def settled(status: str) -> Any:
        return [e for e in await house.timeline(customer_id) if e.get("status") == status]

    (confirmed,) = await until(lambda: settled("accepted"), "the acceptance is on the timeline")
    assert (confirmed["contact_id"], confirmed["acceptance_id"]) == (contact_id, row["acceptance_id"])
    asked = about | {
        "channels": ["call"],
        "purpose": "marketing",
        "category": "retention",
        "contact_class": "service",
        "goal": f"goal-{offer_id}",
    }
    before = (await house.desk.call("touchpoint", "POST", "/decisions", asked, by=SYSTEM)).json()
    assert (before["state"], before["because"]["reason"]) == ("suppressed", "already_accepted")
    await house.desk.call("offers", "POST", f"/acceptances/{row['acceptance_id']}/revocation", by=shop)
    await until(lambda: settled("revoked"), "the revocation is on the timeline")
    after = (await house.desk.call("touchpoint", "POST", "/decisions", asked, by=SYSTEM)).json()
    assert after["state"] == "released"
