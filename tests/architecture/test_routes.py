"""Every route of every service is protected, documented, and bears a name of its own."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module

import pytest
from fastapi.routing import iter_route_contexts

from rapport.auth import route_permissions
from rapport.roles import PERMISSIONS
from rapport.web import CREDENTIAL_PATHS, Api, undocumented_routes, unprotected_routes

SERVICES = ("profile", "offers", "touchpoint", "campaign")

NOT_BY_ROUTE = frozenset({"dlq.read", "dlq.replay", "profile.read_pii"})
"""Permissions for commands, and the one that decides what an answer shows to who may ask for it."""


@cache
def api(service: str) -> Api:
    """The service's application as its main module makes it; nothing it needs is running."""
    settings = import_module(f"{service}_service.settings").Settings(
        environment="test", database_url="postgresql://nowhere/none"
    )
    app: Api = import_module(f"{service}_service.main").create_app(settings)
    return app


@pytest.mark.parametrize("service", SERVICES)
class TestRoutes:
    def test_of_the_service_exist(self, service: str) -> None:
        assert any(str(route.path).startswith("/v1/") for route in iter_route_contexts(api(service).routes))

    def test_each_require_one_permission(self, service: str) -> None:
        assert unprotected_routes(api(service)) == []

    def test_each_have_operation_id_summary_description_example_and_problems(self, service: str) -> None:
        assert undocumented_routes(api(service)) == []

    def test_each_have_examples_that_their_bodies_accept(self, service: str) -> None:
        for route in iter_route_contexts(api(service).routes):
            field = getattr(route, "body_field", None)
            if field is None:
                continue
            model = field.field_info.annotation
            for example in model.model_json_schema().get("examples", []):
                model.model_validate_json(json.dumps(example))

    def test_each_have_an_operation_id_of_their_own(self, service: str) -> None:
        paths = api(service).openapi()["paths"]
        names = [operation["operationId"] for operations in paths.values() for operation in operations.values()]
        assert len(set(names)) == len(names)

    def test_each_refuse_a_caller_without_a_token(self, service: str) -> None:
        for path, operations in api(service).openapi()["paths"].items():
            if path in CREDENTIAL_PATHS:
                continue
            for operation in operations.values():
                assert operation["security"] == [{"bearer": []}]
                assert "401" in operation["responses"]

    def test_that_write_take_an_idempotency_key(self, service: str) -> None:
        for path, operations in api(service).openapi()["paths"].items():
            for method in operations.keys() & {"post", "put", "patch", "delete"}:
                headers = {each["name"] for each in operations[method].get("parameters", []) if each["in"] == "header"}
                assert "Idempotency-Key" in headers, f"{method.upper()} {path}"


def test_every_permission_that_a_role_grants_opens_some_route() -> None:
    required = {
        permission
        for service in SERVICES
        for route in iter_route_contexts(api(service).routes)
        if hasattr(route, "dependant")
        for permission in route_permissions(route.dependant)
    }
    assert required == PERMISSIONS - NOT_BY_ROUTE
