"""Spike: how far a value stands out from the one before and the one after.

| method | measure |
|---|---|
| `average` | distance from the mean of both; the points beside a spike are flagged too |
| `differential` | the smaller of the two steps, where one leads up and the other down; else 0 |

It needs the observation after, so the flag is UNKNOWN until then; likewise beside a missing value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ingest.checks import Spike
from ingest.model import Quality
from ingest.quality.aggregate import above


def judge(settings: Spike, values: Sequence[float], index: int) -> Quality:
    """Return the flag of the point at `index`."""
    value = values[index]
    if math.isnan(value):
        return Quality.MISSING
    if index == 0 or index == len(values) - 1:
        return Quality.UNKNOWN
    before, after = values[index - 1], values[index + 1]
    if math.isnan(before) or math.isnan(after):
        return Quality.UNKNOWN
    if settings.method == "average":
        measure = abs(value - (before + after) / 2)
    else:
        there, back = value - before, after - value
        measure = min(abs(there), abs(back)) if there * back < 0 else 0.0
    return above(measure, settings.suspect, settings.fail)
