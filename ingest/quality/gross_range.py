"""Gross range: outside of what is possible FAIL, else outside of what is plausible SUSPECT. Bounds are inside."""

from __future__ import annotations

import math

from ingest.model import Quality

Bounds = tuple[float | None, float | None]


def judge(value: float, possible: Bounds, plausible: Bounds = (None, None)) -> Quality:
    """Return the flag of a value; NaN is a missing one. A bound of None is not tested."""
    if math.isnan(value):
        return Quality.MISSING
    if _outside(value, possible):
        return Quality.FAIL
    return Quality.SUSPECT if _outside(value, plausible) else Quality.GOOD


def _outside(value: float, bounds: Bounds) -> bool:
    low, high = bounds
    return (low is not None and value < low) or (high is not None and value > high)
