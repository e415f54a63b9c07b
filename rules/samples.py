"""The recent observations of one series in memory: times and values in two flat arrays, in time order when asked.

Most come in order and are only appended. Flat arrays, because thousands of small objects would cost more to drop than
to judge. Of two observations with the same time, the one that came first counts.

A few that nobody has asked for are *packed*: `times` and `values` are then one array, time and value in turns, which
takes half the room of two. Whoever looks at them puts them in order first (`order`), and that takes them apart.
"""

from __future__ import annotations

import statistics
from array import array
from bisect import bisect_left, bisect_right
from typing import Any, NamedTuple

MOST_REMEMBERED = 256
"""Observations of a series that are kept for late ones; a faster series has a shorter lateness bound."""
MOST_IN_WINDOW = 10_000
"""Observations of a series that are kept for conditions that look further back."""
HOUR_MS = 3_600_000
_ROOM = 8
_FEW = 4
_MOST_PACKED = 64
_PACKED_ROOM = 16  # numbers: an array of eight pairs is full


class Keeping(NamedTuple):
    """What is kept of a series: all within `keep_ms` of the newest, at most `most`.

    Hours that lie further back than `fine_ms` (None: none do) are one sample: their median, at their last time.
    """

    keep_ms: int
    most: int = MOST_REMEMBERED
    fine_ms: int | None = None


class Samples:
    """What was observed of a series (times in milliseconds). `memo`: what a condition has made of days long past."""

    __slots__ = ("_sorted", "keeping", "memo", "room", "times", "values")

    def __init__(self, keeping: Keeping) -> None:
        self.keeping = keeping
        self.times, self.values = _packed(array("d")) if keeping.fine_ms is None else (array("q"), array("d"))
        self.room, self._sorted = _PACKED_ROOM, 0
        self.memo: tuple[object, ...] | None = None

    def last_ms(self) -> int:
        """Return the time of the newest sample, 0 without any."""
        if self.times is self.values:
            return int(max(self.times[::2], default=0))
        if self._sorted < len(self.times):
            self.order()
        return self.times[-1] if self.times else 0

    def coarse_ms(self) -> int:
        """Return the time before which hours are one sample, by what came last; 0 if there are none such."""
        if self.keeping.fine_ms is None or not self.times:
            return 0
        return (self.times[-1] - self.keeping.fine_ms) // HOUR_MS * HOUR_MS

    def add(self, at_ms: int, value: float) -> None:
        """Keep an observation."""
        self.times.append(at_ms)
        self.values.append(value)
        if len(self.times) >= self.room:
            self.trim()

    def trim(self) -> None:
        """Forget what is too old or too much, and make room for a few more."""
        keep_ms, most, fine_ms = self.keeping
        if self.times is self.values and fine_ms is None and self._trim_packed(keep_ms):
            return
        self.order()
        if fine_ms is not None:
            self._thin(fine_ms)
        times = self.times
        old = max(bisect_right(times, times[-1] - keep_ms - 1), len(times) - most)
        if old > 0:
            del times[:old], self.values[:old]
            self._sorted = len(times)
        if len(times) <= _MOST_PACKED and fine_ms is None:
            self._pack()
        else:
            self.room = len(times) + _ROOM + len(times) // 4

    def _trim_packed(self, keep_ms: int) -> bool:
        """Forget the oldest of a packed few, as they came; False if these are more than a few."""
        packed = self.times
        oldest_ms = max(packed[::2]) - keep_ms
        old = 0
        while packed[old] < oldest_ms:
            old += 2
        del packed[:old]
        self.room = max(_PACKED_ROOM, len(packed) + len(packed) // 4 // 2 * 2 + 2 * _FEW)
        return len(packed) <= 2 * _MOST_PACKED

    def _pack(self) -> None:
        packed = array("d", bytes(16 * len(self.times)))
        packed[::2], packed[1::2] = array("d", self.times), self.values
        self.times, self.values = _packed(packed)
        self.room = max(_PACKED_ROOM, len(packed) + len(packed) // 4 // 2 * 2 + 2 * _FEW)

    def _thin(self, fine_ms: int) -> None:
        """Let each hour that lies far enough back be one sample."""
        times, values = self.times, self.values
        end = bisect_left(times, (times[-1] - fine_ms) // HOUR_MS * HOUR_MS)
        thin_times, thin_values = array("q"), array("d")
        first = 0
        while first < end:
            after = bisect_left(times, (times[first] // HOUR_MS + 1) * HOUR_MS, first, end)
            thin_times.append(times[after - 1])
            thin_values.append(values[first] if after - first == 1 else statistics.median(values[first:after]))
            first = after
        if len(thin_times) < end:
            self.times, self.values = thin_times + times[end:], thin_values + values[end:]
            self._sorted = len(self.times)

    def order(self) -> None:
        """Put what came since the last time in its place."""
        if self.times is self.values:
            packed = self.values
            self.times, self.values, self._sorted = array("q", map(int, packed[::2])), packed[1::2], 0
            self.room = max(_ROOM, len(self.times))
        times, values = self.times, self.values
        begin = self._sorted
        if begin == len(times):
            return
        last_ms = times[begin - 1] if begin else times[0] - 1
        for at_ms in times[begin:]:
            if at_ms <= last_ms:
                break
            last_ms = at_ms
        else:
            self._sorted = len(times)
            return
        first: dict[int, float] = {}
        for at_ms, value in zip(times, values, strict=True):
            first.setdefault(at_ms, value)
        ordered = sorted(first)
        self.times = array("q", ordered)
        self.values = array("d", [first[at_ms] for at_ms in ordered])
        self._sorted = len(ordered)

    def take_over(self, others: Samples) -> None:
        """Begin with what others remembered."""
        self.order()
        others.order()
        self.times, self.values, self._sorted = others.times + self.times, others.values + self.values, 0
        self.memo = None

    def alone(self) -> Samples:
        """Return the same without the rules that watch them."""
        samples = Samples(self.keeping)
        samples.take_over(self)
        return samples

    def forget(self, times_ms: set[int]) -> None:
        """Forget the observations of these times: they are judged again."""
        self.order()
        kept = [pair for pair in zip(self.times, self.values, strict=True) if pair[0] not in times_ms]
        self.times = array("q", [at_ms for at_ms, _ in kept])
        self.values = array("d", [value for _, value in kept])
        self._sorted = len(kept)

    def history(self, lateness_ms: int) -> list[tuple[int, float]]:
        """Return (time, value) of what is within the bound of the newest, in time order."""
        if not self.times:
            return []
        self.order()
        first = max(bisect_right(self.times, self.times[-1] - lateness_ms - 1), len(self.times) - MOST_REMEMBERED)
        return list(zip(self.times[first:], self.values[first:], strict=True))


def _packed(numbers: array[float]) -> tuple[array[int], array[float]]:
    both: Any = numbers  # whole milliseconds are exact in a float
    return both, both
