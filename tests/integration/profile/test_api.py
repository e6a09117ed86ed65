"""What holds for all routes of the profile API."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from profile_service.main import create_app
from profile_service.settings import Settings
from rapport.rules import CUSTOMER
from rapport.web import undocumented_routes, unprotected_routes

World = Any


def app() -> FastAPI:
    return create_app(Settings(environment="test", database_url="postgresql://nowhere/none"))


def test_every_route_requires_one_permission() -> None:
    assert unprotected_routes(app()) == []


def test_every_route_is_documented() -> None:
    assert undocumented_routes(app()) == []


class TestFields:
    async def test_lists_what_rules_may_ask(self, world: World) -> None:
        answer = await world.call("GET", "/fields", role="campaign_planner")
        items = answer.json()["items"]
        assert [item["name"] for item in items] == [field.name for field in CUSTOMER]
        age = next(item for item in items if item["name"] == "attributes.age")
        assert (age["type"], age["label"]) == ("number", {"en": "age", "zh-CN": "年龄"})


class TestHealth:
    async def test_is_ready_with_its_database(self, world: World) -> None:
        assert (await world.http.get("/health/ready")).json() == {"status": "ready", "checks": {"database": "ok"}}

    async def test_tells_metrics_by_route_without_ids(self, world: World) -> None:
        await world.put("c-1", name="Ann")
        text = (await world.http.get("/metrics")).text
        assert 'route="/v1/customers/{customer_id}"' in text
        assert "c-1" not in text
