"""The working calendar of a site: which days are worked, and from when to when.

A day is judged by the first that knows it: the site's own table (it overrides both ways, for holidays and make-up
working days 调休), the national calendar of China (chinesecalendar), and, for years that the national calendar does
not know yet, the weekday rule. What rests on the weekday rule is an assumption and is flagged as such (`Basis`).

File `calendar.yaml`:

    version: 1
    shifts: [["08:00", "12:00"], ["14:00", "18:00"]]    # local time
    national: china                                     # or none: weekdays only, no assumption
    holidays: {"2027-01-01": 元旦}                       # days off, each with its name
    working_days: {"2027-02-20": 春节调休}               # days worked
"""

from __future__ import annotations

import datetime as dt
import enum
import functools
import itertools
from pathlib import Path
from typing import Annotated, Literal

import chinese_calendar  # type: ignore[import-untyped]  # the package carries no types
import msgspec
import pydantic

from ingest.located import Fault, load_yaml, validate

_SATURDAY = 5
_MINUTES = 24 * 60


class Basis(enum.StrEnum):
    """What the judgement of a day rests on."""

    SITE = "site"
    NATIONAL = "national"
    WEEKDAY = "weekday"  # beyond the years of the national calendar: an assumption
    RULE = "rule"  # the site has no national calendar: weekdays are the rule


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """Shifts as (start, end) in minutes since local midnight, in order; and the site's days, which override all."""

    shifts: tuple[tuple[int, int], ...] = ((8 * 60, 12 * 60), (14 * 60, 18 * 60))
    national: bool = True
    holidays: frozenset[dt.date] = frozenset()
    working_days: frozenset[dt.date] = frozenset()

    @property
    def work_day_ms(self) -> int:
        """Length of one working day in milliseconds: the sum of its shifts."""
        return sum(end - start for start, end in self.shifts) * 60_000

    def judge(self, day: dt.date) -> tuple[bool, Basis]:
        """Return whether `day` is worked, and what that rests on."""
        if day in self.holidays or day in self.working_days:
            return day in self.working_days, Basis.SITE
        if not self.national:
            return day.weekday() < _SATURDAY, Basis.RULE
        return _national(day)


@functools.cache
def _national(day: dt.date) -> tuple[bool, Basis]:
    try:
        return bool(chinese_calendar.is_workday(day)), Basis.NATIONAL
    except NotImplementedError:
        return day.weekday() < _SATURDAY, Basis.WEEKDAY


def _minutes(text: str) -> int:
    hour, colon, minute = text.partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and int(minute) < 60 and int(hour) <= 24):  # noqa: PLR2004 - a clock
        raise ValueError("must be a time of day such as 08:00")
    if (total := int(hour) * 60 + int(minute)) > _MINUTES:
        raise ValueError("must be a time of day, at most 24:00")
    return total


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date such as 2027-01-01") from None


Minutes = Annotated[int, pydantic.BeforeValidator(lambda value: _minutes(str(value)))]
Day = Annotated[dt.date, pydantic.BeforeValidator(lambda value: _date(str(value)))]


class _File(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    version: Literal[1]
    shifts: list[tuple[Minutes, Minutes]] = pydantic.Field(min_length=1)
    national: Literal["china", "none"] = "china"
    holidays: dict[Day, str] = {}
    working_days: dict[Day, str] = {}

    @pydantic.field_validator("shifts")
    @classmethod
    def _in_order(cls, shifts: list[tuple[int, int]]) -> list[tuple[int, int]]:
        times = [time for shift in shifts for time in shift]
        if any(later <= earlier for earlier, later in itertools.pairwise(times)):
            raise ValueError("must be in order of time and not overlap")
        return shifts


def load(path: Path) -> tuple[Calendar, tuple[Fault, ...]]:
    """Read `calendar.yaml`; return the calendar (the default one where the file is faulty) and every fault in it."""
    document = load_yaml(path)
    if isinstance(document, Fault):
        return Calendar(), (document,)
    found = validate(_File, document)
    if not isinstance(found, _File):
        return Calendar(), found
    faults = tuple(
        document.fault(("working_days", day.isoformat()), "stands under holidays too")
        for day in sorted(found.holidays.keys() & found.working_days.keys())
    )
    calendar = Calendar(
        shifts=tuple(found.shifts),
        national=found.national == "china",
        holidays=frozenset(found.holidays),
        working_days=frozenset(found.working_days),
    )
    return calendar, faults
