"""`then`: one thing, and another within a while after it.

    when:
      then:
        first: {threshold: {property: weather.rain_increment, above: 5}}
        second: {threshold: {property: weather.water_level, above: 15}}
        within: 30m

It holds while the second does, if the first did at some observation of the last `within` (the same moment counts).
"""

from __future__ import annotations

from collections.abc import Mapping

import pydantic

from rules.conditions._base import ALL_QUIET, Condition, ConditionKind, OnePart, SampleCondition, Verdict, Verdicts
from rules.conditions._joined import lasting, no_property, one_near, part_verdict, unbuilt
from rules.conditions._samples import Sampling, span
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.nearby import Near
from rules.view import View
from rules.wording import Wording
from rules.wording import span as said_span


class Then(Sampling, frozen=True, kw_only=True):
    """A condition that holds, and one that held before it."""

    first: SampleCondition
    second: SampleCondition
    within_ms: int

    @property
    def properties(self) -> tuple[str, ...]:
        """Return those of both."""
        return tuple(dict.fromkeys((*self.first.properties, *self.second.properties)))

    @property
    def span_ms(self) -> int:
        """Return how far back the longer one looks."""
        return max(self.within_ms + self.first.span_ms, self.second.span_ms)

    @property
    def fine_ms(self) -> int:
        """Return how far back the longer one needs every value."""
        return max(self.within_ms + self.first.fine_ms, self.second.fine_ms)

    @property
    def every_ms(self) -> int:
        """Return the longer step."""
        return max(self.first.every_ms, self.second.every_ms)

    @property
    def near(self) -> Near | None:
        """Return that of both."""
        return one_near((self.first, self.second))

    @property
    def whole(self) -> bool:
        """It judges all devices of the subject: the first may be of another than the second."""
        return True

    def quiet(self, observed_property: str) -> tuple[float, float]:
        """Return that of the second: while it rests, nothing holds."""
        if observed_property in self.second.properties:
            return self.second.quiet(observed_property)
        return ALL_QUIET

    def judge(self, view: View) -> Verdicts:
        """Return what the second says, if the first was so."""
        verdict = part_verdict(self.second, view)
        if verdict is Verdict.HOLDS and self._first_ms(view) is None:
            return (Verdict.CLEAR,)
        return (verdict,)

    def describe(self, view: View) -> str:
        """Return both in words."""
        first_ms = self._first_ms(view)
        second = self.second.describe(self._telling(self.second, view))
        if first_ms is None:
            return f"{second}; not so before: {self.first.describe(view)}"
        before = view.at(first_ms)
        said = self.first.describe(self._telling(self.first, before))
        return f"{second}; {span(view.at_ms - first_ms)} before: {said}"

    def explain(self, wording: Wording) -> Text:
        """Return both in plain words."""
        first, second, within = self.first.explain(wording), self.second.explain(wording), said_span(self.within_ms)
        return Text(
            zh=f"先有“{first.zh}”，随后 {within.zh}内“{second.zh}”",
            en=f"first {first.en}, and within {within.en} of that {second.en}",
        )

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return what both rest on."""
        first_ms = self._first_ms(view)
        found = list(self.second.evidence(self._telling(self.second, view)))
        if first_ms is not None:
            before = view.at(first_ms)
            found += self.first.evidence(self._telling(self.first, before))
        return tuple(sorted(dict.fromkeys(found), key=lambda one: one.phenomenon_time_ms))

    def _first_ms(self, view: View) -> int | None:
        """Return the newest time at which the first held."""
        times = {
            at_ms
            for one in view.of_subject()
            for name in self.first.properties
            for at_ms in one.window(name, self.within_ms).times
        }
        for at_ms in sorted(times, reverse=True):
            if part_verdict(self.first, view.at(at_ms)) is Verdict.HOLDS:
                return at_ms
        return None

    @staticmethod
    def _telling(part: SampleCondition, view: View) -> View:
        if part.whole or view.anchored is not None:
            return view
        return next((one for one in view.each() if part.judge(one)[0] is Verdict.HOLDS), view)


class Options(pydantic.BaseModel):
    """Options of `then`."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    first: OnePart = pydantic.Field(description="What must have been so")
    second: OnePart = pydantic.Field(description="What must be so")
    within: Duration = pydantic.Field(gt=0, description="How long before the second the first may have been")
    values_last: Duration = pydantic.Field(
        "15m", validate_default=True, gt=0, description="How long a value counts after it was observed"
    )


def _join(options: Options, parts: Mapping[str, tuple[Condition, ...]]) -> Condition:
    lasts_ms = 1000 * options.values_last
    (first,), (second,) = lasting(parts["first"], lasts_ms), lasting(parts["second"], lasts_ms)
    if not first.properties or not second.properties:
        raise ValueError("first and second must both observe something")
    one_near((first, second))
    return Then(first=first, second=second, within_ms=1000 * options.within)


CONDITION = ConditionKind(
    name="then", options=Options, reads=no_property, build=unbuilt, parts=("first", "second"), join=_join
)
