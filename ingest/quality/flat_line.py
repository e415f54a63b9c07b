"""Flat line: a sensor that says the same for too long.

A length of time is counted in observations: with one a minute, ten minutes are the ten before and the point itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ingest.checks import FlatLine
from ingest.model import Quality

_FEWEST = 2  # before: with fewer than three points in all, nothing is called flat


def needed(length_s: float | None, interval_s: float) -> int | None:
    """Return how many observations before a point must be like it; None is for a length that is not tested."""
    return None if length_s is None else max(int(length_s / interval_s), _FEWEST)


def judge(
    settings: FlatLine,
    values: Sequence[float],
    index: int,
    interval_s: float,
    first: int = 0,
    times_ms: Sequence[int] | None = None,
) -> Quality:
    """Return the flag of the point at `index`, of a sensor that speaks every `interval_s`.

    The points before `first` do not count. With `times_ms` the length must have passed too: a sensor that speaks more
    often than it should is not called flat the sooner.
    """
    if math.isnan(values[index]):
        return Quality.MISSING
    flat = run(values, index, settings.tolerance, first)
    for length_s, flag in ((settings.fail_s, Quality.FAIL), (settings.suspect_s, Quality.SUSPECT)):
        before = needed(length_s, interval_s)
        if before is None or length_s is None or flat < before:
            continue
        if times_ms is None or times_ms[index] - times_ms[index - flat] >= length_s * 1000:
            return flag
    return Quality.GOOD


def run(values: Sequence[float], index: int, tolerance: float, first: int = 0) -> int:
    """Return how many points before `index` all lie with it within less than the tolerance; missing ones do too."""
    low = high = values[index]
    at = index - 1
    while at >= first:
        value = values[at]
        if value < low:
            low = value
        elif value > high:
            high = value
        if high - low >= tolerance:
            break
        at -= 1
    return index - 1 - at
