"""Mosquitto on the loopback; anybody there may connect. With a folder it keeps sessions, queues, retained messages."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from deploy.broker import free_port
from deploy.services.cache import Found
from deploy.services.run.process import Process, data_folder, started


@dataclasses.dataclass(frozen=True, slots=True)
class Mosquitto:
    """A running broker."""

    process: Process
    port: int


@contextlib.contextmanager
def running(
    found: Found, folder: Path | None = None, port: int = 0, *, window: int = 1_000, options: str = ""
) -> Iterator[Mosquitto]:
    """Run the broker and yield it; `folder` keeps the data (else nothing is kept).

    `window`: how many unacknowledged messages it sends to a client; queues have no bound. `options`: further lines of
    its configuration.
    """
    port = port or free_port(0)
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", f"max_inflight_messages {window}"]
    lines += ["max_queued_messages 0", "max_queued_bytes 0", "log_type error", options]

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    with data_folder("mosquitto", folder) as place:
        if folder is not None:
            lines += ["persistence true", f"persistence_location {place.absolute()}/", "autosave_interval 10"]
        if os.geteuid() == 0:
            lines.append("user root")  # another one could not write into our folder
        config = place / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        process = Process("mosquitto", [found.path, "-c", config], place, listens)
        with started(process):
            yield Mosquitto(process, port)
