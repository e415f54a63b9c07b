"""Attenuated signal: values that vary too little over a period, though they do vary (a fouled or iced-up sensor)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import pstdev

from ingest.checks import AttenuatedSignal
from ingest.model import Quality


def judge(
    settings: AttenuatedSignal, times_ms: Sequence[int], values: Sequence[float], index: int, first: int = 0
) -> Quality:
    """Return the flag of the point at `index` by those of the period that ends with it; not those before `first`."""
    if math.isnan(values[index]):
        return Quality.MISSING
    begin_ms = times_ms[index] - settings.period_s * 1000
    at = index
    while at >= first and times_ms[at] > begin_ms:
        at -= 1
    there = [value for value in values[at + 1 : index + 1] if not math.isnan(value)]
    if len(there) < settings.least:
        return Quality.UNKNOWN
    return flag(settings, spread(there, settings.method))


def flag(settings: AttenuatedSignal, measure: float) -> Quality:
    """Return the flag of a spread."""
    if measure < settings.fail:
        return Quality.FAIL
    return Quality.SUSPECT if measure < settings.suspect else Quality.GOOD


def spread(values: Sequence[float], method: str) -> float:
    """Return the range of the values or their standard deviation (of the values, not of what they are a sample of)."""
    return max(values) - min(values) if method == "range" else pstdev(values)
