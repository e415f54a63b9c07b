"""Shipped profiles: they have no fault, and what no recorded message shows is read as the maker's decoder does."""

from __future__ import annotations

import pytest
import yaml

from ingest.profiles import loading
from ingest.profiles.schema import json_schema
from tests.ingest.profiles.sample import FAULTS, PROFILES, device, read


def test_no_fault() -> None:
    """Every shipped profile passes the check, and every word of a kind or domain in it is used."""
    assert FAULTS == ()
    assert {"traffic", "weather", "lighting", "waste"} == {name for one in PROFILES.values() for name in one.domains}


def test_json_schema() -> None:
    """The schema for editors takes every shipped file, and refuses what the check refuses."""
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json_schema())
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(loading.SHIPPED.glob("*.yaml"))]

    assert [error.message for one in files for error in validator.iter_errors(one)] == []
    assert [error.message for error in validator.iter_errors(files[0] | {"field": {}})] != []


def test_titles() -> None:
    """No two profiles have the same title."""
    distinct = loading.distinct(PROFILES)

    assert len(distinct) == len({profile.title_en for profile in distinct}) == len({one.title_zh for one in distinct})


STATION, BIN = device("weather_station"), device(height_cm="120")
WEATHER = {
    "weather.temperature": -2.0,
    "weather.humidity": 55.0,
    "weather.illuminance": 1000.0,
    "weather.pressure": 1001.0,
    "weather.wind_direction": 214.0,
    "weather.wind_speed": 3.2,
    "weather.rain_rate": 55.0,
    "weather.uv_index": 1.2,
}


@pytest.mark.parametrize(
    "model, raw, port, expected",
    [
        # the two groups of a reading, and the battery that may follow
        ("sensecap-s2120", "01ffec37000003e80c0020 0200d60000d6d8271a", 3, WEATHER),
        ("sensecap-s2120", "01ffec37000003e80c0020 0200d60000d6d8271a 0364", 3,
         WEATHER | {"device.battery_level": 100.0}),
        # no surface in range: the temperature holds all the same
        ("teneo-filling-degree", "0e 0000 04 0753 114d", 1,
         {"waste.temperature": 18.75, "waste.humidity": 44.29, "device.battery_voltage": 3.4}),
        # below zero
        ("teneo-filling-degree", "0e 0078 ff38 114d", 1,
         {"waste.fill_level": 0.0, "waste.distance": 120.0, "waste.temperature": -2.0, "waste.humidity": 44.29,
          "device.battery_voltage": 3.4}),
        # an error, and charging
        ("teneo-filling-degree", "0d01", 2, {"device.battery_voltage": 3.3}),
        ("dragino-ldds75", "0e1c 0258 00", 2,
         {"waste.fill_level": 50.0, "waste.distance": 60.0, "device.battery_voltage": 3.612}),
        # too near to be measured, and no echo
        ("dragino-ldds75", "0e1c 0014 00", 2, {"device.battery_voltage": 3.612}),
        # full, on fire, tipped over and low at once
        ("dingtek-df702", "8000010211 00c8 00 4b 00 1e 11 11 00000000", 3,
         {"waste.fill_level": 83.33333, "waste.distance": 20.0, "waste.temperature": 75.0, "waste.tilt": -30.0,
          "waste.full": 1.0, "waste.burning": 1.0, "waste.tipped": 1.0, "device.battery_low": 1.0}),
        # several sensors in one message, one of them unknown
        ("dragino-wsc1-l", "06 02 ff9c 07 02 0226 a1 02 0000 0b 02 0010", 2,
         {"weather.temperature": -10.0, "weather.humidity": 55.0, "weather.pm10": 16.0}),
        # street light: usage of one driver, of two (the first is read), status with the dimming of two profiles
        ("nas-ul2030", "011f4e04000006004d04000007002a", 25,
         {"lighting.power": 6.0, "lighting.energy": 1.102, "lighting.power_factor": 0.42}),
        ("nas-ul2030", "04030000000000000603151400000000", 25, {"lighting.power": 0.0, "lighting.energy": 0.0}),
        ("nas-ul2030", "28e29b59018e0416fe1e32022afee132", 24,
         {"lighting.dimming_level": 50.0, "lighting.gear_failure": 1.0}),
        ("nas-ul2030", "0708070000", 50, {}),
    ],
)  # fmt: skip
def test_layout_of_the_maker(model: str, raw: str, port: int, expected: dict[str, float]) -> None:
    """Made-up bytes in the maker's layout give what they say."""
    profile = PROFILES[model]
    found = read(profile, None, bytes.fromhex(raw), port, of=BIN if "waste" in profile.domains else STATION)

    assert found == pytest.approx(expected)


def test_decoded_street_light() -> None:
    """The decoded object of the street light says the same as its bytes."""
    usage = {"active_energy_instant": 6, "active_energy_total": 1102, "power_factor_instant": 0.42, "type": "usage"}
    status = {"dali": "alert", "profile_0_current_dim_level": 50, "ldr": "ok", "rssi": -114, "type": "status"}
    lamp = PROFILES["nas-ul2030"]

    assert read(lamp, usage) == read(lamp, None, bytes.fromhex("011f4e04000006004d04000007002a"), 25)
    assert read(lamp, status) == read(lamp, None, bytes.fromhex("28e29b59018e0416fe1e32022afee132"), 24)
