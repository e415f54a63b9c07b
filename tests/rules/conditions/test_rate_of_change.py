"""How fast a value moves."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from tests.rules.samples import view_of

LEVEL = "weather.water_level"

HOLDS, CLEAR, UNKNOWN = Verdict.HOLDS, Verdict.CLEAR, Verdict.UNKNOWN


@pytest.mark.parametrize(
    "stream, verdict",
    [
        ([(0, 10), (60, 15)], CLEAR),
        ([(0, 10), (60, 16)], HOLDS),
        ([(0, 10), (60, 13), (120, 22)], HOLDS),
        ([(0, 0), (60, 10), (180, 13)], CLEAR),
        ([(0, 22), (60, 10)], CLEAR),
        ([(0, 10)], UNKNOWN),
        ([(0, 10), (600, 99)], UNKNOWN),
        ([(0, 10), (59, 99)], UNKNOWN),
    ],
)
def test_judge_compares_the_ends(world: Any, stream: list[tuple[float, float]], verdict: Verdict) -> None:
    """From the oldest value within the span to the newest, each minute; older values are no help."""
    condition = world.condition("rate_of_change", property=LEVEL, over="2m", above=5)

    assert condition.judge(view_of(world, {LEVEL: stream})) == (verdict,)


def test_judge_has_levels(world: Any) -> None:
    """A fall is negative; a faster one is worse."""
    levels = {"minor": {"below": -5}, "major": {"below": -50}}
    condition = world.condition("rate_of_change", property=LEVEL, over="10m", per="1h", levels=levels)

    assert condition.judge(view_of(world, {LEVEL: [(0, 10), (600, 8)]})) == (HOLDS, CLEAR)


def test_describe_says_how_fast(world: Any) -> None:
    """Rate, unit and limit, and both ends as evidence."""
    condition = world.condition("rate_of_change", property=LEVEL, over="2m", above=5)
    view = view_of(world, {LEVEL: [(0, 10), (60, 12), (120, 24)]})

    assert condition.describe(view) == "weather.water_level changes by 7 cm each 1m, above 5"
    assert [one.value for one in condition.evidence(view)] == [10, 24]
