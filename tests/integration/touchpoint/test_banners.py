"""Banners that a storefront shows of its own accord: asked for, counted and cooled down as the policy says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.touchpoint.conftest import START, Touchpoint

DAY = {"kind": "rolling", "hours": 24}
POLICY = {
    "name": "House",
    "frequency_caps": [{"name": "two-banners", "limit": 2, "window": DAY, "scope": "channel", "channels": ["web"]}],
    "cool_downs": [{"name": "not-again", "outcome": "dismissed", "scope": "offer", "days": 7}],
}


async def banner(touchpoint: Touchpoint, offer_id: str = "o1", **parts: Any) -> dict[str, Any]:
    body = {"customer_id": "c1", "offer_id": offer_id} | parts
    answer = await touchpoint.call("POST", "/v1/banners", body, role="storefront")
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(autouse=True)
async def policy(touchpoint: Touchpoint) -> None:
    await touchpoint.put_in_force(POLICY)
    await touchpoint.hear(*(touchpoint.offer(f"o{n}", goal=f"g{n}", version=2) for n in (1, 2, 3)))


async def test_impressions_count_as_the_policy_says(touchpoint: Touchpoint):
    shown = [await banner(touchpoint, f"o{n}") for n in (1, 2, 3)]
    assert [one["state"] for one in shown] == ["released", "released", "suppressed"]
    assert (shown[2]["because"]["rule"], shown[2]["because"]["counter"]) == ("two-banners", 2)
    assert [e["outcome"] for e in await touchpoint.timeline() if e["kind"] == "contact.delivered"] == ["shown", "shown"]
    standing = await touchpoint.call("GET", "/v1/customers/c1/standing", role="compliance")
    assert "two-banners" in standing.text
    assert await touchpoint.pool.fetchval("select live from standings where customer_id = 'c1'") == 0


async def test_the_same_offer_on_many_pages_is_one_contact_until_its_hour_is_over(touchpoint: Touchpoint):
    first, again = [await banner(touchpoint) for _ in range(2)]
    assert first["contact_id"] == again["contact_id"]
    await touchpoint.tick(hours=1, seconds=1)
    later = await banner(touchpoint)
    assert (later["state"], later["contact_id"] != first["contact_id"]) == ("released", True)
    assert (await banner(touchpoint, "o2"))["state"] == "suppressed"


async def test_a_retry_is_one_banner(touchpoint: Touchpoint):
    one, two = [await banner(touchpoint, banner_id="b1") for _ in range(2)]
    assert one == two
    assert (await touchpoint.kinds()).count("contact.delivered") == 1


async def test_what_frees_within_the_hour_is_told_and_nothing_waits(touchpoint: Touchpoint):
    for number in (1, 2):
        await banner(touchpoint, f"o{number}")
    await touchpoint.tick(hours=23, minutes=30)
    later = await banner(touchpoint, "o3")
    assert (later["state"], later["contact_id"]) == ("deferred", None)
    assert later["retry_at"].startswith((START + timedelta(days=1)).isoformat()[:16])
    assert await touchpoint.pool.fetchval("select live from standings where customer_id = 'c1'") == 0


async def test_a_dismissal_starts_the_cool_down_that_the_policy_names(touchpoint: Touchpoint):
    contact = (await banner(touchpoint))["contact_id"]
    body = {"outcomes": [{"outcome": "dismissed", "outcome_id": "d1"}]}
    for _ in range(2):
        await touchpoint.call("POST", f"/v1/contacts/{contact}/outcomes", body, role="storefront")
    pauses = [e["pauses"] for e in await touchpoint.timeline() if e["kind"] == "contact.responded"]
    assert [[pause["rule"] for pause in each] for each in pauses] == [["not-again"]]
    touchpoint.clock.move(START + timedelta(days=6))
    refused = await banner(touchpoint)
    assert (refused["state"], refused["because"]["reason"]) == ("suppressed", "cool_down")
    touchpoint.clock.move(START + timedelta(days=7, seconds=1))
    assert (await banner(touchpoint))["state"] == "released"


async def test_the_contact_that_a_campaign_has_released_is_the_one_that_is_shown(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request(channels=["web"]))
    contact = await touchpoint.contact("web")
    assert (await banner(touchpoint))["contact_id"] == contact
    assert await touchpoint.states() == {"web": "shown"}


async def test_an_offer_that_nobody_knows(touchpoint: Touchpoint):
    body = {"customer_id": "c1", "offer_id": "nope"}
    await touchpoint.call("POST", "/v1/banners", body, role="storefront", expect=404)
