"""Times of the day, of the week and of the working calendar."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest.model import Device
from rules.conditions._base import Verdict
from rules.view import Locale, Member, View

WORLD_DEVICE = Device(id="g1", domain="weather", kind="x", cell="450107003013001", lat=22.8, lon=108.3, cadence_s=60)

HOLDS, CLEAR = Verdict.HOLDS, Verdict.CLEAR


def at(text: str) -> View:
    """Return a view at a local time in Nanning."""
    locale = Locale(ZoneInfo("Asia/Shanghai"), lambda day: day != dt.date(2026, 1, 1) and day.weekday() < 5)
    member = Member(WORLD_DEVICE, {})
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=locale.zone)
    return View(round(moment.timestamp() * 1000), member, {"g1": member}, locale, "g1")


@pytest.mark.parametrize(
    "options, time, verdict",
    [
        ({"from": "07:00", "to": "09:00"}, "2026-01-05T07:00", HOLDS),
        ({"from": "07:00", "to": "09:00"}, "2026-01-05T09:00", CLEAR),
        ({"from": "22:00", "to": "06:00"}, "2026-01-05T23:59", HOLDS),
        ({"from": "22:00", "to": "06:00"}, "2026-01-05T05:59", HOLDS),
        ({"from": "22:00", "to": "06:00"}, "2026-01-05T12:00", CLEAR),
        ({"from": "22:00", "to": "06:00", "days": ["mon"]}, "2026-01-06T05:00", HOLDS),
        ({"from": "22:00", "to": "06:00", "days": ["mon"]}, "2026-01-05T05:00", CLEAR),
        ({"days": "workdays"}, "2026-01-01T12:00", CLEAR),
        ({"days": "holidays"}, "2026-01-01T12:00", HOLDS),
        ({"days": "workdays"}, "2026-01-02T12:00", HOLDS),
        ({}, "2026-01-03T00:00", HOLDS),
    ],
)
def test_judge_goes_by_local_time(world: Any, options: dict[str, Any], time: str, verdict: Verdict) -> None:
    """The beginning is in it, the end is not; over midnight it belongs to the day on which it began."""
    assert world.condition("schedule", **options).judge(at(time)) == (verdict,)


def test_describe_names_the_local_time(world: Any) -> None:
    """An operator reads the site's own time."""
    assert world.condition("schedule").describe(at("2026-01-05T07:05")) == "it is 07:05 on mon"
