"""One thing after another."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from tests.rules.samples import area_of, view_of

LEVEL = "weather.water_level"

RAIN = "weather.rain_increment"
WET = {"threshold": {"property": RAIN, "above": 5}}
HIGH = {"threshold": {"property": LEVEL, "above": 15}}


@pytest.mark.parametrize(
    "rain, level, verdict",
    [
        ([(0, 9)], [(600, 20)], Verdict.HOLDS),
        ([(0, 9)], [(0, 20)], Verdict.HOLDS),
        ([(0, 9)], [(1800, 20)], Verdict.CLEAR),
        ([(0, 1)], [(600, 20)], Verdict.CLEAR),
        ([(0, 9)], [(600, 5)], Verdict.CLEAR),
        ([(0, 9), (300, 0)], [(600, 20)], Verdict.HOLDS),
        ([], [(600, 20)], Verdict.CLEAR),
        ([(0, 9)], [], Verdict.UNKNOWN),
    ],
)
def test_judge_needs_the_first_before(
    world: Any, rain: list[tuple[float, float]], level: list[tuple[float, float]], verdict: Verdict
) -> None:
    """Water within half an hour after heavy rain."""
    condition = world.condition("then", first=WET, second=HIGH, within="30m")

    assert condition.judge(view_of(world, {RAIN: rain, LEVEL: level})) == (verdict,)


def test_judge_looks_across_the_area(world: Any) -> None:
    """In a cell the station says that it rains, and the gauge that there is water."""
    condition = world.condition("then", first=WET, second=HIGH, within="30m")
    view = area_of(world, [(world.device("s1"), {RAIN: [(0, 9)]}), (world.device("g1"), {LEVEL: [(600, 20)]})])

    assert condition.judge(view) == (Verdict.HOLDS,)
    assert condition.describe(view) == (
        "weather.water_level is 20 cm, above 15; 10m before: weather.rain_increment is 9 mm, above 5"
    )
    assert [one.device_id for one in condition.evidence(view)] == ["s1", "g1"]
