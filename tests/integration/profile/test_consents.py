"""Consents and do-not-call lists over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

World = Any

MARKETING = "/customers/c1/consents/call/marketing"
PHONE = "+4915123456789"


async def say(world: World, *, granted: bool, path: str = MARKETING, **more: Any) -> Any:
    answer = await world.call("PUT", path, {"granted": granted, "source": "test", **more}, role="hotline_agent")
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestConsents:
    async def test_is_in_the_document_and_published(self, world: World) -> None:
        await world.put()
        counts = await say(world, granted=True, proof="recording 1")
        assert counts == {
            "channel": "call",
            "purpose": "marketing",
            "granted": True,
            "at": "2026-03-01T09:00:00Z",
            "source": "test",
        }
        (_, _), (_, body) = await world.published()
        assert body["version"] == 2
        assert body["consents"] == [counts]

    async def test_is_listed_with_its_proof(self, world: World) -> None:
        await world.put()
        await say(world, granted=True, proof="recording 1")
        (found,) = (await world.call("GET", "/customers/c1/consents")).json()["items"]
        assert (found["proof"], found["recorded_by"]) == ("recording 1", "a-hotline_agent")

    async def test_the_newest_counts_and_all_are_kept(self, world: World) -> None:
        await world.put()
        await say(world, granted=False, at="2026-02-02T00:00:00Z")
        late = await say(world, granted=True, at="2026-02-01T00:00:00Z")
        assert not late["granted"]
        assert await world.versions() == [1, 2]
        items = (await world.call("GET", "/customers/c1/consents")).json()["items"]
        assert [item["granted"] for item in items] == [False]
        history = (await world.call("GET", "/customers/c1/consents?history=true")).json()["items"]
        assert [item["granted"] for item in history] == [False, True]

    async def test_channels_and_purposes_are_apart(self, world: World) -> None:
        await world.put()
        await say(world, granted=True)
        await say(world, granted=False, path="/customers/c1/consents/sms/marketing")
        await say(world, granted=False, path="/customers/c1/consents/call/service")
        found = {(c["channel"], c["purpose"]): c["granted"] for c in (await world.get())["consents"]}
        assert found == {("call", "marketing"): True, ("call", "service"): False, ("sms", "marketing"): False}

    async def test_one_from_the_future_does_not_outlast_what_is_said_tomorrow(self, world: World) -> None:
        await world.put()
        await say(world, granted=True, at="2036-01-01T00:00:00Z")
        world.clock.move(world.clock.now() + timedelta(days=1))
        assert not (await say(world, granted=False))["granted"]

    async def test_saying_it_again_makes_no_version(self, world: World) -> None:
        await world.put()
        for _ in range(2):
            await say(world, granted=True, at="2026-02-01T00:00:00Z")
        assert await world.versions() == [1, 2]

    async def test_statements_made_at_once_are_all_kept(self, world: World) -> None:
        await world.put()
        purposes = [f"p{number}" for number in range(10)]
        await asyncio.gather(*[say(world, granted=True, path=f"/customers/c1/consents/web/{p}") for p in purposes])
        assert [consent["purpose"] for consent in (await world.get())["consents"]] == purposes
        assert await world.versions() == list(range(1, 12))

    async def test_nobody_cannot_consent(self, world: World) -> None:
        for method, body in (("PUT", {"granted": True, "source": "x"}), ("GET", None)):
            path = MARKETING if body else "/customers/c1/consents"
            answer = await world.call(method, path, body)
            assert (answer.status_code, answer.json()["type"]) == (404, "unknown-customer")
        assert await world.pool.fetchval("select count(*) from customers") == 0

    async def test_who_said_nothing_has_no_consents(self, world: World) -> None:
        await world.put()
        assert (await world.call("GET", "/customers/c1/consents")).json() == {"items": [], "next_cursor": None}

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/customers/c1/consents/fax/marketing", {"granted": True, "source": "x"}),
            ("/customers/c1/consents/call/Marketing", {"granted": True, "source": "x"}),
            (MARKETING, {"granted": "perhaps", "source": "x"}),
            (MARKETING, {"granted": True}),
            (MARKETING, {"granted": True, "source": "x", "at": "2026-03-01T09:00:00"}),
            (MARKETING, {"granted": True, "source": "x", "at": "0001-01-01T00:00:00+14:00"}),
            (MARKETING, {"granted": True, "source": "x", "surprise": 1}),
        ],
    )
    async def test_bad_input_is_malformed(self, world: World, path: str, body: Any) -> None:
        await world.put()
        assert (await world.call("PUT", path, body)).status_code == 422
        assert await world.versions() == [1]


class TestDoNotCallLists:
    async def test_marks_who_has_a_phone_or_is_named_at_once(self, world: World) -> None:
        await world.put("a", phone=PHONE)
        await world.put("b", phone=PHONE, do_not_call=True)
        await world.put("c")
        await world.put("d")
        said = {"phones": ["0151 23456789", PHONE], "customer_ids": ["c", "z"], "country": "DE", "source": "regulator"}
        answer = await world.call("POST", "/do-not-call-lists", said)
        assert answer.json() == {"phones": 1, "customers_marked": 2, "unknown_customers": ["z"]}
        assert {c: (await world.get(c))["do_not_call"] for c in "abcd"} == {"a": True, "b": True, "c": True, "d": False}
        assert [key for key, body in await world.published() if body["do_not_call"]] == ["b", "a", "c"]

    async def test_a_listed_phone_counts_for_whoever_gets_it_later(self, world: World) -> None:
        await world.call("POST", "/do-not-call-lists", {"phones": [PHONE], "source": "regulator"})
        await world.put("new", phone=PHONE)
        await world.put("old")
        await world.call("PATCH", "/customers/old", {"phone": PHONE})
        assert (await world.get("new"))["do_not_call"]
        assert (await world.get("old"))["do_not_call"]

    async def test_the_mark_is_lifted_only_explicitly(self, world: World) -> None:
        await world.put(phone=PHONE)
        await world.call("POST", "/do-not-call-lists", {"phones": [PHONE], "source": "regulator"})
        await world.put(phone=PHONE, name="Ann")
        assert (await world.get())["do_not_call"]
        await world.call("PATCH", "/customers/c1", {"do_not_call": False})
        assert not (await world.get())["do_not_call"]

    async def test_misses_nobody_who_gets_the_phone_at_the_same_moment(self, world: World) -> None:
        ids = [f"c{number}" for number in range(10)]
        for customer_id in ids[:5]:
            await world.put(customer_id)
        said = {"phones": [PHONE], "source": "regulator"}
        await asyncio.gather(
            *[world.call("PUT", f"/customers/{customer_id}", {"phone": PHONE}) for customer_id in ids[::2]],
            world.call("POST", "/do-not-call-lists", said),
            *[world.call("PUT", f"/customers/{customer_id}", {"phone": PHONE}) for customer_id in ids[1::2]],
        )
        assert [(await world.get(customer_id))["do_not_call"] for customer_id in ids] == [True] * 10

    async def test_takes_all_of_a_list_or_nothing(self, world: World) -> None:
        await world.put(phone=PHONE)
        answer = await world.call("POST", "/do-not-call-lists", {"phones": [PHONE, "none"], "source": "regulator"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/phones/1")
        assert not (await world.get())["do_not_call"]

    async def test_an_empty_list_is_malformed(self, world: World) -> None:
        assert (await world.call("POST", "/do-not-call-lists", {"source": "regulator"})).status_code == 422

    async def test_the_same_list_again_changes_nothing(self, world: World) -> None:
        await world.put(phone=PHONE)
        for expected in (1, 0):
            answer = await world.call("POST", "/do-not-call-lists", {"phones": [PHONE], "source": "regulator"})
            assert answer.json()["customers_marked"] == expected
        assert await world.versions() == [1, 2]
