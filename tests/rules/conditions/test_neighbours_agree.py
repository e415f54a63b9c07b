"""What a device and others around it say."""

from __future__ import annotations

from typing import Any

import pydantic
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

    assert condition.describe(view) == "weather.water_level is 20 cm, above 15; so is 1 other within 500 m"
    assert [one.device_id for one in condition.evidence(view)] == ["g1", "g0"]


def test_around_is_a_distance_or_cells(world: Any) -> None:
    """One of both must be given; the words say which."""
    by_cell = world.condition("neighbours_agree", condition=HIGH, area="adjacent_cells")

    assert by_cell.describe(gauges(world, 20, 16)).endswith("so is 1 other in its cell and those that touch it")
    for options in ({}, {"within_m": 500, "area": "adjacent_cells"}):
        with pytest.raises(
            pydantic.ValidationError, match="takes one of `within_m: METRES` and `area: adjacent_cells`"
        ):
            world.condition("neighbours_agree", condition=HIGH, **options)


def test_parts_with_other_neighbours_are_refused(world: Any) -> None:
    """A view shows one kind of neighbours."""
    near = [{"neighbours_agree": {"condition": HIGH, "within_m": metres}} for metres in (500, 500, 900)]
    assert world.condition("all_of", conditions=near[:2]).near.within_m == 500

    with pytest.raises(ValueError, match="neighbours of different places"):
        world.condition("all_of", conditions=near)
    with pytest.raises(ValueError, match="neighbours of different places"):
        world.condition("then", first=near[0], second=near[2], within="5m")
