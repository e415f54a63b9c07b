"""`repeated`: something that was so N times among the last M observations.

    when:
      repeated:
        times: 3
        of: 5
        condition: {threshold: {property: lighting.current, below: 0.1}}

The condition judges values. Observations older than `within` do not count; while fewer than `times` are known it is
not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import pydantic

from rules.conditions._base import ALL_QUIET, Condition, ConditionKind, OnePart, ValueCondition, Verdict, Verdicts
from rules.conditions._joined import no_property, unbuilt
from rules.conditions._samples import UNKNOWN, Sampling
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.view import View
from rules.wording import Wording, span


class Repeated(Sampling, frozen=True, kw_only=True):
    """At least `times` of the last `of` observations within `span_ms` satisfy a condition."""

    inner: ValueCondition
    times: int
    of: int
    within_ms: int

    @property
    def properties(self) -> tuple[str, ...]:
        """Return that of the condition."""
        return self.inner.properties

    @property
    def span_ms(self) -> int:
        """Return how far back it looks."""
        return self.within_ms

    def quiet(self, observed_property: str) -> tuple[float, float]:
        """Return the values that do not satisfy the condition."""
        return self.inner.quiet() if observed_property in self.properties else ALL_QUIET

    def judge(self, view: View) -> Verdicts:
        """Return whether there are enough."""
        seen = self._seen(view)
        if len(seen) < self.times:
            return UNKNOWN
        return (Verdict.HOLDS if self._count(seen) >= self.times else Verdict.CLEAR,)

    def describe(self, view: View) -> str:
        """Return how many there are, and what the newest says."""
        seen = self._seen(view)
        if not seen:
            return f"{self.properties[0]} is not known"
        return f"{self._count(seen)} of the last {len(seen)} times: {self.inner.describe(seen[-1][1])}"

    def explain(self, wording: Wording) -> Text:
        """Return in plain words how often what must be so."""
        said, within = self.inner.explain(wording), span(self.within_ms)
        return Text(
            zh=f"最近 {self.of} 次上报中至少 {self.times} 次{said.zh}（只看 {within.zh}以内的数据）",
            en=f"in {self.times} of the last {self.of} values, none older than {within.en}, {said.en}",
        )

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return those that satisfy the condition."""
        return tuple(
            view.said(self.properties[0], at_ms, value)
            for at_ms, value in self._seen(view)
            if self.inner.judge(value) is Verdict.HOLDS
        )

    def _seen(self, view: View) -> list[tuple[int, float]]:
        times, values = view.window(self.properties[0], self.within_ms)
        return list(zip(times[-self.of :], values[-self.of :], strict=True))

    def _count(self, seen: list[tuple[int, float]]) -> int:
        return sum(self.inner.judge(value) is Verdict.HOLDS for _, value in seen)


class Options(pydantic.BaseModel):
    """Options of `repeated`."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    times: int = pydantic.Field(ge=1, le=200, description="So many observations must satisfy the condition")
    of: int = pydantic.Field(ge=1, le=200, description="among so many of the last")
    within: Duration = pydantic.Field("1h", validate_default=True, gt=0, description="Older ones do not count")
    condition: OnePart = pydantic.Field(description="What each is held against: a condition of values")

    @pydantic.model_validator(mode="after")
    def _possible(self) -> Self:
        if self.times > self.of:
            raise ValueError(f"times: {self.times} of {self.of} can never be")
        return self


def _join(options: Options, parts: Mapping[str, tuple[Condition, ...]]) -> Condition:
    (inner,) = parts["condition"]
    if inner.reads != "values":
        raise ValueError("condition: must be one of values, such as threshold or state_equals")
    return Repeated(inner=inner, times=options.times, of=options.of, within_ms=1000 * options.within)


CONDITION = ConditionKind(
    name="repeated", options=Options, reads=no_property, build=unbuilt, parts=("condition",), join=_join
)
