"""`rate_of_change`: how fast a value rises or falls.

    when:
      rate_of_change: {property: waste.temperature, over: 2m, per: 1m, above: 10}

The change from the oldest to the newest observation of the last `over` (both ends belong to it), divided by the time
between them, as so much each `per`. A fall is negative: `below: -5`. It is not known until the ends are half of `over`
apart: what two values at nearly the same time differ by is noise, not a rate.
"""

from __future__ import annotations

from collections.abc import Mapping

import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Verdicts
from rules.conditions._limits import Bounds, LevelledOptions
from rules.conditions._samples import UNKNOWN, Sampling, ends, one_property, span, with_unit
from rules.durations import Duration
from rules.model import Evidence, Severity, Text
from rules.view import View
from rules.wording import Wording, each, measured
from rules.wording import span as said_span

_TWO = 2


class RateOfChange(Sampling, frozen=True, kw_only=True):
    """The slope between the ends of a window, in units each `per_ms`, held against limits."""

    observed_property: str
    unit: str
    over_ms: int
    per_ms: int
    bounds: Bounds

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Return those of its levels, mildest first."""
        return self.bounds.severities

    @property
    def properties(self) -> tuple[str, ...]:
        """The one property that it judges."""
        return (self.observed_property,)

    @property
    def span_ms(self) -> int:
        """Return how far back it looks."""
        return self.over_ms + 1

    def judge(self, view: View) -> Verdicts:
        """Return on which side of the limits the rate is."""
        rate = self._rate(view)
        return UNKNOWN * len(self.bounds.each) if rate is None else self.bounds.judge(rate)

    def describe(self, view: View) -> str:
        """Return the rate and the limit in words."""
        rate = self._rate(view)
        if rate is None:
            return f"{self.observed_property}: rate of change is not known"
        said = with_unit(round(rate, 6), self.unit)
        return f"{self.observed_property} changes by {said} each {span(self.per_ms)}, {self.bounds.words(rate)}"

    def explain(self, wording: Wording) -> Text:
        """Return in plain words how fast it rises or falls."""
        title, per, over = wording.title(self.observed_property), each(self.per_ms), said_span(self.over_ms)
        zh, en, bounds = "变化", "change", self.bounds
        if all(one.is_high and one.limit >= 0 for one in bounds.each):
            zh, en = "上升", "rise"
        elif not any(one.is_high or one.limit > 0 for one in bounds.each):
            zh, en = "下降", "fall"
            bounds = Bounds(each=tuple(one.mirrored() for one in bounds.each), severities=bounds.severities)
        limits = bounds.explain(lambda value: measured(value, self.unit))
        return Text(
            zh=f"{title.zh}{per.zh}的{zh}幅度（按最近 {over.zh}计算）{limits.zh}",
            en=f"the {en} of {title.en} {per.en} (measured over {over.en}) {limits.en}",
        )

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return both ends."""
        return ends(view, self.observed_property, view.window(self.observed_property, self.span_ms))

    def _rate(self, view: View) -> float | None:
        times, values = view.window(self.observed_property, self.span_ms)
        if len(times) < _TWO or 2 * (times[-1] - times[0]) < self.over_ms:
            return None
        return (values[-1] - values[0]) / (times[-1] - times[0]) * self.per_ms


class Options(LevelledOptions):
    """Options of `rate_of_change`; limits are changes each `per`, in the canonical unit of the property."""

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    over: Duration = pydantic.Field(gt=0, description="How far back the older value may lie")
    per: Duration = pydantic.Field("1m", validate_default=True, gt=0, description="The time that limits are for")


def _build(options: Options, dictionary: Mapping[str, Property]) -> Condition:
    return RateOfChange(
        observed_property=options.observed_property,
        unit=dictionary[options.observed_property].unit,
        over_ms=1000 * options.over,
        per_ms=1000 * options.per,
        bounds=options.bounds(),
    )


CONDITION = ConditionKind(name="rate_of_change", options=Options, reads=one_property, build=_build)
