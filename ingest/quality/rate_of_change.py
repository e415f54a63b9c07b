"""Rate of change: how much a value differs from the one before, per second. The first of a series is GOOD."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ingest.checks import RateOfChange
from ingest.model import Quality
from ingest.quality.aggregate import above


def judge(settings: RateOfChange, times_ms: Sequence[int], values: Sequence[float], index: int) -> Quality:
    """Return the flag of the point at `index`; after a missing value (NaN) a rate cannot be told: GOOD."""
    if math.isnan(values[index]):
        return Quality.MISSING
    if index == 0 or math.isnan(values[index - 1]):
        return Quality.GOOD
    change = abs(values[index] - values[index - 1])
    elapsed_s = (times_ms[index] - times_ms[index - 1]) / 1000
    return above(change / elapsed_s, settings.suspect, settings.fail)
