"""A profile is drafted from recorded messages: what is sure, what is doubtful, what is not understood."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.profiles import drafting, loading, recordings
from ingest.profiles.guessing import guesses, likely_domain
from ingest.profiles.model import Profile
from ingest.profiles.recordings import Field, Recording, RecordingError
from tests.ingest.profiles.sample import DICTIONARY, read


def recorded(folder: Path, *messages: Any) -> Recording:
    """Return a recording of these messages, one a line."""
    path = folder / "recorded.ndjson"
    path.write_text("\n".join(map(json.dumps, messages)), encoding="utf-8")
    return recordings.read([path])


def checked(folder: Path, text: str, id_: str = "acme-box") -> Profile:
    """Return the profile of a draft that has no fault."""
    path = folder / f"{id_}.yaml"
    path.write_text(text, encoding="utf-8")
    profile, faults = loading.load_one(path, DICTIONARY)
    assert faults == ()
    assert profile is not None
    return profile


def test_draft(tmp_path: Path) -> None:
    """Fields are found by name, unit and value; doubts are marked, the rest stands as comments with examples."""
    messages = [
        {"fillLevel": 40, "dist_mm": "350 mm", "tempC": 21.5, "lid": "open", "bat": 3.6, "mode": "eco"},
        {
            "fillLevel": 80,
            "dist_mm": "150 mm",
            "tempC": 22.0,
            "lid": "closed",
            "bat": 3.5,
            "mode": "day",
            "valid": True,
        },
    ]
    text = drafting.draft(recorded(tmp_path, *messages), DICTIONARY, id_="acme-box")
    profile = checked(tmp_path, text)

    assert '  fillLevel: {property: waste.fill_level, unit: "%"}  # 40, 80\n' in text
    assert "# doubtful: makers use this name for different things, here taken as device.battery_voltage\n" in text
    assert '# not understood: mode: "eco", "day"\n' in text
    expected = {"waste.fill_level": 40.0, "waste.distance": 35.0, "waste.temperature": 21.5}
    assert read(profile, messages[0]) == {**expected, "waste.lid_open": 1.0, "device.battery_voltage": 3.6}


def test_position_and_inside(tmp_path: Path) -> None:
    """Where the device is goes to `position`; the temperature of a detector of cars is what it is like inside of it."""
    message = {"parking_status": "free", "temperature": 31, "gps": {"latitude": 22.81, "longitude": 108.3}}
    text = drafting.draft(recorded(tmp_path, message), DICTIONARY, id_="acme-box")
    profile = checked(tmp_path, text)

    assert "position: {lat: gps.latitude, lon: gps.longitude}\n" in text
    assert "  # doubtful: taken for what it is like inside of the device\n" in text
    assert "not understood" not in text
    assert {reader.property for reader in profile.readers} == {
        "traffic.parking_occupied",
        "device.internal_temperature",
    }


def field(path: str, *values: Any, unit: str | None = None) -> Field:
    """Return a recorded field."""
    return Field(path, list(values), {unit} if unit else set())


@pytest.mark.parametrize(
    "one, expected, doubts",
    [
        # the values tell which unit it must be
        (field("pressure", 100_725), [("weather.pressure", "Pa")], 0),
        (field("pressure", 1007.2), [("weather.pressure", "hPa")], 0),
        (field("air.baroPressure", 95.96, unit="kPa"), [("weather.pressure", "kPa")], 0),
        (field("humidity", 0.41, 0.55), [("weather.humidity", "1")], 0),
        (field("battery_voltage", 3061), [("device.battery_voltage", "mV")], 0),
        # two units are possible
        (field("windSpeed", 4.2), [("weather.wind_speed", "m/s")], 1),
        # the name ends in the unit
        (field("distanceCm", 80), [("weather.water_level", "cm"), ("weather.water_distance", "cm")], 0),
        (field("no2_ppb", 20), [("weather.no2", "[ppb]")], 1),
        (field("temp_f", 77), [("weather.temperature", "[degF]")], 0),
        (field("temp", 25.1, unit="C"), [("weather.temperature", "C")], 0),
        # lengths with a fraction are in the largest unit that fits
        (field("water_level", 0.35), [("weather.water_level", "m")], 1),
        # names in Chinese
        (field("积水深度", "12 cm"), [("weather.water_level", "cm")], 0),
        (field("电池电压", 3.6), [("device.battery_voltage", "V")], 0),
        # names of more than one word
        (field("percentFull", 45), [("waste.fill_level", "%")], 1),
        (field("water_temp", 21.2), [("weather.water_temperature", "Cel")], 0),
        # numbers of quantities
        (field("m[measurementId=4101].measurementValue", 100_725), [("weather.pressure", "Pa")], 0),
        # distances over water
        (field("distance", "1200 mm"), [("weather.water_level", "mm"), ("weather.water_distance", "mm")], 0),
        # the name says one thing, the values another
        (field("temperature", 4660), [], 1),
        # what says how the device is set, other words, and what has no meaning
        (field("config.temperature", 20), [], 0),
        (field("max_temperature", 20), [], 0),
        (field("temperature", "warm"), [], 0),
        (field("temperature", True), [], 0),
        (field("temperature", None), [], 0),
        (field("xyz", 20), [], 0),
        # of another domain
        (field("weight", 20), [("waste.weight", "kg")], 2),
    ],
)
def test_guess(one: Field, expected: list[tuple[str, str]], doubts: int) -> None:
    """A field of a weather station is guessed by name, unit and values."""
    (guess,) = guesses([one], DICTIONARY, "weather")

    assert expected == [(entry.property, entry.unit) for entry in guess.entries]
    assert doubts == len(guess.doubts)


def test_domain() -> None:
    """The names decide what sort of device it is."""
    recordings_ = [["occupied"], ["windSpeed", "temp"], ["distance"], ["dimLevel", "temp"], ["x"]]

    assert [likely_domain([field(name, 1) for name in names], DICTIONARY) for names in recordings_] == [
        "traffic",
        "weather",
        "waste",
        "lighting",
        "weather",
    ]


def test_network_servers(tmp_path: Path) -> None:
    """Messages of both network servers are opened, also inside a line that tells more; they name the model."""
    data = base64.b64encode(b"\x01\x02").decode()
    ids = {"end_device_ids": {"device_id": "box-7"}}
    up = {"decoded_payload": {"temperature": 20}, "frm_payload": data, "f_port": 2}
    versions = {"version_ids": {"brand_id": "Acme", "model_id": "BOX_1"}}
    chirp = {"deviceInfo": {"deviceProfileName": "acme box"}, "object": {"temperature": 21}, "data": data, "fPort": 2}
    recording = recorded(
        tmp_path, {**ids, "uplink_message": {**up, **versions}}, {"payload": chirp}, {"temperature": 22}
    )

    assert recording.fields["temperature"].values == [20, 21, 22]
    assert recording.raw == [(2, b"\x01\x02")] * 2
    assert drafting.model_id(recording, "file") == "acme-box-1"
    assert "#   port 2, 2 bytes: 0102\n" in drafting.draft(recording, DICTIONARY, id_="acme-box")


@pytest.mark.parametrize(
    "text, message", [("{}\nx", r":2 is not JSON"), ("[1]", ":1 is not a JSON object"), ("1\n{}", ":1")]
)
def test_unreadable(tmp_path: Path, text: str, message: str) -> None:
    """What is no recording is told with its line."""
    path = tmp_path / "r.ndjson"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(RecordingError, match=message):
        recordings.read([path])
    with pytest.raises(RecordingError, match="cannot be read"):
        recordings.read([tmp_path / "absent"])


NAMES = ["temperature", "distance", "level", "valid", "errorcode", "on", "a.b", "a'b", "x[0]", "é", "\x85\u2028"]
TELLING = ["25 ℃", "3 mm", "OPEN", "no", {"value": 3, "unit": "°C"}, {"measurementId": 4097, "v": 2}]
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
keys = st.sampled_from(NAMES) | st.text(max_size=6)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=9) | st.sampled_from(TELLING),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(keys, values, max_size=6), max_size=3))
def test_any_draft_passes_the_check(tmp_path_factory: pytest.TempPathFactory, messages: list[dict[str, Any]]) -> None:
    """Whatever was recorded, the draft is a profile without fault."""
    folder = tmp_path_factory.mktemp("draft")
    text = drafting.draft(recorded(folder, *messages), DICTIONARY, id_="acme-box")

    assert checked(folder, text).id == "acme-box"


@pytest.mark.corpora
def test_recorded_models(corpora: Path, tmp_path: Path) -> None:
    """Drafts from the recorded messages of every model pass the check, and read most of them."""
    lines = (corpora / "ttn-lorawan-devices" / "network-uplinks.jsonl").read_text(encoding="utf-8").splitlines()
    by_codec: dict[str, list[Any]] = {}
    for line in map(json.loads, lines):
        by_codec.setdefault(line["codec"], []).append(line)
    understood = 0
    for messages in by_codec.values():
        recording = recorded(tmp_path, *messages)
        id_ = drafting.model_id(recording, "recorded")
        profile = checked(tmp_path, drafting.draft(recording, DICTIONARY, id_=id_), id_)
        understood += profile.unusable is None

    assert understood >= 23
