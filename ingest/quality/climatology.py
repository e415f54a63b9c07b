"""Climatology: values that this time of year and of day does not have.

Every span that the time lies in judges; the last of them decides, UNKNOWN where there is none. Times are local.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime

from ingest.checks import ClimateSpan
from ingest.model import Quality
from ingest.quality import gross_range

PERIODS: dict[str, Callable[[datetime], float]] = {
    "month": lambda at: at.month,
    "quarter": lambda at: (at.month + 2) // 3,
    "weekofyear": lambda at: at.isocalendar().week,
    "dayofyear": lambda at: at.timetuple().tm_yday,
    "dayofweek": lambda at: at.weekday(),
    "hour": lambda at: at.hour,
    "time": lambda at: at.timestamp(),
}
"""Periods by name; `dayofweek` begins with 0 for Monday, `time` is in seconds since 1970-01-01T00:00:00Z."""


def judge(spans: Sequence[ClimateSpan], at: datetime, value: float, depth: float | None = None) -> Quality:
    """Return the flag of a value at a local time (and a depth in m, where spans ask for one)."""
    if math.isnan(value):
        return Quality.MISSING
    flag = Quality.UNKNOWN
    for span in matching(spans, at, depth):
        flag = gross_range.judge(value, span.possible or (None, None), span.plausible)
    return flag


def matching(spans: Sequence[ClimateSpan], at: datetime, depth: float | None = None) -> list[ClimateSpan]:
    """Return the spans that a local time lies in."""
    return [span for span in spans if _deep(span, depth) and all(_within(at, *one) for one in span.within)]


def _within(at: datetime, period: str, start: float, end: float) -> bool:
    now = PERIODS[period](at)
    return start <= now <= end if start <= end else now >= start or now <= end


def _deep(span: ClimateSpan, depth: float | None) -> bool:
    return span.depth is None or (depth is not None and span.depth[0] <= depth <= span.depth[1])
