"""Child processes can be told apart after a crash, and a stranger is never ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rapport.testing.processes import (
    ManagedProcess,
    ProcessFailed,
    free_port,
    processes_in,
    remembered_port,
    wait_until,
)

SLEEP = ["sleep", "60"]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ManagedProcess]:
    process = ManagedProcess("sleeper", tmp_path)
    yield process
    process.end()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class TestManagedProcess:
    def test_runs_the_command_in_the_folder_with_the_given_environment_only(
        self, process: ManagedProcess, tmp_path: Path
    ) -> None:
        pid = process.start(SLEEP, environment={"PATH": os.environ["PATH"], "NAME": "a b"})
        assert process.pid == pid
        assert Path(f"/proc/{pid}/cwd").resolve() == tmp_path
        assert b"NAME=a b\0" in Path(f"/proc/{pid}/environ").read_bytes()
        assert b"HOME=" not in Path(f"/proc/{pid}/environ").read_bytes()

    def test_ends_a_living_one_before_it_starts_another(self, process: ManagedProcess) -> None:
        first = process.start(SLEEP)
        second = process.start(SLEEP)
        assert not _alive(first)
        assert process.pid == second

    def test_is_found_by_another_holder_of_the_same_folder(self, process: ManagedProcess, tmp_path: Path) -> None:
        process.start(SLEEP)
        ManagedProcess("sleeper", tmp_path).end()
        assert process.pid is None

    def test_outlives_a_killed_starter_and_is_still_known(self, process: ManagedProcess, tmp_path: Path) -> None:
        script = (
            "import os, pathlib, sys, signal; from rapport.testing.processes import ManagedProcess;"
            "ManagedProcess('sleeper', pathlib.Path(sys.argv[1])).start(['sleep', '60']);"
            "os.kill(os.getpid(), signal.SIGKILL)"
        )
        starter = subprocess.run([sys.executable, "-c", script, tmp_path], check=False)
        assert starter.returncode == -signal.SIGKILL
        pid = process.pid
        assert pid is not None
        process.end()
        assert not _alive(pid)

    def test_leaves_a_stranger_alone_whose_pid_stands_in_a_stale_file(self, process: ManagedProcess) -> None:
        process.start(SLEEP)
        process.kill()
        stranger = subprocess.Popen(SLEEP)
        try:
            left = process.pid_file.read_text()
            process.pid_file.write_text(f"{stranger.pid} {left.split(' ', 1)[1]}")
            assert process.pid is None
            process.kill()
            process.end()
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()

    def test_leaves_a_process_of_an_earlier_boot_alone(self, process: ManagedProcess) -> None:
        pid = process.start(SLEEP)
        stat, boot = process.pid_file.read_text().splitlines()
        process.pid_file.write_text(f"{stat}\n{'0' * len(boot)}\n")
        process.end()
        assert _alive(pid)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    @pytest.mark.parametrize("content", ["", "12", "not a pid file\n"])
    def test_takes_a_torn_pid_file_for_none(self, process: ManagedProcess, content: str) -> None:
        process.pid_file.write_text(content)
        assert process.pid is None
        process.end()

    def test_kills_one_that_does_not_end_when_asked(self, process: ManagedProcess, tmp_path: Path) -> None:
        pid = process.start(["sh", "-c", "trap '' TERM; touch deaf; while :; do sleep 0.1; done"])
        process.wait_ready((tmp_path / "deaf").exists, 5)
        process.end(grace=0.2)
        assert not _alive(pid)

    def test_kill_takes_the_children_along(self, process: ManagedProcess, tmp_path: Path) -> None:
        process.start(["sh", "-c", "sleep 60 & echo $! > child; wait"])
        process.wait_ready(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text() != "", 5)
        process.kill()
        child = int((tmp_path / "child").read_text())  # not ours to wait for: it is gone once the kernel came to it
        wait_until(lambda: not _alive(child), 10, "the child to be gone")

    def test_says_the_last_words_of_one_that_ended_too_early(self, process: ManagedProcess) -> None:
        process.start(["sh", "-c", "echo out of coffee >&2; exit 1"])
        with pytest.raises(ProcessFailed, match=r"(?s)sleeper ended while it started.*out of coffee"):
            process.wait_ready(lambda: False, 5)

    def test_says_so_when_the_program_is_missing(self, process: ManagedProcess) -> None:
        process.start(["/no/such/program"])
        with pytest.raises(ProcessFailed, match="/no/such/program"):
            process.wait_ready(lambda: False, 5)

    def test_gives_up_on_one_that_is_never_ready(self, process: ManagedProcess) -> None:
        process.start(SLEEP)
        with pytest.raises(ProcessFailed, match="not ready after 0 s"):
            process.wait_ready(lambda: False, 0.1)


class TestPorts:
    def test_keeps_the_port_it_had(self, tmp_path: Path) -> None:
        assert remembered_port(tmp_path / "port") == remembered_port(tmp_path / "port")

    def test_takes_another_when_a_stranger_listens_there(self, tmp_path: Path) -> None:
        port = remembered_port(tmp_path / "port")
        with socket.create_server(("127.0.0.1", port)):
            assert remembered_port(tmp_path / "port") != port

    def test_stays_below_the_ports_of_outgoing_connections(self) -> None:
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        assert free_port() < lowest


def test_processes_in_finds_those_that_work_in_a_folder(process: ManagedProcess, tmp_path: Path) -> None:
    assert processes_in(tmp_path) == []
    pid = process.start(SLEEP)
    assert processes_in(tmp_path) == [pid]
