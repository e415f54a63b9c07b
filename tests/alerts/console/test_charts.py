"""What a series chart draws."""

from __future__ import annotations

import dataclasses
from typing import Any

from alerts.console.charts import LimitLine, SeriesChart, options
from alerts.console.trace import thin
from ingest.stores._base import Point
from tests.alerts.sample import NINE_MS, SHANGHAI

EIGHT_HOURS_MS = 8 * 3_600_000
MINUTE_MS = 60_000
CHART = SeriesChart(
    title="积水深度",
    unit="cm",
    points=[Point(NINE_MS + minute * MINUTE_MS, float(minute), 1) for minute in range(4)],
    from_ms=NINE_MS,
    to_ms=NINE_MS + 10 * MINUTE_MS,
    zone=SHANGHAI,
    cadence_s=60,
    quality_words=[(3, "可疑"), (4, "无效")],
)


def drawn(chart: SeriesChart) -> list[dict[str, Any]]:
    """Return the series of the options."""
    series: list[dict[str, Any]] = options(chart)["series"]
    return series


def test_times_are_the_sites() -> None:
    """Nine o'clock in Nanning stands at nine o'clock on the axis."""
    first = drawn(CHART)[0]["data"][0]

    assert first == [NINE_MS + EIGHT_HOURS_MS, 0.0]
    assert options(CHART)["xAxis"]["min"] == NINE_MS + EIGHT_HOURS_MS


def test_limits_are_lines_and_stay_in_sight() -> None:
    """A limit above all values is drawn, and the axis reaches it."""
    limited = dataclasses.replace(CHART, limits=[LimitLine(value=15.0, words="道路积水 15", fires=True)])

    mark = drawn(limited)[0]["markLine"]["data"][0]

    assert (mark["yAxis"], mark["label"]["formatter"]) == (15.0, "道路积水 15")
    assert options(limited)["yAxis"]["max"] > 15.0
    assert options(limited)["yAxis"]["min"] is None


def test_doubtful_values_are_marks() -> None:
    """A suspect value stands on the line and is marked; a failed one is marked only."""
    points = [Point(NINE_MS, 1.0, 1), Point(NINE_MS + MINUTE_MS, 2.0, 3), Point(NINE_MS + 2 * MINUTE_MS, 999.0, 4)]

    line, suspect, failed = drawn(dataclasses.replace(CHART, points=points))

    assert [value for _, value in line["data"]] == [1.0, 2.0]
    assert [(one["name"], len(one["data"])) for one in (suspect, failed)] == [("可疑", 1), ("无效", 1)]


def test_the_line_is_broken_where_nothing_was_heard() -> None:
    """No straight line across an hour of silence."""
    points = [Point(NINE_MS, 1.0, 1), Point(NINE_MS + 60 * MINUTE_MS, 2.0, 1)]

    values = [value for _, value in drawn(dataclasses.replace(CHART, points=points))[0]["data"]]

    assert values == [1.0, None, 2.0]


def test_alerts_are_areas() -> None:
    """Where an alert fired, the ground is coloured."""
    area = drawn(dataclasses.replace(CHART, spans=[(NINE_MS, NINE_MS + MINUTE_MS)]))[0]["markArea"]["data"]

    assert area == [[{"xAxis": NINE_MS + EIGHT_HOURS_MS}, {"xAxis": NINE_MS + MINUTE_MS + EIGHT_HOURS_MS}]]


def test_an_empty_chart_is_a_chart() -> None:
    """Nothing measured, nothing drawn, no fault."""
    assert drawn(dataclasses.replace(CHART, points=[]))[0]["data"] == []


def test_thin_keeps_what_matters() -> None:
    """Of many points the extremes stay, and every doubtful one, in order."""
    points = [Point(index, float(index % 100), 3 if index == 777 else 1) for index in range(10_000)]
    points[5000] = Point(5000, 999.0, 1)

    kept = thin(points, 500)

    assert len(kept) <= 501
    assert Point(5000, 999.0, 1) in kept
    assert Point(777, 77.0, 3) in kept
    assert kept == sorted(kept)
    assert thin(points[:500], 500) == points[:500]


def test_what_moved_the_rule_is_marked() -> None:
    """The observations that made a rule fire stand as marks of their own."""
    line, causes = drawn(dataclasses.replace(CHART, causes=[(NINE_MS, 7.0)], causes_words="触发观测"))

    assert len(line["data"]) == len(CHART.points)
    assert (causes["name"], causes["data"]) == ("触发观测", [[NINE_MS + EIGHT_HOURS_MS, 7.0]])


def test_what_is_told_on_change_is_drawn_in_steps() -> None:
    """Trust stands until it is told anew: no gaps, and the last value goes on to the end."""
    points = [Point(NINE_MS, 95.0, 1), Point(NINE_MS + 9 * MINUTE_MS, 90.0, 1)]

    line = drawn(dataclasses.replace(CHART, points=points, is_told_on_change=True))[0]

    assert line["step"] == "end"
    assert [(at_ms - EIGHT_HOURS_MS - NINE_MS, value) for at_ms, value in line["data"]] == [
        (0, 95.0),
        (9 * MINUTE_MS, 90.0),
        (10 * MINUTE_MS, 90.0),
    ]
