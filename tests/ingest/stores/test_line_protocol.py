"""Line protocol for observations."""

from __future__ import annotations

import pytest

from ingest.model import Device, Observation, Property, Quality, Series, series_id
from ingest.stores._line_protocol import LineWriter, entries, lines_of


def one(device_id: str = "bin-1", value: float = 42.5, time_ms: int = 1_790_000_000_123) -> Observation:
    """Return an observation."""
    device = Device(id=device_id, domain="waste", kind="waste_bin", cell="450107003013001", lat=0, lon=0, cadence_s=60)
    known = Property(name="waste.fill_level", unit="%", title_zh="满溢率", title_en="Fill level")
    series = Series(id=series_id(device_id, "waste.fill_level"), device=device, property=known)
    return Observation(series, value, time_ms, time_ms, Quality.SUSPECT)


@pytest.mark.parametrize(
    "observation,line",
    [
        (one(), "waste.fill_level,device=bin-1 value=42.5,quality=3i 1790000000123"),
        (one(value=0.0), "waste.fill_level,device=bin-1 value=0.0,quality=3i 1790000000123"),
        (one(value=1e22), "waste.fill_level,device=bin-1 value=1e+22,quality=3i 1790000000123"),
        (one(value=-1.0, time_ms=-5), "waste.fill_level,device=bin-1 value=-1.0,quality=3i -5"),
        (one("a b,c=d"), r"waste.fill_level,device=a\ b\,c\=d value=42.5,quality=3i 1790000000123"),
        (one("箱\n1"), r"waste.fill_level,device=箱\n1 value=42.5,quality=3i 1790000000123"),
    ],
)
def test_line(observation: Observation, line: str) -> None:
    """A value is a float, a quality an integer, a time in ms; nothing in a name ends the line or its part."""
    assert LineWriter().batch([observation]).decode() == line


def test_spooled_lines_are_the_same() -> None:
    """What waited is written as it would have been at once."""
    batch = [one(), one("a b"), one(value=3.0)]

    assert lines_of(entries(batch)) == LineWriter().batch(batch)
