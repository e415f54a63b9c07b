"""`schedule`: a time of day on certain days, in the site's zone. A part of `all_of` and the like: it observes nothing.

    when:
      all_of:
        conditions:
          - threshold: {property: traffic.speed, below: 20}
          - schedule: {from: "07:00", to: "09:00", days: workdays}

A time over midnight (`from` later than `to`) belongs to the day on which it began. `workdays` and `holidays` follow
the site's working calendar.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Place, Verdict, Verdicts
from rules.conditions._samples import Sampling
from rules.model import Evidence
from rules.view import Locale, View

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_Time = Annotated[str, pydantic.Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Schedule(Sampling, frozen=True, kw_only=True):
    """From a minute of the day (included) to another (left out); equal: the whole day."""

    begin: int
    end: int
    days: str | tuple[Day, ...]

    @property
    def properties(self) -> tuple[str, ...]:
        """It observes nothing."""
        return ()

    @property
    def span_ms(self) -> int:
        """It looks at the moment only."""
        return 1

    def judge(self, view: View) -> Verdicts:
        """Return whether it is that time."""
        local = view.locale.local(view.at_ms)
        minute, day = local.hour * 60 + local.minute, local.date()
        if self.begin < self.end:
            inside = self.begin <= minute < self.end
        else:
            inside = minute >= self.begin or minute < self.end
            if minute < self.end:
                day -= dt.timedelta(days=1)
        return (Verdict.HOLDS if inside and self._includes(day, view.locale) else Verdict.CLEAR,)

    def describe(self, view: View) -> str:
        """Return the local time in words."""
        local = view.locale.local(view.at_ms)
        return f"it is {local:%H:%M} on {_DAYS[local.weekday()]}"

    def evidence(self, _view: View) -> tuple[Evidence, ...]:
        """Return nothing: time is not observed."""
        return ()

    def _includes(self, day: dt.date, locale: Locale) -> bool:
        if self.days == "all":
            return True
        if self.days in {"workdays", "holidays"}:
            return locale.is_workday(day) is (self.days == "workdays")
        return _DAYS[day.weekday()] in self.days


class Options(pydantic.BaseModel):
    """Options of `schedule`."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    from_: _Time = pydantic.Field("00:00", alias="from", description="Local time at which it begins")
    to: _Time = pydantic.Field("00:00", description="Local time at which it ends")
    days: Literal["all", "workdays", "holidays"] | list[Day] = pydantic.Field(
        "all", description="all, workdays, holidays, or a list of mon, tue, wed, thu, fri, sat, sun"
    )


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)


def _reads(_options: Mapping[str, Any]) -> tuple[tuple[Place, str], ...]:
    return ()


def _build(options: Options, _dictionary: Mapping[str, Property]) -> Condition:
    days = options.days if isinstance(options.days, str) else tuple(options.days)
    return Schedule(begin=_minutes(options.from_), end=_minutes(options.to), days=days)


CONDITION = ConditionKind(name="schedule", options=Options, reads=_reads, build=_build)
