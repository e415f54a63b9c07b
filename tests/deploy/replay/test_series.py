"""Recorded series in CSV, read by a mapping."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.replay import series
from deploy.replay.recorded import Message
from ingest.located import Fault

MAPPING = """\
site: test
series:
  - files: "speed*.csv"
    time: {column: timestamp, format: "%Y-%m-%d %H:%M:%S", zone: America/Chicago}
    device: td-001
    values:
      - {column: value, property: traffic.speed, unit: "[mi_i]/h"}
  - files: "weather.csv"
    time: {column: at}
    start: 2026-11-24T08:00:00+08:00
    device: {column: site, ids: {arc1045: ws-001}}
    values:
      - {column: t, property: weather.temperature}
      - {column: rh, property: weather.humidity}
"""


@pytest.fixture
def mapping(tmp_path: Path) -> series.Mapping:
    """Return the mapping of these tests."""
    file = tmp_path / "mapping.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    found, faults = series.load(file)
    assert faults == ()
    assert found is not None
    return found


def read(path: Path, text: str, mapping: series.Mapping) -> list[Message | Fault]:
    """Write a file and return what is read from it."""
    path.write_text(text, encoding="utf-8")
    return list(series.read(path, mapping))


def contents(items: list[Message | Fault]) -> list[tuple[str, Any]]:
    """Return topic and payload of messages."""
    return [(item.topic, json.loads(item.payload)) for item in items if isinstance(item, Message)]


def test_zone_and_unit(tmp_path: Path, mapping: series.Mapping) -> None:
    """A local time is taken in its zone; a value keeps its unit, for the dialect to convert."""
    items = read(tmp_path / "speed_6005.csv", "timestamp,value\n2015-08-31 18:22:00,90\n", mapping)

    assert contents(items) == [
        (
            "wangge/test/up/td-001",
            {
                "device_id": "td-001",
                "time": 1_441_063_320_000,
                "values": {"traffic.speed": {"value": 90.0, "unit": "[mi_i]/h"}},
            },
        )
    ]


def test_start_devices_and_blanks(tmp_path: Path, mapping: series.Mapping) -> None:
    """The series is moved to its start; ids are translated; an empty cell is no value, an empty row no message."""
    text = (
        "site,at,t,rh\narc1045,2020-01-01T00:00:00Z,20.5,\nws-2,2020-01-01T00:15:00Z,,\nws-2,2020-01-01T00:30:00Z,1,2\n"
    )
    items = read(tmp_path / "weather.csv", text, mapping)

    assert contents(items) == [
        (
            "wangge/test/up/ws-001",
            {"device_id": "ws-001", "time": 1_795_478_400_000, "values": {"weather.temperature": 20.5}},
        ),
        (
            "wangge/test/up/ws-2",
            {
                "device_id": "ws-2",
                "time": 1_795_480_200_000,
                "values": {"weather.temperature": 1.0, "weather.humidity": 2.0},
            },
        ),
    ]
    assert [item.at_ms for item in items if isinstance(item, Message)] == [1_795_478_400_000, 1_795_480_200_000]


@pytest.mark.parametrize(
    "name, text, expected",
    [
        ("speed_1.csv", "timestamp\n", (1, "column 'value' is missing from the heading")),
        (
            "speed_1.csv",
            "timestamp,value\n2015-08-31,1\n",
            (2, "timestamp '2015-08-31' is not a time in the form %Y-%m-%d %H:%M:%S"),
        ),
        ("speed_1.csv", "timestamp,value\n2015-08-31 18:22:00,fast\n", (2, "value 'fast' is not a number")),
        ("speed_1.csv", "timestamp,value\n2015-08-31 18:22:00,nan\n", (2, "value 'nan' is not a number")),
        ("speed_1.csv", "timestamp,value\n2015-08-31 18:22:00\n", (2, "has not as many fields as the heading")),
        (
            "weather.csv",
            "site,at,t,rh\na,2020-01-01T00:00:00,1,2\n",
            (2, "at '2020-01-01T00:00:00' has no time zone: set time.zone in the mapping"),
        ),
        ("other.csv", "a\n1\n", (1, "no entry of the mapping is for this file")),
    ],
)
def test_faults(tmp_path: Path, mapping: series.Mapping, name: str, text: str, expected: tuple[int, str]) -> None:
    """A row that cannot be read is told with its line."""
    items = read(tmp_path / name, text, mapping)

    assert [(item.line, item.message) for item in items if isinstance(item, Fault)] == [expected]


def test_unreadable(tmp_path: Path, mapping: series.Mapping) -> None:
    """A missing file and one that is not text are faults."""
    binary = tmp_path / "speed_2.csv"
    binary.write_bytes(b"timestamp,value\n\xff,1\n")

    for file in (tmp_path / "speed_3.csv", binary):
        assert [type(item) for item in series.read(file, mapping)] == [Fault]


def test_mapping_faults(tmp_path: Path) -> None:
    """Every fault of a mapping is told with its line and path."""
    file = tmp_path / "mapping.yaml"
    file.write_text(
        """\
site: Test Site
series:
  - time: {column: at, zone: Mars/Olympus}
    start: 2026-11-24T08:00:00
    device: td-001
    values:
      - {column: value, property: traffic.speed, unit: furlong}
    speed: 2
""",
        encoding="utf-8",
    )
    found, faults = series.load(file)

    assert found is None
    assert sorted((fault.line, fault.path) for fault in faults) == [
        (1, "site"),
        (3, "series.0.time.zone"),
        (4, "series.0.start"),
        (7, "series.0.values.0.unit"),
        (8, "series.0.speed"),
    ]


@pytest.mark.corpora
def test_traffic_series(corpora: Path, mapping: series.Mapping) -> None:
    """A real series of a speed detector is read whole."""
    items = list(series.read(corpora / "nab" / "data" / "realTraffic" / "speed_6005.csv", mapping))

    assert len(items) == 2500
    assert all(isinstance(item, Message) for item in items)
