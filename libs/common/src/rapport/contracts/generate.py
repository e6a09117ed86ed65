"""Writes the committed contracts from the event classes: `python -m rapport.contracts.generate [--check]`.

In this package's folder:

- `schemas/<type>.json`, written here. They are also the baseline: a class may only replace its schema by a compatible
  one (see `compatibility`), and a type that was ever committed does not go away.
- `examples/<type>.json`, written by hand, one readable body per type; checked here.
- `asyncapi.yaml`, written here.

With `--check` nothing is written: exit code 1 if anything is broken, missing or out of date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rapport.contracts import REGISTRY, asyncapi
from rapport.contracts.compatibility import Break, breaks
from rapport.contracts.envelope import Event
from rapport.contracts.json_schema import event_schema
from rapport.messaging.topics import all_topics

HERE = Path(__file__).parent
SCHEMAS, EXAMPLES, ASYNCAPI = "schemas", "examples", "asyncapi.yaml"


@dataclass(frozen=True, slots=True)
class Contracts:
    """What the event classes come to: the files as they should be, and what stands against writing them."""

    files: Mapping[str, str]
    """Text by path, relative to the contracts folder."""
    problems: Sequence[str]
    """Breaking changes and faulty examples; with any of them nothing is written."""


def contracts(folder: Path = HERE, registry: Mapping[str, type[Event]] = REGISTRY) -> Contracts:
    """Build every generated file and compare with what is committed in `folder`."""
    schemas = {name: event_schema(event) for name, event in sorted(registry.items())}
    problems = [str(found) for found in breaking_changes(folder / SCHEMAS, schemas)]
    examples, faults = read_examples(folder / EXAMPLES, registry)
    files = {f"{SCHEMAS}/{name}.json": _json(schema) for name, schema in schemas.items()}
    if not faults:
        events = [registry[name] for name in schemas]
        files[ASYNCAPI] = _yaml(asyncapi.document(events, examples, all_topics()))
    return Contracts(files, [*problems, *faults])


def breaking_changes(baseline: Path, schemas: Mapping[str, Mapping[str, Any]]) -> list[Break]:
    """What the schemas break against those committed in `baseline`. A type without a committed schema is new."""
    found: list[Break] = []
    for path in sorted(baseline.glob("*.json")):
        name = path.name.removesuffix(".json")
        if name in schemas:
            found += breaks(name, json.loads(path.read_text("utf-8")), schemas[name])
        else:
            found.append(Break(name, "", "the type was removed or renamed: whoever reads it hears nothing more"))
    return found


def read_examples(folder: Path, registry: Mapping[str, type[Event]]) -> tuple[dict[str, Any], list[str]]:
    """The example of each type, and what is wrong with them: missing, left over, invalid, or with an unknown field."""
    examples: dict[str, Any] = {}
    faults = [
        f"{EXAMPLES}/{path.name}: no such event type"
        for path in sorted(folder.glob("*.json"))
        if path.name.removesuffix(".json") not in registry
    ]
    for name, event in sorted(registry.items()):
        path = folder / f"{name}.json"
        if not path.exists():
            faults.append(f"{EXAMPLES}/{path.name}: missing; write one readable body by hand")
            continue
        text = path.read_text("utf-8")
        try:
            body = event.model_validate_json(text).model_dump(mode="json", exclude_unset=True)
        except ValidationError as error:
            faults.append(f"{EXAMPLES}/{path.name}: {error.errors()[0]['loc']} {error.errors()[0]['msg']}")
            continue
        examples[name] = json.loads(text)
        if body != examples[name]:
            faults.append(f"{EXAMPLES}/{path.name}: is not what the model writes; it should be\n{_json(body)}")
    return examples, faults


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


class _Plain(yaml.SafeDumper):
    """Writes every value where it stands, without YAML's aliases, which readers of AsyncAPI need not know."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the name is PyYAML's
        return True


def _yaml(document: Any) -> str:
    head = "# Written by `python -m rapport.contracts.generate` from the event classes; change those.\n"
    text: str = yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
    return head + text


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def main(arguments: Sequence[str] | None = None, folder: Path = HERE) -> int:
    """Write what changed, or with `--check` only say so. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m rapport.contracts.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would change")
    check: bool = parser.parse_args(arguments).check
    built = contracts(folder)
    if built.problems:
        for problem in built.problems:
            sys.stderr.write(f"{problem}\n")
        sys.stderr.write(
            f"{len(built.problems)} problem(s). Optional fields may be added at any time; publish any other change as a"
            " new type with the next .v<n>, beside the old one.\n"
        )
        return 1
    changed = [name for name, text in built.files.items() if _read(folder / name) != text]
    for name in changed:
        if check:
            sys.stderr.write(f"{folder / name} is out of date: run `python -m rapport.contracts.generate`\n")
        else:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(built.files[name], "utf-8")
            sys.stdout.write(f"wrote {folder / name}\n")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
