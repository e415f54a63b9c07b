"""The recent observations of one series in memory: times and values in two flat arrays, in time order when asked.

Most come in order and are only appended. Flat arrays, because thousands of small objects would cost more to drop than
to judge. Of two observations with the same time, the one that came first counts.
"""

from __future__ import annotations

import statistics
from array import array
from bisect import bisect_left, bisect_right

MOST_REMEMBERED = 256
"""Observations of a series that are kept for late ones; a faster series has a shorter lateness bound."""
MOST_IN_WINDOW = 10_000
"""Observations of a series that are kept for conditions that look further back."""
HOUR_MS = 3_600_000
_ROOM = 8


class Samples:
    """What was observed of a series within `keep_ms` of the newest, at most `most` (times in milliseconds).

    Hours that lie further back than `fine_ms` (None: none do) are one sample: their median, at their last time. `memo`
    is what a condition has made of days long past.
    """

    __slots__ = ("_fine_ms", "_most", "_sorted", "keep_ms", "memo", "room", "times", "values")

    def __init__(self, keep_ms: int, most: int = MOST_REMEMBERED, fine_ms: int | None = None) -> None:
        self.times = array("q")
        self.values = array("d")
        self.room = _ROOM
        self.keep_ms, self._most, self._fine_ms, self._sorted = keep_ms, most, fine_ms, 0
        self.memo: tuple[object, object] | None = None

    def newest_ms(self) -> int:
        """Return the time of the newest sample, 0 without any."""
        self.order()
        return self.times[-1] if self.times else 0

    def coarse_ms(self) -> int:
        """Return the time before which hours are one sample, by what came last; 0 if there are none such."""
        if self._fine_ms is None or not self.times:
            return 0
        return (self.times[-1] - self._fine_ms) // HOUR_MS * HOUR_MS

    def add(self, at_ms: int, value: float) -> None:
        """Keep an observation."""
        self.times.append(at_ms)
        self.values.append(value)
        if len(self.times) > self.room:
            self.trim()

    def trim(self) -> None:
        """Forget what is too old or too much, and make room for a few more."""
        self.order()
        if self._fine_ms is not None:
            self._thin(self._fine_ms)
        times = self.times
        old = max(bisect_right(times, times[-1] - self.keep_ms - 1), len(times) - self._most)
        if old > 0:
            del times[:old], self.values[:old]
            self._sorted = len(times)
        self.room = len(times) + _ROOM + len(times) // 4

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
        self.times, self.values, self._sorted = others.times + self.times, others.values + self.values, 0
        self.memo = None

    def forget(self, times_ms: set[int]) -> None:
        """Forget the observations of these times: they are judged again."""
        kept = [pair for pair in zip(self.times, self.values, strict=True) if pair[0] not in times_ms]
        self.times = array("q", [at_ms for at_ms, _ in kept])
        self.values = array("d", [value for _, value in kept])
        self._sorted = 0

    def history(self, lateness_ms: int) -> list[tuple[int, float]]:
        """Return (time, value) of what is within the bound of the newest, in time order."""
        if not self.times:
            return []
        self.order()
        first = max(bisect_right(self.times, self.times[-1] - lateness_ms - 1), len(self.times) - MOST_REMEMBERED)
        return list(zip(self.times[first:], self.values[first:], strict=True))
