"""`sun`: day or night, by the height of the sun at the device. A part of `all_of` and the like: it observes nothing.

    when:                                         # a lamp that burns by day
      all_of:
        conditions:
          - threshold: {property: lighting.power, above: 10}
          - sun: {above: 6}

Degrees above the horizon: 0 is about sunrise and sunset (exactly -0.8), -6 the end of civil twilight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Place, Verdicts
from rules.conditions._limits import Bound, BoundOptions
from rules.conditions._samples import Sampling
from rules.model import Evidence, Text
from rules.sun import elevation_deg
from rules.view import View
from rules.wording import Wording, measured


class Sun(Sampling, frozen=True, kw_only=True):
    """The sun's height in degrees, held against a limit."""

    bound: Bound

    @property
    def properties(self) -> tuple[str, ...]:
        """It observes nothing."""
        return ()

    @property
    def span_ms(self) -> int:
        """It looks at the moment only."""
        return 1

    def judge(self, view: View) -> Verdicts:
        """Return on which side of the limit the sun is."""
        return (self.bound.judge(_height(view)),)

    def describe(self, view: View) -> str:
        """Return the height in words."""
        height = _height(view)
        return f"the sun is {abs(height):.0f}° {'above' if height >= 0 else 'below'} the horizon"

    def explain(self, wording: Wording) -> Text:  # noqa: ARG002 - it names no property
        """Return in plain words where the sun is."""
        limit = self.bound.explain(lambda height: measured(height, "deg"))
        day = self.bound.is_high
        zh, en = ("（白天）", " (day)") if day and self.bound.limit >= 0 else ("", "")
        if not day and self.bound.limit <= 0:
            zh, en = "（夜间）", " (night)"
        return Text(zh=f"太阳高度角{limit.zh}{zh}", en=f"the height of the sun is {limit.en}{en}")

    def evidence(self, _view: View) -> tuple[Evidence, ...]:
        """Return nothing: the sun is not observed."""
        return ()


def _height(view: View) -> float:
    return elevation_deg(view.at_ms, view.device.lat, view.device.lon)


class Options(BoundOptions):
    """Options of `sun`; limits are degrees above the horizon."""

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Self:
        self.check()
        return self


def _reads(_options: Mapping[str, Any]) -> tuple[tuple[Place, str], ...]:
    return ()


def _build(options: Options, _dictionary: Mapping[str, Property]) -> Condition:
    return Sun(bound=options.bound())


CONDITION = ConditionKind(name="sun", options=Options, reads=_reads, build=_build)
