"""A state that changed a while ago."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from tests.rules.samples import view_of

LEVEL = "weather.water_level"

HOLDS, CLEAR, UNKNOWN = Verdict.HOLDS, Verdict.CLEAR, Verdict.UNKNOWN


@pytest.mark.parametrize(
    "options, stream, verdict",
    [
        ({}, [(0, 0), (60, 1)], HOLDS),
        ({}, [(0, 0), (60, 0)], CLEAR),
        ({}, [(0, 0), (60, 1), (400, 1)], CLEAR),
        ({}, [(0, 0), (60, 1), (300, 1)], HOLDS),
        ({}, [(0, 1)], CLEAR),
        ({}, [], UNKNOWN),
        ({"to": 1}, [(0, 0), (60, 1), (120, 0)], HOLDS),
        ({"to": 1}, [(0, 1), (60, 0)], CLEAR),
        ({"from": 2, "to": 1}, [(0, 0), (60, 1)], CLEAR),
        ({}, [(0, 0), (301, 1)], CLEAR),
    ],
)
def test_judge_looks_for_a_change(
    world: Any, options: dict[str, float], stream: list[tuple[float, float]], verdict: Verdict
) -> None:
    """It holds for five minutes after a change that is wanted; across a longer gap nobody knows when it was."""
    condition = world.condition("state_changed", property=LEVEL, within="5m", **options)

    assert condition.judge(view_of(world, {LEVEL: stream})) == (verdict,)


def test_describe_names_both_values(world: Any) -> None:
    """Before and after, with their times as evidence."""
    condition = world.condition("state_changed", property=LEVEL, within="5m")
    view = view_of(world, {LEVEL: [(0, 0), (60, 1), (120, 1)]})

    assert condition.describe(view) == "weather.water_level changed from 0 to 1"
    assert [one.value for one in condition.evidence(view)] == [0, 1]
    assert condition.describe(view_of(world, {LEVEL: [(0, 1)]})) == "weather.water_level did not change for 5m"
