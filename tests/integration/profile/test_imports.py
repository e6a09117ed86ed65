"""Files of customers: handed in over HTTP, taken in piece by piece."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from profile_service.handlers.imports import piece_reader

World = Any

PIECE_ROWS = 10
"""As the service under test cuts files."""

COLUMNS = {"id": "customer_id", "name": "name", "phone": "phone", "age": "attributes.age"}
TYPES = {"types": {"age": "number"}}


def table(rows: int, first: int = 0) -> str:
    lines = [f"c{n:04},Name {n},+49151{n:08},{n % 90}" for n in range(first, first + rows)]
    return "\n".join(["id,name,phone,age", *lines])


class TestImport:
    async def test_takes_every_row_and_publishes_each_customer_once(self, world: World) -> None:
        rows = 3 * PIECE_ROWS + 1
        found = await world.imported(table(rows), COLUMNS, **TYPES)
        assert (found["state"], found["rows_total"], found["rows_read"]) == ("finished", rows, rows)
        assert (found["accepted"], found["rejected"]) == (rows, 0)
        document = await world.get("c0017")
        assert (document["name"], document["phone"]) == ("Name 17", "+4915100000017")
        assert document["attributes"] == {"age": 17}
        assert [key for key, _ in await world.published()] == [f"c{n:04}" for n in range(rows)]

    async def test_tells_how_far_it_is(self, world: World) -> None:
        answer = await world.hand_in(table(25), COLUMNS, **TYPES)
        assert (answer.status_code, answer.json()["state"]) == (202, "pending")
        place = answer.headers["location"].removeprefix("/v1")
        await world.read_pieces(2)
        found = (await world.call("GET", place)).json()
        assert (found["state"], found["rows_read"], found["rows_total"]) == ("running", 20, 25)
        assert found["finished_at"] is None

    async def test_merges_into_what_is_known(self, world: World) -> None:
        await world.put("c1", name="Ann", tags=["vip"], attributes={"job": "nurse"}, do_not_call=True)
        columns = {"id": "customer_id", "name": "name", "age": "attributes.age", "dnc": "do_not_call"}
        await world.imported("id,name,age,dnc\nc1,,41,no\n", columns, **TYPES)
        found = await world.get("c1")
        assert (found["name"], found["tags"], found["attributes"]) == ("Ann", ["vip"], {"job": "nurse", "age": 41})
        assert found["do_not_call"]

    async def test_the_same_file_again_makes_no_new_versions(self, world: World) -> None:
        for _ in range(2):
            assert (await world.imported(table(15), COLUMNS, **TYPES))["accepted"] == 15
        assert await world.pool.fetchval("select max(version) from customers") == 1
        assert len(await world.published()) == 15

    async def test_of_several_rows_of_one_customer_the_later_says_more(self, world: World) -> None:
        await world.imported(
            "id,name,age\nc1,Ann,40\nc1,,41\nc1,Anna,\n",
            {"id": "customer_id", "name": "name", "age": "attributes.age"},
            **TYPES,
        )
        found = await world.get("c1")
        assert (found["name"], found["attributes"], found["version"]) == ("Anna", {"age": 41}, 1)

    async def test_reads_phones_as_dialled_in_the_country(self, world: World) -> None:
        columns = {"id": "customer_id", "phone": "phone"}
        found = await world.imported("id,phone\nc1,0151 23456789\n", columns, defaults={"country": "DE"})
        assert found["accepted"] == 1
        assert (await world.get("c1"))["phone"] == "+4915123456789"

    async def test_consents_are_kept_with_the_import_as_proof(self, world: World) -> None:
        columns = {"id": "customer_id", "ok": "consents.call.marketing"}
        found = await world.imported("id,ok\nc1,yes\n", columns)
        (consent,) = (await world.call("GET", "/customers/c1/consents")).json()["items"]
        assert (consent["granted"], consent["proof"]) == (True, found["import_id"])

    async def test_a_listed_phone_is_marked(self, world: World) -> None:
        await world.call("POST", "/do-not-call-lists", {"phones": ["+4915100000003"], "source": "regulator"})
        await world.imported(table(5), COLUMNS, **TYPES)
        assert [(await world.get(f"c000{n}"))["do_not_call"] for n in range(5)] == [False, False, False, True, False]

    async def test_keeps_nothing_of_the_file_once_it_is_read(self, world: World) -> None:
        await world.imported(table(25), COLUMNS, **TYPES)
        assert await world.pool.fetchval("select count(*) from import_pieces") == 0

    async def test_who_was_erased_meanwhile_stays_erased(self, world: World) -> None:
        await world.put("c0000", name="Ann")
        await world.put("c0001", name="Bob")
        answer = await world.hand_in(table(2), COLUMNS, **TYPES)
        world.clock.move(world.clock.now() + timedelta(minutes=1))
        await world.call("DELETE", "/customers/c0000")
        await world.read_pieces()
        assert (await world.call("GET", "/customers/c0000")).status_code == 404
        assert (await world.get("c0001"))["name"] == "Name 1"
        assert await world.rejects(answer.json()["import_id"]) == ["2,,this was said before the customer was erased"]

    async def test_a_file_with_a_header_only_is_finished_at_once(self, world: World) -> None:
        found = await world.imported("id,name,phone,age\n", COLUMNS)
        assert (found["state"], found["rows_total"]) == ("finished", 0)

    async def test_a_retry_with_its_key_hands_the_file_in_once(self, world: World) -> None:
        body = (
            '--b\r\nContent-Disposition: form-data; name="mapping"\r\n\r\n{"columns": {"id": "customer_id"}}\r\n'
            '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nid\nc1\n\r\n--b--\r\n'
        )
        sent = {"Content-Type": "multipart/form-data; boundary=b", "Idempotency-Key": "k1"}
        headers = world.authorization("data_steward") | sent
        answers = [await world.http.post("/v1/imports", content=body, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].json() == answers[1].json()
        assert await world.pool.fetchval("select count(*) from imports") == 1


class TestRejects:
    async def test_are_told_by_line_column_and_reason_and_hinder_no_other(self, world: World) -> None:
        text = (
            "id,name,phone,age\n"
            "c1,Ann,+4915123456789,40\n"
            "two words,Bob,,\n"
            'c3,"Line\nbreak",,\n'
            "c4,Dan,call me,\n"
            "c5,Eve,,forty\n"
            "c6,Fay\n"
            "c7,Gus,,70\n"
        )
        found = await world.imported(text, COLUMNS, **TYPES)
        assert (found["accepted"], found["rejected"]) == (3, 4)
        lines = await world.rejects(found["import_id"])
        assert [line.split(",")[:2] for line in lines[:3]] == [["3", "id"], ["6", "phone"], ["7", "age"]]
        assert lines[3] == '8,,"has 2 cells, the header has 4"'
        assert not any(value in line for line in lines for value in ("two words", "call me", "forty"))
        assert [key for key, _ in await world.published()] == ["c1", "c3", "c7"]

    async def test_bytes_of_another_encoding_reject_their_row(self, world: World) -> None:
        columns = {"id": "customer_id", "name": "name"}
        found = await world.imported(b"id,name\nc1,Ann\nc2,M\xfcller\nc3,M\xc3\xbcller\n", columns)
        assert (found["accepted"], found["rejected"]) == (2, 1)
        assert (await world.rejects(found["import_id"]))[0].startswith("3,name,")
        assert (await world.get("c3"))["name"] == "Müller"

    async def test_a_document_that_would_be_too_large_rejects_its_rows(self, world: World) -> None:
        names = [f"a{n}" for n in range(70)]
        header, big = ",".join(["id", *names]), ",".join(["x" * 999] * 70)
        columns = {"id": "customer_id", **{name: f"attributes.{name}" for name in names}}
        found = await world.imported(f"{header}\nc1,{big}\nc2,{',' * 69}\n", columns)
        assert (found["accepted"], found["rejected"]) == (1, 1)
        assert await world.rejects(found["import_id"]) == ["2,,the document would be larger than 64 KiB"]

    async def test_many_are_given_in_the_order_of_the_file(self, world: World) -> None:
        rows = 1200
        found = await world.imported("id\n" + "two words\n" * rows, {"id": "customer_id"})
        lines = await world.rejects(found["import_id"])
        assert [int(line.split(",")[0]) for line in lines] == list(range(2, rows + 2))


class TestSeveralWorkers:
    async def test_share_files_without_doubling_a_row(self, world: World) -> None:
        for first in (0, 1000):
            await world.hand_in(table(8 * PIECE_ROWS, first), COLUMNS, **TYPES)
        await asyncio.gather(*[world.read_pieces() for _ in range(3)])
        await world.read_pieces()
        keys = [key for key, _ in await world.published()]
        assert len(keys) == len(set(keys)) == 16 * PIECE_ROWS
        assert await world.pool.fetchval("select sum(accepted) from imports") == 16 * PIECE_ROWS

    async def test_a_piece_that_fails_stays_to_be_read(self, world: World) -> None:
        answer = await world.hand_in(table(PIECE_ROWS), COLUMNS, **TYPES)
        async with world.pool.acquire() as conn:
            dying = conn.transaction()
            await dying.start()
            assert await piece_reader(world.settings.keyring())(conn, world.clock.now())
            await dying.rollback()
        assert await world.published() == []
        await world.read_pieces()
        found = (await world.call("GET", f"/imports/{answer.json()['import_id']}")).json()
        assert (found["accepted"], len(await world.published())) == (PIECE_ROWS, PIECE_ROWS)


class TestDueWork:
    async def test_an_import_is_due_until_it_is_finished(self, world: World) -> None:
        await world.hand_in(table(5), COLUMNS, **TYPES)
        assert await world.pool.fetch("select * from due_work") == [("import", world.clock.now())]
        await world.read_pieces()
        assert await world.pool.fetch("select * from due_work") == []


class TestBadInput:
    @pytest.mark.parametrize(
        ("text", "columns", "options"),
        [
            ("", COLUMNS, {}),
            ("id,id\n1,2\n", {"id": "customer_id"}, {}),
            ("id,name\nc1,Ann\n", {"id": "customer_id", "Name": "name"}, {}),
            ("id\nc1\n", {"id": "name"}, {}),
            ("id\nc1\n", {"id": "shoe_size"}, {}),
            ("id\nc1\n", {"id": "customer_id"}, {"delimiter": "::"}),
            ("id\n" + "x" * (1 << 20) + "\n", {"id": "customer_id"}, {}),
        ],
    )
    async def test_an_unfit_file_or_mapping_is_refused_at_once_and_leaves_nothing(
        self, world: World, text: str, columns: dict[str, str], options: dict[str, Any]
    ) -> None:
        answer = await world.hand_in(text, columns, **options)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        for name in ("imports", "import_pieces"):
            assert await world.pool.fetchval(f"select count(*) from {name}") == 0

    async def test_needs_a_file_and_a_mapping_that_is_json(self, world: World) -> None:
        file = {"file": ("a.csv", b"id\nc1\n", "text/csv")}
        for sent in ({"files": file}, {"files": file, "data": {"mapping": "{"}}, {"data": {"mapping": "{}"}}):
            answer = await world.http.post("/v1/imports", headers=world.authorization("data_steward"), **sent)
            assert answer.status_code == 422

    @pytest.mark.parametrize("path", ["/imports/imp_1", "/imports/imp_1/rejects"])
    async def test_an_unknown_import_is_not_found(self, world: World, path: str) -> None:
        answer = await world.call("GET", path)
        assert (answer.status_code, answer.json()["type"]) == (404, "unknown-import")

    async def test_only_whose_role_grants_it(self, world: World) -> None:
        assert (await world.hand_in(table(1), COLUMNS, role="hotline_agent")).status_code == 403
