"""`neighbours_agree`: something that is so of a device and of enough others around it.

    when:
      neighbours_agree:
        condition: {threshold: {property: weather.water_level, above: 15}}
        within_m: 500
        at_least: 2

Others are those that the rule selects, in the same sub-district; with `area: adjacent_cells` in place of `within_m`,
those in the same cell and in cells that touch it. It is judged with each observation of the device itself; what the
others said counts for `values_last`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pydantic

from rules.conditions._around import AroundOptions, words
from rules.conditions._base import Condition, ConditionKind, OnePart, Verdict, Verdicts
from rules.conditions._joined import lasting, no_property, unbuilt
from rules.conditions._lift import Wrapped
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.nearby import Near
from rules.view import View
from rules.wording import Wording

_SHOWN = 5


class NeighboursAgree(Wrapped, frozen=True, kw_only=True):
    """A condition that holds for the device and for at least so many neighbours."""

    near: Near
    at_least: int

    def quiet(self, observed_property: str) -> tuple[float, float]:
        """Return that of the condition."""
        return self.inner.quiet(observed_property)

    def judge(self, view: View) -> Verdicts:
        """Return what the device says, unless it stands alone with it."""
        verdicts = self.inner.judge(view)
        if verdicts[0] is Verdict.HOLDS and len(self._others(view)) < self.at_least:
            return (Verdict.CLEAR,)
        return verdicts

    def describe(self, view: View) -> str:
        """Return what the device says, and how many agree."""
        count = len(self._others(view))
        others = "is 1 other" if count == 1 else f"are {count} others"
        return f"{self.inner.describe(view)}; so {others} {words(self.near).en}"

    def explain(self, wording: Wording) -> Text:
        """Return in plain words what is so of how many."""
        said, where = self.inner.explain(wording), words(self.near)
        return Text(
            zh=f"{said.zh}，且{where.zh}至少还有 {self.at_least} 台设备也是如此",
            en=f"{said.en}, and so it is of {self.at_least} or more other devices {where.en}",
        )

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return what some of the others said, and the device."""
        others = [evidence for one in self._others(view)[:_SHOWN] for evidence in self.inner.evidence(one)[-1:]]
        return *sorted(others, key=lambda one: one.phenomenon_time_ms), *self.inner.evidence(view)

    def _others(self, view: View) -> list[View]:
        return [
            one for one in view.each() if one.device.id != view.device.id and self.inner.judge(one)[0] is Verdict.HOLDS
        ]


class Options(AroundOptions):
    """Options of `neighbours_agree`."""

    condition: OnePart = pydantic.Field(description="What must be so")
    at_least: int = pydantic.Field(1, ge=1, le=1000, description="So many others must agree")
    values_last: Duration = pydantic.Field(
        "15m", validate_default=True, gt=0, description="How long a value counts after it was observed"
    )


def _join(options: Options, parts: Mapping[str, tuple[Condition, ...]]) -> Condition:
    (inner,) = lasting(parts["condition"], 1000 * options.values_last)
    if inner.whole or inner.near or not inner.properties:
        raise ValueError("condition: must be a condition of one device that observes something")
    return NeighboursAgree(inner=inner, near=options.near, at_least=options.at_least)


CONDITION = ConditionKind(
    name="neighbours_agree", options=Options, reads=no_property, build=unbuilt, parts=("condition",), join=_join
)
