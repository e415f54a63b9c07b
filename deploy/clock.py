"""The only real clock. Everything else is handed `now_ms`.

A scaled clock runs `speed` times as fast as the wall, from a given start: one clock for simulators, rules and
deadlines, also across processes, because it is a pure function of the wall clock and three numbers.
"""

from __future__ import annotations

import dataclasses
import time


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """`now_ms() = start_ms + speed · (wall - wall_start)`; the default is the wall clock itself."""

    start_ms: int = 0
    wall_start_ms: int = 0
    speed: float = 1.0

    def now_ms(self) -> int:
        """Return the current time in milliseconds since 1970 UTC."""
        return self.start_ms + int(self.speed * (wall_ms() - self.wall_start_ms))

    def wall_s(self, duration_ms: float) -> float:
        """Return how many seconds of wall time a duration of this clock takes."""
        return duration_ms / 1000 / self.speed

    @staticmethod
    def scaled(start_ms: int, speed: float) -> Clock:
        """Return a clock that shows `start_ms` now and then runs `speed` times as fast as the wall."""
        return Clock(start_ms=start_ms, wall_start_ms=wall_ms(), speed=speed)


def wall_ms() -> int:
    """Return the wall clock in milliseconds since 1970 UTC (heartbeats; everything else asks a `Clock`)."""
    return time.time_ns() // 1_000_000


def monotonic_s() -> float:
    """Return seconds of the monotonic clock (for time-outs and rates only)."""
    return time.monotonic()
