"""A trend carried on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.conditions._base import Verdict
from rules.conditions.forecast import theil_sen
from tests.rules.samples import view_of

LEVEL = "weather.water_level"


def rising(by: float, hours: int = 12) -> list[tuple[float, float]]:
    """Return a level every half hour that begins at 10 and rises by so much each hour."""
    return [(at_s, 10 + by * at_s / 3600) for at_s in range(0, hours * 3600 + 1, 1800)]


@pytest.mark.parametrize(
    "stream, verdict",
    [
        (rising(5), Verdict.HOLDS),
        (rising(2), Verdict.CLEAR),
        (rising(0), Verdict.CLEAR),
        (rising(8), Verdict.HOLDS),
        (rising(5, 5), Verdict.UNKNOWN),
        ([(0, 10), (43_200, 90)], Verdict.UNKNOWN),
        ([], Verdict.UNKNOWN),
    ],
)
def test_judge_carries_the_trend_on(world: Any, stream: list[tuple[float, float]], verdict: Verdict) -> None:
    """It will be 95 within six hours, or is already."""
    condition = world.condition("forecast", property=LEVEL, over="12h", within="6h", at_least=95)

    assert condition.judge(view_of(world, {LEVEL: stream})) == (verdict,)


def test_judge_is_not_bent_by_wild_values(world: Any) -> None:
    """Two values that are far off do not change what is seen."""
    stream = rising(2)
    stream[-1], stream[5] = (stream[-1][0], 90.0), (stream[5][0], -40.0)
    condition = world.condition("forecast", property=LEVEL, over="12h", within="6h", at_least=95)

    assert condition.judge(view_of(world, {LEVEL: stream})) == (Verdict.CLEAR,)


def test_describe_says_when(world: Any) -> None:
    """Level, trend and the time that is left."""
    condition = world.condition("forecast", property=LEVEL, over="12h", within="6h", at_least=95)
    said = [condition.describe(view_of(world, {LEVEL: rising(by)})) for by in (5, 2, 8)]

    assert said == [
        "weather.water_level is 70 cm and changes by 5 cm each hour, reaches 95 in 5h",
        "weather.water_level is 34 cm and changes by 2 cm each hour, does not reach 95 within 6h",
        "weather.water_level is 106 cm and changes by 8 cm each hour, at least 95",
    ]


@given(
    slope=st.floats(-10, 10), start=st.floats(-100, 100), times=st.sets(st.integers(0, 1000), min_size=2, max_size=20)
)
def test_theil_sen_finds_a_line(slope: float, start: float, times: set[int]) -> None:
    """Through points of a line it is that line."""
    value, found = theil_sen([(float(time), start + slope * time) for time in sorted(times)], 500)

    assert found == pytest.approx(slope, abs=1e-6)
    assert value == pytest.approx(start + slope * 500, abs=1e-3)
