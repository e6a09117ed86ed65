"""Phones at rest: sealed, found by their index, sealed anew when the key changes; and who reads them is logged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from profile_service.handlers.changes import Change, change
from profile_service.handlers.resealing import resealer
from rapport import db
from rapport.phones import clear_phone, phone_index
from rapport.sealing import Keyring
from rapport.settings import DEVELOPMENT_KEY

World = Any

PHONE = "+4915123456789"
NEW = Keyring(["a new secret", DEVELOPMENT_KEY], DEVELOPMENT_KEY)
ONLY_NEW = Keyring(["a new secret"], DEVELOPMENT_KEY)


async def stored(world: World, customer_id: str = "c1") -> dict[str, Any]:
    found: dict[str, Any] = await world.pool.fetchval("select doc from customers where customer_id = $1", customer_id)
    return found


async def reseal(world: World, keys: Keyring) -> int:
    """What the worker does until nothing is left; the steps that did something."""
    step, done = resealer(keys), 0
    while True:
        async with db.transaction(world.pool) as conn:
            if not await step(conn, world.clock.now()):
                return done
        done += 1


async def put_in_clear(world: World, *customer_ids: str) -> None:
    """As documents lay in the database before phones were sealed."""
    for customer_id in customer_ids:
        await world.put(customer_id, name="Ann")
    await world.pool.execute(
        """
        update customers set doc = doc || jsonb_build_object('phone', $2::text) where customer_id = any($1::text[])
        """,
        list(customer_ids),
        PHONE,
    )


class TestSealed:
    async def test_stored_and_published_is_the_sealed_phone_and_its_index(self, world: World) -> None:
        await world.put(phone=PHONE, name="Ann")
        ((_, published),) = await world.published()
        keys = world.settings.keyring()
        for document in (published, await stored(world)):
            assert PHONE not in json.dumps(document)
            assert document["phone"] is None
            assert document["phone_index"] == phone_index(keys, PHONE)
            assert clear_phone(keys, document) == PHONE

    async def test_the_same_phone_of_two_customers_has_one_index_and_two_texts(self, world: World) -> None:
        for customer_id in ("a", "b"):
            await world.put(customer_id, phone=PHONE)
        a, b = await stored(world, "a"), await stored(world, "b")
        assert a["phone_index"] == b["phone_index"]
        assert a["phone_sealed"] != b["phone_sealed"]

    async def test_saying_the_same_phone_again_in_another_form_changes_nothing(self, world: World) -> None:
        await world.put(phone=PHONE, country="DE")
        before = await stored(world)
        await world.call("PATCH", "/customers/c1", {"phone": "0151 23456789"})
        assert await stored(world) == before
        assert await world.versions() == [1]

    async def test_a_phone_can_be_changed_and_taken_away(self, world: World) -> None:
        await world.put(phone=PHONE)
        await world.call("PATCH", "/customers/c1", {"phone": "+4915123456780"})
        assert (await world.get())["phone"] == "+4915123456780"
        assert (await world.call("GET", f"/customers?phone=%2B{PHONE[1:]}")).json()["items"] == []
        await world.call("PATCH", "/customers/c1", {"phone": None})
        document = await stored(world)
        assert [document[name] for name in ("phone", "phone_sealed", "phone_index")] == [None] * 3
        await world.put(phone=PHONE)
        await world.put(name="Ann")
        assert (await stored(world))["phone_index"] is None

    async def test_another_change_leaves_the_sealed_phone_as_it_is(self, world: World) -> None:
        await world.put(phone=PHONE)
        before = (await stored(world))["phone_sealed"]
        await world.call("PATCH", "/customers/c1", {"name": "Ann"})
        assert (await stored(world))["phone_sealed"] == before

    async def test_the_phone_of_somebody_else_does_not_open(self, world: World) -> None:
        await world.put("a", phone=PHONE)
        await world.put("b", phone="+4915123456780")
        await world.pool.execute(
            """
            update customers set doc = customers.doc || jsonb_build_object('phone_sealed', other.doc -> 'phone_sealed')
            from customers other where customers.customer_id = 'b' and other.customer_id = 'a'
            """
        )
        with capture_logs() as logs:
            assert (await world.get("b"))["phone"] is None
        assert ("phone_unreadable", "b") in [(line["event"], line.get("customer")) for line in logs]

    async def test_of_a_listed_phone_only_the_index_is_kept(self, world: World) -> None:
        await world.call("POST", "/do-not-call-lists", {"phones": [PHONE], "source": "regulator"})
        rows = await world.pool.fetch("select row_to_json(l)::text from do_not_call_phones l")
        assert len(rows) == 1
        assert PHONE not in rows[0][0]

    async def test_a_file_waits_sealed(self, world: World) -> None:
        await world.hand_in(f"id,phone\nc1,{PHONE}\n", {"id": "customer_id", "phone": "phone"})
        pieces = await world.pool.fetch("select data from import_pieces")
        assert len(pieces) == 1
        assert PHONE.encode() not in pieces[0]["data"]
        await world.read_pieces()
        assert (await world.get("c1"))["phone"] == PHONE


class TestFind:
    @pytest.mark.parametrize("query", ["phone=0151%2023456789&country=DE", "phone=%2B49(0)15123456789"])
    async def test_as_dialled_in_a_country(self, world: World, query: str) -> None:
        await world.put(phone=PHONE)
        found = (await world.call("GET", f"/customers?{query}")).json()["items"]
        assert [one["customer_id"] for one in found] == ["c1"]


class TestAnotherKey:
    async def test_the_worker_seals_anew_and_the_old_key_may_go(self, world: World) -> None:
        for number in range(3):
            await world.put(f"c{number}", phone=PHONE)
        await world.put("none", name="Ann")
        assert await reseal(world, NEW) == 1
        assert await reseal(world, NEW) == 0
        assert [await world.versions(f"c{number}") for number in range(3)] == [[1, 2]] * 3
        assert await world.versions("none") == [1]
        for number in range(3):
            assert clear_phone(ONLY_NEW, await stored(world, f"c{number}")) == PHONE

    async def test_what_changes_meanwhile_is_sealed_by_the_new_key(self, world: World) -> None:
        await world.put(phone=PHONE)
        async with db.transaction(world.pool) as conn:
            said = Change("c1", lambda known: known.model_copy(update={"name": "Ann"}))
            await change(conn, [said], keys=NEW, now=world.clock.now())
        assert clear_phone(ONLY_NEW, await stored(world)) == PHONE
        assert await reseal(world, NEW) == 0

    async def test_a_phone_whose_key_is_lost_is_kept_and_hinders_nothing(self, world: World) -> None:
        await world.put(phone=PHONE)
        before = (await stored(world))["phone_sealed"]
        async with db.transaction(world.pool) as conn:
            said = Change("c1", lambda known: known.model_copy(update={"name": "Ann"}))
            await change(conn, [said], keys=ONLY_NEW, now=world.clock.now())
        document = await stored(world)
        assert (document["name"], document["phone_sealed"]) == ("Ann", before)
        assert await reseal(world, ONLY_NEW) == 0

    async def test_what_the_newest_key_has_sealed_is_left_alone(self, world: World) -> None:
        await world.put(phone=PHONE)
        await reseal(world, NEW)
        async with db.transaction(world.pool) as conn:
            await change(conn, [Change("c1", lambda known: known)], keys=NEW, now=world.clock.now())
        assert await world.versions() == [1, 2]


class TestInClearFromBefore:
    async def test_is_sealed_by_the_worker_and_found_then(self, world: World) -> None:
        await put_in_clear(world, "c1", "c2")
        assert (await world.get())["phone"] == PHONE
        assert await reseal(world, world.settings.keyring()) == 1
        assert PHONE not in json.dumps(await stored(world))
        found = (await world.call("GET", f"/customers?phone=%2B{PHONE[1:]}")).json()["items"]
        assert [(one["customer_id"], one["phone"]) for one in found] == [("c1", PHONE), ("c2", PHONE)]
        assert PHONE not in json.dumps((await world.published())[-2:])

    async def test_a_listed_phone_becomes_its_index(self, world: World) -> None:
        await world.pool.execute("insert into do_not_call_phones values ($1, 'regulator', now())", PHONE)
        assert await reseal(world, world.settings.keyring()) == 1
        await world.put(phone=PHONE)
        assert (await world.get())["do_not_call"]
        assert await world.pool.fetchval("select count(*) from do_not_call_phones") == 1


class TestAccessLog:
    async def test_says_who_read_whose_data_and_not_what(self, world: World) -> None:
        await world.put(phone=PHONE, name="Ann Planted")
        with capture_logs() as logs:
            await world.get(role="hotline_agent")
            await world.call("GET", "/customers", role="hotline_agent")
            await world.get(role="compliance")
            await world.call("GET", "/customers?phone=%2B4915100000000", role="hotline_agent")
        read = [line for line in logs if line["event"] == "personal_data_read"]
        assert [(line["where"], line["subject"], line["customers"]) for line in read] == [
            ("get_customer", "a-hotline_agent", ["c1"]),
            ("list_customers", "a-hotline_agent", ["c1"]),
        ]
        assert not {PHONE, "Planted"} & set(str(logs).split("'"))
        assert "Planted" not in str(logs)
