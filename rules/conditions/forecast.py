"""`forecast`: a value that will pass a limit within a while if it goes on like this.

    when:
      forecast: {property: waste.fill_level, over: 12h, within: 6h, at_least: 95}

The trend is that of Theil and Sen: the median of the slopes between all pairs of points, here of the medians of 24
pieces of the last `over`; single wild values do not bend it. It is not known until observations reach back half of
`over`. Judged 24 times each `over`.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Self

import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Verdict, Verdicts
from rules.conditions._limits import Bound, BoundOptions
from rules.conditions._samples import UNKNOWN, Sampling, ends, one_property, span, with_unit
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.view import View
from rules.wording import Wording, measured
from rules.wording import span as said_span

_PIECES = 24
_FEW = 4
_MINUTE_MS = 60_000


class Forecast(Sampling, frozen=True, kw_only=True):
    """The trend of a span, carried on for `ahead_ms`, held against a limit."""

    observed_property: str
    unit: str
    over_ms: int
    ahead_ms: int
    bound: Bound

    @property
    def properties(self) -> tuple[str, ...]:
        """The one property that it judges."""
        return (self.observed_property,)

    @property
    def span_ms(self) -> int:
        """Return how far back it looks."""
        return self.over_ms

    @property
    def every_ms(self) -> int:
        """Return a 24th of the span in whole minutes, at least one."""
        return max(1, self.over_ms // _PIECES // _MINUTE_MS) * _MINUTE_MS

    def judge(self, view: View) -> Verdicts:
        """Return on which side of the limit it will be, at the end of the time ahead."""
        found = self._trend(view)
        return UNKNOWN if found is None else (self._verdict(*found),)

    def describe(self, view: View) -> str:
        """Return when the limit is reached, in words."""
        found = self._trend(view)
        if found is None:
            return f"{self.observed_property}: the trend of {span(self.over_ms)} is not known"
        now, slope = found
        said = f"{self.observed_property} is {with_unit(round(now, 3), self.unit)}"
        said += f" and changes by {with_unit(round(slope * 3_600_000, 3), self.unit)} each hour"
        if self._verdict(now, slope) is not Verdict.HOLDS:
            return f"{said}, does not reach {self.bound.limit:g} within {span(self.ahead_ms)}"
        if self.bound.judge(now) is Verdict.HOLDS:
            return f"{said}, {self.bound.words(now)}"
        left_ms = (self.bound.limit - now) / slope
        return f"{said}, reaches {self.bound.limit:g} in {span(round(left_ms / _MINUTE_MS) * _MINUTE_MS)}"

    def explain(self, wording: Wording) -> Text:
        """Return in plain words what is reached, and how soon."""
        title = wording.title(self.observed_property)
        limit = self.bound.explain(lambda value: measured(value, self.unit))
        over, ahead = said_span(self.over_ms), said_span(self.ahead_ms)
        return Text(
            zh=f"按最近 {over.zh}的趋势，{title.zh}将在 {ahead.zh}内{limit.zh}",
            en=f"going on as in the last {over.en}, {title.en} will be {limit.en} within {ahead.en}",
        )

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return the first and the last value of the span."""
        return ends(view, self.observed_property, view.window(self.observed_property, self.over_ms))

    def _verdict(self, now: float, slope: float) -> Verdict:
        verdict = self.bound.judge(now)
        return verdict if verdict is Verdict.HOLDS else self.bound.judge(now + slope * self.ahead_ms)

    def _trend(self, view: View) -> tuple[float, float] | None:
        """Return where the trend is now, and its slope in units each millisecond."""
        times, values = view.window(self.observed_property, self.over_ms)
        if not times or times[-1] - times[0] < self.over_ms // 2:
            return None
        points = _medians(times, values, view.at_ms, self.over_ms)
        return theil_sen(points, view.at_ms) if len(points) >= _FEW else None


def _medians(times: Sequence[int], values: Sequence[float], at_ms: int, over_ms: int) -> list[tuple[float, float]]:
    """Return (time, value) medians of the pieces of a span that have samples."""
    pieces: dict[int, list[int]] = {}
    for place, time_ms in enumerate(times):
        pieces.setdefault((at_ms - time_ms) * _PIECES // over_ms, []).append(place)
    return [
        (statistics.median(times[place] for place in places), statistics.median(values[place] for place in places))
        for places in pieces.values()
    ]


def theil_sen(points: Sequence[tuple[float, float]], at: float) -> tuple[float, float]:
    """Return the value at `at` and the slope of the line of Theil and Sen through at least two points."""
    slopes = [
        (later[1] - one[1]) / (later[0] - one[0])
        for place, one in enumerate(points)
        for later in points[place + 1 :]
        if later[0] != one[0]
    ]
    slope = statistics.median(slopes)
    return statistics.median(value + slope * (at - time) for time, value in points), slope


class Options(BoundOptions):
    """Options of `forecast`; limits are in the canonical unit of the property."""

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    over: Duration = pydantic.Field(ge=600, description="How far back the trend looks")
    within: Duration = pydantic.Field(gt=0, description="How far ahead it is carried on")

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Self:
        self.check()
        return self


def _build(options: Options, dictionary: Mapping[str, Property]) -> Condition:
    return Forecast(
        observed_property=options.observed_property,
        unit=dictionary[options.observed_property].unit,
        over_ms=1000 * options.over,
        ahead_ms=1000 * options.within,
        bound=options.bound(),
    )


CONDITION = ConditionKind(name="forecast", options=Options, reads=one_property, build=_build)
