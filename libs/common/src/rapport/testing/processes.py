"""Child processes that outlive a crash of whoever started them, and can still be told apart afterwards.

Each process writes a pid file itself before it becomes the command, so there is no instant at which it runs unrecorded.
The file holds the pid, the start time the kernel keeps for it, and the boot it belongs to.

What always holds:
- a signal goes only to a process whose pid *and* start time are those of the file: a stale file never ends a stranger;
- `start` never runs a second process beside a living one of the same name and folder;
- a zombie counts as gone, once its last thread is: its ports and locks are free then.

Linux only: the start time is read from /proc.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import random
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Below the range from which the kernel takes ports for outgoing connections: a server that is down for a moment
# must find its port free again.
_PORTS = range(20_000, 32_000)
_RECORD_THEN_EXEC = (
    'cd "$1" && cat /proc/$$/stat /proc/sys/kernel/random/boot_id > "$0.new" && mv "$0.new" "$0" && shift && exec "$@"'
)
_POLL = 0.02
_LONGEST_POLL = 0.2  # what starts slowly needs the processor more than we need to know


class ProcessFailed(RuntimeError):
    """A process ended, or was not ready in time; the message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class _Identity:
    pid: int
    started: str
    boot: str


class ManagedProcess:
    """One named process of a state folder: `<folder>/<name>.pid` and `<folder>/log/<name>.log`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder.absolute()
        self.pid_file = self.folder / f"{name}.pid"
        self.log = self.folder / "log" / f"{name}.log"

    def start(
        self, command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> int:
        """Run the command in a session of its own, output appended to the log; its pid. One that lives is ended first.

        `environment` is the whole environment of the process (default: ours).
        """
        self.end()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        shell = ["/bin/sh", "-c", _RECORD_THEN_EXEC, str(self.pid_file), str(cwd or self.folder), *map(str, command)]
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        pid = os.posix_spawn(
            shell[0],
            shell,
            dict(os.environ if environment is None else environment),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), append, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        wait_until(lambda: self._recorded_pid() == pid or not _runs(pid), 10, f"{self.name} to record its pid")
        return pid

    @property
    def pid(self) -> int | None:
        """The pid while the process of the pid file lives, else None."""
        recorded = _read_identity(self.pid_file)
        if recorded is None:
            return None
        with suppress(ChildProcessError):  # reap it if it is our own child
            os.waitpid(recorded.pid, os.WNOHANG)
        return recorded.pid if _identify(recorded.pid) == recorded else None

    def end(self, *, first: signal.Signals = signal.SIGTERM, grace: float = 15.0) -> None:
        """Ask the process to end, wait up to `grace` seconds, then kill it; returns when it is gone."""
        if (pid := self.pid) is not None:
            _send(pid, first)
            _send(pid, signal.SIGCONT)  # a paused one hears nothing else
            try:
                wait_until(lambda: self.pid is None, grace, f"{self.name} to end")
            except TimeoutError:
                self.kill()
        self.pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """`kill -9` the process and its group; the pid file stays, as after a crash."""
        if (pid := self.pid) is not None:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            wait_until(lambda: self.pid is None, 10, f"{self.name} to be gone")

    def pause(self) -> None:
        """Freeze the process, as a machine that stalls: its peers take it for dead while it believes to be alive."""
        if (pid := self.pid) is not None:
            _send(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        if (pid := self.pid) is not None:
            _send(pid, signal.SIGCONT)

    def wait_ready(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready()` holds. Raises `ProcessFailed` when the process ends first or time runs out."""
        deadline = time.monotonic() + seconds
        pause = _POLL
        while not ready():
            if self.pid is None:
                raise ProcessFailed(f"{self.name} ended while it started. {self.last_words()}")
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{self.name} was not ready after {seconds:.0f} s. {self.last_words()}")
            time.sleep(pause)
            pause = min(pause * 1.2, _LONGEST_POLL)

    def last_words(self, lines: int = 15) -> str:
        """The end of the log, with where to find the rest."""
        try:
            text = self.log.read_text(errors="replace")
        except FileNotFoundError:
            text = ""
        return f"Log {self.log}:\n" + "\n".join(text.splitlines()[-lines:])

    def _recorded_pid(self) -> int | None:
        recorded = _read_identity(self.pid_file)
        return recorded.pid if recorded else None


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until the condition holds; `TimeoutError` naming `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(_POLL)


def port_is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port of the loopback address nobody listens on."""
    for port in random.SystemRandom().sample(_PORTS, 200):
        if port_is_free(port):
            return port
    raise ProcessFailed(f"none of 200 ports tried between {_PORTS.start} and {_PORTS.stop} is free")


def remembered_port(file: Path, usual: int | None = None) -> int:
    """The port written in the file if it is still free, else the usual one if that is, else any; written there."""
    with suppress(FileNotFoundError, ValueError):
        port = int(file.read_text())
        if port_is_free(port):
            return port
    port = usual if usual is not None and port_is_free(usual) else free_port()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(str(port))
    return port


def new_folder(parent: Path) -> Path:
    """An empty folder to make data in, beside its place; those of earlier attempts are removed.

    Its name is new each time: whoever was making the last one may have outlived its killed starter.
    """
    for old in parent.glob("new-*"):
        shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix="new-", dir=parent))


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the file's lock against other processes; the kernel gives it back when the holder dies."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def processes_in(folder: Path) -> list[int]:
    """Pids of the living processes whose working directory is the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "cwd").readlink() == folder and _runs(int(entry.name)):
                    found.append(int(entry.name))
    return found


def wheel_folder(package: str) -> Path:
    """The folder of an installed package, found without importing it; its programs are what we want."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ProcessFailed(f"the package {package} is not installed: run `make setup`")
    return Path(spec.origin).parent


def _read_identity(pid_file: Path) -> _Identity | None:
    try:
        stat, boot = pid_file.read_text().splitlines()
    except (FileNotFoundError, ValueError):
        return None
    return _parse(stat, boot)


def _identify(pid: int) -> _Identity | None:
    """Who runs under this pid now; None for nobody or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if _fields(stat)[0] in "ZX" and not _has_other_threads(pid):
        return None
    return _parse(stat, _BOOT_ID.read_text().strip())


def _has_other_threads(pid: int) -> bool:
    """Whether threads outlive the first one: until the last is gone, ports and locks are not given back."""
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir()) > 1
    except FileNotFoundError:
        return False


def _parse(stat: str, boot: str) -> _Identity:
    """Pid (field 1) and start time (field 22) of a stat line; the name in between may hold anything (proc(5))."""
    return _Identity(pid=int(stat.split(" ", 1)[0]), started=_fields(stat)[19], boot=boot)


def _fields(stat: str) -> list[str]:
    """The fields of a stat line from the third, the state, on."""
    return stat[stat.rindex(")") + 2 :].split()


def _runs(pid: int) -> bool:
    return _identify(pid) is not None


def _send(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, what)
