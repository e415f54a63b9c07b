"""A Mosquitto of our own for a measurement or a test: free port, loopback, nothing kept on disk, ended by its id."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from deploy.commands._base import UserError
from deploy.services.get import debian
from deploy.services.run import mosquitto


def find() -> str | None:
    """Return the path of the program, or None."""
    found = debian.mosquitto()
    return str(found.path) if found else None


@contextlib.contextmanager
def running(window: int = 1_000, port: int = 0, options: str = "") -> Iterator[int]:
    """Run Mosquitto and yield its port; `window` unacknowledged messages a client, queues without bound.

    `options`: further lines of its configuration.
    """
    found = debian.mosquitto()
    if found is None:
        raise UserError("mosquitto is not installed: install the Debian package mosquitto")
    with mosquitto.running(found, port=port, window=window, options=options) as server:
        yield server.port
