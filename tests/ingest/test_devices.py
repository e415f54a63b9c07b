"""The device register is loaded, looked up, and its faults told with their lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapely.geometry import box

from ingest import devices, dictionary
from ingest.cells import Cell, Cells
from ingest.datum import Datum, distance_m, to_wgs84
from ingest.devices import ASSUMED_CADENCE_S, Register
from ingest.located import Fault
from ingest.model import series_id

CODE = "450107003013001"
CELLS = Cells((Cell(code=CODE, name="", polygon=box(108.3, 22.8, 108.31, 22.81)),))
PROPERTIES, _ = dictionary.load()
HEADING = ",".join(devices.COLUMNS)


def load(path: Path, *rows: str) -> tuple[Register, tuple[Fault, ...]]:
    """Load a register of these rows."""
    path.write_text("\n".join((HEADING, *rows)) + "\n", encoding="utf-8")
    return devices.load(path, PROPERTIES, CELLS)


def row(device_id: str = "wb-1", **changes: str) -> str:
    """Return a good row with changes."""
    values = {
        "id": device_id,
        "domain": "waste",
        "kind": "waste_bin",
        "title": "东门",
        "cell": CODE,
        "lat": "22.805",
        "lon": "108.305",
        "cadence_s": "600",
        "parent": "",
        "eui": "",
        "attributes": "",
    } | changes
    return ",".join(values[column] for column in devices.COLUMNS)


def test_load(tmp_path: Path) -> None:
    """A device has what its row says; empty fields are absent."""
    register, faults = load(
        tmp_path / "d.csv",
        row(parent="gw-1", eui="70b3d57ed0000001", attributes="height_cm=120; unit.battery=% ;note="),
        row("gw-1", kind="gateway", title=""),
    )
    device = register.device("wb-1")

    assert faults == ()
    assert device is not None
    assert (device.title, device.lat, device.cadence_s, device.parent) == ("东门", 22.805, 600, "gw-1")
    assert device.attributes == {"height_cm": "120", "unit.battery": "%", "note": ""}
    assert register.by_eui("70b3d57ED0000001") is device
    assert register.by_eui("xxxxxxxxxxxxxxxx") is None
    assert register.devices["gw-1"].title is None
    assert register.device("wb-9") is None


def test_series(tmp_path: Path) -> None:
    """A series is made once for a device and a property, and only for what is known."""
    register, _ = load(tmp_path / "d.csv", row())
    series = register.series("wb-1", "waste.fill_level")
    found = register.series_of("wb-1")

    assert series is not None
    assert series.id == series_id("wb-1", "waste.fill_level")
    assert series.property is register.property("waste.fill_level")
    assert register.series("wb-1", "waste.fill_level") is series
    assert found is not None
    assert found["waste.fill_level"] is series
    assert register.series("wb-1", "waste.colour") is None
    assert register.series("wb-9", "waste.fill_level") is None
    assert register.series_of("wb-9") is None
    assert register.property("waste.colour") is None


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"id": "a b"}, "id 'a b' is not 1 to 64 letters, digits and . _ : - (a letter or digit first)"),
        ({"id": "a/b"}, "id 'a/b' is not 1 to 64 letters, digits and . _ : - (a letter or digit first)"),
        ({"domain": "water"}, "domain 'water' is not one of lighting, traffic, waste, weather"),
        ({"kind": "Bin"}, "kind 'Bin' is not a word of small letters, digits and _"),
        ({"cell": "450107003013002"}, "cell '450107003013002' is not a cell of the site"),
        ({"lat": "91"}, "lat 91 is outside the world (-90 to 90 degrees)"),
        ({"lon": "-180.5"}, "lon -180.5 is outside the world (-180 to 180 degrees)"),
        ({"lat": "north"}, "lat 'north' is not a number"),
        ({"lon": "nan"}, "lon 'nan' is not a number"),
        ({"cadence_s": "0"}, "cadence_s '0' is not a whole number of seconds above 0"),
        ({"cadence_s": "-5"}, "cadence_s '-5' is not a whole number of seconds above 0"),
        ({"cadence_s": "1.5"}, "cadence_s '1.5' is not a whole number of seconds above 0"),
        ({"parent": "gw-9"}, "parent 'gw-9' is not a device of the register"),
        ({"parent": "wb-1"}, "is its own ancestor (wb-1 → wb-1)"),
        ({"eui": "xxxxxxxxxxxxxxxx"}, "eui 'xxxxxxxxxxxxxxxx' is not 16 hexadecimal digits"),
        ({"attributes": "lanes"}, "attribute 'lanes' is not `name=value`"),
        ({"attributes": "=2"}, "attribute '' is not `name=value`"),
        ({"attributes": "a=1;a=2"}, "attribute 'a' stands twice"),
        ({"attributes": "unit.battery=volts"}, "attribute 'unit.battery': 'volts' is not a unit"),
        (
            {"attributes": "field.level=depth"},
            "attribute 'field.level': 'depth' is not a property of the dictionary, nor `distance`",
        ),
        ({"attributes": "height_cm=-1"}, "attribute 'height_cm': '-1' is not a number above 0"),
        (
            {"attributes": "topic=city/#/state"},
            "attribute 'topic': 'city/#/state' is not a topic filter: # may only be the last level, alone",
        ),
        ({"attributes": "datum=NAD27"}, "attribute 'datum': 'NAD27' is not one of WGS84, CGCS2000, GCJ-02, BD-09"),
    ],
)
def test_faults(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    """Each mistake in a row is told with its line."""
    _, faults = load(tmp_path / "d.csv", row("ok-1"), row(**changes))

    assert [(fault.line, fault.message) for fault in faults] == [(3, message)]


def test_a_cadence_may_be_left_to_be_learned(tmp_path: Path) -> None:
    """An empty cadence is no fault: something is assumed, and the device says so."""
    register, faults = load(tmp_path / "d.csv", row("ok-1", cadence_s=""), row("ok-2"))

    assert faults == ()
    assert [(one.cadence_s, one.cadence_declared) for one in register.devices.values()] == [
        (ASSUMED_CADENCE_S, False),
        (register.devices["ok-2"].cadence_s, True),
    ]


def test_by_topic(tmp_path: Path) -> None:
    """A device whose messages do not name it is found by its topic; a filter belongs to one device."""
    register, faults = load(
        tmp_path / "d.csv",
        row("wb-17", attributes="topic=city/bins/17/+"),
        row("wb-18", attributes="topic=city/bins/18/+"),
        row("wb-19", attributes="topic=city/bins/18/+"),
    )

    assert [(fault.line, fault.message) for fault in faults] == [
        (4, "topic city/bins/18/+ belongs to device wb-18 already")
    ]
    assert register.by_topic("city/bins/17/state") is register.device("wb-17")
    assert register.by_topic("city/bins/20/state") is None


def test_by_datastream(tmp_path: Path) -> None:
    """A SensorThings datastream feeds one property of one device of the register."""
    register, faults = load(
        tmp_path / "d.csv",
        row("wb-17", attributes="datastream.42=waste.fill_level;datastream.43=waste.tilt"),
        row("wb-18", attributes="datastream.42=waste.tilt"),
        row("wb-19", attributes="datastream.44=waste.smell"),
    )
    series = register.by_datastream("43")

    assert [(fault.line, fault.message) for fault in faults] == [
        (3, "datastream 42 belongs to device wb-17 already"),
        (4, "attribute 'datastream.44': 'waste.smell' is not a property of the dictionary"),
    ]
    assert series is register.series("wb-17", "waste.tilt")
    assert register.by_datastream("9") is None


def test_datum(tmp_path: Path) -> None:
    """Coordinates in the datum of a map service become WGS 84; a device may state its positions in another datum."""
    file = tmp_path / "d.csv"
    stated = {"lat": "22.805", "lon": "108.305"}
    lines = [HEADING, row(**stated), row("wb-2", attributes="datum=WGS84", **stated), row("wb-3", lat="48.1", lon="2")]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    register, faults = devices.load(file, PROPERTIES, CELLS, datum=Datum.GCJ02)
    device = register.devices["wb-1"]

    assert [(fault.line, fault.message) for fault in faults] == [
        (4, "lat 48.1, lon 2 is outside of China, where GCJ-02 says nothing")
    ]
    assert (device.lat, device.lon) == to_wgs84(22.805, 108.305, Datum.GCJ02)
    assert (device.datum, register.devices["wb-2"].datum) == ("GCJ-02", "WGS84")
    assert 300 < distance_m(device.lat, device.lon, 22.805, 108.305) < 700


def test_duplicates(tmp_path: Path) -> None:
    """An id and a DevEUI belong to one device."""
    _, faults = load(tmp_path / "d.csv", row(eui="70B3D57ED0000001"), row(), row("wb-2", eui="70b3d57ed0000001"))

    assert [(fault.line, fault.message) for fault in faults] == [
        (3, "id 'wb-1' stands twice (first on line 2)"),
        (4, "eui 70B3D57ED0000001 belongs to device wb-1 already"),
    ]


def test_parent_loop(tmp_path: Path) -> None:
    """A loop of parents is told at each of its devices, and nowhere else."""
    _, faults = load(
        tmp_path / "d.csv", row("a", parent="b"), row("b", parent="c"), row("c", parent="b"), row("d", parent="a")
    )

    assert [(fault.line, fault.message) for fault in faults] == [
        (3, "is its own ancestor (b → c → b)"),
        (4, "is its own ancestor (c → b → c)"),
    ]


def test_all_faults_are_told(tmp_path: Path) -> None:
    """Every fault of every row is told; a parent that has faults of its own is not told as missing."""
    register, faults = load(tmp_path / "d.csv", row("a", lat="x", lon="y"), row("b", parent="a"), "too,short")

    assert [(fault.line, fault.message) for fault in faults] == [
        (2, "lat 'x' is not a number"),
        (2, "lon 'y' is not a number"),
        (4, "has not as many fields as the heading"),
    ]
    assert list(register.devices) == ["b"]


def test_missing_column(tmp_path: Path) -> None:
    """A heading without a column is told on the first line."""
    path = tmp_path / "d.csv"
    path.write_text("id,domain\n", encoding="utf-8")
    _, faults = devices.load(path, PROPERTIES, CELLS)

    assert [(fault.line, fault.message) for fault in faults] == [(1, "column 'kind' is missing from the heading")]
