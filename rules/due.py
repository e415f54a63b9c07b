"""Who may have become silent from when on: a heap of (time, rule, device), earliest first.

Each entry is one number, time, rule and device in it by their places in order: every device has one for each rule that
judges its silence, and a tuple would take three times the room.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable

Entry = tuple[int, str, str]
"""(time in milliseconds, rule id, device id)."""


class Due:
    """The heap over these rules and devices (by id)."""

    __slots__ = ("_devices", "_heap", "_rules")

    def __init__(self, rules: Iterable[str] = (), devices: Iterable[str] = ()) -> None:
        self._rules, self._devices = tuple(sorted(rules)), tuple(sorted(devices))
        self._heap: list[int] = []

    def push(self, entries: Iterable[Entry]) -> None:
        """Add entries; rule and device are among those of the heap."""
        for due_ms, rule_id, device_id in entries:
            rule, device = bisect_left(self._rules, rule_id), bisect_left(self._devices, device_id)
            heapq.heappush(self._heap, (due_ms * len(self._rules) + rule) * len(self._devices) + device)

    def first_ms(self) -> int | None:
        """Return the time of the earliest entry, or None without any."""
        return self._heap[0] // len(self._devices) // len(self._rules) if self._heap else None

    def pop(self, before_ms: int) -> tuple[str, str] | None:
        """Take the earliest entry out, if it lies before a time; return (rule id, device id)."""
        first_ms = self.first_ms()
        if first_ms is None or first_ms >= before_ms:
            return None
        rest, device = divmod(heapq.heappop(self._heap), len(self._devices))
        return self._rules[rest % len(self._rules)], self._devices[device]
