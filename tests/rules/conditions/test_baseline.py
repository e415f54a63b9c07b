"""`baseline`: what is normal at an hour, on which days, and what is remembered of them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.conditions._base import Verdict
from rules.conditions.baseline import CONDITION
from rules.engine import compile_rules, empty_state, step
from rules.model import Transition
from rules.samples import HOUR_MS, Keeping, Samples
from rules.view import Locale, Member, View

SPEED = "traffic.speed"
NANNING = ZoneInfo("Asia/Shanghai")
MONDAY = dt.datetime(2026, 3, 2, tzinfo=NANNING)
HOLIDAY = dt.date(2026, 3, 26)  # a Thursday, in these tests


def at(days: float, hour: float = 8) -> int:
    """Return a time in ms: so many days after a Monday, at a local hour."""
    return round((MONDAY + dt.timedelta(days=days, hours=hour)).timestamp() * 1000)


def judged(world: Any, values: dict[int, float], now_ms: int, **options: Any) -> tuple[Verdict, str]:
    """Return what is judged of values by time, and the words for it."""
    given = {"property": SPEED, "side": "below", "by": 3.0, "min_difference": 10.0, **options}
    condition: Any = CONDITION.build(CONDITION.options.model_validate(given), world.dictionary)
    kept = Samples(Keeping(10**12, 10**6))
    for time_ms in sorted(values):
        kept.add(time_ms, values[time_ms])
    member = Member(world.device(), {SPEED: kept})
    locale = Locale(NANNING, lambda day: day.weekday() < 5 and day != HOLIDAY)
    view = View(now_ms, member, {"g1": member}, locale, "g1")
    return condition.judge(view)[0], condition.describe(view)


def test_same_weekday_first(world: Any) -> None:
    """With enough Tuesdays only these count, and the words say so."""
    tuesdays = {at(1 + 7 * week): 40.0 + week for week in range(4)}
    others = {at(7 * week): 90.0 for week in range(4)}

    verdict, words = judged(world, {**tuesdays, **others, at(29): 20.0}, at(29))

    assert verdict is Verdict.HOLDS
    assert words == "traffic.speed is normally 31.5 to 51.5 km/h on Tuesdays at 08 h, now 20"


def test_alike_days_where_weekdays_are_few(world: Any) -> None:
    """With one Friday only, all workdays of the past weeks count; days off do not."""
    days = {at(day): 60.0 if day % 7 < 5 else 5.0 for day in range(11)}

    verdict, words = judged(world, {**days, at(11): 30.0}, at(11))

    assert (verdict, "on workdays at 08 h, now 30" in words) == (Verdict.HOLDS, True)


def test_holiday_is_compared_with_days_off(world: Any) -> None:
    """On a Thursday that nobody works the empty road of Sundays is normal."""
    days = {at(day): 30.0 if day % 7 < 5 else 80.0 for day in range(24)}

    verdict, words = judged(world, {**days, at(24): 79.0}, at(24))
    worked, _ = judged(world, {**days, at(24): 29.0}, at(24))

    assert (verdict, "on days off" in words) == (Verdict.CLEAR, True)
    assert worked is Verdict.HOLDS


def test_too_few_days(world: Any) -> None:
    """Of two days nothing is known, and the words say so."""
    verdict, words = judged(world, {at(0): 60.0, at(1): 60.0, at(2): 5.0}, at(2))

    assert (verdict, words) == (Verdict.UNKNOWN, "traffic.speed: what is normal at this hour is not known")


@pytest.mark.parametrize("side, value, holds", [
    ("below", 45.0, True), ("below", 75.0, False), ("above", 75.0, True), ("above", 45.0, False),
    ("both", 45.0, True), ("both", 75.0, True), ("both", 51.0, False), ("below", 50.0, False),
])  # fmt: skip
def test_sides(world: Any, side: str, value: float, holds: bool) -> None:  # noqa: FBT001 - a column of the table
    """Only its side counts; a small difference never does, and the limit itself is normal."""
    days = {at(day): 60.0 for day in range(4)}

    verdict, _ = judged(world, {**days, at(4): value}, at(4), side=side)

    assert (verdict is Verdict.HOLDS) is holds


def test_days_that_differ_allow_more(world: Any) -> None:
    """What is far is measured by how far the days are apart."""
    alike = {at(day): 60.0 + day for day in range(4)}
    apart = {at(day): 30.0 + 20.0 * day for day in range(4)}

    assert judged(world, {**alike, at(4): 40.0}, at(4))[0] is Verdict.HOLDS
    assert judged(world, {**apart, at(4): 10.0}, at(4))[0] is Verdict.CLEAR


def test_median_of_the_last_values(world: Any) -> None:
    """One wild value is not the value of the last quarter of an hour."""
    days = {at(day): 60.0 for day in range(4)}
    now = {at(4) + minute * 60_000: 5.0 if minute == 4 else 58.0 for minute in range(6)}

    assert judged(world, {**days, **now}, max(now))[0] is Verdict.CLEAR


def test_hours_are_remembered_by_their_median() -> None:
    """What lies far back is one sample an hour; what is recent stays whole; the medians do not change by it."""
    kept = Samples(Keeping(10**12, 10**6, fine_ms=2 * HOUR_MS))
    for minute in range(0, 60 * 30, 5):
        kept.add(at(0, 0) + minute * 60_000, float(minute % 60))

    kept.trim()

    assert len(kept.times) < 28 + 3 * 12 + 1
    assert set(kept.values[:20]) == {27.5}
    assert list(kept.values[-12:]) == [float(minute) for minute in range(0, 60, 5)]
    before = list(kept.times)
    kept.trim()
    assert list(kept.times) == before


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_batches_make_no_difference(world: Any, size: int) -> None:
    """Weeks of values in any batches give the same, whenever hours were thinned."""
    given = {"property": SPEED, "side": "below", "by": 4.0, "min_difference": 15.0}
    condition = CONDITION.build(CONDITION.options.model_validate(given), world.dictionary)
    device = world.device(domain="traffic", kind="traffic_detector", cadence_s=900)
    rule = world.rule(condition, id="traffic.odd", domain="traffic")
    series = world.series(device, SPEED)
    values = [
        world.observation(series, 900 * index, 30.0 if index in range(1500, 1512) else 60.0 + index % 7)
        for index in range(1600)
    ]
    program, state = compile_rules((rule,), (device,)), empty_state()
    told: list[Transition] = []
    for start in range(0, len(values), size):
        part = values[start : start + size]
        told += step(program, state, part, part[-1].result_time_ms).transitions

    assert world.told(tuple(told)) == [("firing", 1_350_000), ("resolved", 1_360_800)]
