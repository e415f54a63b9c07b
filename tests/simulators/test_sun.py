"""The sun's height against what everybody can look up."""

from __future__ import annotations

import datetime as dt

import pytest

from simulators.sun import elevation_deg

_LAT, _LON = 22.83, 108.31


def _ms(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    "when, height_deg",
    [
        # solar noon at the summer solstice: 90° - (22.83° - 23.44°)
        ("2026-06-21T12:48+08:00", 89.4),
        # solar noon at the winter solstice: 90° - (22.83° + 23.44°)
        ("2026-12-21T12:45+08:00", 43.7),
        # sunset of late November in Nanning is about six
        ("2026-11-24T18:00+08:00", 0.0),
        # solar midnight at the summer solstice
        ("2026-06-22T00:48+08:00", -43.7),
    ],
)
def test_elevation_deg(when: str, height_deg: float) -> None:
    """Noon, sunset and midnight in Nanning agree within a degree."""
    assert elevation_deg(_ms(when), _LAT, _LON) == pytest.approx(height_deg, abs=1.0)
