"""A profile reads decoded objects: units, words, missing values, validity, periods, geometry by the kind of device."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.devices import Register
from ingest.errors import RefusedError
from ingest.model import Frame
from ingest.profiles.model import Profile
from ingest.profiles.reading import observe
from tests.ingest.profiles.sample import device, profile_of, read

FIELDS = """
fields:
  temperature: {property: waste.temperature, unit: Cel}
  air.pressure: {property: weather.pressure, unit: Pa}
  volts: {property: device.battery_voltage, unit: V, scale: 0.01, always: true}
  state: {property: waste.lid_open, words: {"OPEN": 1, "CLOSED": 0}, missing: [Success]}
  heat: {property: waste.burning}
  distance:
    - {property: waste.fill_level, unit: mm, surface: {sensor_offset_cm: 5, dead_zone_cm: 20}, missing: [0, 0xffff]}
    - {property: waste.distance, unit: mm, missing: [0, 0xffff]}
  seen: {property: traffic.flow, unit: "{veh}", per: {field: period, unit: min}}
valid_when:
  - {field: valid, is: true}
  - {field: echo, not: [0], void: [distance]}
"""


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """Return a profile with a field of each sort."""
    return profile_of(tmp_path, FIELDS)


@pytest.mark.parametrize(
    "decoded, expected",
    [
        # a bare number is in the unit of the profile
        ({"temperature": 21}, {"waste.temperature": 21.0}),
        # zero is not missing
        ({"temperature": 0, "heat": 0}, {"waste.temperature": 0.0, "waste.burning": 0.0}),
        # null is
        ({"temperature": None}, {}),
        # a key within a key, and a conversion
        ({"air": {"pressure": 100_000}}, {"weather.pressure": 1000.0}),
        # the scale of the profile comes before the unit
        ({"volts": 303}, {"device.battery_voltage": 3.03}),
        # a number in text
        ({"temperature": "-2.50"}, {"waste.temperature": -2.5}),
        # a number in text with its unit, which counts more than that of the profile
        ({"temperature": "68 °F"}, {"waste.temperature": 20.0}),
        # an object of value and unit
        ({"temperature": {"value": 300.15, "unit": "K", "displayName": "T"}}, {"waste.temperature": 27.0}),
        # words of many makers for nothing
        ({"temperature": "No Sensor", "state": "n/a"}, {}),
        # status words, whatever their case, and what is none
        ({"state": "open"}, {"waste.lid_open": 1.0}),
        ({"state": "Success"}, {}),
        # truth values of flags
        ({"heat": True}, {"waste.burning": 1.0}),
        # the distance becomes a fill level only where the height is known
        ({"distance": 650}, {"waste.distance": 65.0}),
        # values that stand for nothing measured
        ({"distance": 65_535}, {}),
        # a device that calls its message invalid still tells its battery
        ({"valid": False, "temperature": 20, "volts": 300}, {"device.battery_voltage": 3.0}),
        # a validity field of one field
        ({"echo": 0, "temperature": 20, "distance": 650}, {"waste.temperature": 20.0}),
        # a count of a period is a rate
        ({"seen": 20, "period": 5}, {"traffic.flow": 240.0}),
        # what nobody knows is passed over
        ({"unknown": "x", "list": [1, 2]}, {}),
    ],
)
def test_field(profile: Profile, decoded: dict[str, object], expected: dict[str, float]) -> None:
    """Each sort of value becomes what it says in canonical unit."""
    assert pytest.approx(expected) == read(profile, decoded)


@pytest.mark.parametrize(
    "distance, attributes, expected",
    [
        # 5 cm above the rim, 65 cm away: 60 of 120 cm down
        (650, {"height_cm": "120"}, 50.0),
        # the device's own offset counts more than the profile's
        (650, {"height_cm": "130", "sensor_offset_cm": "0"}, 50.0),
        # nearer than the dead zone cannot be told from it
        (30, {"height_cm": "120"}, 87.5),
        # the floor may lie a little deeper than the nominal height
        (1300, {"height_cm": "120"}, 0.0),
        # but not much: a wrong height or a broken sensor shows
        (2450, {"height_cm": "120"}, -100.0),
    ],
)
def test_fill_level(profile: Profile, distance: int, attributes: dict[str, str], expected: float) -> None:
    """The fill level follows from the distance, the height of the bin and where the sensor sits."""
    assert pytest.approx(expected) == read(profile, {"distance": distance}, of=device(**attributes))["waste.fill_level"]


@pytest.mark.parametrize(
    "decoded, refusal",
    [
        ({"temperature": "warm"}, "decode/number: temperature is 'warm', not a number"),
        ({"temperature": True}, "decode/number: temperature is True, not a number"),
        ({"temperature": [1]}, "decode/number: temperature is [1], not a number"),
        ({"temperature": 10**400}, "decode/number: temperature is a number of more than 308 digits"),
        ({"temperature": float("nan")}, "decode/number: temperature is nan, not a finite number"),
        ({"temperature": "5 mm"}, "normalise/unit: temperature is in 'mm', not a unit of waste.temperature"),
        ({"state": "ajar"}, "decode/number: state is 'ajar', neither a number nor one of open, closed"),
        ({"seen": 20}, "normalise/interval: seen is a count in a period, and period does not say which"),
        ({"seen": 20, "period": 0}, "normalise/interval: seen is a count in a period, and period does not say which"),
    ],
)
def test_refusal(profile: Profile, decoded: dict[str, object], refusal: str) -> None:
    """What cannot be read refuses the message, with the device and its model."""
    with pytest.raises(RefusedError) as caught:
        read(profile, {"volts": 300, **decoded})

    assert str(caught.value).startswith(refusal)
    assert (caught.value.refusal.device, caught.value.refusal.model) == ("d-1", "acme-box@1.2")


def test_property_by_kind(tmp_path: Path) -> None:
    """The same field is another property on another kind of device; over water the height is that of the sensor."""
    profile = profile_of(
        tmp_path,
        """
fields:
  d:
    property: {waste_bin: waste.fill_level, water_level_gauge: weather.water_level}
    unit: cm
    surface: {}
  rssi: {property: device.rssi, unit: "dB[mW]"}
""",
    )

    assert read(profile, {"d": 90, "rssi": -80}, of=device(height_cm="120")) == {
        "waste.fill_level": 25.0,
        "device.rssi": -80.0,
    }
    gauge = device("water_level_gauge", height_cm="400")
    assert read(profile, {"d": 90, "rssi": -80}, of=gauge) == {"weather.water_level": 310.0, "device.rssi": -80.0}
    assert read(profile, {"d": 90, "rssi": -80}, of=device("street_light")) == {"device.rssi": -80.0}


def test_level_from_the_floor(tmp_path: Path) -> None:
    """A sensor under a tank measures upwards."""
    text = "fields:\n  l: {property: waste.fill_level, unit: mm, surface: {measures: level}}\n"

    assert read(profile_of(tmp_path, text), {"l": 300}, of=device(height_cm="120")) == {"waste.fill_level": 25.0}


def test_unquoted_words(tmp_path: Path) -> None:
    """YAML reads a bare ON as true; the word is known all the same."""
    profile = profile_of(tmp_path, "fields:\n  s: {property: lighting.lamp_on, words: {ON: 1, OFF: 0}}\n")

    assert [
        read(profile, {"s": "on"}),
        read(profile, {"s": "Off"}),
        read(profile, {"s": True}),
    ] == [{"lighting.lamp_on": 1.0}, {"lighting.lamp_on": 0.0}, {"lighting.lamp_on": 1.0}]


def test_coded_words(tmp_path: Path) -> None:
    """Of numbers that are codes only those that are listed are known."""
    profile = profile_of(tmp_path, "fields:\n  s: {property: waste.lid_open, words: {3: 1, 4: 0}}\n")

    assert read(profile, {"s": 3}) == {"waste.lid_open": 1.0}
    with pytest.raises(RefusedError, match=r"s is 5, neither a number nor one of 3\.0, 4\.0"):
        read(profile, {"s": 5})


def test_first_of_a_property_counts(tmp_path: Path) -> None:
    """Where two fields say the same property, the first in the file is taken, if it is there."""
    text = "fields:\n  a: {property: waste.tilt, unit: deg}\n  b: {property: waste.tilt, unit: rad}\n"
    profile = profile_of(tmp_path, text)

    assert read(profile, {"b": 1, "a": 30}) == {"waste.tilt": 30.0}
    assert pytest.approx(57.29578) == read(profile, {"b": 1})["waste.tilt"]


def test_unusable(tmp_path: Path) -> None:
    """A model that cannot be trusted is refused with the reason of its profile."""
    profile = profile_of(tmp_path, "unusable: its level is anybody's guess\n")

    with pytest.raises(RefusedError, match="normalise/not_measured: profile acme-box: its level is anybody's guess"):
        read(profile, {"level": 4})


def test_bytes_where_nothing_is_decoded(tmp_path: Path) -> None:
    """Bytes are read without a decoded object, or with one that has none of the fields; else the object counts."""
    text = """
fields:
  t: {property: waste.temperature, unit: Cel}
bytes:
  - {port: 2, fields: [{name: t, type: u8}]}
"""
    profile = profile_of(tmp_path, text)

    assert read(profile, None, b"\x15", 2) == {"waste.temperature": 21.0}
    assert read(profile, {"other": 1}, b"\x15", 2) == {"waste.temperature": 21.0}
    assert read(profile, {"t": 7}, b"\x15", 2) == {"waste.temperature": 7.0}
    assert read(profile, {"other": 1}, b"\x15", 3) == {}
    assert read(profile, None, b"", 2) == {}
    with pytest.raises(RefusedError, match="decode/shape: no byte layout of profile acme-box fits 1 bytes on port 3"):
        read(profile, None, b"\x15", 3)


def test_truth_and_numbers(tmp_path: Path) -> None:
    """A validity of `true` holds for the 1 of a byte layout; a flag that is false is not a missing 0."""
    text = """
fields:
  t: {property: waste.temperature, unit: Cel}
  f: {property: waste.full, missing: [0]}
valid_when:
  - {field: ok, is: true}
bytes:
  - {fields: [{name: t, type: u8}, {name: ok, type: u8}]}
"""
    profile = profile_of(tmp_path, text)

    assert read(profile, None, b"\x15\x01") == {"waste.temperature": 21.0}
    assert read(profile, None, b"\x15\x00") == {}
    assert read(profile, {"ok": True, "f": False}) == {"waste.full": 0.0}
    assert read(profile, {"ok": 1, "f": 0}) == {}


@pytest.mark.parametrize(
    "decoded, expected",
    [
        # a tenth of a degree north, in text
        ({"lat": "22.9", "lon": 108.3}, 11_119.5),
        # no fix
        ({"lat": 0, "lon": 0.0}, None),
        # half a place is none
        ({"lat": 22.9}, None),
        # what is void says no place either
        ({"lat": 22.9, "lon": 108.3, "ok": False}, None),
    ],
)
def test_position(tmp_path: Path, decoded: dict[str, object], expected: float | None) -> None:
    """A stated place becomes its distance from the registered one."""
    text = "fields:\n  t: {property: waste.temperature, unit: Cel}\nposition: {lat: lat, lon: lon}\n"
    profile = profile_of(tmp_path, text + "valid_when: [{field: ok, is: true}]\n")
    found = read(profile, decoded)

    assert found == ({} if expected is None else {"device.position_offset": pytest.approx(expected, abs=2.0)})


def test_dictionary_without_the_property(tmp_path: Path) -> None:
    """A property that the dictionary of the register lacks refuses the message."""
    profile = profile_of(tmp_path, "fields:\n  t: {property: waste.temperature, unit: Cel}\n")
    register = Register({"d-1": device()}, {}, {profile.id: profile})

    with pytest.raises(RefusedError, match=r"unknown_property: property 'waste\.temperature' is not"):
        observe(profile, {"t": 1.0}, b"", 1, device(), 0, Frame("t", b"", 0, "test"), register)
