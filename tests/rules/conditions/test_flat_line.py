"""A series that does not move."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from tests.rules.samples import view_of

LEVEL = "weather.water_level"

HOLDS, CLEAR, UNKNOWN = Verdict.HOLDS, Verdict.CLEAR, Verdict.UNKNOWN


def steady(value: float, until_s: int, move: float = 0.0) -> list[tuple[float, float]]:
    """Return a value a minute that moves to and fro."""
    return [(at_s, value + move * (at_s // 60 % 2)) for at_s in range(0, until_s + 1, 60)]


@pytest.mark.parametrize(
    "stream, verdict",
    [
        (steady(7, 3600), HOLDS),
        (steady(7, 3600, 0.1), HOLDS),
        (steady(7, 3600, 0.3), CLEAR),
        (steady(7, 1800), UNKNOWN),
        (steady(0, 3600), CLEAR),
        ([(600, 7), (3600, 7)], UNKNOWN),
        ([], UNKNOWN),
    ],
)
def test_judge_measures_the_spread(world: Any, stream: list[tuple[float, float]], verdict: Verdict) -> None:
    """Flat is a spread within the tolerance over the whole hour; 0 is allowed to stay."""
    condition = world.condition("flat_line", property=LEVEL, over="1h", tolerance=0.2, except_at=0)

    assert condition.judge(view_of(world, {LEVEL: stream})) == (verdict,)


def test_describe_says_how_little(world: Any) -> None:
    """Spread, time and number of values."""
    condition = world.condition("flat_line", property=LEVEL, over="1h", tolerance=0.2)

    assert condition.describe(view_of(world, {LEVEL: steady(7, 3600, 0.1)})) == (
        "weather.water_level moved by 0.1 cm in 1h (60 values)"
    )
    assert condition.every_ms == 300_000
