"""What a condition is: a pure judgement, with its options beside it.

A rule says *when* by one condition. Three kinds exist, told apart by `reads`:

- `values`: judges each observation of its properties by itself (`judge`), and names the closed interval of values in
  which it can never begin to hold (`quiet`), so that the engine need not ask;
- `samples`: judges what one or several series of the subject said up to a time (`rules.view.View`): windows, rates,
  groups of devices. It too is a pure function, so a late observation is put in its place by asking it again;
- `clock`: holds when a device was silent for too long (`silent_after_ms`); only these look at the clock.

None keeps state: pending, firing and their times are the engine's (`rules.lifecycle`).

A condition may have *levels*: it then says of each, mildest first, whether it holds (`each`), and `severities` names
them. Without, there is one level, and its severity is the rule's.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, Protocol, TypeVar

import msgspec
import pydantic

from ingest.model import Property
from rules.model import Evidence, Severity, Text
from rules.wording import Wording

if TYPE_CHECKING:
    from rules.nearby import Near
    from rules.view import View


class Verdict(enum.Enum):
    """What is said: the condition holds, is clear, or neither (between the limits of a hysteresis, or not known)."""

    HOLDS = "holds"
    CLEAR = "clear"
    BETWEEN = "between"
    UNKNOWN = "unknown"


Side = Literal["above", "at_least", "below", "at_most"]


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A line to draw over a series: `role` is `fires` or `clears`, `value` in the canonical unit of the property.

    `side` says where, of that line, the condition fires or is clear.
    """

    observed_property: str
    role: Literal["fires", "clears"]
    side: Side
    value: float


Verdicts = tuple[Verdict, ...]
"""One verdict for each level, mildest first."""


class ValueCondition(Protocol):
    """Judges observations."""

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Return the severity of each level, mildest first; empty if the rule's own holds."""

    @property
    def reads(self) -> Literal["values"]:
        """Return `values`."""

    @property
    def properties(self) -> tuple[str, ...]:
        """Return the observed properties that it judges."""

    def quiet(self) -> tuple[float, float]:
        """Return the closed interval of values that never make an inactive rule pending or firing."""

    def judge(self, value: float) -> Verdict:
        """Return what a value (canonical unit, never NaN) says: of the mildest level, if there are several."""

    def each(self, value: float) -> Verdicts:
        """Return what a value says of each level, mildest first."""

    def describe(self, value: float) -> str:
        """Return value and limit in words: `weather.water_level is 16 cm, above 15 cm`."""

    def limits(self) -> tuple[Limit, ...]:
        """Return the lines that a chart of the series may draw."""

    def explain(self, wording: Wording) -> Text:
        """Return in plain words when it holds, as part of a sentence: `water level is above 15 cm`."""


class SampleCondition(Protocol):
    """Judges what series of the subject said up to a time."""

    @property
    def reads(self) -> Literal["samples"]:
        """Return `samples`."""

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Return the severity of each level, mildest first; empty if the rule's own holds."""

    @property
    def properties(self) -> tuple[str, ...]:
        """Return the observed properties that it reads."""

    @property
    def span_ms(self) -> int:
        """Return how far back it looks, in milliseconds."""

    @property
    def fine_ms(self) -> int:
        """Return how far back it needs every value; of the hours before, the median is enough for it."""

    @property
    def every_ms(self) -> int:
        """Return 0 if each observation is judged; else the step of the times that are judged (multiples since 1970).

        Such a time is judged once something later was observed, and only if something was in the step that it ends.
        """

    @property
    def near(self) -> Near | None:
        """Return which devices around the subject belong to it too; None: none."""

    @property
    def whole(self) -> bool:
        """Return True if it judges all devices of the subject, False if the one that the view is about."""

    def quiet(self, observed_property: str) -> tuple[float, float]:
        """Return a closed interval: while all that it sees of all properties is in theirs, no level holds.

        Everything is (-inf, inf), nothing is (inf, -inf).
        """

    def judge(self, view: View) -> Verdicts:
        """Return what the view says of each level, mildest first."""

    def describe(self, view: View) -> str:
        """Return in words what is so: `weather.rain_increment: sum over 3 h is 61 mm, at least 50`."""

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return the observations that it rests on: a few, oldest first."""

    def explain(self, wording: Wording) -> Text:
        """Return in plain words when it holds, as part of a sentence: `water level is above 15 cm`."""


class ClockCondition(Protocol):
    """Judges silence."""

    @property
    def reads(self) -> Literal["clock"]:
        """Return `clock`."""

    def silent_after_ms(self, cadence_s: int) -> int:
        """Return the silence in milliseconds after which a device of this cadence is silent."""

    def describe(self, cadence_s: int) -> str:
        """Return in words what is too long for a device of this cadence: `no data for 3 intervals of 60 s`."""

    def explain(self, wording: Wording) -> Text:
        """Return in plain words when it holds, as part of a sentence: `water level is above 15 cm`."""


Condition = ValueCondition | SampleCondition | ClockCondition
NOTHING_QUIET = math.inf, -math.inf
ALL_QUIET = -math.inf, math.inf
Options = TypeVar("Options", bound=pydantic.BaseModel)
Place = tuple[str, ...]
PART = "x-condition"
"""Marks the place of a condition in the JSON Schema of options."""
OnePart = Annotated[dict[str, Any], pydantic.WithJsonSchema({PART: True})]
"""An option that holds a condition."""
Parts = Annotated[
    list[dict[str, Any]], pydantic.WithJsonSchema({"type": "array", "items": {PART: True}, "minItems": 1})
]
"""An option that holds several."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConditionKind(Generic[Options]):
    """What a file of this folder exports as `CONDITION`.

    `reads` returns the properties that options name, each with its place in them; it is given them as they stand in
    the file, right or wrong. `build` makes the condition of right ones; the dictionary then has all that they read.
    A condition made of others names the options that hold them in `parts`, and is made by `join`, which is given them
    by option. Both may raise ValueError with what does not fit.
    """

    name: str
    options: type[Options]
    reads: Callable[[Mapping[str, Any]], tuple[tuple[Place, str], ...]]
    build: Callable[[Options, Mapping[str, Property]], Condition]
    parts: tuple[str, ...] = ()
    join: Callable[[Options, Mapping[str, tuple[Condition, ...]]], Condition] | None = None
