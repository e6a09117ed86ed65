"""`python -m clients.generator [--check]`: write both clients, or fail when that would change something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from clients.generator import python, typescript
from clients.generator.documents import SERVICES, api_of

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / "python" / "src" / "rapport_client" / "generated"
TYPESCRIPT = ROOT / "typescript" / "src" / "generated"


def files() -> dict[Path, str]:
    """What the generated files should hold."""
    found = {}
    for service in SERVICES:
        api = api_of(service)
        found[PYTHON / f"{service}.py"] = _formatted(python.module(api))
        found[TYPESCRIPT / f"{service}.ts"] = typescript.module(api)
    return found


def main() -> int:
    """Write, or with `--check` only compare."""
    stale = [path for path, text in files().items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT.parent)} is not what the routes say: run `make clients`\n")
        return 1 if stale else 0
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


def _formatted(source: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--stdin-filename", "generated.py", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True, cwd=ROOT.parent).stdout


if __name__ == "__main__":
    sys.exit(main())
