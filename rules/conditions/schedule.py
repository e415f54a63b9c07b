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
from rules.model import Evidence, Text
from rules.view import Locale, View
from rules.wording import Wording

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SAID = {
    "all": Text(zh="每天", en="any day"),
    "workdays": Text(zh="工作日", en="a working day"),
    "holidays": Text(zh="非工作日", en="a day off"),
    "mon": Text(zh="周一", en="Monday"),
    "tue": Text(zh="周二", en="Tuesday"),
    "wed": Text(zh="周三", en="Wednesday"),
    "thu": Text(zh="周四", en="Thursday"),
    "fri": Text(zh="周五", en="Friday"),
    "sat": Text(zh="周六", en="Saturday"),
    "sun": Text(zh="周日", en="Sunday"),
}
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

    def explain(self, wording: Wording) -> Text:  # noqa: ARG002 - it names no property
        """Return the days and times in plain words."""
        days = _SAID[self.days] if isinstance(self.days, str) else _listed(self.days)
        if self.begin == self.end:
            return Text(zh=f"时间为{days.zh}全天", en=f"it is {days.en}")
        begin, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (self.begin, self.end))
        late = self.begin > self.end
        return Text(
            zh=f"时间为{days.zh} {begin} 至{'次日' * late} {end}",
            en=f"it is {days.en}, between {begin} and {end}{' of the next day' * late}",
        )

    def evidence(self, _view: View) -> tuple[Evidence, ...]:
        """Return nothing: time is not observed."""
        return ()

    def _includes(self, day: dt.date, locale: Locale) -> bool:
        if self.days == "all":
            return True
        if self.days in {"workdays", "holidays"}:
            return locale.is_workday(day) is (self.days == "workdays")
        return _DAYS[day.weekday()] in self.days


def _listed(days: tuple[Day, ...]) -> Text:
    said = [_SAID[day] for day in _DAYS if day in days]
    return Text(zh="、".join(one.zh for one in said), en=" or ".join(one.en for one in said))


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
