"""The recent observations of a series, in order of time: what tests look back at, and what totals grow from.

They are not stored a second time: after a start they come from the time-series store (`SeriesStore.recent`). How much
is kept is bounded: `keep` points and some slack, 16 bytes each.
"""

from __future__ import annotations

import dataclasses
from array import array
from bisect import bisect_left
from collections.abc import Sequence

from ingest.model import Quality

_SLACK = 32
_GOOD = int(Quality.GOOD)


@dataclasses.dataclass(slots=True, eq=False)
class History:
    """Times (ms) and values of the last `keep` or more observations; `flags` by time are those that are not GOOD.

    From `since_ms` on nothing of the series is missing here; None: nothing at all.
    """

    keep: int
    times: array[int] = dataclasses.field(default_factory=lambda: array("q"))
    values: array[float] = dataclasses.field(default_factory=lambda: array("d"))
    flags: dict[int, int] = dataclasses.field(default_factory=dict)
    since_ms: int | None = None

    def fill(self, points: Sequence[tuple[int, float, int]], from_ms: int) -> None:
        """Fill an empty history with the newest `keep` stored points (time, value, flag) from a time on, in order."""
        for time_ms, value, flag in points:
            self.times.append(time_ms)
            self.values.append(value)
            if flag != _GOOD:
                self.flags[time_ms] = flag
        self.since_ms = from_ms if len(points) < self.keep else points[0][0]

    def put(self, time_ms: int, value: float) -> int | None:
        """Put an observation in its place and return its index; None where it is older than what is kept.

        One that is there already keeps its value.
        """
        times = self.times
        if not times or time_ms > times[-1]:
            times.append(time_ms)
            self.values.append(value)
            return len(times) - 1
        index = bisect_left(times, time_ms)
        if self.since_ms is not None and time_ms < self.since_ms:
            return None
        if times[index] != time_ms:
            times.insert(index, time_ms)
            self.values.insert(index, value)
        return index

    def spare(self) -> int:
        """Return how many observations may still come before `trim` has something to do."""
        return self.keep + max(_SLACK, self.keep // 4) - len(self.times)

    def trim(self) -> None:
        """Forget what is too much."""
        if self.spare() > 0:
            return
        old = len(self.times) - self.keep
        if self.flags:
            for time_ms in self.times[:old]:
                self.flags.pop(time_ms, None)
        self.since_ms = self.times[old - 1] + 1
        del self.times[:old], self.values[:old]

    def before(self, time_ms: int, from_ms: int) -> float | None:
        """Return the newest value with from ≤ its time < time that did not FAIL, or None."""
        index = len(self.times) - 1
        if index >= 0 and self.times[index] >= time_ms:
            index = bisect_left(self.times, time_ms) - 1
        while index >= 0 and self.times[index] >= from_ms:
            if self.flags.get(self.times[index], _GOOD) < Quality.FAIL:
                return self.values[index]
            index -= 1
        return None
