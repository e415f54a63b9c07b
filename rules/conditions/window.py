"""`window`: a number made of all that was observed in the last hours: its average, greatest, sum.

    when:
      window: {property: traffic.speed, function: avg, over: 15m, below: 20}

    when:
      window:                                    # one rule for all levels; each has its own span
        property: weather.rain_increment
        function: sum
        levels:
          warning: {over: 12h, at_least: 50}
          critical: {over: 3h, at_least: 100}

A sliding window ends with each observation and begins `over` before it (the beginning is left out, the end is in it);
a tumbling one is a piece of the clock (UTC), judged when something later is observed. Fewer than `min_samples` say
nothing: they neither fire nor clear. No observation is never taken for zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Self

import pydantic

from ingest.model import Property
from rules.conditions._base import ALL_QUIET, NOTHING_QUIET, Condition, ConditionKind, Verdict, Verdicts
from rules.conditions._limits import Bound, BoundOptions, check_levels, mildest_first
from rules.conditions._samples import Sampling, ends, one_property, span, with_unit
from rules.durations import Duration
from rules.model import Evidence, Severity, Text
from rules.view import View
from rules.wording import Wording, by_level, measured
from rules.wording import span as said_span

Function = Literal["avg", "min", "max", "sum", "count", "stddev", "quantile"]
_NAMES: Mapping[Function, Text] = {
    "avg": Text(zh="平均值", en="average"),
    "min": Text(zh="最低值", en="lowest value"),
    "max": Text(zh="最高值", en="highest value"),
    "sum": Text(zh="累计值", en="sum"),
    "count": Text(zh="数据条数", en="number of values"),
    "stddev": Text(zh="标准差", en="standard deviation"),
    "quantile": Text(zh="分位数", en="quantile"),
}
_INSIDE = ("avg", "min", "max", "quantile")  # of numbers in an interval, these are in it too


class Level(BoundOptions):
    """The window and the limit of one level."""

    over: Duration | None = pydantic.Field(None, gt=0, description="How far back it looks")

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Self:
        self.check()
        return self


class Options(BoundOptions):
    """Options of `window`; limits are in the canonical unit of the property (of `count`: numbers of observations)."""

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    function: Function = pydantic.Field(description="What is made of the values: avg, min, max, sum, count, …")
    over: Duration | None = pydantic.Field(None, gt=0, description="How far back it looks")
    quantile: float | None = pydantic.Field(None, ge=0, le=1, description="Share of the values below (with quantile)")
    windows: Literal["sliding", "tumbling"] = pydantic.Field("sliding", description="Ends with each value, or by clock")
    min_samples: int = pydantic.Field(1, ge=1, le=10_000, description="Fewer values than that say nothing")
    levels: dict[str, Level] | None = pydantic.Field(None, description="In place of one limit: one for each severity")

    @pydantic.model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.function == "quantile") is (self.quantile is None):
            raise ValueError("quantile: the share (0 to 1) is needed with function quantile, and only there")
        if self.levels is None:
            self.check()
        elif self.is_given:
            raise ValueError("a limit beside levels: write it into one of them")
        else:
            check_levels(self.levels)
        spans = [level.over or self.over for level in self.levels.values()] if self.levels else [self.over]
        if None in spans:
            raise ValueError("over: how far back it looks is needed (here, or in each level)")
        if self.windows == "tumbling" and len(set(spans)) > 1:
            raise ValueError("tumbling windows of all levels must be equally long")
        return self


class Window(Sampling, frozen=True, kw_only=True):
    """What is made of the values of a span, held against a limit; (span in ms, limit) for each level, mildest first."""

    observed_property: str
    unit: str
    function: Function
    share: float
    parts: tuple[tuple[int, Bound], ...]
    named: tuple[Severity, ...]
    is_tumbling: bool
    min_samples: int
    is_never_negative: bool

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Return those of its levels, mildest first."""
        return self.named

    @property
    def properties(self) -> tuple[str, ...]:
        """The one property that it judges."""
        return (self.observed_property,)

    @property
    def span_ms(self) -> int:
        """Return the longest span."""
        return max(span_ms for span_ms, _ in self.parts)

    @property
    def every_ms(self) -> int:
        """Return the step of a tumbling window."""
        return self.span_ms if self.is_tumbling else 0

    def quiet(self, observed_property: str) -> tuple[float, float]:
        """Return the values of which none makes a number beyond a limit."""
        if observed_property != self.observed_property:
            return ALL_QUIET
        intervals = [bound.quiet() for _, bound in self.parts]
        low, high = max(one[0] for one in intervals), min(one[1] for one in intervals)
        if self.function in _INSIDE:
            return low, high
        if self.function == "sum" and self.is_never_negative and low <= 0 <= high:
            return (0.0, 0.0) if math.isfinite(low) else (-math.inf, 0.0)
        return NOTHING_QUIET

    def judge(self, view: View) -> Verdicts:
        """Return what each level's window says."""
        verdicts, numbers = [], {}
        for span_ms, bound in self.parts:
            if span_ms not in numbers:
                numbers[span_ms] = self._number(view, span_ms)
            number = numbers[span_ms]
            verdicts.append(Verdict.UNKNOWN if number is None else bound.judge(number))
        return tuple(verdicts)

    def describe(self, view: View) -> str:
        """Return the number and the limit in words, of the worst level that holds, or of the mildest."""
        span_ms, bound = self._telling(view)
        number = self._number(view, span_ms)
        name = f"{self.share:g} quantile" if self.function == "quantile" else self.function
        made = f"{self.observed_property}: {name} over {span(span_ms)}"
        if number is None:
            return f"{made} is not known"
        unit = "1" if self.function == "count" else self.unit
        return f"{made} is {with_unit(round(number, 6), unit)}, {bound.words(number)}"

    def explain(self, wording: Wording) -> Text:
        """Return in plain words what is made of which span, and its limits."""
        title, name, whole = wording.title(self.observed_property), _NAMES[self.function], self.is_tumbling
        if self.function == "quantile":
            name = Text(zh=f" {self.share * 100:g}% {name.zh}", en=f"{self.share * 100:g}% {name.en}")
        made = Text(zh=f"{title.zh}的{name.zh}", en=f"the {name.en} of {title.en}")
        zh, en = (
            ("按时钟每 {0}{1}", "{1} in each {0} by the clock") if whole else ("最近 {0}{1}", "{1} over the last {0}")
        )
        enough = f"，不足 {self.min_samples} 条数据不判断" if self.min_samples > 1 else ""
        enough_en = f" (with {self.min_samples} values or more)" if self.min_samples > 1 else ""
        unit, said = "1" if self.function == "count" else self.unit, []
        for span_ms, bound in self.parts:
            over, limit = said_span(span_ms), bound.explain(lambda value: measured(value, unit))
            if not self.named:
                made = Text(zh=zh.format(over.zh, made.zh), en=en.format(over.en, made.en))
                return Text(zh=f"{made.zh}{limit.zh}{enough}", en=f"{made.en}{enough_en} is {limit.en}")
            said.append(Text(zh=zh.format(over.zh, limit.zh), en=en.format(over.en, limit.en)))
        levels = by_level(self.named, said)
        return Text(zh=f"{made.zh}{levels.zh}{enough}", en=f"{made.en}{enough_en} {levels.en}")

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return the first and the last value of the window."""
        return ends(view, self.observed_property, view.window(self.observed_property, self._telling(view)[0]))

    def _telling(self, view: View) -> tuple[int, Bound]:
        holding = [part for part, one in zip(self.parts, self.judge(view), strict=True) if one is Verdict.HOLDS]
        return holding[-1] if holding else self.parts[0]

    def _number(self, view: View, span_ms: int) -> float | None:
        values = view.window(self.observed_property, span_ms).values
        return None if len(values) < self.min_samples else reduce(self.function, values, self.share)


def reduce(function: Function, values: Sequence[float], share: float = 0.5) -> float:
    """Return what a function makes of at least one value; `share` is that of the quantile (linear in between)."""
    return _FUNCTIONS[function](values, share)


def _avg(values: Sequence[float], _share: float) -> float:
    return min(max(math.fsum(values) / len(values), min(values)), max(values))


def _stddev(values: Sequence[float], _share: float) -> float:
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return min(max(low + (high - low) * (place - math.floor(place)), low), high)


_FUNCTIONS: Mapping[Function, Callable[[Sequence[float], float], float]] = {
    "avg": _avg,
    "min": lambda values, _: min(values),
    "max": lambda values, _: max(values),
    "sum": lambda values, _: math.fsum(values),
    "count": lambda values, _: float(len(values)),
    "stddev": _stddev,
    "quantile": _quantile,
}


def _build(options: Options, dictionary: Mapping[str, Property]) -> Condition:
    known = dictionary[options.observed_property]
    severities = mildest_first(options.levels or ())
    given: list[Level | Options] = [options.levels[one.value] for one in severities] if options.levels else [options]
    return Window(
        observed_property=options.observed_property,
        unit=known.unit,
        function=options.function,
        share=0.5 if options.quantile is None else options.quantile,
        parts=tuple((1000 * (one.over or options.over or 0), one.bound()) for one in given),
        named=severities,
        is_tumbling=options.windows == "tumbling",
        min_samples=options.min_samples,
        is_never_negative=known.low is not None and known.low >= 0,
    )


CONDITION = ConditionKind(name="window", options=Options, reads=one_property, build=_build)
