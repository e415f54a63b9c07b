"""The calendar file: what it says, and each mistake with its line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from alerts.cases.calendar import Basis, Calendar, load

GOOD = """\
version: 1
shifts: [["08:30", "12:00"], ["13:00", "17:30"]]
holidays: {"2027-01-01": 元旦}
working_days:
  "2027-02-20": 春节调休
"""


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "calendar.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_load(tmp_path: Path) -> None:
    """A good file gives shifts in minutes and days."""
    calendar, faults = load(_file(tmp_path, GOOD))

    assert faults == ()
    assert calendar == Calendar(
        shifts=((510, 720), (780, 1050)),
        holidays=frozenset({dt.date(2027, 1, 1)}),
        working_days=frozenset({dt.date(2027, 2, 20)}),
    )
    assert calendar.work_day_ms == 8 * 3_600_000


@pytest.mark.parametrize(
    "text, expected",
    [
        # a shift that ends before it begins
        ('version: 1\nshifts: [["12:00", "08:00"]]', "2: shifts: must be in order of time and not overlap"),
        # not a time of day
        ('version: 1\nshifts:\n- ["8", "12:00"]', "3: shifts.0.0: must be a time of day such as 08:00 (is '8')"),
        ('version: 1\nshifts:\n- ["08:00", "24:30"]', "3: shifts.0.1: must be a time of day, at most 24:00"),
        # not a date
        (GOOD.replace("2027-02-20", "20.2.2027"), "5: working_days.20.2.2027: must be a date such as 2027-01-01"),
        # a day both off and worked
        (GOOD.replace("2027-02-20", "2027-01-01"), "5: working_days.2027-01-01: stands under holidays too"),
        # a newer file
        (GOOD.replace("version: 1", "version: 2"), "1: version: must be 1"),
        # a word that means nothing
        (GOOD + "holiday: {}\n", "6: holiday: is not a key that may stand here"),
    ],
)
def test_load_faults(tmp_path: Path, text: str, expected: str) -> None:
    """Each mistake is told with the line that it stands on."""
    _, faults = load(_file(tmp_path, text))

    assert len(faults) == 1
    assert str(faults[0]).partition("calendar.yaml:")[2].startswith(expected)


def test_load_missing_file(tmp_path: Path) -> None:
    """A missing file is a fault, not an exception."""
    _, faults = load(tmp_path / "calendar.yaml")

    assert [fault.message for fault in faults] == ["cannot be read: No such file or directory"]


@pytest.mark.parametrize(
    "day, calendar, expected",
    [
        # an ordinary Tuesday
        ("2026-11-24", Calendar(), (True, Basis.NATIONAL)),
        # National Day falls on a Thursday
        ("2026-10-01", Calendar(), (False, Basis.NATIONAL)),
        # a make-up working Saturday
        ("2026-10-10", Calendar(), (True, Basis.NATIONAL)),
        # a year that the national calendar does not know: the weekday decides, as an assumption
        ("2027-10-01", Calendar(), (True, Basis.WEEKDAY)),
        ("2027-10-02", Calendar(), (False, Basis.WEEKDAY)),
        # the site knows better
        ("2027-10-01", Calendar(holidays=frozenset({dt.date(2027, 10, 1)})), (False, Basis.SITE)),
        ("2026-10-01", Calendar(working_days=frozenset({dt.date(2026, 10, 1)})), (True, Basis.SITE)),
        # a site outside China
        ("2026-10-01", Calendar(national=False), (True, Basis.RULE)),
    ],
)
def test_judge(day: str, calendar: Calendar, expected: tuple[bool, Basis]) -> None:
    """A day is worked or not, with what that rests on."""
    assert calendar.judge(dt.date.fromisoformat(day)) == expected
