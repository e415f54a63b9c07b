"""What a device and others around it say."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from rules.view import View
from tests.rules.samples import area_of

LEVEL = "weather.water_level"

HIGH = {"threshold": {"property": LEVEL, "above": 15}}


def gauges(world: Any, *levels: float | None) -> View:
    """Return a view of gauges with these levels, the first in focus."""
    devices = [
        (world.device(f"g{number}"), {LEVEL: [] if level is None else [(0, level)]})
        for number, level in enumerate(levels)
    ]
    return area_of(world, devices, 60, anchor="g0")


@pytest.mark.parametrize(
    "levels, verdict",
    [
        ((20, 20, 20), Verdict.HOLDS),
        ((20, 20, 5), Verdict.CLEAR),
        ((5, 20, 20), Verdict.CLEAR),
        ((20, 20, None), Verdict.CLEAR),
        ((None, 20, 20), Verdict.UNKNOWN),
    ],
)
def test_judge_counts_others(world: Any, levels: tuple[float | None, ...], verdict: Verdict) -> None:
    """The device itself and two others must be under water."""
    condition = world.condition("neighbours_agree", condition=HIGH, within_m=500, at_least=2)

    assert condition.judge(gauges(world, *levels)) == (verdict,)


def test_describe_says_how_many_agree(world: Any) -> None:
    """Own value first, then the others."""
    condition = world.condition("neighbours_agree", condition=HIGH, within_m=500)
    view = gauges(world, 20, 16, 5)

    assert condition.describe(view) == "weather.water_level is 20 cm, above 15; so are 1 others within 500 m"
    assert [one.device_id for one in condition.evidence(view)] == ["g1", "g0"]
