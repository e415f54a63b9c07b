"""At least one of several things."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from tests.rules.samples import view_of

LEVEL = "weather.water_level"
RAIN = "weather.rain_increment"
HOLDS, CLEAR, UNKNOWN = Verdict.HOLDS, Verdict.CLEAR, Verdict.UNKNOWN

HIGH = {"threshold": {"property": LEVEL, "above": 15}}
WET = {"threshold": {"property": RAIN, "above": 2}}


@pytest.mark.parametrize(
    "level, rain, verdict",
    [(20, 0, HOLDS), (5, 0, CLEAR), (5, 3, HOLDS), (None, 3, HOLDS), (5, None, CLEAR), (None, None, UNKNOWN)],
)
def test_judge_needs_one(world: Any, level: float | None, rain: float | None, verdict: Verdict) -> None:
    """What is not known is left out, unless nothing is known."""
    condition = world.condition("any_of", conditions=[HIGH, WET])
    streams = {name: [(0, value)] for name, value in ((LEVEL, level), (RAIN, rain)) if value is not None}

    assert condition.judge(view_of(world, streams)) == (verdict,)


def test_quiet_rests_only_if_all_parts_do(world: Any) -> None:
    """Each property has the interval of the parts that read it."""
    condition = world.condition("any_of", conditions=[HIGH, WET])

    assert condition.quiet(LEVEL) == (float("-inf"), 15)
    assert condition.quiet(RAIN) == (float("-inf"), 2)
