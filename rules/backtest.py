"""Runs rules over observations of the past, on the engine that also runs live, and compares with labelled incidents.

    transitions = replay(program, parts, end_ms)       # parts of observations in order of time
    score(firings_ms, windows)                         # which incidents were found, how late, what was false

Time is that of the observations: each counts as received when it was observed. Silence is judged in between. A time in
which nobody was heard of at all is one in which we were away, not one in which all were silent.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ingest.model import Observation
from rules.engine import EngineState, check, empty_state, next_check_at_ms, settle, step
from rules.model import Transition
from rules.program import Program

BATCH_MS = 60_000


class Window(NamedTuple):
    """A labelled incident, in milliseconds, both ends included."""

    start_ms: int
    end_ms: int


class Score(NamedTuple):
    """How firings and labelled incidents agree.

    A window is found when an alert begins to fire in it; its delay is from the window's start to the first of these.
    An alert that begins outside of all windows is a false alarm. Further alerts in a found window are neither.
    """

    alerts: int
    found: int
    missed: int
    false_alarms: int
    delays_s: tuple[float, ...]

    @property
    def median_delay_s(self) -> float | None:
        """Median of the delays in seconds; None if nothing was found."""
        return statistics.median(self.delays_s) if self.delays_s else None


def replay(
    program: Program,
    parts: Iterable[Sequence[Observation]],
    end_ms: int,
    *,
    away_after_ms: int | None = None,
    tell: Callable[[int], None] = lambda _time_ms: None,
) -> Iterator[Transition]:
    """Yield what the rules tell of observations that come in order of time; `tell` is called with how far it got.

    After `away_after_ms` without any observation all devices count as heard of anew (None: never).
    """
    state, before_ms = empty_state(), None
    for batch in _batches(parts):
        begins_ms, now_ms = batch[0].phenomenon_time_ms, batch[-1].phenomenon_time_ms
        if before_ms is not None and away_after_ms is not None and begins_ms - before_ms > away_after_ms:
            settle(state, begins_ms)
        elif before_ms is not None:
            yield from _silence(program, state, begins_ms)
        yield from step(program, state, batch, now_ms).transitions
        before_ms = now_ms
        tell(now_ms)
    if before_ms is not None and (away_after_ms is None or end_ms - before_ms <= away_after_ms):
        yield from _silence(program, state, max(end_ms, before_ms))


def score(firings_ms: Iterable[int], windows: Sequence[Window]) -> Score:
    """Compare the times at which alerts began to fire with labelled incidents."""
    firings = sorted(firings_ms)
    first = [
        next((at_ms for at_ms in firings if window.start_ms <= at_ms <= window.end_ms), None) for window in windows
    ]
    false = sum(not any(one.start_ms <= at_ms <= one.end_ms for one in windows) for at_ms in firings)
    delays = [
        (at_ms - window.start_ms) / 1000 for at_ms, window in zip(first, windows, strict=True) if at_ms is not None
    ]
    return Score(len(firings), len(delays), len(windows) - len(delays), false, tuple(delays))


def total(scores: Iterable[Score]) -> Score:
    """Return the sum of several."""
    alerts = found = missed = false_alarms = 0
    delays_s: tuple[float, ...] = ()
    for one in scores:
        alerts, found, missed = alerts + one.alerts, found + one.found, missed + one.missed
        false_alarms, delays_s = false_alarms + one.false_alarms, delays_s + one.delays_s
    return Score(alerts, found, missed, false_alarms, delays_s)


def _silence(program: Program, state: EngineState, now_ms: int) -> Iterator[Transition]:
    due_ms = next_check_at_ms(program, state)
    if due_ms is not None and due_ms <= now_ms:
        yield from check(program, state, now_ms).transitions


def _batches(parts: Iterable[Sequence[Observation]]) -> Iterator[Sequence[Observation]]:
    """Part observations into those of one minute; a minute that two parts share is two batches."""
    for part in parts:
        start = 0
        for index, one in enumerate(part):
            if one.phenomenon_time_ms >= part[start].phenomenon_time_ms + BATCH_MS:
                yield part[start:index]
                start = index
        if part:
            yield part[start:]
