"""The city sends the same frames for the same seed, at each cadence, in order, and says only what is true."""

from __future__ import annotations

import json
from collections import Counter
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ingest.devices import Register
from ingest.dialects._base import Dialect
from ingest.model import Device, Frame, Refusal
from ingest.plugins import find
from simulators.city import City, CityError, Emission
from simulators.truth import Truth

_TEN_MINUTES_MS = 600_000


def _frames(register: Register, world: Truth, start_ms: int) -> list[Emission]:
    city = City("xixiangtang", register.devices.values(), world)
    return list(city.frames(start_ms, start_ms + _TEN_MINUTES_MS))


def test_frames_same_seed_same_bytes(register: Register, world: Truth, evening_ms: int) -> None:
    """Two cities of one seed send the same, byte for byte; another seed is another city."""
    frames = _frames(register, world, evening_ms)
    other = Truth(seed=8, zone=ZoneInfo("Asia/Shanghai"), rain_mm_h=4)

    assert frames == _frames(register, world, evening_ms)
    assert frames != _frames(register, other, evening_ms)


def test_frames_follow_cadence_and_time(register: Register, world: Truth, evening_ms: int) -> None:
    """Frames come in order of time; a device of a minute sends ten in ten minutes, one of five minutes two."""
    frames = _frames(register, world, evening_ms)
    sent = Counter(frame.device_id for frame in frames)

    assert [frame.send_ms for frame in frames] == sorted(frame.send_ms for frame in frames)
    assert {count for device_id, count in sent.items() if register.devices[device_id].cadence_s == 60} == {10}
    assert {count for device_id, count in sent.items() if register.devices[device_id].cadence_s == 300} == {2}


def test_frames_load_is_even(register: Register, world: Truth, evening_ms: int) -> None:
    """No second has more than three times the mean load."""
    frames = _frames(register, world, evening_ms)
    per_second = Counter(frame.send_ms // 1000 for frame in frames)

    assert max(per_second.values()) < 3 * len(frames) / 600


def test_frames_every_device_speaks_once_a_cadence(register: Register, world: Truth, evening_ms: int) -> None:
    """All devices are heard, those behind a lighting gateway in its batches."""
    heard: set[str] = set()
    for frame in _frames(register, world, evening_ms):
        content = json.loads(frame.payload)
        if frame.topic.startswith("wangge/"):
            heard.update(entry["device_id"] for entry in (content if isinstance(content, list) else [content]))
        else:
            heard.add(frame.device_id)

    assert heard == set(register.devices)


def test_frames_are_read_as_they_were_meant(register: Register, world: Truth, evening_ms: int) -> None:
    """Each payload, in whatever dialect, is read by one dialect of ingest and gives what the device observed."""
    dialects: dict[str, Dialect] = find("ingest.dialects", "DIALECT")
    kinds = find("simulators.devices", "DEVICE", key="kind")
    known = Counter[str]()
    for emission in _frames(register, world, evening_ms):
        (dialect,) = [one for one in dialects.values() if one.matches(emission.topic, b"")]
        frame = Frame(topic=emission.topic, payload=emission.payload, received_at_ms=emission.send_ms, source="test")
        observations = dialect.decode(frame, register)
        assert not isinstance(observations, Refusal), observations
        known[dialect.name] += len(observations)
        for one in observations:
            device = one.series.device
            seen = kinds[device.kind].observe(world, device, emission.send_ms)
            assert one.phenomenon_time_ms == emission.send_ms
            if one.observed_property in seen:  # a network server adds the signal strength
                assert one.value == pytest.approx(seen[one.observed_property])

    assert set(known) == {"wangge_json", "the_things_stack", "smart_data_models", "senml_json"}
    assert min(known.values()) > 1_000


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"kind": "tide_gauge"}, "device x-1: there is no simulated 'tide_gauge'"),
        ({"attributes": {"protocol": "morse"}}, "device x-1: a simulated gateway does not speak 'morse'"),
    ],
)
def test_city_refuses_what_it_cannot_play(world: Truth, changes: dict[str, object], message: str) -> None:
    """A register that asks for unknown kinds or protocols is told so by device."""
    device = Device(id="x-1", domain="waste", kind="gateway", cell="450107001001001", lat=0, lon=0, cadence_s=60)

    with pytest.raises(CityError, match=message):
        City("x", [msgspec.structs.replace(device, **changes)], world)
