"""The quality flag of one observation by itself: gross range and impossible time (QARTOD, strict comparisons).

| test | flag |
|---|---|
| no value (NaN) | MISSING |
| value outside `low`…`high` of its property | FAIL |
| else outside `suspect_low`…`suspect_high` | SUSPECT |
| phenomenon time before 2020 (a clock that was never set) or more than five minutes ahead of now | FAIL |

The worst flag counts, also one that the message stated for itself. A bound that the dictionary does not have is not
checked. What needs the observations before is tested later, by `ingest.quality.stream`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ingest.model import Observation, Property, Quality
from ingest.quality import gross_range, impossible_time
from ingest.quality.aggregate import worst

EARLIEST_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z
AHEAD_MS = 5 * 60_000


def flagged(observations: Sequence[Observation], now_ms: int) -> list[Observation]:
    """Return observations that arrive at `now_ms`, each with its flag."""
    latest_ms = now_ms + AHEAD_MS
    return [
        one
        if (bounds := one.series.property).good_low <= one.value <= bounds.good_high
        and EARLIEST_MS <= one.phenomenon_time_ms <= latest_ms
        else replace(one, quality=flag(one, now_ms))
        for one in observations
    ]


def flag(observation: Observation, now_ms: int) -> int:
    """Return the `Quality` of an observation that arrives at `now_ms`."""
    at = impossible_time.judge(observation.phenomenon_time_ms, EARLIEST_MS, now_ms + AHEAD_MS)
    by_itself = by_range(observation.series.property, observation.value)
    return int(worst((by_itself, at, Quality(observation.quality))))


def by_range(known: Property, value: float) -> Quality:
    """Return the flag of a value by the ranges of its property."""
    return gross_range.judge(value, (known.low, known.high), (known.suspect_low, known.suspect_high))
