"""The only real clock. Everything else is handed `now_ms`.

A scaled clock runs `speed` times as fast as the wall, from a given start: one clock for simulators, rules and
deadlines, also across processes, because it is a function of the wall clock and a few numbers that they share.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path


@dataclasses.dataclass(slots=True, kw_only=True)
class Clock:
    """`now_ms() = start_ms + speed · (wall - wall_start)`; the default is the wall clock itself.

    `wall_start` is milliseconds of the wall, or a file that will hold them: until it does, the clock stands still at
    `start_ms`, so that processes which take their time to start begin together. From `end_ms` on it stands still too:
    a bounded run ends at the same moment for all.
    """

    start_ms: int = 0
    wall_start: int | Path = 0
    speed: float = 1.0
    end_ms: int | None = None

    def now_ms(self) -> int:
        """Return the current time in milliseconds since 1970 UTC."""
        if isinstance(self.wall_start, Path):
            try:
                self.wall_start = int(self.wall_start.read_text(encoding="ascii"))
            except (OSError, ValueError):
                return self.start_ms
        now_ms = self.start_ms + int(self.speed * max(0, wall_ms() - self.wall_start))
        return now_ms if self.end_ms is None else min(now_ms, self.end_ms)

    def wall_s(self, duration_ms: float) -> float:
        """Return how many seconds of wall time a duration of this clock takes."""
        return duration_ms / 1000 / self.speed


@dataclasses.dataclass(slots=True, kw_only=True)
class FakeClock(Clock):
    """A clock that stands at `start_ms` until it is moved: for tests."""

    def now_ms(self) -> int:
        """Return the time that it was moved to."""
        return self.start_ms

    def move_to(self, now_ms: int) -> None:
        """Let it be `now_ms`."""
        self.start_ms = now_ms


def wall_ms() -> int:
    """Return the wall clock in milliseconds since 1970 UTC (heartbeats; everything else asks a `Clock`)."""
    return time.time_ns() // 1_000_000


def monotonic_s() -> float:
    """Return seconds of the monotonic clock (for time-outs and rates only)."""
    return time.monotonic()
