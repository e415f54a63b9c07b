"""`threshold`: a value beyond a limit, with a hysteresis if a clear limit is given.

    when:
      threshold: {property: weather.water_level, above: 15, clear_below: 10}

One of `above` (> limit), `at_least` (≥), `below` (<), `at_most` (≤). Without a clear limit every other value clears;
with one, the values between the two limits leave everything as it is. Limits are in the property's canonical unit.
`levels` has a limit for each severity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Limit, Place, Verdict, Verdicts
from rules.conditions._limits import Bounds, LevelledOptions
from rules.model import Severity, Text
from rules.wording import Wording


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one property."""

    observed_property: str
    unit: str
    bounds: Bounds

    @property
    def reads(self) -> Literal["values"]:
        """It judges observations."""
        return "values"

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Return those of its levels, mildest first."""
        return self.bounds.severities

    @property
    def properties(self) -> tuple[str, ...]:
        """The one property that it judges."""
        return (self.observed_property,)

    def quiet(self) -> tuple[float, float]:
        """Return the values on the good side of all limits."""
        return self.bounds.quiet()

    def judge(self, value: float) -> Verdict:
        """Return on which side of the mildest limit the value is."""
        return self.bounds.each[0].judge(value)

    def each(self, value: float) -> Verdicts:
        """Return on which side of the limits of each level the value is."""
        return self.bounds.judge(value)

    def describe(self, value: float) -> str:
        """Return value and limit in words."""
        return f"{self.observed_property} is {value:g} {self.unit}".removesuffix(" 1") + f", {self.bounds.words(value)}"

    def explain(self, wording: Wording) -> Text:
        """Return the limits in plain words; of a status, that it is so or is not."""
        title = wording.title(self.observed_property)
        bound = self.bounds.each[0]
        if wording.is_status(self.observed_property) and len(self.bounds.each) == 1 and 0 <= bound.limit <= 1:
            said = wording.amount(self.observed_property, float(bound.is_high))
            return Text(zh=f"{title.zh}为{said.zh}", en=f"{title.en} is {said.en}")
        limits = self.bounds.explain(lambda value: wording.amount(self.observed_property, value))
        return Text(zh=f"{title.zh}{limits.zh}", en=f"{title.en} {limits.en}")

    def limits(self) -> tuple[Limit, ...]:
        """Return the limits of all levels, and their clear limits."""
        return tuple(line for bound in self.bounds.each for line in bound.lines(self.observed_property))


class Options(LevelledOptions):
    """Options of `threshold`; limits are numbers in the canonical unit of the property."""

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")


def _reads(options: Mapping[str, Any]) -> tuple[tuple[Place, str], ...]:
    observed_property = options.get("property")
    return ((("property",), observed_property),) if isinstance(observed_property, str) else ()


def _build(options: Options, dictionary: Mapping[str, Property]) -> Condition:
    unit = dictionary[options.observed_property].unit
    return Threshold(observed_property=options.observed_property, unit=unit, bounds=options.bounds())


CONDITION = ConditionKind(name="threshold", options=Options, reads=_reads, build=_build)
