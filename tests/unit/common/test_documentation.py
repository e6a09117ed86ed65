from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from pydantic import BaseModel

from rapport.auth import requires
from rapport.problems import problem_responses
from rapport.web import Page, Router, undocumented_routes, unprotected_routes

from . import sample


class Bare(BaseModel):
    name: str


async def _nested(caller: Annotated[Any, requires("offers.read")]) -> None: ...


class TestUnprotectedRoutes:
    def test_finds_nothing_where_every_route_requires_a_permission(self) -> None:
        assert unprotected_routes(sample.api()) == []

    def test_finds_a_route_that_requires_none(self) -> None:
        router = Router()

        @router.get("/doors")
        async def open_door() -> None: ...

        assert unprotected_routes(sample.api(router)) == ["GET /v1/doors"]

    def test_finds_a_route_of_a_plain_router_under_a_prefix(self) -> None:
        inner, outer = APIRouter(), APIRouter(prefix="/v1")

        @inner.post("/doors")
        async def open_door() -> None: ...

        outer.include_router(inner, prefix="/inner")
        assert unprotected_routes(sample.api(outer)) == ["POST /v1/inner/doors"]

    def test_finds_a_route_with_two_permissions(self) -> None:
        router = Router()

        @router.get("/doors")
        async def open_door(
            one: Annotated[Any, requires("offers.read")], two: Annotated[Any, requires("offers.manage")]
        ) -> None: ...

        assert unprotected_routes(sample.api(router)) == ["GET /v1/doors"]

    @pytest.mark.parametrize("where", ["route", "router", "nested"])
    def test_accepts_a_permission_wherever_it_is_declared(self, where: str) -> None:
        permission = requires("offers.read")
        router = Router(dependencies=[permission] if where == "router" else [])
        own = {"route": [permission], "nested": [Depends(_nested)]}.get(where, [])

        @router.get("/doors", dependencies=own)
        async def open_door() -> None: ...

        assert unprotected_routes(sample.api(router)) == []

    def test_finds_what_is_mounted(self) -> None:
        app = sample.api()
        app.mount("/files", sample.api())
        assert unprotected_routes(app) == ["? /files"]


class TestUndocumentedRoutes:
    def test_names_all_that_is_missing(self) -> None:
        router = Router()

        @router.post("/bare", operation_id="other")
        async def bare(body: Bare) -> Bare:
            return body

        assert undocumented_routes(sample.api(router))[-5:] == [
            "POST /v1/bare: operation id is not the function's name",
            "POST /v1/bare: no summary",
            "POST /v1/bare: no description",
            "POST /v1/bare: no example of the body",
            "POST /v1/bare: no example of the answer",
        ]

    def test_finds_a_route_that_hides(self) -> None:
        router = Router()

        @router.get("/hidden", include_in_schema=False)
        async def hidden() -> None: ...

        assert "GET /v1/hidden: not in the schema" in undocumented_routes(sample.api(router))

    def test_finds_a_route_without_problems(self) -> None:
        router = APIRouter(prefix="/v1")

        @router.get("/plain", summary="Plain")
        async def plain() -> None:
            """Described."""

        assert "GET /v1/plain: no problems" in undocumented_routes(sample.api(router))

    def test_takes_the_example_of_a_model_in_a_page_or_a_list(self) -> None:
        router = Router()

        @router.get("/pages", summary="Pages")
        async def pages(caller: sample.Buyer) -> Page[sample.Order]:
            """Described."""
            return Page(items=[], next_cursor=None)

        @router.get("/lists", summary="Lists")
        async def lists(caller: sample.Buyer) -> list[sample.Order]:
            """Described."""
            return []

        found = undocumented_routes(sample.api(router))
        assert [line for line in found if "/pages" in line or "/lists" in line] == []


class TestOpenApi:
    def test_tells_permission_token_and_problems_of_a_route(self) -> None:
        schema = sample.api().openapi()
        operation = schema["paths"]["/v1/orders"]["post"]
        assert operation["operationId"] == "place_order"
        assert operation["security"] == [{"bearer": []}]
        assert operation["x-permission"] == "offers.accept"
        assert set(operation["responses"]) == {"201", "401", "403", "409", "413", "415", "422"}
        refused = operation["responses"]["409"]["content"]["application/problem+json"]
        assert list(refused["examples"]) == ["sold-out"]
        assert refused["schema"] == {"$ref": "#/components/schemas/Problem"}

    def test_describes_the_problem_document(self) -> None:
        components = sample.api().openapi()["components"]
        assert components["schemas"]["Problem"]["required"] == ["type", "title", "status", "detail", "instance"]
        assert "FieldProblem" in components["schemas"]
        assert "bearer" in components["securitySchemes"]

    def test_lists_the_own_problems_of_a_status_beside_the_shared_ones(self) -> None:
        router = Router()

        @router.get("/both/{key}", responses=problem_responses(sample.OutOfRange))
        async def both(caller: sample.Buyer, key: str) -> None: ...

        operation = sample.api(router).openapi()["paths"]["/v1/both/{key}"]["get"]
        examples = operation["responses"]["422"]["content"]["application/problem+json"]["examples"]
        assert set(examples) == {"validation", "out-of-range"}
