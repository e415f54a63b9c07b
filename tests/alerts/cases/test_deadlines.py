"""Deadlines: the vectors of the standard's calendar, month ends, midnight, holidays, changes of clocks, properties."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cases.calendar import Calendar
from alerts.cases.deadlines import Due, Limit, LimitType, advance, due, parse_limit, remaining
from ingest.located import load_csv

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Calendar()
HOURS = {"work_hour": 1, "urgent_hour": 1}


def _ms(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def _local(at_ms: int, zone: ZoneInfo = SHANGHAI) -> str:
    return f"{dt.datetime.fromtimestamp(at_ms / 1000, zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    "start, value, kind, expected",
    [
        # an hour is left on Friday; the weekend does not count
        ("2026-11-27 17:00", 4, "work_hour", "2026-11-30 11:00"),
        # urgent hours run on past closing time
        ("2026-11-27 17:00", 2, "urgent_hour", "2026-11-27 19:00"),
        # two work days are sixteen working hours
        ("2026-11-27 17:00", 2, "work_day", "2026-12-01 17:00"),
        # dispatched on a day off: counting begins on Monday
        ("2026-11-28 10:00", 4, "work_hour", "2026-11-30 12:00"),
        # dispatched in the midday break
        ("2026-11-25 12:30", 2, "work_hour", "2026-11-25 16:00"),
        # exactly at closing time nothing is left of the day
        ("2026-11-25 18:00", 2, "work_hour", "2026-11-26 10:00"),
        # late in the evening, working hours wait for the morning
        ("2026-11-26 22:36", 2, "work_hour", "2026-11-27 10:00"),
        # late in the evening, urgent hours pass midnight
        ("2026-11-26 22:36", 2, "urgent_hour", "2026-11-27 00:36"),
        # National Day: a week without a working hour
        ("2026-09-30 17:00", 4, "work_hour", "2026-10-08 11:00"),
        # a make-up working Saturday counts
        ("2026-10-09 16:00", 8, "work_hour", "2026-10-10 16:00"),
        ("2026-10-09 16:00", 1, "work_day", "2026-10-10 16:00"),
        # minutes run on
        ("2026-11-30 23:50", 15, "urgent_minute", "2026-12-01 00:05"),
        # a natural day ends at the same time of day, over the end of the month and of February
        ("2026-11-30 17:00", 1, "natural_day", "2026-12-01 17:00"),
        ("2026-02-28 09:00", 1, "natural_day", "2026-03-01 09:00"),
        # half a natural day is twelve hours
        ("2026-11-30 17:00", 0.5, "natural_day", "2026-12-01 05:00"),
        # a limit that ends with the morning shift ends at noon, not at two
        ("2026-11-25 10:00", 2, "work_hour", "2026-11-25 12:00"),
        # one minute before the shift begins is no working time
        ("2026-11-25 07:59", 1, "work_hour", "2026-11-25 09:00"),
        # from midnight exactly
        ("2026-11-25 00:00", 1, "work_hour", "2026-11-25 09:00"),
    ],
)
def test_due(start: str, value: float, kind: str, expected: str) -> None:
    """A case dispatched at `start` with the limit is due at the expected local time."""
    found = due(_ms(start), Limit(value=value, type=LimitType(kind)), CALENDAR, SHANGHAI)

    assert _local(found.at_ms) == expected
    assert not found.assumed


def test_due_beyond_the_national_calendar_is_assumed() -> None:
    """A deadline that crosses New Year 2027 goes by weekdays, and says so."""
    found = due(_ms("2026-12-31 17:00"), Limit(value=4, type=LimitType.WORK_HOUR), CALENDAR, SHANGHAI)

    assert (_local(found.at_ms), found.assumed) == ("2027-01-01 11:00", True)


def test_due_beyond_the_national_calendar_with_the_sites_table() -> None:
    """The site's own holidays are knowledge: nothing is assumed where they cover the days."""
    holidays = frozenset(dt.date(2027, 1, day) for day in (1, 2, 3))
    calendar = Calendar(holidays=holidays, working_days=frozenset({dt.date(2027, 1, 4)}))

    found = due(_ms("2026-12-31 17:00"), Limit(value=4, type=LimitType.WORK_HOUR), calendar, SHANGHAI)

    assert found == Due(_ms("2027-01-04 11:00"))


def test_due_site_overrides_both_ways() -> None:
    """The site may close on a national working day and work on a national day off."""
    calendar = Calendar(holidays=frozenset({dt.date(2026, 11, 27)}), working_days=frozenset({dt.date(2026, 11, 28)}))

    found = due(_ms("2026-11-26 18:00"), Limit(value=1, type=LimitType.WORK_HOUR), calendar, SHANGHAI)

    assert _local(found.at_ms) == "2026-11-28 09:00"


@pytest.mark.parametrize(
    "start, value, kind, expected",
    [
        # clocks go forward at two: the night shift 00-04 is three hours long
        ("2026-03-29 00:00", 3, "work_hour", "2026-03-29 04:00"),
        # clocks go back at three: the night shift is five hours long
        ("2026-10-25 00:00", 5, "work_hour", "2026-10-25 04:00"),
        # urgent hours are real hours on both days
        ("2026-03-29 00:00", 4, "urgent_hour", "2026-03-29 05:00"),
        ("2026-10-25 00:00", 4, "urgent_hour", "2026-10-25 03:00"),
        # a natural day is 23 or 25 hours then, and ends at the same local time
        ("2026-03-28 12:00", 1, "natural_day", "2026-03-29 12:00"),
        ("2026-10-24 12:00", 1, "natural_day", "2026-10-25 12:00"),
        # a local time that the change skips becomes the next that exists
        ("2026-03-28 02:30", 1, "natural_day", "2026-03-29 03:30"),
    ],
)
def test_due_on_changes_of_clocks(start: str, value: float, kind: str, expected: str) -> None:
    """In a zone with summer time, counting is by real time and shifts are by the wall."""
    days = frozenset({dt.date(2026, 3, 29), dt.date(2026, 10, 25)})
    calendar = Calendar(shifts=((0, 4 * 60),), national=False, working_days=days)

    found = due(_ms(start, BERLIN), Limit(value=value, type=LimitType(kind)), calendar, BERLIN)

    assert _local(found.at_ms, BERLIN) == expected


def test_due_without_any_working_day_ends() -> None:
    """A calendar that is never worked gives an error, not an endless search."""
    calendar = Calendar(shifts=((0, 0),), national=False)

    with pytest.raises(ValueError, match="has not 3600000 ms of working time"):
        due(0, Limit(value=1, type=LimitType.WORK_HOUR), calendar, SHANGHAI)


@pytest.mark.parametrize(
    "text, expected",
    [
        # urgent working hours run on
        ("2紧急工作时", (2, "urgent_hour")),
        # urgent working days are natural days
        ("1紧急工作日", (1, "natural_day")),
        # the same city writes the same limit both ways
        ("4小时", (4, "work_hour")),
        ("4工作时", (4, "work_hour")),
        ("2个工作小时", (2, "work_hour")),
        # days are working days
        ("2天", (2, "work_day")),
        ("1工作日", (1, "work_day")),
        # halves and spaces
        (" 1.5 小时内 ", (1.5, "work_hour")),
        ("30紧急分钟", (30, "urgent_minute")),
    ],
)
def test_parse_limit(text: str, expected: tuple[float, str]) -> None:
    """The text of a standard gives value and type."""
    found = parse_limit(text)

    assert (found.value, found.type.value) == expected


@pytest.mark.parametrize("text", ["", "小时", "0小时", "四小时", "4", "4周", "-4小时", "4小时半"])
def test_parse_limit_refuses(text: str) -> None:
    """What is no limit is refused with what would be one."""
    with pytest.raises(ValueError, match="is no limit: write a number above 0 and one of 紧急工作分钟, "):
        parse_limit(text)


@pytest.mark.corpora
def test_parse_limit_of_published_standards(corpora: Path) -> None:
    """Every limit text of the published case standards is read, and agrees with the type column beside it."""
    rows, faults = load_csv(corpora / "seed" / "case_standards.csv", ("limit_text", "limit_type", "limit_value"))
    assert faults == ()

    found = [(parse_limit(row["limit_text"]), row) for _, row in rows if row["limit_text"]]

    assert len(found) > 20
    for limit, row in found:
        expected = {"hour": "work_hour"}.get(row["limit_type"], row["limit_type"])
        assert (limit.value, limit.type.value) == (float(row["limit_value"]), expected)


def test_remaining_counts_working_time_only() -> None:
    """From Friday 17:00 to Monday 11:00 there are four working hours, and 66 hours that run on."""
    early, late = _ms("2026-11-27 17:00"), _ms("2026-11-30 11:00")

    assert remaining(early, late, LimitType.WORK_HOUR, CALENDAR, SHANGHAI) == 4 * 3_600_000
    assert remaining(early, late, LimitType.URGENT_HOUR, CALENDAR, SHANGHAI) == 66 * 3_600_000


def test_remaining_of_an_overdue_case_is_negative() -> None:
    """After the deadline the counted time since then is told with a minus."""
    assert remaining(_ms("2026-11-30 11:00"), _ms("2026-11-27 17:00"), LimitType.WORK_DAY, CALENDAR, SHANGHAI) == (
        -4 * 3_600_000
    )


TIMES = st.integers(_ms("2026-01-01 00:00"), _ms("2027-12-31 00:00"))
KINDS = st.sampled_from(LimitType)
LIMITS = st.builds(lambda value, kind: Limit(value=value, type=kind), st.integers(1, 80), KINDS)


@given(TIMES, TIMES, LIMITS)
def test_due_is_monotonic(one: int, other: int, limit: Limit) -> None:
    """Whoever is dispatched later is never due earlier."""
    first, second = sorted((one, other))

    assert due(first, limit, CALENDAR, SHANGHAI).at_ms <= due(second, limit, CALENDAR, SHANGHAI).at_ms


@given(TIMES, st.integers(1, 40), st.integers(1, 40), KINDS)
def test_more_time_is_never_due_earlier(start: int, one: int, other: int, kind: LimitType) -> None:
    """A longer limit is due later."""
    early, late = (
        due(start, Limit(value=value, type=kind), CALENDAR, SHANGHAI).at_ms for value in sorted((one, other))
    )

    assert start <= early <= late


@given(TIMES, st.integers(0, 200 * 3_600_000), st.sampled_from([LimitType.WORK_HOUR, LimitType.URGENT_HOUR]))
def test_remaining_undoes_advance(start: int, duration: int, kind: LimitType) -> None:
    """What is left until a point is what was counted to get there: a pause loses and gains nothing."""
    there = advance(start, duration, kind, CALENDAR, SHANGHAI).at_ms

    assert remaining(start, there, kind, CALENDAR, SHANGHAI) == duration
