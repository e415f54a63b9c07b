"""The `quality:` settings of a property as people write them in a dictionary, and how a site changes single tests.

    quality:
      rate_of_change: {suspect_per_minute: 3, fail_per_minute: 10}
      spike: {suspect: 3, fail: 10, method: average}
      flat_line: {tolerance: 0.1, suspect_after_s: 3600}
      attenuated_signal: {method: range, period_s: 3600, suspect: 0.2, fail: 0.05, least: 20}
      time_gap: {suspect_after_s: 7200}
      climatology: [{month: [6, 8], hour: [0, 5], plausible: [18, 32], possible: [10, 40]}]
      neighbours: {suspect: 5, fail: 15, radius_m: 3000, least: 3, age_s: 1800}
      roll_over: 65536
      source: where the limits come from, or default

A test that is not named is not made. In a site's own dictionary a further section `quality:` of the file itself holds
such settings by property: a test named there replaces that of the shipped dictionary, `null` switches it off.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import msgspec
import pydantic

from ingest.checks import (
    AttenuatedSignal,
    Checks,
    ClimateSpan,
    FlatLine,
    Neighbours,
    RateOfChange,
    Spike,
    TimeGap,
)

Positive = Annotated[pydantic.FiniteFloat, pydantic.Field(gt=0)]
NotNegative = Annotated[pydantic.FiniteFloat, pydantic.Field(ge=0)]
Span = tuple[pydantic.FiniteFloat, pydantic.FiniteFloat]
_LIMITS = {
    "month": (1, 12),
    "quarter": (1, 4),
    "weekofyear": (1, 53),
    "dayofyear": (1, 366),
    "dayofweek": (0, 6),
    "hour": (0, 23),
}
_A_MINUTE_S = 60.0


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class _Limits(_Model):
    """A pair of limits, of which `fail` lies above `suspect`; at least one is there."""

    suspect: Positive | None = None
    fail: Positive | None = None

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        _check(self.suspect, self.fail, "suspect", "fail")
        return self


class RateOfChangeEntry(_Model):
    """Rate of change, per minute of the unit."""

    suspect_per_minute: Positive | None = None
    fail_per_minute: Positive | None = None

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        _check(self.suspect_per_minute, self.fail_per_minute, "suspect_per_minute", "fail_per_minute")
        return self

    def value(self) -> RateOfChange:
        """Return the settings per second."""
        suspect, fail = self.suspect_per_minute, self.fail_per_minute
        return RateOfChange(suspect and suspect / _A_MINUTE_S, fail and fail / _A_MINUTE_S)


class SpikeEntry(_Limits):
    """Spike."""

    method: Literal["average", "differential"] = "average"

    def value(self) -> Spike:
        """Return the settings."""
        return Spike(self.suspect, self.fail, self.method)


class _Durations(_Model):
    suspect_after_s: Positive | None = None
    fail_after_s: Positive | None = None

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        _check(self.suspect_after_s, self.fail_after_s, "suspect_after_s", "fail_after_s")
        return self


class FlatLineEntry(_Durations):
    """Flat line."""

    tolerance: Positive

    def value(self) -> FlatLine:
        """Return the settings."""
        return FlatLine(self.tolerance, self.suspect_after_s, self.fail_after_s)


class TimeGapEntry(_Durations):
    """Time gap."""

    def value(self) -> TimeGap:
        """Return the settings."""
        return TimeGap(self.suspect_after_s, self.fail_after_s)


class AttenuatedSignalEntry(_Model):
    """Attenuated signal."""

    suspect: NotNegative
    fail: NotNegative = 0.0
    period_s: Positive
    method: Literal["range", "std"] = "range"
    least: Annotated[int, pydantic.Field(ge=2)] = 2

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fail > self.suspect:
            raise ValueError("fail is above suspect: the less a signal varies, the worse")
        return self

    def value(self) -> AttenuatedSignal:
        """Return the settings."""
        return AttenuatedSignal(self.suspect, self.fail, self.period_s, self.method, self.least)


class ClimateEntry(_Model):
    """A span of the climatology: the values of some months, hours …; from > to runs over the end of the year or day."""

    month: Span | None = None
    quarter: Span | None = None
    weekofyear: Span | None = None
    dayofyear: Span | None = None
    dayofweek: Span | None = None
    hour: Span | None = None
    plausible: Span
    possible: Span | None = None

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self._within():
            raise ValueError(f"names none of {', '.join(_LIMITS)}")
        for name, start, end in self._within():
            first, last = _LIMITS[name]
            if not (first <= start <= last and first <= end <= last):
                raise ValueError(f"{name} is not within {first} to {last}")
        low, high = self.plausible
        if low >= high:
            raise ValueError("plausible: the low bound is not below the high one")
        if self.possible and not self.possible[0] <= low < high <= self.possible[1]:
            raise ValueError("plausible does not lie inside possible")
        return self

    def _within(self) -> tuple[tuple[str, float, float], ...]:
        spans = ((name, getattr(self, name)) for name in _LIMITS)
        return tuple((name, *span) for name, span in spans if span is not None)

    def value(self) -> ClimateSpan:
        """Return the span."""
        return ClimateSpan(self._within(), self.plausible, self.possible)


class NeighboursEntry(_Limits):
    """Neighbour disagreement."""

    radius_m: Positive = 3_000.0
    least: Annotated[int, pydantic.Field(ge=2)] = 3
    age_s: Positive = 1_800.0

    @pydantic.model_validator(mode="after")
    def _tests(self) -> Self:
        if self.suspect is None:
            raise ValueError("suspect is missing")
        return self

    def value(self) -> Neighbours:
        """Return the settings."""
        return Neighbours(self.suspect or 0.0, self.fail, self.radius_m, self.least, self.age_s)


class QualityEntry(_Model):
    """The tests of one property."""

    rate_of_change: RateOfChangeEntry | None = None
    spike: SpikeEntry | None = None
    flat_line: FlatLineEntry | None = None
    attenuated_signal: AttenuatedSignalEntry | None = None
    time_gap: TimeGapEntry | None = None
    climatology: Annotated[list[ClimateEntry], pydantic.Field(min_length=1)] | None = None
    neighbours: NeighboursEntry | None = None
    roll_over: Positive | None = None
    source: str | None = pydantic.Field(None, min_length=1)

    def over(self, before: Checks | None) -> Checks | None:
        """Return the settings laid over others: what is not named stays; None where nothing is left to test."""
        changes = {name: self._value(name) for name in self.model_fields_set}
        checks = msgspec.structs.replace(before or Checks(), **changes)
        return checks if msgspec.structs.replace(checks, source="") != Checks() else None

    def _value(self, name: str) -> object:
        entry = getattr(self, name)
        if name == "climatology":
            return tuple(one.value() for one in entry or ())
        if name == "source":
            return entry or ""
        return entry if entry is None or name == "roll_over" else entry.value()


def _check(suspect: float | None, fail: float | None, low: str, high: str) -> None:
    if suspect is None and fail is None:
        raise ValueError(f"neither {low} nor {high} is there")
    if suspect is not None and fail is not None and suspect >= fail:
        raise ValueError(f"{low} is not below {high}")
