"""Quality flags by range and time."""

from __future__ import annotations

import msgspec
import pytest

from ingest.model import Device, Observation, Property, Quality, Series
from ingest.quality import AHEAD_MS, EARLIEST_MS, flagged
from ingest.quality.single import flag

NOW_MS = 1_782_892_800_000
DEVICE = Device(id="wl-1", domain="weather", kind="gauge", cell="450107003013001", lat=22.8, lon=108.3, cadence_s=60)
LEVEL = Property(
    name="weather.water_level",
    unit="cm",
    title_zh="积水深度",
    title_en="Water level",
    low=-50.0,
    high=2000.0,
    suspect_low=-5.0,
    suspect_high=1000.0,
)


def observation(value: float, *, time_ms: int = NOW_MS, known: Property = LEVEL) -> Observation:
    """Return an observation of this test."""
    return Observation(Series(id=1, device=DEVICE, property=known), value, time_ms, NOW_MS)


def quality(one: Observation) -> int:
    """Return the flag of an observation, the same by itself and among others."""
    (among,) = flagged([one], NOW_MS)
    assert among.quality == flag(one, NOW_MS)
    return among.quality


@pytest.mark.parametrize(
    "value, expected",
    [
        (18.0, Quality.GOOD),
        (-5.0, Quality.GOOD),
        (1000.0, Quality.GOOD),
        (-5.1, Quality.SUSPECT),
        (1000.1, Quality.SUSPECT),
        (-50.0, Quality.SUSPECT),
        (2000.0, Quality.SUSPECT),
        (-50.1, Quality.FAIL),
        (2000.1, Quality.FAIL),
    ],
)
def test_flag_range(value: float, expected: Quality) -> None:
    """Outside the possible range is FAIL, outside the plausible one SUSPECT; the bounds themselves are inside."""
    assert flag(observation(value), NOW_MS) == expected


@pytest.mark.parametrize(
    "time_ms, expected",
    [
        (NOW_MS - 86_400_000, Quality.GOOD),
        (EARLIEST_MS, Quality.GOOD),
        (EARLIEST_MS - 1, Quality.FAIL),
        (0, Quality.FAIL),
        (NOW_MS + AHEAD_MS, Quality.GOOD),
        (NOW_MS + AHEAD_MS + 1, Quality.FAIL),
    ],
)
def test_flag_time(time_ms: int, expected: Quality) -> None:
    """A clock that was never set and one that runs more than five minutes ahead make the observation FAIL."""
    assert flag(observation(18.0, time_ms=time_ms), NOW_MS) == expected


def test_flag_worst_counts() -> None:
    """A doubtful value at an impossible time is FAIL."""
    assert quality(observation(1500.0, time_ms=0)) == Quality.FAIL


@pytest.mark.parametrize("value", [-1e9, 1e9])
def test_flag_without_bounds(value: float) -> None:
    """A property without bounds is not checked."""
    unbounded = Property(name="a.b", unit="1", title_zh="无", title_en="none")

    assert quality(observation(value, known=unbounded)) == Quality.GOOD


def test_flag_one_sided() -> None:
    """A plausible bound on one side only leaves the other side to the possible range."""
    half = msgspec.structs.replace(LEVEL, suspect_low=None, suspect_high=None, high=None)

    assert quality(observation(-50.1, known=half)) == Quality.FAIL
    assert quality(observation(1e6, known=half)) == Quality.GOOD
