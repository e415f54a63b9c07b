"""Apache Kafka on the loopback: one process that is broker and controller (KRaft), formatted for its folder."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.broker import free_port
from deploy.commands._base import UserError
from deploy.services.cache import Found
from deploy.services.run.process import Process, data_folder, started


@dataclasses.dataclass(frozen=True, slots=True)
class Kafka:
    """A running broker; `address` is what clients call bootstrap server."""

    process: Process
    address: str


@contextlib.contextmanager
def running(
    found: Found, folder: Path | None = None, port: int = 0, options: Mapping[str, str] | None = None
) -> Iterator[Kafka]:
    """Run the broker and yield it; `folder` keeps the data (else a temporary one), `options` are broker settings."""
    port = port or free_port(0)
    address = f"127.0.0.1:{port}"
    with data_folder("kafka", folder) as place:
        config = place / "kraft.properties"
        config.write_text(_properties(place, port, free_port(0), options or {}), encoding="utf-8")
        java = [shutil.which("java") or "java", "-Xms256m", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        java += ["-cp", f"{found.path}/libs/*"]
        if not (place / "data" / "meta.properties").exists():
            format_it = [*java, "kafka.tools.StorageTool", "format", f"--cluster-id={_cluster_id()}", "-c", str(config)]
            told = subprocess.run(format_it, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
            if told.returncode:
                raise UserError(f"Kafka cannot format {place}: {(told.stderr or told.stdout).strip()}")
        process = Process("kafka", [*java, "kafka.Kafka", config], place, lambda: _listens(port))
        with started(process):
            yield Kafka(process, address)


def _cluster_id() -> str:
    """Return a new identity as Kafka writes them: 16 bytes in base64 without padding."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _properties(place: Path, port: int, controller_port: int, options: Mapping[str, str]) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(place / "data"),
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "8",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # after kill -9 a broker is taken back when its old session has ended
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        **options,
    }
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
