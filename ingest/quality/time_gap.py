"""Time gap: too long since the observation before. The first of a series has the flag of the second."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.checks import TimeGap
from ingest.model import Quality
from ingest.quality.aggregate import above


def judge(settings: TimeGap, times_ms: Sequence[int | None], index: int) -> Quality:
    """Return the flag of the point at `index`; a time of None is missing, and who comes after it is not known."""
    if times_ms[index] is None:
        return Quality.MISSING
    if index == 0:
        if len(times_ms) == 1 or times_ms[1] is None:
            return Quality.UNKNOWN
        return judge(settings, times_ms, 1)
    before, here = times_ms[index - 1], times_ms[index]
    if before is None or here is None:
        return Quality.UNKNOWN
    return above((here - before) / 1000, settings.suspect_s, settings.fail_s)
