"""`ratio`: the share of the devices of an area for which something is so, in percent.

    subject: subdistrict
    when:                                          # the lit rate at night
      all_of:
        conditions:
          - ratio: {of: {threshold: {property: lighting.power, above: 10}}, below: 98, min_devices: 20}
          - sun: {below: -6}

Counted are the devices of which something is known: whose last value is not older than `values_last`. Judged once a
minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import pydantic

from rules.conditions._base import Condition, ConditionKind, OnePart, Verdict, Verdicts
from rules.conditions._joined import lasting, no_property, unbuilt
from rules.conditions._lift import Wrapped
from rules.conditions._limits import Bound, BoundOptions
from rules.conditions._samples import UNKNOWN
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.view import View
from rules.wording import Wording, measured

_MINUTE_MS = 60_000
_SHOWN = 5
_PERCENT = 100.0


class Ratio(Wrapped, frozen=True, kw_only=True):
    """The percentage of the devices that satisfy a condition, held against a limit."""

    bound: Bound
    min_devices: int

    @property
    def every_ms(self) -> int:
        """Return a minute: each time costs a look at every device."""
        return max(_MINUTE_MS, self.inner.every_ms)

    @property
    def whole(self) -> bool:
        """It judges all devices of the area."""
        return True

    def judge(self, view: View) -> Verdicts:
        """Return on which side of the limit the share is."""
        so, known = self._count(view)
        return UNKNOWN if known < self.min_devices else (self.bound.judge(_PERCENT * so / known),)

    def describe(self, view: View) -> str:
        """Return the share in words."""
        so, known = self._count(view)
        if known < self.min_devices:
            return f"only {known} devices are known"
        share = _PERCENT * so / known
        return f"{so} of {known} devices ({share:.4g} %), {self.bound.words(share)}"

    def explain(self, wording: Wording) -> Text:
        """Return in plain words what the share is of."""
        said, limit = self.inner.explain(wording), self.bound.explain(lambda share: measured(share, "%"))
        few = self.min_devices > 1
        return Text(
            zh=f"“{said.zh}”的设备所占比例{limit.zh}" + f"（至少 {self.min_devices} 台有数据）" * few,
            en=f"the share of devices of which {said.en} is {limit.en}" + f" (of {self.min_devices} or more)" * few,
        )

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return what some of the devices said that are on the bad side."""
        bad = Verdict.HOLDS if self.bound.is_high else Verdict.CLEAR
        found = [one for one in view.of_subject() if self.inner.judge(one)[0] is bad][:_SHOWN]
        said = [evidence for one in found for evidence in self.inner.evidence(one)[-1:]]
        return tuple(sorted(said, key=lambda one: one.phenomenon_time_ms))

    def _count(self, view: View) -> tuple[int, int]:
        if view.anchored is not None:
            verdict = self.inner.judge(view)[0]
            return int(verdict is Verdict.HOLDS), int(verdict is not Verdict.UNKNOWN)
        known = view.known.setdefault(id(self), {})
        for device_id in view.devices() - known.keys():
            known[device_id] = self.inner.judge(view.about(device_id))[0]
        verdicts = list(known.values())
        return verdicts.count(Verdict.HOLDS), len(verdicts) - verdicts.count(Verdict.UNKNOWN)


class Options(BoundOptions):
    """Options of `ratio`; limits are percent of the devices."""

    of: OnePart = pydantic.Field(description="What must be so of a device to be counted in")
    min_devices: int = pydantic.Field(1, ge=1, le=100_000, description="With fewer known devices it is not known")
    values_last: Duration = pydantic.Field(
        "15m", validate_default=True, gt=0, description="How long a value counts after it was observed"
    )

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Self:
        self.check()
        return self


def _join(options: Options, parts: Mapping[str, tuple[Condition, ...]]) -> Condition:
    (inner,) = lasting(parts["of"], 1000 * options.values_last)
    if inner.whole or not inner.properties:
        raise ValueError("of: must be a condition of one device that observes something")
    return Ratio(inner=inner, bound=options.bound(), min_devices=options.min_devices)


CONDITION = ConditionKind(name="ratio", options=Options, reads=no_property, build=unbuilt, parts=("of",), join=_join)
