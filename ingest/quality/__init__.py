"""Quality control: QARTOD's tests, one file each, and what runs them on a stream (docs/quality.md).

    single      the flag of an observation by itself: gross range and impossible time; needs no history
    stream      the tests that need what came before, for all series of a shard
    aggregate   the precedence by which the flags of several tests become one

Every test is a pure function `judge(settings, …) → Quality` over times, values and the index of the point it judges.
"""

from __future__ import annotations

from ingest.quality.single import AHEAD_MS, EARLIEST_MS, flagged

__all__ = ["AHEAD_MS", "EARLIEST_MS", "flagged"]
