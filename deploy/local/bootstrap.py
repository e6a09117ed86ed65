"""Make .venv from the pinned requirements; does nothing when it is up to date.

Runs on the system's Python with nothing but its standard library, also on Debian's, which comes without ensurepip and
without pip: then the pip named in requirements/pip.txt is fetched and checked against its hash.
The environment is made anew when requirements or Python change, so nothing old is left in it; when only a package of
this repository changed its pyproject.toml, those packages are installed again.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "rapport-stamp.json"
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
PIP = ROOT / "requirements" / "pip.txt"
PACKAGES = [
    "libs/common",
    "services/profile",
    "services/offers",
    "services/touchpoint",
    "services/campaign",
    "cli",
    "clients/python",
]
# What pip itself uses when it is told nothing.
PUBLIC_INDEX = "https://pypi.org/simple"


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Rapport needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Set PYTHON=…")
    wanted = {
        "requirements": _hash([REQUIREMENTS]) + f" {sys.version_info.major}.{sys.version_info.minor} {ROOT}",
        "packages": _hash([ROOT / package / "pyproject.toml" for package in PACKAGES]),
    }
    done = _read_stamp()
    if done == wanted:
        return
    if done.get("requirements") != wanted["requirements"]:
        pip = _new_environment()
        print("Installing the pinned requirements (about 350 MB, once)", flush=True)
        _run([*pip, "install", "--require-hashes", "--requirement", str(REQUIREMENTS)])
    else:
        STAMP.unlink()
    pip = _pip()
    editables = [word for package in PACKAGES for word in ("--editable", str(ROOT / package))]
    _run([*pip, "install", "--quiet", "--no-deps", "--no-build-isolation", *editables])
    STAMP.write_text(json.dumps(wanted))


def _hash(files: list[Path]) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def _new_environment() -> list[str]:
    """An empty .venv; the pip to fill it with."""
    try:
        import venv
    except ImportError:
        sys.exit(f"{sys.executable} has no module venv. Install python3-venv, or set PYTHON to a complete Python.")
    shutil.rmtree(VENV, ignore_errors=True)
    venv.create(VENV, symlinks=True, with_pip=False)
    return _pip()


def _pip() -> list[str]:
    """The command that installs into .venv: that of the system if it can, else the pinned one."""
    python = str(VENV / "bin" / "python")
    installed = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, check=False)
    if installed.returncode == 0 and int(installed.stdout.split()[1].split(".")[0]) >= 23:  # --python came with 22.3
        return [sys.executable, "-m", "pip", "--python", python]
    return [python, str(_fetched_pip() / "pip")]


def _fetched_pip() -> Path:
    """The pinned pip's wheel, which Python can run as it is."""
    line = next(text for text in PIP.read_text().splitlines() if text.startswith("pip=="))
    version, digest = line.split(" --hash=sha256:")
    name = f"pip-{version.removeprefix('pip==')}-py3-none-any.whl"
    wheel = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rapport" / name
    if not wheel.exists() or _hash([wheel]) != digest.strip():
        wheel.parent.mkdir(parents=True, exist_ok=True)
        print(f"Fetching {name}", flush=True)
        content = _from_index(name)
        if hashlib.sha256(content).hexdigest() != digest.strip():
            sys.exit(f"{name} is not the file whose hash stands in {PIP}")
        wheel.write_bytes(content)
    return wheel


def _from_index(name: str) -> bytes:
    index = os.environ.get("PIP_INDEX_URL") or PUBLIC_INDEX
    page = f"{index.rstrip('/')}/pip/"
    ask = urllib.request.Request(page, headers={"Accept": "application/vnd.pypi.simple.v1+json"})  # noqa: S310
    try:
        with urllib.request.urlopen(ask, timeout=60) as answer:  # noqa: S310
            files = json.load(answer)["files"]
        address = next(file["url"] for file in files if file["filename"] == name)
        with urllib.request.urlopen(urllib.parse.urljoin(page, address), timeout=60) as answer:  # noqa: S310
            return bytes(answer.read())
    except (urllib.error.URLError, ValueError, StopIteration) as error:
        sys.exit(
            f"This Python has no pip, and {name} could not be fetched from the package index ({error}). "
            "Connect this machine, set PIP_INDEX_URL, or install python3-pip; then run again."
        )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit("Setting up .venv failed (the reason is above). Run again to go on: what was fetched is kept.")


if __name__ == "__main__":
    main()
