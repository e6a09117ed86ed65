"""A killed run of the embedded servers blocks nothing and loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from redis.asyncio import Redis

from rapport.testing.infrastructure import postgres
from rapport.testing.infrastructure.embedded import Embedded
from rapport.testing.infrastructure.endpoints import Endpoints
from rapport.testing.processes import wait_until


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    # A folder closed to others, as a home is: PostgreSQL may run as another user than we.
    folder = tmp_path_factory.mktemp("closed")
    folder.chmod(0o700)
    embedded = Embedded(folder / "state")
    yield embedded
    embedded.stop()
    shutil.rmtree(folder)


@pytest.fixture
def endpoints(embedded: Embedded) -> Endpoints:
    return embedded.start()


class TestUnprivileged:
    """PostgreSQL refuses to run as root, and a home is closed to everybody else."""

    ASK = (
        "import os, sys; print(os.getuid(), os.access(sys.argv[1], os.R_OK), os.access(sys.argv[1], os.W_OK));"
        "print(*[line.split()[1] for line in open('/proc/self/status') if line.startswith(('CapPrm', 'CapEff'))])"
    )

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its rights up")
    def test_may_read_what_is_closed_to_others_and_nothing_more(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        file = tmp_path / "program"
        file.touch(mode=0o600)
        command = [*postgres._unprivileged(), sys.executable, "-c", self.ASK, str(file)]
        told = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout.split()
        assert told[0] != "0"
        assert told[1:3] == ["True", "False"]
        assert [int(capabilities, 16).bit_count() for capabilities in told[3:]] == [1, 1]


class TestKilledServer:
    async def test_postgres_comes_back_with_what_was_committed(self, embedded: Embedded, endpoints: Endpoints) -> None:
        connection = await asyncpg.connect(endpoints.postgres_url)
        await connection.execute("drop table if exists kept; create table kept (n int); insert into kept values (7)")
        embedded.kill("postgres")
        connection.terminate()
        assert embedded.restart("postgres") == endpoints.postgres_url
        connection = await asyncpg.connect(endpoints.postgres_url)
        assert await connection.fetchval("select n from kept") == 7
        await connection.close()

    async def test_postgres_comes_back_though_a_backend_is_busy(self, embedded: Embedded, endpoints: Endpoints) -> None:
        """A backend in the middle of a statement outlives its postmaster and holds the shared memory."""
        program = (
            "import asyncio, asyncpg, sys\n"
            "async def main():\n"
            "    connection = await asyncpg.connect(sys.argv[1])\n"
            "    print('busy', flush=True)\n"
            "    await connection.execute('select sum(a) from generate_series(1, 1000000000) a')\n"
            "asyncio.run(main())\n"
        )
        command = [sys.executable, "-c", program, endpoints.postgres_url]
        client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert client.stdout is not None
        with client:
            client.stdout.readline()
            embedded.kill("postgres")
            assert embedded.restart("postgres") == endpoints.postgres_url
            client.kill()

    async def test_kafka_comes_back_with_what_was_acknowledged(
        self, embedded: Embedded, endpoints: Endpoints, unique: str
    ) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=endpoints.kafka_bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(unique, num_partitions=1, replication_factor=1)])
        await admin.close()
        producer = AIOKafkaProducer(bootstrap_servers=endpoints.kafka_bootstrap, enable_idempotence=True)
        await producer.start()
        await producer.send_and_wait(unique, b"kept")
        await producer.stop()
        embedded.kill("kafka")
        assert embedded.restart("kafka") == endpoints.kafka_bootstrap
        consumer = AIOKafkaConsumer(bootstrap_servers=endpoints.kafka_bootstrap)
        await consumer.start()
        partition = TopicPartition(unique, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        record = await consumer.getone()
        await consumer.stop()
        assert record.value == b"kept"

    async def test_redis_comes_back_with_what_was_set(self, embedded: Embedded, endpoints: Endpoints) -> None:
        async with Redis.from_url(endpoints.redis_url) as redis:
            await redis.set("kept", b"7")
        embedded.kill("redis")
        assert embedded.restart("redis") == endpoints.redis_url
        async with Redis.from_url(endpoints.redis_url) as redis:
            assert await redis.get("kept") == b"7"


class TestKilledStarter:
    def test_its_servers_are_taken_over(self, embedded: Embedded) -> None:
        embedded.stop()
        script = (
            "import os, pathlib, signal, sys; from rapport.testing.infrastructure.embedded import Embedded;"
            "print(Embedded(pathlib.Path(sys.argv[1])).start(), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
        )
        command = [sys.executable, "-c", script, str(embedded.state_dir)]
        starter = subprocess.run(command, check=False, capture_output=True, text=True)
        assert starter.returncode == -signal.SIGKILL
        before = _pids(embedded)
        assert str(embedded.start()) == starter.stdout.strip()
        assert _pids(embedded) == before

    def test_killed_in_the_middle_it_blocks_nothing(self, embedded: Embedded, tmp_path: Path) -> None:
        """Killed at the first sign of each server, when some are half made and none is recorded as ready."""
        half = Embedded(tmp_path / "half")
        try:
            for sign in ("postgres/new-*", "kafka/new-*/*", "postgres.pid", "kafka.pid"):
                _start_and_kill(half, sign)
            assert half.start() == half.start()
        finally:
            half.stop()


class TestStop:
    def test_leaves_no_process_and_no_pid_file(self, embedded: Embedded) -> None:
        embedded.start()
        pids = _pids(embedded)
        embedded.stop()
        assert [pid for pid in pids if _lives(pid)] == []
        assert list(embedded.state_dir.glob("*.pid")) == []

    def test_leaves_a_stranger_alone_whose_pid_stands_in_a_stale_file(self, embedded: Embedded) -> None:
        embedded.start()
        embedded.kill("redis")
        stranger = subprocess.Popen(["sleep", "60"])
        pid_file = embedded.state_dir / "redis.pid"
        pid_file.write_text(f"{stranger.pid} {pid_file.read_text().split(' ', 1)[1]}")
        embedded.stop()
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()

    def test_a_stale_lock_file_of_postgres_that_names_a_stranger_does_not_block(self, embedded: Embedded) -> None:
        embedded.stop()
        lock = embedded.state_dir / "postgres" / "data" / "postmaster.pid"
        lock.write_text(f"{os.getppid()}\n{lock.parent}\n1\n1\n\n127.0.0.1\n")
        embedded.start()

    def test_erase_takes_the_data_along(self, tmp_path: Path) -> None:
        embedded = Embedded(tmp_path / "state")
        embedded.redis.start()
        embedded.stop(erase=True)
        assert not (embedded.state_dir / "redis").exists()


def _start_and_kill(embedded: Embedded, sign: str) -> None:
    """Start in a process of its own and kill that as soon as a file matches."""
    script = (
        "import pathlib, sys; from rapport.testing.infrastructure.embedded import Embedded;"
        "Embedded(pathlib.Path(sys.argv[1])).start()"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(embedded.state_dir)]) as starter:
        wait_until(lambda: any(embedded.state_dir.glob(sign)) or starter.poll() is not None, 60, sign)
        assert starter.poll() is None, "it failed by itself"
        starter.kill()


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""  # a zombie, which only its parent can bury, has none
    except FileNotFoundError:
        return False


def _pids(embedded: Embedded) -> list[int]:
    return sorted(int(file.read_text().split()[0]) for file in embedded.state_dir.glob("*.pid"))
