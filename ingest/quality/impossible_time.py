"""Impossible time: before any sensor of ours was there, or in the future."""

from __future__ import annotations

from ingest.model import Quality


def judge(time_ms: int | None, earliest_ms: int, latest_ms: int) -> Quality:
    """Return FAIL for a time outside of earliest … latest (bounds are inside), MISSING for none, else GOOD."""
    if time_ms is None:
        return Quality.MISSING
    return Quality.GOOD if earliest_ms <= time_ms <= latest_ms else Quality.FAIL
