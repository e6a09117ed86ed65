"""Python: a module per service with its types as TypedDicts, and its operations for `async` code and for other."""

from __future__ import annotations

import keyword
import re
import textwrap
from collections.abc import Iterator

from clients.generator.documents import Api, Operation, Parameter, Schema, referred, type_name

_HEAD = '''"""{description} Generated from the routes of the service {service} by `make clients`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, cast

from rapport_client.paging import async_items, items
from rapport_client.transport import AsyncTransport, Transport, path_of
'''
_PRIMITIVES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_WIDTH = 105


def module(api: Api) -> str:
    """The source of the service's module."""
    parts = [_HEAD.format(description=api.description, service=api.service)]
    parts += [_type(name, schema) for name, schema in api.types.items()]
    for kind in ("", "Async"):
        parts.append(_class(api, kind))
    head, body = parts[0], "\n\n".join(parts[1:])
    for each in ("AsyncIterator", "Iterator", "Any", "Literal", "NotRequired", "TypeAlias", "TypedDict"):
        if not re.search(rf"\b{each}\b", body):
            head = re.sub(rf"\b{each}, |, {each}\b", "", head)
    return f"{head}\n\n{body}\n"


def spelled(schema: Schema) -> str:
    """The annotation of a schema."""
    name = referred(schema)
    if name is not None:
        return name
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(spelled(each) for each in schema[key]))
    match schema.get("type"):
        case "array":
            return f"list[{spelled(schema.get('items') or {})}]"
        case "object":
            values = schema.get("additionalProperties")
            return f"dict[str, {spelled(values) if isinstance(values, dict) and values else 'Any'}]"
        case "string" if schema.get("contentMediaType") == "application/octet-stream":
            return "bytes"
        case str(kind):
            return _PRIMITIVES[kind]
    return "Any"


def _type(name: str, schema: Schema) -> str:
    if "properties" not in schema:
        return f"{name}: TypeAlias = {spelled(schema)!r}"
    required = set(schema.get("required", ()))
    members = {
        key: spelled(each) if key in required else f"NotRequired[{spelled(each)}]"
        for key, each in schema["properties"].items()
    }
    if any(keyword.iskeyword(key) or not key.isidentifier() for key in members):
        inside = ", ".join(f"{key!r}: {annotation!r}" for key, annotation in members.items())
        return f"{name} = TypedDict({name!r}, {{{inside}}})"
    lines = [f"class {name}(TypedDict):", *_docstring([schema.get("description", "")], 1)]
    for key, annotation in members.items():
        lines += [f"    {key}: {annotation}", *_docstring([schema["properties"][key].get("description", "")], 1)]
    return "\n".join(lines if members else [*lines, "    pass"])


def _class(api: Api, kind: str) -> str:
    lines = [
        f"class {kind}{type_name(api.service)}:",
        f'    """{api.description}"""',
        "",
        f"    def __init__(self, transport: {kind}Transport) -> None:",
        "        self._transport = transport",
    ]
    for operation in api.operations:
        lines += ["", *_method(operation, is_async=kind == "Async")]
        if operation.plural is not None:
            lines += ["", *_iterator(api, operation, is_async=kind == "Async")]
    return "\n".join(lines)


def _method(operation: Operation, *, is_async: bool) -> Iterator[str]:
    answer = "None" if operation.answer is None else spelled(operation.answer)
    start = "async def" if is_async else "def"
    yield f"    {start} {operation.name}({', '.join(_signature(operation))}) -> {answer}:"
    yield from _docstring(_documentation(operation), 2)
    told = [repr(operation.method), _path(operation)]
    if operation.in_query:
        told.append("query={" + ", ".join(f"{each.name!r}: {_safe(each.name)}" for each in operation.in_query) + "}")
    if operation.body is not None:
        told.append("form=body" if operation.multipart else "body=body")
    if operation.takes_if_match:
        told.append("if_match=if_match")
    if operation.writes:
        told.append("idempotency_key=idempotency_key")
    call = f"{'await ' if is_async else ''}self._transport.call({', '.join(told)})"
    yield f"        {call}" if operation.answer is None else f"        return cast({answer!r}, {call})"


def _iterator(api: Api, operation: Operation, *, is_async: bool) -> Iterator[str]:
    """All items of all pages."""
    signature = [each for each in _signature(operation) if not each.startswith("cursor:")]
    start, kind, helper = ("async def", "AsyncIterator", "async_items") if is_async else ("def", "Iterator", "items")
    yield f"    {start} iter_{operation.plural}({', '.join(signature)}) -> {kind}[{_item(api, operation)}]:"
    yield f'        """Every item of `{operation.name}`, page after page."""'
    query = ", ".join(f"{each.name!r}: {_safe(each.name)}" for each in operation.in_query if each.name != "cursor")
    pages = f"{helper}(self._transport, {_path(operation)}, {{{query}}})"
    if is_async:
        yield f"        async for item in {pages}:"
        yield "            yield item"
    else:
        yield f"        yield from {pages}"


def _item(api: Api, operation: Operation) -> str:
    """The type of one item of the page that the operation answers with."""
    page = api.types[referred(operation.answer or {}) or ""]
    return spelled(page["properties"]["items"].get("items") or {})


def _signature(operation: Operation) -> Iterator[str]:
    yield "self"
    for each in operation.in_path:
        yield f"{_safe(each.name)}: {spelled(each.schema)}"
    if operation.body is not None:
        optional = "" if operation.body_required else " | None = None"
        yield f"body: {spelled(operation.body)}{optional}"
    named = [*(each for each in operation.in_query)]
    if named or operation.takes_if_match or operation.writes:
        yield "*"
    for each in sorted(named, key=lambda each: not each.required):
        yield f"{_safe(each.name)}: {_optional(each)}"
    if operation.takes_if_match:
        yield "if_match: str | None = None"
    if operation.writes:
        yield "idempotency_key: str | None = None"


def _optional(each: Parameter) -> str:
    annotation = spelled(each.schema)
    if each.required:
        return annotation
    return f"{annotation} = None" if annotation.endswith("None") else f"{annotation} | None = None"


def _path(operation: Operation) -> str:
    if not operation.in_path:
        return repr(operation.path)
    return f"path_of({operation.path!r}, {', '.join(f'{each.name}={_safe(each.name)}' for each in operation.in_path)})"


def _safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _documentation(operation: Operation) -> list[str]:
    told = [f"{operation.summary}.", *operation.description.split("\n\n")]
    told += [f"`{each.name}`: {each.description}" for each in operation.in_query if each.description]
    if operation.permission:
        told.append(f"Permission: `{operation.permission}`.")
    if operation.problems:
        told.append(f"Problems: {', '.join(f'`{each}`' for each in operation.problems)}.")
    return told


def _docstring(paragraphs: list[str], depth: int) -> list[str]:
    """The lines of a docstring; none for nothing."""
    indent = " " * 4 * depth
    wrapped = [textwrap.wrap(" ".join(each.split()), _WIDTH) for each in paragraphs if each.strip()]
    lines = [line for number, each in enumerate(wrapped) for line in ([""] if number else []) + each]
    if not lines:
        return []
    lines = [line.replace("\\", "\\\\").replace('"""', "'''") for line in lines]
    lines[0] = f'"""{lines[0]}'
    if len(lines) == 1 and not lines[0].endswith('"'):
        return [f'{indent}{lines[0]}"""']
    return [*(f"{indent}{line}" if line else "" for line in lines), f'{indent}"""']
