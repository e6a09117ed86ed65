"""Every route of every running service: what it makes of any input, and whom it lets in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import httpx2
import pytest
import requests
import schemathesis
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.architecture.test_routes import SERVICES, api
from tests.e2e.instants import bodies, queries

from rapport.auth import mint_token
from rapport.roles import ROLES
from rapport.settings import DEVELOPMENT_KEY
from rapport.testing.system import Running, System

EXAMPLES = int(os.environ.get("RAPPORT_ANY_INPUT", "5"))
"""Inputs tried per operation: a few in the suite, hundreds by hand."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
STREAMS = frozenset({"stream_events"})
"""Answers that have no end."""


@cache
def token(*roles: str) -> dict[str, str]:
    minted = mint_token(DEVELOPMENT_KEY, roles=list(roles), subject="anybody", org="/", lifetime=timedelta(hours=1))
    return {"Authorization": f"Bearer {minted}"}


@cache
def operations(service: str) -> dict[str, Any]:
    """All that the service's document describes, by method and path."""
    schema = schemathesis.openapi.from_dict(api(service).openapi())
    return {found.ok().label: found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)}


def labels(service: str) -> list[str]:
    """The same names from the routes: who only collects the tests need not make the documents."""
    return [
        f"{method} {route.path}"
        for route in iter_route_contexts(api(service).routes)
        if getattr(route, "include_in_schema", False)
        for method in sorted(route.methods or ())
    ]


OPERATIONS = [(service, label) for service in SERVICES for label in labels(service)]


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_every_operation_is_tried() -> None:
    described = [(service, label) for service in SERVICES for label in operations(service)]
    assert sorted(OPERATIONS) == sorted(described)


@pytest.mark.parametrize(("service", "label"), OPERATIONS, ids=[" ".join(key) for key in OPERATIONS])
def test_any_input_gets_an_answer_that_is_documented(
    started: tuple[System, Running], session: requests.Session, service: str, label: str
) -> None:
    """Valid or not, by somebody who may do everything: never a 5xx, and problems only as the route lists them."""
    _, running = started
    operation = operations(service)[label]
    if operation.definition.raw["operationId"] in STREAMS:
        pytest.skip("has no end")

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES < 100,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def try_any(case: Any) -> None:
        answer = case.call(base_url=running.api(service), session=session, headers=token(*ROLES), allow_redirects=False)
        case.validate_response(answer, checks=CHECKS)

    try_any()


@pytest.mark.parametrize("service", SERVICES)
def test_an_instant_at_an_edge_of_the_calendar_is_no_fault(
    started: tuple[System, Running], session: requests.Session, service: str
) -> None:
    """Wherever a request has one; what is before the year 1 in UTC, or after 9999, cannot be calculated with."""
    _, running = started
    document = api(service).openapi()
    found = []
    for path, operations in document["paths"].items():
        address = running.api(service) + path.replace("{", "none-").replace("}", "")
        for method, operation in operations.items():
            tried: list[dict[str, Any]] = [{"params": query} for query in queries(document, operation)]
            tried += [{"json": body} for body in bodies(document, operation)]
            for told in tried:
                with session.request(method, address, headers=token(*ROLES), timeout=60, **told) as answer:
                    found.append((answer.status_code, method, path, told))
    assert len(found) >= 4, "there are instants in every service"
    assert [each for each in found if each[0] >= 500] == []


async def test_each_role_is_let_in_exactly_where_the_table_says(started: tuple[System, Running]) -> None:
    """Each route with each role, and with none: 403 (401) or not."""
    _, running = started
    wrong: list[str] = []
    limits = httpx2.Limits(max_connections=8)
    async with httpx2.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:
        gate = asyncio.Semaphore(8)

        async def ask(service: str, method: str, path: str, role: str | None, expected: int | None) -> None:
            address = running.api(service) + path.replace("{", "none-").replace("}", "")
            headers = {} if role is None else token(role)
            async with gate, client.stream(method, address, headers=headers, json=None) as answer:
                refused = answer.status_code if answer.status_code in (401, 403) else None
            if refused != expected:
                wrong.append(f"{method} {path} as {role}: {answer.status_code}, expected {expected or 'to be let in'}")

        asked = []
        for service in SERVICES:
            for path, methods in api(service).openapi()["paths"].items():
                for method, operation in methods.items():
                    permission = operation.get("x-permission")
                    if permission is None:
                        continue
                    asked.append(ask(service, method.upper(), path, None, 401))
                    asked += [
                        ask(service, method.upper(), path, role, None if permission in granted else 403)
                        for role, granted in ROLES.items()
                    ]
        await asyncio.gather(*asked)
    assert not wrong, "\n".join(sorted(wrong))
    assert len(asked) > 1000
