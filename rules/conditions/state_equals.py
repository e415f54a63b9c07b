"""`state_equals`: a flag or a status that has one of some values.

when:
  state_equals: {property: lighting.lamp_failure, equals: 1}
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Limit, Verdict, Verdicts
from rules.conditions._samples import one_property
from rules.model import Severity, Text
from rules.wording import Wording


class StateEquals(msgspec.Struct, frozen=True, kw_only=True):
    """A value that is one of `states`, which are in order."""

    observed_property: str
    states: tuple[float, ...]

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
        """Return the values below the least of the states, or above the greatest if 0 is among them."""
        if self.states[0] <= 0:
            return math.nextafter(self.states[-1], math.inf), math.inf
        return -math.inf, math.nextafter(self.states[0], -math.inf)

    def judge(self, value: float) -> Verdict:
        """Return whether the value is one of the states."""
        return Verdict.HOLDS if value in self.states else Verdict.CLEAR

    def each(self, value: float) -> Verdicts:
        """Return whether the value is one of the states; there is one level."""
        return (self.judge(value),)

    def describe(self, value: float) -> str:
        """Return the value in words."""
        said = " or ".join(f"{state:g}" for state in self.states)
        return f"{self.observed_property} is {value:g}" + ("" if value in self.states else f", not {said}")

    def explain(self, wording: Wording) -> Text:
        """Return the states in plain words."""
        title = wording.title(self.observed_property)
        said = [wording.amount(self.observed_property, state) for state in self.states]
        return Text(
            zh=f"{title.zh}为{'或'.join(one.zh for one in said)}",
            en=f"{title.en} is {' or '.join(one.en for one in said)}",
        )

    def limits(self) -> tuple[Limit, ...]:
        """Return a line for each state."""
        return tuple(
            Limit(observed_property=self.observed_property, role="fires", side="at_least", value=state)
            for state in self.states
        )


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 50}
_States = Annotated[
    list[float],
    pydantic.BeforeValidator(_as_list),
    pydantic.WithJsonSchema({"anyOf": [{"type": "number"}, _NUMBERS]}),
]


class Options(pydantic.BaseModel):
    """Options of `state_equals`."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    equals: _States = pydantic.Field(min_length=1, max_length=50, description="The value, or a list of values")


def _build(options: Options, _dictionary: Mapping[str, Property]) -> Condition:
    return StateEquals(observed_property=options.observed_property, states=tuple(sorted(set(options.equals))))


CONDITION = ConditionKind(name="state_equals", options=Options, reads=one_property, build=_build)
