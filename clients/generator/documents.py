"""OpenAPI documents, read into what both languages are written from.

What always holds: `Api.types` has every type that an operation needs, and no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from clients.generator.examples import Inference
from fastapi.routing import iter_route_contexts

Schema = dict[str, Any]

SERVICES = ("profile", "offers", "touchpoint", "campaign")
_REF = "#/components/schemas/"
_JSON = "application/json"
_STREAM = "text/event-stream"
_WRITES = ("post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the path, the query or the header."""

    name: str
    schema: Schema
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One route."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    permission: str
    problems: tuple[str, ...]
    in_path: tuple[Parameter, ...]
    in_query: tuple[Parameter, ...]
    takes_if_match: bool
    body: Schema | None
    body_required: bool
    multipart: bool
    answer: Schema | None
    """None when there is no body; text when it is no JSON."""

    @property
    def writes(self) -> bool:
        """Whether an idempotency key goes with it."""
        return self.method.lower() in _WRITES

    @property
    def plural(self) -> str | None:
        """What an iterator over all pages is called after; None when the answer has no pages."""
        pages = any(each.name == "cursor" for each in self.in_query)
        return re.sub("^(list|get)_", "", self.name) if pages else None


@dataclass(frozen=True, slots=True)
class Api:
    """One service."""

    service: str
    description: str
    operations: tuple[Operation, ...]
    types: dict[str, Schema] = field(default_factory=dict)


def api_of(service: str) -> Api:
    """What the service's application says of itself; nothing it needs is running."""
    settings = import_module(f"{service}_service.settings").Settings(
        environment="test", database_url="postgresql://nowhere/none"
    )
    app = import_module(f"{service}_service.main").create_app(settings)
    return read(service, app.openapi(), dict(_examples(app)))


def read(service: str, document: Schema, examples: dict[str, Any]) -> Api:
    """The operations of an OpenAPI document and the types that they use.

    `examples` has the answer that each route documents, by operation: in the document itself FastAPI leaves out what
    is null.
    """
    schemas = {type_name(name): _renamed(schema) for name, schema in document["components"]["schemas"].items()}
    inference = Inference(schemas)
    operations = [
        operation
        for path, methods in document["paths"].items()
        for method, found in methods.items()
        if (operation := _operation(path, method, found, inference, examples)) is not None
    ]
    schemas |= inference.types()
    used: dict[str, Schema] = {}
    for operation in operations:
        parameters = [each.schema for each in (*operation.in_path, *operation.in_query)]
        for schema in (operation.body, operation.answer, *parameters):
            _collect(schema, schemas, used)
    return Api(service, document["info"]["description"], tuple(operations), dict(sorted(used.items())))


def type_name(name: str) -> str:
    """`Page_CustomerView_` → `PageCustomerView`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split("[^A-Za-z0-9]+", name))


def referred(schema: Schema) -> str | None:
    """The name of the type that the schema refers to."""
    reference = schema.get("$ref")
    return None if reference is None else str(reference).removeprefix(_REF)


def _operation(
    path: str, method: str, found: Schema, inference: Inference, examples: dict[str, Any]
) -> Operation | None:
    answers = {status: answer for status, answer in found["responses"].items() if status.startswith("2")}
    content: Schema = next((answer["content"] for answer in answers.values() if answer.get("content")), {})
    if _STREAM in content or method == "head":
        return None  # a stream is read by hand, and nobody needs a client to read nothing
    parameters = found.get("parameters", [])
    body = found.get("requestBody", {})
    media: dict[str, Schema] = body.get("content", {})
    kind, sent = next(iter(media.items()), ("", None))
    return Operation(
        name=found["operationId"],
        method=method.upper(),
        path=path,
        summary=found["summary"],
        description=found.get("description", ""),
        permission=found.get("x-permission", ""),
        problems=tuple(sorted(_problems(found))),
        in_path=_parameters(parameters, "path"),
        in_query=_parameters(parameters, "query"),
        takes_if_match=any(each["name"] == "If-Match" for each in parameters),
        body=None if sent is None else _renamed(sent["schema"]),
        body_required=bool(body.get("required")),
        multipart=kind.startswith("multipart/"),
        answer=_answer(found["operationId"], content, inference, examples),
    )


def _parameters(found: list[Schema], place: str) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            each["name"], _renamed(each["schema"]), bool(each.get("required")), each.get("description", "").strip()
        )
        for each in found
        if each["in"] == place
    )


def _problems(found: Schema) -> set[str]:
    return {
        kind
        for status, answer in found["responses"].items()
        if status[0] in "45"
        for media in answer.get("content", {}).values()
        for kind in media.get("examples", {})
    }


def _examples(app: Any) -> Iterator[tuple[str, Any]]:
    for route in iter_route_contexts(app.routes):
        for status, answer in (getattr(route, "responses", None) or {}).items():
            content = answer.get("content", {}).get(_JSON, {})
            if str(status).startswith("2") and "example" in content:
                yield str(route.name), content["example"]


def _answer(operation: str, content: Schema, inference: Inference, examples: dict[str, Any]) -> Schema | None:
    if not content:
        return None
    if _JSON not in content:
        return {"type": "string"}
    schema: Schema = _renamed(content[_JSON].get("schema") or {})
    if operation in examples and _says_nothing(schema):
        return inference.learn(type_name(operation) + "Answer", operation, examples[operation])
    return schema


def _says_nothing(schema: Schema) -> bool:
    """Whether the schema allows anything, or any object, or a page of any objects."""
    if referred(schema) == "PageDictStrAny":
        return True
    return not schema.keys() & {"$ref", "anyOf", "oneOf", "properties", "items"}


def _renamed(schema: Any) -> Any:
    """The schema with references by the names that types have here."""
    if isinstance(schema, dict):
        return {
            key: _REF + type_name(value.removeprefix(_REF))
            if key == "$ref" and isinstance(value, str)
            else _renamed(value)
            for key, value in schema.items()
            if key not in ("examples", "example", "default", "mapping") or isinstance(value, dict)
        }
    if isinstance(schema, list):
        return [_renamed(each) for each in schema]
    return schema


def _collect(schema: Any, schemas: dict[str, Schema], used: dict[str, Schema]) -> None:
    if isinstance(schema, list):
        for each in schema:
            _collect(each, schemas, used)
    elif isinstance(schema, dict):
        name = referred(schema)
        if name is not None and name not in used:
            used[name] = schemas[name]
            _collect(schemas[name], schemas, used)
        for key, each in schema.items():
            if key not in ("enum", "const", "contentSchema"):
                _collect(each, schemas, used)
