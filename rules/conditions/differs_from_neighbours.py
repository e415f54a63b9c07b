"""`differs_from_neighbours`: one device that says something else than those around it: most likely its fault.

    when:
      differs_from_neighbours: {property: weather.temperature, within_m: 3000, by: 5, min_neighbours: 3}

Its newest value is compared with the median of theirs (`area: adjacent_cells` in place of `within_m`: of those in the
same cell and in cells that touch it). With fewer than `min_neighbours` that are known (values count
for `values_last`) it is not known. Judged with each observation of the device itself.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping

import pydantic

from ingest.model import Property
from rules.conditions._around import AroundOptions, words
from rules.conditions._base import Condition, ConditionKind, Verdict, Verdicts
from rules.conditions._samples import UNKNOWN, Sampling, one_property, with_unit
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.nearby import Near
from rules.view import View
from rules.wording import Wording, measured


class DiffersFromNeighbours(Sampling, frozen=True, kw_only=True):
    """A value that is more than `by` away from the median of the neighbours."""

    observed_property: str
    unit: str
    near: Near
    by: float
    min_neighbours: int
    lasts_ms: int

    @property
    def properties(self) -> tuple[str, ...]:
        """The one property that it judges."""
        return (self.observed_property,)

    @property
    def span_ms(self) -> int:
        """Return how long a value counts."""
        return self.lasts_ms

    def judge(self, view: View) -> Verdicts:
        """Return whether it is too far away."""
        compared = self._compare(view)
        if compared is None:
            return UNKNOWN
        return (Verdict.HOLDS if abs(compared[0] - compared[1]) > self.by else Verdict.CLEAR,)

    def describe(self, view: View) -> str:
        """Return both in words."""
        compared = self._compare(view)
        if compared is None:
            return f"{self.observed_property}: too few neighbours are known"
        own, middle = (with_unit(round(number, 6), self.unit) for number in compared)
        return f"{self.observed_property} is {own}, {middle} around it, more than {self.by:g} apart is too far"

    def explain(self, wording: Wording) -> Text:
        """Return in plain words how far it is from those around it."""
        title, by = wording.title(self.observed_property), measured(self.by, self.unit)
        few, where = self.min_neighbours, words(self.near)
        return Text(
            zh=f"{title.zh}与{where.zh}其他设备的中位数相差超过 {by.zh}（其中至少 {few} 台有数据）",
            en=f"{title.en} is more than {by.en} away from the median of the other devices {where.en}"
            f" (of {few} or more)",
        )

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return the newest value of the device."""
        newest = view.latest(self.observed_property, self.lasts_ms)
        return () if newest is None else (view.said(self.observed_property, *newest),)

    def _compare(self, view: View) -> tuple[float, float] | None:
        own = view.latest(self.observed_property, self.lasts_ms)
        others = [
            newest[1]
            for one in view.each()
            if one.device.id != view.device.id
            and (newest := one.latest(self.observed_property, self.lasts_ms)) is not None
        ]
        if own is None or len(others) < self.min_neighbours:
            return None
        return own[1], statistics.median(others)


class Options(AroundOptions):
    """Options of `differs_from_neighbours`."""

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    by: float = pydantic.Field(gt=0, description="How far its value may be from the median of theirs")
    min_neighbours: int = pydantic.Field(3, ge=2, le=1000, description="With fewer known ones it is not known")
    values_last: Duration = pydantic.Field(
        "15m", validate_default=True, gt=0, description="How long a value counts after it was observed"
    )


def _build(options: Options, dictionary: Mapping[str, Property]) -> Condition:
    return DiffersFromNeighbours(
        observed_property=options.observed_property,
        unit=dictionary[options.observed_property].unit,
        near=options.near,
        by=options.by,
        min_neighbours=options.min_neighbours,
        lasts_ms=1000 * options.values_last,
    )


CONDITION = ConditionKind(name="differs_from_neighbours", options=Options, reads=one_property, build=_build)
