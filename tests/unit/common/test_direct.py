"""The direct way answers as FastAPI's does, to whatever may be sent; requests that fit take it, and only they."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
import pytest
from fastapi import Cookie, Depends, Header, Path, Query, Request, Response
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rapport.web import Api, Now, Router, direct

from . import sample

happened: list[str] = []
"""What the last request has done."""


async def _open(
    request: Request, idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=9)] = None
) -> AsyncIterator[str]:
    happened.append("opened")
    try:
        yield f"a connection for {idempotency_key}"
    finally:
        happened.append("closed")


def _twin(router: Router, path: str, *, directly: bool) -> None:
    async def order(
        caller: sample.Buyer,
        shelf: Annotated[str, Path(pattern="^[a-z]{1,5}$")],
        body: sample.Order,
        opened: Annotated[str, Depends(_open, scope="function")],
        now: Now,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=5)] = 3,
        lang: Annotated[str | None, Query(max_length=2)] = None,
        if_none_match: Annotated[str | None, Header(max_length=4)] = None,
    ) -> Response:
        """Tells what it was given."""
        happened.append("called")
        if body.item == "gloves":
            raise sample.SoldOut("the last pair went this morning")
        given = [caller.subject, shelf, body.model_dump(), opened, now.year > 2000, limit, lang, if_none_match]
        return Response(orjson.dumps(given), 201, media_type="application/json")

    async def order_anywhere(
        caller: sample.Buyer, body: sample.Order, opened: Annotated[str, Depends(_open, scope="function")]
    ) -> Response:
        """On a fixed path."""
        happened.append("called")
        if body.item == "gloves":
            raise sample.SoldOut("the last pair went this morning")
        return Response(orjson.dumps([caller.subject, body.model_dump(), opened]), 201, media_type="application/json")

    router.post(f"/{path}/{{shelf}}", status_code=201)(direct(order) if directly else order)
    router.post(f"/{path}", status_code=201)(direct(order_anywhere) if directly else order_anywhere)


@pytest.fixture(scope="module")
def app() -> Api:
    router = Router()
    _twin(router, "direct", directly=True)
    _twin(router, "usual", directly=False)
    return sample.api(router)


bodies = st.sampled_from(
    [
        *(b'{"item": "socks"}', b'{"item": "gloves", "quantity": 2}', b'{"item": "shoes"}', b'{"quantity": 0}'),
        *(b'{"item": "socks", "more": 1}', b"[1]", b"{", b"", b"null", b'{"item": NaN}', b'"\xff"'),
        *(b'{"item": "%s"}' % (b"s" * 3000), b'{"item": "hat", "lines": [{"kind": "line", "price": 1.5}]}'),
    ]
)
kinds = st.sampled_from(
    ["application/json", "application/json", "application/json; charset=utf-8", "application/x+json", "text/plain", ""]
)
tokens = st.sampled_from(["good", "good", "good", "compliance", "none"])
query = st.dictionaries(
    st.sampled_from(["limit", "lang", "other"]), st.sampled_from(["1", "5", "9", "x", "en", "long"]), max_size=3
)
headers = st.dictionaries(
    st.sampled_from(["If-None-Match", "Idempotency-Key"]), st.sampled_from(["k1", "far too long"]), max_size=2
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies, kinds, tokens, query, headers, st.sampled_from(["/top", "/top", "/TOP", "/middle", "", "", "/"]))
@example(b'{"item": "socks"}', "application/json", "good", {}, {}, "/top")
@example(b'{"item": "socks"}', "application/json", "good", {}, {}, "")
@example(b"{", "application/json", "good", {}, {}, "")
async def test_both_ways_answer_alike(
    app: Api, body: bytes, kind: str, token: str, query: dict[str, str], headers: dict[str, str], shelf: str
) -> None:
    said = []
    for path in ("direct", "usual"):
        happened.clear()
        as_token = sample.token("compliance") if token == "compliance" else sample.token()
        async with sample.client(app, as_token=as_token) as http:
            if token == "none":
                del http.headers["Authorization"]
            answer = await http.post(
                f"/v1/{path}{shelf}", params=query, content=body, headers={"Content-Type": kind, **headers}
            )
        told = answer.content.replace(f"/v1/{path}".encode(), b"/v1/here")
        said.append((answer.status_code, answer.headers.get("content-type"), told, list(happened)))
    assert said[0] == said[1]
    assert said[0][0] < 500


async def test_a_plain_request_goes_the_direct_way(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("FastAPI was asked")

    monkeypatch.setattr("fastapi.routing.solve_dependencies", never)
    async with sample.client(app) as http:
        answer = await http.post("/v1/direct/top?limit=2", json={"item": "socks"})
        assert (answer.status_code, answer.json()[5]) == (201, 2)
        assert (await http.post("/v1/usual/top?limit=2", json={"item": "socks"})).status_code == 500
        assert (await http.post("/v1/direct/top?limit=9", json={"item": "socks"})).status_code == 500


async def test_on_a_fixed_path_the_router_is_not_asked(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any) -> None:
        raise AssertionError("the router was asked")

    monkeypatch.setattr(app.router.middleware_stack, "_router", never)
    async with sample.client(app) as http:
        assert (await http.post("/v1/direct", json={"item": "socks"})).status_code == 201
        assert (
            await http.post("/v1/direct", json={"item": "socks"}, headers={"Idempotency-Key": "k"})
        ).status_code == 500


@pytest.mark.parametrize("path", ["direct", "direct/top", "usual/top"])
async def test_a_request_is_gone_as_soon_as_it_is_answered(app: Api, path: str) -> None:
    """Nobody has to look for it: looking keeps every other request waiting."""
    gc.collect()
    gc.disable()
    before = _requests()
    try:
        async with sample.client(app) as http:
            for _ in range(3):
                assert (await http.post(f"/v1/{path}", json={"item": "socks"})).status_code == 201
        assert _requests() == before
    finally:
        gc.enable()


def _requests() -> int:
    return sum(isinstance(found, Request) for found in gc.get_objects())


def _cookie(caller: sample.Buyer, sweet: Annotated[str, Cookie()]) -> None: ...


def _plain_function(caller: sample.Buyer, one: Annotated[int, Depends(lambda: 1)]) -> None: ...


def _two_opened(one: Annotated[str, Depends(_open)], other: Annotated[str, Depends(_open)]) -> None: ...


@pytest.mark.parametrize("endpoint", [_cookie, _plain_function, _two_opened])
def test_what_it_cannot_give_is_told_at_the_start(endpoint: Any) -> None:
    with pytest.raises(TypeError, match="direct way"):
        Router().get("/x")(direct(endpoint))
