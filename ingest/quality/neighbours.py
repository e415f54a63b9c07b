"""Neighbour disagreement: a device that says something else than those of its kind around it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from ingest.checks import Neighbours
from ingest.model import Quality
from ingest.quality.aggregate import above


def judge(settings: Neighbours, value: float, others: Sequence[float]) -> Quality:
    """Return the flag of a value by its distance from the median of what the neighbours say; too few: UNKNOWN."""
    if len(others) < settings.least:
        return Quality.UNKNOWN
    return above(abs(value - median(others)), settings.suspect, settings.fail)
