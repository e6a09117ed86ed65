"""The jars of Apache Kafka, fetched once into the user's cache folder and checked against the committed lock.

jgo resolves and downloads them (no Maven, no Java). A download that was cut short goes on where it stopped: jars that
are there and whole are kept, broken ones are fetched again.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from rapport.settings import home
from rapport.testing.processes import locked

KAFKA_VERSION = "4.4.0"
_LOCK = "jgo.lock.toml"


class JarsUnavailable(RuntimeError):
    """The jars could not be had; the message says why and what else can be done."""


@dataclass(frozen=True, slots=True)
class _Jar:
    path: Path
    sha256: str

    def is_whole(self) -> bool:
        try:
            return hashlib.sha256(self.path.read_bytes()).hexdigest() == self.sha256
        except FileNotFoundError:
            return False


def kafka_class_path() -> str:
    """The broker's class path; downloads what is missing (44 MB the first time) and shows its progress."""
    specifications = home() / "deploy" / "local"
    cache = cache_folder()
    with locked(cache / "download.lock"):
        jars = _jars(specifications, cache) + _jars(specifications / "broker-log", cache)
    return os.pathsep.join(dict.fromkeys(str(jar.path) for jar in jars))


def cache_folder() -> Path:
    """Where the jars are kept, so that a second clone downloads nothing."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "rapport" / f"kafka-{KAFKA_VERSION}"


def _jars(specification: Path, cache: Path) -> list[_Jar]:
    """The jars of one lock, all whole."""
    repository = cache / "m2"
    jars = _locked_jars(specification / _LOCK, repository)
    broken = [jar for jar in jars if not jar.is_whole()]
    if not broken:
        return jars
    for jar in broken:
        jar.path.unlink(missing_ok=True)  # jgo takes any file that is there for a finished download
    _download(specification, cache, repository)
    broken = [jar for jar in jars if not jar.is_whole()]
    if broken:
        names = ", ".join(jar.path.name for jar in broken)
        raise JarsUnavailable(f"not what {specification / _LOCK} expects: {names}")
    return jars


def _locked_jars(lock: Path, repository: Path) -> list[_Jar]:
    jars = []
    for entry in tomllib.loads(lock.read_text())["dependencies"]:
        group, name, version = entry["groupId"].replace(".", "/"), entry["artifactId"], entry["version"]
        jars.append(_Jar(repository / group / name / version / f"{name}-{version}.jar", entry["sha256"]))
    return jars


def _download(specification: Path, cache: Path, repository: Path) -> None:
    work = cache / "resolve"  # jgo writes its lock beside the specification: never over the committed one
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    shutil.copy(specification / "jgo.toml", work)
    command = [sys.executable, "-m", "jgo", "--resolver", "python", "--timeout", "60"]
    folders = ["--repo-cache", str(repository), "--cache-dir", str(cache / "jgo")]
    output = work / "jgo.log"
    with output.open("w") as log:
        child = subprocess.Popen([*command, *folders, "lock"], cwd=work, stdout=log, stderr=subprocess.STDOUT)
        try:
            _show_progress(child, repository)
        finally:
            child.kill()
            child.wait()
    if child.returncode != 0:
        raise JarsUnavailable(
            f"Apache Kafka {KAFKA_VERSION} could not be fetched from Maven Central. Connect this machine or set "
            "https_proxy and run again: what is there already is kept. Or give servers of your own: set "
            "RAPPORT_POSTGRES_URL, RAPPORT_KAFKA_BOOTSTRAP and RAPPORT_REDIS_URL. jgo said: "
            + output.read_text(errors="replace")[-1000:]
        )


def _show_progress(child: subprocess.Popen[bytes], repository: Path) -> None:
    """A line on stderr that counts what has arrived, rewritten on a terminal, now and then elsewhere."""
    terminal = sys.stderr.isatty()
    shown = ""
    for tick in itertools.count():
        ended = child.poll() is not None
        if terminal or ended or tick % 25 == 0:
            jars = [jar.stat().st_size for jar in repository.rglob("*.jar")]
            poms = sum(1 for _ in repository.rglob("*.pom"))
            line = f"Apache Kafka {KAFKA_VERSION}: {poms} descriptions, {len(jars)} jars, {sum(jars) / 1e6:.0f} MB"
            if line != shown:
                sys.stderr.write(f"\r{line}" if terminal else f"{line}\n")
                sys.stderr.flush()
            shown = line
        if ended:
            sys.stderr.write("\n" if terminal else "")
            return
        time.sleep(0.2)
