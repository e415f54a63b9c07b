"""What a condition is: a pure judgement, with its options beside it.

A rule says *when* by one condition. Two kinds exist, told apart by `reads`:

- `values`: judges each observation of its properties by itself (`judge`), and names the closed interval of values in
  which it can never begin to hold (`quiet`), so that the engine need not ask;
- `clock`: holds when a device was silent for too long (`silent_after_ms`); only these look at the clock.

Neither keeps state: pending, firing and their times are the engine's (`rules.lifecycle`).
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, Protocol, TypeVar

import msgspec
import pydantic

from ingest.model import Property


class Verdict(enum.Enum):
    """What one observation says: the condition holds, is clear, or neither (between the limits of a hysteresis)."""

    HOLDS = "holds"
    CLEAR = "clear"
    BETWEEN = "between"


Side = Literal["above", "at_least", "below", "at_most"]


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A line to draw over a series: `role` is `fires` or `clears`, `value` in the canonical unit of the property.

    `side` says where, of that line, the condition fires or is clear.
    """

    observed_property: str
    role: Literal["fires", "clears"]
    side: Side
    value: float


class ValueCondition(Protocol):
    """Judges observations."""

    @property
    def reads(self) -> Literal["values"]:
        """Return `values`."""

    @property
    def properties(self) -> tuple[str, ...]:
        """Return the observed properties that it judges."""

    def quiet(self) -> tuple[float, float]:
        """Return the closed interval of values that never make an inactive rule pending or firing."""

    def judge(self, value: float) -> Verdict:
        """Return what a value (canonical unit, never NaN) says."""

    def describe(self, value: float) -> str:
        """Return value and limit in words: `weather.water_level is 16 cm, above 15 cm`."""

    def limits(self) -> tuple[Limit, ...]:
        """Return the lines that a chart of the series may draw."""


class ClockCondition(Protocol):
    """Judges silence."""

    @property
    def reads(self) -> Literal["clock"]:
        """Return `clock`."""

    def silent_after_ms(self, cadence_s: int) -> int:
        """Return the silence in milliseconds after which a device of this cadence is silent."""

    def describe(self, cadence_s: int) -> str:
        """Return in words what is too long for a device of this cadence: `no data for 3 intervals of 60 s`."""


Condition = ValueCondition | ClockCondition
Options = TypeVar("Options", bound=pydantic.BaseModel)
Place = tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConditionKind(Generic[Options]):
    """What a file of this folder exports as `CONDITION`.

    `reads` returns the properties that options name, each with its place in them; it is given them as they stand in
    the file, right or wrong. `build` makes the condition of right ones; the dictionary then has all that they read.
    """

    name: str
    options: type[Options]
    reads: Callable[[Mapping[str, Any]], tuple[tuple[Place, str], ...]]
    build: Callable[[Options, Mapping[str, Property]], Condition]
