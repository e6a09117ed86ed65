"""Standings rebuilt from their timelines: planted damage is found and mended, beside a gate that goes on working."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from tests.integration.touchpoint.conftest import POLICY, Touchpoint

from rapport.contracts.profile import CustomerUpserted
from rapport.db import transaction
from rapport.replica import Replica
from touchpoint_service.handlers.rebuild import look_at, rebuild_pages
from touchpoint_service.handlers.replicas import customers_changed
from touchpoint_service.repository.rebuild import kept

REST = {"name": "rest", "outcome": "refused", "scope": "offer", "days": 30}


async def life(touchpoint: Touchpoint, customer_id: str = "c1") -> None:
    """A contact that was refused, one that is shown, one that is open, a goal that is met, and a request that waits."""
    say = touchpoint.hear
    await say(touchpoint.request(f"{customer_id}.call", customer_id, goal="care", offer_id="o1"))
    await say(touchpoint.said(await touchpoint.contact("call", customer_id), "refused", customer_id))
    await say(touchpoint.request(f"{customer_id}.web", customer_id, channels=["web"], goal="care", offer_id=None))
    await say(touchpoint.said(await touchpoint.contact("web", customer_id), "shown", customer_id))
    await say(touchpoint.request(f"{customer_id}.branch", customer_id, channels=["branch"], goal="loan"))
    await say(touchpoint.said(await touchpoint.contact("web", customer_id), "accepted", customer_id, offer_id="o2"))
    for channel in ("hotline", "sms", "email"):
        await say(touchpoint.request(f"{customer_id}.{channel}", customer_id, channels=[channel], offer_id=None))


@pytest.fixture
async def lived(touchpoint: Touchpoint) -> Touchpoint:
    """Twelve customers, each with a life behind them."""
    await touchpoint.put_in_force(POLICY | {"cool_downs": [REST]})
    await touchpoint.hear(touchpoint.offer("o2", goal="card"))
    for number in range(1, 13):
        await touchpoint.hear(touchpoint.customer(f"c{number}", version=2))
        await life(touchpoint, f"c{number}")
    return touchpoint


async def row(touchpoint: Touchpoint, customer_id: str = "c1") -> dict[str, Any] | None:
    found = await touchpoint.pool.fetchrow("select seq, live, body from standings where customer_id = $1", customer_id)
    return None if found is None else dict(found)


async def write(touchpoint: Touchpoint, body: dict[str, Any], customer_id: str = "c1") -> None:
    await touchpoint.pool.execute("update standings set body = $2 where customer_id = $1", customer_id, body)


async def rebuild(touchpoint: Touchpoint, *, page: int = 5, **asked: Any) -> dict[str, Any]:
    """Ask for a rebuild, do a worker's work until it is done, and see what became of it."""
    answer = await touchpoint.call("POST", "/v1/standings/rebuilds", asked, role="operator", expect=202)
    finished = "select finished_at is not null from standing_rebuilds where rebuild_id = $1"
    while not await touchpoint.pool.fetchval(finished, answer.json()["rebuild_id"]):
        await step(touchpoint, page)  # perhaps of a rebuild that somebody else has asked for
    found: dict[str, Any] = (await touchpoint.call("GET", answer.headers["Location"], role="compliance")).json()
    assert found["state"] == "finished"
    return found


async def step(touchpoint: Touchpoint, page: int) -> bool:
    async with transaction(touchpoint.pool) as conn:
        return await rebuild_pages(page)(conn, touchpoint.clock.now())


def entries(body: dict[str, Any]) -> list[list[Any]]:
    found: list[list[Any]] = body["e"]
    return found


PLANTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str, str]] = {
    "a counter removed": (lambda body: entries(body).pop(0), "contact", "was not counted"),
    "all counters removed": (lambda body: body.pop("e"), "contact", "was not counted"),
    "a counter doubled": (lambda body: entries(body).insert(1, entries(body)[0]), "contact", "was counted 2 times"),
    "a counter from nowhere": (
        lambda body: entries(body).append([*entries(body)[-1][:1], "ctc_x", *entries(body)[-1][2:]]),
        "contact",
        "does not count",
    ),
    "a wrong state": (lambda body: entries(body)[0].__setitem__(10, "o"), "contact", "other facts: state"),
    "a state that there is not": (lambda body: entries(body)[0].__setitem__(10, "?"), "contact", "other facts: state"),
    "a wrong instant": (
        lambda body: entries(body)[-1].__setitem__(0, entries(body)[-1][0] + 1),
        "contact",
        "other facts: at",
    ),
    "a wrong goal of a contact": (lambda body: entries(body)[0].__setitem__(9, "x"), "contact", "other facts: goal"),
    "another order": (lambda body: entries(body).reverse(), "order", "not in the order"),
    "a goal forgotten": (lambda body: body.pop("g"), "goal", "did not count as met"),
    "another goal met": (lambda body: body.__setitem__("g", {"boat": body["g"]["card"]}), "goal", "and was not"),
    "another acceptance": (lambda body: body["g"]["card"][0].__setitem__(1, "acc_x"), "goal", "other acceptances"),
    "a pause forgotten": (lambda body: body.pop("c"), "pause", "was missing"),
    "a pause from nowhere": (
        lambda body: body["c"].append([None, "all", None, "x", "complaint"]),
        "pause",
        "followed from nothing",
    ),
    "a longer pause": (lambda body: body["c"][0].__setitem__(0, body["c"][0][0] + 1), "pause", "another one"),
    "another instant": (lambda body: body.__setitem__("t", 7), "at", "It was as of 1970-01-01"),
    "rows of another shape": (lambda body: body.__setitem__("e", [[1]]), "standing", "could not be read"),
    "another shape": (lambda body: body.update(e=3), "standing", "could not be read"),
    "words for numbers": (lambda body: body.__setitem__("t", "noon"), "standing", "could not be read"),
}


class TestPlantedDamage:
    @pytest.mark.parametrize(("plant", "what", "text"), PLANTS.values(), ids=PLANTS.keys())
    async def test_is_found_and_mended(
        self, lived: Touchpoint, plant: Callable[[dict[str, Any]], Any], what: str, text: str
    ):
        right = await row(lived)
        assert right is not None
        broken = orjson.loads(orjson.dumps(right["body"]))
        plant(broken)
        assert broken != right["body"]
        await write(lived, broken)

        seen = await rebuild(lived, dry_run=True)
        assert (seen["compared"], seen["differing"], seen["mended"]) == (12, 1, 0)
        assert {d["customer_id"] for d in seen["differences"]} == {"c1"}
        assert any(d["what"] == what and text in d["text"] for d in seen["differences"]), seen["differences"]
        assert not any(d["mended"] for d in seen["differences"])
        assert (await row(lived) or {})["body"] == broken, "a dry run writes nothing"

        done = await rebuild(lived)
        assert (done["compared"], done["differing"], done["mended"]) == (12, 1, 1)
        assert [d | {"mended": False} for d in done["differences"]] == seen["differences"]
        assert await row(lived) == right
        assert (await rebuild(lived, dry_run=True))["differing"] == 0

    @pytest.mark.parametrize(("column", "what"), [("seq", "entry"), ("live", "live")])
    async def test_of_a_number_is_found_and_mended(self, lived: Touchpoint, column: str, what: str):
        right = await row(lived)
        await lived.pool.execute(f"update standings set {column} = {column} + 1 where customer_id = 'c1'")
        done = await rebuild(lived)
        assert [(d["what"], d["stored"] - d["derived"]) for d in done["differences"]] == [(what, 1)]
        assert await row(lived) == right

    @pytest.mark.parametrize("customer_id", ["c1", "c4", "c9"])  # first, in the middle and last by their ids
    async def test_a_standing_that_is_gone_is_there_again(self, lived: Touchpoint, customer_id: str):
        right = await row(lived, customer_id)
        await lived.pool.execute("delete from standings where customer_id = $1", customer_id)
        assert [d["text"] for d in (await rebuild(lived, dry_run=True))["differences"]] == ["There was no standing."]
        assert await row(lived, customer_id) is None
        done = await rebuild(lived)
        assert (done["compared"], done["mended"]) == (12, 1)
        assert await row(lived, customer_id) == right

    async def test_all_of_it_at_once_is_mended_page_by_page(self, lived: Touchpoint):
        right = [await row(lived, f"c{n}") for n in range(1, 13)]
        await lived.pool.execute("update standings set body = '{}', live = 0")
        assert (await rebuild(lived, page=5))["mended"] == 12
        assert [await row(lived, f"c{n}") for n in range(1, 13)] == right

    async def test_of_which_there_is_much_is_told_in_part(self, lived: Touchpoint):
        for number in range(13, 19):
            await lived.hear(lived.customer(f"c{number}"))
            await life(lived, f"c{number}")
        await lived.pool.execute("update standings set body = '{}'")
        seen = await rebuild(lived, dry_run=True)
        assert (seen["differing"], len(seen["differences"])) == (18, 100)

    async def test_is_mended_for_the_customers_named_and_nobody_else(self, lived: Touchpoint):
        right = await row(lived)
        await lived.pool.execute("update standings set body = '{}'")
        done = await rebuild(lived, page=1, customer_ids=["c1", "c3", "c1"])
        assert (done["total"], done["compared"], done["mended"]) == (2, 2, 2)
        assert await row(lived) == right
        assert (await row(lived, "c2") or {})["body"] == {}
        await rebuild(lived)

    async def test_that_kept_a_request_waiting_no_longer_does(self, lived: Touchpoint):
        """Three contacts a week: with one too many counted the next one waits, with the right number it goes."""
        await lived.hear(lived.customer("late"), lived.customer("late2"))
        for number in range(2):
            await lived.hear(lived.request(f"l{number}", "late", goal=None, offer_id=None))
        body = (await row(lived, "late") or {})["body"]
        await write(lived, body | {"e": [body["e"][0], *body["e"]]}, "late")
        await lived.hear(lived.request("third", "late", goal=None, offer_id=None))
        state = "select state from requests where request_id = 'third'"
        assert await lived.pool.fetchval(state) == "live"
        assert (await rebuild(lived))["mended"] == 1
        await lived.tick(hours=0)
        assert await lived.pool.fetchval(state) == "released"


class TestTimelineThatIsNotUnderstood:
    async def test_changes_nothing_and_is_told(self, lived: Touchpoint):
        await lived.pool.execute(
            "update timeline set type = 'touchpoint.x.done.v9' where customer_id = 'c2' and seq = 2"
        )
        await lived.pool.execute("update standings set live = 9 where customer_id = 'c2'")
        done = await rebuild(lived)
        assert (done["compared"], done["differing"], done["mended"]) == (12, 1, 0)
        assert ["is not understood" in d["text"] for d in done["differences"]] == [True]
        assert (await row(lived, "c2") or {})["live"] == 9
        await lived.pool.execute(
            "update timeline set type = 'touchpoint.contact.responded.v1' where customer_id = 'c2' and seq = 2"
        )
        assert (await rebuild(lived))["mended"] == 1

    async def test_pauses_that_old_entries_do_not_tell_are_kept(self, lived: Touchpoint):
        await lived.pool.execute("update timeline set body = (body::jsonb - 'pauses')::json")
        right = await row(lived)
        assert (await rebuild(lived, dry_run=True))["differing"] == 0
        await lived.pool.execute("update standings set live = 9 where customer_id = 'c1'")
        await rebuild(lived)
        assert await row(lived) == right


class TestBesideTheGate:
    async def test_nothing_is_lost_and_what_is_right_is_never_found_wrong(self, lived: Touchpoint):
        """The gate works on the very customers that are rebuilt again and again; pages end between all of them."""
        working = True
        found = []

        async def rebuilder(number: int) -> None:
            while working:
                found.append(await rebuild(lived, page=3, dry_run=bool(number)))

        async def gate(number: int) -> None:
            for turn in range(12):
                customer = f"c{1 + (number + turn) % 12}"
                await lived.hear(lived.request(f"g{number}.{turn}", customer, goal=None, channels=["branch", "call"]))
                await lived.call(
                    "POST", "/v1/popups", {"customer_id": customer, "channel": "branch"}, role="branch_agent"
                )
                contact = await lived.contact("call", customer)
                await lived.hear(lived.said(contact, random.choice(["delivered", "refused", "busy"]), customer))

        rebuilders = [asyncio.create_task(rebuilder(number)) for number in range(2)]
        await asyncio.gather(*(gate(number) for number in range(4)))
        working = False
        await asyncio.gather(*rebuilders)
        assert len(found) > 4
        assert [(each["differing"], each["differences"]) for each in found] == [(0, [])] * len(found)
        await lived.check()

    async def test_damage_done_while_it_works_is_mended_in_the_end(self, lived: Touchpoint):
        async def gate(number: int) -> None:
            for turn in range(10):
                customer = f"c{1 + (number + turn) % 12}"
                await lived.hear(lived.request(f"d{number}.{turn}", customer, goal=None, channels=["branch"]))

        async def vandal() -> None:
            for turn in range(30):
                cut = f"update standings set body = '{{}}' where customer_id = 'c{1 + turn % 12}'"
                await lived.pool.execute(cut)
                await rebuild(lived, page=4)

        await asyncio.gather(vandal(), *(gate(number) for number in range(3)))
        await rebuild(lived)
        async with lived.pool.acquire() as conn:
            for one in await kept(conn, [f"c{n}" for n in range(1, 13)]):
                assert look_at(one, lived.clock.now())[1] == []
        await lived.check()

    async def test_two_workers_do_no_customer_twice(self, lived: Touchpoint):
        await lived.pool.execute("update standings set body = '{}'")
        answer = await lived.call("POST", "/v1/standings/rebuilds", role="operator")

        async def worker() -> None:
            while not await lived.pool.fetchval("select finished_at is not null from standing_rebuilds"):
                await step(lived, 1)

        await asyncio.gather(*(worker() for _ in range(4)))
        seen = (await lived.call("GET", answer.headers["Location"], role="operator")).json()
        assert (seen["state"], seen["compared"], seen["mended"]) == ("finished", 12, 12)


class TestAsking:
    async def test_is_for_operators_and_compliance(self, lived: Touchpoint):
        await lived.call("POST", "/v1/standings/rebuilds", {"dry_run": True}, role="branch_agent", expect=403)
        await lived.call("POST", "/v1/standings/rebuilds", {"dry_run": True}, role="compliance", expect=202)

    async def test_of_unknown_customers_says_which(self, lived: Touchpoint):
        body = {"customer_ids": ["c1", "nobody"]}
        answer = await lived.call("POST", "/v1/standings/rebuilds", body, role="operator", expect=404)
        assert answer.json()["pointers"] == ["#/customer_ids/1"]

    async def test_waits_for_a_worker(self, lived: Touchpoint):
        asked = (await lived.call("POST", "/v1/standings/rebuilds", role="operator")).json()
        assert (asked["state"], asked["total"], asked["everybody"], asked["created_by"]) == (
            "pending",
            12,
            True,
            "tester",
        )
        await step(lived, 5)
        path = f"/v1/standings/rebuilds/{asked['rebuild_id']}"
        seen = (await lived.call("GET", path, role="operator")).json()
        assert (seen["state"], seen["compared"]) == ("running", 5)
        await lived.call("GET", "/v1/standings/rebuilds/rbd_x", role="operator", expect=404)

    async def test_is_told_in_chinese(self, lived: Touchpoint):
        await lived.pool.execute("update standings set live = 7 where customer_id = 'c1'")
        found = await rebuild(lived)
        path = f"/v1/standings/rebuilds/{found['rebuild_id']}?lang=zh-CN"
        texts = [d["text"] for d in (await lived.call("GET", path, role="operator")).json()["differences"]]
        live = await lived.pool.fetchval("select live from standings where customer_id = 'c1'")
        assert texts == [f"记有 7 个待决请求，应为 {live} 个。"]

    async def test_leaves_nothing_of_an_erased_customer(self, bare: Touchpoint):
        await bare.put_in_force(POLICY)
        await bare.hear(bare.customer(), bare.offer(), bare.plan())
        await bare.hear(bare.request(goal=None))
        await bare.pool.execute("update standings set body = '{}'")
        await rebuild(bare, customer_ids=["c1"])
        tables = ("standing_differences", "standing_rebuild_customers", "standings", "timeline")
        for table in tables:
            assert await bare.pool.fetchval(f"select count(*) from {table}") > 0
        replica = Replica("replica_customers", bare.pool, on_changes=customers_changed(bare.clock))
        async with transaction(bare.pool) as conn:
            tombstone = bare.envelope(None, topic=CustomerUpserted.topic, key="c1")
            await replica.handler(CustomerUpserted.topic)(conn, [tombstone])
        for table in tables:
            assert await bare.pool.fetchval(f"select count(*) from {table}") == 0
