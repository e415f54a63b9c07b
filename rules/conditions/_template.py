"""The tutorial: a condition in one file. Copy it, leave out the leading `_` of the name, and give it a test.

Begin with how a rule asks for it:

    when:
      template: {property: weather.humidity, outside: [20, 80]}

Then: a domain value that judges (pure, immutable, no pydantic), its options as a pydantic model (every option with its
unit and meaning), and `CONDITION` that ties both together. Nothing else has to be edited; tests/rules/conditions/ has
a contract that every condition is held to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import msgspec
import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Limit, Place, Verdict, Verdicts
from rules.model import Severity, Text
from rules.wording import Wording


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """A value outside an interval, whose bounds are in the canonical `unit` of the property."""

    observed_property: str
    unit: str
    low: float
    high: float

    @property
    def reads(self) -> Literal["values"]:
        """It judges observations (`clock` would judge silence)."""
        return "values"

    @property
    def severities(self) -> tuple[Severity, ...]:
        """There is one level: the rule's severity holds."""
        return ()

    @property
    def properties(self) -> tuple[str, ...]:
        """The one property that it judges."""
        return (self.observed_property,)

    def quiet(self) -> tuple[float, float]:
        """Return the interval: with a value in it, an inactive rule stays inactive."""
        return self.low, self.high

    def judge(self, value: float) -> Verdict:
        """Return whether the value is in the interval; there is no hysteresis, so never `BETWEEN`."""
        return Verdict.CLEAR if self.low <= value <= self.high else Verdict.HOLDS

    def each(self, value: float) -> Verdicts:
        """Return what the value says; there is one level."""
        return (self.judge(value),)

    def describe(self, value: float) -> str:
        """Return value and limit in words: they become the reason of a transition."""
        side = "inside" if self.low <= value <= self.high else "outside"
        return f"{self.observed_property} is {value:g} {self.unit}, {side} {self.low:g} to {self.high:g}"

    def explain(self, wording: Wording) -> Text:
        """Return when it holds as part of a sentence: titles and units, not ids; natural in both languages."""
        title = wording.title(self.observed_property)
        low, high = (wording.amount(self.observed_property, bound) for bound in (self.low, self.high))
        return Text(
            zh=f"{title.zh}不在 {low.zh} 至 {high.zh} 之间",
            en=f"{title.en} is not between {low.en} and {high.en}",
        )

    def limits(self) -> tuple[Limit, ...]:
        """Return both bounds."""
        name = self.observed_property
        return (
            Limit(observed_property=name, role="fires", side="at_least", value=self.low),
            Limit(observed_property=name, role="fires", side="at_most", value=self.high),
        )


class Options(pydantic.BaseModel):
    """Options of `template`."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    outside: list[float] = pydantic.Field(min_length=2, max_length=2, description="Lowest and highest good value")

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.outside[0] > self.outside[1]:
            raise ValueError("outside: the first bound is above the second")
        return self


def _reads(options: Mapping[str, Any]) -> tuple[tuple[Place, str], ...]:
    observed_property = options.get("property")
    return ((("property",), observed_property),) if isinstance(observed_property, str) else ()


def _build(options: Options, dictionary: Mapping[str, Property]) -> Condition:
    low, high = options.outside
    unit = dictionary[options.observed_property].unit
    return Outside(observed_property=options.observed_property, unit=unit, low=low, high=high)


CONDITION = ConditionKind(name="template", options=Options, reads=_reads, build=_build)
