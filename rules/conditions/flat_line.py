"""`flat_line`: a value that does not move although it should: a sensor that is stuck.

    when:
      flat_line: {property: weather.humidity, over: 6h, tolerance: 0.1}

It holds if the greatest and the least value of the last `over` differ by at most `tolerance`. It is not known until
observations reach back that far. `except_at` names a value at which a series may stay (no rain is 0 for weeks). Judged
twelve times each `over`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Verdict, Verdicts
from rules.conditions._samples import UNKNOWN, Sampling, ends, one_property, span, with_unit
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.view import View
from rules.wording import Wording, measured
from rules.wording import span as said_span

_MINUTE_MS = 60_000
_STEPS = 12


class FlatLine(Sampling, frozen=True, kw_only=True):
    """A spread of at most `tolerance` over `over_ms`."""

    observed_property: str
    unit: str
    over_ms: int
    tolerance: float
    except_at: float | None
    min_samples: int

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
        """Return a twelfth of the span in whole minutes, at least one."""
        return max(1, self.over_ms // _STEPS // _MINUTE_MS) * _MINUTE_MS

    def judge(self, view: View) -> Verdicts:
        """Return whether the series is flat."""
        times, values = view.window(self.observed_property, self.over_ms)
        if not times:
            return UNKNOWN
        if max(values) - min(values) > self.tolerance or self.except_at in values:
            return (Verdict.CLEAR,)
        reaches_back = times[0] <= view.at_ms - self.over_ms + 2 * self.every_ms
        return (Verdict.HOLDS,) if reaches_back and len(times) >= self.min_samples else UNKNOWN

    def describe(self, view: View) -> str:
        """Return the spread in words."""
        values = view.window(self.observed_property, self.over_ms).values
        if not values:
            return f"{self.observed_property} is not known"
        spread = with_unit(round(max(values) - min(values), 6), self.unit)
        return f"{self.observed_property} moved by {spread} in {span(self.over_ms)} ({len(values)} values)"

    def explain(self, wording: Wording) -> Text:
        """Return in plain words how little it moves, and where it may."""
        title, over = wording.title(self.observed_property), said_span(self.over_ms)
        by = measured(self.tolerance, self.unit)
        zh = f"变化不超过 {by.zh}" if self.tolerance else "毫无变化"
        en = f"moves by no more than {by.en}" if self.tolerance else "does not move at all"
        if self.except_at is not None:
            stays = wording.amount(self.observed_property, self.except_at)
            zh, en = f"{zh}（停在 {stays.zh} 不算）", f"{en} (staying at {stays.en} does not count)"
        return Text(zh=f"{title.zh}连续 {over.zh}{zh}", en=f"{title.en} {en} for {over.en}")

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return the first and the last value."""
        return ends(view, self.observed_property, view.window(self.observed_property, self.over_ms))


class Options(pydantic.BaseModel):
    """Options of `flat_line`."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    over: Duration = pydantic.Field(ge=60, description="How long it must not have moved")
    tolerance: float = pydantic.Field(0.0, ge=0, description="A spread up to that is no movement")
    except_at: float | None = pydantic.Field(None, description="A value at which it may stay")
    min_samples: int = pydantic.Field(5, ge=2, le=10_000, description="Fewer values than that say nothing")


def _build(options: Options, dictionary: Mapping[str, Property]) -> Condition:
    return FlatLine(
        observed_property=options.observed_property,
        unit=dictionary[options.observed_property].unit,
        over_ms=1000 * options.over,
        tolerance=options.tolerance,
        except_at=options.except_at,
        min_samples=options.min_samples,
    )


CONDITION = ConditionKind(name="flat_line", options=Options, reads=one_property, build=_build)
