"""Seeded chance: the same everywhere, evenly distributed, without jumps where it says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.noise import between, draw, smooth


def test_draw_is_the_same_everywhere() -> None:
    """A known key has a known number, so no platform or process gives another city."""
    assert draw(7, "tr-0001", "phase") == pytest.approx(0.7076860, abs=1e-6)


def test_draw_is_even() -> None:
    """A thousand keys fall evenly into ten tenths."""
    tenths = [int(draw(1, "key", index) * 10) for index in range(1_000)]

    assert all(70 <= tenths.count(tenth) <= 130 for tenth in range(10))


@given(seed=st.integers(), key=st.text(), low=st.floats(-1e6, 1e6), width=st.floats(0.001, 1e6))
def test_between_keeps_its_bounds(seed: int, key: str, low: float, width: float) -> None:
    """Every number lies between the bounds."""
    assert low <= between(low, low + width, seed, key) <= low + width


@given(at_ms=st.integers(0, 2_000_000_000_000))
def test_smooth_has_no_jump(at_ms: int) -> None:
    """A wobble of ten minutes changes by little in a second, and stays within 1."""
    here, soon = smooth(7, at_ms, 600_000, "x"), smooth(7, at_ms + 1_000, 600_000, "x")

    assert abs(here) <= 1
    assert abs(soon - here) < 0.01
