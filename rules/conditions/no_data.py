"""`no_data`: a device that was heard of, or ought to have been, and is silent for several of its own intervals.

    when:
      no_data: {for_intervals: 3}

Every device is judged by its own cadence: that of the device register, or, where that does not say, the one that was
learned (`rules.cadence`). Any observation of the device, of any quality, ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Place
from rules.model import Text
from rules.wording import Wording


class NoData(msgspec.Struct, frozen=True, kw_only=True):
    """Silence longer than `for_intervals` times the cadence of the device."""

    for_intervals: float

    @property
    def reads(self) -> Literal["clock"]:
        """It looks at the clock."""
        return "clock"

    def silent_after_ms(self, cadence_s: int) -> int:
        """Return the silence in milliseconds that is still allowed."""
        return round(self.for_intervals * cadence_s * 1000)

    def describe(self, cadence_s: int) -> str:
        """Return in words what is too long."""
        return f"no data for {self.for_intervals:g} intervals of {cadence_s} s"

    def explain(self, wording: Wording) -> Text:  # noqa: ARG002 - it names no property
        """Return in plain words what is too long."""
        return Text(
            zh=f"设备连续 {self.for_intervals:g} 个上报周期（登记或学得）没有数据",
            en=f"the device sends nothing for {self.for_intervals:g} of its own intervals, declared or learned",
        )


class Options(pydantic.BaseModel):
    """Options of `no_data`."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    for_intervals: float = pydantic.Field(3.0, ge=1, le=10_000, description="Silent intervals that are too many")


def _reads(_options: Mapping[str, Any]) -> tuple[tuple[Place, str], ...]:
    return ()


def _build(options: Options, _dictionary: Mapping[str, Property]) -> Condition:
    return NoData(for_intervals=options.for_intervals)


CONDITION = ConditionKind(name="no_data", options=Options, reads=_reads, build=_build)
