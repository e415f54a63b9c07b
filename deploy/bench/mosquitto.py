"""A Mosquitto of our own for a measurement or a test: free port, loopback, nothing kept on disk, ended by its id."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.broker import free_port
from deploy.commands._base import UserError

_START_S = 10.0


def find() -> str | None:
    """Return the path of the program, or None (Debian puts it where a plain user's PATH does not look)."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def running(window: int = 1_000, port: int = 0, options: str = "") -> Iterator[int]:
    """Run Mosquitto and yield its port; `window` unacknowledged messages a client, queues without bound.

    `options`: further lines of its configuration.
    """
    program = find()
    if program is None:
        raise UserError("mosquitto is not installed: install the Debian package mosquitto")
    port = port or free_port(0)
    with tempfile.TemporaryDirectory(prefix="wangge-mosquitto-") as folder:
        config = Path(folder) / "mosquitto.conf"
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages {window}\n"
            f"max_queued_messages 0\nmax_queued_bytes 0\nlog_type error\npersistence false\n{options}\n",
            encoding="utf-8",
        )
        process = subprocess.Popen([program, "-c", str(config)], start_new_session=True)  # noqa: S603 - our own arguments
        try:
            _wait(process, port)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise UserError(f"mosquitto does not start on port {port} (exit code {process.poll()})")
