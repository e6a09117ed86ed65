"""One order in every channel: the storefront and the pop-up rank alike, through both real services."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.e2e.conftest import MANAGER, STEWARD, House, until

from rapport.db import connect
from rapport_cli.desk import Person

SHOP = Person("storefront", "shop")
AGENT = Person("branch_agent", "bea")
OFFER_APPROVER = Person("offer_approver", "oscar")
SAVERS = {"combinator": "and", "rules": [{"field": "tags", "operator": "contains", "value": "saver"}]}
EXPONENTS = {"propensity": 1.5, "context": 0.5, "lever": 1}
EVERYTHING = {name: {"on": True, "weight": weight} for name, weight in EXPONENTS.items()}
FIRST = 1000
"""The priority of these offers: before what other tests have published."""


async def rank_by(house: House, **weights: Any) -> int:
    """Put weights in force; the version."""
    known = await house.desk.call("offers", "GET", "/ranking", by=MANAGER)
    tag = {"If-Match": known.headers["etag"]} if "etag" in known.headers else {}
    await house.desk.call("offers", "PUT", "/ranking", weights, by=MANAGER, headers=tag)
    sent = await house.desk.call("offers", "POST", "/ranking/submissions", by=MANAGER)
    tag = {"If-Match": sent.headers["etag"]}
    found = await house.desk.call("offers", "POST", "/ranking/approvals", by=OFFER_APPROVER, headers=tag)
    return int(found.json()["version"])


async def arrived(house: House, offers: list[str], ranking: int) -> None:
    """Until touchpoint has them all, and both services in memory, which are a quarter of a second old at most."""

    async def there() -> bool:
        conn = await connect(house.running.databases["touchpoint"])
        known = await conn.fetchval("select count(*) from replica_offers where id = any($1)", offers)
        version = await conn.fetchval("select version from replica_rankings")
        await conn.close()
        return bool(known == len(offers) and version == ranking)

    await until(there, "touchpoint has the offers and the ranking")
    await asyncio.sleep(0.6)


async def in_the_shop(house: House, customer_id: str) -> list[str]:
    path = f"/customers/{customer_id}/eligible-offers?channel=branch&limit=10"
    return [i["offer_id"] for i in (await house.desk.call("offers", "GET", path, by=SHOP)).json()["items"]]


async def at_the_counter(house: House, customer_id: str) -> list[str]:
    body = {"customer_id": customer_id, "channel": "branch", "place": "branch-7", "limit": 10}
    popup = await house.desk.call("touchpoint", "POST", "/popups", body, by=AGENT)
    return [i["offer_id"] for i in popup.json()["offers"]]


async def test_storefront_and_pop_up_show_the_same_order(house: House) -> None:
    likely = {"default": 0.1, "by_segment": [{"name": "savers", "rule": SAVERS, "value": 0.8}]}
    dear = await house.offer(priority=FIRST, value="100", propensity={"default": 0.3})
    segmented = await house.offer(priority=FIRST, value="60", propensity=likely)
    at_home_here = await house.offer(priority=FIRST, value="40", propensity={"default": 0.3}, context={"branch": 9})
    pushed = await house.offer(priority=FIRST, value="90", cost="50", propensity={"default": 0.3}, lever=4)
    not_for_them = await house.offer(priority=FIRST, value="999", suitability={**SAVERS, "not": True})
    offers = [dear, segmented, at_home_here, pushed, not_for_them]

    version = await rank_by(house, **EVERYTHING)
    await arrived(house, offers, version)
    saver, other = await house.customer(), await house.customer()
    known = await house.desk.call("profile", "GET", f"/customers/{saver}", by=STEWARD)
    body = {"tags": ["saver"]}
    tag = {"If-Match": known.headers["etag"]}
    await house.desk.call("profile", "PATCH", f"/customers/{saver}", body, by=STEWARD, headers=tag)

    async def tagged() -> bool:
        found = []
        for service in ("touchpoint", "offers"):
            conn = await connect(house.running.databases[service])
            found.append(await conn.fetchval("select doc->'tags' from replica_customers where id = $1", saver))
            await conn.close()
        return all(tags == ["saver"] for tags in found)

    await until(tagged, "both services know the tag")
    orders = {}
    for who in (saver, other):
        shop, counter = await in_the_shop(house, who), await at_the_counter(house, who)
        assert shop == counter
        orders[who] = [offer_id for offer_id in shop if offer_id in offers]
    assert orders[saver] == [segmented, pushed, at_home_here, dear]
    assert orders[other] == [not_for_them, pushed, at_home_here, dear, segmented]

    version = await rank_by(house)
    await arrived(house, offers, version)
    third = await house.customer()
    shop, counter = await in_the_shop(house, third), await at_the_counter(house, third)
    assert shop == counter
    assert [o for o in shop if o in offers] == [not_for_them, dear, segmented, *sorted([at_home_here, pushed])]
