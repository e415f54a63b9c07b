"""One series under test: its recent observations, and the bounds within which the next one cannot be wrong.

Almost every observation lies within these bounds, which cost a few comparisons (`ingest.quality.stream`); only others
are put to the tests. So the bounds may be too narrow, never too wide: they follow from the settings and from the last
observations, and hold until `until_ms` or for `room` observations.
"""

from __future__ import annotations

import dataclasses
import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

from msgspec.structs import replace

from ingest.checks import Checks, Span
from ingest.history import History
from ingest.model import Quality, Series
from ingest.quality import attenuated_signal, climatology, flat_line, neighbours, rate_of_change, spike, time_gap
from ingest.quality.aggregate import worst
from ingest.quality.single import by_range

MOST_KEPT = 4_096
FEWEST_KEPT = 8
_QUARTER_MS = 900_000  # the hour of no zone begins between two quarters
_HOUR_MS = 3_600_000

Around = Callable[["Track", int], list[float]]
"""Returns what the neighbours of a series said before a time."""


@dataclasses.dataclass(slots=True, eq=False)
class Track:
    """A series under test. `around` are the series of its neighbours.

    In bounds is a value that differs from `last` by at most `step`, lies in `low`…`high`, and comes `least_ms` to
    `most_ms` after the last one and before `until_ms`. `hold` is what the bounds of its neighbours count on: they are
    looked at anew when a value leaves it. `only_grows`: a total that no test looks at but for gaps.
    """

    series: Series
    checks: Checks
    zone: tzinfo
    history: History
    reach_ms: int
    around: tuple[Series, ...] = ()
    last: float = 0.0
    last_ms: int = 0
    step: float = -1.0
    least_ms: int = 1
    most_ms: float = math.inf
    low: float = -math.inf
    high: float = math.inf
    until_ms: float = math.inf
    room: int = 0
    hold: Span | None = None
    only_grows: bool = False

    def judge(self, index: int, around: Around) -> Quality:
        """Return the flag of the observation at `index` by all tests of its property."""
        checks, history = self.checks, self.history
        times, values = history.times, history.values
        flags = [by_range(self.series.property, values[index])]
        first = self._first(index)
        if checks.rate_of_change:
            flags.append(rate_of_change.judge(checks.rate_of_change, times, values, index))
        if checks.spike:
            flags.append(spike.judge(checks.spike, values, index))
        if checks.time_gap and (index or history.since_ms is None):
            flags.append(time_gap.judge(checks.time_gap, times, index))
        if checks.flat_line:
            flags.append(flat_line.judge(checks.flat_line, values, index, self._interval_s, first, times))
        if checks.attenuated_signal:
            flags.append(attenuated_signal.judge(checks.attenuated_signal, times, values, index, first))
        if checks.climatology:
            flags.append(climatology.judge(checks.climatology, self._local(times[index]), values[index]))
        if checks.neighbours:
            flags.append(neighbours.judge(checks.neighbours, values[index], around(self, times[index])))
        return worst(flags)

    def settle(self) -> None:
        """Find the bounds for the next observation."""
        checks, history = self.checks, self.history
        history.trim()
        self.last, self.last_ms, self.room = history.values[-1], history.times[-1], history.spare() - 1
        self.step, self.until_ms = math.inf, math.inf
        self.low, self.high = -math.inf, math.inf
        if self.series.property.increments is not None:
            self.step = -1.0
            return
        if checks.rate_of_change:
            self._slow(checks.rate_of_change.suspect or checks.rate_of_change.fail or 0.0)
        if checks.spike:
            self._calm(checks.spike.suspect or checks.spike.fail or 0.0)
        if checks.flat_line:
            self._moving()
        if checks.attenuated_signal:
            self._lively()
        if checks.climatology:
            self._seasonal()

    def bound(self, others: Sequence[Span]) -> bool:
        """Narrow the bounds to what no value of the others in their spans can make doubtful, and to its own `hold`.

        Return True if the hold had to move, so that the bounds of the neighbours do not stand any more.
        """
        settings = self.checks.neighbours
        if settings is None:
            return False
        if others:
            self.low = max(self.low, max(high for _, high in others) - settings.suspect)
            self.high = min(self.high, min(low for low, _ in others) + settings.suspect)
        moved = self.hold is None or not self.hold[0] <= self.last <= self.hold[1]
        if moved:
            margin = settings.suspect / 4
            self.hold = self.last - margin, self.last + margin
        if self.hold:
            self.low, self.high = max(self.low, self.hold[0]), min(self.high, self.hold[1])
        return moved

    def needs_next(self, index: int) -> bool:
        """Tell whether the flag of the observation at `index` may be another when the next one is there."""
        return self.checks.spike is not None or (index == 0 and self.checks.time_gap is not None)

    def _slow(self, limit: float) -> None:
        """Allow the step that half an interval allows, for what comes after at least that."""
        times, interval_ms = self.history.times, self._interval_s * 1000
        last_ms = times[-1] - times[-2] if len(times) > 1 else interval_ms
        self.least_ms = max(1, int(min(interval_ms, last_ms) / 2))
        self.step = limit * self.least_ms / 1000

    def _calm(self, limit: float) -> None:
        """Allow a step within the limit after a step within the limit: both together make no spike."""
        values = self.history.values
        calm = len(values) < 2 or abs(values[-1] - values[-2]) <= limit  # noqa: PLR2004 - a step takes two
        self.step = min(self.step, limit) if calm else -1.0

    def _moving(self) -> None:
        """Leave room for as many observations as a run needs to become as long as what is called flat."""
        settings, values = self.checks.flat_line, self.history.values
        if settings is None:
            return
        shortest_s = settings.suspect_s or settings.fail_s or 0.0
        last = len(values) - 1
        flat = flat_line.run(values, last, settings.tolerance)
        room = (flat_line.needed(shortest_s, self._interval_s) or 0) - 1 - flat
        if room > 0:
            self.room = min(self.room, room)
        else:
            self.until_ms = min(self.until_ms, self.history.times[last - flat] + shortest_s * 1000)

    def _lively(self) -> None:
        """Find two values that are far enough apart: the signal is alive until the older of them is too old."""
        settings, values = self.checks.attenuated_signal, self.history.values
        if settings is None:
            return
        last = len(values) - 1
        witness = last - 1 - flat_line.run(values, last, settings.suspect)
        if settings.method != "range" or witness < 0:
            self.until_ms = -math.inf
        else:
            self.until_ms = min(self.until_ms, self.history.times[witness] + settings.period_s * 1000)
            self.room = min(self.room, self.history.keep - (len(values) - witness) - 1)

    def _seasonal(self) -> None:
        """Take the bounds from the spans that hold until the next quarter of an hour."""
        spans = climatology.matching(self.checks.climatology, self._local(self.last_ms))
        self.low = max((span.plausible[0] for span in spans), default=-math.inf)
        self.high = min((span.plausible[1] for span in spans), default=math.inf)
        self.until_ms = min(self.until_ms, self.last_ms - self.last_ms % _QUARTER_MS + _QUARTER_MS)

    def _first(self, index: int) -> int:
        """Return the first observation that counts for the one at `index`: so far back as a start would load."""
        if not index:
            return 0
        oldest = max(0, index - self.history.keep)
        return bisect_left(self.history.times, self.history.times[index - 1] - self.reach_ms, oldest, index)

    @property
    def _interval_s(self) -> float:
        return self.series.device.cadence_s

    def _local(self, time_ms: int) -> datetime:
        return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(self.zone)


def begin(series: Series, zone: tzinfo, around: tuple[Series, ...] = ()) -> Track:
    """Return the track of a series that nothing is known of yet."""
    checks, interval_s = series.property.checks or Checks(), series.device.cadence_s
    keep = FEWEST_KEPT
    if checks.flat_line:
        lengths = (flat_line.needed(one, interval_s) for one in (checks.flat_line.suspect_s, checks.flat_line.fail_s))
        keep = max(keep, *(one + 2 for one in lengths if one is not None))
    if checks.attenuated_signal:
        keep = max(keep, int(1.5 * checks.attenuated_signal.period_s / interval_s) + 2)
    keep = min(keep, MOST_KEPT)
    one = Track(series, checks, zone, History(keep), 2 * keep * interval_s * 1000 + _HOUR_MS, around)
    others = replace(checks, time_gap=None, roll_over=None, source="") != Checks()
    one.only_grows = series.property.increments is not None and not others
    if checks.time_gap:
        one.most_ms = (checks.time_gap.suspect_s or checks.time_gap.fail_s or math.inf) * 1000
    return one
