"""What the simulators' tests share: the sample site's devices and a world without incidents."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest import cells, devices, dictionary
from ingest.devices import Register
from simulators.truth import Truth

EVENING_MS = 1_795_516_200_000  # 2026-11-24T18:30+08:00


@pytest.fixture(scope="session")
def register(site_folder: Path) -> Register:
    """Return the register of the sample site."""
    grid, _ = cells.load(site_folder / "cells.geojson")
    known, _ = dictionary.load()
    found, faults = devices.load(site_folder / "devices.csv", known, grid)
    assert faults == ()
    return found


@pytest.fixture
def world() -> Truth:
    """Return a world of seed 7 in which nothing is wrong."""
    return Truth(seed=7, zone=ZoneInfo("Asia/Shanghai"), rain_mm_h=4)


@pytest.fixture
def evening_ms() -> int:
    """Return 2026-11-24T18:30+08:00."""
    return EVENING_MS
