"""The samples of docs/clients, as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from clients import node

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted(page for page in (ROOT / "docs" / "clients").glob("*.md") if page.name != "README.md")
_BLOCK = re.compile(r"^```(sh|python|ts)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SOURCE = (ROOT / "clients" / "typescript" / "src" / "index.ts").as_uri()


def blocks(page: Path, language: str) -> list[str]:
    """The page's samples in a language."""
    return [text for name, text in _BLOCK.findall(page.read_text()) if name == language]


def run(language: str, text: str, variables: Mapping[str, str], folder: Path) -> str:
    """What a sample prints; it fails the test when it fails."""
    environment = {**os.environ, **variables, "no_proxy": "127.0.0.1"}
    match language:
        case "python":
            command = [sys.executable, "-c", text]
        case "ts":
            file = folder / "sample.ts"
            file.write_text(text.replace('"@rapport/client"', f'"{_SOURCE}"'))
            command = [str(node.NODE), str(file)]
        case _:
            command = ["bash", "-euo", "pipefail", "-c", text]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        pytest.fail(f"{text}\n{done.stdout}\n{done.stderr}")
    return done.stdout
