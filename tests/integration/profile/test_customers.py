"""The customer's record over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from profile_service.schemas import CUSTOMER_EXAMPLE
from rapport.contracts.profile import CustomerUpserted

World = Any


class TestPut:
    async def test_creates_then_replaces(self, world: World) -> None:
        first = await world.call("PUT", "/customers/c1", {"name": "Ann", "grade": "key"})
        assert (first.status_code, first.json(), first.headers["etag"]) == (
            201,
            {"customer_id": "c1", "version": 1},
            '"1"',
        )
        second = await world.call("PUT", "/customers/c1", {"name": "Anna"})
        assert (second.status_code, second.json()["version"], second.headers["etag"]) == (200, 2, '"2"')
        found = await world.get()
        assert (found["name"], found["grade"]) == ("Anna", None)

    async def test_publishes_the_whole_document_as_it_is_stored(self, world: World) -> None:
        await world.put(**CUSTOMER_EXAMPLE)
        ((key, body),) = await world.published()
        assert key == "c1"
        assert body == await world.pool.fetchval("select doc from customers")
        event = CustomerUpserted.model_validate(body)
        assert (event.version, event.name, event.consents[0].granted) == (1, "Zhang Wei", True)

    async def test_saying_what_is_known_makes_no_version_and_publishes_nothing(self, world: World) -> None:
        for _ in range(2):
            assert await world.put(**CUSTOMER_EXAMPLE) == 1
        assert await world.versions() == [1]

    async def test_normalises_the_phone_by_the_country(self, world: World) -> None:
        await world.put(phone="0151 23456789", country="DE")
        assert (await world.get())["phone"] == "+4915123456789"

    async def test_keeps_consents_and_do_not_call_that_it_does_not_name(self, world: World) -> None:
        await world.put(**CUSTOMER_EXAMPLE, do_not_call=True)
        await world.put(name="Wei")
        found = await world.get()
        assert found["do_not_call"]
        assert [consent["granted"] for consent in found["consents"]] == [True]

    async def test_a_retry_with_its_key_gets_the_first_answer_which_holds_no_personal_data(self, world: World) -> None:
        for _ in range(2):
            answer = await world.call("PUT", "/customers/c1", {"name": "Ann"}, Idempotency_Key="k1")
            assert answer.status_code == 201
        assert answer.headers["idempotency-replayed"] == "true"
        assert b"Ann" not in await world.pool.fetchval("select body from idempotency_keys")
        other = await world.call("PUT", "/customers/c1", {"name": "Bob"}, Idempotency_Key="k1")
        assert (other.status_code, other.json()["type"]) == (422, "idempotency-key-reused")
        assert await world.versions() == [1]


class TestPatch:
    async def test_changes_what_it_names(self, world: World) -> None:
        await world.put(name="Ann", attributes={"age": 40, "job": "nurse"}, tags=["vip"])
        answer = await world.call("PATCH", "/customers/c1", {"name": None, "attributes": {"job": None, "arpu": 9.5}})
        assert answer.json()["version"] == 2
        found = await world.get()
        assert (found["name"], found["attributes"], found["tags"]) == (None, {"age": 40, "arpu": 9.5}, ["vip"])

    async def test_sets_preferences(self, world: World) -> None:
        await world.put()
        said = {
            "preferred_channel": "sms",
            "language": "zh-CN",
            "time_zone": "Asia/Shanghai",
            "contact_windows": [{"days": ["sat"], "start": "10:00:00", "end": "12:00:00"}],
            "do_not_disturb_until": "2026-04-01T00:00:00Z",
        }
        assert (await world.call("PATCH", "/customers/c1", said)).status_code == 200
        assert said.items() <= (await world.get()).items()

    async def test_reads_the_phone_by_the_country_that_is_known(self, world: World) -> None:
        await world.put(country="CN")
        await world.call("PATCH", "/customers/c1", {"phone": "138 1234 5678"})
        assert (await world.get())["phone"] == "+8613812345678"

    async def test_an_empty_change_makes_no_version(self, world: World) -> None:
        await world.put(name="Ann")
        answer = await world.call("PATCH", "/customers/c1", {})
        assert (answer.status_code, answer.json()["version"]) == (200, 1)
        assert await world.versions() == [1]

    async def test_nobody_cannot_be_changed_and_is_not_created_by_trying(self, world: World) -> None:
        answer = await world.call("PATCH", "/customers/c1", {"name": "Ann"})
        assert (answer.status_code, answer.json()["type"]) == (404, "unknown-customer")
        assert await world.pool.fetchval("select count(*) from customers") == 0

    async def test_a_document_may_not_grow_without_bound(self, world: World) -> None:
        await world.put()
        text = "x" * 1000
        for part in range(2):
            names = {f"a{part}_{number}": text for number in range(40)}
            answer = await world.call("PATCH", "/customers/c1", {"attributes": names})
        assert (answer.status_code, answer.json()["type"]) == (409, "customer-too-large")
        assert len((await world.get())["attributes"]) == 40

    async def test_a_document_too_large_for_any_message_is_refused_as_well(self, world: World) -> None:
        answer = await world.call("PUT", "/customers/c1", {"attributes": {f"a{n}": "x" * 1000 for n in range(960)}})
        assert (answer.status_code, answer.json()["type"]) == (409, "customer-too-large")


class TestConcurrentWrites:
    async def test_versions_rise_by_one_each_and_nothing_is_lost(self, world: World) -> None:
        await world.put()
        changes = [world.call("PATCH", "/customers/c1", {"attributes": {f"a{n}": n}}) for n in range(12)]
        answers = await asyncio.gather(*changes)
        assert sorted(answer.json()["version"] for answer in answers) == list(range(2, 14))
        assert (await world.get())["attributes"] == {f"a{n}": n for n in range(12)}
        assert await world.versions() == list(range(1, 14))

    async def test_a_customer_is_created_once(self, world: World) -> None:
        answers = await asyncio.gather(*[world.call("PUT", "/customers/c1", {"grade": f"g{n}"}) for n in range(8)])
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        assert await world.versions() == list(range(1, 9))

    async def test_of_two_who_mean_one_version_one_is_stale(self, world: World) -> None:
        await world.put(name="Ann")
        changes = [world.call("PATCH", "/customers/c1", {"grade": f"g{n}"}, If_Match='"1"') for n in range(2)]
        answers = await asyncio.gather(*changes)
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        assert await world.versions() == [1, 2]

    async def test_erasing_and_changing_at_once_end_in_one_order_or_the_other(self, world: World) -> None:
        for _ in range(5):
            await world.put(name="Ann")
            erased, put = await asyncio.gather(
                world.call("DELETE", "/customers/c1"), world.call("PUT", "/customers/c1", {"name": "Anna"})
            )
            assert erased.status_code == 204
            assert put.status_code in (200, 201)
            stored = await world.pool.fetchval("select version from customers")
            assert (await world.versions())[-1] == stored
        versions = [version for version in await world.versions() if version is not None]
        assert versions == sorted(set(versions))


class TestIfMatch:
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    async def test_a_stale_one_changes_nothing(self, world: World, method: str) -> None:
        await world.put(name="Ann")
        await world.put(name="Anna")
        body = None if method == "DELETE" else {"name": "Bob"}
        stale = await world.call(method, "/customers/c1", body, If_Match='"1"')
        assert (stale.status_code, stale.json()["type"]) == (412, "precondition-failed")
        assert await world.versions() == [1, 2]
        fresh = await world.call(method, "/customers/c1", body, If_Match='"2"')
        assert fresh.status_code in (200, 204)

    async def test_nobody_has_no_version_to_match(self, world: World) -> None:
        assert (await world.call("PUT", "/customers/c1", {}, If_Match="*")).status_code == 412
        assert await world.pool.fetchval("select count(*) from customers") == 0


class TestErase:
    async def test_leaves_a_tombstone_and_nothing_else(self, world: World) -> None:
        await world.put("c-to-be-erased", **CUSTOMER_EXAMPLE)
        assert (await world.call("DELETE", "/customers/c-to-be-erased")).status_code == 204
        assert (await world.published())[-1] == ("c-to-be-erased", None)
        assert (await world.call("GET", "/customers/c-to-be-erased")).status_code == 404
        for table in ("customers", "consents", "reports", "erasures"):
            rows = await world.pool.fetch(f"select t::text as row from {table} as t")
            assert not any("c-to-be-erased" in row["row"] for row in rows), table

    async def test_nobody_cannot_be_erased(self, world: World) -> None:
        answer = await world.call("DELETE", "/customers/c1")
        assert (answer.status_code, answer.json()["type"]) == (404, "unknown-customer")
        assert await world.published() == []
        assert await world.pool.fetchval("select count(*) from customers") == 0

    async def test_who_comes_back_goes_on_with_the_next_version(self, world: World) -> None:
        await world.put(name="Ann")
        await world.put(name="Anna")
        await world.call("DELETE", "/customers/c1")
        back = await world.call("PUT", "/customers/c1", {"grade": "key"})
        assert (back.status_code, back.json()["version"]) == (201, 3)
        assert (await world.get())["name"] is None
        assert await world.versions() == [1, 2, None, 3]


class TestRead:
    @pytest.mark.parametrize(
        ("role", "name", "phone"),
        [
            ("data_steward", "Zhang Wei", "+8613812345678"),
            ("hotline_agent", "Zhang Wei", "+8613812345678"),
            ("compliance", "Z***", "***78"),
        ],
    )
    async def test_shows_personal_data_by_role(self, world: World, role: str, name: str, phone: str) -> None:
        await world.put(**CUSTOMER_EXAMPLE)
        found = await world.get(role=role)
        assert (found["name"], found["phone"], found["grade"]) == (name, phone, "important")
        (listed,) = (await world.call("GET", "/customers", role=role)).json()["items"]
        assert listed == found

    async def test_tells_the_version_as_its_tag(self, world: World) -> None:
        await world.put(name="Ann")
        assert (await world.call("GET", "/customers/c1")).headers["etag"] == '"1"'

    async def test_finds_all_who_have_a_phone_however_it_is_written(self, world: World) -> None:
        for customer_id, phone in (("a", "+4915123456789"), ("b", "+4915123456789"), ("c", "+4915123456780")):
            await world.put(customer_id, phone=phone)
        for text in ("%2B4915123456789", "+4915123456789", "%2B49%20151%2023456789"):
            found = (await world.call("GET", f"/customers?phone={text}")).json()
            assert [item["customer_id"] for item in found["items"]] == ["a", "b"]

    async def test_lists_in_pages_by_id(self, world: World) -> None:
        for number in range(5):
            await world.put(f"c{number}")
        seen, cursor = [], ""
        while cursor is not None:
            page = (await world.call("GET", f"/customers?limit=2{cursor and f'&cursor={cursor}'}")).json()
            seen.append([item["customer_id"] for item in page["items"]])
            cursor = page["next_cursor"]
        assert seen == [["c0", "c1"], ["c2", "c3"], ["c4"]]


class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"phone": "13812345678"}, "#/phone"),
            ({"phone": "call me", "country": "CN"}, "#/phone"),
            ({"time_zone": "Mars/Olympus"}, "#/time_zone"),
            ({"country": "Germany"}, "#/country"),
            ({"attributes": {"age": {}}}, "#/attributes/age"),
            ({"holdings": [{"monthly_value": "1"}]}, "#/holdings/0/product"),
            ({"consents": [{"channel": "call"}]}, "#/consents/0/purpose"),
            ({"shoe_size": 44}, "#/shoe_size"),
            ({"do_not_disturb_until": "tomorrow"}, "#/do_not_disturb_until"),
        ],
    )
    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    async def test_is_told_by_its_place_and_writes_nothing(
        self, world: World, method: str, body: Any, pointer: str
    ) -> None:
        await world.put(name="Ann")
        answer = await world.call(method, "/customers/c1", body)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert any(error["pointer"].startswith(pointer) for error in answer.json()["errors"])
        assert await world.versions() == [1]

    async def test_a_nul_character_is_malformed(self, world: World) -> None:
        answer = await world.call("PUT", "/customers/c1", {"name": "a\x00b"})
        assert answer.status_code == 422
        assert await world.pool.fetchval("select count(*) from customers") == 0

    @pytest.mark.parametrize(
        "path", ["/customers/two%20words", "/customers?phone=none", "/customers?limit=0", "/customers?cursor=x"]
    )
    async def test_a_broken_path_or_query_is_malformed(self, world: World, path: str) -> None:
        assert (await world.call("GET", path)).status_code == 422

    async def test_a_huge_body_is_refused(self, world: World) -> None:
        answer = await world.call("PUT", "/customers/c1", {"name": "x" * (1 << 21)})
        assert answer.status_code == 413


class TestWhoMay:
    @pytest.mark.parametrize(
        ("method", "path", "role"),
        [
            ("PUT", "/customers/c1", "compliance"),
            ("PATCH", "/customers/c1", "hotline_agent"),
            ("DELETE", "/customers/c1", "source_system"),
            ("GET", "/customers/c1", "storefront"),
            ("GET", "/customers", "source_system"),
            ("PUT", "/customers/c1/consents/call/marketing", "compliance"),
            ("POST", "/do-not-call-lists", "hotline_agent"),
            ("GET", "/fields", "storefront"),
        ],
    )
    async def test_only_whose_role_grants_it(self, world: World, method: str, path: str, role: str) -> None:
        body = None if method in ("GET", "DELETE") else {"granted": True, "source": "x"}
        if "consents" not in path and body:
            body = {"phones": ["+4915123456789"], "source": "x"} if "list" in path else {}
        assert (await world.call(method, path, body, role=role)).status_code == 403

    async def test_nobody_without_a_token(self, world: World) -> None:
        answer = await world.http.get("/v1/customers/c1")
        assert answer.status_code == 401
