"""The ledger as a list, and as a stream for billing."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx2
import pytest
from tests.integration.offers.world import World

from offers_service.handlers import exports

SINCE = "2026-03-01T00:00:00Z"


async def export(world: World, query: str = "", since: str = SINCE) -> httpx2.Response:
    return await world.call("GET", f"/acceptances/export?since={since}{query}", roles=("billing",))


async def ids(world: World, query: str = "", since: str = SINCE) -> list[str]:
    answer = await export(world, f"&format=ndjson{query}", since)
    assert answer.status_code == 200, answer.text
    return [json.loads(line)["acceptance_id"] for line in answer.text.splitlines()]


@pytest.fixture
async def ledger(world: World) -> None:
    """a0 to a6, an hour apart; a1 revoked, a2 fulfilled later, a call of c7 refused."""
    await world.customers(*(f"c{n}" for n in range(8)))
    await world.published(stock=7)
    for number in range(7):
        await world.accept(f"c{number}", acceptance_id=f"a{number}")
        world.move(hours=1)
    await world.hear(world.responded("accepted", "c7", "ctc7", channel="call"))
    world.move(hours=1)
    await world.call("POST", "/acceptances/a1/revocation", roles=("storefront",))
    await world.call("POST", "/acceptances/a2/fulfilment", {"reference": "order-2"}, roles=("storefront",))
    world.move(days=1)


@pytest.mark.usefixtures("ledger")
class TestExport:
    async def test_as_csv_has_a_header_and_a_line_for_each(self, world: World) -> None:
        answer = await export(world)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["acceptance_id"] for row in rows] == [f"a{n}" for n in range(7)]
        assert (rows[1]["state"], rows[1]["revoked_at"]) == ("revoked", "2026-03-02T17:00:00Z")
        assert (rows[2]["reference"], rows[2]["at"], rows[2]["agent"]) == ("order-2", "2026-03-02T11:00:00Z", "")

    async def test_tells_of_each_state_when_it_came_about(self, world: World) -> None:
        assert await ids(world, "&state=revoked", "2026-03-02T17:00:00Z") == ["a1"]
        assert await ids(world, "&state=revoked&until=2026-03-02T17:00:00Z") == []
        assert await ids(world, "&state=fulfilled", "2026-03-02T17:00:00Z") == ["a2"]
        assert await ids(world, "&state=refused") == ["acc-ctc7"]

    async def test_begins_with_its_instant_and_ends_before_the_other(self, world: World) -> None:
        assert await ids(world, "&until=2026-03-02T12:00:00Z", "2026-03-02T10:00:00Z") == ["a1", "a2"]

    @pytest.mark.parametrize("page", [1, 2, 3, 7, 100])
    async def test_pages_neither_skip_nor_repeat_and_it_goes_on_after_any_row(
        self, world: World, page: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exports, "PAGE", page)
        every = await ids(world)
        assert every == [f"a{n}" for n in range(7)]
        for number, one in enumerate(every):
            assert await ids(world, f"&after={one}") == every[number + 1 :]

    async def test_that_goes_on_has_no_second_header(self, world: World) -> None:
        assert (await export(world, "&after=a5")).text.startswith("a6,c6,")

    async def test_after_a_row_that_is_not_in_it(self, world: World) -> None:
        for query in ("&after=nope", "&after=a0&state=revoked"):
            answer = await export(world, query)
            assert (answer.status_code, answer.json()["type"]) == (404, "unknown-acceptance")

    @pytest.mark.parametrize("query", ["&format=xml", "&state=open", "&until=yesterday"])
    async def test_refuses_a_wrong_question(self, world: World, query: str) -> None:
        assert (await export(world, query)).status_code == 422

    async def test_is_for_billing(self, world: World) -> None:
        path = f"/acceptances/export?since={SINCE}"
        assert (await world.call("GET", path, roles=("compliance",))).status_code == 403


async def test_what_people_typed_is_no_formula(world: World) -> None:
    await world.customers("c1")
    await world.published()
    await world.accept(acceptance_id="-1")
    body = {"result": "failed", "reason": "=HYPERLINK(1)"}
    await world.call("POST", "/acceptances/-1/fulfilment", body, roles=("storefront",))
    world.move(hours=1)
    (row,) = csv.DictReader(io.StringIO((await export(world)).text))
    assert (row["acceptance_id"], row["note"]) == ("-1", "'=HYPERLINK(1)")


@pytest.mark.usefixtures("ledger")
class TestList:
    async def page(self, world: World, query: str = "") -> dict[str, Any]:
        answer = await world.call("GET", f"/acceptances{query}", roles=("compliance",))
        found: dict[str, Any] = answer.json()
        return found

    async def test_newest_first_in_pages(self, world: World) -> None:
        seen, cursor = [], ""
        while cursor is not None:
            found = await self.page(world, f"?limit=3{f'&cursor={cursor}' if cursor else ''}")
            seen += [row["acceptance_id"] for row in found["items"]]
            cursor = found["next_cursor"]
        assert sorted(seen, reverse=True) == sorted({"acc-ctc7", *(f"a{n}" for n in range(7))}, reverse=True)
        assert [one for one in seen if one != "acc-ctc7"] == [f"a{n}" for n in reversed(range(7))]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("?customer_id=c3", ["a3"]),
            ("?offer_id=nope", []),
            ("?state=revoked", ["a1"]),
            ("?state=refused&offer_id=o1&customer_id=c7", ["acc-ctc7"]),
        ],
    )
    async def test_of_one_customer_offer_or_state(self, world: World, query: str, expected: list[str]) -> None:
        assert [row["acceptance_id"] for row in (await self.page(world, query))["items"]] == expected
