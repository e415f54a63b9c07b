"""One device that disagrees."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from rules.view import View
from tests.rules.samples import area_of

LEVEL = "weather.water_level"


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
        ((20, 10, 11, 12), Verdict.HOLDS),
        ((2, 10, 11, 12), Verdict.HOLDS),
        ((15, 10, 11, 99), Verdict.CLEAR),
        ((20, 10, None, 12), Verdict.UNKNOWN),
        ((None, 10, 11, 12), Verdict.UNKNOWN),
    ],
)
def test_judge_compares_with_the_median(world: Any, levels: tuple[float | None, ...], verdict: Verdict) -> None:
    """One wild neighbour makes no difference; too few of them say nothing."""
    condition = world.condition("differs_from_neighbours", property=LEVEL, within_m=500, by=5)

    assert condition.judge(gauges(world, *levels)) == (verdict,)


def test_describe_names_both(world: Any) -> None:
    """Own value and the one around it."""
    condition = world.condition("differs_from_neighbours", property=LEVEL, within_m=500, by=5)

    assert condition.describe(gauges(world, 20, 10, 11, 12)) == (
        "weather.water_level is 20 cm, 11 cm around it, more than 5 apart is too far"
    )
