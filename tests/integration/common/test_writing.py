from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import asyncpg
import httpx2
import pytest
from fastapi import Response
from pydantic import BaseModel

from rapport import db
from rapport.auth import Principal, mint_token, requires
from rapport.clock import FixedClock
from rapport.errors import Conflict, NotFound
from rapport.settings import DEVELOPMENT_KEY, ServiceSettings
from rapport.testing.database import fresh_database
from rapport.testing.infrastructure import Endpoints
from rapport.testing.logs import captured_log
from rapport.web import Api, Now, Reading, Router, Writing, create_api, forget_idempotency_keys

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)

TABLES = """
create table orders (id bigint generated always as identity primary key, item text not null, at timestamptz not null);
create table stock (item text primary key, quantity integer not null);
create table receipts (
    order_id bigint primary key references orders deferrable initially deferred
);
"""


class SoldOut(Conflict):
    """Nothing is left."""


class Order(BaseModel):
    item: str
    wait: float = 0


class Placed(BaseModel):
    order_id: int


Buyer = Annotated[Principal, requires("offers.accept")]
router = Router()


@router.post("/orders", status_code=201)
async def place_order(caller: Buyer, order: Order, connection: Writing, now: Now, response: Response) -> Placed:
    statement = "insert into orders (item, at) values ($1, $2) returning id"
    order_id = await connection.fetchval(statement, order.item, now)
    await asyncio.sleep(order.wait)
    match order.item:
        case "missing":
            raise NotFound("no such item")
        case "bug":
            raise KeyError(order.item)
        case "uncommittable":
            await connection.execute("insert into receipts (order_id) values (-1)")
    left = await connection.fetchval(
        "update stock set quantity = quantity - 1 where item = $1 and quantity > 0 returning quantity", order.item
    )
    if left is None:
        raise SoldOut("nothing is left")
    response.headers["Location"] = f"/v1/orders/{order_id}"
    return Placed(order_id=order_id)


@router.put("/orders/{order_id}")
async def change_order(caller: Buyer, order_id: int, order: Order, connection: Writing) -> Placed:
    await connection.execute("update orders set item = $2 where id = $1", order_id, order.item)
    return Placed(order_id=order_id)


@router.get("/orders")
async def count_orders(caller: Buyer, connection: Reading) -> int:
    count: int = await connection.fetchval("select count(*) from orders")
    return count


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    with captured_log():
        yield


@pytest.fixture
async def app(infrastructure: Endpoints) -> AsyncIterator[Api]:
    async with fresh_database(infrastructure.postgres_url) as url:
        connection = await asyncpg.connect(url)
        await connection.execute(db.COMMON_TABLES + TABLES)
        await connection.execute("insert into stock values ('socks', 10), ('hats', 1), ('uncommittable', 9)")
        await connection.close()
        settings = ServiceSettings(environment="test", database_url=url, port=1, worker_port=2)
        api = create_api(settings, title="sample", routers=[router])
        api.state.clock = FixedClock(AT)
        async with api.router.lifespan_context(api):
            yield api


@asynccontextmanager
async def as_caller(app: Api, subject: str = "ann", role: str = "storefront") -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {mint_token(DEVELOPMENT_KEY, roles=[role], subject=subject)}"}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api", headers=headers) as http:
        yield http


@pytest.fixture
async def http(app: Api) -> AsyncIterator[httpx2.AsyncClient]:
    async with as_caller(app) as found:
        yield found


async def post(http: httpx2.AsyncClient, item: str, key: str | None = None, **more: float) -> httpx2.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await http.post("/v1/orders", json={"item": item, **more}, headers=headers)


async def orders(app: Api) -> int:
    count: int = await app.state.pool.fetchval("select count(*) from orders")
    return count


class TestTransaction:
    async def test_is_committed_before_the_answer_is_sent(self, app: Api, http: httpx2.AsyncClient) -> None:
        assert (await post(http, "socks")).status_code == 201
        assert (await http.get("/v1/orders")).json() == 1

    @pytest.mark.parametrize(("item", "status"), [("gloves", 409), ("missing", 404), ("bug", 500)])
    @pytest.mark.parametrize("key", [None, "k1"])
    async def test_leaves_nothing_behind_when_the_handler_raises(
        self, app: Api, http: httpx2.AsyncClient, item: str, status: int, key: str | None
    ) -> None:
        assert (await post(http, item, key)).status_code == status
        assert await orders(app) == 0

    @pytest.mark.parametrize("key", [None, "k1"])
    async def test_that_cannot_be_committed_is_no_success(
        self, app: Api, http: httpx2.AsyncClient, key: str | None
    ) -> None:
        assert (await post(http, "uncommittable", key)).status_code == 500
        assert await orders(app) == 0

    async def test_is_not_opened_for_who_may_not_write(self, app: Api) -> None:
        await app.state.pool.close()
        async with as_caller(app, role="compliance") as http:
            assert (await post(http, "socks", "k1")).status_code == 403

    async def test_readiness_follows_the_database(self, app: Api, http: httpx2.AsyncClient) -> None:
        assert (await http.get("/health/ready")).json() == {"status": "ready", "checks": {"database": "ok"}}
        await app.state.pool.close()
        assert (await http.get("/health/ready")).status_code == 503


class TestIdempotencyKey:
    async def test_gives_the_first_answer_again(self, app: Api, http: httpx2.AsyncClient) -> None:
        first, second = await post(http, "socks", "k1"), await post(http, "socks", "k1")
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.content == second.content
        assert first.headers["location"] == second.headers["location"] == "/v1/orders/1"
        assert second.headers["content-type"] == first.headers["content-type"] == "application/json"
        assert second.headers.get_list("content-length") == first.headers.get_list("content-length")
        assert (first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")) == (None, "true")
        assert await orders(app) == 1

    async def test_without_one_each_request_is_its_own(self, app: Api, http: httpx2.AsyncClient) -> None:
        await post(http, "socks")
        await post(http, "socks")
        assert await orders(app) == 2

    async def test_with_another_body_is_refused(self, app: Api, http: httpx2.AsyncClient) -> None:
        await post(http, "socks", "k1")
        second = await post(http, "hats", "k1")
        assert (second.status_code, second.json()["type"]) == (422, "idempotency-key-reused")
        assert await orders(app) == 1

    async def test_on_another_route_is_refused(self, http: httpx2.AsyncClient) -> None:
        await post(http, "socks", "k1")
        second = await http.put("/v1/orders/1", json={"item": "socks"}, headers={"Idempotency-Key": "k1"})
        assert (second.status_code, second.json()["type"]) == (422, "idempotency-key-reused")

    async def test_belongs_to_its_subject(self, app: Api, http: httpx2.AsyncClient) -> None:
        first = await post(http, "socks", "k1")
        async with as_caller(app, "bob") as other:
            second = await post(other, "socks", "k1")
        assert first.json() != second.json()
        assert "idempotency-replayed" not in second.headers

    async def test_repeats_a_refusal_by_the_domain(self, app: Api, http: httpx2.AsyncClient) -> None:
        first = await post(http, "gloves", "k1")
        await app.state.pool.execute("insert into stock values ('gloves', 5)")
        second = await post(http, "gloves", "k1")
        assert (first.status_code, first.json()["type"]) == (409, "sold-out")
        assert (second.status_code, second.content) == (409, first.content)
        assert second.headers["content-type"] == "application/problem+json"
        assert second.headers["idempotency-replayed"] == "true"
        assert await orders(app) == 0

    @pytest.mark.parametrize("item", ["missing", "bug"])
    async def test_of_a_request_without_effect_may_be_used_again(
        self, app: Api, http: httpx2.AsyncClient, item: str
    ) -> None:
        first, second = await post(http, item, "k1"), await post(http, item, "k1")
        assert first.status_code == second.status_code
        assert "idempotency-replayed" not in second.headers
        assert (await post(http, "socks", "k1")).status_code == 201

    async def test_of_a_malformed_request_may_be_used_again(self, http: httpx2.AsyncClient) -> None:
        malformed = await http.post("/v1/orders", json={}, headers={"Idempotency-Key": "k1"})
        assert malformed.status_code == 422
        assert (await post(http, "socks", "k1")).status_code == 201

    @pytest.mark.parametrize("key", ["", "two words", "x" * 256])
    async def test_must_be_visible_ascii_of_bounded_length(self, http: httpx2.AsyncClient, key: str) -> None:
        refused = await post(http, "socks", key)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "header/Idempotency-Key"

    async def test_is_forgotten_after_its_time(self, app: Api, http: httpx2.AsyncClient) -> None:
        await post(http, "socks", "old")
        app.state.clock.move(AT + timedelta(days=1))
        await post(http, "socks", "new")
        async with db.transaction(app.state.pool) as connection:
            assert await forget_idempotency_keys(connection, AT + timedelta(seconds=1)) == 1
        assert "idempotency-replayed" not in (await post(http, "socks", "old")).headers
        assert "idempotency-replayed" in (await post(http, "socks", "new")).headers


class TestConcurrentRequests:
    async def test_with_one_key_do_the_work_once(self, app: Api, http: httpx2.AsyncClient) -> None:
        answers = await asyncio.gather(*(post(http, "socks", "k1", wait=0.2) for _ in range(6)))
        assert sorted({answer.status_code for answer in answers}) == [201, 409]
        refused = [answer for answer in answers if answer.status_code == 409]
        assert len(refused) == 5
        assert {answer.json()["type"] for answer in refused} == {"idempotency-key-in-use"}
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert await orders(app) == 1
        assert (await post(http, "socks", "k1", wait=0.2)).headers["idempotency-replayed"] == "true"

    async def test_with_one_key_never_do_the_work_twice_however_they_meet(
        self, app: Api, http: httpx2.AsyncClient
    ) -> None:
        async def late(delay: float, key: str) -> httpx2.Response:
            await asyncio.sleep(delay)
            return await post(http, "socks", key)

        for round_number in range(5):
            answers = await asyncio.gather(*(late(step / 500, f"k{round_number}") for step in range(12)))
            assert {answer.status_code for answer in answers} <= {201, 409}
            assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
        assert await orders(app) == 5

    async def test_with_one_key_of_two_subjects_do_not_wait_for_each_other(
        self, app: Api, http: httpx2.AsyncClient
    ) -> None:
        async with as_caller(app, "bob") as other:
            answers = await asyncio.gather(post(http, "socks", "k1", wait=0.2), post(other, "socks", "k1", wait=0.2))
        assert [answer.status_code for answer in answers] == [201, 201]

    async def test_a_first_request_that_died_frees_its_key(self, app: Api, http: httpx2.AsyncClient) -> None:
        first = asyncio.create_task(post(http, "socks", "k1", wait=30))
        while not await _working(app):
            await asyncio.sleep(0.01)
        assert (await post(http, "socks", "k1", wait=30)).status_code == 409
        await app.state.pool.execute(f"select pg_terminate_backend(pid) {_HOLDERS}")
        while await _working(app):
            await asyncio.sleep(0.01)
        assert (await asyncio.wait_for(post(http, "hats", "k1"), 5)).status_code == 201
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


_HOLDERS = (  # in this database: the server is shared
    "from pg_locks join pg_database on pg_database.oid = pg_locks.database"
    " where locktype = 'advisory' and granted and datname = current_database() and pid <> pg_backend_pid()"
)


async def _working(app: Api) -> bool:
    held: int = await app.state.pool.fetchval(f"select count(*) {_HOLDERS}")
    return held > 0
