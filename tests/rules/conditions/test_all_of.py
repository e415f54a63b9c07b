"""Several things at once: which verdict wins, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from tests.rules.samples import view_of

LEVEL = "weather.water_level"
RAIN = "weather.rain_increment"
HOLDS, CLEAR, UNKNOWN = Verdict.HOLDS, Verdict.CLEAR, Verdict.UNKNOWN

HIGH = {"threshold": {"property": LEVEL, "above": 15, "clear_below": 10}}
DRY = {"window": {"property": RAIN, "function": "sum", "over": "30m", "at_most": 0}}


@pytest.mark.parametrize(
    "level, rain, verdict",
    [
        (20, 0, HOLDS),
        (5, 0, CLEAR),
        (20, 1, CLEAR),
        (None, 0, UNKNOWN),
        (20, None, UNKNOWN),
        (5, None, CLEAR),
    ],
)
def test_judge_needs_all(world: Any, level: float | None, rain: float | None, verdict: Verdict) -> None:
    """One part that is clear decides; one that is not known leaves it open."""
    condition = world.condition("all_of", conditions=[HIGH, DRY])
    streams = {name: [(0, value)] for name, value in ((LEVEL, level), (RAIN, rain)) if value is not None}

    assert condition.judge(view_of(world, streams)) == (verdict,)


def test_judge_lets_values_last(world: Any) -> None:
    """An old value is no longer known."""
    condition = world.condition("all_of", conditions=[HIGH, DRY], values_last="5m")
    streams = {LEVEL: [(0, 20)], RAIN: [(0, 0), (290, 0), (310, 0)]}

    assert condition.judge(view_of(world, streams, 290)) == (HOLDS,)
    assert condition.judge(view_of(world, streams, 310)) == (UNKNOWN,)


def test_judge_remembers_the_side_of_a_hysteresis(world: Any) -> None:
    """A value between the limits is what the one before it was."""
    condition = world.condition("all_of", conditions=[HIGH])

    assert condition.judge(view_of(world, {LEVEL: [(0, 20), (60, 12)]})) == (HOLDS,)
    assert condition.judge(view_of(world, {LEVEL: [(0, 5), (60, 12)]})) == (CLEAR,)


def test_describe_and_evidence_are_those_of_all_parts(world: Any) -> None:
    """An operator reads each part."""
    condition = world.condition("all_of", conditions=[HIGH, DRY])
    view = view_of(world, {LEVEL: [(60, 20)], RAIN: [(0, 0)]})

    assert condition.describe(view) == (
        "weather.water_level is 20 cm, above 15; weather.rain_increment: sum over 30m is 0 mm, at most 0"
    )
    assert [one.value for one in condition.evidence(view)] == [0, 20]


def test_quiet_rests_while_one_part_must_be_clear(world: Any) -> None:
    """The level alone can keep it at rest; rain then need not be looked at."""
    condition = world.condition("all_of", conditions=[HIGH, DRY])

    assert condition.quiet(LEVEL) == (float("-inf"), 15)
    assert condition.quiet(RAIN) == (float("-inf"), float("inf"))
