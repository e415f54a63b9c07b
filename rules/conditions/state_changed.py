"""`state_changed`: a flag, a status or a counter that changed a while ago.

    when:
      state_changed: {property: waste.lid_open, to: 1, within: 10m}

It holds for `within` after a change (with `from` and `to`: after that change), and is clear from the first observation
after that. A change across a gap longer than `within` is none: nobody knows when it was.
"""

from __future__ import annotations

from collections.abc import Mapping

import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Verdict, Verdicts
from rules.conditions._samples import UNKNOWN, Sampling, one_property, span
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.view import View
from rules.wording import Wording
from rules.wording import span as said_span

_Change = tuple[int, float, int, float]
"""Time and value before, time and value after."""


class StateChanged(Sampling, frozen=True, kw_only=True):
    """A value that is another than the one before it; None: whatever it was."""

    observed_property: str
    before: float | None
    after: float | None
    within_ms: int

    @property
    def properties(self) -> tuple[str, ...]:
        """The one property that it judges."""
        return (self.observed_property,)

    @property
    def span_ms(self) -> int:
        """Return how far back it looks: to the value before a change that is `within` old."""
        return 2 * self.within_ms

    def judge(self, view: View) -> Verdicts:
        """Return whether there is such a change."""
        if view.latest(self.observed_property, self.span_ms) is None:
            return UNKNOWN
        return (Verdict.CLEAR if self._change(view) is None else Verdict.HOLDS,)

    def describe(self, view: View) -> str:
        """Return the newest change in words."""
        change = self._change(view)
        if change is None:
            return f"{self.observed_property} did not change for {span(self.within_ms)}"
        return f"{self.observed_property} changed from {change[1]:g} to {change[3]:g}"

    def explain(self, wording: Wording) -> Text:
        """Return in plain words which change, and how long ago."""
        title, within = wording.title(self.observed_property), said_span(self.within_ms)
        zh, en = "", ""
        if self.before is not None:
            old = wording.amount(self.observed_property, self.before)
            zh, en = f"由{old.zh}", f" from {old.en}"
        if self.after is not None:
            new = wording.amount(self.observed_property, self.after)
            zh, en = f"{zh}变为{new.zh}", f"{en} to {new.en}"
        else:
            zh += "发生变化"
        return Text(
            zh=f"{title.zh}在最近 {within.zh}内{zh}", en=f"{title.en} has changed{en} within the last {within.en}"
        )

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return the values before and after."""
        change = self._change(view)
        if change is None:
            newest = view.latest(self.observed_property, self.span_ms)
            return () if newest is None else (view.said(self.observed_property, *newest),)
        return view.said(self.observed_property, *change[:2]), view.said(self.observed_property, *change[2:])

    def _change(self, view: View) -> _Change | None:
        times, values = view.window(self.observed_property, self.span_ms)
        for place in range(len(times) - 1, 0, -1):
            if times[place] <= view.at_ms - self.within_ms:
                break
            old, new = values[place - 1], values[place]
            is_wanted = self.before in (None, old) and self.after in (None, new)
            if new != old and is_wanted and times[place] - times[place - 1] <= self.within_ms:
                return times[place - 1], old, times[place], new
        return None


class Options(pydantic.BaseModel):
    """Options of `state_changed`."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    from_: float | None = pydantic.Field(None, alias="from", description="The value before; any if not given")
    to: float | None = pydantic.Field(None, description="The value after; any if not given")
    within: Duration = pydantic.Field(gt=0, description="How long after the change it holds")


def _build(options: Options, _dictionary: Mapping[str, Property]) -> Condition:
    return StateChanged(
        observed_property=options.observed_property,
        before=options.from_,
        after=options.to,
        within_ms=1000 * options.within,
    )


CONDITION = ConditionKind(name="state_changed", options=Options, reads=one_property, build=_build)
