"""How a worker ends when it cannot go on, and how it waits when it only has to wait."""

from __future__ import annotations

import os
import threading
from typing import NoReturn

import structlog

from deploy.clock import monotonic_s

LOG = structlog.get_logger("worker")


def fail(line: str) -> NoReturn:
    """End the process at once, with code 1: nothing is lost by it, and a stop in order may hang."""
    LOG.critical(line)
    os._exit(1)


def end_within(seconds: float, code: int) -> None:
    """End the process with this code if it has not ended by itself until then."""
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()


class Patience(threading.Event):
    """The event that stops the work. Who waits for it waits for a store that is down: it notes when that was."""

    def __init__(self) -> None:
        super().__init__()
        self._waited_s = float("-inf")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait, and note it."""
        self._waited_s = monotonic_s() + (timeout or 0)
        return super().wait(timeout)

    def is_tried(self, within_s: float) -> bool:
        """Tell whether somebody waited within so many seconds."""
        return monotonic_s() - self._waited_s < within_s
