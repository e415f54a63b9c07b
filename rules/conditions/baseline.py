"""`baseline`: a value unlike those of the same hour in the past weeks, as the weekday has them.

    when:
      baseline: {property: traffic.speed, side: below, by: 6, min_difference: 15, of_last: 10m}

Normal is the median over past days, each of which gives the median of its values in the same local hour. Days are those
of the same weekday, and worked like today (a holiday is compared with days that were not worked); where these are fewer
than `min_days`, all days that were worked alike; where those are too few as well, nothing is known. Held against it is
the median of the last `of_last`, three times in each. It holds if that is further away than `by` robust standard
deviations (1.4826 times the median absolute deviation of the days) and than `min_difference`, in the property's unit.

Hours long past are remembered by their median alone, so that four weeks of a series are 672 numbers.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import statistics
from bisect import bisect_left
from collections.abc import Mapping
from typing import Literal, NamedTuple

import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Verdict, Verdicts
from rules.conditions._samples import UNKNOWN, Sampling, ends, one_property
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.samples import HOUR_MS
from rules.view import Locale, View
from rules.wording import Wording, measured
from rules.wording import span as said_span

_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_TO_SIGMA = 1.4826  # of a normal distribution, the median absolute deviation to the standard deviation
_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
Side = Literal["above", "below", "both"]


class Normal(NamedTuple):
    """What is normal in one hour: the median of the days, how far they are apart, and which days they are."""

    median: float
    spread: float
    days: str


class Baseline(Sampling, frozen=True, kw_only=True):
    """The distance from what is normal at this hour, held against the spread of the past."""

    observed_property: str
    unit: str
    side: Side
    by: float
    min_difference: float
    of_last_ms: int
    weeks: int
    min_days: int
    least: float

    @property
    def properties(self) -> tuple[str, ...]:
        """The one property that it judges."""
        return (self.observed_property,)

    @property
    def span_ms(self) -> int:
        """Return how far back it looks: the weeks, and the day on which the first of them begins."""
        return (7 * self.weeks + 1) * _DAY_MS

    @property
    def every_ms(self) -> int:
        """Return a third of the time whose median it judges, in whole minutes, at least one."""
        return max(1, self.of_last_ms // 3 // _MINUTE_MS) * _MINUTE_MS

    @property
    def fine_ms(self) -> int:
        """Return how far back it needs each value, not only the median of the hour."""
        return self.of_last_ms + HOUR_MS

    def judge(self, view: View) -> Verdicts:
        """Return whether the value is unlike those of the past."""
        found = self._found(view)
        if found is None:
            return UNKNOWN
        value, normal = found
        low, high = self._range(normal)
        beyond = (self.side != "above" and value < low) or (self.side != "below" and value > high)
        return (Verdict.HOLDS if beyond else Verdict.CLEAR,)

    def describe(self, view: View) -> str:
        """Return what is normal, in words: `normally 22 to 31 veh on Tuesdays at 08 h, now 78`."""
        found = self._found(view)
        if found is None:
            return f"{self.observed_property}: what is normal at this hour is not known"
        value, normal = found
        low, high = self._range(normal)
        unit = "" if self.unit == "1" else f" {self.unit}"
        hour = f"{view.locale.local(view.at_ms):%H} h"
        usual = f"{self.observed_property} is normally {low:.4g} to {high:.4g}{unit} on {normal.days} at {hour}"
        return f"{usual}, now {value:.4g}"

    def explain(self, wording: Wording) -> Text:
        """Return in plain words what it is compared with."""
        title, least = wording.title(self.observed_property), measured(self.min_difference, self.unit)
        last = said_span(self.of_last_ms)
        side_zh = {"above": "明显高于", "below": "明显低于", "both": "明显不同于"}[self.side]
        side_en = {"above": "far above", "below": "far below", "both": "far from"}[self.side]
        return Text(
            zh=f"最近 {last.zh}的{title.zh}{side_zh}过去 {self.weeks} 周同类日期同一小时的常态"
            f"（超过 {self.by:g} 倍稳健标准差，且至少相差 {least.zh}）",
            en=f"{title.en} in the last {last.en} is {side_en} what is normal at this hour on such days of the past "
            f"{self.weeks} weeks (by more than {self.by:g} robust standard deviations, and at least {least.en})",
        )

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return the first and the last of the values that are held against what is normal."""
        return ends(view, self.observed_property, view.window(self.observed_property, self.of_last_ms))

    def _range(self, normal: Normal) -> tuple[float, float]:
        away = max(self.by * normal.spread, self.min_difference)
        return max(normal.median - away, self.least), normal.median + away

    def _found(self, view: View) -> tuple[float, Normal] | None:
        values = view.window(self.observed_property, self.of_last_ms).values
        samples = view.focus.series.get(self.observed_property)
        if not values or samples is None:
            return None
        local = view.locale.local(view.at_ms).replace(minute=0, second=0, microsecond=0)
        key = (self.weeks, self.min_days, round(local.timestamp()))
        if samples.memo is None or samples.memo[:-1] != key:
            samples.memo = *key, self._normal(view, key[-1])  # days past do not change within the hour
        normal = samples.memo[-1]
        return None if not isinstance(normal, Normal) else (statistics.median(values), normal)

    def _normal(self, view: View, hour_s: int) -> Normal | None:
        """Return what is normal in a local hour, by the days before it."""
        times, values = view.window(self.observed_property, self.span_ms)
        same_weekday, alike = [], []
        for begin_ms, is_same_weekday in _days(view.locale, hour_s, self.weeks):
            if begin_ms + HOUR_MS <= times[0]:
                break  # nothing was seen yet
            first, last = bisect_left(times, begin_ms), bisect_left(times, begin_ms + HOUR_MS)
            if first == last:
                continue
            alike.append(statistics.median(values[first:last]))
            if is_same_weekday:
                same_weekday.append(alike[-1])
        hour = view.locale.local(1000 * hour_s)
        worked = view.locale.is_workday(hour.date())
        named = _DAYS[hour.weekday()]
        for days, name in ((same_weekday, named), (alike, "workdays" if worked else "days off")):
            if len(days) >= self.min_days:
                middle = statistics.median(days)
                return Normal(middle, _TO_SIGMA * statistics.median(abs(one - middle) for one in days), name)
        return None


@functools.lru_cache(maxsize=64)
def _days(locale: Locale, hour_s: int, weeks: int) -> tuple[tuple[int, bool], ...]:
    """Return when a local hour began on the past days that were worked alike, latest first.

    With each, whether the weekday is the same. All series ask for the same hour.
    """
    hour = locale.local(1000 * hour_s)
    worked, found = locale.is_workday(hour.date()), []
    for back in range(1, 7 * weeks + 1):
        day = hour.date() - dt.timedelta(days=back)
        if locale.is_workday(day) is worked:
            begin_s = dt.datetime.combine(day, hour.time(), hour.tzinfo).timestamp()
            found.append((round(begin_s * 1000), day.weekday() == hour.weekday()))
    return tuple(found)


class Options(pydantic.BaseModel):
    """Options of `baseline`; `min_difference` is in the canonical unit of the property."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    side: Side = pydantic.Field("both", description="On which side of what is normal it holds: above, below, both")
    by: float = pydantic.Field(6.0, gt=0, le=1000, description="Robust standard deviations that are too many")
    min_difference: float = pydantic.Field(0.0, ge=0, description="A smaller difference never counts")
    of_last: Duration = pydantic.Field(
        "15m", validate_default=True, gt=0, le=21_600, description="The median of this time is held against the past"
    )
    weeks: int = pydantic.Field(4, ge=1, le=12, description="How many past weeks count")
    min_days: int = pydantic.Field(3, ge=2, le=60, description="Of fewer past days nothing is known")


def _build(options: Options, dictionary: Mapping[str, Property]) -> Condition:
    known = dictionary[options.observed_property]
    return Baseline(
        observed_property=options.observed_property,
        unit=known.unit,
        side=options.side,
        by=options.by,
        min_difference=options.min_difference,
        of_last_ms=1000 * options.of_last,
        weeks=options.weeks,
        min_days=options.min_days,
        least=-math.inf if known.low is None else known.low,
    )


CONDITION = ConditionKind(name="baseline", options=Options, reads=one_property, build=_build)
