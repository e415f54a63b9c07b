"""Day and night by the height of the sun."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from rules.conditions._base import Verdict
from rules.sun import elevation_deg
from tests.rules.samples import view_of


def height(at: str, lat: float, lon: float) -> float:
    """Return the sun's height at a time (UTC)."""
    return elevation_deg(round(dt.datetime.fromisoformat(at + "+00:00").timestamp() * 1000), lat, lon)


@pytest.mark.parametrize(
    "at, lat, lon",
    [
        ("2024-06-20T03:43", 51.507, -0.128),
        ("2024-06-20T20:21", 51.507, -0.128),
        ("2024-12-21T08:04", 51.507, -0.128),
        ("2024-12-21T15:53", 51.507, -0.128),
    ],
)
def test_elevation_is_that_of_sunrise_and_sunset(at: str, lat: float, lon: float) -> None:
    """At the published times in London the upper limb touches the horizon: the centre is 0.83° below it."""
    assert height(at, lat, lon) == pytest.approx(-0.83, abs=0.3)


def test_elevation_at_noon() -> None:
    """Nanning lies almost on the tropic: at the solstice the sun stands overhead."""
    assert height("2026-06-21T04:49", 22.83, 108.3) == pytest.approx(89.3, abs=0.3)
    assert height("2026-12-21T04:45", 22.83, 108.3) == pytest.approx(43.7, abs=0.3)


@pytest.mark.parametrize("options, verdict", [({"above": 6}, Verdict.HOLDS), ({"below": -6}, Verdict.CLEAR)])
def test_judge_knows_the_day(world: Any, options: dict[str, float], verdict: Verdict) -> None:
    """At 12 h in Nanning it is day."""
    noon = view_of(world, {}, 4 * 3600)

    assert world.condition("sun", **options).judge(noon) == (verdict,)
    assert world.condition("sun", **options).describe(noon) == "the sun is 43° above the horizon"
