"""Tansu on the loopback: speaks Kafka's protocol and keeps everything in memory until it ends."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from deploy.broker import free_port
from deploy.services.cache import Found
from deploy.services.run.kafka import Kafka
from deploy.services.run.process import Process, data_folder, started


@contextlib.contextmanager
def running(found: Found, port: int = 0) -> Iterator[Kafka]:
    """Run the broker and yield it."""
    port = port or free_port(0)
    url = f"tcp://127.0.0.1:{port}"
    command: list[str | Path] = [found.path, "broker", "--listener-url", url, "--advertised-listener-url", url]
    command += ["--storage-engine", "memory://tansu/"]

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    with data_folder("tansu") as place:
        process = Process("tansu", command, place, listens)
        with started(process):
            yield Kafka(process, f"127.0.0.1:{port}")
