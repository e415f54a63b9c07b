"""Slows down guessing of passwords: so many failures of one name or one address, then a pause.

Kept in memory: a restart forgets, an attacker cannot cause one. Time is an argument (wall clock).
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque

MAX_FAILURES = 8
WINDOW_MS = 5 * 60_000
_MAX_KEYS = 10_000


class Attempts:
    """Failures by key (`name:…`, `address:…`); safe to use from several threads."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[int]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_ms(self, keys: tuple[str, ...], now_ms: int) -> int:
        """Return how long the next attempt has to wait: 0 if it may be made now."""
        with self._lock:
            return max((self._wait_of(key, now_ms) for key in keys), default=0)

    def failed(self, keys: tuple[str, ...], now_ms: int) -> None:
        """Count a failure."""
        with self._lock:
            for key in keys:
                self._failures.setdefault(key, deque(maxlen=MAX_FAILURES)).append(now_ms)
                self._failures.move_to_end(key)
            while len(self._failures) > _MAX_KEYS:
                self._failures.popitem(last=False)

    def succeeded(self, keys: tuple[str, ...]) -> None:
        """Forget the failures of these keys."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _wait_of(self, key: str, now_ms: int) -> int:
        failures = self._failures.get(key)
        if failures is None or len(failures) < MAX_FAILURES:
            return 0
        return max(0, failures[0] + WINDOW_MS - now_ms)
