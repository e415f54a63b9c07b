"""Settings of the quality tests of one property, as the hot path holds them (files: `ingest.quality.settings`).

Values and thresholds are in the unit of the property, lengths of time in seconds, distances in metres. A threshold of
None is not tested. docs/quality.md says what each of them means.
"""

from __future__ import annotations

import msgspec

Span = tuple[float, float]


class RateOfChange(msgspec.Struct, frozen=True):
    """The greatest believable change, in the unit of the property per second."""

    suspect: float | None = None
    fail: float | None = None


class Spike(msgspec.Struct, frozen=True):
    """How far a value may stand out from those before and after it; `method` is `average` or `differential`."""

    suspect: float | None = None
    fail: float | None = None
    method: str = "average"


class FlatLine(msgspec.Struct, frozen=True):
    """For how long values may stay within less than `tolerance`."""

    tolerance: float
    suspect_s: float | None = None
    fail_s: float | None = None


class AttenuatedSignal(msgspec.Struct, frozen=True):
    """The least spread (`range` or `std`) of the values of a period, where at least `least` of them are there."""

    suspect: float
    fail: float
    period_s: float
    method: str = "range"
    least: int = 2


class TimeGap(msgspec.Struct, frozen=True):
    """The longest time without an observation."""

    suspect_s: float | None = None
    fail_s: float | None = None


class ClimateSpan(msgspec.Struct, frozen=True):
    """The values to be expected while every period of `within` is in its span (bounds included), by local time.

    `within` holds (period, from, to); from > to runs over the end of the year or day. `depth` is the span of depths (m)
    that it is for.
    """

    within: tuple[tuple[str, float, float], ...]
    plausible: Span
    possible: Span | None = None
    depth: Span | None = None


class Neighbours(msgspec.Struct, frozen=True):
    """How far a device may be from the median of at least `least` others of its kind within `radius_m`.

    What a neighbour said longer than `age_s` ago does not count.
    """

    suspect: float
    fail: float | None = None
    radius_m: float = 3_000.0
    least: int = 3
    age_s: float = 1_800.0


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """The tests of a property that look at more than one observation, and where a counter begins again.

    `roll_over` is the modulus of a total; None: a total that falls was reset. `source` says where the limits come from.
    """

    rate_of_change: RateOfChange | None = None
    spike: Spike | None = None
    flat_line: FlatLine | None = None
    attenuated_signal: AttenuatedSignal | None = None
    time_gap: TimeGap | None = None
    climatology: tuple[ClimateSpan, ...] = ()
    neighbours: Neighbours | None = None
    roll_over: float | None = None
    source: str = ""
