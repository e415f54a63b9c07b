"""None of several things."""

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
    [(20, 0, CLEAR), (5, 0, HOLDS), (5, None, UNKNOWN), (20, None, CLEAR), (None, None, UNKNOWN)],
)
def test_judge_needs_all_clear(world: Any, level: float | None, rain: float | None, verdict: Verdict) -> None:
    """Missing is not zero: what is not known is not clear."""
    condition = world.condition("none_of", conditions=[HIGH, WET])
    streams = {name: [(0, value)] for name, value in ((LEVEL, level), (RAIN, rain)) if value is not None}

    assert condition.judge(view_of(world, streams)) == (verdict,)


def test_describe_says_none(world: Any) -> None:
    """The parts are named."""
    condition = world.condition("none_of", conditions=[HIGH])

    assert condition.describe(view_of(world, {LEVEL: [(0, 5)]})) == (
        "none of: weather.water_level is 5 cm, no longer above 15"
    )
