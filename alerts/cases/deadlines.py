"""When a case is due: limits of the standards, counted by the working calendar.

`urgent_minute`, `urgent_hour` and `natural_day` run on, through nights and holidays; a natural day ends at the same
local time. `work_hour` and `work_day` count only working time (`alerts.cases.calendar`); a work day is the sum of the
day's shifts. Everything is counted on instants, so a shift that a change of clocks cuts is as long as it really was.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec

from alerts.cases.calendar import Basis, Calendar

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_HORIZON_DAYS = 4000  # a limit that is not used up by then can never be


class LimitType(enum.StrEnum):
    """Unit of a limit."""

    URGENT_MINUTE = "urgent_minute"
    URGENT_HOUR = "urgent_hour"
    NATURAL_DAY = "natural_day"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"

    @property
    def counts_working_time(self) -> bool:
        """Whether only working time counts."""
        return self in {LimitType.WORK_HOUR, LimitType.WORK_DAY}


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How long a case may take, as (value, type)."""

    value: float
    type: LimitType

    def duration_ms(self, calendar: Calendar) -> int:
        """Return the limit in milliseconds of the time that it counts (working time for the working types)."""
        unit = {
            LimitType.URGENT_MINUTE: 60_000,
            LimitType.URGENT_HOUR: _HOUR_MS,
            LimitType.NATURAL_DAY: _DAY_MS,
            LimitType.WORK_HOUR: _HOUR_MS,
            LimitType.WORK_DAY: calendar.work_day_ms,
        }[self.type]
        return round(self.value * unit)


class Due(msgspec.Struct, frozen=True):
    """An instant; `assumed` says that a day on the way was judged by the weekday rule alone."""

    at_ms: int
    assumed: bool = False


# 紧急工作日 runs on; plain 小时 and 天 are working time unless the site says otherwise (DOMAIN: the text wins)
_WORDS = {
    "紧急工作分钟": LimitType.URGENT_MINUTE,
    "紧急分钟": LimitType.URGENT_MINUTE,
    "紧急工作时": LimitType.URGENT_HOUR,
    "紧急工作小时": LimitType.URGENT_HOUR,
    "紧急小时": LimitType.URGENT_HOUR,
    "紧急工作日": LimitType.NATURAL_DAY,
    "自然日": LimitType.NATURAL_DAY,
    "工作时": LimitType.WORK_HOUR,
    "工作小时": LimitType.WORK_HOUR,
    "小时": LimitType.WORK_HOUR,
    "工作日": LimitType.WORK_DAY,
    "天": LimitType.WORK_DAY,
}
_LIMIT = re.compile(
    rf"\s*(\d+(?:\.\d+)?)\s*个?\s*({'|'.join(sorted(_WORDS, key=len, reverse=True))})\s*(?:内|以内)?\s*"
)


def parse_limit(text: str) -> Limit:
    """Return the limit that a standard's text says, such as `2紧急工作时` or `4小时`. Raises ValueError."""
    match = _LIMIT.fullmatch(text)
    if match is None or float(match[1]) == 0:
        raise ValueError(f"{text!r} is no limit: write a number above 0 and one of {', '.join(_WORDS)}")
    return Limit(value=float(match[1]), type=_WORDS[match[2]])


def due(start_ms: int, limit: Limit, calendar: Calendar, zone: ZoneInfo) -> Due:
    """Return when a clock that starts at `start_ms` has run through `limit`."""
    if limit.type is LimitType.NATURAL_DAY:
        days, rest = divmod(limit.value, 1)
        start = dt.datetime.fromtimestamp(start_ms / 1000, zone)
        moved = (start.replace(microsecond=0) + dt.timedelta(days=days)).timestamp()
        return Due(round(moved * 1000) + start_ms % 1000 + round(rest * _DAY_MS))
    return advance(start_ms, limit.duration_ms(calendar), limit.type, calendar, zone)


def advance(start_ms: int, duration_ms: int, counted: LimitType, calendar: Calendar, zone: ZoneInfo) -> Due:
    """Return when `duration_ms` of the time that `counted` counts have passed since `start_ms`."""
    if not counted.counts_working_time or duration_ms <= 0:
        return Due(start_ms + duration_ms)
    left, assumed = duration_ms, False
    for begin, end, basis in _shifts(start_ms, calendar, zone):
        assumed = assumed or basis is Basis.WEEKDAY
        begin_here = max(begin, start_ms)
        if end - begin_here >= left:
            return Due(begin_here + left, assumed)
        left -= max(0, end - begin_here)
    raise ValueError(f"the calendar has not {duration_ms} ms of working time in {_HORIZON_DAYS} days")


def remaining(now_ms: int, deadline_ms: int, counted: LimitType, calendar: Calendar, zone: ZoneInfo) -> int:
    """Return the milliseconds of counted time from `now_ms` to the deadline; negative once it has passed."""
    if not counted.counts_working_time:
        return deadline_ms - now_ms
    early, late = min(now_ms, deadline_ms), max(now_ms, deadline_ms)
    total = 0
    for begin, end, _ in _shifts(early, calendar, zone):
        if begin >= late:
            break
        total += max(0, min(end, late) - max(begin, early))
    return total if deadline_ms >= now_ms else -total


def _shifts(from_ms: int, calendar: Calendar, zone: ZoneInfo) -> Iterator[tuple[int, int, Basis]]:
    """Yield the shifts of worked days from the day of `from_ms` on; a day that is not worked yields an empty shift."""
    day = dt.datetime.fromtimestamp(from_ms / 1000, zone).date()
    for _ in range(_HORIZON_DAYS):
        worked, basis = calendar.judge(day)
        for start, end in calendar.shifts if worked else ((0, 0),):
            yield _instant(day, start, zone), _instant(day, end, zone), basis
        day += dt.timedelta(days=1)


def _instant(day: dt.date, minute: int, zone: ZoneInfo) -> int:
    moment = dt.datetime.combine(day, dt.time(), zone) + dt.timedelta(minutes=minute)
    return round(moment.timestamp() * 1000)
