"""What a condition may see: the samples of a subject's series up to a point of time, and where and when that is.

A view has one *focus*, the device that it speaks about; `each` gives a view of every other device of the subject. It
shows nothing later than `at_ms`, so what was judged once is judged the same when a late observation makes it again.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, KeysView, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ingest.model import Device
from rules.conditions._base import Verdict
from rules.model import Evidence
from rules.samples import Samples

Known = dict[int, dict[str, Verdict]]
"""What was found out of single devices at a time, by whoever did (`id`) and device.

It is kept for when this time is judged again, except of devices that said more since.
"""
_NONE: Sequence[int] = ()
_NO_VALUES: Sequence[float] = ()


def _touches_none(_cell: str) -> tuple[str, ...]:
    return ()


class Locale(NamedTuple):
    """What is so of the site: its zone, which days are worked, and which cells (by code) touch one."""

    zone: ZoneInfo = ZoneInfo("UTC")
    is_worked: Callable[[dt.date], bool] | None = None
    touching: Callable[[str], Iterable[str]] = _touches_none

    def local(self, at_ms: int) -> dt.datetime:
        """Return an instant in the site's zone."""
        return dt.datetime.fromtimestamp(at_ms / 1000, self.zone)

    def is_workday(self, day: dt.date) -> bool:
        """Tell whether a day is worked (without a calendar: Monday to Friday)."""
        return day.weekday() < 5 if self.is_worked is None else self.is_worked(day)  # noqa: PLR2004 - Saturday


class Window(NamedTuple):
    """Samples of one series in time order: times in milliseconds, values in canonical unit."""

    times: Sequence[int]
    values: Sequence[float]


_EMPTY = Window(_NONE, _NO_VALUES)


class Member(NamedTuple):
    """A device of a subject with what is remembered of its series, by property."""

    device: Device
    series: dict[str, Samples]


class View:
    """The subject at `at_ms`, with the focus on one of its devices."""

    __slots__ = ("_members", "anchored", "at_ms", "focus", "known", "locale")

    def __init__(self, at_ms: int, focus: Member, members: dict[str, Member], locale: Locale, anchored: object) -> None:
        self.at_ms, self.focus, self._members, self.locale = at_ms, focus, members, locale
        self.anchored = anchored  # None: the subject is all devices; else it is the one in focus
        self.known: Known = {}

    @property
    def device(self) -> Device:
        """The device that the view speaks about."""
        return self.focus.device

    def window(self, observed_property: str, span_ms: int) -> Window:
        """Return the samples with at_ms - span_ms < time ≤ at_ms of a property of the device."""
        samples = self.focus.series.get(observed_property)
        if samples is None:
            return _EMPTY
        samples.order()
        times = samples.times
        last = bisect_right(times, self.at_ms)
        first = bisect_right(times, self.at_ms - span_ms, 0, last)
        return Window(times[first:last], samples.values[first:last])

    def latest(self, observed_property: str, span_ms: int) -> tuple[int, float] | None:
        """Return (time, value) of the newest sample that is younger than the span, or None."""
        samples = self.focus.series.get(observed_property)
        if samples is None:
            return None
        samples.order()
        index = bisect_right(samples.times, self.at_ms) - 1
        if index < 0 or samples.times[index] <= self.at_ms - span_ms:
            return None
        return samples.times[index], samples.values[index]

    def at(self, at_ms: int) -> View:
        """Return the same at an earlier time."""
        return View(at_ms, self.focus, self._members, self.locale, self.anchored)

    def each(self) -> Iterator[View]:
        """Yield a view of every device that is seen, neighbours too, in order of their ids."""
        for device_id in sorted(self._members):
            yield View(self.at_ms, self._members[device_id], self._members, self.locale, self.anchored)

    def devices(self) -> KeysView[str]:
        """Return the ids of all devices that are seen."""
        return self._members.keys()

    def about(self, device_id: str) -> View:
        """Return the same with the focus on another device."""
        return View(self.at_ms, self._members[device_id], self._members, self.locale, self.anchored)

    def of_subject(self) -> Iterator[View]:
        """Yield a view of every device that the subject is: one, or all those of a cell or sub-district."""
        if self.anchored is not None:
            yield self
        else:
            yield from self.each()

    def said(self, observed_property: str, at_ms: int, value: float) -> Evidence:
        """Return a sample of the device as evidence."""
        return Evidence(
            device_id=self.focus.device.id, observed_property=observed_property, value=value, phenomenon_time_ms=at_ms
        )
