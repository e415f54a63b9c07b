"""When an epoch closes: at so many frames, when the broker's window is full, at an age, or when the feed pauses.

Without the window an epoch would starve: a broker with a window of 100 sends 100 frames and waits, so an epoch of
2,000 would always end by its timer. Half a window is taken of a large one, so that the broker sends the second
half while the first is worked on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

from ingest.model import Frame

_LARGE_WINDOW = 400


class Source(Protocol):
    """Where frames come from (`ingest.io.sources.Sources`)."""

    def take(self, limit: int, wait_s: float) -> list[Frame]:
        """Return up to `limit` frames, an empty list when none comes in time."""

    @property
    def held_up(self) -> bool:
        """Tell whether some broker sends nothing more before it is acknowledged."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of an epoch; an epoch that the feed's pause ends is at least a quarter of `age_s` old.

    `window`: how many unacknowledged frames the brokers send, all of them together.
    """

    frames: int = 2_000
    window: int = 100
    age_s: float = 0.2
    pause_s: float = 0.005

    @property
    def size(self) -> int:
        """Number of frames at which an epoch closes."""
        return min(self.frames, share_of(self.window))


def share_of(window: int) -> int:
    """Return how many frames of a broker's window make an epoch."""
    return window // 2 if window >= _LARGE_WINDOW else window


def collect(source: Source, limits: Limits, idle_s: float, monotonic_s: Callable[[], float]) -> list[Frame]:
    """Return the frames of the next epoch; an empty list when none comes within `idle_s`."""
    frames = source.take(limits.size, idle_s)
    if not frames:
        return frames
    start = monotonic_s()
    while len(frames) < limits.size and not source.held_up:
        age = monotonic_s() - start
        if age >= limits.age_s:
            break
        more = source.take(limits.size - len(frames), min(limits.pause_s, limits.age_s - age))
        if more:
            frames += more
        elif monotonic_s() - start >= limits.age_s / 4:
            break
    return frames
