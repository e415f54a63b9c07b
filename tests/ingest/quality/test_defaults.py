"""The shipped limits on half a year of five stations in a city, every quarter of an hour: few are doubted."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest import dictionary
from ingest.devices import Register
from ingest.model import Device, Observation, Quality
from ingest.quality import EARLIEST_MS
from ingest.quality.stream import Stream
from ingest.trust import Trust

COLUMNS = {
    "ambient_temperature": ("weather.temperature", 1.0),
    "relative_humidity": ("weather.humidity", 1.0),
    "barometric_pressure": ("weather.pressure", 1.0),
    "wind_speed": ("weather.wind_speed", 1 / 3.6),
}


def station(row: dict[str, str]) -> Device:
    """Return the station of a row."""
    return Device(
        id=row["site"],
        domain="weather",
        kind="weather_station",
        cell="450107003013001",
        lat=float(row["latitude"]),
        lon=float(row["longitude"]),
        cadence_s=900,
    )


def at_ms(row: dict[str, str]) -> int:
    """Return the time of a row."""
    return int(dt.datetime.fromisoformat(row["date_time"]).replace(tzinfo=dt.UTC).timestamp() * 1000)


@pytest.mark.corpora
@pytest.mark.slow
def test_true_weather_is_seldom_doubted(corpora: Path) -> None:
    """Less than one in five thousand is SUSPECT, none is FAIL."""
    path = corpora / "weather-melbourne-microclimate" / "melbweather.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = sorted((row for row in csv.DictReader(lines) if at_ms(row) >= EARLIEST_MS), key=at_ms)
    devices = {row["site"]: station(row) for row in rows}
    register = Register(devices, dictionary.load()[0])
    stream = Stream(register, ZoneInfo("Australia/Melbourne"), {}, Trust(register.series_of))
    stream.serve(devices.values())
    flags: dict[tuple[int, int], int] = {}

    for row in rows:
        observations = [
            Observation(register.table[row["site"]][name], float(row[column]) * factor, at_ms(row), at_ms(row))
            for column, (name, factor) in COLUMNS.items()
            if row[column] not in {"", "NA"}
        ]
        stored = stream.work(observations, {}, lambda _wanted: {}).stored
        flags |= {(one.series.id, one.phenomenon_time_ms): int(one.quality) for one in stored}

    counts = Counter(flags.values())
    assert len(flags) > 100_000
    assert 0 < counts[Quality.SUSPECT] < len(flags) / 5_000
    assert counts[Quality.FAIL] == 0
