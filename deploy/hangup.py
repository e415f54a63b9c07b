"""SIGHUP: whoever follows files of the site looks at them at once, whether they seem to have changed or not.

The signal is the process's, so is this count of it; a watch compares it with the one that it saw last.
"""

from __future__ import annotations

import os
import signal
from typing import Final


class _Count:
    def __init__(self) -> None:
        self.heard = 0

    def __call__(self, *_: object) -> None:
        self.heard += 1


_COUNT: Final = _Count()


def listen() -> None:
    """Count SIGHUP from now on, in place of ending by it (call it in the main thread).

    In a terminal nothing changes: there it says that the terminal is gone.
    """
    if not os.isatty(0):
        signal.signal(signal.SIGHUP, _COUNT)


def heard() -> int:
    """Return how often SIGHUP came."""
    return _COUNT.heard
