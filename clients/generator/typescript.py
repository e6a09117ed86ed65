"""TypeScript: a module per service with its types as interfaces, and a class with its operations.

Only syntax that can be erased, so that Node runs the sources as they are.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator

from clients.generator.documents import Api, Operation, Schema, referred, type_name

_HEAD = """// {description}
// Generated from the routes of the service {service} by `make clients`: do not edit.

import {{ items }} from "../paging.ts";
import {{ path, type Transport, type Write }} from "../transport.ts";
"""
_PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_WIDTH = 112


def module(api: Api) -> str:
    """The source of the service's module."""
    parts = [_HEAD.format(description=api.description, service=api.service)]
    parts += [_type(name, schema) for name, schema in api.types.items()]
    parts.append(_class(api))
    source = "\n".join(parts)
    return source if "items(" in source else source.replace('import { items } from "../paging.ts";\n', "")


def spelled(schema: Schema) -> str:
    """The type of a schema."""
    name = referred(schema)
    if name is not None:
        return _named(name)
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(json.dumps, schema["enum"]))
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(spelled(each) for each in schema[key]))
    match schema.get("type"):
        case "array":
            return f"Array<{spelled(schema.get('items') or {})}>"
        case "object":
            values = schema.get("additionalProperties")
            return f"Record<string, {spelled(values) if isinstance(values, dict) and values else 'unknown'}>"
        case "string" if schema.get("contentMediaType") == "application/octet-stream":
            return "Blob"
        case str(kind):
            return _PRIMITIVES[kind]
    return "unknown"


def _named(name: str) -> str:
    """A type's name, unless TypeScript has one of that name already."""
    return "OpenPage" if name == "PageDictStrAny" else name


def _type(name: str, schema: Schema) -> str:
    comment = "".join(f"{line}\n" for line in _comment([schema.get("description", "")], ""))
    if "properties" not in schema:
        return f"{comment}export type {_named(name)} = {spelled(schema)};\n"
    required = set(schema.get("required", ()))
    lines = [f"{comment}export interface {_named(name)} {{"]
    for key, each in schema["properties"].items():
        lines += _comment([each.get("description", "")], "  ")
        lines.append(f"  {_member(key)}{'' if key in required else '?'}: {spelled(each)};")
    if schema.get("x-open"):
        lines.append("  [member: string]: unknown;")
    return "\n".join([*lines, "}", ""])


def _class(api: Api) -> str:
    lines = [
        f"/** {api.description} */",
        f"export class {type_name(api.service)} {{",
        "  readonly #transport: Transport;",
        "",
        "  constructor(transport: Transport) {",
        "    this.#transport = transport;",
        "  }",
    ]
    for operation in api.operations:
        lines += ["", *_method(operation)]
        if operation.plural is not None:
            lines += ["", *_iterator(api, operation)]
    return "\n".join([*lines, "}", ""])


def _method(operation: Operation) -> Iterator[str]:
    answer = "void" if operation.answer is None else spelled(operation.answer)
    yield from _comment(_documentation(operation), "  ")
    yield f"  {_camel(operation.name)}({', '.join(_signature(operation))}): Promise<{answer}> {{"
    told = [json.dumps(operation.method), _path(operation)]
    options = []
    if operation.in_query:
        options.append("query")
    if operation.body is not None:
        options.append("form: { ...body }" if operation.multipart else "body")
    if operation.writes:
        options.append("...write")
    if options:
        told.append("{ " + ", ".join(options) + " }")
    yield f"    return this.#transport.call({', '.join(told)});"
    yield "  }"


def _iterator(api: Api, operation: Operation) -> Iterator[str]:
    page = api.types[referred(operation.answer or {}) or ""]
    item = spelled(page["properties"]["items"].get("items") or {})
    signature = ", ".join(_signature(operation))
    yield f"  /** Every item of `{_camel(operation.name)}`, page after page. */"
    yield f"  {_camel('iter_' + (operation.plural or ''))}({signature}): AsyncGenerator<{item}> {{"
    yield f"    return items(this.#transport, {_path(operation)}, query);"
    yield "  }"


def _signature(operation: Operation) -> Iterator[str]:
    for each in operation.in_path:
        yield f"{_camel(each.name)}: {spelled(each.schema)}"
    if operation.body is not None:
        optional = "" if operation.body_required else " | undefined = undefined"
        yield f"body: {spelled(operation.body)}{optional}"
    if operation.in_query:
        members = "; ".join(
            f"{_member(each.name)}{'' if each.required else '?'}: {spelled(each.schema)}" for each in operation.in_query
        )
        optional = "" if any(each.required for each in operation.in_query) else " = {}"
        yield f"query: {{ {members} }}{optional}"
    if operation.writes:
        yield "write: Write = {}"


def _path(operation: Operation) -> str:
    names = {each.name: _camel(each.name) for each in operation.in_path}
    if not names:
        return json.dumps(operation.path)
    return "path`" + re.sub(r"\{(\w+)\}", lambda found: "${" + names[found[1]] + "}", operation.path) + "`"


def _member(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else json.dumps(name)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _documentation(operation: Operation) -> list[str]:
    told = [f"{operation.summary}.", *operation.description.split("\n\n")]
    told += [f"`{each.name}`: {each.description}" for each in operation.in_query if each.description]
    if operation.permission:
        told.append(f"Permission: `{operation.permission}`.")
    if operation.problems:
        told.append(f"Problems: {', '.join(f'`{each}`' for each in operation.problems)}.")
    return told


def _comment(paragraphs: list[str], indent: str) -> list[str]:
    wrapped = [textwrap.wrap(" ".join(each.split()), _WIDTH) for each in paragraphs if each.strip()]
    lines = [line for number, each in enumerate(wrapped) for line in ([""] if number else []) + each]
    lines = [line.replace("*/", "*∕") for line in lines]
    if not lines:
        return []
    if len(lines) == 1:
        return [f"{indent}/** {lines[0]} */"]
    return [f"{indent}/**", *(f"{indent} * {line}".rstrip() for line in lines), f"{indent} */"]
