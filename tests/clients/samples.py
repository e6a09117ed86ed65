"""The samples of docs/clients, as they stand there."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
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


def blocks(page: Path) -> list[tuple[str, str]]:
    """The page's samples, each with its language; without what would start or install something."""
    return [(name, text) for name, text in _BLOCK.findall(page.read_text()) if not text.startswith("make up")]


def run(language: str, text: str, variables: Mapping[str, str], folder: Path) -> str:
    """What a sample prints; it fails the test when it fails. Without curl nothing of what is meant for a shell."""
    environment = {**os.environ, **variables, "no_proxy": "127.0.0.1"}
    match language:
        case "python":
            command = [sys.executable, "-c", text]
        case "ts":
            file = folder / f"{hashlib.sha256(text.encode()).hexdigest()}.ts"
            file.write_text(text.replace('"@rapport/client"', f'"{_SOURCE}"'))
            command = [str(node.NODE), str(file)]
        case _:
            if shutil.which("curl") is None:
                return ""
            command = ["bash", "-euo", "pipefail", "-c", text]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        pytest.fail(f"{text}\n{done.stdout}\n{done.stderr}")
    return done.stdout
