"""`threshold`: a value beyond a limit, with a hysteresis if a clear limit is given.

    when:
      threshold: {property: weather.water_level, above: 15, clear_below: 10}

One of `above` (> limit), `at_least` (≥), `below` (<), `at_most` (≤). Without a clear limit every other value clears;
with one, the values between the two limits leave everything as it is. Limits are in the property's canonical unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, Self

import msgspec
import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Limit, Place, Side, Verdict, Verdicts
from rules.model import Severity

_WORDS = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}
_BEYOND_HIGH = ("above", "at_least")


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """A limit of one property: `word` says on which side it holds; `clear` is the limit beyond which it is clear."""

    observed_property: str
    unit: str
    word: Side
    limit: float
    clear: float | None = None

    @property
    def reads(self) -> Literal["values"]:
        """It judges observations."""
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
        """Return the values on the good side of the limit."""
        if self.word in _BEYOND_HIGH:
            return -math.inf, self.limit if self.word == "above" else math.nextafter(self.limit, -math.inf)
        return self.limit if self.word == "below" else math.nextafter(self.limit, math.inf), math.inf

    def judge(self, value: float) -> Verdict:
        """Return on which side of the limits the value is."""
        low, high = self.quiet()
        if not low <= value <= high:
            return Verdict.HOLDS
        if self.clear is None:
            return Verdict.CLEAR
        is_clear = value < self.clear if self.word in _BEYOND_HIGH else value > self.clear
        return Verdict.CLEAR if is_clear else Verdict.BETWEEN

    def each(self, value: float) -> Verdicts:
        """Return what the value says; there is one level."""
        return (self.judge(value),)

    def describe(self, value: float) -> str:
        """Return value and limit in words."""
        said = f"{self.observed_property} is {value:g} {self.unit}".removesuffix(" 1")
        verdict = self.judge(value)
        if verdict is Verdict.HOLDS:
            return f"{said}, {_WORDS[self.word]} {self.limit:g}"
        if self.clear is None:
            return f"{said}, no longer {_WORDS[self.word]} {self.limit:g}"
        side = "below" if self.word in _BEYOND_HIGH else "above"
        return f"{said}, {side if verdict is Verdict.CLEAR else f'not {side}'} {self.clear:g}"

    def limits(self) -> tuple[Limit, ...]:
        """Return the limit, and the clear limit if there is one."""
        name = self.observed_property
        fires = Limit(observed_property=name, role="fires", side=self.word, value=self.limit)
        if self.clear is None:
            return (fires,)
        side: Side = "below" if self.word in _BEYOND_HIGH else "above"
        return fires, Limit(observed_property=name, role="clears", side=side, value=self.clear)


class Options(pydantic.BaseModel):
    """Options of `threshold`; limits are numbers in the canonical unit of the property."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    above: float | None = pydantic.Field(None, description="Holds while the value is greater")
    at_least: float | None = pydantic.Field(None, description="Holds while the value is greater or equal")
    below: float | None = pydantic.Field(None, description="Holds while the value is less")
    at_most: float | None = pydantic.Field(None, description="Holds while the value is less or equal")
    clear_below: float | None = pydantic.Field(None, description="Clear only when less (with above, at_least)")
    clear_above: float | None = pydantic.Field(None, description="Clear only when greater (with below, at_most)")

    @property
    def word(self) -> Literal["above", "at_least", "below", "at_most"] | None:
        """Name of the limit that is given; None if there is not exactly one."""
        words: tuple[Literal["above", "at_least", "below", "at_most"], ...] = ("above", "at_least", "below", "at_most")
        given = [word for word in words if getattr(self, word) is not None]
        return given[0] if len(given) == 1 else None

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Self:
        word = self.word
        if word is None:
            raise ValueError("exactly one of above, at_least, below, at_most is needed")
        limit: float = getattr(self, word)
        wrong, right = ("clear_above", "clear_below") if word in _BEYOND_HIGH else ("clear_below", "clear_above")
        if getattr(self, wrong) is not None:
            raise ValueError(f"{wrong} does not go with {word}: use {right}")
        clear: float | None = getattr(self, right)
        if clear is not None and (clear > limit if word in _BEYOND_HIGH else clear < limit):
            raise ValueError(f"{right} {clear:g} is on the wrong side of {word} {limit:g}")
        return self


def _reads(options: Mapping[str, Any]) -> tuple[tuple[Place, str], ...]:
    observed_property = options.get("property")
    return ((("property",), observed_property),) if isinstance(observed_property, str) else ()


def _build(options: Options, dictionary: Mapping[str, Property]) -> Condition:
    word = options.word
    if word is None:  # pragma: no cover - the options refuse it
        raise ValueError("no limit")
    return Threshold(
        observed_property=options.observed_property,
        unit=dictionary[options.observed_property].unit,
        word=word,
        limit=getattr(options, word),
        clear=options.clear_below if options.clear_below is not None else options.clear_above,
    )


CONDITION = ConditionKind(name="threshold", options=Options, reads=_reads, build=_build)
