from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from prometheus_client import REGISTRY

from rapport.testing.logs import captured_log
from rapport.web import Api

from . import sample

SECRET = "+4915112345678"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def app() -> Api:
    return sample.api()


@pytest.fixture
async def http(app: Api) -> AsyncIterator[httpx2.AsyncClient]:
    async with sample.client(app) as found:
        yield found


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with captured_log() as stream:
        yield stream


def problem(response: httpx2.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == response.status_code
    assert found.keys() >= {"type", "title", "status", "detail", "instance"}
    return found


async def order(http: httpx2.AsyncClient, content: bytes | str, kind: str = "application/json") -> httpx2.Response:
    return await http.post("/v1/orders", content=content, headers={"Content-Type": kind})


class TestAnswers:
    async def test_a_fitting_request_is_served(self, http: httpx2.AsyncClient) -> None:
        response = await order(http, '{"item": "socks"}')
        assert (response.status_code, response.json()["quantity"]) == (201, 1)

    async def test_liveness_and_metrics_need_no_token(self, app: Api) -> None:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://api") as stranger:
            assert (await stranger.get("/health/live")).json() == {"status": "live"}
            assert "rapport_request_seconds" in (await stranger.get("/metrics")).text

    async def test_without_its_database_a_service_is_not_ready(self, http: httpx2.AsyncClient) -> None:
        response = await http.get("/health/ready")
        assert (response.status_code, response.json()["status"]) == (503, "not-ready")


class TestCallers:
    @pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer abc"])
    async def test_who_proves_nothing_is_asked_to(self, http: httpx2.AsyncClient, header: str | None) -> None:
        http.headers.pop("Authorization")
        response = await http.get("/v1/orders", headers={} if header is None else {"Authorization": header})
        assert (response.status_code, problem(response)["type"]) == (401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"

    async def test_who_lacks_the_permission_is_told_which(self, app: Api) -> None:
        async with sample.client(app, as_token=sample.token("compliance")) as http:
            response = await http.get("/v1/orders")
        assert (response.status_code, problem(response)["permission"]) == (403, "offers.accept")


class TestProblems:
    async def test_a_rule_of_the_domain_says_no(self, http: httpx2.AsyncClient) -> None:
        response = await order(http, '{"item": "gloves"}')
        assert response.status_code == 409
        assert problem(response) == {
            "type": "sold-out",
            "title": "Sold out",
            "status": 409,
            "detail": "the last pair went this morning",
            "instance": "/v1/orders",
            "item_id": "gloves",
        }

    @pytest.mark.parametrize(
        ("method", "path", "status", "kind"),
        [
            ("GET", "/v1/orders/missing", 404, "not-found"),
            ("GET", "/v1/nothing", 404, "not-found"),
            ("GET", "/v1/orders/", 404, "not-found"),
            ("DELETE", "/v1/orders", 405, "method-not-allowed"),
            ("GET", "/v1/orders/teapot", 418, "im-a-teapot"),
            ("GET", "/v1/orders/away", 503, "unavailable"),
            ("GET", "/v1/orders/nul", 422, "validation"),
            ("GET", "/v1/orders?limit=201", 422, "validation"),
            ("GET", "/v1/orders?limit=0", 422, "validation"),
        ],
    )
    async def test_have_one_type_each(
        self, http: httpx2.AsyncClient, method: str, path: str, status: int, kind: str
    ) -> None:
        response = await http.request(method, path)
        assert (response.status_code, problem(response)["type"]) == (status, kind)

    async def test_tell_when_to_come_back(self, http: httpx2.AsyncClient) -> None:
        response = await http.get("/v1/orders/hasty")
        assert (response.status_code, response.headers["retry-after"]) == (429, "3")

    async def test_name_the_path_without_the_query(self, http: httpx2.AsyncClient) -> None:
        response = await http.get("/v1/orders", params={"limit": 0, "phone": SECRET})
        assert problem(response)["instance"] == "/v1/orders"
        assert SECRET[1:] not in response.text


class TestMalformedBodies:
    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ('{"item": "socks", "quantity": 0}', "#/quantity"),
            ("{}", "#/item"),
            ('{"item": "socks", "lines": [{"kind": "line", "price": "x"}]}', "#/lines/0/price"),
            ('{"item": "socks", "lines": [{"kind": "line"}]}', "#/lines/0/price"),
            ('{"item": "socks", "lines": [{"kind": "none"}]}', "#/lines/0"),
            ('{"item": "socks", "lines": ["none"]}', "#/lines/0"),
            ('{"item": "socks", "a/b~c": 1}', "#/a~1b~0c"),
            ("[]", "#"),
            ("", "#"),
            ("{", "#"),
            ("\x00", "#"),
            ('{"item": "so', "#"),
            ('{"item": "socks", "lines": [{"kind": "line", "price": NaN}]}', "#"),
            (b'{"item": "\xff"}', "#"),
            (r'{"item": "\ud800"}', "#"),
            ("[" * 2000, "#"),
        ],
    )
    async def test_are_told_where(self, http: httpx2.AsyncClient, body: str | bytes, pointer: str) -> None:
        response = await order(http, body)
        assert response.status_code == 422
        assert problem(response)["errors"][0]["pointer"] == pointer

    @pytest.mark.parametrize(
        "body",
        [
            {"item": SECRET * 3},
            {"item": "socks", "quantity": f"tel:{SECRET}"},
            {"item": "socks", "lines": [{"kind": SECRET}]},
            {"item": "socks", "lines": [{"kind": "note", "text": [SECRET]}]},
            [SECRET],
            SECRET,
        ],
    )
    async def test_never_hear_their_values_again(self, http: httpx2.AsyncClient, body: Any) -> None:
        response = await order(http, json.dumps(body))
        assert response.status_code == 422
        assert SECRET[1:] not in response.text

    async def test_hear_what_our_own_rule_expects(self, http: httpx2.AsyncClient) -> None:
        response = await order(http, '{"item": "shoes"}')
        assert problem(response)["errors"] == [{"pointer": "#/item", "message": "must be something we sell"}]

    async def test_hear_of_a_limited_number_of_errors(self, http: httpx2.AsyncClient) -> None:
        response = await order(http, json.dumps({"item": "x", "lines": [{}] * 100}))
        assert len(problem(response)["errors"]) == 20

    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "nonsense"])
    async def test_of_another_media_type_are_refused(self, http: httpx2.AsyncClient, kind: str) -> None:
        response = await order(http, '{"item": "socks"}', kind)
        assert (response.status_code, problem(response)["type"]) == (415, "unsupported-media-type")


class TestLongBodies:
    async def test_are_refused_by_their_announced_length(self, http: httpx2.AsyncClient) -> None:
        response = await order(http, "x" * (sample.LIMIT + 1))
        assert (response.status_code, problem(response)["type"]) == (413, "body-too-large")

    async def test_are_refused_when_the_length_was_not_announced(self, http: httpx2.AsyncClient) -> None:
        read = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal read
            while True:
                read += 1024
                yield b" " * 1024

        response = await http.post("/v1/orders", content=endless(), headers={"Content-Type": "application/json"})
        assert (response.status_code, problem(response)["type"]) == (413, "body-too-large")
        assert read <= 2 * sample.LIMIT

    async def test_are_read_up_to_the_limit(self, http: httpx2.AsyncClient) -> None:
        body = '{"item": "socks"}'
        assert (await order(http, body + " " * (sample.LIMIT - len(body)))).status_code == 201

    async def test_may_be_longer_on_a_route_that_says_so(self, http: httpx2.AsyncClient) -> None:
        assert (await http.post("/v1/uploads", content=b"x" * 2 * sample.LIMIT)).json() == {"bytes": 2 * sample.LIMIT}
        assert (await http.post("/v1/uploads", content=b"x" * (2 * sample.LIMIT + 1))).status_code == 413


class TestUnforeseenErrors:
    @pytest.mark.parametrize("kind", ["bug", "wrong", "unencodable"])
    async def test_tell_the_caller_nothing_but_the_trace(
        self, http: httpx2.AsyncClient, log: io.StringIO, kind: str
    ) -> None:
        response = await http.get(f"/v1/orders/{kind}", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
        found = problem(response)
        assert (found["type"], found["detail"]) == ("internal-error", "an internal error; the log has it")
        assert found["trace_id"] == TRACE
        assert SECRET[1:] not in response.text

    @pytest.mark.parametrize("kind", ["bug", "wrong", "unencodable"])
    async def test_are_logged_once_without_values(self, http: httpx2.AsyncClient, log: io.StringIO, kind: str) -> None:
        await http.get(f"/v1/orders/{kind}", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
        lines = [json.loads(line) for line in log.getvalue().splitlines()]
        assert [(line["event"], line["level"], line["trace_id"]) for line in lines] == [
            ("request_failed", "error", TRACE)
        ]
        assert lines[0]["route"] == "/v1/orders/{order_id}"
        assert "read_order" in lines[0]["exception"][0]["frames"][-1]
        assert SECRET[1:] not in log.getvalue()


class TestTraces:
    async def test_a_request_continues_the_trace_it_came_with(self, http: httpx2.AsyncClient) -> None:
        sent = f"00-{TRACE}-00f067aa0ba902b7-01"
        seen = (await http.get("/v1/orders/1", headers={"traceparent": sent})).json()["trace"]
        assert seen.split("-")[1] == TRACE
        assert seen != sent

    async def test_a_request_without_one_starts_a_trace(self, http: httpx2.AsyncClient) -> None:
        seen = {(await http.get("/v1/orders/1")).json()["trace"] for _ in range(3)}
        assert len(seen) == 3


class TestRequestMetrics:
    async def test_count_by_route_template_and_status(self, http: httpx2.AsyncClient) -> None:
        labels = {"method": "GET", "route": "/v1/orders/{order_id}", "status": "200"}
        before = _count(labels)
        for number in range(3):
            await http.get(f"/v1/orders/{number}")
        assert _count(labels) == before + 3

    async def test_put_all_unknown_paths_and_methods_together(self, http: httpx2.AsyncClient) -> None:
        labels = {"method": "other", "route": "unmatched", "status": "404"}
        before = _count(labels)
        for number in range(3):
            await http.request(f"BREW{number}", f"/v9/{number}")
        assert _count(labels) == before + 3


def _count(labels: dict[str, str]) -> float:
    return REGISTRY.get_sample_value("rapport_request_seconds_count", labels) or 0
