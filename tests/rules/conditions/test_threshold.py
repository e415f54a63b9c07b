"""Thresholds: which side, the limit itself, the hysteresis, the words."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from rules.conditions.threshold import CONDITION, Options, Threshold

HOLDS, CLEAR, BETWEEN = Verdict.HOLDS, Verdict.CLEAR, Verdict.BETWEEN


def threshold(world: Any, **options: float) -> Threshold:
    """Return a threshold of the water level."""
    content = {"property": "weather.water_level"} | options
    condition = CONDITION.build(Options.model_validate(content), world.dictionary)
    assert isinstance(condition, Threshold)
    return condition


@pytest.mark.parametrize(
    "options, values",
    [
        ({"above": 15}, {14.9: CLEAR, 15: CLEAR, 15.1: HOLDS}),
        ({"at_least": 15}, {14.9: CLEAR, 15: HOLDS}),
        ({"below": 15}, {15: CLEAR, 14.9: HOLDS}),
        ({"at_most": 15}, {15.1: CLEAR, 15: HOLDS}),
        ({"above": 15, "clear_below": 10}, {9.9: CLEAR, 10: BETWEEN, 15: BETWEEN, 15.1: HOLDS}),
        ({"at_most": 15, "clear_above": 20}, {20.1: CLEAR, 20: BETWEEN, 15.1: BETWEEN, 15: HOLDS}),
        ({"above": 0}, {-0.0: CLEAR, 1e-300: HOLDS}),
    ],
)
def test_judge_says_on_which_side(world: Any, options: dict[str, float], values: dict[float, Verdict]) -> None:
    """`above` and `below` are strict, `at_least` and `at_most` include the limit; clear limits are strict."""
    condition = threshold(world, **options)

    assert values == {value: condition.judge(value) for value in values}


@pytest.mark.parametrize(
    "options, value, words",
    [
        ({"above": 15}, 16, "weather.water_level is 16 cm, above 15"),
        ({"above": 15}, 14.25, "weather.water_level is 14.25 cm, no longer above 15"),
        ({"at_least": 27, "clear_below": 15}, 27, "weather.water_level is 27 cm, at least 27"),
        ({"at_least": 27, "clear_below": 15}, 20, "weather.water_level is 20 cm, not below 15"),
        ({"at_least": 27, "clear_below": 15}, 3, "weather.water_level is 3 cm, below 15"),
        ({"at_most": 2, "clear_above": 4}, 5, "weather.water_level is 5 cm, above 4"),
    ],
)
def test_describe_names_value_and_limit(world: Any, options: dict[str, float], value: float, words: str) -> None:
    """An operator reads value, unit and the limit that was passed."""
    assert words == threshold(world, **options).describe(value)


def test_limits_are_the_lines_of_a_chart(world: Any) -> None:
    """The console draws the limit, and the clear limit if there is one."""
    condition = threshold(world, above=15, clear_below=10)

    assert [(limit.role, limit.value) for limit in condition.limits()] == [("fires", 15), ("clears", 10)]
