"""What OpenAPI says about every route, and what tests find missing by walking all routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic.json_schema import models_json_schema

from rapport.auth import route_permissions
from rapport.errors import DomainError
from rapport.problems import MEDIA_TYPE, Problem, problem_responses

PUBLIC_PATHS = frozenset({"/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs"})
"""All that answers without a token."""

CREDENTIAL_PATHS = frozenset({"/l/{token}"})
"""What needs no bearer token because the address itself is the credential: short links."""

_REF = "#/components/schemas/"


def answers(example: Any, *problems: type[DomainError], status: int = 200, what: str = "Done.") -> dict[int | str, Any]:
    """What a route's `responses` say: an example of the answer with `status`, and the problems of its own.

    `example` is None when the answer has no body.
    """
    answer: dict[str, Any] = {"description": what}
    if example is not None:
        answer["content"] = {"application/json": {"example": example}}
    return {status: answer, **problem_responses(*problems)}


def unprotected_routes(app: FastAPI) -> list[str]:
    """The routes, as `POST /v1/popups`, that are not public and do not require exactly one permission."""
    return [
        _name(route)
        for route in iter_route_contexts(app.routes)
        if route.path not in PUBLIC_PATHS | CREDENTIAL_PATHS and len(_permissions(route)) != 1
    ]


def undocumented_routes(app: FastAPI) -> list[str]:
    """What the documentation of each route lacks, as `POST /v1/popups: no example`."""
    schema = app.openapi()
    listed = {
        (path, method.upper()): operation
        for path, operations in schema.get("paths", {}).items()
        for method, operation in operations.items()
    }
    missing = []
    for route in iter_route_contexts(app.routes):
        if route.path in PUBLIC_PATHS:
            continue
        for method in sorted(route.methods or {"?"}):
            operation = listed.get((str(route.path_format), method))
            lacks = ["not in the schema"] if operation is None else _lacks(route, operation, schema)
            missing += [f"{method} {route.path}: {what}" for what in lacks]
    return missing


def complete(app: FastAPI, schema: dict[str, Any]) -> None:
    """Add to the OpenAPI `schema` what all routes share: the problem document, the token, each route's permission."""
    components = schema.setdefault("components", {})
    if "Problem" in components.setdefault("schemas", {}):
        return
    _, definitions = models_json_schema([(Problem, "serialization")], ref_template=f"{_REF}{{model}}")
    components["schemas"].update(definitions["$defs"])
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for route in iter_route_contexts(app.routes):
        operations = schema.get("paths", {}).get(route.path_format, {})
        for method in route.methods or ():
            operation = operations.get(method.lower())
            permissions = _permissions(route)
            if operation is not None and permissions:
                operation["security"] = [{"bearer": []}]
                operation["x-permission"] = permissions[0]


def _permissions(route: RouteContext) -> list[str]:
    dependant = getattr(route, "dependant", None)
    return [] if dependant is None else list(route_permissions(dependant))


def _name(route: RouteContext) -> str:
    return f"{','.join(sorted(route.methods or {'?'}))} {route.path}"


def _lacks(route: RouteContext, operation: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    if operation.get("operationId") != route.name:
        yield "operation id is not the function's name"
    if not getattr(route, "summary", None):
        yield "no summary"
    if not operation.get("description"):
        yield "no description"
    if not any(MEDIA_TYPE in answer.get("content", {}) for answer in operation["responses"].values()):
        yield "no problems"
    body = operation.get("requestBody")
    if body is not None and not _has_example(body, schema):
        yield "no example of the body"
    answers = [found for status, found in operation["responses"].items() if status.startswith("2")]
    if any(answer.get("content") for answer in answers) and not any(_has_example(each, schema) for each in answers):
        yield "no example of the answer"


def _has_example(message: dict[str, Any], schema: dict[str, Any]) -> bool:
    return any(
        media.keys() & {"example", "examples"} or _exemplified(media.get("schema", {}), schema, 0)
        for media in message.get("content", {}).values()
    )


def _exemplified(found: dict[str, Any], schema: dict[str, Any], depth: int) -> bool:
    """Whether a schema, one it refers to, or the items of the list it describes has an example."""
    if found.keys() & {"example", "examples"}:
        return True
    if depth > 5:
        return False
    inner = [found[key] for key in ("items",) if isinstance(found.get(key), dict)]
    inner += [each for key in ("anyOf", "oneOf", "allOf") for each in found.get(key, [])]
    inner += [found["properties"]["items"]] if "next_cursor" in found.get("properties", {}) else []
    if found.get("$ref", "").startswith(_REF):
        inner.append(schema["components"]["schemas"][found["$ref"].removeprefix(_REF)])
    return any(_exemplified(each, schema, depth + 1) for each in inner)
