"""N of the last M observations."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from tests.rules.samples import view_of

LEVEL = "weather.water_level"

HOLDS, CLEAR, UNKNOWN = Verdict.HOLDS, Verdict.CLEAR, Verdict.UNKNOWN

HIGH = {"threshold": {"property": LEVEL, "above": 15}}


@pytest.mark.parametrize(
    "values, verdict",
    [([20], UNKNOWN), ([20, 20], HOLDS), ([20, 5, 20], HOLDS), ([20, 5, 5, 20], CLEAR), ([5, 5, 5], CLEAR)],
)
def test_judge_counts(world: Any, values: list[float], verdict: Verdict) -> None:
    """Two of the last three must be beyond the limit."""
    condition = world.condition("repeated", times=2, of=3, condition=HIGH)
    stream = [(60.0 * index, value) for index, value in enumerate(values)]

    assert condition.judge(view_of(world, {LEVEL: stream})) == (verdict,)


def test_judge_leaves_out_what_is_old(world: Any) -> None:
    """Values from before `within` are not counted."""
    condition = world.condition("repeated", times=2, of=3, within="5m", condition=HIGH)

    assert condition.judge(view_of(world, {LEVEL: [(0, 20), (300, 20)]})) == (UNKNOWN,)


def test_describe_names_the_count(world: Any) -> None:
    """The evidence is what was beyond the limit."""
    condition = world.condition("repeated", times=2, of=3, condition=HIGH)
    view = view_of(world, {LEVEL: [(0, 20), (60, 5), (120, 17)]})

    assert condition.describe(view) == "2 of the last 3 times: weather.water_level is 17 cm, above 15"
    assert [one.value for one in condition.evidence(view)] == [20, 17]
