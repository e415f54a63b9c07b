"""A flag or a status."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from tests.rules.samples import view_of

LEVEL = "weather.water_level"

HOLDS, CLEAR, UNKNOWN = Verdict.HOLDS, Verdict.CLEAR, Verdict.UNKNOWN


@pytest.mark.parametrize("value, verdict", [(1, HOLDS), (3, HOLDS), (0, CLEAR), (2, CLEAR)])
def test_judge_knows_the_states(world: Any, value: float, verdict: Verdict) -> None:
    """Exactly these values."""
    assert world.condition("state_equals", property=LEVEL, equals=[3, 1]).judge(value) is verdict


@pytest.mark.parametrize("equals, quiet", [(1, -5), ([0, 1], 2), (-3, 0)])
def test_quiet_is_on_one_side(world: Any, equals: Any, quiet: float) -> None:
    """The usual value is passed over; the condition is a flag that is 0, or one that is 1."""
    low, high = world.condition("state_equals", property=LEVEL, equals=equals).quiet()

    assert low <= quiet <= high


def test_describe_names_the_states(world: Any) -> None:
    """What it is, and what it is not."""
    condition = world.condition("state_equals", property=LEVEL, equals=[1, 3])

    assert [condition.describe(1), condition.describe(2)] == [
        "weather.water_level is 1",
        "weather.water_level is 2, not 1 or 3",
    ]


def test_sees_nothing_of_time(world: Any) -> None:
    """It judges each value by itself, also inside others."""
    condition = world.condition("any_of", conditions=[{"state_equals": {"property": LEVEL, "equals": 1}}])

    assert condition.judge(view_of(world, {LEVEL: [(0, 1), (60, 0)]})) == (CLEAR,)
    assert condition.judge(view_of(world, {})) == (UNKNOWN,)
