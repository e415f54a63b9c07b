"""Flux queries and their rows."""

from __future__ import annotations

import pytest

from ingest.model import Device, Observation, Property, Series, series_id
from ingest.stores import _influx_queries as queries
from ingest.stores._base import Point

START_MS = 1_790_000_000_000


def observations(device_id: str, *times_ms: int) -> list[Observation]:
    """Return observations of one bin at these times."""
    device = Device(id=device_id, domain="waste", kind="waste_bin", cell="450107003013001", lat=0, lon=0, cadence_s=60)
    known = Property(name="waste.fill_level", unit="%", title_zh="满溢率", title_en="Fill level")
    series = Series(id=series_id(device_id, "waste.fill_level"), device=device, property=known)
    return [Observation(series, 1.0, time_ms, START_MS) for time_ms in times_ms]


@pytest.mark.parametrize(
    "text,literal",
    [
        ("waste.fill_level", '"waste.fill_level"'),
        ('x" or true', r'"x\x22\x20or\x20true"'),
        ("${secret}", r'"\x24\x7bsecret\x7d"'),
        ("箱\\", r'"\xe7\xae\xb1\x5c"'),
    ],
)
def test_literal(text: str, literal: str) -> None:
    """Nothing in a name ends the literal or is taken for a part of the query."""
    assert queries.literal(text) == literal


def test_presence_parts_at_gaps() -> None:
    """Times near each other are one range; a gap of more than ten minutes begins another."""
    near, far = observations("bin-1", START_MS, START_MS + 600_000), observations("bin-2", START_MS + 1_300_000)

    text = queries.presence("b", [*near, *far])

    assert [f"time(v: {START_MS + offset}000000)" in text for offset in (0, 600_001, 1_300_000)] == [True] * 3
    assert (text.count("from("), text.count("bin-1"), text.count("bin-2")) == (2, 1, 1)


def test_presence_of_many_devices() -> None:
    """The condition for many devices is a shallow tree: the server refuses a deep one."""
    text = queries.presence("b", [one for number in range(500) for one in observations(f"bin-{number}", START_MS)])

    depth = deepest = 0
    for sign in text:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        deepest = max(deepest, depth)
    assert (text.count("r.device =="), text.count("from("), deepest < 12) == (500, 3, True)


def test_presence_of_nothing_possible() -> None:
    """A time that the server cannot hold is not asked for."""
    assert queries.presence("b", observations("bin-1", 2**70, -(2**70))) == ""


def test_points_need_both_fields() -> None:
    """Rows of both fields are put together by time; a value without its quality is not a point."""
    rows = [
        {"_time": "2026-09-21T12:53:21Z", "_field": "value", "_value": "2"},
        {"_time": "2026-09-21T12:53:20.5Z", "_field": "value", "_value": "1.5"},
        {"_time": "2026-09-21T12:53:22Z", "_field": "value", "_value": "9"},
        {"_time": "2026-09-21T12:53:20.5Z", "_field": "quality", "_value": "1"},
        {"_time": "2026-09-21T12:53:21Z", "_field": "quality", "_value": "4"},
    ]

    points = queries.points(rows)

    assert points == [Point(1_789_995_200_500, 1.5, 1), Point(1_789_995_201_000, 2.0, 4)]
